"""``opac demandes``: a file of candidates in, a folder of letters out, nothing sent."""

from __future__ import annotations

import csv
import email
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import DAY, Released
from tests.pipeline.commands import Opac, Ran
from tests.portage.candidates.files import write
from tests.warehouse.small_releases import publish

MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES", "--date", DAY)


@pytest.fixture
def candidates(released: Released) -> Path:
    name, nda = next(iter(released.odd.items()))
    return write(
        Path("c.csv"),
        f"NDA;Raison sociale;Courriel;SIREN\n{nda};{name};qui@exemple.fr;\n"
        "93139999913;X\x07/../y;;\nqui@exemple.fr;Autre;;\n",
    )


def run(opac: Opac, home: Path, *args: object) -> Ran:
    return opac("demandes", *args, "--home", home)


def index(folder: str) -> list[dict[str, str]]:
    with Path(folder, "index.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_letters_are_written_and_none_is_sent(
    opac: Opac, released: Released, candidates: Path
) -> None:
    out = run(opac, released.home, candidates, *MISSION).succeeded()
    assert "2 lettres pour 3 lignes" in out
    assert "Destinataires : colonne « Courriel »" in out
    assert "1 adressée d'après le fichier, 1 à compléter" in out
    assert "1 ligne sans lettre : index.csv dit pourquoi" in out
    assert "Rien n'a été envoyé" in out
    assert "✓ c-demandes" in out
    assert "@exemple" not in out, "an address on the terminal"
    rows = index("c-demandes")
    assert [row["ligne"] for row in rows] == ["2", "3", "4"]
    assert rows[2]["lettre"] == "" != rows[2]["pourquoi pas de lettre"]
    drafts = [row["lettre"] for row in rows[:2]]
    assert sorted(path.name for path in Path("c-demandes").glob("*.eml")) == sorted(drafts)
    mail = email.message_from_bytes(Path("c-demandes", drafts[0]).read_bytes(), policy=default)
    assert (mail["To"], mail["X-Unsent"]) == ("qui@exemple.fr", "1")


def test_a_file_without_header_shows_no_address(opac: Opac, released: Released) -> None:
    path = write(Path("c.csv"), "qui@exemple.fr;rouge\nautre@exemple.fr;vert\n")
    ran = run(opac, released.home, path, *MISSION)
    assert ran.code == 2
    assert "@" not in ran.out + ran.err
    assert "« (adresse) »" in ran.err


def test_a_column_put_aside_gives_no_address(
    opac: Opac, released: Released, candidates: Path
) -> None:
    out = run(opac, released.home, candidates, *MISSION, "--colonne", "Courriel=").succeeded()
    assert "Destinataires" not in out
    assert {row["destinataire"] for row in index("c-demandes")} == {"à compléter", ""}


def test_a_folder_that_holds_something_is_left_alone(
    opac: Opac, released: Released, candidates: Path
) -> None:
    Path("plein").mkdir()
    kept = write(Path("plein/x"), "x")
    ran = run(opac, released.home, candidates, *MISSION, "--sortie", "plein")
    ran.refused(2, "« plein » n'est pas vide")
    assert list(Path("plein").iterdir()) == [kept]
    run(opac, released.home, candidates, *MISSION, "--sortie", kept).refused(
        2, "un fichier a ce nom"
    )
    below = kept / "dessous"
    run(opac, released.home, candidates, *MISSION, "--sortie", below).refused(2, "est un fichier")
    nowhere = "/proc/lettres"
    run(opac, released.home, candidates, *MISSION, "--sortie", nowhere).refused(2, nowhere)
    long = "x" * 300
    run(opac, released.home, candidates, *MISSION, "--sortie", long).refused(2, "trop long")
    Path("vide").mkdir()
    run(opac, released.home, candidates, *MISSION, "--sortie", "vide").succeeded()
    assert len(index("vide")) == 3


def test_a_failure_leaves_no_folder(
    opac: Opac, released: Released, candidates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.portage.letters.folder.write_index", full)
    run(opac, released.home, candidates, *MISSION).refused(6, "plus de place")
    assert [path.name for path in Path().iterdir()] == ["c.csv"]


@pytest.mark.parametrize(
    ("content", "args", "told"),
    [
        ("", MISSION, "est vide"),
        ("Couleur;Taille\nrouge;3\n", MISSION, "ne dit de qui il s'agit"),
        ("NDA\n93139999913\n", (), "Rien ne dit « Financement »"),
        ("NDA\n93139999913\n", (*MISSION, "--montant", "beaucoup"), "ne se lit pas"),
    ],
)
def test_bad_input_is_one_sentence(
    opac: Opac, released: Released, content: str, args: tuple[str, ...], told: str
) -> None:
    path = write(Path("c.csv"), content)
    run(opac, released.home, path, *args).refused(2, told)
    assert [found.name for found in Path().iterdir()] == ["c.csv"]


def test_a_release_without_rules_is_refused(opac: Opac, tmp_path: Path) -> None:
    from pipelines.home import Home

    home = Home(tmp_path / "maison")
    home.prepare()
    publish(home, "x")
    path = write(tmp_path / "c.csv", "NDA\n93139999913\n")
    assert run(opac, home.root, path, *MISSION).code != 0
