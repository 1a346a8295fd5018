"""Reading a list as text: every line becomes a row or is set aside, with its number and reason.

No type is inferred here. Lines that a strict CSV grammar accepts go to Polars in one piece; the
few others are looked at one by one (stray quotes, values broken over two lines).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipelines.errors import NotTheList
from pipelines.registers import repair
from pipelines.registers.contract import ALWAYS, NAMES
from pipelines.registers.layout import (
    ADDRESS_2021,
    TRAINEES_2021,
    Layout,
    recognise_header,
    recognise_names,
)

BLOCK = 12 << 20
PARQUET_MAGIC = b"PAR1"
REJECT_SCHEMA = {"ligne": pl.Int64, "motif": pl.String, "texte": pl.String}
_PARQUET_ROWS = 100_000
_LONGEST_HEADER = 1 << 16


@dataclass(frozen=True)
class Rejected:
    """A line set aside: its number in the file (the header is 1), why, and its raw text."""

    ligne: int
    motif: str
    texte: str


@dataclass
class Block:
    """Some rows as text (our column names, plus ``ligne``), and what was set aside among them."""

    rows: pl.DataFrame
    rejected: list[Rejected] = field(default_factory=list)
    repaired: list[int] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """Rows read and set aside."""
        return self.rows.height + len(self.rejected)


class ListReader:
    """A list opened for reading: its layout at once, its rows block after block.

    With the ``date`` of a list that is received, it must have the columns that came before.

    Raises:
        NotTheList: not UTF-8, unknown header, empty.
    """

    def __init__(self, path: Path, date: dt.date = ALWAYS) -> None:
        self.path = path
        with path.open("rb") as file:
            self.is_parquet = file.read(4) == PARQUET_MAGIC
            file.seek(0)
            if self.is_parquet:
                self.layout = _parquet_layout(path, date)
            else:
                self.layout = recognise_header(_decode(_header(file), 1), date)

    def blocks(self) -> Iterator[Block]:
        """Yield the rows, all text, blank values as nulls, exact repeats set aside."""
        read = _parquet_blocks if self.is_parquet else _csv_blocks
        seen = pl.Series("empreinte", [], dtype=pl.UInt64)
        for block in read(self.path, self.layout):
            # Columns that are not read do not tell rows apart: the mirror numbers them at random.
            print_ = block.rows.select(
                pl.struct(pl.exclude("ligne", "^inutilise_.*$")).hash().alias("empreinte")
            ).to_series()
            repeat = ~print_.is_first_distinct() | print_.is_in(seen.implode())
            if repeat.any():
                _set_aside_repeats(block, repeat)
            seen = pl.concat([seen, print_.filter(~repeat)])
            block.rows = _to_contract(block.rows, self.layout)
            yield block


def _set_aside_repeats(block: Block, repeat: pl.Series) -> None:
    text = pl.concat_str(pl.exclude("ligne"), separator=";", ignore_nulls=False).fill_null("")
    filled = block.rows.with_columns(pl.exclude("ligne").fill_null(""))
    for ligne, texte in filled.filter(repeat).select("ligne", text.alias("t")).iter_rows():
        block.rejected.append(Rejected(ligne, "Répétition exacte d'une ligne déjà lue.", texte))
    block.rows = block.rows.filter(~repeat)


# --- CSV ------------------------------------------------------------------------------------


def _csv_blocks(path: Path, layout: Layout) -> Iterator[Block]:
    with path.open("rb") as file:
        file.readline()
        first = 2
        carried: list[str] = []
        while True:
            data = _whole_lines(file)
            text = _decode(data, first + len(carried))
            lines = carried + ([] if data == b"" else text.removesuffix("\n").split("\n"))
            if not lines:
                return
            block, carried = _read_lines(lines, first, layout, last=data == b"")
            first += len(lines) - len(carried)
            yield block
            if data == b"":
                return


def _header(file: BinaryIO) -> bytes:
    line = file.readline(_LONGEST_HEADER)
    if len(line) == _LONGEST_HEADER:
        raise NotTheList(
            "Le fichier n'est pas la liste publique des organismes de formation (sa première ligne "
            "n'a pas de fin) : vérifiez que c'est le bon fichier."
        )
    return line


def _whole_lines(file: BinaryIO) -> bytes:
    data = file.read(BLOCK)
    return data + file.readline() if data else data


def _read_lines(
    lines: list[str], first: int, layout: Layout, last: bool
) -> tuple[Block, list[str]]:
    """Read numbered lines; give back those at the end whose record may go on in the next block."""
    frame = pl.DataFrame(
        {"ligne": pl.int_range(first, first + len(lines), eager=True), "texte": lines}
    ).with_columns(pl.col("texte").str.strip_suffix("\r"))
    frame = frame.with_columns(
        bon=pl.col("texte").str.contains(repair.grammar(layout)),
        vide=pl.col("texte").str.contains(r"^\s*$"),
    )
    good = frame.filter("bon")
    rows = _parse(good["texte"], layout).insert_column(0, good["ligne"])
    bad = frame.filter(~pl.col("bon") & ~pl.col("vide"))
    if bad.is_empty():
        return Block(rows), []
    following = None if last else first + len(lines)
    mended = repair.mend(list(bad.select("ligne", "texte").iter_rows()), layout, following)
    block = Block(
        rows,
        [Rejected(ligne, motif, texte) for ligne, motif, texte in mended.rejected],
        [ligne for ligne, _ in mended.rows],
    )
    if mended.rows:
        names = rows.columns[1:]
        extra = pl.DataFrame(
            [[ligne, *values] for ligne, values in mended.rows],
            schema={"ligne": pl.Int64, **dict.fromkeys(names, pl.String)},
            orient="row",
        )
        block.rows = pl.concat([rows, extra]).sort("ligne")
    return block, [] if mended.open_from is None else lines[mended.open_from - first :]


def _parse(texts: pl.Series, layout: Layout) -> pl.DataFrame:
    names = _file_columns(layout)
    width = layout.width + layout.trailing
    if texts.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    source = io.BytesIO(texts.str.join("\n").item().encode())
    columns = [f"c{position}" for position in range(width)]
    rows = pl.read_csv(
        source,
        separator=layout.delimiter,
        has_header=False,
        schema=dict.fromkeys(columns, pl.String),
        quote_char='"',
        truncate_ragged_lines=True,
    )
    if rows.height != len(texts):  # the grammar and the parser must agree, or rows are lost
        raise NotTheList(
            f"La lecture a rendu {rows.height} lignes au lieu de {len(texts)} : "
            "signalez ce fichier aux mainteneurs ; rien n'a été publié."
        )
    return rows.select(
        pl.col(f"c{position}").alias(name)
        for position, name in enumerate(names)
        if name is not None
    )


def _file_columns(layout: Layout) -> list[str]:
    """Name every column of the file; unused ones keep a name of their own."""
    return [
        target if target is not None else f"inutilise_{position}"
        for position, target in enumerate(layout.targets)
    ]


def _decode(data: bytes, line: int) -> str:
    """Decode UTF-8 or refuse, naming the likely encoding.

    Raises:
        NotTheList: another encoding, or bytes that are no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotTheList(_encoding_sentence("UTF-16", line))
    if b"\x00" in data:
        bad_line = line + data[: data.index(b"\x00")].count(b"\n")
        raise NotTheList(
            f"Le fichier contient des octets nuls (ligne {bad_line}) : ce n'est pas un texte ; "
            "vérifiez que c'est bien la liste au format CSV ou Parquet."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        bad_line = line + data[: error.start].count(b"\n")
        raise NotTheList(_encoding_sentence(_likely_encoding(data), bad_line)) from error


def _likely_encoding(data: bytes) -> str:
    """Tell Windows-1252, ISO-8859-1 and the rest apart by the bytes each leaves unused."""
    high = {byte for byte in data if byte >= 0x80}
    if high & {0x81, 0x8D, 0x8F, 0x90, 0x9D}:
        return "un codage inconnu"
    return "Windows-1252" if any(byte < 0xA0 for byte in high) else "ISO-8859-1 (latin-1)"


def _encoding_sentence(name: str, line: int) -> str:
    return (
        f"Le fichier n'est pas en UTF-8 (ligne {line} ; probablement {name}) : "
        "redemandez-le à la source ou convertissez-le en UTF-8, puis relancez."
    )


# --- Parquet --------------------------------------------------------------------------------


def _parquet_layout(path: Path, date: dt.date) -> Layout:
    try:
        names = list(pl.scan_parquet(path, glob=False).collect_schema())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise NotTheList(
            "Le fichier Parquet est illisible ou incomplet : redemandez-le à la source."
        ) from error
    return recognise_names(names, date=date)


def _parquet_blocks(path: Path, layout: Layout) -> Iterator[Block]:
    names = _file_columns(layout)
    lazy = pl.scan_parquet(path, glob=False)
    total = lazy.select(pl.len()).collect().item()
    for start in range(0, total, _PARQUET_ROWS):
        frame = lazy.slice(start, _PARQUET_ROWS).collect()
        used = [
            _as_text(name, dtype).alias(target)
            for (name, dtype), target in zip(frame.schema.items(), names, strict=True)
            if not target.startswith("inutilise_")
        ]
        # Row numbers go on from 2, as if a header came first, so that both shapes read alike.
        lines = pl.int_range(start + 2, start + 2 + frame.height, eager=True).alias("ligne")
        yield Block(frame.select(lines, *used))


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_float():
        whole = column == column.round(0)
        return (pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))).otherwise(
            column.cast(pl.String)
        )
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d")
    if isinstance(dtype, pl.List):
        return column.cast(pl.List(pl.String)).list.join(",")
    return column.cast(pl.String)


# --- One shape ------------------------------------------------------------------------------


def _to_contract(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Bring the columns of any layout to those of the contract, in order, blanks as nulls."""
    columns = rows.columns
    rows = rows.with_columns(pl.exclude("ligne").str.strip_chars())
    if layout.name.startswith("2021"):
        rows = rows.with_columns(**_from_2021(columns))
    absent = [pl.lit(None, pl.String).alias(name) for name in NAMES if name not in rows.columns]
    rows = rows.with_columns(absent) if absent else rows
    blank = pl.col(NAMES)
    return rows.select("ligne", pl.when(blank.str.len_bytes() > 0).then(blank).otherwise(None))


def _from_2021(columns: list[str]) -> dict[str, pl.Expr]:
    """SIRET from its two halves, trainees summed over specialities, address joined."""
    trainees = [c for c in columns if c.startswith(TRAINEES_2021)]
    address = [c for c in columns if c.startswith(ADDRESS_2021)]
    postcode = [c for c in address if "postal" in c or c.endswith("_cp")]
    city = [c for c in address if "ville" in c or "commune" in c or "localite" in c]
    street = [c for c in address if c not in postcode + city]
    counts = [pl.col(c).cast(pl.Int64, strict=False) for c in trainees]
    made: dict[str, pl.Expr] = {
        "siret_declarant": pl.concat_str("siren", pl.col("nic").str.zfill(5)),
        "nb_stagiaires": pl.when(pl.any_horizontal([c.is_not_null() for c in counts])).then(
            pl.sum_horizontal(counts).cast(pl.String)
        ),
    }
    for name, parts in (("code_postal", postcode), ("ville", city), ("adresse_voie", street)):
        if parts:
            made[name] = pl.concat_str(parts, separator=" ", ignore_nulls=True).str.strip_chars()
    return made
