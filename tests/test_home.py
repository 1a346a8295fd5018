"""The home: its folders, and the sentence when it cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable
from pipelines.home import Home, home_errors, unusable

ROOT = Path("/donnees/opac")


def names(home: Home) -> set[str]:
    return {path.name for path in home.root.iterdir()}


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.database == tmp_path / "home" / "opac.duckdb"
    assert not home.root.exists()


def test_preparing_makes_the_folders_and_only_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "un" / "home")
    home.prepare()
    assert names(home) == {"archive", "construction", "versions", "rapports", "dagster"}
    (home.archive / "à garder").touch()
    home.prepare()
    assert (home.archive / "à garder").exists()


def test_every_path_is_in_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    paths = {
        *(home.archive, home.build, home.releases, home.reports, home.dagster),
        *(home.database, home.journal, home.log, home.lock),
    }
    assert len(paths) == 9
    assert {path.parent for path in paths} == {tmp_path}


def test_a_file_in_the_place_of_the_home_is_told(tmp_path: Path) -> None:
    path = tmp_path / "home"
    path.touch()
    with pytest.raises(HomeUnusable) as raised:
        Home(path).prepare()
    told = str(raised.value)
    assert told.startswith(f"Le dossier de travail « {path} » ne peut pas être utilisé (")
    assert told.endswith("choisissez un autre dossier avec --home ou OPAC_HOME.")
    with pytest.raises(HomeUnusable, match="ce n'est pas un dossier"):
        Home(path / "dessous").prepare()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    home.releases.touch()
    with pytest.raises(HomeUnusable, match=f"un fichier porte déjà ce nom : {home.releases}"):
        home.prepare()


def test_a_home_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write anywhere: the answer is that of the system to another."""
    home = Home(tmp_path / "home")
    home.prepare()
    monkeypatch.setattr(os, "access", lambda path, mode: path != home.root)
    with pytest.raises(HomeUnusable, match="accès refusé"):
        home.prepare()


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "Il n'y a plus de place pour écrire dans « /donnees/opac »"),
        (errno.EDQUOT, "Il n'y a plus de place"),
        (errno.EFBIG, "Il n'y a plus de place"),
        (errno.EACCES, "accès refusé"),
        (errno.EPERM, "opération interdite"),
        (errno.EROFS, "disque en lecture seule"),
        (errno.ENOTDIR, "ce n'est pas un dossier"),
        (errno.ELOOP, "liens en boucle"),
    ],
)
def test_errors_of_space_and_rights_are_one_sentence(number: int, told: str) -> None:
    error = OSError(number, os.strerror(number), "/donnees/opac/archive")
    found = unusable(ROOT, error)
    assert isinstance(found, HomeUnusable)
    assert told in str(found)
    with pytest.raises(HomeUnusable, match=told) as raised, home_errors(ROOT):
        raise error
    assert raised.value.__cause__ is error
    assert raised.value.code == 6


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EIO, errno.EINTR])
def test_other_errors_pass_as_they_are(number: int) -> None:
    error = OSError(number, os.strerror(number))
    assert unusable(ROOT, error) is None
    with pytest.raises(OSError, match=os.strerror(number)) as raised, home_errors(ROOT):
        raise error
    assert raised.value is error
    assert unusable(ROOT, ValueError("autre chose")) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("IO Error: Could not write file: No space left on device", "plus de place"),
        ("database or disk is full", "plus de place"),
        ("attempt to write a readonly database", "ses bases ne peuvent pas être écrites"),
        ("unable to open database file", "ses bases ne peuvent pas être écrites"),
    ],
)
def test_databases_tell_in_words(words: str, told: str) -> None:
    assert told in str(unusable(ROOT, RuntimeError(words)))


def test_what_goes_well_goes_through() -> None:
    with home_errors(ROOT):
        done = True
    assert done


def test_a_path_that_duckdb_would_cut_is_told(tmp_path: Path) -> None:
    with pytest.raises(HomeUnusable, match=r"qui contient « \? » ; choisissez un autre dossier"):
        Home(tmp_path / "OPAC ?").prepare()
    assert list(tmp_path.iterdir()) == []
