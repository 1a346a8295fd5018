"""Cells of a workbook as the spreadsheet shows them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from pipelines.portage.candidates.formats import shown
from tests.portage.candidates.files import facts, read

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
