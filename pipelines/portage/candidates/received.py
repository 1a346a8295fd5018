"""The sheet « Pièces à demander », filled in and given back: what was received, of whom.

A row says of which line and of which document it speaks by its key (:data:`KEY`). A date makes
that document declared for that line; whatever is doubtful of it (see ``keys.py``) is a question
put to the line, and declares nothing.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.french import date_courte
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.facts import PAR_NOM, Genre, Groupe
from pipelines.portage.words import is_nothing, key
from pipelines.settings import REFERENCE

if TYPE_CHECKING:
    import polars as pl

    from pipelines.portage.candidates.headers import Row

SHEET = "Pièces à demander"
# The columns of the sheet; the two that are dates are for the user to fill in.
TITLES = {
    "ligne": "Ligne",
    "qui": "Qui",
    "identifiant": "Son numéro",
    "document": "Document",
    "recue": "Reçue le",
    "du": "Date du document",
    "declare": "Ce que la date déclare",
    "a_corriger": "À corriger ici",
    "pourquoi": "Pourquoi",
    "base_legale": "Base légale",
    "cle": "Clé",
}
# Of a key: the line that it is of, whose document it is when it is the porteur's, and the document.
KEY = r"^([0-9A-F]{12})-(porteur-)?([a-z_]+)$"
_MARKS = ("document", "recue")
_HEADER_ROWS = 20
_FIRST_YEAR = 1990
_SHOWN = 60


@dataclass(frozen=True)
class Piece:
    """A document of ``portage_piece.csv``.

    ``fact`` is what it proves; ``value`` what it says of it, blank when that is its own date.
    ``instead`` are facts to fill in where a date alone does not say what the document does.
    """

    code: str
    label: str
    fact: str
    instead: tuple[str, ...]

    @property
    def dated(self) -> bool:
        """Whether its own date is what counts, not the day it came."""
        return PAR_NOM[self.fact].genre is Genre.DATE

    @property
    def value(self) -> str:
        """What a date received declares of its fact; blank where only its own date would."""
        return "" if self.dated else PAR_NOM[self.fact].document

    @property
    def told(self) -> bool:
        """Whether a date tells what the document says."""
        return not self.instead

    def declares(self, carrier: bool) -> str:
        """Say what a date makes declared, or what is to be filled in instead."""
        label = PAR_NOM[self.fact].libelle
        if carrier or self.instead:
            facts = [_of_the_carrier(self.fact)] if carrier else list(self.instead)
            labels = ", ".join(f"« {PAR_NOM[fact].libelle} »" for fact in facts)
            what = "colonnes" if len(facts) > 1 else "colonne"
            return f"Rien : à dire dans les candidats, {what} {labels}."
        if self.dated:
            return f"« {label} » : la date du document, à donner."
        if self.value == "oui":
            return PAR_NOM[self.fact].aide.partition(" ; ")[0].rstrip(".") + "."
        return f"« {label} » : {self.value}."


def _of_the_carrier(fact: str) -> str:
    """Give the fact of the carrier that is the same as one of the subcontractor."""
    same = (one.nom for one in PAR_NOM.values() if one.pareil == fact)
    return fact if PAR_NOM[fact].groupe is Groupe.PORTEUR else next(same, fact)


@cache
def pieces() -> Mapping[str, Piece]:
    """Give the documents by their code."""
    with (REFERENCE / "portage_piece.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["piece"]: Piece(
                row["piece"],
                row["libelle"],
                row["fait"],
                tuple(filter(None, row["a_remplir"].split("|"))),
            )
            for row in csv.DictReader(file)
        }


def header_of(first: Sequence[Row]) -> tuple[int, dict[str, int]] | None:
    """Find the header of such a sheet: its place, and that of each column that it has."""
    known = {key(title): name for name, title in TITLES.items()}
    for place, row in enumerate(first[:_HEADER_ROWS]):
        found: dict[str, int] = {}
        for position, cell in enumerate(row):
            if (name := known.get(key(cell or ""))) is not None:
                found.setdefault(name, position)
        if found.keys() >= set(_MARKS):
            return place, found
    return None


def write_received(
    sheets: Sequence[tuple[str, pl.DataFrame]], target: Path, today: dt.date | None = None
) -> int:
    """Write the rows that have a date, and those that have the key of one; give how many.

    A Parquet file: ``feuille``, ``numero`` (as the spreadsheet shows it), a text for each column of
    :data:`TITLES`, ``recue_jour`` and ``du_jour`` (dates, where they are read), ``defaut`` (why one
    is not, a clause) and ``doubles`` (the rows that have the same key, when there are several).
    """
    import polars as pl

    frames = [_rows(title, frame) for title, frame in sheets]
    every = pl.concat(frames)
    keyed = pl.col("cle").fill_null("") != ""
    twins = (
        every.filter(keyed)
        .group_by("cle")
        .agg(pl.len().alias("n"), pl.col("ou").str.join(" et ").alias("doubles"))
        .filter(pl.col("n") > 1)
        .select("cle", "doubles")
    )
    filled = pl.col("recue").is_not_null() | pl.col("du").is_not_null()
    dated = every.filter(filled)
    kept = every.join(twins, on="cle", how="left").filter(
        filled | (pl.col("doubles").is_not_null() & pl.col("cle").is_in(dated["cle"].implode()))
    )
    read = {text: _read(text, today or dt.date.today()) for text in _texts(kept)}
    days = {text: day for text, (day, _) in read.items()}
    faults = {text: fault for text, (_, fault) in read.items()}

    def of(name: str, values: Mapping[str, object], kind: type[pl.DataType]) -> pl.Expr:
        return pl.col(name).replace_strict(values, default=None, return_dtype=kind)

    clauses = [
        pl.lit(f"« {TITLES[name]} » ne se lit pas (« ")
        + pl.col(name).str.slice(0, _SHOWN)
        + pl.lit(" ») : ")
        + of(name, faults, pl.String)
        for name in ("recue", "du")
    ]
    kept.with_columns(
        of("recue", days, pl.Date).alias("recue_jour"),
        of("du", days, pl.Date).alias("du_jour"),
        pl.coalesce(clauses).alias("defaut"),
    ).write_parquet(target)
    return kept.height


def _rows(title: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of a sheet, under the names of their columns; those without a text are null."""
    import polars as pl

    found = header_of(frame.head(_HEADER_ROWS).rows())
    assert found is not None  # noqa: S101  # asked of each sheet before
    place, columns = found
    nothing = PAR_NOM["attestation_vigilance"]

    def cell(name: str) -> pl.Expr:
        if name not in columns:
            return pl.lit(None, pl.String)
        text = pl.col(frame.columns[columns[name]]).str.strip_chars()
        return pl.when(text != "").then(text)

    rows = (
        frame.with_row_index("numero", offset=1)
        .slice(place + 1)
        .select(
            pl.lit(title).alias("feuille"),
            pl.col("numero").cast(pl.Int64),
            *(cell(name).alias(name) for name in TITLES),
        )
    )
    blank = [text for text in _texts(rows) if is_nothing(nothing, text)]
    return rows.with_columns(
        *(
            pl.when(~pl.col(name).is_in(blank)).then(pl.col(name)).alias(name)
            for name in ("recue", "du")
        ),
        (pl.lit(f"« {title} », ligne ") + pl.col("numero").cast(pl.String)).alias("ou"),
    )


def _texts(rows: pl.DataFrame) -> list[str]:
    import polars as pl

    found = pl.concat([rows["recue"], rows["du"]]).drop_nulls().unique()
    return [str(text) for text in found.to_list()]


def _read(text: str, today: dt.date) -> tuple[dt.date | None, str | None]:
    """Read a date: a day, or why it is none."""
    try:
        day = read_date(text)
    except Unread as error:
        return None, str(error)
    if day > today:
        return None, f"c'est après aujourd'hui ({date_courte(today)}) : donnez la date passée"
    if day.year < _FIRST_YEAR:
        return None, f"donnez une date à partir de {_FIRST_YEAR}"
    return day, None
