"""``opac export``: what spreadsheets and other tools read back."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.cli import workbook
from pipelines.warehouse.release import open_readonly
from tests.cli.conftest import NAMES, Released
from tests.pipeline.commands import Opac, Ran, ended, start

TABLE = "socle.organisme"


@pytest.fixture
def exported(opac: Opac, released: Released) -> Exported:
    return Exported(opac, released.home)


class Exported:
    def __init__(self, opac: Opac, home: Path) -> None:
        self._opac = opac
        self._home = home

    def __call__(self, *args: object) -> Ran:
        return self._opac("export", *args, "--home", self._home)


def rows(released: Released, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(released.release.path, read_only=True) as con:
        return con.sql(sql).fetchall()


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_every_form_holds_the_whole_table(
    exported: Exported, released: Released, form: str
) -> None:
    ran = exported(TABLE, "--format", form)
    assert (ran.code, ran.out, ran.err) == (0, "", f"✓ {TABLE}.{form}\n")
    frame = read(Path(f"{TABLE}.{form}"))
    expected = rows(released, f"from {TABLE}")
    assert frame.height == len(expected) > 1900
    assert frame.columns == [row[0] for row in rows(released, f"describe {TABLE}")]
    for name in ("nda", "denomination", "siren", "code_postal"):
        column = [row[0] for row in rows(released, f"select {name} from {TABLE}")]
        assert frame[name].to_list() == column, name
    assert any(str(nda).startswith("0") for nda in frame["nda"])
    assert any("P" in str(nda) for nda in frame["nda"])
    for name, nda in released.odd.items():
        assert frame.row(by_predicate=pl.col("nda") == nda, named=True)["denomination"] == name


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".csv":
        return pl.read_csv(path, infer_schema=False)
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_excel(path)


def test_csv_is_what_spreadsheets_expect(exported: Exported) -> None:
    exported("reference.departement")
    raw = Path("reference.departement.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfcode_departement,")
    assert "Côte-d'Or" in raw.decode("utf-8-sig")
    assert raw.endswith(b"\n")
    assert b"\r" not in raw


def test_spreadsheet_has_dates_figures_and_text(exported: Exported, released: Released) -> None:
    exported(TABLE, "--format", "xlsx", "--sortie", "o.xlsx")
    frame = pl.read_excel("o.xlsx")
    assert frame.schema["date_derniere_declaration"] == pl.Date
    assert frame.schema["nb_stagiaires"] == pl.Int64
    assert frame.schema["est_certifie"] == pl.Boolean
    assert frame.schema["nda"] == frame.schema["siren"] == frame.schema["code_postal"] == pl.String
    day = rows(released, f"select date_derniere_declaration from {TABLE}")
    assert frame["date_derniere_declaration"].to_list() == [row[0] for row in day]
    assert any(isinstance(row[0], dt.date) for row in day)
    # A formula would come back as its result.
    assert set(NAMES) <= set(frame["denomination"])


def test_spreadsheet_joins_lists(exported: Exported, released: Released) -> None:
    exported("socle.entite", "--format", "xlsx", "--sortie", "e.xlsx")
    joined = rows(released, "select array_to_string(ndas, ', ') from socle.entite")
    assert pl.read_excel("e.xlsx")["ndas"].to_list() == [row[0] for row in joined]


def test_spreadsheet_cuts_a_text_beyond_what_a_cell_holds() -> None:
    assert workbook.cell_text("x" * 32_767) == "x" * 32_767
    cut = workbook.cell_text("x" * 40_000)
    assert (len(cut), cut[-2:]) == (32_767, "x…")


def test_a_table_too_long_for_a_sheet_is_refused(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_ROWS", 100)
    ran = exported(TABLE, "--format", "xlsx")
    assert ran.code == 2
    assert "exportez cette table en csv ou en parquet" in ran.err
    assert list(Path().iterdir()) == []


def test_every_table_can_be_exported(exported: Exported, released: Released) -> None:
    names = rows(
        released, "select table_schema || '.' || table_name from information_schema.tables"
    )
    assert len(names) >= 13
    for (name,) in names:
        count = rows(released, f"select count(*) from {name}")[0][0]
        assert isinstance(count, int)
        for form in ("csv", "parquet", "xlsx"):
            if form != "parquet" and count > 50_000:
                continue  # portage.eligibilite: as many cells take half a minute
            assert exported(name, "--format", form).code == 0
            assert read(Path(f"{name}.{form}")).height == count, name


def test_an_unknown_table_suggests_near_ones(exported: Exported) -> None:
    ran = exported("socle.organism")
    assert ran.code == 2
    assert "« socle.organism » n'existe pas : choisissez parmi socle.organisme" in ran.err
    assert "reference.region" not in ran.err
    told = exported("xyz").err
    assert "marche" in told
    assert "show tables" in told
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_a_target_that_cannot_be_written_is_told(
    exported: Exported, tmp_path: Path, form: str
) -> None:
    (tmp_path / "fichier").write_text("x", encoding="utf-8")
    (tmp_path / "protege").write_text("avant", encoding="utf-8")
    (tmp_path / "protege").chmod(0o444)
    for target, reason in {
        tmp_path: "c'est un dossier",
        tmp_path / "fichier" / "o": "son dossier est un fichier",
        tmp_path / "fichier" / "dedans" / "o": "son dossier est un fichier",
        tmp_path / "protege": "l'écriture y est refusée",
    }.items():
        ran = exported(TABLE, "--format", form, "--sortie", target)
        assert ran.code == 2
        assert ran.err == (
            f"Erreur : « {target} » ne peut pas être écrit ({reason}) : choisissez un autre "
            "fichier.\n"
        )
    assert (tmp_path / "protege").read_text("utf-8") == "avant"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fichier", "protege"]


def test_the_base_itself_is_never_written_over(exported: Exported, released: Released) -> None:
    base = released.home / "opac.duckdb"
    assert exported(TABLE, "--sortie", base).code == 2
    assert base.is_symlink()
    with open_readonly(base) as con:
        assert con.sql(f"from {TABLE}").fetchone()


def test_the_folder_of_a_file_is_made(exported: Exported, tmp_path: Path) -> None:
    assert exported("reference.region", "--sortie", tmp_path / "a" / "b" / "r.csv").code == 0
    assert (tmp_path / "a" / "b" / "r.csv").exists()


def test_an_existing_file_is_replaced_through_its_link(exported: Exported, tmp_path: Path) -> None:
    real = tmp_path / "reel.csv"
    real.write_text("avant", encoding="utf-8")
    (tmp_path / "lien.csv").symlink_to(real)
    assert exported("reference.region", "--sortie", "lien.csv").code == 0
    assert (tmp_path / "lien.csv").is_symlink()
    assert "Guadeloupe" in real.read_text("utf-8-sig")


_NO_SPACE = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
def test_no_space_left_leaves_the_file_as_it_was(
    released: Released, tmp_path: Path, form: str
) -> None:
    target = tmp_path / "o"
    target.write_text("avant", encoding="utf-8")
    options = ("--format", form, "--sortie", target, "--home", released.home)
    ran = ended(start("export", TABLE, *options, before=_NO_SPACE))
    assert (ran.code, ran.out) == (6, "")
    assert "Il n'y a plus de place" in ran.err
    assert ran.err.count("\n") == 1
    assert target.read_text("utf-8") == "avant"
    assert list(tmp_path.iterdir()) == [target]


def test_a_pipe_is_written_to(exported: Exported, tmp_path: Path) -> None:
    pipe = tmp_path / "tube"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert exported("reference.region", "--sortie", pipe).code == 0
        assert "Guadeloupe" in os.read(reader, 65_536).decode("utf-8-sig")
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_home_can_be_moved_and_still_be_exported(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    shutil.copytree(released.home, tmp_path / "ailleurs", symlinks=True)
    ran = opac("export", "reference.region", "--home", tmp_path / "ailleurs")
    assert ran.code == 0
