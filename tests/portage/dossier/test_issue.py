"""Making dossiers: two files and a line, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable, UsageError
from pipelines.home import Home
from pipelines.portage.dossier.check import Status, check
from pipelines.portage.dossier.issue import Issued, Target, issue
from pipelines.portage.dossier.numbers import issued, reserved
from pipelines.settings import ROOT
from tests.portage.dossier.dossiers import NDA, REVIEW, SIREN, SOURCE, answer

_MAKER = """
import os, signal, sys
from pathlib import Path
import pipelines.portage.dossier.issue as module
from pipelines.errors import OpacError
from pipelines.home import Home
from tests.portage.dossier.dossiers import REVIEW, SOURCE, answer

home, target, how, script = sys.argv[1:]
if how == "rights":
    import ctypes
    for capability in (1, 2) if os.geteuid() == 0 else ():
        if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):
            raise SystemExit("prctl")
    os.execv(sys.executable, [sys.executable, "-c", script, home, target, "", ""])
if how == "space":
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
if how.startswith("dies"):
    name = how.split()[1]
    setattr(module, name, lambda *args, **more: os.kill(os.getpid(), signal.SIGKILL))
try:
    where = module.Target(Path(target))
    print(module.issue(Home(Path(home)), answer(), SOURCE, where, REVIEW).numero)
except OpacError as error:
    print(error.code, error)
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ici").mkdir()
    monkeypatch.chdir(tmp_path / "ici")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


def make(home: Home, target: Path | None = None) -> Issued:
    return issue(home, answer(), SOURCE, Target(target), REVIEW)


def maker(home: Home, target: Path, how: str = "") -> subprocess.CompletedProcess[str]:
    """Make one in a process of its own, bound or killed in some way."""
    return subprocess.run(
        [sys.executable, "-c", _MAKER, str(home.root), str(target), how, _MAKER],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_two_files_side_by_side_and_their_line(home: Home) -> None:
    made = make(home)
    assert names(Path.cwd()) == ["OPAC-2026-000001.json", "OPAC-2026-000001.pdf"]
    assert made.sha256_pdf == hashlib.sha256(made.pdf.read_bytes()).hexdigest()
    assert made.sha256_json == hashlib.sha256(made.json.read_bytes()).hexdigest()
    sheet = json.loads(made.json.read_text("utf-8"))
    assert sheet["numero"] == "OPAC-2026-000001"
    (entry,) = issued(home)
    assert entry == {
        "evenement": "emission",
        "numero": "OPAC-2026-000001",
        "journal": sheet["journal"],
        "date": "2026-03-02T09:05:07+01:00",
        "sha256_pdf": made.sha256_pdf,
        "sha256_zip": None,
        "sha256_json": made.sha256_json,
        "financement": ["CPF"],
        "action": "BILAN_COMPETENCES",
        "date_evaluation": "2026-03-01",
        "verdict": "ELIGIBLE",
        "version": "20260116T040000Z-ab12ab12",
        "sha256_liste": "ab12" * 16,
        "date_liste": "2026-01-15",
        "regles": "77d0" * 16,
        "organismes": [dict(SOURCE.etats[0])],
    }


def test_the_journal_keeps_no_name(home: Home) -> None:
    make(home)
    text = (home.root / "dossiers.jsonl").read_text("utf-8")
    assert "ATELIER" not in text
    assert "MARSEILLE" not in text
    assert NDA in text
    assert SIREN in text


def test_bytes_that_are_no_text(home: Home) -> None:
    found = answer()
    found["organisme"]["faits"]["montant"] = "3000 \udce9"
    made = issue(home, found, SOURCE, Target(), REVIEW)
    assert (
        json.loads(made.json.read_bytes())["reponse"]["organisme"]["faits"]["montant"] == "3000 ?"
    )
    assert check(home, made.pdf).statut is Status.AUTHENTIQUE


def test_where_asked_its_folder_made(home: Home, tmp_path: Path) -> None:
    made = make(home, tmp_path / "a" / "b" / "Proof.PDF")
    assert names(tmp_path / "a" / "b") == ["Proof.PDF", "Proof.json"]
    assert check(home, made.pdf).statut is Status.AUTHENTIQUE


def test_a_dossier_of_another_home_is_not_written_over(home: Home, tmp_path: Path) -> None:
    first = make(home)
    before = first.pdf.read_bytes()
    with pytest.raises(UsageError, match=r"OPAC-2026-000001\.pdf » existe déjà ici.*--sortie"):
        make(Home(tmp_path / "autre"))
    assert first.pdf.read_bytes() == before
    make(Home(tmp_path / "autre"), first.pdf)  # asked for by name, it is
    assert first.pdf.read_bytes() != before


@pytest.mark.parametrize("name", ["dossier.json", "dossier", "dossier.pdf.txt"])
def test_a_name_that_is_no_pdf(home: Home, name: str) -> None:
    with pytest.raises(UsageError, match=r"un nom qui finit par \.pdf"):
        make(home, Path(name))
    assert reserved(home) == set()


def test_places_that_cannot_be_written(home: Home, tmp_path: Path) -> None:
    (tmp_path / "dossier.pdf").mkdir()
    os.mkfifo(tmp_path / "tube.pdf")
    (tmp_path / "fichier").write_text("")
    (tmp_path / "occupe.json").mkdir()
    for name in ("dossier.pdf", "tube.pdf", "fichier/x.pdf", "occupe.pdf"):
        with pytest.raises(UsageError, match="choisissez un autre fichier"):
            make(home, tmp_path / name)
    assert names(tmp_path) == [
        *("dossier.pdf", "fichier", "ici", "maison", "occupe.json", "tube.pdf"),
    ]
    assert issued(home) == []


@pytest.mark.parametrize("step", ["render", "sheet", "_write", "sync", "record"])
def test_killed_at_any_step_nothing_is_false(home: Home, tmp_path: Path, step: str) -> None:
    target = tmp_path / "dossier.pdf"
    assert maker(home, target, f"dies {step}").returncode == -signal.SIGKILL
    assert issued(home) == []
    if target.exists():
        found = check(home, target)
        assert (found.statut, found.emission) == (Status.INCONNU, None)
        assert "l'émission de son dossier n'est pas allée à son terme" in found.message
    assert make(home).numero == "OPAC-2026-000002", "a number is never given twice"
    made = make(home, target)
    assert check(home, made.json).statut is Status.AUTHENTIQUE


def test_a_journal_that_cannot_be_written_at_the_end(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise HomeUnusable("Il n'y a plus de place.")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.portage.dossier.issue.record", full)
        with pytest.raises(HomeUnusable):
            make(home, tmp_path / "dossier.pdf")
    assert check(home, tmp_path / "dossier.pdf").statut is Status.INCONNU


def test_no_space_for_the_files(home: Home, tmp_path: Path) -> None:
    (tmp_path / "dossier.pdf").write_bytes(b"avant")
    ran = maker(home, tmp_path / "dossier.pdf", "space")
    assert ran.stdout.startswith("6 Il n'y a plus de place")
    assert (tmp_path / "dossier.pdf").read_bytes() == b"avant"
    assert names(tmp_path) == ["dossier.pdf", "ici", "maison"]
    assert issued(home) == []


def test_no_rights_to_the_folder(home: Home, tmp_path: Path) -> None:
    make(home)
    closed = tmp_path / "ferme"
    closed.mkdir(mode=0o555)
    ran = maker(home, closed / "dossier.pdf", "rights")
    assert ran.stdout.startswith("2 « "), ran
    assert "ne peut pas être écrit (l'écriture y est refusée)" in ran.stdout
    assert names(closed) == []
    assert len(issued(home)) == 1


def test_four_at_once_make_four(home: Home, tmp_path: Path) -> None:
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _MAKER, str(home.root), str(tmp_path / f"{rank}.pdf"), "", ""],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(4)
    ]
    numbers = sorted(child.communicate(timeout=300)[0].strip() for child in children)
    assert numbers == [f"OPAC-2026-{rank:06d}" for rank in range(1, 5)]
    for rank in range(4):
        assert check(home, tmp_path / f"{rank}.pdf").statut is Status.AUTHENTIQUE
    assert len({entry["numero"] for entry in issued(home)}) == 4
