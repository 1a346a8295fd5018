"""A list of invoices as people keep them: its columns by their headers, its amounts to the cent."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from pipelines.errors import UsageError
from pipelines.portage.cap.columns import columns_of
from pipelines.portage.cap.invoices import Invoices, read_invoices
from pipelines.portage.cap.lines import Line


def read(tmp_path: Path, path: Path) -> Invoices:
    return read_invoices(path, tmp_path)


def text(tmp_path: Path, content: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "factures.csv"
    path.write_text(content, encoding=encoding)
    return path


def book(tmp_path: Path, *rows: tuple[object, ...]) -> Path:
    path = tmp_path / "factures.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("date;montant;sous_traite", (0, 1, 2)),
        ("Date de facture;Montant HT;Montant sous-traité HT", (0, 1, 2)),
        ("N° facture;Client;Date;CA CPF;Dont sous-traité", (2, 3, 4)),
        ("Dont sous-traitance;Total HT;Date facturation", (2, 1, 0)),
        ("Date;Montant TTC;Montant TVA;Montant HT;Sous-traitance HT", (0, 3, 4)),
        ("Date;Chiffre d'affaires;Part sous-traitée (%);Montant sous-traité", (0, 1, 3)),
        ("Date d'échéance;Date facture;Sous-traitant;Coût du sous-traitant;Montant", (1, 4, 3)),
        ("Date facture sous-traitant;Date;Montant;Honoraires sous-traitant", (1, 2, 3)),
        ("Date;Montant TTC;Montant;Sous-traité", (0, 2, 3)),
        ("Date;Montant TVA;Montant TTC;Sous-traité", (0, 2, 3)),
        ("Date de règlement du montant sous-traité;Date;CA;Sous-traité", (1, 2, 3)),
        ("Jour;Montant facturé;Montants sous-traités", (0, 1, 2)),
        ("Date;Montant;Soustraité", (0, 1, 2)),
    ],
)
def test_columns_by_their_headers(header: str, expected: tuple[int, int, int]) -> None:
    found = columns_of(header.split(";"))
    part = found.get("sous_traite", found.get("facture_sous_traitant"))
    assert (found["date"], found["montant"], part) == expected


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("Date;Montant", "« Prix CPF de la part sous-traitée (HT) »"),
        ("Date;Montant;Sous-traitant", "« Prix CPF de la part sous-traitée (HT) »"),
        ("Date;Montant;Taux de sous-traitance", "« Prix CPF de la part sous-traitée (HT) »"),
        ("Date;Montant sous-traité", "comme « Montant CPF facturé (HT) »"),
        ("Client;Ville", "« Date de facture » et « Montant CPF facturé (HT) » et « Prix CPF"),
    ],
)
def test_a_column_that_is_not_there_is_told(tmp_path: Path, header: str, missing: str) -> None:
    path = text(tmp_path, header + "\n" + ";".join("1" for _ in header.split(";")) + "\n")
    with pytest.raises(UsageError, match="Aucune colonne") as refused:
        read(tmp_path, path)
    assert missing in str(refused.value)
    assert header.split(";", maxsplit=1)[0] in str(refused.value)


def test_text_is_kept_as_written(tmp_path: Path) -> None:
    content = "Date;Montant;Montant sous-traité\n15/06/2025;1 234,56 €;\n\n2025-06-16;12;1,234\n"
    found = read(tmp_path, text(tmp_path, content, "cp1252"))
    assert found.lines == (
        Line(2, "15/06/2025", "1 234,56 €", ""),
        Line(4, "2025-06-16", "12", "1,234"),
    )
    assert found.headers == {
        "date": "Date",
        "montant": "Montant",
        "sous_traite": "Montant sous-traité",
    }


def test_lines_with_too_many_cells_are_marked(tmp_path: Path) -> None:
    content = "Date,Montant,Sous-traitance\n" + "2025-06-15,10,1\n" * 3 + "2025-06-16,12,50,3\n"
    found = read(tmp_path, text(tmp_path, content))
    assert [line.shifted for line in found.lines] == [False, False, False, True]


def test_repeated_lines_are_counted(tmp_path: Path) -> None:
    lines = ["2025-06-15;10;1", "2025-06-15;10;1", "2025-06-15;10;2", "2025-06-15;10;1"]
    path = text(tmp_path, "\n".join(["Date;Montant;Sous-traitance", *lines]))
    assert read(tmp_path, path).repeated == 2


def test_what_a_workbook_worked_out_is_rounded_to_the_cent(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ("Date", "Montant HT", "Sous-traitance"),
        (45823, 154.33, 154.33 * 0.8),
        ("16/06/2025", "1 000,00 €", 0.1 + 0.2),
    )
    assert read(tmp_path, path).lines == (
        Line(2, "45823", "154.33", "123.46"),
        Line(3, "16/06/2025", "1 000,00 €", "0.30"),
    )


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "factures.parquet"
    frame = pl.DataFrame(
        {"Date": ["2025-06-15"], "Montant": ["1000.005"], "Sous-traitance": ["1"]},
    ).with_columns(pl.col("Date").str.to_date(), pl.col("Montant").cast(pl.Decimal(12, 3)))
    frame.write_parquet(path)
    assert read(tmp_path, path).lines == (Line(1, "2025-06-15", "1000.01", "1"),)


def test_who_pays_and_what_is_a_credit_note_are_read(tmp_path: Path) -> None:
    content = (
        "Date;Type;Montant HT;Sous-traité HT;Financeur\n"
        "15/01/2026;Facture;1000;750;CPF\n"
        "20/01/2026;Avoir n° 12;1000;0;OPCO\n"
        "21/01/2026;Savoir-faire;1000;0;\n"
    )
    found = read(tmp_path, text(tmp_path, content))
    assert found.headers["financeur"] == "Financeur"
    assert [(line.funder, line.credit) for line in found.lines] == [
        ("CPF", False),
        ("OPCO", True),
        ("", False),
    ]


def test_before_and_after_tax_are_not_mixed(tmp_path: Path) -> None:
    row = "15/01/2026;1000;750\n"
    with pytest.raises(UsageError, match="« Montant TTC » est toutes taxes comprises et"):
        read(tmp_path, text(tmp_path, f"Date;Montant TTC;Sous-traité HT\n{row}"))
    unsaid = read(tmp_path, text(tmp_path, f"Date;Montant TTC;Sous-traité\n{row}"))
    assert unsaid.taxes is not None
    assert "« Sous-traité » ne dit pas s'il l'est" in unsaid.taxes
    both = read(tmp_path, text(tmp_path, f"Date;Montant TTC;Sous-traité TTC\n{row}"))
    assert both.taxes is not None
    assert "hors taxes" in both.taxes
    assert read(tmp_path, text(tmp_path, f"Date;Montant HT;Sous-traité\n{row}")).taxes is None
    # The pair of one kind, where the file has both.
    header = ["Date", "Montant HT", "Montant TTC", "Sous-traité TTC"]
    assert columns_of(header) == {"date": 0, "montant": 2, "sous_traite": 3}
