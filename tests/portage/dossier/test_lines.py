"""A dossier for each line of a file: issued or told why not, and an index that tells the truth."""

from __future__ import annotations

import csv
import json
import os
import signal
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable, OpacError, Stopped
from pipelines.home import Home
from pipelines.portage.candidates.table import SHIFTED
from pipelines.portage.dossier import lines as module
from pipelines.portage.dossier.check import Status, check
from pipelines.portage.dossier.issue import Issued, issue
from pipelines.portage.dossier.lines import INDEX, Place, Row, issue_lines
from pipelines.portage.dossier.numbers import issued
from pipelines.portage.session import Session
from pipelines.portage.verdict import Verdict
from tests.portage.candidates.files import read, write
from tests.portage.demands import CERTIFIED, DAY, DOCUMENTS, FALSE, SISTER_CERTIFIED, asking
from tests.portage.dossier.dossiers import REVIEW

MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES", "date": DAY.isoformat()}
THREE = f"NDA\n{CERTIFIED}\n{SISTER_CERTIFIED}\n{FALSE}\n"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(Home(tmp_path / "maison"), tmp_path / "dossiers", REVIEW)


def made(
    session: Session, place: Place, text: str, facts: dict[str, str] | None = None
) -> list[Row]:
    candidates = read(write(place.folder.parent / "c.csv", text), place.folder.parent)
    return issue_lines(session, candidates, MISSION if facts is None else facts, place)


def index(place: Place) -> list[dict[str, str]]:
    with (place.folder / INDEX).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def whole(place: Place) -> list[str]:
    """The dossiers of the folder: each is authentic, and no file is there beside them."""
    names = sorted(path.name for path in place.folder.iterdir() if path.name != INDEX)
    numbers = sorted({name.split(".")[0] for name in names})
    assert names == sorted(f"{number}.{form}" for number in numbers for form in ("json", "pdf"))
    for name in names:
        assert check(place.home, place.folder / name).statut is Status.AUTHENTIQUE
    return numbers


def test_the_documents_of_a_line_are_named_in_its_column(session: Session, place: Place) -> None:
    base = place.folder.parent
    (base / "docs").mkdir()
    (base / "docs" / "titres-cv.pdf").write_bytes(b"cv")
    (base / "urssaf.pdf").write_bytes(b"attestation")
    text = (
        f"NDA;Pièces\n{CERTIFIED};docs\n"
        f'{SISTER_CERTIFIED};"attestation_vigilance=urssaf.pdf,numero=A1 ; '
        f'titres=docs/titres-cv.pdf"\n{FALSE};rien.pdf\n{FALSE};\n'
    )
    facts = {**MISSION, **DOCUMENTS}
    unsigned = made(session, place, text, facts)
    assert [bool(row.dossier) for row in unsigned] == [False, False, False, True]
    assert unsigned[0].without.startswith("Un document vu l'est par quelqu'un")
    (place.folder / INDEX).unlink()
    by = replace(place, review=replace(REVIEW, par="A. Fictive"), packed=True)
    rows = made(session, by, text, facts)
    assert [bool(row.dossier) for row in rows] == [True, True, False, True]
    assert "« " + str(base / "rien.pdf") + " »" in rows[2].without
    sheet = json.loads((place.folder / rows[1].file).with_suffix(".json").read_text("utf-8"))
    seen = {one["document"]: one["fichiers"] for one in sheet["documents"] if one["etat"] == "vu"}
    assert seen.keys() == {"attestation_vigilance", "titres"}
    (attestation,) = seen["attestation_vigilance"]
    assert (attestation["numero"], attestation["vu_par"]) == ("A1", "A. Fictive")
    packed = zipfile.ZipFile((place.folder / rows[1].file).with_suffix(".zip"))
    assert packed.read("documents/attestation_vigilance/urssaf.pdf") == b"attestation"


def test_each_line_has_its_dossier(session: Session, place: Place) -> None:
    rows = made(session, place, THREE, {**MISSION, **DOCUMENTS})
    assert [row.number for row in rows] == [2, 3, 4]
    assert rows[0].verdict is Verdict.ELIGIBLE
    assert [row.without for row in rows] == ["", "", ""]
    assert (
        whole(place) == [row.dossier for row in rows] == [e["numero"] for e in issued(place.home)]
    )
    assert [entry["verdict"] for entry in issued(place.home)] == [row.verdict for row in rows]
    assert [entry["organismes"][0]["nda"] for entry in issued(place.home)] == [
        *(CERTIFIED, SISTER_CERTIFIED, FALSE)
    ]
    assert [row["fichier"] for row in index(place)] == [f"{row.dossier}.pdf" for row in rows]
    assert index(place)[0]["organisme"] == "ATELIER EXEMPLE"


def test_what_has_no_dossier_is_a_row(session: Session, place: Place) -> None:
    text = (
        "NDA;Raison sociale;Ville;Montant HT;Catégorie d'action;Note\n"
        f"{CERTIFIED};Atelier;;beaucoup;BILAN_COMPETENCES;\n;Zéphyr Introuvable;Marseille;;VAE;\n"
        f"12345678;;;;VAE;\n{CERTIFIED};;;;;\n{CERTIFIED};;;;VAE;;en trop\n"
        f"{CERTIFIED};;;3000;VAE;\n"
    )
    facts = {"financement": "CPF", "date": DAY.isoformat()}
    *rows, last = made(session, place, text, facts)
    why = [row.without for row in rows]
    assert "« Montant HT de l'opération » ne se lit pas (« beaucoup »)" in why[0]
    assert "Aucun organisme de la liste ne porte un nom proche" in why[1]
    assert "compte 8 chiffres" in why[2]
    assert why[3].startswith("Un dossier porte sur une mission précise")
    assert why[4] == SHIFTED
    assert {row.verdict for row in rows} == {Verdict.A_VERIFIER}
    assert whole(place) == [last.dossier], "no number is spent on a line without dossier"
    told = index(place)
    assert [row["ligne"] for row in told] == ["2", "3", "4", "5", "6", "7"]
    assert [row["pourquoi pas de dossier"] for row in told] == [*why, ""]
    assert {row["verdict"] for row in told[:5]} == {"À vérifier"}


def test_blocks_change_nothing(
    session: Session, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 2)
    rows = made(session, place, THREE)
    assert [row.nda for row in rows] == [CERTIFIED, SISTER_CERTIFIED, FALSE]
    assert [e["organismes"][0]["nda"] for e in issued(place.home)] == [row.nda for row in rows]


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Stopped)]
)
def test_a_stop_ends_the_dossier_under_way(
    session: Session,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    error: type[BaseException],
) -> None:
    def stopped(*args: object, **more: object) -> Issued:
        if len(issued(place.home)) == 1:
            os.kill(os.getpid(), number)
        return issue(*args, **more)  # type: ignore[arg-type]

    before = signal.getsignal(number)
    monkeypatch.setattr(module, "issue", stopped)
    with pytest.raises(error):
        made(session, place, THREE)
    assert signal.getsignal(number) is before
    told = index(place)
    assert whole(place) == [row["dossier"] for row in told if row["dossier"]]
    assert len(whole(place)) == 2
    assert "arrêtée avant elle" in told[2]["pourquoi pas de dossier"]
    assert told[2]["verdict"] == ""


@pytest.mark.parametrize("error", [OpacError("La page manque."), HomeUnusable("Plus de place.")])
def test_a_failure_is_a_row_unless_the_home_fails(
    session: Session, place: Place, monkeypatch: pytest.MonkeyPatch, error: OpacError
) -> None:
    def failing(*args: object, **more: object) -> Issued:
        if len(issued(place.home)) == 1 and not failed:
            failed.append(True)
            raise error
        return issue(*args, **more)  # type: ignore[arg-type]

    failed: list[bool] = []
    monkeypatch.setattr(module, "issue", failing)
    if isinstance(error, HomeUnusable):
        with pytest.raises(HomeUnusable):
            made(session, place, THREE)
        why = ["", *["Ligne non traitée. Plus de place."] * 2]
    else:
        made(session, place, THREE)
        why = ["", "La page manque.", ""]
    assert [row["pourquoi pas de dossier"] for row in index(place)] == why
    assert whole(place) == [row["dossier"] for row in index(place) if row["dossier"]]


def test_an_unreadable_default_is_told_before_anything(session: Session, place: Place) -> None:
    with pytest.raises(OpacError, match="ne se lit pas"):
        made(session, place, THREE, {**MISSION, "montant": "beaucoup"})
    assert not place.folder.exists()
