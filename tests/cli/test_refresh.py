"""``opac refresh``, and failures: each its exit code and one French sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipelines.cli import versions
from pipelines.cli.main import run
from pipelines.home import Home
from pipelines.lock import refresh_lock
from pipelines.runs import journal
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
