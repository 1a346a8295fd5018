"""Commands that make something, and failures: each its exit code and one French sentence."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from pipelines import journal
from pipelines.cli import versions
from pipelines.cli.main import run
from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.warehouse.dictionary import dictionary_text
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, ended, start

PAGE = b"<!doctype html><html><body>Maintenance en cours</body></html>"


def test_a_refresh_refused_in_a_process_of_its_own(tmp_path: Path) -> None:
    source = tmp_path / "page.csv"
    source.write_bytes(PAGE)
    home = Home(tmp_path / "maison")
    ran = ended(start("refresh", "--source", source, "--home", home.root))
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Erreur : ")
    assert ran.err.count("\n") == 1
    (run,) = journal.runs(home)
    assert (run.code, f"Erreur : {run.message}\n") == (3, ran.err)
    assert "Traceback" in home.log.read_text("utf-8")


def test_another_refresh_is_running(tmp_path: Path) -> None:
    home = Home(tmp_path / "maison")
    with refresh_lock(home):
        ran = ended(start("refresh", "--source", tmp_path, "--home", home.root))
    assert (ran.code, ran.out) == (5, "")
    assert ran.err.startswith("Erreur : Une actualisation est déjà en cours (processus ")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--date", "31/12/2025"], "« 31/12/2025 » n'est pas une date : écrivez-la AAAA-MM-JJ"),
        (["--date", "2025-02-30"], "« 2025-02-30 » n'est pas une date"),
        (["--accepter", "comparaison.lignes"], "--accepter et --motif vont ensemble"),
        (["--motif", "campagne"], "--accepter et --motif vont ensemble"),
        (["--accepter", "comparaison.lignes", "--motif", " "], "vont ensemble"),
    ],
)
def test_a_wrong_request_starts_nothing(
    opac: Opac, tmp_path: Path, options: list[str], told: str
) -> None:
    home = tmp_path / "maison"
    ran = opac("refresh", "--source", "x.csv", *options, "--home", home)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert not home.exists()


def test_a_setting_that_is_none(
    opac: Opac, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPAC_READ_TIMEOUT", "bientôt")
    ran = opac("status", "--home", tmp_path)
    assert ran.code == 2
    assert "OPAC_READ_TIMEOUT vaut « bientôt »" in ran.err


def test_an_unexpected_error_goes_to_the_log_of_the_home_asked_for(
    opac: Opac, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(home: Home) -> None:
        raise RuntimeError("le détail [technique]")

    monkeypatch.setattr(versions, "current", broken)
    ran = opac("status", "--home", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Erreur imprévue : RuntimeError ; ")
    assert str(tmp_path / "opac.log") in ran.err
    assert ran.err.count("\n") == 1
    log = (tmp_path / "opac.log").read_text("utf-8")
    assert "RuntimeError: le détail [technique]" in log


def test_interrupted(opac: Opac, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(home: Home) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(versions, "current", interrupted)
    ran = opac("status", "--home", tmp_path)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err == "Interrompu : la version publiée est intacte.\n"


def test_interrupted_outside_of_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as ended:
        run(interrupted)
    assert ended.value.code == 130
    assert capfd.readouterr().err == "Interrompu : la version publiée est intacte.\n"


def test_dictionary(opac: Opac, tmp_path: Path) -> None:
    assert opac("dictionnaire").succeeded() == dictionary_text()
    assert opac("dictionnaire", "--sortie", "d.md").succeeded() == ""
    assert (tmp_path / "d.md").read_text("utf-8") == dictionary_text()
    ran = opac("dictionnaire", "--sortie", tmp_path)
    assert ran.code == 2
    assert "c'est un dossier" in ran.err


def test_a_list_is_generated(opac: Opac, tmp_path: Path) -> None:
    told = opac("generer-registre", "--lignes", "300", "--graine", "5").succeeded()
    assert told == "300 lignes, 0.1 Mo : registre-300-5.csv\n"
    content = (tmp_path / "registre-300-5.csv").read_bytes()
    assert len(content.splitlines()) == 301
    found = json.loads(
        opac(
            *("generer-registre", "--lignes", 300, "--graine", 5, "--json"),
            *("--sortie", tmp_path / "b.csv.gz"),
        ).succeeded()
    )
    packed = (tmp_path / "b.csv.gz").read_bytes()
    assert gzip.decompress(packed) == content
    assert found == {
        "path": str(tmp_path / "b.csv.gz"),
        "lignes": 300,
        "sha256": hashlib.sha256(packed).hexdigest(),
        "octets": len(packed),
        "pieges": {},
    }
    opac("generer-registre", "--lignes", "300", "--graine", "6", "--sortie", "c.csv")
    assert (tmp_path / "c.csv").read_bytes() != content


def test_traps_are_counted(opac: Opac, tmp_path: Path) -> None:
    told = opac("generer-registre", "--lignes", "1000", "--pieges", "--sortie", "p.csv").out
    head, *lines = told.splitlines()
    assert head.endswith(" : p.csv")
    counts = {name.strip(): int(count) for name, count in (line.split(" : ") for line in lines)}
    assert counts["REJET_GUILLEMET_NON_FERME"] == 1
    assert counts == json.loads((tmp_path / "p.csv.pieges.json").read_text("utf-8"))
    found = json.loads(
        opac("generer-registre", "--lignes", "1000", "--pieges", "--json", "--sortie", "q.csv").out
    )
    assert found["pieges"] == counts


def test_a_sequence_of_lists(opac: Opac, tmp_path: Path) -> None:
    options = ("--lignes", "300", "--sequence", "3", "--pas", "7", "--date", "2025-12-25")
    told = opac("generer-registre", *options, "--sortie", tmp_path / "s").succeeded()
    assert told.startswith("3 listes dans ")
    names = ["of_2025-12-25.csv", "of_2026-01-01.csv", "of_2026-01-08.csv"]
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [*names, "verite.json"]
    found = json.loads(opac("generer-registre", *options, "--json").succeeded())
    assert [Path(path).name for path in found["listes"]] == names
    truth = json.loads(Path(found["verite"]).read_text("utf-8"))
    assert truth["listes"] == names
    assert Path(found["verite"]).parent.name == "registre-1"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--date", "hier"], "« hier » n'est pas une date"),
        (["--lignes", "10", "--pieges"], "trop courte pour tous les pièges"),
        (["--pieges", "--sequence", "2"], "--pieges ne vaut que pour une liste seule"),
        (["--lignes", "-3"], "--lignes doit valoir au moins 1"),
        (["--sequence", "-1"], "--sequence doit valoir au moins 0"),
        (["--pas", "0"], "--pas doit valoir au moins 1"),
        (["--sequence", "3", "--pas", "36500"], "au-delà de 2099"),
        (["--lignes", "100000000"], "lignes"),
        (["--sortie", "."], "est un dossier"),
        (["--sortie", "/dev/null/x"], "son dossier est un fichier"),
        (["--sequence", "2", "--sortie", "/dev/null/x"], "son dossier est un fichier"),
        (["--sequence", "2", "--sortie", "/dev/null"], "son dossier est un fichier"),
    ],
)
def test_bad_values_make_nothing(opac: Opac, tmp_path: Path, options: list[str], told: str) -> None:
    ran = opac("generer-registre", *options)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("as_json", [True, False])
def test_an_unchanged_list(
    opac: Opac,
    released: Released,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    as_json: bool,
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")  # a refresh sets it: put back afterwards
    home = tmp_path / "maison"
    shutil.copytree(released.home, home, symlinks=True)
    source = released.home.parent / "liste.csv"
    options = ["--json"] if as_json else []
    told = opac(
        *("refresh", "--source", source, "--date", "2025-10-15", "--home", home, *options)
    ).succeeded()
    version, report = released.release.version, released.release.meta["rapport"]
    message = f"Inchangé : la version {version} vient déjà de cette liste (2025-10-15)."
    base, page = home / "opac.duckdb", home / report / "rapport.html"
    if as_json:
        found = json.loads(told)
        assert (found["message"], found["publie"], found["version"]) == (message, False, version)
        assert (found["base"], found["rapport"]) == (str(base), str(page))
        assert found["sha256"] == released.release.meta["sha256"]
    else:
        assert told == f"✓ {message}\n  base    : {base}\n  rapport : {page}\n"
    assert page.exists()
