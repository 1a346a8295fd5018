"""The report as people look at it: a browser, no network, on a desk, on a phone, on paper."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from pipelines.home import Home
from pipelines.market.page import write_page
from pipelines.market.report import gather
from tests.demonstration import demonstration
from tests.market.registers import crowd
from tests.market.reports import PageRead, small_release
from tests.pipeline.commands import release_of
from tests.warehouse.frames import organisme

# Words that do not stand whole within their drawing (half a pixel is rounding), or were shortened.
_CUT = """
[...document.querySelectorAll('svg')].flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => {
    const own = text.getBoundingClientRect();
    return text.textContent.includes('…') || own.left < box.left - .5 || own.top < box.top - .5
      || own.right > box.right + .5 || own.bottom > box.bottom + .5;
  }).map(text => `${svg.getAttribute('aria-labelledby')}: ${text.textContent}`);
})
"""
# Words of one drawing that stand on one another.
_OVERLAID = """
[...document.querySelectorAll('svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')].filter(t => t.textContent.trim());
  const boxes = texts.map(t => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (one !== other && wide > 2 && high > 4)
      found.push(`${svg.getAttribute('aria-labelledby')}: ${one} / ${other}`);
  }));
  return found;
})
"""
_LETTERS = """
Math.min(...[...document.querySelectorAll('svg text')].map(text => {
  const svg = text.ownerSVGElement;
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return parseFloat(getComputedStyle(text).fontSize) * scale;
}))
"""
_NAMED = """
[...document.querySelectorAll('svg')].every(svg => svg.getAttribute('role') === 'img'
  && svg.getAttribute('aria-labelledby').split(' ').every(id => {
    const told = document.getElementById(id);
    return told && svg.contains(told) && told.textContent.trim();
  }))
"""
# Fills, clips and the like that name what is not in their own drawing.
_DANGLING = """
[...document.querySelectorAll('svg *')].flatMap(element =>
  [...element.attributes].flatMap(a => [...a.value.matchAll(/url\\(#([^)]+)\\)/g)])
    .filter(found => !element.ownerSVGElement.contains(document.getElementById(found[1])))
    .map(found => found[1]))
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, gx: None) -> dict[str, Path]:
    """The page of the nation, of a region with a zoom, and of lists that lack nearly all."""
    folder = tmp_path_factory.mktemp("pages")
    home = demonstration(tmp_path_factory)
    made = {"nation": (home, release_of(home), None), "region": (home, release_of(home), "11")}
    lists = {"crowd": crowd(7, 120)[0], "alone": [organisme("93130000113", code_region="93")]}
    # So that one of the pages tells what changed.
    small_release(folder / "crowd", crowd(8, 90)[0], day=dt.date(2025, 12, 1), rank=1)
    for name, rows in lists.items():
        made[name] = (folder / name, small_release(folder / name, rows, rank=2), None)
    for name, (where, release, region) in made.items():
        write_page(gather(Home(where), release, region), folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.parametrize("name", ["nation", "region", "crowd", "alone"])
@pytest.mark.parametrize("width", [1200, 390])
def test_page_is_read_whole(pages: dict[str, Path], browser: Any, name: str, width: int) -> None:
    asked: list[str] = []
    said: list[str] = []
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = pages[name].as_uri()
    page.goto(address)
    assert asked == [address]
    assert said == []
    assert page.evaluate(_CUT) == []
    assert page.evaluate(_OVERLAID) == []
    assert page.evaluate(_DANGLING) == []
    assert page.evaluate(_NAMED)
    # As large as on a screen made for it: words of 12 pixels.
    assert page.evaluate(_LETTERS) >= 11.9
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tables = page.locator("figure table")
    assert tables.count() == page.locator("figure").count()
    assert all(tables.nth(rank).is_visible() for rank in range(tables.count()))
    page.close()


def test_columns_are_two_on_a_desk_and_one_on_a_phone(pages: dict[str, Path], browser: Any) -> None:
    lefts = "new Set([...document.querySelectorAll('figure')].map(f => f.offsetLeft)).size"
    for width, columns in ((1200, 2), (390, 1)):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(pages["nation"].as_uri())
        assert page.evaluate(lefts) == columns
        page.close()


def test_page_prints_without_cutting_a_figure(
    pages: dict[str, Path], browser: Any, tmp_path: Path
) -> None:
    page = browser.new_page()
    page.goto(pages["nation"].as_uri())
    page.pdf(path=tmp_path / "rapport.pdf", prefer_css_page_size=True)
    page.close()
    printed = [sheet.extract_text() for sheet in PdfReader(tmp_path / "rapport.pdf").pages]
    assert 5 <= len(printed) <= 20
    told = PageRead(pages["nation"])
    for slug, words in {
        "carte-densite": ("Organismes pour 100", "Guadeloupe", "La Réunion"),
        "lorenz": ("Courbe de Lorenz", "parts égales", "du plus petit au plus gros"),
    }.items():
        assert slug in told.figures
        assert any(all(word in sheet for word in words) for sheet in printed), slug
    # No tables on paper: the page says so once, not under each figure.
    assert not any("Le tableau" in sheet for sheet in printed)
    assert any("pas leurs tableaux" in " ".join(sheet.split()) for sheet in printed)
