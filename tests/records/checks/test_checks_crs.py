"""Doubtful observations of cytokine release syndrome."""

from icans.records.checks.crs import crs_findings


def find(records, protocol, engine):
    return crs_findings(records, engine)


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


def at(hour, **signs):
    return {"temperature_c": 39.0, **signs, "hour": hour}


def test_a_temperature_is_a_living_patient_s(checked):
    temperatures = [33.9, 34.0, 36.6, 42.0, 42.1, None]
    found = checked(crs=[at(float(hour), temperature_c=degrees) for hour, degrees in enumerate(temperatures)])
    assert said(found) == [
        'crs, column temperature_c: "33.9" is outside 34 to 42 °C (hour 0.0).',
        'crs, column temperature_c: "42.1" is outside 34 to 42 °C (hour 4.0).',
    ]


def test_vasopressors_are_given_for_hypotension(checked):
    found = checked(
        crs=[
            at(1.0, hypotension="none", vasopressors=1),
            at(2.0, hypotension="none", vasopressin=True),
            at(3.0, hypotension="none", vasopressors=0, vasopressin=False),
            at(4.0, hypotension="vasopressor", vasopressors=2),
            at(5.0, hypotension=None, vasopressors=1),
            at(6.0, hypotension="none"),
        ]
    )
    assert said(found) == [
        'crs, column hypotension: "none" stands beside vasopressors 1, vasopressin not recorded (hour 1.0).',
        'crs, column hypotension: "none" stands beside vasopressors not recorded, vasopressin yes (hour 2.0).',
    ]


def test_hypotension_that_needed_a_vasopressor_names_one(checked):
    found = checked(
        crs=[
            at(1.0, hypotension="vasopressor", vasopressors=0),
            at(2.0, hypotension="vasopressor", vasopressors=0, vasopressin=True),
            at(3.0, hypotension="vasopressor"),
            at(4.0, hypotension="fluids_only", vasopressors=0),
        ]
    )
    assert said(found) == [
        (
            'crs, column hypotension: "vasopressor" stands beside no agent (vasopressors 0, vasopressin not recorded) '
            "(hour 1.0)."
        )
    ]


def test_oxygen_flows_through_a_device(checked):
    found = checked(
        crs=[
            at(1.0, oxygen_flow_l_min=2.0),
            at(2.0, oxygen="none", oxygen_flow_l_min=2.5),
            at(3.0, oxygen="none", oxygen_flow_l_min=0.0),
            at(4.0, oxygen="nasal_cannula", oxygen_flow_l_min=2.0),
        ]
    )
    assert said(found) == [
        'crs, column oxygen_flow_l_min: "2" is a flow of oxygen without a device (oxygen not recorded) (hour 1.0).',
        'crs, column oxygen_flow_l_min: "2.5" is a flow of oxygen without a device (oxygen none) (hour 2.0).',
    ]


def test_six_litres_a_minute_part_low_from_high_flow(checked):
    found = checked(
        crs=[
            at(1.0, oxygen="high_flow", oxygen_flow_l_min=6.0),
            at(2.0, oxygen="high_flow", oxygen_flow_l_min=6.1),
            at(3.0, oxygen="nasal_cannula", oxygen_flow_l_min=6.0),
            at(4.0, oxygen="nasal_cannula", oxygen_flow_l_min=6.1),
            at(5.0, oxygen="face_mask", oxygen_flow_l_min=4.0),
            at(6.0, oxygen="high_flow"),
        ]
    )
    assert said(found) == [
        'crs, column oxygen: "high_flow" stands beside 6 L/min; high flow is more than 6 L/min (hour 1.0).',
        (
            'crs, column oxygen: "nasal_cannula" stands beside 6.1 L/min; a low-flow nasal cannula gives at most '
            "6 L/min (hour 4.0)."
        ),
    ]


def test_without_fever_hypotension_and_hypoxia_are_not_crs_unless_fever_may_be_masked(checked):
    found = checked(
        crs=[
            at(1.0, temperature_c=37.9, hypotension="fluids_only"),
            at(2.0, temperature_c=37.0, oxygen="nasal_cannula", antipyretic_or_anticytokine=False),
            at(3.0, temperature_c=37.0, oxygen="nasal_cannula", antipyretic_or_anticytokine=True),
            at(4.0, temperature_c=38.0, hypotension="fluids_only"),
            at(5.0, temperature_c=37.0, oxygen="comfort_only", hypotension="none"),
            at(6.0, temperature_c=None, hypotension="fluids_only"),
        ]
    )
    assert said(found) == [
        (
            'crs, column temperature_c: "37.9" is no fever, beside hypotension fluids_only and oxygen not recorded: '
            "without fever this is not CRS (hour 1.0)."
        ),
        (
            'crs, column temperature_c: "37" is no fever, beside hypotension not recorded and oxygen nasal_cannula: '
            "without fever this is not CRS (hour 2.0)."
        ),
    ]
    assert found[0].advice == "If fever may have been masked, record antipyretic_or_anticytokine as yes."
