"""Candidate files that are workbooks or Parquet files, harmful ones among them."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import fastexcel
import pytest

from pipelines.portage.candidates import archives, workbook
from pipelines.portage.candidates.template import write_template
from tests.portage.candidates.files import book, cells, facts, read, rezipped, sheet, write
from tests.portage.candidates.test_text import refused

SHEET = "xl/worksheets/sheet1.xml"


def test_cells_come_as_text(tmp_path: Path) -> None:
    day = dt.date(2026, 3, 2)
    path = sheet(
        tmp_path / "c.xlsx",
        [
            ["NDA", "SIRET", "Date de signature", "Montant HT", "Micro-social", "Note"],
            [93131234513, 73282932000074, day, 4999.5, True, "=1+1"],
            ["01970000197", "00328293200007", 46083, 3000.0, "non", " é "],
        ],
    )
    found = read(path, tmp_path)
    assert cells(found) == [
        ("93131234513", "73282932000074", "2026-03-02", "4999.5", "true", "0"),
        ("01970000197", "00328293200007", "46083", "3000", "non", " é "),
    ]
    # The second is shown as a number: it is no date to whoever looks at the sheet.
    assert [row["date"] for row in facts(found)] == ["2026-03-02", "46083"]


def test_formulas_give_their_kept_value(tmp_path: Path) -> None:
    def fill(_: Any, first: Any) -> None:
        first.write_row(0, 0, ["NDA", "Nom", "Montant"])
        first.write_formula("A2", '="9313"&"1234513"', None, "93131234513")
        first.write_formula("B2", "=1/0", None, "#DIV/0!")
        first.write_formula("C2", "=1500*2", None, 3000)

    path = book(tmp_path / "c.xlsx", fill)
    found = read(path, tmp_path)
    assert (cells(found), found.remarks) == ([("93131234513", None, "3000")], [])
    body = zipfile.ZipFile(path).read(SHEET)
    assert b"<v>3000</v>" in body
    unvalued = rezipped(
        path, tmp_path / "d.xlsx", {SHEET: body.replace(b"<v>3000</v>", b"<v></v>")}
    )
    again = read(unvalued, tmp_path)
    assert cells(again) == [("93131234513", None, None)]
    assert [remark[:34] for remark in again.remarks] == ["1 formule sans valeur calculée, lu"]


def test_titles_blanks_and_merged_cells(tmp_path: Path) -> None:
    def fill(made: Any, first: Any) -> None:
        first.merge_range("B2:F2", "Sous-traitants de l'année")
        first.merge_range("B4:C4", "Qui", None)
        first.write_row("B5", ["NDA", "Nom", "Financeur", None, None])
        first.merge_range("D6:D9", "CPF")
        first.write_row("B6", ["1", "A"])
        first.write_row("B7", ["2", "B"])
        first.write_row("B9", ["4", "D"])
        first.write_row("B10", ["5", "E"])
        first.write("G10", " ")
        first.write("H10", "x")
        first.set_row(20_000, None, made.add_format({"bold": True}))

    found = read(book(tmp_path / "c.xlsx", fill), tmp_path)
    assert found.names == ["NDA", "Nom", "Financeur", "Colonne H"]
    assert cells(found) == [
        ("1", "A", "CPF", None),
        ("2", "B", "CPF", None),
        (None, None, "CPF", None),
        ("4", "D", "CPF", None),
        ("5", "E", None, "x"),
    ]
    assert found.remarks == [
        "2 lignes au-dessus de l'en-tête, laissées de côté.",
        "3 cellules fusionnées : la valeur vaut pour chacune de leurs lignes.",
    ]


def test_the_first_sheet_that_holds_something_is_read(tmp_path: Path) -> None:
    def fill(made: Any, _: Any) -> None:
        hidden = made.add_worksheet("Cachée")
        hidden.write_row(0, 0, ["NDA"])
        hidden.hide()
        for name in ("Candidats", "Notes"):
            made.add_worksheet(name).write_column(0, 0, ["NDA", name])

    found = read(book(tmp_path / "c.xlsx", fill), tmp_path)
    assert cells(found) == [("Candidats",)]
    assert found.remarks == ["Feuille lue : « Candidats » ; non lue : Notes."]


def test_macros_are_ignored_and_said(tmp_path: Path) -> None:
    plain = sheet(tmp_path / "c.xlsx", [["NDA"], ["93131234513"]])
    found = read(rezipped(plain, tmp_path / "c.xlsm", {"xl/vbaProject.bin": b"\xd0\xcf"}), tmp_path)
    assert cells(found) == [("93131234513",)]
    assert found.remarks == ["Classeur à macros : lu comme des données, les macros sont ignorées."]


def test_the_template_is_read_back(tmp_path: Path) -> None:
    write_template(tmp_path / "modele.xlsx")
    refused(tmp_path / "modele.xlsx", tmp_path, "n'a que son en-tête")


def test_office_containers_are_refused(tmp_path: Path) -> None:
    locked = workbook.OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(99)
    refused(write(tmp_path / "a.xlsx", locked), tmp_path, "protégé par un mot de passe")
    old = workbook.OLE + bytes(600) + "Workbook".encode("utf-16-le")
    refused(write(tmp_path / "b.xls", old), tmp_path, "un autre document")


def test_other_archives_are_refused(tmp_path: Path) -> None:
    told_of = {"content.xml": "abîmé", "xl/workbook.bin": "abîmé", "a.csv": "une archive"}
    for name, told in told_of.items():
        with zipfile.ZipFile(tmp_path / "c.xlsx", "w") as made:
            made.writestr(name, "x")
        refused(tmp_path / "c.xlsx", tmp_path, told)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.98])
def test_a_truncated_workbook_is_refused(tmp_path: Path, share: float) -> None:
    body = sheet(tmp_path / "c.xlsx", [["NDA", "Nom"], *[["1", "A"]] * 500]).read_bytes()
    cut = write(tmp_path / "d.xlsx", body[: int(len(body) * share)])
    refused(cut, tmp_path, "abîmé ou incomplet")


def test_a_corrupted_workbook_is_refused(tmp_path: Path) -> None:
    plain = sheet(tmp_path / "c.xlsx", [["NDA", "Nom"], *[[str(n), "A"] for n in range(500)]])
    with zipfile.ZipFile(plain) as made:
        entry = made.getinfo(SHEET)
    body = bytearray(plain.read_bytes())
    start = entry.header_offset + 30 + len(entry.filename)
    for place in range(start + 200, start + 260):
        body[place] ^= 0xFF
    refused(write(tmp_path / "d.xlsx", bytes(body)), tmp_path, "abîmé ou incomplet")
    no_sheet = rezipped(plain, tmp_path / "e.xlsx", {SHEET: b"<worksheet><sheetData><row"})
    refused(no_sheet, tmp_path, "abîmé ou incomplet")


def test_a_bomb_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = sheet(tmp_path / "c.xlsx", [["NDA"], ["1"]])
    bomb = rezipped(plain, tmp_path / "d.xlsx", {"xl/sharedStrings.xml": b" " * (30 << 20)})
    assert bomb.stat().st_size < 100_000
    refused(bomb, tmp_path, "ce qui n'est pas un tableau ordinaire")
    monkeypatch.setattr(archives, "MAX_BYTES", 4_000)
    refused(plain, tmp_path, "une fois décompressé")


def test_a_part_that_lies_about_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its declared size is believed for the limits, and no more than it is ever unpacked."""
    plain = sheet(tmp_path / "c.xlsx", [["NDA"], ["1"]])
    name = "xl/sharedStrings.xml"
    bomb = rezipped(plain, tmp_path / "d.xlsx", {name: b" " * (30 << 20)})
    with zipfile.ZipFile(bomb) as made:
        size = struct.pack("<I", made.getinfo(name).file_size)
    body = bomb.read_bytes()
    assert body.count(size) >= 2
    monkeypatch.setattr(fastexcel, "read_excel", pytest.fail)
    refused(
        write(tmp_path / "e.xlsx", body.replace(size, struct.pack("<I", 300))),
        tmp_path,
        "abîmé ou incomplet",
    )


def test_a_cell_far_away_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_: Any, first: Any) -> None:
        first.write_row(0, 0, ["NDA", "Nom"])
        first.write_row(1, 0, ["1", "A"])
        first.write(1_048_575, 16_383, "loin")

    refused(book(tmp_path / "c.xlsx", fill), tmp_path, "jusqu'à la cellule XFD1048576")
    monkeypatch.setattr(workbook, "MAX_CELLS", 3)
    refused(sheet(tmp_path / "d.xlsx", [["NDA", "Nom"], ["1", "A"]]), tmp_path, "cellule B2")


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    refused(sheet(tmp_path / "c.xlsx", []), tmp_path, "est vide")
    refused(sheet(tmp_path / "d.xlsx", [["NDA", "Nom"]]), tmp_path, "n'a que son en-tête")


def parquet(path: Path, query: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"copy ({query}) to '{path}' (format parquet)")
    return path


def test_parquet_values_come_as_text(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "c.parquet",
        "select 93131234513::double as NDA, 1200.5 as montant, 3000::decimal(10, 2) as ca, "
        "date '2026-03-02' as date, timestamp '2026-03-03 00:00:00' as fin_mission, "
        "timestamp '2026-03-03 10:30:00' as moment, true as micro, 'nan'::double as heures, "
        "'a' || chr(0) || 'b' as \"No\"\"te\"",
    )
    found = read(path, tmp_path)
    assert cells(found) == [
        (
            *("93131234513", "1200.5", "3000", "2026-03-02", "2026-03-03"),
            *("2026-03-03 10:30:00", "true", "nan", "ab"),
        )
    ]
    assert found.names[-1] == 'No"te'
    assert facts(found)[0]["date"] == "2026-03-02"


def test_nested_parquet_columns_are_read_as_text_and_said(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "c [2026] *.parquet",
        "select '1' as nda, ['CPF', 'OPCO'] as financement, {'a': 1, 'b': ['x']} as fiche, "
        "[[1], [2]] as notes",
    )
    found = read(path, tmp_path)
    assert cells(found) == [("1", "CPF + OPCO", '{"a":1,"b":["x"]}', "[[1],[2]]")]
    assert found.remarks == [
        "Colonnes à plusieurs valeurs, lues en texte : financement, fiche, notes."
    ]


def test_parquet_rows_keep_their_order_and_blank_ones_are_left_out(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "c.parquet",
        "select if(n = 7, null, 300000 - n) as siren, if(n = 7, ' ', 'x') as x "
        "from range(300000) t(n)",
    )
    found = read(path, tmp_path)
    assert [row[0] for row in cells(found)] == [str(300_000 - n) for n in range(300_000) if n != 7]
    assert "1 ligne vide laissée de côté." in found.remarks


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    wide = ["NDA", *(f"c{n}" for n in range(1000))]
    refused(sheet(tmp_path / "c.xlsx", [wide, ["1"]]), tmp_path, "1001 colonnes")
    columns = ", ".join(f"'1' as {name}" for name in wide)
    refused(parquet(tmp_path / "c.parquet", f"select {columns}"), tmp_path, "1001 colonnes")


def test_parquet_without_rows_or_identity_is_refused(tmp_path: Path) -> None:
    refused(
        parquet(tmp_path / "c.parquet", "select '1' as nda limit 0"),
        tmp_path,
        "n'a que son en-tête",
    )
    refused(parquet(tmp_path / "d.parquet", "select 1 as x"), tmp_path, "ne dit de qui")
    body = (tmp_path / "d.parquet").read_bytes()
    refused(write(tmp_path / "e.parquet", body[:-9]), tmp_path, "incomplet")
    refused(write(tmp_path / "f.parquet", body[:9] + body[-9:]), tmp_path, "abîmé")
