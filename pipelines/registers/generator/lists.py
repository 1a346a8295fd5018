"""One generated list, written whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.registers.generator import wire
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.traps import Trapped


@dataclass(frozen=True)
class Summary:
    """A list that was written: its rows, its bytes, and how many of each trap it holds."""

    path: Path
    lignes: int
    sha256: str
    octets: int
    pieges: dict[str, int] = field(default_factory=dict)


def generate(path: Path, lignes: int, graine: int, date: dt.date, pieges: bool = False) -> Summary:
    """Write a list of ``lignes`` rows as of ``date``; ``.gz`` in its name compresses it.

    With ``pieges``, traps are put in and their numbers also written to ``<path>.pieges.json``.
    The same arguments give the same bytes.

    Raises:
        UsageError: ``path`` cannot be written, too many rows, or too few for the traps.
        HomeUnusable: no space is left for it.
    """
    if path.is_dir():
        raise UsageError(f"« {path} » est un dossier : donnez le nom du fichier à écrire.")
    counts: dict[str, int] = {}
    if pieges:
        trapped = Trapped(lignes, graine, date)
        _replace(path, trapped.lines())
        counts = dict(sorted(trapped.counts.items()))
        with replacing(path.with_name(f"{path.name}.pieges.json")) as part:
            part.write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
    else:
        population = Population(lignes, graine, date)
        _replace(path, (wire.render(row) for row in population.rows()))
    return Summary(path, lignes, wire.sha256(path), path.stat().st_size, counts)


def _replace(path: Path, lines: Iterator[str]) -> None:
    with replacing(path) as part:
        wire.write(part, lines, compress=path.suffix == ".gz")
