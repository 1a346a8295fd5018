"""The answers written: CSV, Parquet, JSON; workbooks are in ``workbook``."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.french import combien, verb
from pipelines.portage.candidates.table import connect
from pipelines.portage.screening.judging import Screening
from pipelines.portage.screening.workbook import write_book
from pipelines.warehouse.literals import literal

# Rows that a result workbook takes, its header aside; a sheet has hardly more.
XLSX_ROWS = 1_000_000
# What spreadsheets run when text begins so, plain numbers aside.
_FORMULA = r"[=+\-@\t\r]"
_NUMBER = r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?"
_MARK = b"\xef\xbb\xbf"


def check_target(target: Path, rows: int | None = None) -> None:
    """See that a result of so many rows can be written in a file of this name.

    Raises:
        UsageError: the ending is unknown, or a workbook cannot hold the rows.
    """
    if target.suffix.lower() not in _WRITERS:
        raise UsageError(
            f"« {target} » ne dit pas son format : finissez son nom par .xlsx, .csv, .parquet ou "
            ".json."
        )
    if rows is not None and target.suffix.lower() == ".xlsx" and rows > XLSX_ROWS:
        raise UsageError(
            f"Le fichier a {rows} lignes et un résultat .xlsx en contient {XLSX_ROWS} au plus : "
            "donnez --sortie en .csv ou en .parquet."
        )


def write_result(screening: Screening, target: Path, fmt: str) -> list[str]:
    """Write the answers in ``target``, in the format of the ending ``fmt``; give what to tell."""
    return _WRITERS[fmt.lower()](screening, target)


def _csv(screening: Screening, target: Path) -> list[str]:
    """Write CSV, with the separator of the file that was read, and a mark for spreadsheets.

    Text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    body = screening.folder / "resultat.csv"
    names = [*screening.own, *screening.titles]
    expressions = [_safe(column) for column in _columns(screening)]
    separator = screening.candidates.delimiter or ";"
    with connect(screening.folder) as con:
        header = ", ".join(f"{_safe(literal(name))} as h{n}" for n, name in enumerate(names))
        values = ", ".join(f"{text} as h{n}" for n, text in enumerate(expressions))
        options = f"(format csv, header false, delimiter {literal(separator)}, nullstr '')"
        with target.open("wb") as file:
            file.write(_MARK)
            for query in (f"select {header}", f"select {values} from {screening.source}"):
                con.execute(f"copy ({query}) to {literal(str(body))} {options}")
                with body.open("rb") as part:
                    shutil.copyfileobj(part, file)
        risky = " or ".join(
            f"({text}) is distinct from {column}"
            for text, column in zip(expressions, _texts(screening), strict=True)
        )
        row = con.execute(f"select count(*) from {screening.source} where {risky}").fetchone()
    if row and row[0]:
        return [
            f"{combien(row[0], 'ligne')} {verb(row[0], 'a', 'ont')} une valeur qui commence comme "
            "une formule : une apostrophe la précède dans le CSV."
        ]
    return []


def _parquet(screening: Screening, target: Path) -> list[str]:
    _copy(screening, target, "format parquet")
    return []


def _json(screening: Screening, target: Path) -> list[str]:
    _copy(screening, target, "format json, array true")
    return []


def _copy(screening: Screening, target: Path, options: str) -> None:
    names = distinct([*screening.own, *screening.titles])
    columns = ", ".join(
        f'{column} as "{name.replace(chr(34), chr(34) * 2)}"'
        for column, name in zip(_columns(screening), names, strict=True)
    )
    with connect(screening.folder) as con:
        con.execute(
            f"copy (select {columns} from {screening.source}) to {literal(str(target))} ({options})"
        )


def distinct(names: Sequence[str]) -> list[str]:
    """Give each name once, as these formats want it: the second « Nom » becomes « Nom_2 »."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, number = name, 1
        while free.casefold() in taken:
            number += 1
            free = f"{name}_{number}"
        taken.add(free.casefold())
        found.append(free)
    return found


def _columns(screening: Screening) -> list[str]:
    return [*(f"c{rank}" for rank in screening.kept), *screening.ours]


def _texts(screening: Screening) -> list[str]:
    return [f"nullif({column}::varchar, '')" for column in _columns(screening)]


def _safe(column: str) -> str:
    """Write the expression of a text that no spreadsheet runs."""
    text = f"{column}::varchar"
    return (
        f"case when regexp_matches({text}, '^{_FORMULA}') "
        f"and not regexp_full_match({text}, '{_NUMBER}') then '''' || {text} "
        f"else nullif({text}, '') end"
    )


_WRITERS: dict[str, Callable[[Screening, Path], list[str]]] = {
    ".xlsx": write_book,
    ".csv": _csv,
    ".parquet": _parquet,
    ".json": _json,
}
