"""Identifiers as Polars expressions: SIREN, SIRET, NDA — shape, key, repair, department.

SIREN and SIRET follow Luhn's rule (INSEE); the SIRETs of La Poste (SIREN 356000000) but its
head office have digits that add up to a multiple of five. The NDA has no known key: eleven
characters, region prefix, department, sequence, department (article L.6351-1).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

LA_POSTE = "356000000"
_LA_POSTE_HEAD = "35600000000048"
NDA_SHAPE = r"^\d{4}(\d{5}|P\d{4})\d{2}$"
SCIENTIFIC = r"^\d(?:[.,]\d+)?[eE]\+?\d{1,2}$"


def _digit(number: pl.Expr, power: int) -> pl.Expr:
    return number.floordiv(10**power).mod(10)


def _luhn(text: pl.Expr, length: int) -> pl.Expr:
    """Tell whether ``length`` digits satisfy Luhn's rule (null when they are not digits)."""
    number = text.cast(pl.Int64, strict=False)
    total = pl.lit(0, pl.Int64)
    for power in range(length):
        digit = _digit(number, power)
        # Every second digit from the right counts twice, less nine when it passes nine.
        total = total + (digit * 2 - (digit > 4).cast(pl.Int64) * 9 if power % 2 else digit)
    return total % 10 == 0


def siren_valid(siren: pl.Expr) -> pl.Expr:
    """True for nine digits that satisfy Luhn's rule and are not all zeros; false otherwise."""
    shape = siren.str.contains(r"^\d{9}$") & (siren != "000000000")
    return (shape & _luhn(siren, 9)).fill_null(value=False)


def siret_valid(siret: pl.Expr) -> pl.Expr:
    """True for fourteen digits that satisfy their rule and whose SIREN is not all zeros."""
    shape = siret.str.contains(r"^\d{14}$") & ~siret.str.starts_with("000000000")
    poste = siret.str.starts_with(LA_POSTE) & (siret != _LA_POSTE_HEAD)
    number = siret.cast(pl.Int64, strict=False)
    total = pl.sum_horizontal(_digit(number, power) for power in range(14))
    key = pl.when(poste).then(total % 5 == 0).otherwise(_luhn(siret, 14))
    # The SIREN inside must be valid too, as the register of companies issues no other.
    return (shape & key & siren_valid(siret.str.slice(0, 9))).fill_null(value=False)


def compact(text: pl.Expr) -> pl.Expr:
    """Drop every blank and a decimal part of zeros that a numeric column left behind.

    Three zeros are left: ``12,000`` may be twelve thousand.
    """
    return text.str.replace_all(r"\s", "").str.replace(r"^(\d+)[.,]0{1,2}$", "${1}")


def nda_repaired(nda: pl.Expr) -> pl.Expr:
    """Undo what spreadsheets do to an NDA, when nothing was lost.

    ``1.1755998875E10`` carries its eleven digits and is restored; ``1.17559E+10`` lost some and
    is left. Ten digits with an overseas prefix (01–06, department 97) lost their leading zero.
    """
    small = compact(nda)
    number = small.str.replace(",", ".").cast(pl.Float64, strict=False)
    written = number.cast(pl.Int64, strict=False).cast(pl.String)
    digits = small.str.to_lowercase().str.split("e").list.first()
    whole = digits.str.replace_all(r"[.,]", "").str.len_chars() >= 9
    restored = pl.when(small.str.contains(SCIENTIFIC) & whole).then(written).otherwise(small)
    lost_zero = restored.str.contains(r"^[1-6]97\d{7}$")
    return pl.when(lost_zero).then(pl.lit("0") + restored).otherwise(restored)


def siren_repaired(siren: pl.Expr) -> pl.Expr:
    """Give back the zeros that a spreadsheet took from a SIREN, if its key then holds."""
    return _padded(siren, 9, siren_valid)


def siret_repaired(siret: pl.Expr) -> pl.Expr:
    """Give back the zeros that a spreadsheet took from a SIRET, if its key then holds."""
    return _padded(siret, 14, siret_valid)


def _padded(text: pl.Expr, width: int, valid: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    small = compact(text)
    full = small.str.zfill(width)
    short = small.str.contains(rf"^\d{{{width - 4},{width - 1}}}$")
    return pl.when(short & valid(full)).then(full).otherwise(small)


def nda_department(nda: pl.Expr, overseas: dict[str, str], departments: list[str]) -> pl.Expr:
    """Work out the department from positions 3–4; null where the number cannot tell.

    Corsica is ``20`` (2A or 2B: unknown); overseas is ``97`` and the prefix tells which.
    """
    code = nda.str.slice(2, 2)
    prefix = nda.str.slice(0, 2)
    found = (
        pl.when(code == "97")
        .then(prefix.replace_strict(overseas, default=None, return_dtype=pl.String))
        .when(code.is_in(departments))
        .then(code)
    )
    return pl.when(nda.str.contains(NDA_SHAPE)).then(found)
