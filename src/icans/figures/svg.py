"""What is done to an SVG once Vega has drawn it: words to point at, names no other figure has, less weight.

Vega writes what a mark tells as an attribute for screen readers; browsers show only a ``title`` element on pointing.
Every text of a record is escaped by Vega, so that a ``<`` or ``>`` in the file always belongs to a tag.
"""

from __future__ import annotations

import re
from html import escape

_TAG = re.compile(r"<[^<>]*>")
_TOLD = re.compile(r' aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[a-z]+ mark"')
_READER_ATTRIBUTES = re.compile(r' (?:aria-hidden|aria-roledescription|role|pointer-events)="[^"]*"')
_DEFAULTS = re.compile(r' (?:opacity="1"|display="none")')
_NAMED = re.compile(r'(?<=id=")|(?<=url\(#)')
_FRACTION = re.compile(r"(\.\d\d)\d+")
_EMPTY = re.compile(r'<path class="(?:foreground|background)" d="(?:M0,0h0v0h0Z)?"/>')


def finished(svg: str, figure: str, words: str) -> str:
    """Make a figure of an SVG that Vega drew.

    Parameters
    ----------
    svg
        As Vega drew it.
    figure
        Id of the figure; what the SVG names inside begins with it, so that several fit on one page.
    words
        What a reader who cannot see the figure should know.
    """
    drawn = _EMPTY.sub("", _TAG.sub(lambda tag: _tag(tag[0], figure), svg))
    return drawn.replace('class="marks"', f'role="img" aria-label="{escape(words)}"', 1)


def _tag(tag: str, figure: str) -> str:
    told = _TOLD.search(tag)
    if told:
        tag = tag[: told.start()] + tag[told.end() :]
    tag = _FRACTION.sub(r"\1", _DEFAULTS.sub("", _READER_ATTRIBUTES.sub("", tag)))
    if "clip" in tag or "gradient" in tag:
        tag = _NAMED.sub(f"{figure}-", tag)
    if not told:
        return tag
    title = f"<title>{told[1]}</title>"
    if not tag.endswith("/>"):
        return tag + title
    name = tag[1:].split(maxsplit=1)[0].rstrip("/>")
    return f"{tag[:-2]}>{title}</{name}>"
