"""Who is asked for what, on a small release: letters grouped, and lines that ask for none."""

from __future__ import annotations

import datetime as dt
import email
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest

from pipelines.portage.candidates.table import SHIFTED
from pipelines.portage.letters import missing
from pipelines.portage.letters.folder import ALL, INDEX, TITLES, write_folder
from pipelines.portage.letters.missing import Line, collect, demands
from pipelines.portage.session import Session
from pipelines.portage.verdict import Verdict
from tests.portage.candidates.files import read, write
from tests.portage.demands import (
    ABSENT,
    BLANK,
    CERTIFIED,
    DAY,
    DOCUMENTS,
    SISTER,
    SISTER_CERTIFIED,
    asking,
)

MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES", "date": DAY.isoformat()}
NOON = dt.datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


def lines(
    session: Session, tmp_path: Path, text: str, facts: dict[str, str] | None = None
) -> list[Line]:
    candidates = read(write(tmp_path / "c.csv", text), tmp_path)
    return collect(session, candidates, MISSION if facts is None else facts)


def codes(line: Line) -> list[str]:
    return [piece.code for piece in line.asked]


def test_what_is_the_porteurs_is_not_asked_of_the_sub_contractor(
    session: Session, tmp_path: Path
) -> None:
    (found,) = lines(session, tmp_path, f"NDA;Porteur\n{CERTIFIED};{SISTER_CERTIFIED}\n")
    assert (found.verdict, found.without) == (Verdict.PIECES_MANQUANTES, "")
    assert codes(found) == [
        *("titres", "probite", "attestation_vigilance", "immatriculation"),
        *("non_dereferencement", "acceptation_cgu", "engagement_cascade", "regularite"),
    ]
    assert [piece.code for piece in found.own] == ["contrat_ecrit", "bilan_donnees", "porteur_edof"]
    assert (found.organisation, found.porteur) == ("ATELIER EXEMPLE", "GROUPE FICTIF SUD")
    vigilance = found.asked[2]
    assert vigilance.label == "Attestation de vigilance de l'URSSAF de moins de six mois"
    assert vigilance.basis == "R.8222-1, D.8222-5 1°"
    assert vigilance.phrases == ("Elle se télécharge sur votre compte de l'URSSAF.",)


def test_what_was_given_and_does_not_do_is_told(session: Session, tmp_path: Path) -> None:
    old = (DAY - dt.timedelta(days=400)).isoformat()
    (found,) = lines(session, tmp_path, f"NDA;Attestation URSSAF\n{CERTIFIED};{old}\n")
    phrases = {piece.code: piece.phrases for piece in found.asked}
    day = dt.date.fromisoformat(old)
    assert phrases["attestation_vigilance"][1:] == (
        f"Celle que nous avons, du {day:%d/%m/%Y}, est trop ancienne à la date du contrat.",
    )


def test_lines_of_one_entity_for_one_porteur_are_one_letter(
    session: Session, tmp_path: Path
) -> None:
    text = (
        "NDA;SIREN;Porteur\n"
        f"{SISTER};;\n{CERTIFIED};;\n{SISTER_CERTIFIED};;\n;900000043;\n{SISTER};;{CERTIFIED}\n"
    )
    facts = {**MISSION, "financement": "OPCO"}
    found = demands(lines(session, tmp_path, text, facts))
    assert [[line.number for line in demand.lines] for demand in found] == [[2, 4, 5], [3], [6]]


def test_why_a_line_asks_for_nothing(session: Session, tmp_path: Path) -> None:
    held = {**MISSION, **DOCUMENTS}
    text = (
        "NDA;Nom;Ville;Catégorie d'action;Forme juridique\n"
        f"{CERTIFIED};;;;\n{BLANK};;;;SAS\n;Zéphyr Introuvable;Marseille;;\n12345678;;;;\n"
        f"{CERTIFIED};;;on ne sait;\n{BLANK};;;;\n{CERTIFIED};;;;;en trop\n"
    )
    found = lines(session, tmp_path, text, held)
    eligible, refused, unknown, eight, unread, asked, shifted = found
    assert (eligible.verdict, eligible.without) == (Verdict.ELIGIBLE, "Rien ne manque.")
    assert refused.verdict is Verdict.NON_ELIGIBLE
    assert refused.without.startswith("Non éligible : ")
    assert "Aucun organisme de la liste ne porte un nom proche" in unknown.without
    assert "compte 8 chiffres" in eight.without
    assert "ne se lit pas (« on ne sait »)" in unread.without
    assert (shifted.verdict, shifted.without) == (Verdict.A_VERIFIER, SHIFTED)
    assert asked.without.startswith("À trancher : ")
    assert "relève-t-il du régime micro-social ?" in asked.without
    assert demands(found) == []
    assert not any(line.question for line in found)


def test_what_is_the_porteurs_alone_makes_no_letter(session: Session, tmp_path: Path) -> None:
    facts = {**MISSION, **DOCUMENTS}
    del facts["contrat_ecrit"]
    (found,) = lines(session, tmp_path, f"NDA\n{CERTIFIED}\n", facts)
    assert (found.verdict, found.asked) == (Verdict.PIECES_MANQUANTES, [])
    assert found.without == "Rien n'est à demander au sous-traitant."
    assert [piece.code for piece in found.own] == ["contrat_ecrit"]


def test_blocks_change_nothing(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"NDA\n{CERTIFIED}\n{SISTER}\n{BLANK}\n{ABSENT}\n{CERTIFIED}\n"
    whole = lines(session, tmp_path, text)
    monkeypatch.setattr(missing, "BLOCK", 2)
    assert lines(session, tmp_path, text) == whole
    assert [line.number for line in whole] == [2, 3, 4, 5, 6]


def test_the_folder(session: Session, tmp_path: Path) -> None:
    text = (
        "NDA;Nom;Mail;Mail du stagiaire;Forme juridique\n"
        f'{CERTIFIED};"=1+1\n/../\u202ex";contact@exemple.fr;stagiaire@exemple.fr;\n'
        f'{ABSENT};"=1+1\n/../\u202ex";non communiqué;;\n{BLANK};;b@exemple.fr;;SAS\n'
    )
    found = lines(session, tmp_path, text)
    folder = tmp_path / "lettres"
    folder.mkdir()
    written = write_folder(folder, found, "c.csv", NOON)
    assert (written.letters, written.addressed, written.lines, written.without) == (2, 1, 3, 1)
    names = ["1-atelier-exemple.eml", "2-1-1-x.eml"]
    assert sorted(path.name for path in folder.iterdir()) == [*names, ALL, INDEX]
    drafts = [
        email.message_from_bytes((folder / name).read_bytes(), policy=default) for name in names
    ]
    assert [mail["To"] for mail in drafts] == ["contact@exemple.fr", None]
    everything = (folder / ALL).read_text("utf-8")
    assert "2 lettres. Rien n'a été envoyé" in everything
    assert "stagiaire@" not in everything
    assert everything.count("\u202e") == 0
    assert "- Contrat de sous-traitance écrit (sous CPF, avec ses huit mentions)\n" in everything
    rows = (folder / INDEX).read_text("utf-8-sig").splitlines()
    assert rows[0] == ";".join(TITLES)
    assert [row.split(";")[0] for row in rows[1:]] == ["2", "3", "4"]
    assert rows[2].split(";")[1] == "'=1+1␣/../␣x"
    assert rows[2].split(";")[5:7] == ["2-1-1-x.eml", "à compléter"]
    assert "@" not in "".join(rows)
