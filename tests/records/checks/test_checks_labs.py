"""Doubtful measurements, and biomarkers of which there is none."""

from icans.records.checks.labs import lab_findings

IL6 = {"specimen": "csf", "analyte": "IL-6", "unit": "pg/mL"}
UNITS = ("pg/mL", "pg/ml")


find = lab_findings


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


def results(values, **kind):
    return [{"hour": float(hour), **IL6, **kind, "value": value} for hour, value in enumerate(values)]


def test_a_negative_result_is_doubtful_but_a_base_excess(checked):
    found = checked(labs=[*results([-4.0, 0.0]), *results([-4.0], analyte="Base excess", unit="mmol/L")])
    assert said(found) == ['labs, column value: "-4" is negative (IL-6 in csf) (hour 0.0).']


def test_a_detection_limit_is_above_nothing(checked):
    found = checked(
        labs=[*results([0.0], limit="<"), *results([1.5], limit="<", analyte="A"), *results([0.0], analyte="B")]
    )
    assert said(found) == ['labs, column value: "0" is no detection limit (< in limit, IL-6 in csf) (hour 0.0).']


def test_a_value_a_thousand_times_off_is_likely_in_another_unit(checked):
    found = checked(
        labs=[
            *results([0.4, 0.5, 0.5, 0.6, 0.5, 510.0, 0.0004], analyte="protein", unit="g/L"),
            *results([0.5, 0.5, 0.5, 510.0], analyte="glucose", unit="mmol/L"),
            *results([0.5, 0.5, 0.5, 0.5, 490.0], analyte="lactate", unit="mmol/L"),
        ]
    )
    assert said(found) == [
        f'labs, column value: "{value}" is a thousand times or more off the median of protein in csf, 0.5 g/L ({hour}).'
        for value, hour in (("510", "hour 5.0"), ("0.0004", "hour 6.0"))
    ]


def test_an_analyte_that_spans_decades_is_left_alone(checked):
    assert checked(labs=results([1.0, 10.0, 100.0, 1_000.0, 10_000.0, 100_000.0, 1_000_000.0])) == []


def test_limits_and_zeros_are_no_results_to_compare(checked):
    below = [{**row, "hour": 50.0, "limit": "<"} for row in results([0.0001])]
    assert checked(labs=[*results([5.0, 5.0, 5.0, 5.0, 5.0, 0.0]), *below]) == []


def test_a_unit_unlike_the_rest_of_an_analyte_and_specimen_is_doubtful(checked):
    odd = [{"hour": 50.0, **IL6, "unit": "ng/L", "value": 30.0}, {"hour": 60.0, **IL6, "unit": "ng/L", "value": 31.0}]
    serum = results([1.0], specimen="serum", unit="ng/L")
    assert said(checked(labs=[*results([30.0, 40.0, 50.0]), *odd, *serum])) == [
        'labs, column unit: "ng/L" is the unit of 2 of 5 rows of IL-6 (csf); 3 are in pg/mL.'
    ]


def test_a_measurement_in_two_units_of_which_none_is_usual_is_doubtful(checked):
    found = checked(labs=[{"hour": float(h), **IL6, "value": 30.0, "unit": unit} for h, unit in enumerate(UNITS)])
    assert [str(finding).splitlines()[0] for finding in found] == [
        "labs, column unit: IL-6 in csf is in several units (pg/mL, pg/ml): two values in different units are no pair."
    ]


def test_analytes_that_differ_in_case_spaces_or_hyphens_are_doubtful_and_in_a_digit_not(checked):
    names = ["IL-6", "IL-6", "il6", "IL-8", "IgA", "IgG"]
    found = checked(labs=[{"hour": float(h), **IL6, "analyte": name, "value": 3.0} for h, name in enumerate(names)])
    assert said(found) == ['labs, column analyte: "il6" differs from IL-6 only in case, spaces or hyphens.']


def marker(analyte, specimen):
    return f'[[biomarkers]]\nanalyte = "{analyte}"\nspecimen = "{specimen}"\n'


def test_a_biomarker_that_was_never_measured_is_doubtful_and_what_is_there_named(checked):
    definitions = marker("il6", "csf") + marker("IL-6", "serum") + marker("Ferritine", "csf") + marker("zzz", "csf")
    found = checked(labs=[*results([3.0]), *results([3.0], analyte="ferritin")], definitions=definitions)
    assert said(found) == [
        f'labs, column analyte: "{analyte}" in {specimen} is a biomarker of the protocol, but was never measured.'
        for analyte, specimen in (("il6", "csf"), ("IL-6", "serum"), ("Ferritine", "csf"), ("zzz", "csf"))
    ]
    assert [finding.advice for finding in found] == [
        "Is IL-6 meant? Write [[biomarkers]] analyte in study.toml as labs does.",
        "It was measured in csf: correct [[biomarkers]] specimen in study.toml.",
        "Is ferritin meant? Write [[biomarkers]] analyte in study.toml as labs does.",
        "Correct [[biomarkers]] in study.toml, or add the measurements.",
    ]


def test_biomarkers_that_were_measured_and_a_study_without_biomarkers_are_fine(checked):
    assert checked(definitions=marker("IL-6", "csf")) == []
    assert checked(definitions=marker(" il-6", "CSF")) == []
    assert checked(labs=None) == []


def test_biomarkers_without_a_table_of_measurements_are_doubtful(checked):
    assert said(checked(labs=None, definitions=marker("IL-6", "csf"))) == [
        "labs: the study has no such table, but its protocol compares IL-6."
    ]
