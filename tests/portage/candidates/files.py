"""Candidate files for tests, and a session that answers by the last digit of the NDA."""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from pipelines.portage.candidates.reading import read_candidates
from pipelines.portage.candidates.table import Candidates
from pipelines.portage.facts import FAITS
from pipelines.portage.session import Session, Telling

BROUILLONS = Path(__file__).with_name("candidats_brouillons.csv")
MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES"}
VERDICT_BY_DIGIT = {
    "1": "ELIGIBLE",
    "2": "PIECES_MANQUANTES",
    "3": "A_VERIFIER",
    "4": "NON_ELIGIBLE",
}


class FakeSession:
    """What the screening needs of a session, with one verdict a last digit.

    ``asked`` are the queries put to it; ``faults`` what it says of the facts given to all rows.
    """

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.con.execute("attach ':memory:' as evaluation")
        self.con.execute("create schema meta")
        self.con.execute(
            "create table meta.publication as select date '2026-01-15' as date_contenu, "
            f"'c' as code, '{'a' * 64}' as sha256, '20260116T040000Z-aaaaaaaa' as version, "
            "'officielle' as origine, 'Licence Ouverte' as licence, 'Ministère' as attribution, "
            "10 as lignes_liste"
        )
        self.con.execute("attach ':memory:' as demande")
        self.con.execute(
            "create table demande.vue as select sha256, date '2026-01-20' as jour "
            "from meta.publication"
        )
        self.con.execute("create schema portage")
        self.con.execute("create schema reference")
        for name in (
            *("portage.parametre", "portage.motif", "portage.ecriture"),
            *("reference.financement", "reference.forme_juridique"),
        ):
            self.con.execute(f"create table {name} as select '{name}' as x")
        self.con.execute(
            "create table portage.regle as select * from (values "
            "('R1', 1, 'Exigence A.', 'L.1'), ('R2', 2, 'Exigence B.', 'L.2')"
            ") as v (regle, ordre, exigence, base_legale)"
        )
        self.con.execute(
            "create table portage.piece as select * from (values "
            "('titres', 'Pièce A', 'Prouve A.'), ('type_formation', 'Pièce B', 'Dit B.')"
            ") as v (piece, libelle, pourquoi)"
        )

    rules = Session.rules

    def ask_rows(self, questions: Sequence[Mapping[str, str]]) -> None:
        assert len(questions) == 1
        values = ", ".join(f"({n}, 'x', '{text}')" for n, text in enumerate(self.faults))
        self.con.execute(
            "create or replace table evaluation.fait as select * from (values "
            f"{values or '(0, null, null)'}) as v (ligne, fait, defaut)"
        )

    def ask(self, query: str, telling: Telling = Telling.EFFECTS, date: str | None = None) -> None:
        assert telling is Telling.EFFECTS
        self.asked.append(query)
        facts = ", ".join(f"null::varchar as {fact.nom}" for fact in FAITS)
        self.con.execute(
            "create or replace temp table question as "
            f"(select 0::bigint as ligne, {facts} limit 0) union all by name ({query})"
        )
        cases = " ".join(f"when '{n}' then '{name}'" for n, name in VERDICT_BY_DIGIT.items())
        self.con.execute(
            "create or replace table evaluation.verdict as select ligne, "
            # Not what the rules say of nobody: a row that passes here was not to be judged.
            "case when nda is null then 'ELIGIBLE' else "
            f"case right(nda, 1) {cases} else 'A_VERIFIER' end end as verdict, "
            "['Raison de ' || coalesce(nda, '?'), 'Autre raison'] as raisons, "
            "if(right(nda, 1) = '2', ['Pièce A', 'Pièce B'], []::varchar[]) as pieces, "
            "[]::varchar[] as avertissements, nda, "
            "if(nda is null, null, 'Modèle ' || nda) as denomination, "
            "if(nda is null, 'VIDE', 'EXACT') as qualite, null::varchar as message, "
            "if(right(nda, 1) = '1', date '2027-03-04', null) as prochaine_date, "
            "if(right(nda, 1) = '1', 'Fin du certificat', null) as prochaine_echeance, "
            "date '2026-01-15' as date_liste, repeat('a', 64) as sha256_liste, "
            "null::date as date_liste_convention, null::varchar as sha256_liste_convention "
            "from question"
        )
        self._controls()

    def _controls(self) -> None:
        """What decides each question: of a document, two rules; of another verdict, the first."""
        for name, query in {
            "conclusion": "select ligne, verdict from evaluation.verdict",
            "rapprochement": "select ligne, 'sous_traitant' as role, qualite "
            "from evaluation.verdict",
            "controle_dit": "select v.ligne, 'sous_traitant' as role, r.ordre, r.regle, r.piece "
            "from evaluation.verdict as v cross join (values (1, 'R1', 'titres'), "
            "(2, 'R2', 'type_formation')) as r (ordre, regle, piece) where len(v.pieces) > 0",
            "controle": "select ligne, 'sous_traitant' as role, 'R1' as regle, "
            "verdict as effet, if(nda is null, 'IDENTITE_DOUTEUSE', 'NDA_CADUC') as motif, "
            "null::varchar as dispense, 'DOUTEUX' as etat from evaluation.verdict",
        }.items():
            self.con.execute(f"create or replace table evaluation.{name} as {query}")


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def book(path: Path, fill: Callable[[Any, Any], None]) -> Path:
    """Write a workbook; ``fill`` gets it and its first sheet."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": True}) as made:
        fill(made, made.add_worksheet("Feuille"))
    return path


def sheet(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    """Write a workbook of one sheet, each value with its own kind."""

    def fill(made: Any, first: Any) -> None:
        day = made.add_format({"num_format": "dd/mm/yyyy"})
        for rank, row in enumerate(rows):
            for position, value in enumerate(row):
                style = day if isinstance(value, dt.date) else None
                first.write(rank, position, value, style)

    return book(path, fill)


def rezipped(source: Path, target: Path, change: Mapping[str, bytes]) -> Path:
    """Copy an archive with some of its parts replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in change:
                new.writestr(entry.filename, old.read(entry))
        for name, body in change.items():
            new.writestr(name, body)
    return target


def read(path: Path, tmp_path: Path) -> Candidates:
    return read_candidates(path, Path(tempfile.mkdtemp(dir=tmp_path)))


def cells(candidates: Candidates) -> list[tuple[Any, ...]]:
    """The columns of the file, as they were read, in the order of the file."""
    with duckdb.connect() as con:
        return con.execute(
            f"select * exclude (ligne, numero, decale) from '{candidates.data}' order by ligne"
        ).fetchall()


def facts(candidates: Candidates, **defaults: str) -> list[dict[str, Any]]:
    """The facts of each row, those unknown left out."""
    with duckdb.connect() as con:
        found = con.execute(candidates.question(defaults, 1, candidates.rows) + " order by ligne")
        names = [column[0] for column in found.description]
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in found.fetchall()
        ]
