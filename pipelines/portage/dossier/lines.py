"""A dossier for each line of a file of candidates, in a folder, with an index of the lines.

A line without a dossier is a row of the index that says why; nothing of it stops the others. The
index is written once, at the end: when the work is cut short, it says which lines were not done.
"""

from __future__ import annotations

import datetime as dt
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.errors import HomeUnusable, OpacError, Stopped, UsageError
from pipelines.files import replacing
from pipelines.home import Home
from pipelines.portage.answer import UNIDENTIFIED, answer
from pipelines.portage.candidates.columns import Column
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.table import Advance, Candidates, connect
from pipelines.portage.dossier.issue import Target, issue
from pipelines.portage.dossier.seen import WHO, Review, look, refuse_undeclared
from pipelines.portage.dossier.source import read
from pipelines.portage.screening.index import write_index
from pipelines.portage.screening.judging import blocks
from pipelines.portage.session import Session, Telling
from pipelines.portage.verdict import Verdict
from pipelines.portage.words import key
from pipelines.warehouse.literals import file_literal

INDEX = "index.csv"
# Every control of a line is told, some forty: fewer lines at a time than when verdicts alone are.
BLOCK = 500
_TITLES = (
    *("ligne", "candidat", "organisme", "nda", "verdict"),
    *("dossier", "fichier", "pourquoi pas de dossier"),
)
_NOT_DONE = "Ligne non traitée : la commande a été arrêtée avant elle ; relancez-la."
# The headers of a column that says where the documents of a line are.
_PIECES = {"pieces", "pieces jointes", "documents", "documents joints", "dossier des pieces"}
_NO_MISSION = (
    "Un dossier porte sur une mission précise : donnez le financement et la catégorie d'action."
)


@dataclass(frozen=True)
class Row:
    """A line of the file and its dossier, or why it has none.

    ``number`` is that of the row as its owner sees it, ``named`` what the file calls the candidate.
    ``verdict`` is None for a line that was not judged.
    """

    number: int
    named: str
    organisation: str = ""
    nda: str = ""
    verdict: Verdict | None = None
    dossier: str = ""
    file: str = ""
    without: str = _NOT_DONE

    def told(self) -> dict[str, Any]:
        """Give the row for JSON, under the titles of the index."""
        return dict(zip(_TITLES, asdict(self).values(), strict=True))


@dataclass(frozen=True)
class Place:
    """The home that numbers the dossiers, the folder that they go to, and who makes the checks.

    ``packed`` asks for an archive of each with the documents seen (see ``issue.Target``).
    """

    home: Home
    folder: Path
    review: Review
    packed: bool = False


def issue_lines(
    session: Session,
    candidates: Candidates,
    defaults: Mapping[str, str],
    place: Place,
    advance: Advance = lambda _: None,
) -> list[Row]:
    """Issue the dossiers of the lines of a file, and write the index beside them.

    Asked to stop (SIGINT, SIGTERM), it ends the dossier under way first.

    Raises:
        UsageError: a default cannot be read.
        HomeUnusable: the journal cannot be written, or no space is left; the index tells.
        Stopped, KeyboardInterrupt: as asked; the index tells.
    """
    rows = _named(candidates)
    began = False
    try:
        with _between_lines() as pause:
            for ligne, found in _judged(session, candidates, defaults):
                began = True
                rows[ligne] = _row(session, found, rows[ligne], place, candidates.path.parent)
                advance(ligne)
                pause()
    except HomeUnusable as error:
        rows = {n: _told(row, str(error)) for n, row in rows.items()}
        raise
    finally:
        if began:
            with replacing(place.folder / INDEX) as part:
                write_index(part, _TITLES, (_cells(row) for row in rows.values()))
    return list(rows.values())


def _told(row: Row, why: str) -> Row:
    return replace(row, without=f"Ligne non traitée. {why}") if row.without == _NOT_DONE else row


def _row(session: Session, found: Mapping[str, Any], row: Row, place: Place, base: Path) -> Row:
    """Issue the dossier of a line, if it can have one; its documents are under ``base``."""
    row = replace(
        row,
        organisation=found["denomination"] or found["nom"] or "",
        nda=found["nda"] or "",
        verdict=Verdict.A_VERIFIER if found["doute"] else Verdict(found["verdict"]),
        without=_refusal(found),
    )
    if row.without:
        return row
    given = answer(session, found["ligne"])
    source = read(session, found["ligne"], given)
    target = Target(folder=place.folder, packed=place.packed)
    review = replace(place.review, moment=dt.datetime.now(dt.UTC))
    try:
        review = _review(review, found["pieces"], base)
        refuse_undeclared(review.vus, source.tenues)
        made = issue(place.home, given, source, target, review)
    except HomeUnusable:
        raise
    except OpacError as error:
        return replace(row, without=str(error))
    return replace(row, dossier=made.numero, file=made.pdf.name)


def _review(review: Review, pieces: str | None, base: Path) -> Review:
    """Look at the documents that the cell of a line names: a folder, or files one by one."""
    if not pieces:
        return review
    if not review.par:
        raise UsageError(WHO)
    today = review.local.date()
    if "=" in pieces:
        texts = [text.strip() for text in re.split(r"[;\n]", pieces) if text.strip()]
        return replace(review, vus=look(texts, None, today, base))
    return replace(review, vus=look([], Path(pieces), today, base))


def _refusal(found: Mapping[str, Any]) -> str:
    """Say why a line has no dossier, nothing when it may: what was written of it must be read."""
    if found["doute"]:
        return str(found["doute"])
    if found["defauts"]:
        return str(found["defauts"])
    if found["qualite"] is None or found["qualite"] in UNIDENTIFIED:
        return str(found["message"] or "Rien ne dit de qui il s'agit : donnez un NDA ou un SIREN.")
    if not (found["financements"] and found["action"]):
        return _NO_MISSION
    return ""


def _judged(
    session: Session, candidates: Candidates, defaults: Mapping[str, str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give what was found of each line, while the session holds the answer to it."""
    column = pieces_column(candidates)
    pieces = f"nullif(trim(c{column.rank}), '')" if column else "null::varchar"
    for first, last in blocks(session, candidates, defaults, BLOCK, Telling.ALL):
        cursor = session.con.execute(
            f"""
            select
                d.ligne, d.doute, d.nom, r.qualite, r.message, q.financements, q.action,
                c.verdict, p.nda, o.denomination, f.defauts, d.pieces
            from (
                select
                    ligne, {candidates.doubt} as doute, {candidates.value("nom")} as nom,
                    {pieces} as pieces
                from read_parquet({file_literal(candidates.data)})
            ) as d
            left join evaluation.conclusion as c on d.ligne = c.ligne
            left join evaluation.cas as q on d.ligne = q.ligne
            left join evaluation.rapprochement as r
                on d.ligne = r.ligne and r.role = 'sous_traitant'
            left join evaluation.partie as p on d.ligne = p.ligne and p.role = 'sous_traitant'
            left join socle.organisme as o on p.nda = o.nda
            left join (
                select ligne, string_agg(distinct defaut, ' ' order by defaut) as defauts
                from evaluation.fait where defaut is not null group by ligne
            ) as f on d.ligne = f.ligne
            where d.ligne between {first} and {last} order by d.ligne
            """
        )
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        # A second thread has no work in the questions about one line, and spins while it waits.
        session.con.execute("set threads = 1")
        for values in rows:
            found = dict(zip(names, values, strict=True))
            yield found["ligne"], found
        session.con.execute("reset threads")


def pieces_column(candidates: Candidates) -> Column | None:
    """Give the column that says where the documents of each line are, None without one."""
    of = (one for one in candidates.columns if one.fact is None and key(one.name) in _PIECES)
    return next(of, None)


def _named(candidates: Candidates) -> dict[int, Row]:
    """Give the rows of all lines, by their rank, before any is judged."""
    named = ", ".join(candidates.value(name) for name in reversed(IDENTITY))
    with connect(candidates.data.parent) as con:
        found = con.execute(
            f"select ligne, numero, coalesce({named}, '') "
            f"from read_parquet({file_literal(candidates.data)}) order by ligne"
        ).fetchall()
    return {ligne: Row(number, text) for ligne, number, text in found}


def _cells(row: Row) -> tuple[str, ...]:
    verdict = row.verdict.words.label if row.verdict else ""
    told = {**asdict(row), "verdict": verdict, "number": str(row.number)}
    return tuple(told.values())


@contextmanager
def _between_lines() -> Iterator[Callable[[], None]]:
    """Have a request to stop wait for the function given, which is called between two lines.

    A dossier is two files and a line of the journal: the index must know all of it or nothing.
    """
    asked: list[int] = []

    def pause() -> None:
        if signal.SIGTERM in asked:
            raise Stopped(
                f"La commande a été arrêtée : « {INDEX} » dit quelles lignes ont leur dossier ; "
                "relancez-la pour les autres."
            )
        if asked:
            raise KeyboardInterrupt

    handlers = {
        number: signal.signal(number, lambda number, _: asked.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield pause
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
