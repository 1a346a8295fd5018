"""What a dossier takes from the release beside the answer: names of rules, documents, states.

Read on the connection where the question was just evaluated (``evaluation.*``), in its own words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.portage.answer import decisive, labels
from pipelines.portage.dossier.documents import denies, documents
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.session import Session
from pipelines.registers.contract import CATEGORIES, FLAGS
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb


# What of a rule can make a verdict, beside a warning.
_DECIDES = " or ".join(
    f"{column} <> 'AVERTISSEMENT'" for column in ("si_non_satisfait", "si_inconnu", "si_douteux")
)


@dataclass(frozen=True)
class Held:
    """A document that was declared: its code, its name, what was written of it."""

    document: str
    libelle: str
    texte: str


@dataclass(frozen=True)
class Source:
    """What the release says around an answer.

    ``exigences`` and ``notes`` are by rule, ``pieces`` give the fact of each document, labels are
    by code. ``tenues`` are the documents declared; ``raisons`` what decided; ``personnes`` the
    roles held by presumed natural persons; ``etats`` what the list says of each organisation
    judged (role, nda, siren and :func:`state`). ``declares`` are the facts as they are read (bool,
    date, number, or a list of codes); ``decisifs`` are the rules that make the verdict, ``exiges``
    those that could.
    """

    exigences: Mapping[str, str]
    notes: Mapping[str, str]
    pieces: Mapping[str, str]
    financements: Mapping[str, str]
    actions: Mapping[str, str]
    tenues: Sequence[Held]
    raisons: Sequence[str]
    personnes: frozenset[str]
    etats: Sequence[Mapping[str, Any]]
    declares: Mapping[str, Any]
    decisifs: frozenset[str]
    exiges: frozenset[str]


def read(session: Session, ligne: int, answer: Mapping[str, Any]) -> Source:
    """Read what goes with the answer to question ``ligne``, told in full by this session."""

    con = session.con
    people = con.execute(
        f"select role from evaluation.partie where ligne = {ligne} and personne_physique_presumee"
    ).fetchall()
    return Source(
        exigences=_pairs(con, "select regle, exigence from portage.regle"),
        notes=_pairs(con, "select regle, note from portage.regle where note is not null"),
        pieces=_pairs(con, "select piece, fait from portage.piece"),
        financements=_pairs(con, "select financement, libelle from reference.financement"),
        actions=labels(con),
        tenues=_held(con, ligne),
        raisons=tuple(reason["constat"] for reason in decisive(session, ligne)),
        personnes=frozenset(role for (role,) in people),
        etats=tuple(_states(con, answer)),
        declares=_declared(con, ligne),
        decisifs=_rules(
            con,
            "select k.regle from evaluation.controle as k inner join evaluation.conclusion as c "
            f"on k.ligne = c.ligne where k.ligne = {ligne} and k.effet = c.verdict",
        ),
        exiges=_rules(con, f"select regle from portage.regle where {_DECIDES}"),
    )


def state(con: duckdb.DuckDBPyConnection, nda: str | None, siren: str | None) -> dict[str, Any]:
    """Give what the list says of an organisation, by its NDA or, without one, by its SIREN.

    The denomination is kept as a hash: enough to see that it changed. ``nda_actuel`` is the number
    that replaced this one, if it has left the list.
    """
    where = f"nda = {literal(nda)}" if nda else f"siren = {literal(siren)}"
    flags = ", ".join(f"bool_or({flag})" for flag in FLAGS)
    # An aggregate gives one row, whatever it finds.
    listed, name, *values = con.execute(
        f"select count(*), min_by(denomination, nda), {flags} from socle.organisme where {where}"
    ).fetchall()[0]
    renamed = con.execute(
        f"select min(nda) from socle.nda_precedent where nda_precedent = {literal(nda)}"
    ).fetchone()
    return {
        "liste": bool(listed),
        "certifications": dict(zip(CATEGORIES, values, strict=True)),
        "denomination_sha256": hashlib.sha256(name.encode()).hexdigest() if name else None,
        "nda_actuel": renamed[0] if renamed and not listed else None,
    }


def _states(con: duckdb.DuckDBPyConnection, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give, for each organisation judged, its role, its numbers and its state in the list.

    One that was asked by a number that the list lacks keeps that number: it may come.
    """
    found = []
    for key, role in (("organisme", "sous_traitant"), ("porteur", "porteur")):
        if (party := answer[key]) is None:
            continue
        numbers = {"nda": party["nda"], "siren": party["siren"]}
        found.append({"role": role, **numbers, **state(con, **numbers)})
    return found


def _declared(con: duckdb.DuckDBPyConnection, ligne: int) -> dict[str, Any]:
    """Give the facts as they are read: the value of each, of its kind; those of text as written."""
    found = con.execute(
        "select fait, texte, booleen, jour, nombre, valeurs from evaluation.fait "
        f"where ligne = {ligne} and defaut is null"
    ).fetchall()
    return {
        name: next((value for value in values if value is not None), text)
        for name, text, *values in found
    }


def _rules(con: duckdb.DuckDBPyConnection, query: str) -> frozenset[str]:
    return frozenset(rule for (rule,) in con.execute(query).fetchall())


def _pairs(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    return dict(con.execute(query).fetchall())


def _held(con: duckdb.DuckDBPyConnection, ligne: int) -> tuple[Held, ...]:
    """Give the documents declared, in the order of the facts; what its fact denies is none."""
    said = {
        name: (text, yes)
        for name, text, yes in con.execute(
            "select fait, texte, booleen from evaluation.fait "
            f"where ligne = {ligne} and defaut is null"
        ).fetchall()
    }
    found = []
    for document in documents().values():
        told = [
            "" if yes is not None else text
            for name in document.faits
            if name in said
            for text, yes in [said[name]]
            if not denies(PAR_NOM[name], yes)
        ]
        if told:
            found.append(Held(document.code, document.nom, max(told)))
    return tuple(found)
