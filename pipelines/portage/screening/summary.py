"""What a result rests on, as sheets: figures and sources, and how each column was read."""

from __future__ import annotations

from typing import Any

from pipelines.french import date_courte
from pipelines.portage.candidates.columns import TITLES, shown
from pipelines.portage.screening.judging import Screening
from pipelines.portage.screening.sheets import XLSX_TEXT
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL, VERDICTS

_PIECES_SHOWN = 15
_LISTS_SHOWN = 12
_GONE_SHOWN = 200


def summary(screening: Screening) -> list[tuple[str, list[tuple[str, str | int]]]]:
    """Give what the summary says: titles, and lines of a label and a value under each."""
    snapshot, rules = screening.snapshot, screening.rules
    parts: list[tuple[str, list[tuple[str, str | int]]]] = [
        (
            "Verdicts",
            [
                *((verdict.words.label, count) for verdict, count in screening.verdicts.items()),
                ("Total", screening.candidates.rows),
            ],
        ),
        ("Pièces qui manquent le plus souvent", [*screening.pieces[:_PIECES_SHOWN]]),
        ("Organismes retrouvés", [*screening.matches.items()]),
    ]
    if screening.changes is not None:
        parts.append(("Depuis le résultat précédent", [*screening.changes.items()]))
        if screening.gone:
            shown = [(name, "") for name in screening.gone[:_GONE_SHOWN]]
            parts.append((f"Lignes qui n'y sont plus : {len(screening.gone)}", [*shown]))
    scope = "porteur et sous-traitant" if screening.carrier else "sous-traitant seulement"
    parts += [
        (
            "Question posée",
            [
                ("Fichier", screening.candidates.path.name),
                ("Portée", scope),
                *(
                    (f"Par défaut, {name}", value)
                    for name, value in sorted(screening.defaults.items())
                ),
                *(
                    [("Lecture des colonnes", str(screening.candidates.mapping))]
                    if screening.candidates.mapping
                    else []
                ),
                *((("Remarque"), remark) for remark in screening.candidates.remarks),
            ],
        ),
        (
            "Sources",
            [
                ("Date d'évaluation", date_courte(screening.day)),
                ("Date de la liste", date_courte(snapshot["date_contenu"])),
                *(
                    [("Revue inchangée le", date_courte(snapshot["revue_le"]))]
                    if snapshot["revue_le"] and snapshot["revue_le"] > snapshot["date_contenu"]
                    else []
                ),
                ("SHA-256 de la liste", snapshot["sha256"]),
                *_earlier(screening),
                ("Version publiée", snapshot["version"]),
                ("Empreinte des règles", rules["empreinte"]),
                ("Nombre de règles", rules["nombre"]),
                ("Licence", snapshot["licence"] or ""),
                ("Attribution", snapshot["attribution"] or ""),
                ("Avertissement", NO_ADVICE_OF_SEVERAL),
            ],
        ),
    ]
    return parts


def _earlier(screening: Screening) -> list[tuple[str, str]]:
    """Give the lists of the past on which rows were judged, in the order of their dates."""
    past = [one for one in screening.lists if one[1] != screening.snapshot["sha256"]]
    shown = [
        (f"Liste du {date_courte(day)}, SHA-256", sha256) for day, sha256 in past[:_LISTS_SHOWN]
    ]
    if len(past) > len(shown):
        shown.append(("Autres listes du jour", f"{len(past) - len(shown)}, dites ligne à ligne"))
    return shown


def summary_sheet(screening: Screening, book: Any) -> None:
    """Write the summary, figures as figures."""
    sheet = book.add_worksheet("Synthèse")
    inks = {verdict.words.label: verdict.words.colours.cell for verdict in VERDICTS}
    bold = book.add_format({"bold": True, "font_size": 12, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "align": "left"})
    sheet.set_column(0, 0, 48)
    sheet.set_column(1, 1, 80)
    row = 0
    for title, lines in summary(screening):
        sheet.write_string(row, 0, title, bold)
        sheet.write_blank(row, 1, None, bold)
        for label, value in lines:
            row += 1
            colours = inks.get(label)
            style = wrapped
            if colours:
                style = book.add_format({"bg_color": colours[1], "font_color": colours[0]})
            sheet.write_string(row, 0, label[:XLSX_TEXT], style)
            if isinstance(value, int):
                sheet.write_number(row, 1, value, wrapped)
            else:
                sheet.write_string(row, 1, value[:XLSX_TEXT], wrapped)
        row += 2


def columns_sheet(screening: Screening, book: Any) -> None:
    """Say how each column was read, and why: the same table as on the terminal."""
    sheet = book.add_worksheet("Colonnes lues")
    bold = book.add_format({"bold": True, "bg_color": "#E7E6E6", "border": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 28)
    sheet.set_column(2, 3, 60)
    for position, title in enumerate(TITLES):
        sheet.write_string(0, position, title, bold)
    for row, column in enumerate(screening.candidates.columns, start=1):
        for position, text in enumerate(shown(column)):
            sheet.write_string(row, position, text[:XLSX_TEXT], wrapped)
    sheet.freeze_panes(1, 0)
