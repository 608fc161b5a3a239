"""Claims: how they are read, found, compared and shown."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.errors import CallError, ClaimsError
from icans.results.claims import failed, read_claims, verify
from icans.results.rows import Result
from icans.results.stated import compare, parse
from icans.results.verdicts import cells, print_verdicts, summary

PATIENTS = tuple(f"P{number:02}" for number in range(1, 14))
RESULTS = [
    Result("remission", "remission", "percent", 1200 / 13, unit="%", n=13, patients=PATIENTS),
    Result("remission", "remission", "events", 12.0, n=13, patients=PATIENTS),
    Result("remission", "remission", "ci_high", 92.4, unit="%", n=13, patients=PATIENTS),
    Result("survival", "os", "survival", 54.0, level="6 months", unit="%", n=13, patients=PATIENTS),
    Result("remission", "remission", "percent", 100.0, group="severe", unit="%", n=5, patients=PATIENTS[:5]),
    Result("baseline", "age_years", "median", 39.0, unit="years", n=13, patients=PATIENTS),
    Result("baseline", "age_years", "median", 40.0, group="evaluable", unit="years", n=13, patients=PATIENTS),
    Result("baseline", "diagnosis", "n", 13.0, n=13, patients=PATIENTS),
    Result("baseline", "diagnosis", "n", 7.0, level="AML", n=13, patients=PATIENTS[:7]),
    Result("biomarkers", "IL-6", "p_value", 0.0501, group="csf", n=13, patients=PATIENTS),
    Result("biomarkers", "protein", "p_value", 0.2, group="csf", n=13, patients=PATIENTS),
    Result("biomarkers", "protein", "p_value", 0.3, group="serum", n=13, patients=PATIENTS),
    Result("survival", "os", "median", None, unit="months", reason="not reached: the curve stays above 0.5"),
    Result("survival", "pfs", "median", None, unit="months", reason="there is no patient"),
]


def claims(tmp_path, *entries):
    text = "".join(
        "[[claim]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in entry.items()) for entry in entries
    )
    (tmp_path / "claims.toml").write_text(text, encoding="utf-8")
    return read_claims(tmp_path)


def toml(value):
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def claim(stated, analysis="remission", statistic="percent", name="c", **more):
    return {"id": name, "analysis": analysis, "statistic": statistic, "stated": stated, **more}


def verdict(tmp_path, *arguments, **more):
    (only,) = verify(RESULTS, claims(tmp_path, claim(*arguments, **more)))
    return only


@pytest.mark.parametrize(
    ("stated", "value", "statistic", "verdict", "explanation"),
    [
        ("92.3", 1200 / 13, "percent", "agrees", ""),
        ("92.3%", 1200 / 13, "percent", "agrees", ""),
        ("92", 1200 / 13, "percent", "agrees", ""),
        ("92.31", 1200 / 13, "percent", "agrees", ""),
        ("92.4", 1200 / 13, "percent", "contradicts", ""),
        ("93", 1200 / 13, "percent", "contradicts", ""),
        ("66.7", 200 / 3, "percent", "agrees", ""),
        ("66.6", 200 / 3, "percent", "compatible with rounding", "truncated"),
        ("0.12", 0.125, "p_value", "compatible with rounding", "rounded half to even"),
        ("0.13", 0.125, "p_value", "agrees", ""),
        ("0.5", 0.446, "p_value", "compatible with rounding", "rounded twice"),
        ("0.5", 0.4446, "p_value", "contradicts", ""),
        ("0.5", 0.44, "p_value", "contradicts", ""),
        ("11", 10.3, "median", "compatible with rounding", "from rounded measurements"),
        ("11", 10.0, "median", "contradicts", ""),
        ("12", 10.9, "median", "contradicts", ""),
        ("11", 10.3, "n", "contradicts", ""),
        ("-1.5", -1.45, "estimate", "agrees", ""),
        ("-1.4", -1.45, "estimate", "compatible with rounding", "rounded half to even"),
        ("2.0e6", 2.04e6, "median", "agrees", ""),
        ("2.0 x 10^6", 2.04e6, "median", "agrees", ""),
        ("2.0 × 10⁶", 1.94e6, "median", "compatible with rounding", "from rounded measurements"),
        ("2e6", 1.4e6, "n", "contradicts", ""),
        ("1,024", 1024.4, "n", "agrees", ""),
        ("0.1", 0.1 + 0.2 - 0.2, "n", "agrees", ""),
        ("<0.05", 0.049, "p_value", "agrees", ""),
        ("<0.05", 0.05, "p_value", "contradicts", ""),
        (">=0.05", 0.05, "p_value", "agrees", ""),
        (">=0.05", 0.0496, "p_value", "compatible with rounding", "once rounded"),
        ("≤12", 12.4, "median", "compatible with rounding", "once rounded"),
        ("<=12", 12.5, "median", "contradicts", ""),
        (">0", 0.001, "estimate", "agrees", ""),
        ("<0", 0.0, "estimate", "contradicts", ""),
        ("not reached", 6.0, "median", "contradicts", ""),
    ],
)
def test_a_number_is_compared_at_the_precision_stated(stated, value, statistic, verdict, explanation):
    assert compare(parse(stated), value, statistic) == (verdict, explanation)


@pytest.mark.parametrize(
    "text", ["", "about 12", "12.", "1.2.3", "12,34", "0x12", "nan", "inf", "1e999", "<", "5-7", "0,285", "6.0 months"]
)
def test_what_is_no_figure_is_not_understood(text):
    assert parse(text) is None


@settings(derandomize=True, deadline=None)
@given(st.decimals(-10_000, 10_000, places=3), st.integers(0, 3))
def test_a_number_rounded_half_away_from_zero_always_agrees(value, digits):
    from icans.results.display import number

    assert compare(parse(number(float(value), digits)), float(value), "percent")[0] == "agrees"


@settings(derandomize=True, deadline=None)
@given(st.decimals(-1000, 1000, places=4), st.decimals(-1000, 1000, places=1), st.sampled_from(["median", "percent"]))
def test_a_figure_a_unit_of_its_last_place_away_is_always_contradicted(value, stated, statistic):
    if abs(value - stated) >= Decimal("0.1"):
        assert compare(parse(str(stated)), float(value), statistic)[0] == "contradicts"


def test_a_claim_without_variable_means_the_one_named_like_its_analysis_and_everyone(tmp_path):
    found = verdict(tmp_path, "92.3")
    assert (found.verdict, found.result.group, found.ours) == ("agrees", None, "92.3")
    assert not found.fails


def test_a_claim_without_level_means_the_row_without_one(tmp_path):
    assert verdict(tmp_path, "13", "baseline", "n", variable="diagnosis").verdict == "agrees"
    assert verdict(tmp_path, "7", "baseline", "n", variable="diagnosis", level="AML").verdict == "agrees"


def test_a_claim_without_group_means_the_only_one(tmp_path):
    assert verdict(tmp_path, ">=0.05", "biomarkers", "p_value", variable="IL-6").result.group == "csf"


@pytest.mark.parametrize(
    ("stated", "statistic", "verdict_", "ours"),
    [
        ("12 of 13", "percent", "agrees", "12 of 13"),
        ("12/13", "events", "agrees", "12 of 13"),
        ("12 of 14", "events", "contradicts", "12 of 13"),
        ("11 of 13", "percent", "contradicts", "12 of 13"),
        ("12 of 13", "ci_high", "contradicts", "92.4"),
        ("39 of 13", "median", "contradicts", "39"),
    ],
)
def test_a_count_of_a_total_is_compared_with_count_and_n(tmp_path, stated, statistic, verdict_, ours):
    analysis = "baseline" if statistic == "median" else "remission"
    found = verdict(
        tmp_path, stated, analysis, statistic, **({"variable": "age_years"} if analysis == "baseline" else {})
    )
    assert (found.verdict, found.ours) == (verdict_, ours)


def test_a_landmark_that_the_protocol_does_not_name_is_not_available(tmp_path):
    found = verdict(tmp_path, "50", "survival", "survival", variable="os", level="9 months")
    assert found.verdict == "not available"
    assert found.explanation == (
        '[survival] landmarks_months of study.toml does not name "9 months". Did you mean 6 months?'
    )


def test_a_median_not_reached_can_be_stated_and_a_number_for_it_is_not_available(tmp_path):
    assert verdict(tmp_path, "Not reached", "survival", "median", variable="os").verdict == "agrees"
    lacking = verdict(tmp_path, "6", "survival", "median", variable="os")
    assert (lacking.verdict, lacking.explanation) == ("not available", "not reached: the curve stays above 0.5")
    assert verdict(tmp_path, "not reached", "survival", "median", variable="pfs").verdict == "not available"


def test_a_disputed_claim_is_shown_and_does_not_fail(tmp_path):
    disputed = verdict(tmp_path, "11", disputed="the abstract says 12 of 13")
    assert disputed.verdict == "contradicts"
    assert not failed([disputed])
    assert failed([verdict(tmp_path, "11")])
    assert failed([verdict(tmp_path, "6", "survival", "median", variable="os")])


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            claim("1", "remision"),
            'claim c: no row of results has the analysis "remision" there. Did you mean remission?',
        ),
        (
            claim("1", "baseline", "median", variable="age"),
            'claim c: no row of results has the variable "age" there. Known are: age_years, diagnosis.',
        ),
        (
            claim("1", statistic="pct"),
            'claim c: no row of results has the statistic "pct" there. Did you mean percent?',
        ),
        (
            claim("1", level="3 days"),
            'claim c: no row of results has the level "3 days" there. These rows have no level.',
        ),
        (
            claim("1", "biomarkers", "p_value"),
            "claim c: 3 rows of results are meant. Say which, by variable: IL-6, protein; group: csf, serum.",
        ),
    ],
)
def test_a_claim_about_no_row_or_several_is_explained(tmp_path, entry, sentence):
    with pytest.raises(ClaimsError) as caught:
        verify(RESULTS, claims(tmp_path, entry))
    assert str(caught.value) == sentence


def test_every_claim_about_no_row_is_named_at_once(tmp_path):
    with pytest.raises(ClaimsError) as caught:
        verify(RESULTS, claims(tmp_path, claim("1", "a", name="one"), claim("1"), claim("1", "b", name="two")))
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["claim one", "claim two"]


def test_mistakes_of_claims_toml_are_all_told_at_once(tmp_path):
    with pytest.raises(ClaimsError) as caught:
        claims(
            tmp_path,
            {"id": "response", "analysis": "remission", "statistc": "percent", "stated": 92.3},
            claim("about 12"),
            claim("1", name="twice", level=3),
            claim("1", name="twice"),
            {"analysis": "", "statistic": "n", "stated": "1", "level": True},
        )
    assert str(caught.value) == (
        "claims.toml, claim 1 (response): statistc is not a key of a claim. Did you mean statistic?\n"
        "claims.toml, claim 1 (response): statistic is missing.\n"
        "claims.toml, claim 1 (response): stated should be text, and is 92.3.\n"
        'claims.toml, claim 2 (c): stated "about 12" is not a figure that can be compared.\n'
        "claims.toml, claim 4 (twice): the id is there twice.\n"
        "claims.toml, claim 5: id is missing.\n"
        "claims.toml, claim 5: analysis should be text, and is ''.\n"
        "claims.toml, claim 5: level should be text, and is True.\n"
        '  A figure is text, so that its last digit counts: "92.3", "2.0e6", "<0.05", "12 of 13" or "not reached". '
        "An interval or a range is two claims; a unit is left out."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"[[claim", "claims.toml: not TOML: "),
        (b"x = '\xff'", "claims.toml: byte 6 is not UTF-8."),
        (
            b"[claim]\nid = 'x'",
            "claims.toml: claims stand under [[claim]], one a figure, and nothing else is expected.",
        ),
        (b"title = 'x'", "claims.toml: claims stand under [[claim]], one a figure, and nothing else is expected."),
        (b"x = " + b"[" * 5000, "claims.toml: not TOML: "),
    ],
)
def test_a_file_that_holds_no_claims_is_refused(tmp_path, text, sentence):
    (tmp_path / "claims.toml").write_bytes(text)
    with pytest.raises(ClaimsError) as caught:
        read_claims(tmp_path / "claims.toml")
    assert str(caught.value).startswith(sentence)


def test_a_missing_file_is_a_wrong_call(tmp_path):
    with pytest.raises(CallError, match=r"there are no claims here"):
        read_claims(tmp_path)


def test_the_table_says_what_was_stated_what_we_have_and_where_to_look(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    verdicts = verify(
        RESULTS,
        claims(
            tmp_path,
            claim("92.3", name="response"),
            claim("40", "baseline", "median", name="age", variable="age_years", source="Table 1"),
            claim("2", "survival", "median", name="os", variable="os", disputed="the paper says 6"),
        ),
    )
    assert [cells(one) for one in verdicts] == [
        ("response", "92.3", "92.3 (92.30769231)", "agrees", "13", "remission / remission / percent"),
        (
            "age",
            "40",
            "39",
            "contradicts",
            "13",
            f"baseline / age_years / median; patients {', '.join(PATIENTS[:12])} and 1 more; stated in: Table 1",
        ),
        (
            "os",
            "2",
            "-",
            "disputed: not available",
            "0",
            "survival / os / median; not reached: the curve stays above 0.5; disputed: the paper says 6",
        ),
    ]
    assert summary(verdicts) == "3 claims: agrees 1, contradicts 1, not available 1, disputed by their own source 1."
    print_verdicts(verdicts)
    printed = capsys.readouterr().out
    assert "contradicts" in printed
    assert printed.rstrip().endswith(summary(verdicts))


def test_control_characters_of_records_do_not_reach_the_terminal():
    row = Result("baseline", "age_years", "median", 39.0, n=1, patients=("P\x1b[31m",))
    stated = read_claims_of("40")
    (only,) = verify([row], [stated])
    assert "\x1b" not in "".join(cells(only))


def read_claims_of(stated):
    from icans.results.claims import Claim

    return Claim("c", "baseline", "median", parse(stated))


def test_a_large_number_is_shown_as_it_is_stated(tmp_path):
    rows = [Result("baseline", "dose_cells_per_kg", "median", 2.04e6, unit="cells/kg", n=13)]
    (only,) = verify(rows, claims(tmp_path, claim("2.0e6", "baseline", "median")))
    assert (only.verdict, only.ours) == ("agrees", "2.0 × 10^6")


def test_the_claims_of_the_packaged_study_can_be_read():
    import icans.packaged

    assert len(read_claims(Path(icans.packaged.__file__).parent / "idm13")) > 40


def test_against_a_bound_our_number_is_shown_in_full(tmp_path):
    assert verdict(tmp_path, ">0", "biomarkers", "p_value", variable="IL-6").ours == "0.0501"


def test_a_level_that_nobody_has_any_more_is_not_available_and_fails(tmp_path):
    found = verdict(tmp_path, "1", "baseline", "n", variable="diagnosis", level="AMl")
    assert found.verdict == "not available"
    assert found.result.reason == 'nothing in the records is "AMl". Did you mean AML?'
    assert found.fails
