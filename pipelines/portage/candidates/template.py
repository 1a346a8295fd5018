"""An empty candidate file, with what each of its columns is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.portage.facts import FAITS, Fait, Genre, Groupe, choices

# Rows under the header that offer lists and formats.
_ROWS = 2_000
_COLOURS = {
    Groupe.CANDIDAT: "#DDEBF7",
    Groupe.MISSION: "#E2EFDA",
    Groupe.SITUATION: "#FFF2CC",
    Groupe.DOCUMENT: "#FCE4D6",
    Groupe.PORTEUR: "#EDEDED",
}
_HOW = {
    Genre.TEXTE: "Texte",
    Genre.BOOLEEN: "oui ou non ; vide si vous ne savez pas",
    Genre.DATE: "Date, JJ/MM/AAAA ou AAAA-MM-JJ",
    Genre.MONTANT: "Nombre",
    Genre.CHOIX: "Une valeur de la liste",
    Genre.LISTE: "Une valeur de la liste, ou plusieurs jointes par « + »",
}
_TITLES = (
    *("Sujet", "Colonne", "Nom court", "Se remplit par", "Sens"),
    *("Valeurs", "Autres noms compris", "Exemple d'une ligne"),
)
_WIDTHS = (26, 34, 28, 26, 60, 44, 44, 22)
_INTRO = (
    "Une ligne par sous-traitant et par mission, dans la feuille « Candidats ». Un seul des "
    "identifiants suffit (NDA, SIRET, SIREN) ; sinon, le nom avec la ville ou le code postal. Une "
    "cellule vide veut dire « inconnu », jamais « non ». Les colonnes inutiles peuvent être "
    "supprimées, d'autres ajoutées : elles reviennent telles quelles dans le résultat."
)


def write_template(target: Path) -> None:
    """Write the workbook: an empty sheet to fill, and one that explains its columns."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(target)) as book:
        candidates = book.add_worksheet("Candidats")
        explained = book.add_worksheet("Explications")
        lists = book.add_worksheet("Listes")
        lists.hide()
        ranges = _lists(lists)
        _candidates(book, candidates, ranges)
        _explanations(book, explained)


def _lists(sheet: Any) -> dict[str, str]:
    """Write the values offered, a column a list; give the range of each."""
    offered = {"": ["oui", "non"]}
    for fact in FAITS:
        if fact.valeurs:
            offered[fact.valeurs] = choices(fact.valeurs)
    ranges = {}
    for column, (name, values) in enumerate(offered.items()):
        letter = chr(ord("A") + column)
        for row, value in enumerate(values):
            sheet.write_string(row, column, value)
        ranges[name] = f"=Listes!${letter}$1:${letter}${len(values)}"
    return ranges


def _candidates(book: Any, sheet: Any, ranges: dict[str, str]) -> None:
    text = book.add_format({"num_format": "@"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    plain = book.add_format({})
    for column, fact in enumerate(FAITS):
        header = book.add_format(
            {"bold": True, "text_wrap": True, "border": 1, "bg_color": _COLOURS[fact.groupe]}
        )
        sheet.write_string(0, column, fact.libelle, header)
        sheet.write_comment(0, column, f"{fact.aide}\n{_HOW[fact.genre]}.")
        style = {Genre.DATE: day, Genre.MONTANT: plain}.get(fact.genre, text)
        sheet.set_column(column, column, min(max(len(fact.libelle), 12), 24), style)
        if (rule := _validation(fact, ranges)) is not None:
            sheet.data_validation(1, column, _ROWS, column, rule)
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 45)


def _validation(fact: Fait, ranges: dict[str, str]) -> dict[str, Any] | None:
    """Give what a cell accepts.

    A list of choices warns, since a legal form may be a code; where several values may be joined,
    it only proposes.
    """
    import datetime as dt

    told = {"error_title": fact.libelle[:32], "error_message": fact.aide[:255]}
    if fact.genre is Genre.DATE:
        first, last = dt.date(1990, 1, 1), dt.date(2060, 12, 31)
        return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last} | told
    if fact.genre is Genre.MONTANT:
        return {"validate": "decimal", "criteria": ">=", "value": 0} | told
    if fact.genre is Genre.TEXTE:
        return None
    offered = {"validate": "list", "source": ranges[fact.valeurs]}
    if fact.genre is Genre.LISTE:
        return offered | {"show_error": False}
    return offered | told | {"error_type": "warning" if fact.genre is Genre.CHOIX else "stop"}


def _explanations(book: Any, sheet: Any) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#D9E1F2", "border": 1})
    intro = book.add_format({"text_wrap": True, "valign": "top"})
    for column, (title, width) in enumerate(zip(_TITLES, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(1, column, title, bold)
    sheet.merge_range(0, 0, 0, len(_TITLES) - 1, _INTRO, intro)
    sheet.set_row(0, 48)
    for row, fact in enumerate(FAITS, 2):
        wrapped = book.add_format(
            {"text_wrap": True, "valign": "top", "bg_color": _COLOURS[fact.groupe], "border": 4}
        )
        values = choices(fact.valeurs) if fact.valeurs else []
        line = (
            *(str(fact.groupe), fact.libelle, fact.nom, _HOW[fact.genre], fact.aide),
            *(" | ".join(values), ", ".join((*fact.entetes, *fact.courts)), fact.exemple),
        )
        for column, value in enumerate(line):
            sheet.write_string(row, column, value, wrapped)
    sheet.freeze_panes(2, 2)
