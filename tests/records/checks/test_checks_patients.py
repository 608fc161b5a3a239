"""Patients whose age and instrument do not fit, or of whom too little is recorded."""

from icans.records.checks.patients import patient_findings


def find(records, protocol, engine):
    return patient_findings(records, engine)


def said(findings):
    return [str(finding).splitlines()[0] for finding in findings]


def assessed(*patients, **scores):
    return [{"patient_id": patient, "hour": hour, **scores} for patient in patients for hour in (3.0, 9.0)]


def of(*patients, **columns):
    return [{"patient_id": patient, **columns} for patient in patients]


def test_patients_without_an_assessment_are_named(checked):
    found = checked(patients=of("P01", "P02", age_years=54.0))
    assert said(found) == [
        "patients, patient P02: no row in crs: the patient is unobserved, not free of CRS.",
        "patients, patient P02: no row in neuro: the patient is unobserved, not free of ICANS.",
    ]


def test_a_patient_who_was_screened_and_not_infused_need_not_be_assessed(checked):
    assert checked(patients=of("P01", "P02", age_years=54.0), infusions=of("P01")) == []


def test_a_study_s_own_columns_are_not_taken_for_counts(checked):
    own = {"assessments": 0, "by_ice": 9, "by_capd": 9, "of": "P09", "infusion": 4, "kind": "x"}
    assert checked(patients=of("P01", age_years=54.0, **own)) == []


def test_a_study_without_a_table_does_not_miss_its_rows(checked):
    found = checked(patients=of("P01", "P02", age_years=54.0), neuro=None)
    assert [finding.problem for finding in found] == ["no row in crs: the patient is unobserved, not free of CRS"]


def test_under_twelve_years_an_ice_score_is_doubtful(checked):
    found = checked(
        patients=[*of("P01", age_years=11.9), *of("P02", age_years=12.0), *of("P03", age_years=5.0)],
        neuro=[*assessed("P01", "P02", ice=9), *assessed("P03", capd=4), *of("P01", hour=50.0, capd=3)],
        crs=None,
    )
    assert said(found) == [
        'patients, patient P01, column age_years: "11.9" is under 12 years, but 2 of 3 assessments have an ICE score.'
    ]


def test_a_single_item_is_a_score(checked):
    found = checked(patients=of("P01", age_years=8.0), neuro=assessed("P01", ice_naming=2), crs=None)
    assert [finding.column for finding in found] == ["age_years"]


def test_with_developmental_delay_an_ice_score_is_doubtful_and_capd_is_not(checked):
    delayed = {"age_years": 20.0, "developmental_delay": True}
    found = checked(
        patients=of("P01", "P02", **delayed), neuro=[*assessed("P01", ice=9), *assessed("P02", capd=3)], crs=None
    )
    assert said(found) == [
        (
            'patients, patient P01, column developmental_delay: "yes" means grading by CAPD, but 2 of 2 assessments '
            "have an ICE score."
        )
    ]


def test_from_twelve_years_on_capd_is_doubtful(checked):
    found = checked(
        patients=[*of("P01", age_years=12.0), *of("P02", age_years=30.0, developmental_delay=False)],
        neuro=assessed("P01", "P02", capd_3="often"),
        crs=None,
    )
    assert said(found) == [
        f'patients, patient {patient}, column age_years: "{age}" is 12 years or over, but 2 of 2 assessments '
        "have a CAPD score."
        for patient, age in (("P01", 12), ("P02", 30))
    ]


def test_an_age_is_missed_where_the_instrument_depends_on_it(checked):
    found = checked(
        patients=[*of("P01", "P02", "P03"), *of("P04", developmental_delay=True), *of("P05", age_years=40.0)],
        neuro=[*assessed("P01", "P04", capd=3), *assessed("P02", "P03", "P05", ice=9)],
        crs=None,
    )
    assert {finding.severity for finding in found} == {"note"}
    assert said(found) == [
        (
            "patients, patient P01, column age_years: no age is recorded, but 2 of 2 assessments have a CAPD score; "
            "without an age the patient is taken to be 12 or over and graded by ICE."
        ),
        "patients, column age_years: 2 patients with an ICE score and no age: taken to be 12 or over.",
    ]


def test_where_grades_alone_were_recorded_no_age_is_missed(checked):
    assert checked(patients=of("P01"), neuro=assessed("P01", icans_grade=1), crs=None) == []
