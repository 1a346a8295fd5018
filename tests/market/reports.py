"""Reports made for tests, from releases of a few rows; and a page read as a program reads it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipelines.home import Home
from pipelines.settings import SAMPLE, Settings
from pipelines.warehouse.models import load_models, run_models
from pipelines.warehouse.release import Release
from tests.light import made_once, released
from tests.warehouse.frames import Row, undocumented, workshop

DAY = dt.date(2026, 1, 15)
_SCHEMAS = {"reference", "socle", "historique", "marche"}
_ALSO = {"qualite.anomalie", "qualite.rejet", "meta.publication"}


_made: list[Path] = []


def two_lists(factory: pytest.TempPathFactory) -> Path:
    """Give a home where both embedded lists were released; it is only to be read."""
    if not _made:
        _made.append(made_once(factory, "rapport", _make) / "maison")
    return _made[0]


def _make(folder: Path) -> None:
    for day in (dt.date(2025, 10, 1), dt.date(2025, 10, 15)):
        released(Settings(home=folder / "maison"), SAMPLE / f"of_{day}.csv", day)


def small_release(
    home: Path,
    rows: Sequence[Row],
    *,
    day: dt.date = DAY,
    anomalies: Sequence[Row] = (),
    rank: int = 0,
) -> Release:
    """Put among the versions of a home a release whose market is that of ``rows``."""
    sha256 = f"{rank:x}" * 64
    version = f"2026011{rank}T040000Z-{sha256[:8]}"
    path = Home(home).releases / f"opac-{version}.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = {"sha256": sha256, "date_contenu": day.isoformat()}
    published: dict[str, Any] = {"version": version, **meta}
    models = [m for m in load_models() if m.schema in _SCHEMAS or m.full_name in _ALSO]
    with (
        undocumented(),
        workshop(rows, anomalies=anomalies, real_references=True, **published) as con,
    ):
        run_models(con, models)
        con.execute(f"attach '{path}' as fichier_publie")
        con.execute("copy from database opac to fichier_publie")
    (path.parent / f"{version}.json").write_text(json.dumps(meta), encoding="utf-8")
    return Release(version, path, meta, courante=True)


@dataclass
class FigureRead:
    """One figure, as it stands in the page."""

    summary: str = ""
    absence: str = ""
    drawn: bool = False
    sources: list[str] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def row(self, first: str) -> dict[str, str]:
        """The row whose first cell is this, by column."""
        (found,) = [row for row in self.rows if row[0].rstrip("*†") == first]
        return dict(zip(self.head, found, strict=True))


class PageRead(HTMLParser):
    """Figures, identifiers, references and words of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.figures: dict[str, FigureRead] = {}
        self.ids: list[str] = []
        self.asked: list[str] = []
        self.text = ""
        self._figure: FigureRead | None = None
        self._into: list[str] = []
        self._silent = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if name := given.get("id"):
            self.ids.append(name)
        self.asked += [v for k, v in attrs if k in {"src", "href", "xlink:href", "data"} and v]
        self._silent += tag in {"style", "script"}
        if tag == "figure":
            self._figure = self.figures[str(given["id"]).removeprefix("figure-")] = FigureRead()
        figure = self._figure
        if figure is None:
            return
        figure.drawn |= tag == "svg"
        if tag == "tr":
            figure.rows.append([])
        if tag in {"td", "th"}:
            figure.rows[-1].append("")
        self._into.append(f"{tag}.{given.get('class') or ''}")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "script"}
        if self._into:
            self._into.pop()
        if tag == "figure" and self._figure is not None:
            self._figure.head = self._figure.rows.pop(0)
            self._figure, self._into = None, []

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.text += data
        figure, inside = self._figure, self._into
        if figure is None or not inside:
            return
        if inside[-1].split(".")[0] in {"td", "th"}:
            figure.rows[-1][-1] += data
        elif inside[-1] == "p.resume":
            figure.summary += data
        elif inside[-1] == "p.absence":
            figure.absence += data
        elif inside[-1] == "code." and "p.source" in inside:
            figure.sources.append(data)


def number(text: str) -> float | None:
    """Read a figure written in French; a dash is none."""
    plain = text.replace("\u202f", "").replace("\u00a0", "").rstrip("%*").replace("−", "-")
    return None if plain == "–" else float(plain.replace(",", "."))
