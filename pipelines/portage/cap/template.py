"""An empty list of invoices, with what each of its columns is for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pipelines.portage.cap.columns import Fact, facts
from pipelines.portage.facts import Genre, choices

# Rows under the header that offer lists and formats.
_ROWS = 2_000
_HEADER, _TITLE = "#E2EFDA", "#D9E1F2"
_HOW = {
    Genre.DATE: "Date, JJ/MM/AAAA ou AAAA-MM-JJ",
    Genre.MONTANT: "Nombre, en euros ; négatif pour un avoir",
    Genre.LISTE: "Une valeur de la liste",
    Genre.TEXTE: "Texte",
}
_TITLES = ("Colonne", "Nom court", "Obligatoire", "Se remplit par", "Sens", "Exemple")
_WIDTHS = (36, 24, 34, 36, 80, 30)
_INTRO = (
    "Une ligne par facture ou avoir de l'année, dans la feuille « Factures », sous-traitée ou non "
    ": la limite est une part du chiffre d'affaires CPF de l'année civile. Les colonnes inutiles "
    "peuvent être supprimées, d'autres ajoutées : elles sont laissées de côté."
)


def write_template(target: Path) -> None:
    """Write the workbook: an empty sheet to fill, and one that explains its columns."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(target)) as book:
        invoices = book.add_worksheet("Factures")
        explained = book.add_worksheet("Explications")
        _invoices(book, invoices)
        _explanations(book, explained)


def _invoices(book: Any, sheet: Any) -> None:
    header = book.add_format(
        {"bold": True, "text_wrap": True, "border": 1, "valign": "top", "bg_color": _HEADER}
    )
    styles = {
        Genre.DATE: book.add_format({"num_format": "dd/mm/yyyy"}),
        Genre.MONTANT: book.add_format({"num_format": "#,##0.00"}),
        Genre.LISTE: book.add_format({"num_format": "@"}),
        Genre.TEXTE: book.add_format({"num_format": "@"}),
    }
    for column, fact in enumerate(facts().values()):
        sheet.write_string(0, column, fact.libelle, header)
        sheet.write_comment(0, column, f"{fact.aide}\n{_HOW[fact.genre]}.")
        sheet.set_column(column, column, 22, styles[fact.genre])
        if (rule := _validation(fact)) is not None:
            sheet.data_validation(1, column, _ROWS, column, rule)
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)


def _validation(fact: Fact) -> dict[str, Any] | None:
    """Give what a cell accepts; who pays is only proposed, since people write it in other words."""
    told = {"error_title": fact.libelle[:32], "error_message": fact.aide[:255]}
    if fact.genre is Genre.DATE:
        first, last = dt.date(2024, 1, 1), dt.date(2060, 12, 31)
        return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last} | told
    if fact.genre is Genre.MONTANT:
        return {
            "validate": "decimal",
            "criteria": "between",
            "minimum": -1e9,
            "maximum": 1e9,
        } | told
    if fact.genre is Genre.LISTE:
        return {"validate": "list", "source": choices("financement"), "show_error": False}
    return None


def _explanations(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "bg_color": _TITLE, "border": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "border": 4})
    intro = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (title, width) in enumerate(zip(_TITLES, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, title, bold)
    sheet.merge_range(0, 0, 0, len(_TITLES) - 1, _INTRO, intro)
    sheet.set_row(0, 36)
    for row, fact in enumerate(facts().values(), 2):
        line = (
            *(fact.libelle, fact.nom, fact.obligatoire, _HOW[fact.genre], fact.aide),
            fact.exemple,
        )
        for column, value in enumerate(line):
            sheet.write_string(row, column, value, wrapped)
        sheet.set_row(row, 32)
    sheet.freeze_panes(2, 1)
