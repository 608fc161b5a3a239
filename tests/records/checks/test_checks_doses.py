"""Doubtful doses, and an intervention of which there is none."""

import pytest

from icans.records.checks.doses import dose_findings
from icans.records.checks.times import later_infusions

INTRATHECAL = [
    {"hour": 36.0, "drug": "methotrexate", "dose": 12.0, "dose_unit": "mg", "route": "intrathecal"},
    {"hour": 36.0, "drug": "dexamethasone", "dose": 5.0, "dose_unit": "mg", "route": "intrathecal"},
]


def find(records, protocol, engine):
    return dose_findings(records, later_infusions(records, engine), protocol, engine)


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


@pytest.mark.parametrize("drug", ["tocilizumab", "Tocilizumab", "siltuximab", "RoActemra"])
def test_tocilizumab_needs_a_sign_of_crs_before_it_or_within_a_day(checked, drug):
    found = checked(treatments=[*INTRATHECAL, {"hour": -0.5, "drug": drug}, {"hour": 0.0, "drug": drug}])
    assert said(found) == [
        (
            f'treatments, column drug: "{drug}" was given, but no CRS grade or sign is recorded before it or within '
            "24 hours (hour -0.5)."
        )
    ]


@pytest.mark.parametrize(
    "sign",
    [{"temperature_c": 38.0}, {"crs_grade": 1}, {"hypotension": "fluids_only"}, {"oxygen": "nasal_cannula"}],
    ids=str,
)
def test_fever_a_grade_hypotension_and_oxygen_are_signs_of_crs(checked, sign):
    assert checked(crs=[{"hour": 20.0, **sign}], treatments=[*INTRATHECAL, {"hour": 22.0, "drug": "tocilizumab"}]) == []


@pytest.mark.parametrize(
    "no_sign",
    [
        {"temperature_c": 37.9, "hypotension": "none", "oxygen": "none", "crs_grade": 0},
        {"temperature_c": 39.0, "fever_other_cause": True},
        {"oxygen": "comfort_only"},
    ],
    ids=str,
)
def test_what_is_no_sign_of_crs_explains_no_tocilizumab(checked, no_sign):
    found = checked(crs=[{"hour": 20.0, **no_sign}], treatments=[*INTRATHECAL, {"hour": 22.0, "drug": "tocilizumab"}])
    assert [finding.column for finding in found] == ["drug"]


def test_another_patient_s_crs_explains_nothing_and_an_earlier_infusion_s_does(checked):
    found = checked(
        patients=[{"age_years": 54.0}, {"patient_id": "P02", "age_years": 50.0}],
        infusions=[{}, {"infusion": 2, "start_hour": 480.0}, {"patient_id": "P02"}],
        neuro=[{"hour": 3.0, "ice": 10}, {"patient_id": "P02", "hour": 3.0, "ice": 10}],
        crs=[{"hour": 24.0, "crs_grade": 1}, {"patient_id": "P02", "hour": 500.0, "crs_grade": 1}],
        treatments=[
            *INTRATHECAL,
            {"hour": 1.0, "infusion": 2, "drug": "tocilizumab"},
            {"patient_id": "P02", "hour": 24.0, "drug": "tocilizumab"},
        ],
    )
    assert [(finding.patient_id, finding.value) for finding in found] == [("P02", "tocilizumab")]


def test_without_a_table_of_crs_tocilizumab_is_not_doubted(checked):
    assert checked(crs=None, treatments=[*INTRATHECAL, {"hour": -9.0, "drug": "tocilizumab"}]) == []


def test_a_unit_unlike_the_rest_of_a_drug_and_route_is_doubtful(checked):
    oral = [{"hour": float(hour), "drug": "dexamethasone", "route": "oral", "dose": 4.0} for hour in range(5)]
    units = ["mg", "mg", "mg", "g", None]
    doses = [
        {**dose, "dose_unit": unit, "row": row} for row, (dose, unit) in enumerate(zip(oral, units, strict=True), 2)
    ]
    found = checked(treatments=[*INTRATHECAL, *doses])
    assert said(found) == [
        'treatments, row 5, column dose_unit: "g" is the unit of 1 of 5 rows of dexamethasone (oral); 3 are in mg.',
        "treatments, row 6, column dose_unit: 1 of 5 rows of dexamethasone (oral) have no unit; 3 are in mg.",
    ]
    assert found[0].patient_id == "P01"


def test_units_are_compared_only_where_most_agree_and_an_amount_is_given(checked):
    split = [{"hour": float(h), "drug": "anakinra", "dose": 1.0, "dose_unit": unit} for h, unit in enumerate("ab")]
    unknown = {"hour": 9.0, "drug": "dexamethasone", "route": "intrathecal"}
    assert checked(treatments=[*INTRATHECAL, *split, unknown]) == []


def test_a_route_that_no_definition_names_is_doubtful_where_it_decides_what_counts(checked):
    ways = [("dexamethasone", "I.V."), ("Prednisone", "p.o."), ("methotrexate", "i.th."), ("dexamethasone", "ZVK")]
    ways += [("tocilizumab", "i.v."), ("dexamethasone", "topical"), ("prednisone", " Oral "), ("prednisone", None)]
    doses = [{"hour": 50.0 + n, "drug": drug, "route": route} for n, (drug, route) in enumerate(ways)]
    found = checked(treatments=[*INTRATHECAL, *doses], crs=[{"hour": 20.0, "crs_grade": 1}])
    assert [(finding.column, finding.value, finding.advice) for finding in found] == [
        ("route", "i.th.", "Write intrathecal, or name it there in study.toml."),
        ("route", "i.v.", "Write intravenous, or name it there in study.toml."),
        ("route", "p.o.", "Write oral, or name it there in study.toml."),
        ("route", "zvk", "Write the route as they do, or name it there in study.toml."),
    ]
    assert said(found)[1] == (
        'treatments, column route: "i.v." (once) is the route of a corticosteroid or of the intervention, and none of '
        "those that [steroids] and [intervention] name: such a dose counts as neither."
    )


def test_names_of_drugs_that_are_almost_alike_are_doubtful(checked):
    names = ["anakinra", "anakinra", "Anakinra", "anakinara", "prednisone", "prednisolone", "IL-2", "IL-6"]
    found = checked(treatments=[*INTRATHECAL, *({"hour": float(h), "drug": name} for h, name in enumerate(names))])
    assert said(found) == [
        'treatments, column drug: "anakinara" (once) is spelled almost like anakinra (2 times).',
    ]


def test_an_intervention_without_a_dose_is_doubtful_and_the_nearest_drug_named(checked):
    found = checked(treatments=[{"hour": 3.0, "drug": "Metotrexate", "route": "intrathecal"}])
    assert [str(finding) for finding in found] == [
        (
            "treatments, column drug: no dose belongs to the intervention: dexamethasone or methotrexate by route "
            "intrathecal.\n  Is Metotrexate meant by methotrexate? Correct treatments, or [intervention] drugs in "
            "study.toml."
        )
    ]


def test_an_intervention_by_another_route_is_doubtful_and_the_routes_named(checked):
    doses = [{"hour": 3.0, "drug": "Methotrexate", "route": "IV"}, {"hour": 30.0, "drug": "methotrexate"}]
    (found,) = [finding for finding in checked(treatments=doses) if "almost" not in finding.problem]
    assert found.advice == (
        "There is methotrexate by iv, not recorded: correct the route in treatments, or [intervention] routes in "
        "study.toml."
    )


def test_an_intervention_unlike_any_drug_is_doubtful(checked):
    (found,) = checked(treatments=[{"hour": 3.0, "drug": "levetiracetam"}])
    assert found.advice == "Name the drugs as treatments does: [intervention] drugs in study.toml."


def test_any_route_counts_where_the_protocol_names_none(checked):
    definitions = '[intervention]\ndrugs = ["steroids"]\nroutes = []'
    assert checked(treatments=[{"hour": 3.0, "drug": "Steroids"}], definitions=definitions) == []


def test_one_misspelled_drug_of_several_is_doubtful_and_one_never_given_is_not(checked):
    spelled = '[intervention]\ndrugs = ["dexamethasone", "methotrexat", "cytarabine"]'
    found = checked(treatments=INTRATHECAL, definitions=spelled)
    assert [str(finding) for finding in found] == [
        (
            "treatments, column drug: no dose of methotrexat, a drug of the intervention.\n"
            "  Is methotrexate meant by methotrexat? Correct treatments, or [intervention] drugs in study.toml."
        )
    ]


def test_a_corticosteroid_under_a_name_that_is_not_summed_is_doubtful(checked):
    names = ["Decadron", "solu-medrol", "Dexamethason", "methylprednisolone sod. succ.", "deflazacort", "MP"]
    others = ["dexamethasone sodium phosphate", "Steroids", "fludrocortisone", "dexmedetomidine", "nonsteroidal"]
    doses = [{"hour": 50.0 + n, "drug": name, "route": "i.v."} for n, name in enumerate((*names, *others))]
    elsewhere = [
        {"hour": 60.0, "drug": "beclometasone", "route": "inhaled"},
        {"hour": 60.0, "drug": "triamcinolone hexacetonide", "route": "topical"},
    ]
    found = checked(treatments=[*INTRATHECAL, *doses, *elsewhere, {"hour": 70.0, "drug": "decadron"}])
    uncounted = [finding for finding in found if "not summed up" in finding.problem]
    assert [(finding.value, finding.advice.split(",")[0]) for finding in uncounted] == [
        ("decadron", "Write dexamethasone"),
        ("deflazacort", "Write its generic name"),
        ("dexamethason", "Write dexamethasone"),
        ("methylprednisolone sod. succ.", "Write methylprednisolone"),
        ("mp", "Write methylprednisolone"),
        ("solu-medrol", "Write methylprednisolone"),
    ]
    assert said(uncounted)[0] == (
        'treatments, column drug: "decadron" (2 times) looks like a corticosteroid, under a name that is not summed '
        "up: such a dose counts as none."
    )


def test_a_drug_of_the_intervention_under_another_name_is_doubtful(checked):
    names = ["MTX", "methotrexate sodium", "DXM+MTX", "MTX-DXM", "dexamethasone sodium phosphate", "Ara-C"]
    doses = [{"hour": 36.0, "drug": name, "route": route} for name in names for route in ("i.th.", "Intrathecal")]
    found = checked(treatments=[*INTRATHECAL, *doses, {"hour": 3.0, "drug": "MTX", "route": "intravenous"}])
    uncounted = [finding for finding in found if "belongs to no course" in finding.problem]
    assert said(uncounted) == [
        f'treatments, column drug: "{name}" (2 times) looks like {drug}, a drug of the intervention, under another '
        "name: such a dose belongs to no course."
        for name, drug in (
            ("dexamethasone sodium phosphate", "dexamethasone"),
            ("dxm+mtx", "dexamethasone"),
            ("methotrexate sodium", "methotrexate"),
            ("mtx", "methotrexate"),
            ("mtx-dxm", "methotrexate"),
        )
    ]
    definitions = '[intervention]\ndrugs = ["MTX"]'
    assert "looks like MTX" in " ".join(said(checked(treatments=INTRATHECAL, definitions=definitions)))


def test_a_dose_of_the_intervention_without_a_route_is_doubtful(checked):
    found = checked(treatments=[*INTRATHECAL, *({"hour": 70.0, "drug": dose["drug"]} for dose in INTRATHECAL)])
    assert said(found) == [
        (
            "treatments, column route: some doses of methotrexate, a drug of the intervention, have no route: such a "
            "dose belongs to no course."
        )
    ]
