"""A scale as people read it."""

from pathlib import Path

import pytest

from icans.scales import catalogue
from icans.scales.markdown import index, markdown
from icans.scales.page import page
from icans.scales.screen import show, show_catalogue
from icans.scales.table import TOXICITIES, catalogue_tables, columns_table, scale_table, total_table

PAGES = Path(__file__).parents[2] / "docs" / "scales"
ICANS = catalogue.load("astct-2019-icans")


def part(scale, heading):
    (found,) = (part.described for part in page(scale).parts if part.heading == heading)
    return found


@pytest.mark.parametrize("scale_id", catalogue.ids())
def test_the_page_of_a_scale_is_what_its_file_says(scale_id):
    written = (PAGES / f"{scale_id}.md").read_text(encoding="utf-8")
    assert written == markdown(catalogue.load(scale_id)), "it has drifted: run python tools/docs.py"


def test_there_is_a_page_for_each_scale_and_one_that_lists_them():
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(["README", *catalogue.ids()])
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    assert listed == index(), "it has drifted: run python tools/docs.py"
    assert all(f"]({scale_id}.md)" in listed for scale_id in catalogue.ids())


def test_the_table_has_the_cells_of_the_publication():
    described = scale_table(ICANS)
    assert described.header == ("", "Grade 0", "Grade 1", "Grade 2", "Grade 3", "Grade 4")
    cells = {row[0]: row[1:] for row in described.rows}
    assert cells["ICE score"] == ("10", "7-9", "3-6", "0-2", "(0, unarousable and unable to be tested)")
    assert cells["CAPD score"] == ("0", "1-8", "(1-8)", "9 or above", "(unable to be tested)")
    assert cells["Level of consciousness"][:2] == ("awakens spontaneously", "(awakens spontaneously)")
    assert cells["Motor weakness"][1:4] == ("", "", "")
    assert "Grade 5: Death due to ICANS, no other principal cause." in described.notes


def test_a_row_that_earns_grade_5_has_a_column_for_it():
    described = scale_table(catalogue.load("ctcae-5-neurotoxicity"))
    assert described.header[-1] == "Grade 5"
    ends = {row[0].partition(" (")[0]: row[-1] for row in described.rows}
    assert (ends["Delirium"], ends["Confusion"], ends["Tremor"]) == ("death", "", "")


def test_the_page_says_what_a_missing_value_is_read_as():
    notes = part(ICANS, "Where something is not recorded").notes
    assert (
        "If the study reads unrecorded signs as absent: Level of consciousness: read as awake where the ICE score is "
        "above 0 or a CAPD was obtained." in notes
    )
    notes = part(catalogue.load("astct-2019-crs"), "Where something is not recorded").notes
    assert "Vasopressin: read as no where hypotension is recorded as none or as needing fluids only." in notes


def test_the_page_says_which_columns_a_scale_declares_and_which_it_shares():
    described = columns_table(catalogue.load("lee-2014-crs"))
    assert ("`fio2_pct`", "crs", "numbers 21 to 100 (%)") in [row[:3] for row in described.rows]
    assert "`temperature_c`" in described.notes[0]
    assert "fio2_pct" not in described.notes[0]
    assert columns_table(ICANS).rows == []


def test_the_items_of_a_total_are_a_table_too():
    ice, capd = ICANS.scores
    assert total_table(ice).rows[0] == ("Orientation to year, month, city and hospital", "0-4")
    assert total_table(capd).header == ("Item", "never", "rarely", "sometimes", "often", "always")
    assert total_table(capd).rows[0][1:] == ("4", "3", "2", "1", "0")
    assert total_table(capd).rows[-1][1:] == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("scale_id", catalogue.ids())
def test_a_scale_is_printed_with_its_traps_and_its_source_and_breaks_no_word(capsys, monkeypatch, scale_id, width):
    monkeypatch.setenv("COLUMNS", str(width))
    scale = catalogue.load(scale_id)
    show(scale)
    printed = capsys.readouterr().out
    assert f"{scale.name} ({scale.id})" in printed
    assert "Traps and choices" in printed
    assert all(source in printed for source in scale.sources)
    lines = [line for line in printed.splitlines() if not line.startswith("- http")]
    assert max(map(len, lines)) <= width
    words = set(printed.replace(";", " ").split())
    labels = {
        word for domain in scale.domains for cell in domain.cells for word in cell.label.replace(";", " ").split()
    }
    assert labels <= words


def test_the_catalogue_is_listed_by_toxicity_and_population_with_the_status(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_catalogue()
    printed = capsys.readouterr().out
    assert all(scale_id in printed.split() for scale_id in catalogue.ids())
    assert max(map(len, printed.splitlines())) <= 80
    tables = catalogue_tables()
    assert [table.title for table in tables[:2]] == [TOXICITIES["icans"], TOXICITIES["crs"]]
    for table in tables:
        populations = [row[1] for row in table.rows]
        assert populations == sorted(populations)
    statuses = {row[0]: row[-1] for table in tables for row in table.rows}
    assert statuses == {scale_id: catalogue.load(scale_id).status for scale_id in catalogue.ids()}
