"""The build under way: its state, and the staging database that the list is read into."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import GatesRefused, OpacError
from pipelines.home import Home
from pipelines.registers import reading
from pipelines.registers.contract import COLUMNS
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from pipelines.version import code_version
from pipelines.warehouse import build as module
from pipelines.warehouse.build import (
    Build,
    Reading,
    current_build,
    database_path,
    open_build,
    prepare,
    reset,
    staging_path,
)
from tests.registers.rows import row, rows, wire, wire_rows
from tests.warehouse.frames import ANOMALIE, ORGANISME, REJET

Start = Callable[..., tuple[Settings, Build]]
ALL = 1.0  # accept any share of lines set aside


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Archive a list and open the build that is made from it."""

    def call(
        data: bytes,
        share: float = 0.001,
        name: str = "home",
        accepted: dict[str, str] | None = None,
    ) -> tuple[Settings, Build]:
        settings = Settings(home=tmp_path / name, max_rejected_share=share)
        home = Home(settings.home)
        home.prepare()
        path = tmp_path / "of_2026-01-15.csv"
        path.write_bytes(data)
        sighting = acquire(settings, Request(path))
        return settings, open_build(home, sighting, accepted or {})

    return call


def staged(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(staging_path(Home(settings.home)), read_only=True) as con:
        return con.execute(query).fetchall()


# --- The state ------------------------------------------------------------------------------


def test_a_build_is_found_again_by_another_process(start: Start) -> None:
    settings, build = start(wire_rows(5), accepted={"comparaison.nb_lignes": "purge « annoncée »"})
    assert current_build(Home(settings.home)) == build
    assert build.code == code_version()
    assert build.date_liste == dt.date(2026, 1, 15)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", build.version)
    assert build.version.endswith(build.liste.sha256[:8])
    assert build.acceptations == {"comparaison.nb_lignes": "purge « annoncée »"}


def test_without_a_build_under_way_it_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with pytest.raises(OpacError, match="Aucune construction n'est en cours : lancez d'abord"):
        current_build(home)


def test_a_build_replaces_the_one_before(start: Start) -> None:
    _, first = start(wire_rows(5))
    settings, second = start(wire_rows(6))
    assert second.liste.sha256 != first.liste.sha256
    assert current_build(Home(settings.home)) == second


def test_what_a_killed_refresh_left_is_swept(start: Start, tmp_path: Path) -> None:
    settings, _ = start(wire_rows(5))
    home = Home(settings.home)
    (home.build / "lots").mkdir()
    (home.build / "lots" / "organisme-0000.parquet").write_bytes(b"half")
    staging_path(home).write_bytes(b"half")
    outside = tmp_path / "dehors"
    outside.mkdir()
    (outside / "à garder").touch()
    (home.build / "lien").symlink_to(outside)
    reset(home)
    assert list(home.build.iterdir()) == []
    assert (outside / "à garder").exists()
    with pytest.raises(OpacError):
        current_build(home)


# --- Staging --------------------------------------------------------------------------------


def test_a_list_is_read_into_typed_tables(start: Start) -> None:
    lines = [row(1), row(2, siren="000000000"), row(3, ndas_precedents="11750000975"), row(1)]
    settings, build = start(wire(lines) + b"illisible\n", ALL)
    assert prepare(settings, build) == Reading(3, 2, 1)
    assert staged(settings, "select ligne, nda, siren_valide, ndas_precedents from organisme") == [
        (2, "11750000175", True, None),
        (3, "11750000275", False, None),
        (4, "11750000375", True, ["11750000975"]),
    ]
    assert staged(settings, "select ligne, regle from anomalie") == [(3, "SIREN_INVALIDE")]
    assert staged(settings, "select ligne, motif from rejet") == [
        (5, "Répétition exacte d'une ligne déjà lue."),
        (6, "Ligne coupée : elle ne finit pas par « ; » comme l'en-tête."),
    ]
    assert staged(settings, "from lecture") == [([],)]
    home = Home(settings.home)
    assert {path.name for path in home.build.iterdir()} == {
        "construction.json",
        staging_path(home).name,
    }


def test_the_staging_tables_are_those_that_models_are_tried_on(start: Start) -> None:
    settings, build = start(wire_rows(5))
    prepare(settings, build)
    query = "select column_name, data_type from information_schema.columns where table_name = '{}'"
    for name, types in (("organisme", ORGANISME), ("anomalie", ANOMALIE), ("rejet", REJET)):
        assert dict(staged(settings, query.format(name))) == {
            column: kind.upper() for column, kind in types.items()
        }


def test_what_a_layout_never_had_is_kept(start: Start) -> None:
    header = "raison_sociale;siren;num_etablissement;num_da;cfa;effectifs;code_specialite_1"
    line = "ORGANISME;001000017;00010;11750000175;Non;4;413;30"
    settings, build = start(f"{header};nb_stagiaires_1\n{line}\n".encode())
    prepare(settings, build)
    [(absent,)] = staged(settings, "from lecture")
    assert absent == sorted(absent)
    assert {"certifie_vae", "code_region", "code_postal", "fin_exercice"} < set(absent)
    assert "nda" not in absent
    assert staged(settings, "select certification_connue from organisme") == [(False,)]


def test_a_row_without_number_is_set_aside_with_its_text(start: Start) -> None:
    settings, build = start(wire([row(1), row(2, nda=" "), row(3)]) + b"illisible\n", ALL)
    assert prepare(settings, build) == Reading(2, 2, 0)
    [(line, motif, texte), (other, _, _)] = staged(settings, "from rejet")
    assert (line, other) == (3, 5)
    assert motif == "Numéro de déclaration d'activité absent : la ligne n'a pas de clé."
    assert ";ORGANISME FICTIF 00002;" in texte


@pytest.mark.parametrize("block", [1, 3_000])
def test_blocks_make_the_same_tables(
    start: Start, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    lines = [*rows(30), row(31, siren=""), row(32, ville="deux\nlignes"), row(5), row(33, nda="")]
    data = wire(lines) + b"illisible;\n"

    def tables(name: str) -> list[list[tuple[Any, ...]]]:
        settings, build = start(data, ALL, name)
        prepare(settings, build)
        return [
            staged(settings, f"from {t} order by all") for t in ("organisme", "anomalie", "rejet")
        ]

    whole = tables("entier")
    monkeypatch.setattr(reading, "BLOCK", block)
    assert tables("en-blocs") == whole
    assert [len(table) for table in whole] == [32, 2, 3]


def test_a_home_may_have_any_name(start: Start) -> None:
    settings, build = start(wire_rows(5), name="l'année « 2026 » [été] (*)")
    assert prepare(settings, build) == Reading(5, 0, 0)
    assert staged(settings, "select count(*) from organisme") == [(5,)]


def test_preparing_again_starts_over(start: Start) -> None:
    settings, build = start(wire_rows(5))
    for _ in range(2):
        assert prepare(settings, build) == Reading(5, 0, 0)
        assert staged(settings, "select count(*) from organisme") == [(5,)]


# --- Too many lines set aside ---------------------------------------------------------------


def list_with(bad: int, good: int) -> bytes:
    return wire_rows(good) + b"illisible;\n" * bad


@pytest.mark.parametrize(("bad", "refused"), [(0, False), (1, False), (2, True)])
def test_one_line_in_a_thousand_may_be_set_aside(start: Start, bad: int, refused: bool) -> None:
    settings, build = start(list_with(bad, 1_000 - bad))
    if not refused:
        assert prepare(settings, build).lignes_mises_a_part == bad
        return
    with pytest.raises(GatesRefused) as raised:
        prepare(settings, build)
    told = re.sub(r"[\u00a0\u202f]", " ", str(raised.value))
    assert told == (
        "2 lignes sur 1 000 (0,20 %) ne peuvent pas être lues, pour 0,10 % admis (la première, "
        f"ligne 1000 : 1 champs au lieu de {len(COLUMNS)}) : rien n'a été publié ; "
        "redemandez la liste ou relevez OPAC_MAX_REJECTED_SHARE après examen."
    )
    assert not staging_path(Home(settings.home)).exists()


def test_the_first_line_set_aside_is_named_whatever_its_reason(start: Start) -> None:
    header, first, last = wire([row(1), row(2)]).decode().splitlines()
    settings, build = start("\n".join([header, first, first, "illisible;", last]).encode())
    with pytest.raises(GatesRefused, match="la première, ligne 3 : Répétition exacte"):
        prepare(settings, build)


def test_repeats_and_rows_without_number_count_too(start: Start) -> None:
    for lines in ([row(1), row(1)], [row(1), row(2, nda="")]):
        settings, build = start(wire(lines))
        with pytest.raises(GatesRefused, match="la première, ligne 3 : "):
            prepare(settings, build)


def test_a_hopeless_list_is_not_read_to_its_end(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, build = start(b"".join((wire_rows(1), b"illisible;\n" * 200, wire_rows(20)[-3_000:])))
    monkeypatch.setattr(module, "_HOPELESS", 50)
    monkeypatch.setattr(reading, "BLOCK", 100)
    with pytest.raises(GatesRefused, match=r"^(5\d|6\d).lignes sur"):
        prepare(settings, build)


def test_the_paths_of_a_build_are_in_its_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert staging_path(home).parent == database_path(home).parent == home.build
    assert staging_path(home) != database_path(home)
