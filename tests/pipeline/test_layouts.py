"""The same list in other layouts, and lines that are hard to read."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.registers.archive import Archive
from pipelines.settings import Settings
from tests import light
from tests.light import made_once
from tests.pipeline import lists
from tests.pipeline.commands import Opac, Refresh, ask, released
from tests.registers.rows import row, wire

_TABLES = (
    "socle.organisme",
    "socle.certification",
    "socle.specialite",
    "socle.nda_precedent",
    "socle.entite",
    "marche.synthese",
)


_ROWS = lists.varied_rows()
_LAYOUTS: dict[str, tuple[bytes, str]] = {
    "january 2022": (lists.january_2022(wire(_ROWS)), "janvier 2022 (espaces en tête)"),
    "from windows": ("\ufeff".encode() + wire(_ROWS).replace(b"\n", b"\r\n"), "actuelle"),
    "mirror": (lists.mirror_technical(_ROWS), "opendatasoft (noms techniques)"),
    "mirror labels": (lists.mirror_labels(_ROWS), "opendatasoft (libellés)"),
    "mirror parquet": (lists.mirror_parquet(_ROWS), "opendatasoft (noms techniques)"),
}


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    """A home whose release is made from the current layout; it is only to be read."""
    return made_once(tmp_path_factory, "varie", _make_varied) / "maison"


def _make_varied(folder: Path) -> None:
    source = folder / "liste.csv"
    source.write_bytes(wire(_ROWS))
    light.released(Settings(home=folder / "maison"), source, lists.NEXT_DAY)


def _tables(home: Path) -> dict[str, list[tuple[object, ...]]]:
    found = {table: ask(home, f"from {table} order by all") for table in _TABLES}
    doubts = ask(home, "select nda, regle, champ from qualite.anomalie order by all")
    return {**found, "qualite.anomalie": doubts}


@pytest.mark.parametrize("name", _LAYOUTS)
def test_the_same_list_in_another_layout_gives_the_same_rows(
    name: str, refresh: Refresh, varied: Path
) -> None:
    body, layout = _LAYOUTS[name]

    refresh(body)

    read = "select mise_en_page, lignes_liste, lignes_mises_a_part from meta.publication"
    assert ask(refresh.home, read) == [(layout, lists.COUNT + 1, 1)]
    found = _tables(refresh.home)
    for table, rows in _tables(varied).items():
        assert found[table] == rows, table


def test_the_same_list_packed_is_the_same_content(refresh: Refresh) -> None:
    refresh(lists.next_list())
    before = released(refresh.home)

    assert "Inchangé" in refresh(gzip.compress(lists.next_list()))
    assert "Inchangé" in refresh(lists.zipped(lists.next_list()))

    assert released(refresh.home) == before


def test_the_facts_of_the_varied_list(varied: Path) -> None:
    """Else two layouts could agree on having lost the same thing."""
    facts = ask(
        varied,
        """select nda, denomination, code_postal, code_departement, departement_source,
               nb_stagiaires, fin_exercice, pays_organisme_represente
           from socle.organisme
           where siren in (select siren from socle.organisme order by siren limit 10)
           order by siren""",
    )
    year_end = dt.date(2023, 12, 31)
    name = "ORGANISME FICTIF 0000"
    assert facts == [
        ("93060000106", f"{name}1", "06200", "06", "adresse", 41, year_end, None),
        ("11750000275", f"{name}2", "75011", "75", "adresse", 42, year_end, None),
        ("11750000375", f"{name}3", "75011", "75", "adresse", 43, year_end, None),
        ("11750000475", 'LE "PETIT" INSTITUT ; 4', "75011", "75", "adresse", 44, year_end, None),
        ("11750000575", "École d’été n°5, œuvre", "75011", "75", "adresse", 45, year_end, None),
        ("11750000675", f"{name}6", None, "75", "nda", 46, year_end, None),
        ("11750000775", f"{name}7", "75011", "75", "adresse", 47, year_end, None),
        ("01970000897", f"{name}8", "97110", "971", "adresse", 48, year_end, None),
        ("1175P000975", f"{name}9", "75011", "75", "adresse", None, year_end, None),
        (
            "11750001075",
            "ORGANISME FICTIF 00010",
            "75011",
            "75",
            "adresse",
            50,
            year_end,
            "ESPAGNE",
        ),
    ]
    previous = ask(varied, "from socle.nda_precedent where nda in ('11750000275', '11750000375')")
    assert sorted(previous) == [
        ("11750000275", "11920000292"),
        ("11750000275", "11930000293"),
    ], "and the number itself is no previous one"
    specialities = ask(
        varied, "select rang, code_nsf from socle.specialite where nda = '11750000775'"
    )
    assert sorted(specialities) == [(1, "413"), (2, "315"), (3, "100")]


def test_the_list_of_2021_is_read(opac: Opac, tmp_path: Path) -> None:
    source, home = tmp_path / "public_ofs.csv", tmp_path / "maison"
    source.write_bytes(lists.layout_2021(row(number) for number in range(1, 601)))

    opac("refresh", "--source", source, "--date", "2021-06-01", "--home", home).succeeded()

    facts = ask(
        home,
        """select nda, siret_declarant, code_postal, nb_stagiaires, effectif_formateurs,
               est_certifie, code_region, date_derniere_declaration
           from socle.organisme order by nda limit 1""",
    )
    first = row(1)
    assert facts == [(first["nda"], first["siret_declarant"], "75011", 41, 2, None, None, None)], (
        "what the layout never had is unknown, not false"
    )
    assert ask(home, "select count(*) from socle.certification") == [(0,)]
    assert ask(home, "select mise_en_page from meta.publication") == [("2021 (public_ofs)",)]


def test_a_new_column_is_a_warning(refresh: Refresh) -> None:
    header, _, rest = lists.next_list().partition(b"\n")
    body = header + b"nouveaute;\n" + rest.replace(b";\n", b";;\n")

    refresh(body)

    assert list(Archive(Home(refresh.home)).sightings())[-1].avertissements == [
        "Colonnes nouvelles dans la liste, non lues : nouveaute."
    ]
    assert released(refresh.home).rows == lists.COUNT + 3


@pytest.mark.usefixtures("whole_job")
def test_every_line_is_read_or_set_aside(refresh: Refresh, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lists.next_list().decode().splitlines(keepends=True)
    stray, cut, repeat, keyless, broken = 11, 21, 31, 41, 51
    lines[stray - 1] = lines[stray - 1].replace("ORGANISME FICTIF", 'L"ORGANISME "FICTIF')
    lines[cut - 1] = lines[cut - 1][:60] + "\n"
    lines[repeat - 1] = lines[repeat - 2]
    lines[keyless - 1] = lines[keyless - 1].replace('"11750004075"', '""', 1)
    lines[broken - 1] = lines[broken - 1].replace("RUE DE LA", "RUE\nDE LA")
    raw = "".join(lines)
    monkeypatch.setenv("OPAC_MAX_REJECTED_SHARE", "0.01")

    refresh(raw.encode())

    total = lists.COUNT + 3
    aside = ask(refresh.home, "select ligne, motif, texte from qualite.rejet order by ligne")
    assert [entry[0] for entry in aside] == [cut, repeat, keyless]
    assert [str(entry[1]).split(":")[0].strip() for entry in aside] == [
        "Ligne coupée",
        "Répétition exacte d'une ligne déjà lue.",
        "Numéro de déclaration d'activité absent",
    ]
    assert aside[0][2] == lines[cut - 1].rstrip("\n"), "the raw text is kept"
    counted = ask(
        refresh.home,
        """select lignes_liste, lignes_mises_a_part, (select count(*) from socle.organisme)
           from meta.publication""",
    )
    assert counted == [(total, 3, total - 3)]
    kept = ask(
        refresh.home,
        "select nda, denomination from socle.organisme where nda in ('11750001075', '11750005075')",
    )
    assert sorted(kept) == [
        ("11750001075", 'L"ORGANISME "FICTIF 00010'),
        ("11750005075", "ORGANISME FICTIF 00050"),
    ]
    assert ask(
        refresh.home, "select nda from qualite.anomalie where regle = 'GUILLEMET_ERRANT'"
    ) == [("11750001075",), ("11750005075",)]
