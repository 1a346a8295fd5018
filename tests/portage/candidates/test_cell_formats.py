"""Cells of a workbook as the spreadsheet shows them."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipelines.errors import UsageError
from pipelines.portage.candidates.formats import hidden, shown
from tests.portage.candidates.books import OLD, long, ods, record, wide, xlsb
from tests.portage.candidates.files import facts, read, rezipped

DAY = 46_327  # 1 November 2026


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.85, "0%", "85 %"),
        (0.0725, "0.00%", "7.25 %"),
        # Three decimals would have two readings.
        (0.07125, "0.000%", "7.1250 %"),
        (0.85, "0.0%;[Red]-0.0%", "85 %"),
        (1.4583333333, "[h]:mm", "35:00"),
        (1.4583333333, "[hh]:mm:ss", "35:00"),
        (0.3125, "h:mm", "7:30"),
        (95, '#,##0 "k€"', "95 k€"),
        (95, 'General" k€"', "95 k€"),
        (1, '"Oui";"Oui";"Non"', "Oui"),
        (0, '"Oui";"Oui";"Non"', "Non"),
        (95_400, '#,##0, "k€"', "95.4 k€"),
        (1500, "[$£-809]#,##0.00", "1500 £"),
        (7000, '#,##0 "€ TTC"', "7000 € TTC"),
        (5, '0 "jours"', "5 jours"),
        (DAY, "mmm-yy", "11/2026"),
        (DAY, "[$-40C]mmmm yyyy", "11/2026"),
        (DAY, "yyyy", "2026"),
        (6000, "00000", "06000"),
        (1_234_567_890_123, "000 000 000 00000", "01234567890123"),
    ],
)
def test_a_format_that_means_something_is_read(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


@pytest.mark.parametrize(
    "code",
    [
        *("General", "@", "0", "#,##0.00", "#,##0.00 €", '#,##0.00\\ "€"', "0.00E+00", "# ?/?"),
        *('_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-', "#,##0.00\\ [$€-40C]", "dd/mm/yyyy"),
        *("d mmmm yyyy", "[$-40C]dd-mmm-yy", "dd/mm/yyyy hh:mm", "[Red]0", "[>100]0;0"),
    ],
)
def test_a_format_that_changes_nothing_is_left_alone(code: str) -> None:
    assert shown(float(DAY), code) is None


@pytest.mark.parametrize("since_1904", [False, True])
def test_a_workbook_is_read_as_it_is_shown(tmp_path: Path, since_1904: bool) -> None:
    path = tmp_path / "c.xlsx"
    formats = {
        **{"Part sous-traitée (%)": "0%", "Durée": "[h]:mm", "CA": '#,##0 "k€"'},
        **{"Date de signature": "dd/mm/yyyy", "Attestation de vigilance": "mmm-yy"},
        **{"Fin de la mission": "d mmm yyyy", "Montant HT": "#,##0.00 €"},
    }
    values: list[Any] = [
        *(0.85, dt.timedelta(hours=35), 95, dt.date(2026, 11, 1), dt.date(2026, 11, 1)),
        *(dt.date(2026, 12, 3), 1500.5),
    ]
    with xlsxwriter.Workbook(str(path), {"date_1904": since_1904}) as book:
        sheet = book.add_worksheet("Feuille")
        sheet.write_row(1, 2, ["NDA", *formats])
        sheet.write_string(2, 2, "93131234513")
        for place, (value, code) in enumerate(zip(values, formats.values(), strict=True), 3):
            sheet.write(2, place, value, book.add_format({"num_format": code}))
    assert facts(read(path, tmp_path)) == [
        {
            "ligne": 1,
            "nda": "93131234513",
            "part_sous_traitee": "85 %",
            "heures": "35:00",
            "ca": "95 k€",
            "date": "2026-11-01",
            "attestation_vigilance": "11/2026",
            "fin_mission": "2026-12-03",
            "montant": "1500.5",
        }
    ]


def test_the_value_kept_beside_a_formula_has_its_format_too(tmp_path: Path) -> None:
    path = tmp_path / "c.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Feuille")
        percent = book.add_format({"num_format": "0 %"})
        sheet.write_row(0, 0, ["NDA", "Part sous-traitée (%)"])
        for row in range(1, 3000):
            sheet.write_string(row, 0, "93131234513")
            sheet.write_formula(row, 1, f"=B{row}/1", percent, 0.5)
    found = facts(read(path, tmp_path))
    assert {row["part_sous_traitee"] for row in found} == {"50 %"}


# --- Workbooks that do not say which cells have a format ---------------------------------------

ROWS = {"Candidats": [["NDA", "CA"], ["93131234513", "95"]]}


def _in_ods(path: Path, style: str) -> Path:
    plain = ods(path.with_name("plain.ods"), ROWS)
    with zipfile.ZipFile(plain) as archive:
        body = archive.read("content.xml").decode()
    styles = f"<office:automatic-styles>{style}</office:automatic-styles><office:body>"
    return rezipped(plain, path, {"content.xml": body.replace("<office:body>", styles, 1).encode()})


def _in_xlsb(path: Path, code: str) -> Path:
    styles = record(278) + record(615, long(1)) + record(44, b"\xa4\x00" + wide(code))
    styles += record(616) + record(617, long(0)) + record(618) + record(279)
    return rezipped(xlsb(path.with_name("plain.xlsb"), ROWS), path, {"xl/styles.bin": styles})


def _in_xls(path: Path, code: str) -> Path:
    double = not code.isascii()
    text = code.encode("utf-16-le" if double else "latin-1")
    head = b"\x1e\x04" + (5 + len(text)).to_bytes(2, "little") + b"\xa4\x00"
    head += len(code).to_bytes(2, "little") + bytes([double])
    path.write_bytes(OLD.read_bytes() + head + text)
    return path


@pytest.mark.parametrize("code", ['#,##0" k€"', '#,##0," k€"', "mmm\\ yyyy"])
def test_a_format_that_is_not_seen_cell_by_cell_is_told(tmp_path: Path, code: str) -> None:
    assert hidden(_in_xls(tmp_path / "c.xls", code)) == code
    book = _in_xlsb(tmp_path / "c.xlsb", code)
    assert hidden(book) == code
    with pytest.raises(UsageError, match="ne se lit pas dans ce type de classeur"):
        read(book, tmp_path)


@pytest.mark.parametrize(
    "code",
    ["General", "0%", "[h]:mm", '#,##0.00\\ "€"', "dd/mm/yyyy", '"Oui";"Oui";"Non"', "00000"],
)
def test_a_format_whose_values_say_enough_is_no_obstacle(tmp_path: Path, code: str) -> None:
    assert hidden(_in_xls(tmp_path / "c.xls", code)) is None
    assert read(_in_xlsb(tmp_path / "c.xlsb", code), tmp_path).rows == 1


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("<number:number-style><number:number/><number:text> k€</number:text>", '0" k€"'),
        ("<number:date-style><number:month/><number:year/>", "mm/yyyy"),
        ("<number:number-style><number:number/>", None),
        ("<number:currency-style><number:number/><number:text> €</number:text>", None),
        ("<number:date-style><number:day/><number:month/><number:year/>", None),
        ("<number:percentage-style><number:number/><number:text>%</number:text>", None),
    ],
)
def test_the_same_of_opendocument(tmp_path: Path, style: str, told: str | None) -> None:
    closed = style + f"</{style[1 : style.index('>')]}>"
    assert hidden(_in_ods(tmp_path / "c.ods", closed)) == told


def test_a_time_of_opendocument_is_no_blank(tmp_path: Path) -> None:
    timed = '<table:table-cell office:value-type="time" office:time-value="PT35H00M00S"/>'
    path = ods(tmp_path / "c.ods", ROWS, more=f"<table:table-row>{timed}</table:table-row>")
    with pytest.raises(UsageError, match="h\\]:mm »"):
        read(path, tmp_path)
