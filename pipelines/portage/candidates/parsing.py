"""Candidates from a text, a workbook or a Parquet file: each becomes the same Parquet of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.french import combien, verb
from pipelines.portage.candidates.choice import Choice
from pipelines.portage.candidates.headers import Row
from pipelines.portage.candidates.received import write_received
from pipelines.portage.candidates.table import Advance, Candidates, arrange, named
from pipelines.portage.candidates.text import Repairs, TextTable, open_table, write_records
from pipelines.portage.candidates.workbook import read_book
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

_HEAD_ROWS = 200
# DuckDB makes room for 16 lines of the length that it is told to expect.
_LINE_BYTES = 2 << 20
# Beyond, a file is no list of people, and a result would not fit a worksheet.
MAX_COLUMNS = 1_000
BEYOND = "Hors colonnes"
_BLANK = ("ligne vide laissée de côté", "lignes vides laissées de côté")
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


def read_text(
    con: duckdb.DuckDBPyConnection, path: Path, data: Path, advance: Advance
) -> Candidates:
    """Read a text file, in one pass and in constant memory."""
    table = open_table(path)
    skip, header = arrange(table.head)
    # Rows wider than their header, all alike: the header lacks names, the rows are not shifted.
    widths = Counter(len(row) for row in table.head[skip:] if any(row))
    common = max(widths, key=lambda width: (widths[width], -width), default=0)
    header += [None] * (common - len(header))
    _check_width(path, len(header))
    plain = data.with_suffix(".csv")
    rows = write_records(table, skip, len(header), plain, advance)
    fields = [f"c{rank}" for rank in range(1, len(header) + 2)]
    types = {
        "ligne": "bigint",
        "numero": "bigint",
        "decale": "varchar",
        **dict.fromkeys(fields, "varchar"),
    }
    described = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    source = (
        f"read_csv({literal(str(plain))}, auto_detect = false, header = false, delim = ',', "
        f"quote = '\"', escape = '\"', new_line = '\\n', nullstr = '', parallel = false, "
        f"max_line_size = {max(_LINE_BYTES, 8 * table.repairs.longest)}, columns = {{{described}}})"
    )
    names = [*header, BEYOND if table.repairs.long else None]
    kept = _kept(con, source, names)
    con.execute(
        f"copy (select ligne, numero, decale is not null as decale, {_as_ranks(kept)} "
        f"from {source}) "
        f"to {literal(str(data))} (format parquet)"
    )
    plain.unlink()
    found = _candidates(Candidates(path, data, [], rows), names, kept)
    found.delimiter = table.delimiter
    found.remarks = [
        *_skipped(table.head[:skip], header),
        *_text_remarks(table, table.repairs),
        *found.remarks,
    ]
    return found


def read_sheet(path: Path, data: Path, advance: Advance, choice: Choice) -> Candidates:
    """Read the sheet of a workbook that is meant."""
    import polars as pl

    sheet = read_book(path, choice)
    frame = sheet.frame
    head = frame.head(_HEAD_ROWS).rows()
    skip, header = arrange(head)
    header += [None] * (frame.width - len(header))
    _check_width(path, frame.width)
    frame = frame.rename(dict(zip(frame.columns, _ranks(frame.width), strict=True)))
    frame = frame.with_row_index("numero", offset=sheet.top + 1).slice(skip)
    length = frame.height
    texts = pl.exclude("numero")
    frame = frame.filter(pl.any_horizontal(texts.str.strip_chars() != ""))
    filled = frame.select((texts.str.strip_chars() != "").any())
    kept = [rank for rank, name in enumerate(header, 1) if name or filled.item(0, rank - 1)]
    frame.select(
        pl.int_range(1, frame.height + 1, dtype=pl.Int64).alias("ligne"),
        pl.col("numero").cast(pl.Int64),
        pl.lit(False).alias("decale"),
        *(
            pl.col(f"c{rank}").str.replace(_MIDNIGHT, "$1").alias(f"c{place}")
            for place, rank in enumerate(kept, 1)
        ),
    ).write_parquet(data)
    advance(frame.height)
    found = _candidates(Candidates(path, data, [], frame.height), header, kept, sheet.left)
    found.sheet, found.other_sheets = sheet.name, sheet.others
    documents = data.with_name("pieces.parquet")
    if sheet.received and write_received(sheet.received, documents):
        found.received = documents
    found.remarks = [*_skipped(head[:skip], header), *found.remarks]
    if blank_rows := length - frame.height:
        found.remarks.append(_blank(blank_rows))
    if sheet.others:
        found.remarks.append(
            f"Feuille lue : « {sheet.name} » ; {verb(len(sheet.others), 'non lue', 'non lues')} : "
            f"{', '.join(sheet.others)}."
        )
    if sheet.macros:
        found.remarks.append("Classeur à macros : lu comme des données, les macros sont ignorées.")
    if sheet.merged:
        found.remarks.append(
            f"{combien(sheet.merged, 'cellule fusionnée', 'cellules fusionnées')} : la valeur vaut "
            f"pour chacune de {verb(sheet.merged, 'ses', 'leurs')} lignes."
        )
    if sheet.formulas:
        found.remarks.append(
            f"{combien(sheet.formulas, 'formule')} sans valeur calculée, "
            f"{verb(sheet.formulas, 'lue comme vide', 'lues comme vides')} : ouvrez le classeur "
            "dans votre tableur et enregistrez-le."
        )
    return found


def read_parquet(
    con: duckdb.DuckDBPyConnection, path: Path, data: Path, advance: Advance
) -> Candidates:
    """Read a Parquet file, its values as text."""
    import duckdb

    # Under a name of ours: brackets and stars in theirs would be a pattern.
    alias = data.with_name("source.parquet")
    alias.symlink_to(path.resolve())
    source = f"read_parquet({literal(str(alias))}, hive_partitioning = false)"
    try:
        typed = con.execute(f"describe select * from {source}").fetchall()
        _check_width(path, len(typed))
        texts = [_text(str(name), str(kind)) for name, kind, *_ in typed]
        plain = ", ".join(f"{text} as c{rank}" for rank, text in enumerate(texts, 1))
        filled = " or ".join(f"trim(c{rank}) <> ''" for rank in range(1, len(texts) + 1))
        con.execute(
            "copy (select row_number() over () as ligne, numero, false as decale, "
            "* exclude (numero) "
            f"from (select row_number() over () as numero, {plain} from {source}) "
            f"where {filled}) "
            f"to {literal(str(data))} (format parquet)"
        )
    except duckdb.Error as error:
        raise UsageError(
            f"« {path} » est un fichier Parquet abîmé ou chiffré : écrivez-le de nouveau."
        ) from error
    written = f"read_parquet({literal(str(data))})"
    count = con.execute(
        f"select count(*), (select count(*) from {source}) from {written}"
    ).fetchone()
    rows, total = count or (0, 0)
    header = [str(name) for name, *_ in typed]
    advance(rows)
    found = _candidates(Candidates(path, data, [], rows), header, _positions(header))
    nested = [name for name, kind, *_ in typed if _nested(str(kind))]
    if nested:
        found.remarks.append(
            f"{verb(len(nested), 'Colonne', 'Colonnes')} à plusieurs valeurs, "
            f"{verb(len(nested), 'lue', 'lues')} en texte : {', '.join(nested)}."
        )
    if total > rows:
        found.remarks.append(_blank(total - rows))
    return found


def _check_width(path: Path, width: int) -> None:
    if width > MAX_COLUMNS:
        raise UsageError(
            f"« {path} » a {width} colonnes, au plus {MAX_COLUMNS} sont lues : n'y gardez que "
            "celles qui servent."
        )


def _text(name: str, kind: str) -> str:
    """Write the expression of a Parquet column as text: whole numbers without « .0 »."""
    column = '"' + name.replace('"', '""') + '"'
    if kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL"):
        whole = f"{column} = floor({column}) and abs({column}) < 1e18"
        return f"case when {whole} then {column}::hugeint::varchar else {column}::varchar end"
    if kind.startswith("TIMESTAMP"):
        return f"regexp_replace({column}::varchar, ' 00:00:00(\\+00)?$', '')"
    if kind.endswith("[]") and not _nested(kind[:-2]):
        return f"array_to_string({column}::varchar[], ' + ')"
    if _nested(kind):
        return f"to_json({column})::varchar"
    return f"replace({column}::varchar, chr(0), '')"


def _nested(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION", "VARIANT"))


def _ranks(width: int) -> list[str]:
    return [f"c{rank}" for rank in range(1, width + 1)]


def _positions(header: Sequence[object]) -> list[int]:
    return list(range(1, len(header) + 1))


def _kept(con: duckdb.DuckDBPyConnection, source: str, header: Sequence[str | None]) -> list[int]:
    """Give the ranks of the columns that have a name, or at least a value."""
    unnamed = [rank for rank, name in enumerate(header, 1) if not (name or "").strip()]
    filled: set[int] = set()
    if unnamed:
        counts = ", ".join(f"count(nullif(trim(c{rank}), ''))" for rank in unnamed)
        row = con.execute(f"select {counts} from {source}").fetchone() or ()
        filled = {rank for rank, count in zip(unnamed, row, strict=True) if count}
    return [rank for rank in _positions(header) if rank not in unnamed or rank in filled]


def _as_ranks(kept: Sequence[int]) -> str:
    return ", ".join(f"c{rank} as c{place}" for place, rank in enumerate(kept, 1))


def _candidates(
    found: Candidates, header: Sequence[str | None], kept: Sequence[int], left: int = 0
) -> Candidates:
    """Name the columns kept; ``left`` columns stand before them."""
    every = named(header, left)
    found.names = [every[rank - 1] for rank in kept]
    found.header = [header[rank - 1] for rank in kept]
    return found


def _skipped(rows: Sequence[Row], header: Sequence[str | None]) -> list[str]:
    """Tell of the lines above the header, the last of ``rows`` when there is one.

    Those that the header is joined from are part of it.
    """
    told = " ".join(name for name in header if name)
    cells = [[" ".join(cell.split()) for cell in row if cell and cell.strip()] for row in rows[:-1]]
    parts = sum(any(cell in told for cell in row) for row in cells)
    titles = sum(map(bool, cells)) - parts
    remarks = [f"En-tête lu sur {parts + 1} lignes."] if parts else []
    if titles:
        remarks.append(
            f"{combien(titles, 'ligne')} au-dessus de l'en-tête, "
            f"{verb(titles, 'laissée', 'laissées')} de côté."
        )
    return remarks


def _text_remarks(table: TextTable, repairs: Repairs) -> list[str]:
    remarks = []
    if table.encoding != "utf-8":
        remarks.append("Fichier lu en UTF-16.")
    if repairs.read_as is not None and not repairs.read_as.readable:
        remarks.append(
            f"Les accents de {combien(repairs.foreign, 'ligne')} ne se lisent dans aucun encodage "
            "connu : enregistrez le fichier en CSV UTF-8 depuis votre tableur."
        )
    elif repairs.read_as is not None and repairs.accented:
        remarks.append(
            f"Encodages mêlés : {combien(repairs.foreign, 'ligne')} en un autre que l'UTF-8, "
            f"{verb(repairs.foreign, 'lue', 'lues')} en {repairs.read_as.told}."
        )
    elif repairs.read_as is not None:
        remarks.append(f"Fichier lu en {repairs.read_as.told} (il n'est pas en UTF-8).")
    told = (
        (
            repairs.nul,
            "ligne dont des octets NUL sont retirés",
            "lignes dont des octets NUL sont retirés",
        ),
        (
            repairs.quotes,
            "ligne où un guillemet ne se ferme pas, lu comme un caractère ordinaire",
            "lignes où un guillemet ne se ferme pas, lu comme un caractère ordinaire",
        ),
        (repairs.blank, *_BLANK),
        (
            repairs.long,
            "ligne plus longue que l'en-tête : ses colonnes sont décalées, elle est à vérifier",
            "lignes plus longues que l'en-tête : leurs colonnes sont décalées, elles sont à "
            "vérifier",
        ),
    )
    return remarks + [f"{combien(count, one, many)}." for count, one, many in told if count]


def _blank(count: int) -> str:
    return f"{combien(count, *_BLANK)}."
