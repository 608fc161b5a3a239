"""The report: whole, in reading order, and harmless whatever the records say."""

import json
import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from icans.engines import connect
from icans.figures.render import Renderer
from icans.report.words import level
from icans.study import Study

PACKAGED = Path(str(files("icans.packaged") / "idm13"))
HOSTILE = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"


VOID = {"meta", "br", "img", "hr", "col"}


class Page(HTMLParser):
    """What a browser would see: elements with their attributes, the text, and numbers in cells that lead nowhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.silent: list[str] = []
        self.unbalanced: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.unbalanced += self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.text.append(data)
        in_a_cell = {"td", "strong"} & set(self._open) and "button" not in self._open
        if in_a_cell and re.search(r"\d", data):
            self.silent.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def report(folder: Path, out: Path) -> str:
    engine = connect()
    try:
        with Renderer() as renderer:
            Study.read(folder, engine).report(out, renderer, lambda _step: None)
    finally:
        engine.close()
    return (out / "report.html").read_text(encoding="utf-8")


def read(folder: Path, **files: str) -> tuple[str, str]:
    """Write a study, and give its report as it is and as its text."""
    for place in (folder / "study", folder / "out"):
        place.mkdir()
    for name, content in files.items():
        (folder / "study" / f"{name}.{'toml' if name == 'study' else 'csv'}").write_text(content)
    html = report(folder / "study", folder / "out")
    return html, " ".join("".join(Page(html).text).split())


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    return report(PACKAGED, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A report on records in which a patient, a diagnosis and an analyte try to be markup."""
    folder = Path(shutil.copytree(PACKAGED, tmp_path_factory.mktemp("hostile") / "study"))
    for table in folder.glob("*.csv"):
        text = table.read_text(encoding="utf-8")
        text = re.sub(r"^P03,", f'"{HOSTILE}",', text, flags=re.MULTILINE)
        table.write_text(text.replace(",AML,", f',"{HOSTILE}",').replace(",IL-6,", f',"{HOSTILE}",'), encoding="utf-8")
    protocol = folder / "study.toml"
    protocol.write_text(protocol.read_text().replace('title = "', f'title = "{HOSTILE} '), encoding="utf-8")
    return report(folder, tmp_path_factory.mktemp("out"))


def test_it_reads_in_the_order_of_a_paper(html):
    assert re.findall(r'<section id="([^"]*)"', html) == [
        "question",
        "flow",
        "baseline",
        "course",
        "toxicity",
        "treatment",
        "remission",
        "biomarkers",
        "survival",
        "limits",
    ]


def test_every_figure_stands_in_it(html):
    assert re.findall(r'<figure id="figure-([^"]*)"', html) == [
        "flow",
        "heatmap",
        "swimmer",
        "time_course",
        "first_course",
        "remission",
        "biomarkers",
        "survival",
    ]


def test_it_loads_nothing(html):
    page = Page(html)
    loaded = [
        attributes[name]
        for tag, attributes in page.elements
        for name in ("src", "href", "xlink:href", "data")
        if attributes.get(name) and not (tag == "a" and (attributes[name] or "").startswith("#"))
    ]
    assert all(value.startswith(("#", "data:")) for value in loaded)
    assert "default-src 'none'" in html
    assert "url(http" not in html
    assert "@import" not in html


def test_every_number_leads_to_its_row(html):
    rows = json.loads(re.search(r'id="numbers">(.*?)</script>', html, re.DOTALL)[1])
    shown = [button["data-rows"].split() for button in Page(html).named("button") if button.get("class") == "number"]
    assert {int(index) for indices in shown for index in indices} == set(range(len(rows)))
    for row in rows:
        assert row["method"]
        assert (row["value"] is None) == (row["reason"] is not None)
    (rate,) = [row for row in rows if row["name"] == "remission / remission / percent"]
    assert rate["value"] == pytest.approx(100 * 12 / 13)
    assert rate["patient_count"] == 13


def test_no_number_of_a_table_or_of_the_headline_leads_nowhere(html):
    assert Page(html).silent == []


def test_it_is_well_formed_and_its_links_lead_somewhere(html, hostile):
    for page in (Page(html), Page(hostile)):
        assert page.unbalanced == []
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {link["href"] for link in page.named("a") if link.get("href")} <= {f"#{name}" for name in ids}


def test_what_scrolls_on_a_phone_has_a_name_and_takes_the_focus(html):
    page = Page(html)
    scrolling = [own for tag, own in page.elements if tag == "div" and own.get("class") in {"table", "chart"}]
    assert len(scrolling) == len(page.named("table")) + len(page.named("figure"))
    assert all(own["aria-label"] and own["role"] == "group" and own["tabindex"] == "0" for own in scrolling)


def test_its_head_says_what_the_software_is_not_and_where_numbers_lead_without_javascript(html):
    header = " ".join(html.partition("</header>")[0].split())
    assert "research software, not a medical device. It describes what was recorded and recommends no" in header
    assert re.search(r"<noscript>.*results\.json.*</noscript>", header)


def test_a_synthetic_study_says_so_on_every_page(html):
    assert "every patient here is made up" in html
    assert "evidence of nothing" in html


def test_it_says_what_one_arm_and_two_finish_lines_mean(html):
    text = " ".join("".join(Page(html).text).split())
    assert "One arm: nobody here is compared with patients who were not given the intervention." in text
    assert "Two finish lines: what counts as remission depends on the baseline grade" in text
    assert "Times among responders leave out the 1 without remission" in text
    assert "recommends no treatment" in text
    assert "The p-values of the 6 paired comparisons are not adjusted for their number." in text
    assert "0 errors, 1 warning, 0 notes" in text
    assert "cannot be compared with" not in text
    assert "cannot be used" not in text
    assert "2.1 (1.3-7.3) days [1 not over]" in text
    assert level(">=3 (open)") == "3 or more (open)"


def test_definitions_name_their_source(html):
    terms = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)<small>([^<]*)</small>", html)
    found = {term: (sentence, source) for term, sentence, source in terms}
    assert found["Remission"][0] == (
        "After the first course: from grade 3 or 4, grade 1 or less; from grade 1 or 2, an ICE score of 10 "
        "(grade 0 where no ICE score was taken). Reaching it once is enough."
    )
    assert "doi:10.3389/fimmu.2025.1716317" in found["Remission"][1]
    assert "30 June 2025" in found["Survival"][0]
    assert all(source for _, source in found.values())


def test_text_from_records_cannot_be_markup(hostile):
    page = Page(hostile)
    assert "alert(1)" in hostile
    assert not page.named("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert len(page.named("script")) == 2
    rows = json.loads(re.search(r'id="numbers">(.*?)</script>', hostile, re.DOTALL)[1])
    assert any(HOSTILE in row["patients"] for row in rows)


def test_a_study_of_one_patient_with_grades_only_has_a_report(tmp_path):
    _, text = read(
        tmp_path,
        study='[study]\ntitle = "One"\n[records]\ntime = "days"\n',
        patients="patient_id\nA\n",
        neuro="patient_id,time,icans_grade\nA,1,0\nA,2,2\nA,3,0\n",
    )
    assert "Highest ICANS grade" in text
    assert "nan" not in text.lower().split()
    assert "None" not in text.split()
    assert "No patient is evaluable: nothing here is about the intervention." in text
    assert "One arm" not in text
    assert "Evaluable (n = 0)" not in text
    assert (
        "Before and after No analyte was measured in evaluable patients both before and after a first course. " in text
    )
    assert "3 of 3 ICANS assessments have the clinic's grade alone" in text
    assert "There is no table events" in text


def test_it_says_who_is_left_out_and_what_is_no_comparison(tmp_path):
    html, text = read(
        tmp_path,
        study='[study]\ntitle = "Mess"\n[records]\ntime = "days"\n',
        patients="patient_id,sex\nA,female\nB,male\nC,weiblich\n",
        neuro="patient_id,time,icans_grade\nA,1,3\nA,2,1\nA,3,0\nB,1,0\nC,2,4\n",
        treatments="patient_id,time,drug,route\nA,1.5,methotrexate,intrathecal\n",
        events="patient_id,time,event\nA,90,death\nB,-3,last_contact\n",
    )
    assert "left out: 1 of 3 in patients, 1 of 5 in neuro. A patient whose row in patients cannot be used is in" in text
    assert "One arm: nobody here is compared" in text
    assert "their survival from infusion cannot be compared with that of all infused" in text
    assert "median overall survival of all infused" in text
    assert "2 errors, 2 warnings, 0 notes" in text
    assert "1 evaluable patient " in text
    assert "3.0 months median overall survival of all infused (no interval)" in text
    assert "(<button" not in re.search(r'id="table-remission".*?</table>', html, re.DOTALL)[0]
