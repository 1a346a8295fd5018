"""Who is asked for which documents, from a file of candidates that is being judged.

A candidate gets one letter, whatever the number of lines and missions: the documents of all of
them. Lines are of one candidate when they name the same entity (SIREN; without one, its number)
for the same porteur. What is the porteur's own to do (the contract, its own documents) is kept
apart: it is never asked of the sub-contractor.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipelines.french import date_courte
from pipelines.portage.answer import UNIDENTIFIED, labels
from pipelines.portage.candidates.addresses import address_cells, plausible
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.table import Advance, Candidates
from pipelines.portage.screening.judging import BLOCK, blocks
from pipelines.portage.session import Session
from pipelines.portage.verdict import Verdict
from pipelines.settings import REFERENCE
from pipelines.warehouse.literals import file_literal

# The words that a phrase of ``portage_demande`` may have in braces, each with its expression.
WORDS = {
    "attestation": "q.fait.attestation_vigilance",
    "certificat_debut": "p.certificat_debut",
    "certificat_fin": "p.certificat_fin",
    "annee_ca": "q.fait.annee_ca::integer",
}


@dataclass(frozen=True)
class Mission:
    """What a letter tells of a mission: names of fundings and category, dates if they are known."""

    fundings: tuple[str, ...]
    action: str
    date: dt.date | None
    end: dt.date | None


@dataclass(frozen=True)
class Piece:
    """A document that a rule asks for: ``phrases`` tell how it is given, and what was wrong."""

    code: str
    label: str
    why: str
    basis: str
    phrases: tuple[str, ...] = ()


@dataclass
class Line:
    """A line of the file: what was found of it, and what is missing.

    ``number`` is that of the row as its owner sees it, ``named`` what the file calls the candidate.
    ``asked`` are documents of the sub-contractor, ``own`` those of the porteur. ``without`` says
    why the line asks for no letter, empty when it does; ``question`` what is to be settled besides.
    """

    number: int
    named: str
    organisation: str
    nda: str
    verdict: Verdict
    mission: Mission
    key: tuple[str, str]
    porteur: str
    addresses: tuple[str, ...]
    asked: list[Piece]
    own: list[Piece]
    without: str = ""
    question: str = ""


@dataclass
class Demand:
    """What is asked of one candidate for one porteur, over all of its lines that ask for it."""

    lines: list[Line] = field(default_factory=list)

    @property
    def candidate(self) -> str:
        """The name of the candidate: that of the list, else of the file; empty if unknown."""
        return self.lines[0].organisation

    @property
    def missions(self) -> list[Mission]:
        """Its missions, each once, in the order of the file."""
        return list(dict.fromkeys(line.mission for line in self.lines))

    @property
    def addresses(self) -> list[str]:
        """The addresses that its lines give, each once."""
        by_key = {text.casefold(): text for line in self.lines for text in line.addresses}
        return list(by_key.values())


def collect(
    session: Session,
    candidates: Candidates,
    defaults: Mapping[str, str],
    advance: Advance = lambda _: None,
) -> list[Line]:
    """Judge the lines of a file and give what is missing of each, in the order of the file.

    Raises:
        UsageError: a default cannot be read.
    """
    fundings = session.con.execute("select financement, libelle from reference.financement")
    names = _Names(dict(fundings.fetchall()), labels(session.con))
    found: list[Line] = []
    for first, last in blocks(session, candidates, defaults, BLOCK):
        missing = _pieces(session)
        cursor = session.con.execute(_query(candidates, first, last))
        columns = [column[0] for column in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            found.append(_line(row, missing.get(row["ligne"], []), names))
        advance(last)
    return found


def demands(lines: Sequence[Line]) -> list[Demand]:
    """Give the letters to write, in the order of the file."""
    found: dict[tuple[str, str], Demand] = defaultdict(Demand)
    for line in lines:
        if not line.without:
            found[line.key].lines.append(line)
    return list(found.values())


@dataclass(frozen=True)
class _Names:
    fundings: Mapping[str, str]
    actions: Mapping[str, str]


def _line(row: Mapping[str, Any], pieces: Sequence[tuple[str, Piece]], names: _Names) -> Line:
    doubt = row["doute"]
    verdict = Verdict.A_VERIFIER if doubt else Verdict(row["verdict"])
    reasons = " ".join(row["raisons"] or [])
    asked = [piece for role, piece in pieces if role == "sous_traitant"]
    own = [piece for role, piece in pieces if role != "sous_traitant"]
    known = bool(row["financements"] and row["action"])
    if doubt:
        asked, own, without = [], [], str(doubt)
    elif row["qualite"] is None or row["qualite"] in UNIDENTIFIED:
        asked, own, without = [], [], str(row["message"] or reasons)
    elif verdict is Verdict.NON_ELIGIBLE:
        asked, own, without = [], [], f"Non éligible : {reasons}"
    elif verdict is Verdict.ELIGIBLE:
        without = "Rien ne manque."
    elif not known:
        asked, own, without = [], [], f"Le financement ou la catégorie n'est pas connu : {reasons}"
    elif not asked and verdict is Verdict.A_VERIFIER:
        without = f"À trancher : {reasons}"
    elif not asked:
        without = "Rien n'est à demander au sous-traitant."
    else:
        without = ""
    mission = Mission(
        tuple(names.fundings[code] for code in row["financements"] or ()),
        names.actions.get(row["action"] or "", ""),
        row["date_dite"],
        row["fin_mission"],
    )
    return Line(
        number=row["numero"],
        named=row["nomme"] or "",
        organisation=row["denomination"] or row["nom"] or "",
        nda=row["nda"] or "",
        verdict=verdict,
        mission=mission,
        key=(row["cle"] or "", row["cle_porteur"] or ""),
        porteur=row["porteur_denomination"] or "",
        addresses=tuple(filter(None, map(plausible, row["courriels"]))),
        asked=asked,
        own=own,
        without=without,
        question=reasons if verdict is Verdict.A_VERIFIER and not without else "",
    )


def _query(candidates: Candidates, first: int, last: int) -> str:
    """Write the query of what was found of some lines."""
    named = ", ".join(candidates.value(name) for name in reversed(IDENTITY))
    return f"""
        select
            d.ligne, d.numero, d.doute, d.nomme, d.nom, d.courriels,
            v.verdict, v.raisons, v.qualite, v.message, v.denomination, v.nda,
            v.porteur_denomination, q.financements, q.action,
            q.fait.date as date_dite, q.fait.fin_mission as fin_mission,
            coalesce(p.siren, p.nda, p.identifiant) as cle,
            coalesce(o.siren, o.nda, o.identifiant) as cle_porteur
        from (
            select
                *, {candidates.doubt} as doute, coalesce({named}) as nomme,
                {candidates.value("nom")} as nom, {address_cells(candidates)} as courriels
            from read_parquet({file_literal(candidates.data)})
        ) as d
        left join evaluation.verdict as v on d.ligne = v.ligne
        left join evaluation.cas as q on d.ligne = q.ligne
        left join evaluation.partie as p on d.ligne = p.ligne and p.role = 'sous_traitant'
        left join evaluation.partie as o on d.ligne = o.ligne and o.role = 'porteur'
        where d.ligne between {first} and {last} order by d.ligne
    """


def _pieces(session: Session) -> dict[int, list[tuple[str, Piece]]]:
    """Give the documents that are missing by line, each with the role of the rule that asks it."""
    words = ", ".join(f"{text} as {name}" for name, text in WORDS.items())
    found: dict[int, list[tuple[str, Piece]]] = defaultdict(list)
    same: dict[Piece, Piece] = {}  # a document is asked of many lines: kept once
    for ligne, role, motif, dispense, *told in session.con.execute(
        "select c.ligne, c.role, c.motif, c.dispense, c.piece, s.libelle, s.pourquoi, "
        f"r.base_legale, {words} from evaluation.controle as c "
        "inner join portage.regle as r on c.regle = r.regle "
        "inner join portage.piece as s on c.piece = s.piece "
        "inner join evaluation.cas as q on c.ligne = q.ligne "
        "left join evaluation.partie as p on c.ligne = p.ligne and p.role = 'sous_traitant' "
        "order by c.ligne, r.ordre"
    ).fetchall():
        code, label, why, basis = told[:4]
        values = dict(zip(WORDS, map(_said, told[4:]), strict=True))
        phrases = tuple(
            phrase.format_map(values)
            for when, phrase in _phrases().get(code, ())
            if when in ("", motif, dispense)
        )
        piece = Piece(code, label, why, basis, phrases)
        found[ligne].append((role, same.setdefault(piece, piece)))
    return found


@cache
def _phrases() -> Mapping[str, list[tuple[str, str]]]:
    """Give the phrases of each document, with the motif that calls for them, if any."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with (REFERENCE / "portage_demande.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["piece"]].append((row["motif"], row["phrase"]))
    return found


def _said(value: object) -> str:
    if value is None:
        return ""
    return date_courte(value) if isinstance(value, dt.date) else str(value)
