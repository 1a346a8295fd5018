"""The traps of a generated list come back in their known numbers, from reading to staging."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.home import Home
from pipelines.registers.anomalies import RULES
from pipelines.registers.generator import generate
from pipelines.registers.normalise import normalise
from pipelines.registers.reading import Block
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from pipelines.warehouse.build import open_build, prepare, staging_path
from tests.registers.reads import Typed, read_file

DATE = dt.date(2026, 10, 15)
ROWS = 5_000
# What the reason of a line set aside says, for each trap that cannot be read.
ASIDE = {
    "Guillemet mal placé": "REJET_GUILLEMET_NON_FERME",
    "champs au lieu de 30": "REJET_COLONNES",
    "Répétition exacte": "DOUBLON_EXACT",
}


@dataclass(frozen=True)
class Trapped:
    """A generated list, what its generator says of it, and what reading found."""

    path: Path
    pieges: dict[str, int]
    found: Typed
    motifs: Counter[str]

    def expected(self) -> dict[str, int]:
        return {rule: count for rule, count in self.pieges.items() if rule in RULES and count}


def kind(motif: str) -> str:
    """Name the trap that a line was set aside for."""
    return next(trap for sign, trap in ASIDE.items() if sign in motif)


@pytest.fixture(scope="module", params=[1, 2026])
def trapped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trapped:
    path = tmp_path_factory.mktemp("traps") / "of_2026-10-15.csv"
    summary = generate(path, ROWS, request.param, DATE, pieges=True)
    read = read_file(path)
    done = normalise(Block(read.rows, read.rejected, read.repaired), DATE, read.layout)
    typed = Typed(done.rows, done.anomalies, done.without_nda)
    motifs = Counter(kind(rejected.motif) for rejected in read.rejected)
    return Trapped(path, summary.pieges, typed, motifs)


def test_each_rule_finds_the_traps_that_were_laid(trapped: Trapped) -> None:
    assert Counter(trapped.found.anomalies["regle"]) == trapped.expected()
    assert len(trapped.expected()) == len(RULES)


def test_lines_that_cannot_be_read_are_set_aside_in_their_number(trapped: Trapped) -> None:
    assert trapped.motifs == {trap: trapped.pieges[trap] for trap in ASIDE.values()}
    assert trapped.found.rows.height + trapped.motifs.total() == ROWS


def test_what_is_no_doubt_is_right_all_the_same(trapped: Trapped) -> None:
    rows, pieges = trapped.found.rows, trapped.pieges
    assert rows["personne_physique_presumee"].sum() == pieges["PERSONNE_PHYSIQUE"]
    assert pieges["NDA_PRECEDENT_SOI"] > 0
    itself = rows.filter(pl.col("ndas_precedents").list.contains(pl.col("nda")))
    assert itself.is_empty()
    poste = rows.filter(pl.col("siren") == "356000000")
    assert poste.height == pieges["SIRET_LA_POSTE"]
    assert poste["siret_valide"].all()
    name = pl.col("denomination")
    assert rows.filter(name.str.contains(r"^\s|\s$|\s\s")).is_empty()


def test_the_whole_staging_finds_them_too(trapped: Trapped, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    home = Home(settings.home)
    home.prepare()
    sighting = acquire(settings, Request(trapped.path))
    assert (sighting.lignes, sighting.date_contenu) == (ROWS, "2026-10-15")
    reading = prepare(settings, open_build(home, sighting, {}))
    assert reading.lignes_lues == trapped.found.rows.height
    assert reading.lignes_mises_a_part == trapped.motifs.total()
    assert reading.anomalies == sum(trapped.expected().values())
    with duckdb.connect(staging_path(home), read_only=True) as con:
        rules = con.execute("select regle, count(*) from anomalie group by regle").fetchall()
        assert dict(rules) == trapped.expected()
        motifs = con.execute("select motif from rejet").fetchall()
        assert Counter(kind(motif) for (motif,) in motifs) == trapped.motifs
        [(rows, numbers)] = con.execute(
            "select count(*), count(distinct nda) from organisme"
        ).fetchall()
        assert rows == numbers == reading.lignes_lues
        assert con.execute("select absentes from lecture").fetchall() == [([],)]
