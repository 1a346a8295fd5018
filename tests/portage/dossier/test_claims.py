"""No sentence of a dossier contradicts a fact declared beside it (hypothesis over facts)."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.portage.answer import answer
from pipelines.portage.dossier.content import content
from pipelines.portage.dossier.documents import documents
from pipelines.portage.dossier.source import read
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.session import Session, Telling
from pipelines.settings import REFERENCE
from tests.portage.demands import ACTIONS, DAY, DOCUMENTS, FALSE, FUNDINGS, NUMBERS, asking
from tests.portage.dossier.claims import CLAIMS, ELSEWHERE, of_party
from tests.portage.dossier.dossiers import NUMBER, REVIEW, SEAL
from tests.portage.test_properties import BOOLEANS, DATES, VALUES
from tests.warehouse.frames import dicts

Question = dict[str, str]

_TICKS = [name for name, value in DOCUMENTS.items() if value in ("oui", "non")]
# Words by which a sentence speaks of what is declared.
_OF_FACTS = re.compile(
    r"déclar|au dossier|\b[Rr]ien\b|\b[Aa]ucune?\b|présente un|n'est pas dite|évoqu|engage à", re.I
)


def test_nothing_says_that_a_declaration_is_neither_annulled_nor_suspended() -> None:
    """To be in the list shows a declaration, not that it was not suspended since."""
    with (REFERENCE / "portage_regle.csv").open(encoding="utf-8", newline="") as file:
        told = [row["exigence"] for row in csv.DictReader(file)]
    for sentence in [*told, *motifs().values()]:
        assert not re.search(r"\bni (caduque|annulée|suspendue)", sentence), sentence


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as asked:
        yield asked


def motifs() -> dict[str, str]:
    with (REFERENCE / "portage_motif.csv").open(encoding="utf-8", newline="") as file:
        return {row["motif"]: row["phrase"] for row in csv.DictReader(file)}


def test_every_sentence_about_facts_has_its_claim() -> None:
    about = {name for name, phrase in motifs().items() if _OF_FACTS.search(phrase)}
    assert about - CLAIMS.keys() - ELSEWHERE - _QUESTIONS == set()
    assert CLAIMS.keys() <= motifs().keys()


# They quote the facts and ask about them: what they quote is filled in from the fact itself.
_QUESTIONS = {name for name in motifs() if name.startswith(("QUALIOPI_P", "CFA_"))}


# Where the rarest sentences are told: a micro-entrepreneur ported, whose exemption is called upon.
_PORTED = {
    **{"nda": FALSE, "financement": "CPF", "action": "BILAN_COMPETENCES", "date": str(DAY)},
    **{"micro": "oui", "ca": "42000", "forme_juridique": "EI"},
}


def told(chance: random.Random) -> Question:
    """A question, its facts drawn among the telling; documents are declared missing as well."""
    found = {
        "nda": chance.choice(NUMBERS),
        "financement": chance.choice(FUNDINGS),
        "action": chance.choice(ACTIONS),
        "date": chance.choice(DATES),
    }
    if chance.random() < 0.5:
        found["porteur"] = chance.choice(NUMBERS)
    often = chance.choice((0.1, 0.4, 0.8))
    drawn = {**VALUES, **{name: ["oui", "non"] for name in (*BOOLEANS, *_TICKS)}}
    drawn |= {name: [value] for name, value in DOCUMENTS.items() if name not in _TICKS}
    found |= {name: chance.choice(v) for name, v in drawn.items() if chance.random() < often}
    return {**found, **_PORTED} if chance.random() < 0.2 else found


# What costs is to ask: few times, of many; the question at fault is told, nothing is to be shrunk.
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_no_sentence_contradicts_a_fact(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    found = [told(chance) for _ in range(200)]
    session.ask_rows(found, Telling.NOTHING)
    facts = {row["ligne"]: row for row in dicts(session.con, "select * from evaluation.declare")}
    said = dicts(
        session.con,
        "select k.ligne, k.role, unnest([k.motif, k.dispense]) as motif, c.date, c.action, "
        "c.juge_porteur from evaluation.controle as k "
        "inner join evaluation.cas as c on k.ligne = c.ligne",
    )
    false = {}
    for one in said:
        if (claim := CLAIMS.get(one["motif"])) is not None:
            row = {**facts[one["ligne"]], "juge_porteur": one["juge_porteur"]}
            view = of_party(row, one["role"], one["date"], one["action"])
            if not claim(view):
                false[one["motif"], one["role"]] = found[one["ligne"] - 1]
    assert not false, sorted(false)


def test_the_inventory_says_what_was_declared(session: Session) -> None:
    """A document is declared if its facts say so, and seen by nobody: no box is ticked."""
    chance = random.Random(11)
    found = [told(chance) for _ in range(25)]
    session.ask_rows(found)
    for ligne, question in enumerate(found, start=1):
        given = answer(session, ligne)
        source = read(session, ligne, given)
        dossier = content(given, source, NUMBER, REVIEW, SEAL)
        states = {one["document"]: one["etat"] for one in dossier["documents"]}
        assert "vu" not in states.values()
        held = {
            one.code
            for one in documents().values()
            if any(
                question.get(name)
                and (question[name] != "non") != (PAR_NOM[name].document == "non")
                for name in one.faits
            )
        }
        assert {code for code, state in states.items() if state == "déclaré, non vu"} <= held
        missing = {code for code, state in states.items() if state == "à réunir"}
        assert held - missing <= states.keys()
        assert len(dossier["echeances"]) == sum(
            len(given[who]["echeances"]) for who in ("organisme", "porteur") if given[who]
        )
