"""The answers written as a workbook: what to do line by line, what to ask for, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.french import combien
from pipelines.portage.candidates import received
from pipelines.portage.candidates.answers import TITLES, free
from pipelines.portage.candidates.headers import IDENTITY, column_letter
from pipelines.portage.candidates.table import connect
from pipelines.portage.screening.judging import Screening
from pipelines.portage.screening.requests import requests
from pipelines.portage.screening.sheets import (
    XLSX_TEXT,
    Column,
    Filled,
    Kind,
    fill,
    lay_out,
)
from pipelines.portage.screening.summary import columns_sheet, summary_sheet
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL, VERDICTS, Verdict
from pipelines.warehouse.literals import literal

_CHANGE_COLOURS = {
    "amélioré": Verdict.ELIGIBLE.words.colours.cell,
    "dégradé": Verdict.NON_ELIGIBLE.words.colours.cell,
}
_VERDICT_COLOURS = {verdict.words.label: verdict.words.colours.cell for verdict in VERDICTS}
_FIRST = ("verdict_dit", "a_faire")
_DETAILS = (
    *("changement", "verdict_precedent_dit", "raisons", "pieces_manquantes", "avertissements"),
    *("organisme", "nda_retenu", "message_rapprochement", "prochaine_date", "prochaine_echeance"),
    *("date_liste", "date_liste_convention", "financement_retenu", "action_retenue"),
)
_CODES = (
    *("verdict", "qualite_rapprochement", "verdict_precedent"),
    *("sha256_liste", "sha256_liste_convention"),
)
_DATED = frozenset({"prochaine_date", "date_liste", "date_liste_convention"})
_WIDTHS = {
    "verdict_dit": 18,
    "verdict_precedent_dit": 18,
    "a_faire": 42,
    "qui": 30,
    "raisons": 60,
    "pieces_manquantes": 50,
    "avertissements": 60,
    "organisme": 34,
    "message_rapprochement": 34,
    "prochaine_date": 13,
    "date_liste": 13,
    "date_liste_convention": 13,
    "prochaine_echeance": 34,
}
_WRAPPED = frozenset(name for name, width in _WIDTHS.items() if width >= 30)
_OWN_WIDTHS = (8, 40)
# A row stays low enough for the next ones to be seen: a longer text is whole in its cell.
_OWN_LINES, _OUR_LINES = 4, 5
# Characters that may stay in sight while the rest is moved: half of a common screen.
_IN_SIGHT = 120
_REQUEST_WIDTHS = {
    "ligne": 7,
    "qui": 30,
    "identifiant": 16,
    "document": 40,
    "recue": 13,
    "du": 13,
    "declare": 40,
    "a_corriger": 40,
    "pourquoi": 70,
    "base_legale": 26,
    "cle": 36,
}
_DAYS = {"recue": "recue_jour", "du": "du_jour"}
_TO_FILL = "#FFF9DB"
_HOW_TO_FILL = (
    "Donnez la date à laquelle chaque pièce est arrivée (et, si c'est demandé, la sienne), puis "
    "rendez ce classeur à « opac cribler » : ce que la date déclare est alors déclaré. Ne changez "
    "pas les autres colonnes."
)


def write_book(screening: Screening, target: Path) -> list[str]:
    """Write the workbook; give what to tell of it."""
    shell = screening.folder / "classeur.xlsx"
    with connect(screening.folder) as con:
        answers, frozen = _answers(screening, con)
        asked = _requests(requests(screening, con))
        _write_shell(screening, shell, answers, frozen, asked)
        fill(shell, target, con, [answers, asked])
        cut = _count_cut(answers, con)
    told = []
    if cut:
        told.append(
            f"{combien(cut, 'valeur')} de plus de {XLSX_TEXT} caractères, "
            f"{'coupée' if cut < 2 else 'coupées'} dans le classeur : --sortie en .csv ou .parquet "
            f"{'la garde entière' if cut < 2 else 'les garde entières'}."
        )
    if screening.until < screening.candidates.rows:
        told.append(
            f"La feuille « {received.SHEET} » s'arrête au {screening.until}e candidat : ce qui "
            f"manque aux suivants est dans la colonne « {TITLES['pieces_manquantes']} »."
        )
    return told


def _count_cut(answers: Filled, con: Any) -> int:
    lengths = " + ".join(
        f"count(*) filter (where length({column.cell}) > {XLSX_TEXT})"
        for column in answers.columns
        if not column.ours
    )
    row = con.execute(f"select {lengths} from {answers.source}").fetchone()
    return int(row[0])


def _write_shell(
    screening: Screening, path: Path, answers: Filled, frozen: int, asked: Filled
) -> None:
    """Write all of the workbook but the rows of its two first sheets."""
    import xlsxwriter

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet("Verdicts")
        lay_out(book, sheet, answers)
        sheet.freeze_panes(1, frozen)
        _requests_sheet(book, asked)
        summary_sheet(screening, book)
        columns_sheet(screening, book)
        book.set_properties({"title": "Criblage", "comments": NO_ADVICE_OF_SEVERAL})


def _answers(screening: Screening, con: Any) -> tuple[Filled, int]:
    """Give the sheet of verdicts, and how many of its columns stay in sight."""
    ours = {*screening.ours, "verdict_dit"}
    if "verdict_precedent" in ours:
        ours.add("verdict_precedent_dit")
    theirs = [
        Column(name, f"c{rank}", width, Kind.WRAPPED, ours=False, lines=_OWN_LINES)
        for rank, name, width in zip(
            screening.kept, screening.own, _own_widths(screening, con), strict=True
        )
    ]
    first = [_ours(screening, name) for name in _FIRST]
    place = _naming(screening)
    frozen = len(first) + place
    if sum(column.width for column in [*first, *theirs][:frozen]) > _IN_SIGHT:
        first.append(_ours(screening, "qui"))
        frozen = len(first)
    columns = [
        *first,
        *theirs,
        *(_ours(screening, name) for name in (*_DETAILS, *_CODES) if name in ours),
    ]
    source = f"(select *, ligne as rang from {screening.source})"
    return Filled(1, columns, source, screening.candidates.rows), frozen


def _naming(screening: Screening) -> int:
    """Give the place, from 1, of the column of the file that best names the candidate."""
    facts = screening.candidates.facts
    known = [facts[name] for name in ("nom", *IDENTITY) if name in facts]
    return screening.kept.index(known[0]) + 1


def _ours(screening: Screening, name: str) -> Column:
    """Give one of our columns; its title is another where the file has it."""
    coloured = {"verdict_dit": _VERDICT_COLOURS, "verdict_precedent_dit": _VERDICT_COLOURS}
    return Column(
        free(TITLES[name], screening.own),
        _cell(screening, name),
        _WIDTHS.get(name, 16),
        Kind.DAY if name in _DATED else Kind.WRAPPED if name in _WRAPPED else Kind.TEXT,
        day=name if name in _DATED else "",
        hidden=name in _CODES,
        lines=_OUR_LINES,
        shared=name not in ("qui", "organisme", "nda_retenu", "prochaine_date"),
        colours=coloured.get(name, _CHANGE_COLOURS if name == "changement" else {}),
    )


def _cell(screening: Screening, name: str) -> str:
    """Write the expression of the text of one of our columns."""
    if name == "qui":
        facts = screening.candidates.facts
        cells = [f"nullif(trim(c{facts[one]}), '')" for one in ("nom", *IDENTITY) if one in facts]
        return f"coalesce({', '.join([cells[0], 'organisme', *cells[1:]])})"
    if name in _DATED:
        return "null::varchar"
    if not name.endswith("_dit"):
        return name
    code = name.removesuffix("_dit")
    words = " ".join(f"when {literal(one)} then {literal(one.words.label)}" for one in VERDICTS)
    return f"case {code} {words} end"


def _own_widths(screening: Screening, con: Any) -> Sequence[int]:
    """Give widths that show the header and most values whole."""
    lengths = ", ".join(
        f"coalesce(quantile_disc(length(c{rank}), 0.95), 0)" for rank in screening.kept
    )
    found = con.execute(f"select {lengths} from (from {screening.source} limit 10000)").fetchone()
    low, high = _OWN_WIDTHS
    return [
        min(max(low, length + 2, min(len(name) + 4, 20)), high)
        for name, length in zip(screening.own, found, strict=True)
    ]


def _requests(rows: int) -> Filled:
    columns = [
        Column(
            title,
            name,
            _REQUEST_WIDTHS[name],
            Kind.DAY if name in _DAYS else Kind.WRAPPED,
            day=_DAYS.get(name, ""),
            ours=name not in _DAYS,
            shared=name not in (*_DAYS, "ligne", "cle"),
        )
        for name, title in received.TITLES.items()
    ]
    return Filled(2, columns, "demandes", rows, header=2)


def _requests_sheet(book: Any, asked: Filled) -> None:
    sheet = book.add_worksheet(received.SHEET)
    lay_out(book, sheet, asked)
    names = list(received.TITLES)
    intro = book.add_format({"italic": True, "valign": "top"})
    sheet.write_string(0, 0, _HOW_TO_FILL, intro)
    sheet.freeze_panes(asked.header, names.index("document") + 1)
    yellow = book.add_format({"bg_color": _TO_FILL, "border": 4})
    first, last = asked.header, max(asked.last - 1, asked.header)
    declare = column_letter(names.index("declare"))
    for name, test in (
        ("recue", f'LEFT(${declare}{first + 1},4)="Rien"'),
        ("du", f'ISERROR(SEARCH("date du document",${declare}{first + 1}))'),
    ):
        position = names.index(name)
        where = (first, position, last, position)
        sheet.conditional_format(
            *where, {"type": "formula", "criteria": f"=NOT({test})", "format": yellow}
        )
        sheet.data_validation(*where, _a_date())


def _a_date() -> dict[str, Any]:
    import datetime as dt

    return {
        "validate": "date",
        "criteria": "between",
        "minimum": dt.date(1990, 1, 1),
        "maximum": dt.date(2060, 12, 31),
        "error_title": "Une date",
        "error_message": "Donnez une date, par exemple 12/03/2026.",
        "error_type": "warning",
    }
