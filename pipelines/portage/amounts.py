"""Figures as people write them, with their unit: amounts, hours, shares, years.

A figure in a unit that cannot be made that of the fact is not read; neither is one that can be read
in two ways (« 4,999 »; 0,85 for a share).
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from pipelines.portage.dates import Unread
from pipelines.portage.qualifiers import Role, longest, qualifiers, tokens
from pipelines.portage.words import flat

# What each fact is measured in; the others are amounts in euros.
MEASURES = {"heures": "heure", "part_sous_traitee": "pourcent", "annee_ca": "année civile"}
EURO = "euro"
# A turnover is that of a year: « par an » says nothing more.
_YEARLY = frozenset(("ca", "annee_ca"))
_TO_GIVE = {
    EURO: "donnez un montant en euros",
    "heure": "donnez un nombre d'heures",
    "pourcent": "donnez un pourcentage, de 0 à 100",
    "année civile": "donnez une année",
}
_ABSURD = Decimal(10) ** 12
_FIGURE = re.compile(r"[-+]?\d[\d .,'’\u00a0\u202f]*(?<=\d)|[-+]?\d")
_GROUPED = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?")
_FRENCH = re.compile(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:\.\d{3})+,\d+")
_ENGLISH = re.compile(r"\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:,\d{3})+\.\d+")
# « 1,234 » or « 1.234 »: a thousand, or one and a share of it?
_EITHER = re.compile(r"\d{1,3}[.,]\d{3}")
_MINUS = ("(", "-", "–", "—", "−")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_HOURS = re.compile(r"(\d+) ?(?:h|:) ?([0-5]\d)(?: ?(?:min|mn|:00))?")
# « 1600,- »: no cents.
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]+")


def measure(fact: str) -> str:
    """Say what the figures of a fact are in."""
    return MEASURES.get(fact, EURO)


def read_figure(fact: str, text: str) -> Decimal:
    """Read the figure of a fact, in its own unit.

    Raises:
        Unread: it is no figure, has another unit, or has two readings.
    """
    wanted = measure(fact)
    read = _read(fact, wanted, text)
    if read < 0:
        raise Unread("donnez un nombre positif")
    _check(fact, wanted, read)
    return read


def read_amount(text: str) -> Decimal:
    """Read an amount in euros that may be negative, as that of an invoice or a credit note.

    Raises:
        Unread: as :func:`read_figure`.
    """
    read = _read("montant", EURO, text)
    if abs(read) >= _ABSURD:
        raise Unread("il est invraisemblable")
    return read


def _read(fact: str, wanted: str, text: str) -> Decimal:
    plain = _NO_CENTS.sub("", " ".join(flat(text).split()))
    if wanted == "heure" and (found := _HOURS.fullmatch(plain)):
        return Decimal(int(found[1])) + Decimal(int(found[2])) / 60
    found_all = _FIGURE.findall(plain)
    if not found_all:
        raise Unread(_TO_GIVE[wanted])
    if len(found_all) > 1:
        raise Unread(f"il y a plusieurs nombres : {_TO_GIVE[wanted]}")
    figure = found_all[0]
    before, _, after = plain.partition(figure)
    factor, told = _unit(fact, wanted, f"{before} {after}")
    value = _number(figure, wanted)
    if wanted == "pourcent" and 0 < value <= 1 and not told:
        share = f"{value.normalize():f}".replace(".", ",")
        many = f"{(100 * value).normalize():f}".replace(".", ",")
        raise Unread(f"c'est {share} % ou {many} % : écrivez le nombre avec son signe %")
    exact = Fraction(value) * factor
    read = Decimal(exact.numerator) / Decimal(exact.denominator)
    # As accounting writes them: « (500) », « 500 - ».
    minus = before.strip().endswith(_MINUS) or after.strip().startswith(_MINUS[1:])
    return -abs(read) if minus else read


def _unit(fact: str, wanted: str, text: str) -> tuple[Fraction, bool]:
    """Give what the words around a figure multiply it by, and whether they say its unit."""
    rest = tokens(text, camel=False)
    # « H.T. » comes as two letters.
    rest = " ".join(rest).replace("h t", "ht").replace("t t c", "ttc").split()
    factor, told = Fraction(1), False
    while rest:
        taken = next(n for n in range(min(longest(), len(rest)), -1, -1) if _known(rest[:n]))
        if not taken:
            raise Unread(f"« {rest[0]} » n'est pas compris : {_TO_GIVE[wanted]}")
        qualifier = qualifiers()[tuple(rest[:taken])]
        rest = rest[taken:]
        if qualifier.role is Role.NEUTRAL or (qualifier.measure == "an" and fact in _YEARLY):
            continue
        if qualifier.role not in (Role.UNIT, Role.TAX):
            raise Unread(f"« {qualifier.word} » en change le sens : {_TO_GIVE[wanted]}")
        if qualifier.measure != wanted or qualifier.factor is None:
            why = f" ({qualifier.why.rstrip('.')})" if qualifier.why else ""
            raise Unread(f"« {qualifier.word} » n'y va pas{why} : {_TO_GIVE[wanted]}")
        if qualifier.role is Role.UNIT:
            if told:
                raise Unread(f"il y a deux unités : {_TO_GIVE[wanted]}")
            told = True
        factor *= qualifier.factor
    return factor, told


def _known(words: list[str]) -> bool:
    return not words or tuple(words) in qualifiers()


def _number(figure: str, wanted: str) -> Decimal:
    """Read the digits, whatever separates thousands and decimals."""
    sign, digits = ("-", figure[1:]) if figure[0] == "-" else ("", figure.lstrip("+"))
    digits = digits.strip(" .,'’")
    if _EITHER.fullmatch(digits):
        raise Unread(f"il a deux lectures : {_TO_GIVE[wanted]}, avec deux décimales")
    if _GROUPED.fullmatch(digits):
        digits = re.sub(r"[ '’]", "", digits)
    if _FRENCH.fullmatch(digits):
        digits = digits.replace(".", "")
    elif _ENGLISH.fullmatch(digits):
        digits = digits.replace(",", "")
    if not _PLAIN.fullmatch(digits):
        raise Unread(_TO_GIVE[wanted])
    return Decimal(sign + digits.replace(",", "."))


def _check(fact: str, wanted: str, value: Decimal) -> None:
    if value >= _ABSURD:
        raise Unread(f"ce nombre est invraisemblable : {_TO_GIVE[wanted]}")
    if fact == "montant" and not value:
        raise Unread("donnez un montant supérieur à zéro")
    if wanted == "pourcent" and value > 100:
        raise Unread(_TO_GIVE[wanted])
    if wanted == "année civile" and not (2000 <= value <= 2060 and value == int(value)):
        raise Unread(_TO_GIVE[wanted])
