"""The answers written as a workbook: the rows, their summary, what was not understood.

xlsxwriter makes the workbook but for the rows of the first sheet. Cell by cell it takes 10 s for
100,000 rows; DuckDB writes the same XML in one query, put here in the place of a first row.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.french import date_courte
from pipelines.portage.candidates.columns import TITLES, shown
from pipelines.portage.candidates.headers import column_letter
from pipelines.portage.candidates.table import connect
from pipelines.portage.screening.judging import Screening
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL, VERDICTS, Verdict
from pipelines.warehouse.literals import literal

# What a cell holds.
XLSX_TEXT = 32_767
_SHEET = "xl/worksheets/sheet1.xml"
_PROBE = re.compile(rb'<row r="2".*?</row>', re.DOTALL)
_STYLE = re.compile(rb'<c r="[A-Z]+2" s="(\d+)"')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_FETCHED = 2_000
# Characters that XML does not carry.
_FORBIDDEN = "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
_CHANGE_COLOURS = {
    "amélioré": Verdict.ELIGIBLE.words.colours.cell,
    "dégradé": Verdict.NON_ELIGIBLE.words.colours.cell,
}
_WIDTHS = {
    "verdict": 21,
    "raisons": 60,
    "pieces_manquantes": 50,
    "avertissements": 45,
    "organisme": 34,
    "nda_retenu": 14,
    "qualite_rapprochement": 14,
    "message_rapprochement": 34,
    "prochaine_date": 13,
    "prochaine_echeance": 34,
    "verdict_precedent": 21,
}
_WRAPPED = frozenset(name for name, width in _WIDTHS.items() if width >= 34)
_OWN_WIDTHS = (8, 40)
_PIECES_SHOWN = 15
_GONE_SHOWN = 200


def write_book(screening: Screening, target: Path) -> list[str]:
    """Write the workbook; give what to tell of it."""
    shell = screening.folder / "classeur.xlsx"
    with connect(screening.folder) as con:
        _write_shell(screening, con, shell)
        cut = _count_cut(screening, con)
        with zipfile.ZipFile(shell) as made, zipfile.ZipFile(target, "w") as book:
            for entry in made.infolist():
                body = made.read(entry)
                if entry.filename != _SHEET:
                    book.writestr(entry.filename, body, zipfile.ZIP_DEFLATED)
                    continue
                _write_rows(screening, con, body, book)
    if cut:
        return [
            f"{cut} valeur(s) de plus de {XLSX_TEXT} caractères, coupée(s) dans le classeur : "
            "--sortie en .csv ou .parquet les garde entières."
        ]
    return []


def _write_rows(screening: Screening, con: Any, body: bytes, book: zipfile.ZipFile) -> None:
    """Write the sheet of the answers, its rows in the place of the one that shows their styles."""
    probe = _PROBE.search(body)
    assert probe is not None  # noqa: S101  # written by _write_shell
    styles = [style.decode() for style in _STYLE.findall(probe.group())]
    last = screening.candidates.rows + 1
    extent = f'<dimension ref="A1:{column_letter(len(styles) - 1)}{last}"/>'
    entry = zipfile.ZipInfo(_SHEET, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = 1  # type: ignore[attr-defined]
    with book.open(entry, "w", force_zip64=True) as sheet:
        sheet.write(_DIMENSION.sub(extent.encode(), body[: probe.start()], count=1))
        con.execute(f"select {_row_xml(screening, styles)} from {screening.source}")
        while rows := con.fetchmany(_FETCHED):
            sheet.write("".join(text for (text,) in rows).encode())
        sheet.write(body[probe.end() :])


def _row_xml(screening: Screening, styles: Sequence[str]) -> str:
    """Write the expression of one row as XML: texts, so that nothing in it is run."""
    cells = []
    columns = [*(f"c{rank}" for rank in range(1, len(screening.own) + 1)), *screening.ours]
    for position, (column, style) in enumerate(zip(columns, styles, strict=True)):
        start = f"'<c r=\"{column_letter(position)}' || (ligne + 1) || '\" s=\"{style}\"'"
        if column == "prochaine_date":
            value = f"'><v>' || ({column} - date '1899-12-30') || '</v></c>'"
            cells.append(f"if({column} is null, '', {start} || {value})")
            continue
        text = _xml_text(column)
        value = f"' t=\"inlineStr\"><is><t xml:space=\"preserve\">' || {text} || '</t></is></c>'"
        cells.append(f"if({column} is null, '', {start} || {value})")
    return "'<row r=\"' || (ligne + 1) || '\">' || " + " || ".join(cells) + " || '</row>'"


def _xml_text(column: str) -> str:
    text = f"if(length({column}) > {XLSX_TEXT}, left({column}, {XLSX_TEXT - 1}) || '…', {column})"
    # Excel reads _x0041_ as a character: the underscore itself is written so.
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("_x", "_x005F_x")):
        text = f"replace({text}, '{plain}', '{written}')"
    return f"translate({text}, {literal(_FORBIDDEN)}, '')"


def _count_cut(screening: Screening, con: Any) -> int:
    lengths = " + ".join(
        f"count(*) filter (where length(c{rank}) > {XLSX_TEXT})"
        for rank in range(1, len(screening.own) + 1)
    )
    row = con.execute(f"select {lengths} from {screening.source}").fetchone()
    return int(row[0])


def _write_shell(screening: Screening, con: Any, path: Path) -> None:
    """Write all of the workbook but its answers: one row stands for them, with their styles."""
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        _answers_sheet(screening, con, book)
        _summary_sheet(screening, book)
        _columns_sheet(screening, book)
        book.set_properties({"title": "Criblage", "comments": NO_ADVICE_OF_SEVERAL})


def _answers_sheet(screening: Screening, con: Any, book: Any) -> None:
    sheet = book.add_worksheet("Verdicts")
    text = book.add_format({"num_format": "@", "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    day = book.add_format({"num_format": "dd/mm/yyyy", "valign": "top"})
    theirs = book.add_format({"bold": True, "bg_color": "#E7E6E6", "text_wrap": True, "border": 1})
    ours = book.add_format({"bold": True, "bg_color": "#D9E1F2", "text_wrap": True, "border": 1})
    last = screening.candidates.rows
    for position, (name, width) in enumerate(
        zip(screening.own, _own_widths(screening, con), strict=True)
    ):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, name[:XLSX_TEXT], theirs)
        sheet.write_blank(1, position, None, text)
    start = len(screening.own)
    for position, (name, title) in enumerate(
        zip(screening.ours, screening.titles, strict=True), start
    ):
        sheet.set_column(position, position, _WIDTHS.get(name, 14))
        sheet.write_string(0, position, title, ours)
        style = day if name == "prochaine_date" else wrapped if name in _WRAPPED else text
        sheet.write_blank(1, position, None, style)
        for value, (ink, ground) in _colours(name).items():
            sheet.conditional_format(
                *(1, position, last, position),
                {
                    "type": "cell",
                    "criteria": "==",
                    "value": f'"{value}"',
                    "format": book.add_format({"bg_color": ground, "font_color": ink}),
                },
            )
    width = start + len(screening.ours)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, width - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:{column_letter(width - 1)}{last + 1}"})
    sheet.set_landscape()
    sheet.repeat_rows(0)


def _colours(name: str) -> dict[str, tuple[str, str]]:
    if name in ("verdict", "verdict_precedent"):
        return {verdict.value: verdict.words.colours.cell for verdict in VERDICTS}
    return _CHANGE_COLOURS if name == "changement" else {}


def _own_widths(screening: Screening, con: Any) -> list[int]:
    """Give widths that show the header and most values whole."""
    lengths = ", ".join(
        f"coalesce(quantile_disc(length(c{rank}), 0.95), 0)"
        for rank in range(1, len(screening.own) + 1)
    )
    found = con.execute(f"select {lengths} from (from {screening.source} limit 10000)").fetchone()
    low, high = _OWN_WIDTHS
    return [
        min(max(low, length + 2, min(len(name) + 4, 20)), high)
        for name, length in zip(screening.own, found, strict=True)
    ]


def summary(screening: Screening) -> list[tuple[str, list[tuple[str, str | int]]]]:
    """Give what the summary says: titles, and lines of a label and a value under each."""
    snapshot, rules = screening.snapshot, screening.rules
    parts: list[tuple[str, list[tuple[str, str | int]]]] = [
        ("Verdicts", [*screening.verdicts.items(), ("Total", screening.candidates.rows)]),
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


def _summary_sheet(screening: Screening, book: Any) -> None:
    sheet = book.add_worksheet("Synthèse")
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
            colours = _colours("verdict").get(label)
            style = wrapped
            if colours:
                style = book.add_format({"bg_color": colours[1], "font_color": colours[0]})
            sheet.write_string(row, 0, label[:XLSX_TEXT], style)
            if isinstance(value, int):
                sheet.write_number(row, 1, value, wrapped)
            else:
                sheet.write_string(row, 1, value[:XLSX_TEXT], wrapped)
        row += 2


def _columns_sheet(screening: Screening, book: Any) -> None:
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
