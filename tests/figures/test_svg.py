"""What is done to an SVG once Vega has drawn it."""

from xml.etree import ElementTree as ET

from icans.figures.svg import finished

SVG = "{http://www.w3.org/2000/svg}"
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" class="marks" width="9" height="9">'
MARK = ' role="graphics-symbol" aria-roledescription="rect mark"'


def parsed(drawn: str, figure: str = "flow", words: str = "A flow."):
    return ET.fromstring(finished(drawn, figure, words))


def test_what_a_mark_tells_becomes_a_title_to_point_at():
    root = parsed(f'{HEAD}<path aria-label="P01&#xA;grade 3"{MARK} d="M0,0h1"/></svg>')
    assert root[0].find(f"{SVG}title").text == "P01\ngrade 3"
    assert set(root[0].attrib) == {"d"}


def test_a_text_keeps_its_words_beside_its_title():
    root = parsed(f'{HEAD}<text aria-label="whole name"{MARK} x="1">who…</text></svg>')
    assert root[0].find(f"{SVG}title").text == "whole name"
    assert root[0].find(f"{SVG}title").tail == "who…"


def test_words_of_a_record_that_look_like_attributes_stay_as_they_are():
    text = 'role="x" aria-hidden="true" 0.123456 id="clip1"'
    root = parsed(f"{HEAD}<text>{text}</text></svg>")
    assert root[0].text == text
    told = parsed(f'{HEAD}<path aria-label="IL-6 0.123456"{MARK} d="M0,0"/></svg>')
    assert told[0].find(f"{SVG}title").text == "IL-6 0.123456"


def test_names_inside_a_figure_begin_with_its_id():
    drawn = f'{HEAD}<clipPath id="clip0"/><g clip-path="url(#clip0)"/></svg>'
    assert 'id="swimmer-clip0"' in finished(drawn, "swimmer", "")
    assert "url(#swimmer-clip0)" in finished(drawn, "swimmer", "")


def test_coordinates_are_rounded_to_a_hundredth_of_a_pixel():
    assert parsed(f'{HEAD}<path d="M75.01740000000001,3.5"/></svg>')[0].get("d") == "M75.01,3.5"


def test_the_whole_is_an_image_with_words():
    root = parsed(f"{HEAD}</svg>", words='A <flow> & "more"')
    assert (root.get("role"), root.get("aria-label")) == ("img", 'A <flow> & "more"')
