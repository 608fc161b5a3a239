"""The data dictionary, and the pages of docs/ that are made from declarations."""

import importlib.util
from pathlib import Path

import pytest

from icans.derive.schema import DERIVED
from icans.protocol import Biomarker, Protocol
from icans.protocols.compare import Compare
from icans.protocols.section import without_none
from icans.records.definitions import ALTERNATIVES, sections
from icans.records.dictionary import markdown, markdown_table
from icans.records.schema import TABLES

ROOT = Path(__file__).parents[2]


def docs_tool():
    spec = importlib.util.spec_from_file_location("docs_tool", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = dict(docs_tool().pages())


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_repository_is_what_the_declarations_say(name):
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name], f"docs/{name} has drifted: run python tools/docs.py"


def test_every_column_of_every_table_is_in_the_dictionary():
    page = markdown()
    for table in TABLES.values():
        part = page.partition(f"## {table.name}\n")[2].partition("\n## ")[0]
        assert f"A row is {table.row}." in part
        for column in table.columns:
            (line,) = [line for line in part.splitlines() if line.startswith(f"| `{column.name}` |")]
            assert column.meaning in line
            assert column.unit in line
            assert column.example in line
            assert all(f"`{value}`" in line for value in column.allowed)


def test_a_column_says_its_type_range_and_whether_a_row_needs_it():
    page = markdown()
    assert (
        "| `patient_id` | text |  |  | yes | Pseudonym of the patient, the same in every table | `P01` |\n"
        "| `age_years` | number | 0 to 120 | years |  | Age at infusion | `54` |\n"
    ) in page
    assert "| `limit` | one of these | `<`, `>` |" in page
    assert "| `cns_involvement` | `yes` or `no` |" in page
    assert "| `dose_cells_per_kg` | number | 0 to 1,000,000,000,000 | cells/kg |" in page


def test_a_bar_or_a_line_break_does_not_end_a_cell():
    assert markdown_table(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"


def test_every_table_row_of_a_page_has_as_many_cells_as_its_heading():
    for page in PAGES.values():
        width = 0
        for line in page.splitlines():
            cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
            assert cells == width or 0 in (cells, width), line
            width = cells


def test_every_derived_column_is_in_the_dictionary():
    for name, columns in DERIVED.items():
        part = PAGES["dictionary.md"].partition(f"## derived/{name}\n")[2].partition("\n## ")[0]
        for column, (kind, meaning) in columns.items():
            assert f"| `{column}` | {kind} | {meaning} |" in part


def test_every_key_of_the_protocol_is_among_the_definitions():
    listed = {section.name.strip("[]"): section for section in sections()}
    for name, content in Protocol.model_fields.items():
        if name == ALTERNATIVES:
            assert name not in listed
            continue
        model = {"biomarkers": Biomarker, "compare": Compare}.get(name, without_none(content.annotation))
        keys = {definition.key for definition in listed[name].definitions}
        assert keys == set(model.model_fields) - {"rules"}
    assert [definition.key for definition in listed["remission.rules"].definitions] == [
        "baseline",
        "grade",
        "ice",
        "grade_without_ice",
    ]


def test_a_definition_says_its_values_default_meaning_and_source():
    page = PAGES["definitions.md"]
    assert (
        "| `onset_grade` | whole number, 1 to 4 | `1` | Lowest grade that counts as toxicity | "
        "Lee et al. 2019, doi:10.1016/j.bbmt.2018.12.758 |"
    ) in page
    assert '| `unrecorded` | "absent" or "unknown" | `"absent"` |' in page
    assert "| `cutoff` | date |  |" in page
    assert "```toml\n[[remission.rules]]\nbaseline = [3, 4]\ngrade = 1\n\n[[remission.rules]]" in page
