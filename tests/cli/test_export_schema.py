"""``opac export SCHÉMA``: one workbook, its dictionary, and sheets that are what the tables are."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pytest

from pipelines.cli import workbook
from pipelines.settings import SQL
from pipelines.warehouse.dictionary import dictionary_text
from pipelines.warehouse.models import load_models
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran

_NS = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_HEAD = ["table", "description de la table", "grain", "colonne", "type", "description"]


@pytest.fixture
def exported(opac: Opac, released: Released) -> Exported:
    return Exported(opac, released)


class Exported:
    def __init__(self, opac: Opac, released: Released) -> None:
        self._opac = opac
        self.released = released

    def __call__(self, *args: object) -> Ran:
        return self._opac("export", *args, "--home", self.released.home)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.released.release.path, read_only=True) as con:
            return con.sql(sql).fetchall()

    def tables(self, schema: str) -> list[str]:
        found = self.rows(
            "select table_name from information_schema.tables "
            f"where table_schema = '{schema}' order by all"
        )
        return [name for (name,) in found]


def sheet(book: Path, name: str, header: int | None = 0) -> tuple[list[str], list[tuple[Any, ...]]]:
    read = fastexcel.read_excel(book).load_sheet(name, header_row=header, schema_sample_rows=None)
    frame = read.to_polars()
    return frame.columns, frame.rows()


def plain(value: Any) -> Any:
    """What a cell gives back of a value: one kind of number, days as moments, lists joined."""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    if type(value) is dt.date:
        return dt.datetime.combine(value, dt.time())
    return None if value == "" else value


@pytest.mark.parametrize("schema", ["marche", "socle", "qualite", "reference", "meta"])
def test_every_sheet_is_its_table(exported: Exported, schema: str) -> None:
    ran = exported(schema, "--format", "xlsx")
    assert (ran.code, ran.out, ran.err) == (0, "", f"✓ {schema}.xlsx\n")
    book, tables = Path(f"{schema}.xlsx"), exported.tables(schema)
    assert fastexcel.read_excel(book).sheet_names == ["dictionnaire", *tables]
    for table in tables:
        columns, found = sheet(book, table)
        assert columns == [row[0] for row in exported.rows(f"describe {schema}.{table}")]
        expected = exported.rows(f"from {schema}.{table}")
        assert [tuple(map(plain, row)) for row in found] == [
            tuple(map(plain, row)) for row in expected
        ], table


def test_the_dictionary_says_what_each_column_means(exported: Exported) -> None:
    assert exported("marche", "--format", "xlsx").code == 0
    _, lines = sheet(Path("marche.xlsx"), "dictionnaire", None)
    start = next(place for place, row in enumerate(lines) if list(row) == _HEAD)
    head = {row[0]: row[1] for row in lines[:start] if row[1]}
    (day, sha, version) = exported.rows(
        "select date_contenu, sha256, version from meta.publication"
    )[0]
    assert _date(head["Date de la liste"]) == day
    assert (head["SHA-256 de la liste"], head["Version publiée"]) == (sha, version)
    assert "attribution" in " ".join(head).lower()

    told = lines[start + 1 :]
    models = {model.name: model for model in load_models() if model.schema == "marche"}
    kinds = exported.rows(
        "select table_name, column_name, lower(data_type) from information_schema.columns "
        "where table_schema = 'marche' order by table_name, ordinal_position"
    )
    assert [(row[0], row[3], row[4]) for row in told] == kinds
    for table, _, _, column, _, text in told:
        assert text == models[table].columns[column]
    described = {row[0]: row[1:3] for row in told if row[1]}
    assert described == {name: (model.description, model.grain) for name, model in models.items()}
    for model in models.values():  # the same words as the document
        assert model.description in dictionary_text()


def test_a_grain_is_told_only_of_the_model_that_made_the_table(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sql" / "reference").mkdir(parents=True)
    for name in ("region", "departement"):
        own = SQL / "reference" / f"{name}.sql"
        text = own.read_text(encoding="utf-8")
        if name == "region":
            text = text.replace("/*\n", "/*\nAutrement dit, d'une version à venir. ", 1)
        (tmp_path / "sql" / "reference" / own.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(workbook, "SQL", tmp_path / "sql")
    assert exported("reference", "--format", "xlsx").code == 0
    _, lines = sheet(Path("reference.xlsx"), "dictionnaire", None)
    grains = {row[0]: row[2] for row in lines if row[1] and row[3] and row[0] != "table"}
    assert grains == dict.fromkeys(exported.tables("reference"), "") | {
        "departement": "code_departement"
    }


def _date(cell: str) -> dt.date:
    """A date among texts is read back as one of them."""
    return dt.datetime.fromisoformat(cell).date()


def test_tables_are_reached_from_the_dictionary(exported: Exported) -> None:
    assert exported("reference", "--format", "xlsx").code == 0
    root = part("reference.xlsx", "xl/worksheets/sheet1.xml")
    links = [link.get("location") for link in root.iterfind(".//x:hyperlink", _NS)]
    assert links == [f"'{name}'!A1" for name in exported.tables("reference")]


def part(book: str, name: str) -> ET.Element:
    with zipfile.ZipFile(book) as archive:
        return ET.fromstring(archive.read(name))


def test_headers_stay_in_sight_and_filter(exported: Exported) -> None:
    assert exported("reference", "--format", "xlsx").code == 0
    names = ["dictionnaire", *exported.tables("reference")]
    for rank, name in enumerate(names, start=1):
        root = part("reference.xlsx", f"xl/worksheets/sheet{rank}.xml")
        pane = root.find(".//x:pane", _NS)
        assert pane is not None, name
        head = int(pane.get("ySplit", "0"))
        assert pane.get("state") == "frozen", name
        kept = root.find(".//x:autoFilter", _NS)
        assert kept is not None, name
        assert re.fullmatch(rf"A{head}:[A-Z]+\d+", kept.get("ref", "")), name
        if name != "dictionnaire":
            assert head == 1
            assert formats("reference.xlsx", rank, 1) == [("", True)] * width(exported, name)


def width(exported: Exported, table: str) -> int:
    return len(exported.rows(f"describe reference.{table}"))


def formats(book: str, rank: int, row: int) -> list[tuple[str, bool]]:
    """The number format of each cell of a row, and whether it is bold."""
    styles = part(book, "xl/styles.xml")
    shown = {
        fmt.get("numFmtId"): fmt.get("formatCode", "")
        for fmt in styles.iterfind("x:numFmts/x:numFmt", _NS)
    } | {"0": "", "3": "#,##0"}
    bold = [font.find("x:b", _NS) is not None for font in styles.iterfind("x:fonts/x:font", _NS)]
    known = [
        (shown[str(style.get("numFmtId"))], bold[int(style.get("fontId", "0"))])
        for style in styles.iterfind("x:cellXfs/x:xf", _NS)
    ]
    root = part(book, f"xl/worksheets/sheet{rank}.xml")
    cells = root.findall(f".//x:row[@r='{row}']/x:c", _NS)
    return [known[int(cell.get("s", "0"))] for cell in cells]


def test_figures_are_shown_as_what_they_are(exported: Exported) -> None:
    assert exported("marche", "--format", "xlsx").code == 0
    rank = 2 + exported.tables("marche").index("synthese")
    columns, (row,) = sheet(Path("marche.xlsx"), "synthese")
    filled = [name for name, value in zip(columns, row, strict=True) if value is not None]
    shown = dict(zip(filled, formats("marche.xlsx", rank, 2), strict=True))
    assert shown["date_instantane"] == ("yyyy-mm-dd", False)
    assert shown["nb_organismes"] == ("#,##0", False)
    assert shown["part_certifies_pct"] == ('0.00" %"', False)
    assert shown["moyenne_stagiaires"] == ("#,##0.00##", False)


def test_a_year_has_no_thousands() -> None:
    assert workbook.number_format("annee", "bigint") == ""
    assert workbook.number_format("nb_annees", "bigint") == "#,##0"


def test_natural_persons_are_not_named_in_the_market(exported: Exported) -> None:
    assert exported("marche", "--format", "xlsx").code == 0
    named = exported.rows(
        "select denomination from socle.organisme where personne_physique_presumee "
        "except select denomination from socle.organisme where not personne_physique_presumee"
    )
    persons = {name for (name,) in named}
    assert len(persons) > 30
    book = fastexcel.read_excel("marche.xlsx")
    texts = {
        str(value) for name in book.sheet_names for row in sheet_rows(book, name) for value in row
    }
    assert not persons & texts


def sheet_rows(book: fastexcel.ExcelReader, name: str) -> Sequence[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = book.load_sheet(name, header_row=None).to_polars().rows()
    return rows


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_schema_is_one_workbook_only(exported: Exported, form: str) -> None:
    ran = exported("marche", "--format", form)
    assert ran.code == 2
    assert "un schéma s'exporte en un seul classeur : demandez --format xlsx" in ran.err
    assert list(Path().iterdir()) == []


def test_a_schema_is_suggested(exported: Exported) -> None:
    assert "choisissez parmi marche" in exported("march", "--format", "xlsx").err


def test_one_table_too_long_refuses_the_workbook_and_names_it(
    exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "_ROWS", 1500)
    ran = exported("socle", "--format", "xlsx")
    assert ran.code == 2
    assert re.match(r"Erreur : socle\.\w+ a \d+ lignes", ran.err)
    assert "exportez cette table en csv ou en parquet" in ran.err
    assert list(Path().iterdir()) == []


def test_names_of_sheets_are_short_and_unlike_any_other() -> None:
    long = "x" * 40
    found = workbook.sheet_names([long, f"{long}y", "Dictionnaire", "table", "TABLE"])
    assert found == ["x" * 31, f"{'x' * 29}~2", "Dictionnaire~2", "table", "TABLE~2"]
