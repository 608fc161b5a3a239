"""The formatter, case by case."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.results import display
from icans.results.rows import Result


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (2.5, 0, "3"),
        (-0.5, 0, "-1"),
        (-0.4, 0, "0"),
        (-0.04, 1, "0.0"),
        (-0.0, 1, "0.0"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (100 * 1.005, 1, "100.5"),
        (0.1 + 0.2, 1, "0.3"),
        (12345.678, 1, "12,345.7"),
        (1234567, 0, "1,234,567"),
        (1e300, 0, f"{10**300:,d}"),
    ],
)
def test_numbers_are_rounded_half_away_from_zero(value, digits, text):
    assert display.number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(39.0, "39"), (33.23, "33.23"), (33.2367, "33.24"), (0.0125, "0.013"), (1e7, "1.0 × 10^7"), (178.456, "178.5")],
)
def test_numbers_without_digits_show_what_they_carry(value, text):
    assert display.number(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (100 * 12 / 13, 1, "92.3%"),
        (100, 1, "100.0%"),
        (0, 1, "0.0%"),
        (99.97, 1, ">99.9%"),
        (99.94, 1, "99.9%"),
        (0.03, 1, "<0.1%"),
        (99.7, 0, ">99%"),
        (100 * (1 - 2**-53), 1, "100.0%"),
    ],
)
def test_a_percentage_is_all_or_none_only_where_it_is(value, digits, text):
    assert display.percent(value, digits) == text


@pytest.mark.parametrize(
    ("values", "unit", "text"),
    [
        ((39, 11, 65), "years", "39 (11-65) years"),
        ((33.23, 5.34, 78.5), "%", "33.23 (5.34-78.50) %"),
        ((11, 3, 20.25), "days", "11.0 (3.0-20.3) days"),
        ((2e6, 1e6, 9.96e6), "cells/kg", "2.0 × 10^6 (1.0 × 10^6 to 1.0 × 10^7) cells/kg"),
        ((-2.5, -10, 3), "pg/mL", "-2.5 (-10.0 to 3.0) pg/mL"),
        ((2, 1, 4), "grade", "grade 2 (1-4)"),
        ((1, 1, 3), "", "1 (1-3)"),
        ((6, 4, 12), "months", "6.0 (4.0-12.0) months"),
        ((35, 2.14, 1200), "pg/mL", "35.0 (2.1-1,200.0) pg/mL"),
    ],
)
def test_a_median_names_its_range_and_unit(values, unit, text):
    assert display.median_range(*values, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (63.97, 99.81, "%", "64.0% to 99.8%"),
        (3.14, 9, "months", "3.1 to 9.0 months"),
        (3.14, None, "months", "3.1 months to not reached"),
        (None, None, "months", "not reached to not reached"),
        (-4.25, -1, "pg/mL", "-4.25 to -1.00 pg/mL"),
    ],
)
def test_an_interval_names_its_unit(low, high, unit, text):
    assert display.interval(low, high, unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "<0.001"),
        (0.00099, "<0.001"),
        (0.001, "0.001"),
        (0.0125, "0.013"),
        (0.0495, "0.050"),
        (0.9994, "0.999"),
        (0.9996, ">0.999"),
        (1.0, "1.000"),
    ],
)
def test_a_p_value_has_three_decimals(value, text):
    assert display.p_value(value) == text


def row(statistic, value, unit="", analysis="survival", reason=None):
    return Result(analysis, "variable", statistic, value, unit=unit, reason=reason)


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (row("percent", 1200 / 13, "%", "remission"), "92.3%"),
        (row("ci_low", 63.97, "%", "remission"), "64.0%"),
        (row("median", 33.23, "%", "baseline"), "33.23%"),
        (row("median", 6.0, "months"), "6.0 months"),
        (row("median", None, "months", reason="not reached: the curve stays above 0.5"), "not reached"),
        (row("median", None, "months", reason="there is no patient"), "not available"),
        (row("p_value", 0.00012, analysis="biomarkers"), "<0.001"),
        (row("n", 13.0, analysis="population"), "13"),
        (row("median", 2e6, "cells/kg", "baseline"), "2.0 × 10^6 cells/kg"),
        (row("survival", 66.666, "%"), "66.7%"),
        (row("n", 1_200_000.0, "", "population"), "1,200,000"),
        (row("ci_low", 0.598, "%", "survival"), "0.6%"),
        (row("median", 0.598, "%", "baseline"), "0.598%"),
    ],
)
def test_a_row_of_results_is_shown_in_its_unit(result, text):
    assert display.shown(result) == text


def test_counts_and_time_points_read_as_a_table_does():
    assert display.count_percent(12, 1200 / 13) == "12 (92.3%)"
    assert display.count_percent(0, None) == "0"
    assert [display.time_point(value, "months") for value in (1.0, 6.0, 0.5)] == ["1 month", "6 months", "0.5 months"]


@settings(derandomize=True, deadline=None)
@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_a_rounded_number_is_within_half_a_unit_and_never_minus_zero(value, digits):
    text = display.number(value, digits).replace(",", "")
    assert abs(float(text) - value) <= 0.5 * 10**-digits * (1 + 1e-9) + 1e-12 * abs(value)
    assert not (float(text) == 0 and text.startswith("-"))
