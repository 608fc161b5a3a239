"""Figures as files: SVG that browsers show, PNG that journals print, and processes that end."""

import errno
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from icans.errors import StudyError
from icans.figures.gallery import all_figures
from icans.figures.render import Renderer, request

SVG = "{http://www.w3.org/2000/svg}"
NAME = '<script>alert("1")</script> & ]]> \x07 \u202e'


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("P\x0001\x1b", "P\ufffd01\ufffd"),
        ("\b\f", "\ufffd\ufffd"),
        ("tab\tline\n", "tab\tline\n"),
        ("\\u0007 as written", "\\u0007 as written"),
        ("\\\x07", "\\\ufffd"),
        ("half \ud800 \ufffe", "half \ufffd \ufffd"),
        ("é 😀", "é 😀"),
    ],
)
def test_no_text_is_sent_that_would_end_the_renderer(text, sent):
    assert json.loads(request({"text": text})) == {"text": sent}


def alive(process):
    return process.process.poll() is None


@pytest.fixture(scope="module")
def renderer():
    with Renderer() as running:
        yield running


@pytest.fixture
def drawn(renderer, renamed, curves, results, protocol, tmp_path):
    """Every figure of a study in which a patient has an awkward name, as files."""
    figures, _ = all_figures(renamed(NAME), curves, results, protocol)
    svgs = renderer.draw(figures, tmp_path)
    renderer.finish()
    return figures, svgs, tmp_path


def test_every_figure_is_an_svg_and_a_png(drawn):
    figures, svgs, folder = drawn
    expected = {f"{figure.id}.{kind}" for figure in figures for kind in ("svg", "png")}
    assert {file.name for file in folder.iterdir()} == expected
    assert {name: (folder / f"{name}.svg").read_text(encoding="utf-8") for name in svgs} == svgs


def test_an_svg_is_well_formed_and_holds_no_script(drawn):
    figures, svgs, _ = drawn
    for figure in figures:
        root = ET.fromstring(svgs[figure.id])
        names = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert names <= {"svg", "g", "path", "line", "rect", "text", "title", "defs"}
        assert root.get("aria-label") == figure.alt


def test_a_patient_is_named_in_full_on_pointing(drawn):
    told = [title.text for title in ET.fromstring(drawn[1]["heatmap"]).iter(f"{SVG}title")]
    shown = NAME.replace("\x07", "\ufffd")
    assert f"{shown}\nday 4: ICANS grade 1\n2 assessments" in told


def test_an_svg_asks_for_nothing_from_outside(drawn):
    for svg in drawn[1].values():
        without = svg.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")
        assert not re.search(r"https?:|url\((?!#)|@import|href", without)


def test_no_two_figures_share_a_name_inside(drawn):
    ids = [found for svg in drawn[1].values() for found in re.findall(r'\sid="([^"]*)"', svg)]
    assert len(ids) == len(set(ids))


def test_a_png_has_300_dots_an_inch_and_fits_two_columns(drawn):
    figures, _, folder = drawn
    for figure in figures:
        png = (folder / f"{figure.id}.png").read_bytes()
        width, _height = struct.unpack(">II", png[16:24])
        at = png.index(b"pHYs") + 4
        across, down, unit = struct.unpack(">IIB", png[at : at + 9])
        assert (across, down, unit) == (11811, 11811, 1)  # dots a metre
        assert width / 300 * 25.4 <= 186


def test_a_figure_is_drawn_the_same_each_time(renderer, drawn, tmp_path_factory):
    figures, svgs, _ = drawn
    assert renderer.draw(figures, tmp_path_factory.mktemp("again")) == svgs
    renderer.finish()


def test_a_figure_that_cannot_be_drawn_is_named(figures, tmp_path):
    broken = replace(figures["flow"], id="broken", chart=_Nonsense())
    with pytest.raises(StudyError, match=r"^broken: could not be drawn"), Renderer() as running:
        drawn = running.draw([broken, figures["flow"]], tmp_path)
        assert drawn["flow"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_a_full_disk_is_told_apart_from_a_figure_that_cannot_be_drawn(figures, tmp_path):
    (tmp_path / "flow.png").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as full, Renderer() as running:
        running.draw([figures["flow"]], tmp_path)
    assert full.value.errno == errno.ENOSPC


def test_a_name_in_another_script_is_drawn_with_the_fonts_of_the_system(renamed, curves, results, protocol, tmp_path):
    figures, _ = all_figures(renamed("病人〇一"), curves, results, protocol)
    with Renderer() as running:
        brought = list(running.processes)
        running.draw(figures[:1], tmp_path)
        assert running.processes == brought
        drawn = running.draw(figures[1:2], tmp_path)
        assert running.processes != brought
    assert not any(alive(process) for process in brought)
    assert "病人〇一" in drawn["heatmap"]
    assert (tmp_path / f"{figures[0].id}.png").is_file()
    assert (tmp_path / "heatmap.png").is_file()


def test_the_processes_end_with_their_use(figures, tmp_path):
    with Renderer() as running:
        running.draw([figures["flow"]], tmp_path)
        processes = list(running.processes)
    assert (tmp_path / "flow.png").is_file()
    assert not any(alive(process) for process in processes)


def test_the_processes_end_when_something_else_fails(figures, tmp_path):
    with pytest.raises(KeyError), Renderer() as running:
        processes = list(running.processes)
        running.draw([figures["flow"]], tmp_path)
        raise KeyError
    assert len(processes) == 2
    assert not any(alive(process) for process in processes)


@pytest.mark.parametrize("gone", [0, 1])
def test_a_process_that_is_gone_is_said(gone, figures, tmp_path):
    with pytest.raises(StudyError, match=r"the drawing process is gone"), Renderer() as running:
        running.processes[gone].process.kill()
        running.draw([figures["flow"]], tmp_path)


class _Nonsense:
    def to_dict(self, *, validate):
        return {"mark": "no such mark", "encoding": {}}
