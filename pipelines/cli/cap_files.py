"""The answer of ``opac plafond`` in files: all of it in a workbook or JSON, its years in CSV."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.cap_shown import project_said
from pipelines.cli.common import json_text
from pipelines.errors import UsageError

if TYPE_CHECKING:
    from pipelines.portage.candidates.columns import Column

Found = dict[str, Any]
Writer = Callable[[Found, Sequence["Column"], Path], None]

_YEAR = (
    *("annee", "du", "au", "factures", "chiffre_affaires", "sous_traite", "part_pct"),
    *("plafond_pct", "depasse", "reste_a_sous_traiter", "chiffre_affaires_manquant"),
    *("a_verifier", "lignes_en_doute", "factures_prix_inconnu", "part_min_pct", "part_max_pct"),
    *("base_legale", "en_cours"),
)
_ENTRUSTED = (
    *("annee", "sous_traitant", "numero", "factures", "sous_traite", "part_pct", "autres_noms"),
    "doute",
)


def writer_of(fichier: Path, sortie: Path) -> Writer:
    """Give what writes the result in the format of its ending.

    Raises:
        UsageError: the ending is unknown, or the result would replace the invoices.
    """
    writers = {".xlsx": _write_xlsx, ".csv": _write_csv, ".json": _write_json}
    if sortie.suffix.lower() not in writers:
        raise UsageError(
            f"« {sortie} » ne dit pas son format : donnez un nom en .xlsx, .csv ou .json."
        )
    if sortie.resolve() == fichier.resolve():
        raise UsageError(
            f"« {sortie} » est la liste des factures elle-même : donnez un autre nom à --sortie."
        )
    return writers[sortie.suffix.lower()]


def _write_json(found: Found, _: Sequence[Column], target: Path) -> None:
    target.write_text(json_text(found) + "\n", encoding="utf-8")


def _write_csv(found: Found, _: Sequence[Column], target: Path) -> None:
    # With a mark, or spreadsheets read accents as something else.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_YEAR)
        for year in found["annees"]:
            writer.writerow(_plain(year[name]) for name in _YEAR)


def _write_xlsx(found: Found, columns: Sequence[Column], target: Path) -> None:
    import xlsxwriter

    from pipelines.portage.candidates.columns import TITLES, shown

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet = _Sheets(book)
        sheet.write("Années", _YEAR, _rows(found["annees"], _YEAR), (14,) * len(_YEAR))
        if found["sous_traitants"] is not None:
            rows = _rows(found["sous_traitants"], _ENTRUSTED)
            sheet.write("Sous-traitants", _ENTRUSTED, rows, (8, 40, 24, 10, 14, 10, 40, 60))
        if found["projet"] is not None:
            years = [found["projet"][name] for name in ("avant", "apres")]
            named = [["sans lui"], ["avec lui"]]
            told = [[*one, *row] for one, row in zip(named, _rows(years, _YEAR[:-1]), strict=True)]
            sheet.write("Projet", ("projet", *_YEAR[:-1]), told, (14,) * len(_YEAR))
        left_out = [(one["ligne"], one["motif"]) for one in found["lignes_ecartees"]]
        sheet.write("Lignes écartées", ("ligne", "motif"), left_out, (8, 100))
        sheet.write("Colonnes lues", TITLES, map(shown, columns), (34, 24, 44, 80))
        said = [*(project_said(found["projet"]) if found["projet"] else ()), *found["a_savoir"]]
        sheet.write("À savoir", ("à savoir",), [(text,) for text in said], (120,))


def _rows(found: Iterable[Found], names: Sequence[str]) -> list[list[Any]]:
    return [[one[name] for name in names] for one in found]


class _Sheets:
    """The sheets of a workbook, each a header and rows."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self._money = book.add_format({"num_format": "#,##0.00", "valign": "top"})
        self._text = book.add_format({"text_wrap": True, "valign": "top"})

    def write(
        self,
        name: str,
        titles: Sequence[str],
        rows: Iterable[Sequence[Any]],
        widths: Sequence[int],
    ) -> None:
        """Add a sheet; columns are so many characters wide."""
        sheet = self._book.add_worksheet(name)
        sheet.write_row(0, 0, titles, self._bold)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    sheet.write_number(number, column, value, self._money)
                elif value is not None:
                    sheet.write(number, column, _plain(value), self._text)
        sheet.freeze_panes(1, 0)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return " | ".join(value)
    return value.isoformat() if isinstance(value, dt.date) else value
