"""Lines that a strict CSV grammar refuses: kept when exactly one reading makes sense."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from pipelines.registers.contract import BY_NAME, Kind
from pipelines.registers.layout import Layout

# A value broken over more lines than this is taken for a lost quote.
MAX_LINES = 5

# What a field of a kind may look like; a repaired line must agree in all of them, so that a
# shift of columns is never taken for a reading.
_LOOKS: dict[Kind, re.Pattern[str]] = {
    Kind.NDA: re.compile(r"[\dP.eE+ ]{8,}"),
    Kind.SIREN: re.compile(r"[\d ]{0,11}"),
    Kind.SIRET: re.compile(r"[\d ]{0,17}"),
    Kind.POSTCODE: re.compile(r"[\d ]{0,6}"),
    Kind.REGION: re.compile(r"\d{0,3}"),
    Kind.FLAG: re.compile(r"(true|false|oui|non)?", re.IGNORECASE),
    Kind.DATE: re.compile(r"(\d\d/\d\d/\d{4}|\d{4}-\d\d-\d\d)?"),
    Kind.INTEGER: re.compile(r"-?\d{0,9}"),
    Kind.NSF: re.compile(r"\w{0,4}"),
}
# A well-formed field, quoted or bare.
_FIELD = re.compile(r'"(?:[^"]|"")*"|[^"]*')


@dataclass
class Mended:
    """Rows kept (line number, values as laid out) and lines set aside (number, why, text).

    ``open_from`` is the number of the first line whose record may go on in the next block.
    """

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    open_from: int | None = None


@lru_cache(maxsize=8)
def grammar(layout: Layout) -> str:
    """Give the pattern of a well-formed line: the right number of fields, quotes in pairs."""
    sep = re.escape(layout.delimiter)
    one = f'(?:"(?:[^"]|"")*"|[^"{sep}]*)'
    # Without its last delimiter a line is cut, or has lost another one and is shifted.
    tail = sep if layout.trailing else ""
    return f"^{one}(?:{sep}{one}){{{layout.width - 1}}}{tail}$"


def mend(lines: list[tuple[int, str]], layout: Layout, following: int | None = None) -> Mended:
    """Read what can be read of the lines that the grammar refused, in order.

    ``following`` is the number of the first line of the next block, when there is one.
    """
    mended = Mended()
    position = 0
    while position < len(lines):
        ligne, texte = lines[position]
        values = _read_alone(texte, layout)
        used = 1
        if values is None:
            nearby = lines[position : position + MAX_LINES]
            values, used = _read_joined(nearby, layout)
            if values is None and _may_go_on(nearby, following):
                mended.open_from = ligne
                break
        if values is None:
            mended.rejected.append((ligne, _why(texte, layout), texte))
        else:
            mended.rows.append((ligne, values))
            # The lines that the record swallowed are not rows of their own.
        position += used
    return mended


def _may_go_on(nearby: list[tuple[int, str]], following: int | None) -> bool:
    """Tell whether a record that these lines do not complete may go on in the next block."""
    first, last = nearby[0][0], nearby[-1][0]
    unbroken = last - first == len(nearby) - 1
    return len(nearby) < MAX_LINES and unbroken and last + 1 == following


def _read_alone(texte: str, layout: Layout) -> list[str] | None:
    readings = (_closing_before_delimiter(texte, layout), _plain_split(texte, layout))
    good = [values for values in readings if values is not None and _plausible(values, layout)]
    return good[0] if good else None


def _read_joined(lines: list[tuple[int, str]], layout: Layout) -> tuple[list[str] | None, int]:
    """Join consecutive lines until they make one well-formed record."""
    strict = re.compile(grammar(layout))
    texte = lines[0][1]
    for count, (ligne, following) in enumerate(lines[1:], start=2):
        if ligne != lines[0][0] + count - 1:
            break
        texte = f"{texte}\n{following}"
        if strict.match(texte):
            values = _closing_before_delimiter(texte, layout)
            if values is not None and _plausible(values, layout):
                return values, count
    return None, 1


def _closing_before_delimiter(texte: str, layout: Layout) -> list[str] | None:
    """Split where a quote closes only in front of a delimiter or at the end of the line."""
    sep = layout.delimiter
    values: list[str] = []
    position = 0
    while position <= len(texte):
        if texte[position : position + 1] == '"':
            end = texte.find(f'"{sep}', position + 1)
            if end < 0:
                if len(texte) < position + 2 or not texte.endswith('"'):
                    return None
                end = len(texte) - 1
            values.append(texte[position + 1 : end].replace('""', '"'))
            position = end + 2
        else:
            end = texte.find(sep, position)
            end = len(texte) if end < 0 else end
            values.append(texte[position:end])
            position = end + 1
    return _right_width(values, layout)


def _plain_split(texte: str, layout: Layout) -> list[str] | None:
    """Split at every delimiter: right when a lone quote in one field is all that is wrong."""
    fields = texte.split(layout.delimiter)
    odd = [field for field in fields if not _FIELD.fullmatch(field)]
    if len(odd) != 1 or odd[0].count('"') % 2 == 0:
        return None  # a quoted value holds a delimiter
    return _right_width([_unquoted(field) for field in fields], layout)


def _unquoted(field: str) -> str:
    return field.removeprefix('"').removesuffix('"').replace('""', '"')


def _right_width(values: list[str], layout: Layout) -> list[str] | None:
    if layout.trailing:
        if values[-1] != "":
            return None
        values = values[:-1]
    return values if len(values) == layout.width else None


def _plausible(values: list[str], layout: Layout) -> bool:
    for target, value in zip(layout.targets, values, strict=True):
        column = BY_NAME.get(target or "")
        looks = _LOOKS.get(column.kind) if column else None
        if looks is not None and not looks.fullmatch(value.strip()):
            return False
    return True


def _why(texte: str, layout: Layout) -> str:
    expected = layout.width
    if layout.trailing and not texte.endswith(layout.delimiter):
        return f"Ligne coupée : elle ne finit pas par « {layout.delimiter} » comme l'en-tête."
    fields = texte.count(layout.delimiter) + (0 if layout.trailing else 1)
    if fields == expected or texte.count('"') % 2:
        return "Guillemet mal placé : les colonnes ne se laissent pas séparer sans deviner."
    return f"{fields} champs au lieu de {expected}."
