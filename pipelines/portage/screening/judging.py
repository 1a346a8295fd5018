"""Judging a candidate file: its rows by blocks, and what they tell together."""

from __future__ import annotations

import datetime as dt
import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError
from pipelines.french import combien, verb
from pipelines.portage.answer import refuse_unreadable, snapshot
from pipelines.portage.candidates.answers import ANSWER, CONVENTION, free
from pipelines.portage.candidates.received import SHEET
from pipelines.portage.candidates.table import Advance, Candidates, connect
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.screening.lacking import MOST_ROWS, missing, wording
from pipelines.portage.screening.to_do import SHIFTED, to_do
from pipelines.portage.session import Session, Telling
from pipelines.portage.verdict import VERDICTS, Verdict
from pipelines.warehouse.literals import file_literal, literal

# Rows judged at a time: memory does not follow the size of the file.
BLOCK = 20_000
# It follows the number of facts: a vector for each constant that a cell is compared with.
_MEMORY = "2GB"
# Facts that an option may give to all rows, and that tell which question was put.
ASKED = {"financement": "financement_retenu", "action": "action_retenue"}
# Columns of ``evaluation.verdict`` behind ours.
_SOURCES = {
    "raisons": "nullif(array_to_string(v.raisons, ' ; '), '')",
    "pieces_manquantes": "nullif(array_to_string(v.pieces, ' ; '), '')",
    "avertissements": "nullif(array_to_string(v.avertissements, ' ; '), '')",
    "organisme": "v.denomination",
    "nda_retenu": "v.nda",
    "qualite_rapprochement": "v.qualite",
    "message_rapprochement": "v.message",
    "prochaine_date": "v.prochaine_date",
    "prochaine_echeance": "v.prochaine_echeance",
    "a_faire": "f.a_faire",
    **{name: f"v.{name}" for name in ("date_liste", "sha256_liste", *CONVENTION)},
}
# What is said of a row of which nothing is read: the rest is not.
_UNREAD = {"raisons": "d.doute", "a_faire": literal(SHIFTED)}


@dataclass
class Screening:
    """The answers to a candidate file.

    ``source`` is an expression of DuckDB that gives them in the order of the file: ``ligne``, the
    columns of the file as ``c1``…, and those of ``ours``. ``missing`` and ``wording`` are others,
    of the documents that each row lacks, up to row ``until`` (see ``lacking.py``). ``lists`` are
    those on which rows were judged, each at its date: day, SHA-256. ``gone`` are rows of an earlier
    result that the file has no more; ``changes`` counts the others by kind, None without earlier
    result.
    """

    candidates: Candidates
    folder: Path
    source: str
    missing: str
    wording: str
    until: int
    ours: list[str]
    verdicts: dict[Verdict, int]
    pieces: list[tuple[str, int]]
    matches: dict[str, int]
    snapshot: Mapping[str, Any]
    lists: list[tuple[dt.date, str]]
    rules: Mapping[str, Any]
    defaults: Mapping[str, str]
    day: dt.date
    changes: dict[str, int] | None = None
    gone: list[str] = field(default_factory=list)

    @property
    def kept(self) -> list[int]:
        """The ranks of the columns of the file that come back: not those of an earlier result."""
        return [column.rank for column in self.candidates.columns if not column.answer]

    @property
    def own(self) -> list[str]:
        """The names of these columns."""
        return [self.candidates.names[rank - 1] for rank in self.kept]

    @property
    def titles(self) -> list[str]:
        """The names of our columns: another where the file has one of that name."""
        return [free(name, self.own) for name in self.ours]

    @property
    def carrier(self) -> bool:
        """Whether a porteur was given, for some row at least."""
        return "porteur" in self.candidates.facts or "porteur" in self.defaults

    @property
    def strongest(self) -> Verdict:
        """The strongest verdict given."""
        return max(self.verdicts, key=VERDICTS.index)


def check_mission(candidates: Candidates, defaults: Mapping[str, str]) -> None:
    """See that something says the funding and the category of action.

    Raises:
        UsageError: neither a filled column nor an option does.
    """
    with connect(candidates.data.parent) as con:
        for name in ASKED:
            if name in defaults:
                continue
            row = con.execute(
                f"select count({candidates.value(name)}) "
                f"from read_parquet({file_literal(candidates.data)})"
            ).fetchone()
            if not row or not row[0]:
                fact = PAR_NOM[name]
                raise UsageError(
                    f"Rien ne dit « {fact.libelle} » des lignes : donnez {fact.option} "
                    f"(par exemple {fact.exemple}), ou une colonne « {fact.libelle} » remplie dans "
                    "le fichier."
                )


def blocks(
    session: Session,
    candidates: Candidates,
    defaults: Mapping[str, str],
    rows: int,
    telling: Telling = Telling.EFFECTS,
) -> Iterator[tuple[int, int]]:
    """Judge the rows of a candidate file by so many at a time; give the first and the last of each.

    The answers to a block are in the session until the next one is asked for. Of a row in doubt
    (``Candidates.doubt``) nothing was read: its answer is nobody's.

    Raises:
        UsageError: a default cannot be read.
    """
    if defaults:
        session.ask_rows([dict(defaults)])
        refuse_unreadable(session)
    session.con.execute(f"set memory_limit = {literal(_MEMORY)}")
    for first in range(1, candidates.rows + 1, rows):
        last = min(first + rows - 1, candidates.rows)
        question = candidates.question(defaults, first, last)
        session.ask(question, telling, date=defaults.get("date"))
        yield first, last


def screen(
    session: Session,
    candidates: Candidates,
    defaults: Mapping[str, str],
    folder: Path,
    advance: Advance = lambda _: None,
) -> Screening:
    """Judge every row of a candidate file; ``advance`` is told how many are judged.

    ``defaults`` are facts of the rows that do not say otherwise.

    Raises:
        UsageError: a default cannot be read.
    """
    asked = {title: name for name, title in ASKED.items() if name in defaults}
    answers, lacking = folder / "reponses", folder / "pieces-manquantes"
    answers.mkdir()
    lacking.mkdir()
    room, until = MOST_ROWS, 0
    for first, last in blocks(session, candidates, defaults, BLOCK):
        session.con.execute(
            f"copy ({_answers(candidates, defaults, asked, first, last)}) "
            f"to {literal(str(answers / f'{first:012}.parquet'))} (format parquet)"
        )
        if until == first - 1:
            asked_for = lacking / f"{first:012}.parquet"
            room, until = _ask_for(session, room, asked_for, last)
        advance(last)
    source, documents = (
        f"read_parquet({literal(f'{glob.escape(str(place))}/*.parquet')})"
        for place in (answers, lacking)
    )
    words = folder / "pieces-dites.parquet"
    session.con.execute(f"copy ({wording(documents)}) to {literal(str(words))} (format parquet)")
    _tell_received(candidates, defaults)
    with connect(folder) as con:
        counts = con.execute(f"select verdict, count(*) from {source} group by all").fetchall()
        told = _told(candidates, defaults)
        if sum(count for verdict, count in counts if verdict in VERDICTS) != candidates.rows:
            raise RuntimeError(f"verdicts missing or unknown: {counts}")
        pieces = con.execute(
            "select piece, count(*) as n from ("
            f"select unnest(string_split(pieces_manquantes, ' ; ')) as piece from {source}"
            ") group by all order by n desc, piece"
        ).fetchall()
        matches = con.execute(
            f"select coalesce(qualite_rapprochement, 'VIDE'), count(*) as n from {source} "
            "group by all order by n desc, 1"
        ).fetchall()
        columns = ("liste", *(("liste_convention",) if CONVENTION[0] in told else ()))
        lists = con.execute(
            " union ".join(
                f"select date_{name} as jour, sha256_{name} as sha256 from {source} "
                f"where date_{name} is not null"
                for name in columns
            )
            + " order by jour"
        ).fetchall()
    return Screening(
        candidates,
        folder,
        source,
        documents,
        f"read_parquet({file_literal(words)})",
        until,
        [*_told(candidates, defaults), *asked],
        {name: dict(counts)[name] for name in VERDICTS if name in dict(counts)},
        pieces,
        dict(matches),
        snapshot(session.con),
        lists,
        session.rules,
        dict(defaults),
        dt.date.today(),
    )


def _told(candidates: Candidates, defaults: Mapping[str, str]) -> list[str]:
    """Give the names of what is told of each row, the verdict first."""
    apart = "date_convention" in candidates.facts or "date_convention" in defaults
    return [*ANSWER, *(CONVENTION if apart else ())]


def _ask_for(session: Session, room: int, target: Path, last: int) -> tuple[int, int]:
    """Write what the questions put lack; give what room is left, and up to which row it is all."""
    session.con.execute(f"copy ({missing(room)}) to {literal(str(target))} (format parquet)")
    written = f"read_parquet({file_literal(target)})"
    row = session.con.execute(
        f"select (select count(*) from {written}), min(d.ligne) - 1 "
        "from evaluation.controle_dit as d "
        "inner join evaluation.conclusion as c on d.ligne = c.ligne "
        f"anti join {written} as w on d.ligne = w.ligne "
        f"where d.piece is not null and c.verdict <> {literal(Verdict.NON_ELIGIBLE)}"
    ).fetchone()
    count, until = row or (0, None)
    return room - count, last if until is None else until


def _answers(
    candidates: Candidates,
    defaults: Mapping[str, str],
    asked: Mapping[str, str],
    first: int,
    last: int,
) -> str:
    """Write the query of the answers to some rows: their columns, then ours."""
    own = [f"d.c{rank}" for rank in range(1, len(candidates.names) + 1)]
    ours = ["if(d.doute is not null, 'A_VERIFIER', v.verdict) as verdict"]
    for name in _told(candidates, defaults)[1:]:
        text = _SOURCES[name]
        ours.append(f"if(d.doute is not null, {_UNREAD.get(name, 'null')}, {text}) as {name}")
    ours += [
        f"if(d.doute is not null, null, {candidates.value(name, defaults[name])}) as {title}"
        for title, name in asked.items()
    ]
    return (
        f"select d.ligne, {', '.join([*own, *ours])} "
        f"from (select *, {candidates.doubt} as doute "
        f"from read_parquet({file_literal(candidates.data)})) as d "
        "left join evaluation.verdict as v on d.ligne = v.ligne "
        f"left join ({to_do()}) as f on d.ligne = f.ligne "
        f"where d.ligne between {first} and {last} order by d.ligne"
    )


def _tell_received(candidates: Candidates, defaults: Mapping[str, str]) -> None:
    """Tell how many documents given back were declared, asked about, or left aside."""
    if (rows := candidates.received_rows(defaults)) is None:
        return
    with connect(candidates.data.parent) as con:
        row = con.execute(
            "select count(*) filter (where valeur is not null), "
            "count(distinct (feuille, numero)) filter (where question is not null), "
            "count(*) filter (where valeur is null and question is null), "
            "string_agg(distinct question, ' ') filter (where de is null) "
            f"from ({rows})"
        ).fetchone()
    declared, asked, aside, orphans = row or (0, 0, 0, None)
    told = []
    if declared:
        told.append(
            f"{combien(declared, 'pièce reçue, lue', 'pièces reçues, lues')} comme déclarée"
        )
        told[-1] += verb(declared, "", "s")
    if asked:
        told.append(f"{combien(asked, 'ligne')} à corriger (colonne « À corriger ici »)")
    if aside:
        told.append(
            f"{combien(aside, 'date')} qui ne {verb(aside, 'dit', 'disent')} rien à "
            f"{verb(aside, 'elle seule', 'elles seules')} (colonne « Ce que la date déclare »)"
        )
    candidates.remarks.append(f"Feuille « {SHEET} » : {', '.join(told)}.")
    if orphans:
        candidates.remarks.append(orphans)
