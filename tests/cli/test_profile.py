"""``opac verifier --profil``: an answer to a situation, in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.cli.profile import in_words, shared_conditions, warnings
from pipelines.portage.session import PROFILE, Session
from pipelines.portage.verdict import Verdict
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac
from tests.portage.demands import ACTIONS, BLANK, DAY, FUNDINGS, STRENGTH, asking, verdicts

MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES"}
SITUATIONS: list[dict[str, str]] = [
    {},
    {"micro": "oui", "ca": "42000"},
    {"micro": "oui", "ca": "42000", "attestation_micro": "oui", "forme_juridique": "EI"},
    {"micro": "oui", "ca": "95000"},
    {"micro": "non"},
    {"forme_juridique": "SASU"},
    {"forme_juridique": "5499"},
    {"forme_juridique": "7383"},
    {"type_formation": "certifiante", "forme_juridique": "EI", "micro": "oui", "ca": "10"},
    {"type_formation": "creation_entreprise"},
    {"dereference": "oui"},
    {"portage_salarial": "oui"},
]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


def test_a_situation_is_judged_by_the_rules_of_whom_the_list_shows_uncertified(
    session: Session,
) -> None:
    """All that differs is the number, still to be given: no situation is eligible before it."""
    asked = [
        {**facts, "financement": funding, "action": action, "date": str(DAY)}
        for facts in SITUATIONS
        for funding in FUNDINGS
        for action in ACTIONS
    ]
    found = verdicts(session, [{**one, PROFILE: "oui"} for one in asked])
    listed = verdicts(session, [{**one, "nda": BLANK} for one in asked])
    number = STRENGTH.index("PIECES_MANQUANTES")
    for one, is_, was in zip(asked, found, listed, strict=True):
        assert STRENGTH.index(is_) == max(STRENGTH.index(was), number), one
    assert set(found) == {"PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE"}


def test_a_certificate_is_declared(session: Session) -> None:
    question = {**MISSION, "date": str(DAY), "forme_juridique": "SASU", PROFILE: "oui"}
    certificate = {"certificat": "BILAN_COMPETENCES", "certificat_debut": "2025-03-01"}
    ended = {**certificate, "certificat_debut": "2020-01-01", "certificat_fin": "2022-12-31"}
    found = verdicts(session, [question, {**question, **certificate}, {**question, **ended}])
    assert found == ["NON_ELIGIBLE", "PIECES_MANQUANTES", "NON_ELIGIBLE"]
    # No list is looked at: a contract older than them all has its answer.
    before = {**question, **certificate, "date": "2025-04-01"}
    assert verdicts(session, [before]) == ["PIECES_MANQUANTES"]


def test_missions_that_have_one_answer_are_told_together() -> None:
    def cell(funding: str, action: str, verdict: str, **told: list[str]) -> dict[str, object]:
        empty: dict[str, list[str]] = {"raisons": [], "pieces_manquantes": [], "avertissements": []}
        return {"financement": funding, "action": action, "verdict": verdict, **empty, **told}

    names = {"BILAN": "bilans", "VAE": "VAE"}
    cells = [
        cell("CPF", "BILAN", "NON_ELIGIBLE", raisons=["Sans certificat (bilans)."]),
        cell("CPF", "VAE", "NON_ELIGIBLE", raisons=["Sans certificat (VAE)."]),
        cell("OPCO", "BILAN", "PIECES_MANQUANTES", pieces_manquantes=["NDA", "CV"]),
        cell(
            *("OPCO", "VAE", "PIECES_MANQUANTES"),
            pieces_manquantes=["NDA"],
            avertissements=["Attention (VAE)."],
        ),
        cell("REGION", "VAE", "PIECES_MANQUANTES", pieces_manquantes=["NDA"]),
    ]
    assert shared_conditions(cells) == ["NDA"]
    assert [(g.verdict, g.missions, g.said) for g in in_words(cells, names)] == [
        (Verdict.PIECES_MANQUANTES, ["OPCO : bilans"], ("CV",)),
        (Verdict.PIECES_MANQUANTES, ["OPCO et REGION : VAE"], ()),
        (Verdict.NON_ELIGIBLE, ["CPF : bilans et VAE"], ("Sans certificat.",)),
    ]
    assert warnings(cells, names) == [("Attention.", ["OPCO : VAE"])]


def test_the_page_of_a_consultant(opac: Opac, released: Released) -> None:
    home = ("--home", str(released.home))
    told = " ".join(
        opac("verifier", "--profil", "--micro", "--ca", "42000", *home).succeeded().split()
    )
    assert "sans certificat Qualiopi" in told
    assert told.index("Oui, si vous avez aussi") < told.index("Non, parce que")
    assert "Attestation du régime micro-social" in told
    opac("verifier", "--profil", "13000000000", *home).refused(2, "--profil", "Identifiant")
    opac("verifier", "--profil", "--ca", "beaucoup", *home).refused(2, "beaucoup")
