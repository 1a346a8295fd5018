"""Whatever comes in: a documented exit code, one French sentence, the last release untouched."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipelines.quality.gate
from pipelines.home import Home
from pipelines.quality.thresholds import threshold
from pipelines.registers.contract import FLAGS
from pipelines.runs import journal
from tests.launcher import Launcher
from tests.pipeline import lists
from tests.pipeline.commands import UNPRIVILEGED, Opac, ended, released, start
from tests.registers.rows import wire_rows
from tests.registers.server import (
    CATALOGUE,
    FILE,
    JSON,
    MIRROR,
    PAGE,
    RESET,
    STABLE,
    Answer,
    RegisterServer,
    csv,
    cut,
    error,
    gzipped,
    redirect,
)

_GOOD = lists.good_list()
_TEXT = lists.accented()
_HEADER = _GOOD.partition(b"\n")[0] + b"\n"
_BINARY = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(50_000)
_BOMB = _HEADER + b"0" * 30_000_000


def _explained(home: Path, code: int) -> None:
    """The traceback is in the log, and the journal tells of the run."""
    assert "Traceback (most recent call last)" in (home / "opac.log").read_text()
    last = journal.runs(Home(home))[0]
    assert (last.code, last.state) == (code, journal.State.FAILED)


# --- Files ------------------------------------------------------------------------------------

_FILES: dict[str, tuple[bytes, int, str]] = {
    "web page": (PAGE.body, 3, "n'a pas les colonnes"),
    "empty": (b"", 3, "est vide"),
    "header alone": (_HEADER, 3, "qu'un en-tête et aucune ligne"),
    "cut header": (_HEADER[:200], 3, "« numeroDeclarationActivite, "),
    "cut": (_GOOD[: len(_GOOD) // 2], 4, "ne peut pas être lue"),
    "latin-1": (_TEXT.encode("latin-1"), 3, "probablement ISO-8859-1 (latin-1)"),
    "windows-1252": (_TEXT.replace("'", "’").encode("cp1252"), 3, "probablement Windows-1252"),
    "unknown encoding": (_TEXT.replace("é", "Å").encode("mac_roman"), 3, "un codage inconnu"),
    "utf-16": (_TEXT.encode("utf-16"), 3, "probablement UTF-16"),
    "utf-16 unmarked": (_TEXT.encode("utf-16-le"), 3, "octets nuls"),
    "json": (JSON.body, 3, "n'a pas les colonnes"),
    "binary": (_BINARY, 3, "pas"),
    "damaged zip": (b"PK\x03\x04" + _BINARY, 3, "abîmée, incomplète"),
    "cut gzip": (gzip.compress(_GOOD)[:-2000], 3, "abîmée, incomplète"),
    "cut parquet": (lists.mirror_parquet(lists.varied_rows(20))[:-50], 3, "Parquet"),
    "renamed column": (
        lists.with_renamed_column(_GOOD, "certifie_vae", "certifications.validationAcquis"),
        3,
        "« certifications.VAE » semble devenue « certifications.validationAcquis »",
    ),
    "replaced column": (
        lists.with_renamed_column(_GOOD, "denomination", "xyz"),
        3,
        "manquantes : denomination ; nouvelles : xyz",
    ),
    "missing column": (
        lists.without_column(_GOOD, "siret_declarant"),
        3,
        "manquantes : siretEtablissementDeclarant",
    ),
    "half of the rows": (lists.first_half(_GOOD), 4, "comparaison.nb_lignes"),
    "repeated": (lists.repeated(_GOOD), 4, "Répétition exacte"),
    "nda twice": (lists.every_nda_twice(), 4, "contrat.organisme.nda.unique"),
    **{
        f"blank {flag}": (
            wire_rows(lists.COUNT, **{flag: None}),
            4,
            f"contrat.organisme.{flag}.remplissage",
        )
        for flag in FLAGS
    },
    **{
        f"{one} for {other}": (lists.with_swapped_columns(_GOOD, one, other), 4, told)
        for one, other, told in (
            ("siren", "nda", "contrat.organisme."),
            ("nb_stagiaires", "effectif_formateurs", "formateurs.mediane"),
            ("debut_exercice", "fin_exercice", "exercice_inverse"),
            ("certifie_action_formation", "certifie_vae", "part_des_certifies"),
            ("adresse_voie", "ville", "part_avec_numero"),
            ("nb_stagiaires", "nb_stagiaires_confies", "comparaison.colonnes_interverties"),
            ("nb_stagiaires_confies", "effectif_formateurs", "comparaison."),
            ("date_derniere_declaration", "fin_exercice", "comparaison.colonnes_interverties"),
        )
    },
}


# These go through the whole job; and after them, the next good list is read as well.
_TRIED_AGAIN = {"web page", "half of the rows"}


@pytest.mark.parametrize("name", _FILES)
def test_a_file_is_refused(
    name: str, home: Path, tmp_path: Path, opac: Opac, request: pytest.FixtureRequest
) -> None:
    if name in _TRIED_AGAIN:
        request.getfixturevalue("whole_job")
    body, code, told = _FILES[name]
    source = tmp_path / "recu.csv"
    source.write_bytes(body)
    before = released(home)
    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)

    opac(*asked).refused(code, told)

    assert released(home) == before
    _explained(home, code)
    if name in _TRIED_AGAIN:
        source.write_bytes(lists.next_list())
        assert "publiée (liste du 2024-10-16)" in opac(*asked).succeeded()
        assert released(home).rows == lists.COUNT + 3


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_too_large_to_be_the_list_is_refused(
    packed: bool, home: Path, tmp_path: Path, opac: Opac, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "recu.csv"
    if packed:
        monkeypatch.setenv("OPAC_MAX_UNPACKED", "2000000")
        source.write_bytes(gzip.compress(_BOMB))
    else:
        with source.open("wb") as file:
            file.truncate(10_000_000_000)
    before = released(home)

    opac("refresh", "--source", source, "--home", home).refused(3, "OPAC_MAX_UNPACKED")

    assert released(home) == before
    assert not [*(home / "construction").glob("recu-*")], "nothing of it stays"
    _explained(home, 3)


# --- Answers of the network -------------------------------------------------------------------

_DOWN = error(500)
_ANSWERS: dict[str, tuple[Answer, str]] = {
    "web page": (PAGE, "une page web"),
    "empty": (csv(b""), "une réponse vide"),
    "header alone": (csv(_HEADER), "sans aucune ligne"),
    "too short": (csv(wire_rows(3)), "une liste de 3 lignes, au moins 5 attendues"),
    "cut": (cut(_GOOD), "tronquée"),
    "cut unannounced": (csv(_GOOD[:-30]), "coupée au milieu de sa dernière ligne"),
    "bomb": (gzipped(_BOMB), "2,0 Mo une fois décompressé"),
    "ten gigabytes": (csv(_GOOD).but(announced=10_000_000_000), "10,0 Go annoncés"),
    "loop": (redirect(STABLE), "redirections en boucle"),
    "utf-16": (csv(_TEXT.encode("utf-16")), "un texte en UTF-16"),
    "json": (JSON, "du JSON"),
    "binary": (csv(_BINARY), "un texte sans l'en-tête de la liste"),
    "status 503": (error(503), "erreur HTTP 503"),
    "broken connection": (RESET, "rompue"),
}


@pytest.mark.parametrize("name", _ANSWERS)
def test_an_answer_is_refused(
    name: str,
    official_home: Path,
    register_server: RegisterServer,
    opac: Opac,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer, told = _ANSWERS[name]
    monkeypatch.setenv("OPAC_MAX_UNPACKED", "2000000")
    register_server.script(FILE, answer)
    register_server.script(MIRROR, _DOWN)
    before = released(official_home)

    ran = opac("refresh", "--home", official_home)

    ran.refused(3, told, "miroir opendatasoft : erreur HTTP 500", "--source FICHIER")
    assert released(official_home) == before
    assert not [*(official_home / "construction").iterdir()], "nothing of it stays"
    _explained(official_home, 3)


@pytest.mark.usefixtures("whole_job")
@pytest.mark.parametrize("name", ["web page", "json", "empty"])
def test_what_neither_route_gives_is_not_the_list(
    name: str, official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    register_server.script(FILE, _ANSWERS[name][0])
    register_server.script(MIRROR, _ANSWERS[name][0])
    before = released(official_home)

    opac("refresh", "--home", official_home).refused(3, "n'est pas la liste", _ANSWERS[name][1])

    assert released(official_home) == before


_CONTENTS: dict[str, tuple[bytes, int, str]] = {
    name: _FILES[name] for name in ("latin-1", "half of the rows")
}


@pytest.mark.usefixtures("whole_job")
@pytest.mark.parametrize("name", _CONTENTS)
def test_a_content_received_is_refused(
    name: str, official_home: Path, register_server: RegisterServer, opac: Opac
) -> None:
    body, code, told = _CONTENTS[name]
    register_server.script(CATALOGUE, register_server.catalogue({"filesize": len(body)}))
    register_server.script(FILE, csv(body))
    register_server.script(MIRROR, _DOWN)
    before = released(official_home)

    opac("refresh", "--home", official_home).refused(code, told)

    assert released(official_home) == before
    _explained(official_home, code)


def test_a_list_below_the_floor_of_the_official_one_is_refused(
    official_home: Path,
    register_server: RegisterServer,
    opac: Opac,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipelines.quality.gate, "threshold", threshold)
    register_server.script(FILE, csv(lists.next_list()))
    before = released(official_home)

    opac("refresh", "--date", lists.NEXT_DAY, "--home", official_home).refused(
        4, "contrat.organisme.lignes", "120\u202f000 lignes"
    )

    assert released(official_home) == before


# --- Disk and rights --------------------------------------------------------------------------


# No file may grow beyond a size: what a full disk does, wherever tests run.
_LIMITED = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, ({size}, r.RLIM_INFINITY))"


@pytest.mark.parametrize("size", [0, 60_000])
def test_no_space_left_for_a_process(size: int, home: Path, tmp_path: Path) -> None:
    source = tmp_path / "recu.csv"
    source.write_bytes(lists.next_list())
    before = released(home)

    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)
    ran = ended(start(*asked, before=_LIMITED.format(size=size)))

    ran.refused(6, "plus de place", "libérez de l'espace")
    assert released(home) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "disque"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("only root can make a disk; the limit on the size of files stands for it")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("free", [20_000, 200_000, 2_500_000])
def test_no_space_left_on_the_disk(
    free: int, home: Path, small_disk: Path, tmp_path: Path, opac: Opac
) -> None:
    source = tmp_path / "recu.csv"
    source.write_bytes(lists.next_list())
    moved = small_disk / "maison"
    shutil.copytree(home, moved, symlinks=True)
    before = released(moved)
    room = os.statvfs(small_disk)
    fill = small_disk / "remplissage"
    fill.write_bytes(bytes(room.f_bavail * room.f_frsize - free))

    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", moved)
    opac(*asked).refused(6, "plus de place", "libérez de l'espace")

    assert released(moved) == before
    fill.unlink()
    opac(*asked).succeeded()
    assert released(moved).rows == lists.COUNT + 3


def test_a_home_that_is_a_file(tmp_path: Path, opac: Opac) -> None:
    home, source = tmp_path / "maison", tmp_path / "recu.csv"
    home.write_text("une note")
    source.write_bytes(_GOOD)

    opac("refresh", "--source", source, "--home", home).refused(6, "ce n'est pas un dossier")

    assert home.read_text() == "une note"


@pytest.mark.parametrize(
    ("place", "mode"),
    [(".", 0o000), (".", 0o555), ("opac.log", 0o444), ("archive", 0o555), ("dagster", 0o555)],
)
def test_a_home_without_rights(
    place: str, mode: int, home: Path, tmp_path: Path, opac: Opac, launcher: Launcher
) -> None:
    source = tmp_path / "recu.csv"
    source.write_bytes(lists.next_list())
    (home / "opac.log").touch()
    before = released(home)
    asked = ("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home)
    denied = [home] if place == "." else [home / place, *(home / place).rglob("*")]
    modes = {path: path.stat().st_mode for path in denied}
    for path in denied:
        path.chmod(mode if path.is_dir() else 0o444)
    try:
        if place in ("dagster", "opac.log"):  # which forked processes do not write
            ran = ended(start(*asked, before=UNPRIVILEGED))
        else:
            ran = launcher.run(*asked, before=UNPRIVILEGED)
    finally:
        for path in denied:
            path.chmod(modes[path])

    ran.refused(6, "ne peut pas être utilisé", "--home ou OPAC_HOME")
    assert released(home) == before
    if place == "archive":
        opac(*asked).succeeded()


def test_a_source_without_rights(home: Path, tmp_path: Path, launcher: Launcher) -> None:
    source = tmp_path / "recu.csv"
    source.write_bytes(_GOOD)
    source.chmod(0o000)
    before = released(home)

    ran = launcher.run("refresh", "--source", source, "--home", home, before=UNPRIVILEGED)

    ran.refused(2, "ne peut pas être lu", "vérifiez ses droits")
    assert released(home) == before


# --- As a process, the real thing -------------------------------------------------------------


@pytest.mark.parametrize("name", ["web page", "half of the rows"])
def test_a_process_tells_it_as_well(name: str, home: Path, tmp_path: Path) -> None:
    body, code, told = _FILES[name]
    source = tmp_path / "recu.csv"
    source.write_bytes(body)
    before = released(home)

    ran = ended(start("refresh", "--source", source, "--date", lists.NEXT_DAY, "--home", home))

    ran.refused(code, told)
    assert ran.out == ""
    assert released(home) == before
    _explained(home, code)


def test_a_process_tells_of_the_network_as_well(
    official_home: Path, register_server: RegisterServer
) -> None:
    register_server.script(FILE, PAGE)
    register_server.script(MIRROR, _DOWN)
    before = released(official_home)

    ran = ended(start("refresh", "--home", official_home, env=register_server.environment()))

    ran.refused(3, "une page web")
    assert released(official_home) == before
    _explained(official_home, 3)
