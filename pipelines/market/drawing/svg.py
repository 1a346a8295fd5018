"""From a chart to SVG that may stand among others in one page, and to PNG."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from pipelines.french import typo
from pipelines.market.drawing.style import FONT, FONT_SIZE, INK, PAPER, SOFT, lines

if TYPE_CHECKING:
    import altair as alt

_SVG = "http://www.w3.org/2000/svg"
_PNG_SCALE = 2
# Of what is written around an image: its margins, the width of a letter, the height of a line.
_MARGIN, _LETTER, _LINE = 6, 6.2, 16
# A fill that charts give to what must be hatched: Vega has no patterns.
HATCHED = "#c9c9c8"
# Narrow no-break spaces between thousands: the locale that ships with d3 has wide ones.
_LOCALE = {
    "decimal": ",",
    "thousands": "\u202f",
    "grouping": [3],
    "currency": ["", "\u00a0€"],
    "percent": "\u00a0%",
}
# English words for machines, on each mark: the drawing as a whole has its own, in French.
_UNSAID = re.compile(r"class|role|pointer-events|aria-.*")


@contextmanager
def unchecked() -> Iterator[None]:
    """Make charts without holding each of their parts against the schema of Vega-Lite.

    Altair does so whenever it makes one: slower than drawing, and drawing fails as well.
    """
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        yield


def drawn(chart: alt.TopLevelMixin, slug: str, title: str) -> str:
    """Draw a chart as an SVG element whose identifiers are its own.

    Its words are its title alone: the sentence beside it would be read twice.
    """
    import vl_convert

    text = vl_convert.vegalite_to_svg(
        chart.to_dict(validate=False),  # see ``unchecked``
        format_locale=_LOCALE,
        time_format_locale=_time_locale(),
        allowed_base_urls=[],
    )
    root = ElementTree.fromstring(text)  # noqa: S314  # what the line above wrote
    _own_identifiers(root, slug)
    _hatch(root, slug)
    root.set("role", "img")
    root.set("aria-labelledby", f"{slug}-titre")
    for label in root.iter(f"{{{_SVG}}}text"):
        label.text = typo(label.text or "")
    told = ElementTree.Element(f"{{{_SVG}}}title", {"id": f"{slug}-titre"})
    told.text = title
    root.insert(0, told)
    return _text(root)


def _text(root: ElementTree.Element) -> str:
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def captioned(svg: str, title: str, place: str, feet: Sequence[str]) -> str:
    """Put a title over a drawing and its sources under it: alone, it still says what it is."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # what ``drawn`` wrote
    width, height = (float(root.attrib[name]) for name in ("width", "height"))
    letters = int((width - 2 * _MARGIN) / _LETTER)
    heads = [(line, FONT_SIZE + 2, "bold", INK) for line in lines(title, int(letters * 0.82))]
    heads += [(line, FONT_SIZE, "normal", SOFT) for line in lines(place, letters)]
    notes = [
        (line, FONT_SIZE - 2, "normal", SOFT)
        for foot in feet
        for line in lines(foot, int(letters * 1.15))
    ]
    top = len(heads) * _LINE + 2 * _MARGIN
    whole = top + height + len(notes) * _LINE + 2 * _MARGIN
    sheet = ElementTree.Element(
        f"{{{_SVG}}}svg",
        {"width": f"{width}", "height": f"{whole}", "viewBox": f"0 0 {width} {whole}"},
    )
    ElementTree.SubElement(
        sheet, f"{{{_SVG}}}rect", {"width": f"{width}", "height": f"{whole}", "fill": PAPER}
    )
    _lay(sheet, heads, _MARGIN)
    root.set("y", f"{top}")
    sheet.append(root)
    _lay(sheet, notes, top + height + _MARGIN)
    return _text(sheet)


def _lay(sheet: ElementTree.Element, told: Sequence[tuple[str, int, str, str]], top: float) -> None:
    """Write lines one under another."""
    for rank, (words, size, weight, colour) in enumerate(told):
        look = {"font-family": FONT, "font-size": f"{size}", "font-weight": weight, "fill": colour}
        place = {"x": f"{_MARGIN}", "y": f"{top + (rank + 0.8) * _LINE}"}
        text = ElementTree.SubElement(sheet, f"{{{_SVG}}}text", {**look, **place})
        text.text = words


def png(svg: str) -> bytes:
    """Draw an SVG element as an image, at twice its size."""
    import vl_convert

    return vl_convert.svg_to_png(svg, scale=_PNG_SCALE)


@lru_cache(maxsize=1)
def _time_locale() -> Any:
    import vl_convert

    return vl_convert.get_time_format_locale("fr-FR")


def _own_identifiers(root: ElementTree.Element, slug: str) -> None:
    """Put the figure's name before identifiers, and drop what only a lone drawing needs."""
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if _UNSAID.fullmatch(name):
                del element.attrib[name]
            elif name == "id":
                element.set(name, f"{slug}-{value}")
            elif "url(#" in value:
                element.set(name, value.replace("url(#", f"url(#{slug}-"))


def _hatch(root: ElementTree.Element, slug: str) -> None:
    found = [element for element in root.iter() if element.get("fill") == HATCHED]
    if not found:
        return
    for element in found:
        element.set("fill", f"url(#{slug}-hachures)")
    defs = ElementTree.Element(f"{{{_SVG}}}defs")
    pattern = ElementTree.SubElement(
        defs,
        f"{{{_SVG}}}pattern",
        {
            "id": f"{slug}-hachures",
            "width": "5",
            "height": "5",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        },
    )
    ElementTree.SubElement(
        pattern, f"{{{_SVG}}}rect", {"width": "5", "height": "5", "fill": "#f4f4f4"}
    )
    ElementTree.SubElement(
        pattern, f"{{{_SVG}}}rect", {"width": "1.6", "height": "5", "fill": "#8a8a8a"}
    )
    root.insert(0, defs)
