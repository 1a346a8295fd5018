"""The answers read by commands: the numbers of an entity, the cells of the grid, who is nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.cli.verify import _open, _show_grid
from pipelines.portage.answer import answer, grid_questions, labels, numbers
from pipelines.portage.session import Session, Telling
from tests.portage.demands import (
    ACTIONS,
    BLANK,
    CERTIFIED,
    DAY,
    FALSE,
    SIRENS,
    SISTER,
    SISTER_CERTIFIED,
    UNKNOWN,
    asking,
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as asked:
        yield asked


def shown(session: Session, capfd: pytest.CaptureFixture[str], **facts: str) -> str:
    """The grid as it is printed."""
    session.ask_rows(grid_questions(session.con, facts), Telling.EFFECTS)
    found = _open(answer(session, 1), session)
    _show_grid(found, labels(session.con))
    return capfd.readouterr().out


def test_asked_by_siren_the_grid_says_every_number(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    told = shown(session, capfd, siren=SIRENS[3], date=f"{DAY}")
    assert f"(SIREN {SIRENS[3]}) — 2 NDA\n" in told
    assert f"{SISTER_CERTIFIED}" in told
    assert "certifié pour : bilans de compétences\n" in told
    assert "l'autre n'est pas certifié selon la liste\n" in told
    assert "non certifié" not in told
    found = {number["nda"]: number["certifications"] for number in numbers(session, 1)}
    assert found.keys() == {SISTER, SISTER_CERTIFIED}
    assert found[SISTER_CERTIFIED]["BILAN_COMPETENCES"] is True
    cells = _open(answer(session, 1), session)["grille"]
    judged = {cell["nda"] for cell in cells if cell["action"] == "BILAN_COMPETENCES"}
    assert judged == {SISTER_CERTIFIED}


def test_the_porteur_too_is_said_with_every_number(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    told = shown(session, capfd, nda=CERTIFIED, porteur=SIRENS[3], date=f"{DAY}")
    _, porteur = told.split("\nPorteur ")
    assert f"(SIREN {SIRENS[3]}) — 2 NDA\n" in porteur
    assert f"{SISTER_CERTIFIED}" in porteur
    assert "Sous-traitant seulement" not in told
    found = _open(answer(session, 1), session)
    assert {number["nda"] for number in found["porteur"]["numeros"]} == {SISTER, SISTER_CERTIFIED}
    judged = {c["porteur_nda"] for c in found["grille"] if c["action"] == "BILAN_COMPETENCES"}
    assert judged == {SISTER_CERTIFIED}
    unread = shown(session, capfd, nda=CERTIFIED, porteur="rien de lisible")
    assert "« rien de lisible » est un nom, pas un numéro : donnez le NDA" in unread


def test_asked_by_number_the_grid_says_that_one(
    session: Session, capfd: pytest.CaptureFixture[str]
) -> None:
    told = shown(session, capfd, nda=SISTER, date=f"{DAY}")
    assert " NDA\n" not in told
    assert [number["nda"] for number in numbers(session, 1)] == [SISTER]
    assert "certifié pour : actions de formation\n" in shown(session, capfd, nda=FALSE)
    assert "certification non indiquée par la liste" in shown(session, capfd, nda=UNKNOWN)
    assert "non certifié selon la liste" in shown(session, capfd, nda=BLANK)


def test_numbers_that_contradict_each_other_name_nobody(session: Session) -> None:
    facts = {"nda": CERTIFIED, "siren": SIRENS[1], "financement": "CPF", "action": ACTIONS[0]}
    session.ask_rows([facts], Telling.ALL)
    party = answer(session, 1)["organisme"]
    assert party["rapprochement"]["qualite"] == "DISCORDANT"
    assert (party["nda"], party["siren"], numbers(session, 1)) == (None, None, [])


def test_a_siren_unlisted_is_not_taken_for_a_number_of_declaration(session: Session) -> None:
    session.ask_rows([{"siren": "900000068", "financement": "CPF", "action": ACTIONS[0]}])
    party = answer(session, 1)["organisme"]
    assert party["rapprochement"]["qualite"] == "ABSENT"
    assert (party["nda"], party["siren"]) == (None, "900000068")


def test_a_certificate_is_asked_for_only_where_it_would_do(session: Session) -> None:
    """The exemption may yet be proved: of Qualiopi a certificate would do as well."""
    facts = {"financement": "CPF", "action": "ACTION_FORMATION", "type_formation": "certifiante"}
    told = {"habilitation": "non", "forme_juridique": "EI", "date": f"{DAY}"}
    session.ask_rows([{"nda": BLANK, **facts, **told}], Telling.ALL)
    missing = answer(session, 1)["pieces_manquantes"]
    asked = {piece["regle"]: piece["document"] for piece in missing}
    assert asked["ST_QUALIOPI_CPF_FORMATION"] == "attestation_micro_ou_certificat"
    assert asked["ST_HABILITATION_CPF"] == "attestation_micro"
