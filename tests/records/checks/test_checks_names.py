"""Names that are most likely one name, written in two ways."""

import pytest

from icans.records.checks.names import nearest_name, spelling_twins


@pytest.mark.parametrize(
    "slip", ["dexamethason", "dexxamethasone", "dexamathasone", "dexamehtasone", "DEXAMETHASONE", "dexa methasone"]
)
def test_one_slip_is_found(slip):
    assert spelling_twins({"dexamethasone": 9, slip: 1}, one_letter=True) == [(slip, "dexamethasone")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("prednisone", "prednisolone"),
        ("cisplatin", "carboplatin"),
        ("IL-2", "IL-6"),
        ("interleukin 2", "interleukin 6"),
        ("drug1", "drug2"),
        ("iron", "zinc"),
        ("IgA", "IgG"),
        ("", "x"),
    ],
)
def test_different_drugs_are_not_taken_for_one(one, other):
    assert spelling_twins({one: 5, other: 4}, one_letter=True) == []


def test_the_more_common_spelling_is_the_name_and_ties_go_by_the_alphabet():
    assert spelling_twins({"Anakinra": 1, "anakinra": 5}, one_letter=True) == [("Anakinra", "anakinra")]
    assert spelling_twins({"anakinra": 1, "Anakinra": 1}, one_letter=False) == [("anakinra", "Anakinra")]


def test_greek_letters_and_signs_of_analytes_keep_names_apart():
    assert spelling_twins({"CD3+": 3, "CD3": 2, "IFN-γ": 2, "IFN-α": 1}, one_letter=False) == []


def test_the_nearest_name_is_none_where_none_is_near():
    assert nearest_name("methotrexate", ["metotrexate", "levetiracetam"]) == "metotrexate"
    assert nearest_name("methotrexate", ["levetiracetam"]) == ""
    assert nearest_name("methotrexate", []) == ""
