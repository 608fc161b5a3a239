"""A scale as people read it."""

from pathlib import Path

import pytest

from icans.errors import CallError
from icans.scales import catalogue
from icans.scales.table import catalogue_table, markdown, scale_table, show, show_catalogue, total_table

PAGES = Path(__file__).parents[2] / "docs" / "scales"


@pytest.mark.parametrize("scale_id", catalogue.ids())
def test_the_page_of_a_scale_is_what_its_file_says(scale_id):
    page = PAGES / f"{scale_id}.md"
    written = page.read_text(encoding="utf-8")
    assert written == markdown(catalogue.load(scale_id)), (
        f"docs/scales/{page.name} has drifted: run python tools/docs.py"
    )


def test_there_is_no_page_of_a_scale_that_is_not_there():
    assert sorted(page.stem for page in PAGES.glob("*.md")) == catalogue.ids()


def test_the_table_has_the_cells_of_the_publication():
    described = scale_table(catalogue.load("astct-2019-icans"))
    assert described.header == ("", "Grade 0", "Grade 1", "Grade 2", "Grade 3", "Grade 4")
    cells = {row[0]: row[1:] for row in described.rows}
    assert cells["ICE score"] == ("10", "7-9", "3-6", "0-2", "(0, unarousable and unable to be tested)")
    assert cells["CAPD score"] == ("0", "1-8", "(1-8)", "9 or above", "(unable to be tested)")
    assert cells["Level of consciousness"][:2] == ("awakens spontaneously", "(awakens spontaneously)")
    assert cells["Motor weakness"][1:4] == ("", "", "")
    assert "Grade 5: Death due to ICANS, no other principal cause." in described.notes


def test_the_notes_say_what_a_missing_value_is_read_as():
    notes = scale_table(catalogue.load("astct-2019-icans")).notes
    assert (
        "Level of consciousness: if not recorded, read as awake where the study reads unrecorded signs as absent "
        "and the ICE score is above 0 or a CAPD was obtained." in notes
    )
    notes = scale_table(catalogue.load("astct-2019-crs")).notes
    assert (
        "Vasopressin: if not recorded, read as no where hypotension is recorded as none or as needing fluids only."
        in notes
    )


def test_the_items_of_a_total_are_a_table_too():
    ice, capd = catalogue.load("astct-2019-icans").scores
    assert total_table(ice).rows[0] == ("Orientation to year, month, city and hospital", "0-4")
    assert total_table(capd).header == ("Item", "never", "rarely", "sometimes", "often", "always")
    assert total_table(capd).rows[0][1:] == ("4", "3", "2", "1", "0")
    assert total_table(capd).rows[-1][1:] == ("0", "1", "2", "3", "4")


def test_a_scale_is_printed_with_its_table_its_traps_and_its_source(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    show("astct-2019-icans")
    printed = capsys.readouterr().out
    assert "ASTCT 2019 ICANS (astct-2019-icans)" in printed
    assert "how every healthy person wakes" in printed
    assert "10.1016/j.bbmt.2018.12.758" in printed
    assert "Counts back from 100 by tens" in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_the_catalogue_is_printed_with_every_scale(capsys):
    show_catalogue()
    printed = capsys.readouterr().out
    for scale_id in catalogue.ids():
        assert scale_id in printed
    assert {row[1] for row in catalogue_table().rows} >= {"ICANS", "CRS"}


def test_an_unknown_scale_is_refused_with_the_nearest():
    with pytest.raises(CallError) as refused:
        show("astct-2019-ican")
    assert str(refused.value) == 'There is no scale "astct-2019-ican".\n  Did you mean astct-2019-icans?'
