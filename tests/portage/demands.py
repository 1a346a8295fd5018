"""A small release with every kind of organisation, and questions put to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from pipelines.portage.facts import choices
from pipelines.portage.session import Session, Telling
from tests.warehouse.frames import PUBLICATION, built, flags, organisme

LIST_DAY = dt.date.fromisoformat(str(PUBLICATION["date_contenu"]))
DAY = LIST_DAY + dt.timedelta(days=1)


def number(rank: int) -> str:
    """A well-formed number of declaration."""
    return f"9313{rank:05}13"


# Valid SIRENs, of nobody: the last two digits complete the key.
SIRENS = ("900000019", "900000027", "900000035", "900000043", "900000050")
CERTIFIED, BLANK, FALSE, PERSON, UNIVERSITY, SISTER, SISTER_CERTIFIED, UNKNOWN, CFA = (
    number(rank) for rank in range(1, 10)
)
ABSENT = number(999)
ORGANISATIONS = [
    organisme(
        CERTIFIED, denomination="ATELIER EXEMPLE", siren=SIRENS[0], **flags(True, True, True, False)
    ),
    organisme(BLANK, denomination="SOCIETE FICTIVE", siren=SIRENS[1]),
    organisme(
        FALSE, denomination="EXEMPLE FORMATION", siren=SIRENS[2], **flags(True, False, False, False)
    ),
    organisme(PERSON, denomination="Madame FICTIVE", personne_physique_presumee=True),
    organisme(UNIVERSITY, denomination="Université de Démonstration"),
    organisme(SISTER, denomination="GROUPE FICTIF", siren=SIRENS[3]),
    organisme(
        SISTER_CERTIFIED,
        denomination="GROUPE FICTIF SUD",
        siren=SIRENS[3],
        **flags(False, True, False, False),
    ),
    organisme(UNKNOWN, denomination="ANCIENNE MISE EN PAGE", certification_connue=False),
    organisme(CFA, denomination="CFA FICTIF", siren=SIRENS[4], **flags(False, False, False, True)),
]
NUMBERS = (*(str(row["nda"]) for row in ORGANISATIONS), ABSENT)
FUNDINGS, ACTIONS = tuple(choices("financement")), tuple(choices("action"))
# Every document of a CPF mission, declared in date for a contract of DAY.
DOCUMENTS = {
    "dereference": "non",
    "accepte_cgu": "oui",
    "cascade": "non",
    "regularite": "oui",
    "probite": "oui",
    "attestation_vigilance": (DAY - dt.timedelta(days=30)).isoformat(),
    "immatriculation": "oui",
    "titres": "oui",
    "contrat_ecrit": "oui",
    "attestation_micro": "oui",
    "recepisse_nda": "oui",
    "recepisse_nda_date": (DAY - dt.timedelta(days=30)).isoformat(),
    "bpf": (DAY - dt.timedelta(days=200)).isoformat(),
    "agrement_conduite": "oui",
    "bilan_donnees": "oui",
    "liste_salaries_etrangers": "oui",
    "documents_etranger": "oui",
    "habilitation": "oui",
    "rc_pro": "oui",
}
STRENGTH = ("ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE")

Question = Mapping[str, str]


@contextmanager
def asking() -> Iterator[Session]:
    """A session on the small release, on the day after its list."""
    with built(ORGANISATIONS, real_references=True) as con:
        yield Session(con, DAY)


def verdicts(session: Session, questions: Sequence[Question]) -> list[str]:
    """The verdict of each question."""
    session.ask_rows(questions, Telling.NOTHING)
    found = session.con.execute(
        "select verdict from evaluation.conclusion order by ligne"
    ).fetchall()
    assert len(found) == len(questions)
    return [row[0] for row in found]


def effects(session: Session, question: Question) -> dict[str, str | None]:
    """The effect of each control of one question."""
    session.ask_rows([question], Telling.NOTHING)
    return dict(session.con.execute("select regle, effet from evaluation.controle").fetchall())
