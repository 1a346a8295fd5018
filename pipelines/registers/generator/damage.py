"""What may be wrong in a row, one known trap each.

A damage changes the row and gives the rules it raises besides the one it is named after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from pipelines.registers.generator import wire
from pipelines.registers.generator.declarations import french
from pipelines.registers.generator.geography import AUTRE, CORSE, address
from pipelines.registers.generator.identifiers import LA_POSTE, la_poste_siret, siret_from
from pipelines.registers.generator.population import Population
from pipelines.registers.generator.wire import Row

Raised = tuple[str, ...]
_ABSENT_PREFIX = "99"
_FUTURE = dt.timedelta(days=30)


class Context(NamedTuple):
    """What a damage may need: where new numbers come from, the list's date, its turn."""

    population: Population
    date: dt.date
    turn: int


class Trap(NamedTuple):
    """Which rows it suits, and what it does to them."""

    fits: Callable[[Row], bool]
    damage: Callable[[Row, Context], Raised]


def plain(row: Row) -> bool:
    """Tell whether a row has nothing odd of its own, so that a trap in it stands alone."""
    return (
        row[wire.PRECEDENTS] == ""
        and not is_person(row)
        and row[wire.REGION] not in (AUTRE, CORSE)
        and "P" not in row[wire.NDA]
        and '"' not in row[wire.DENOMINATION]
    )


def is_person(row: Row) -> bool:
    """Tell whether the denomination is that of a natural person."""
    return row[wire.DENOMINATION].startswith(("Monsieur ", "Madame "))


def natural(row: Row) -> list[str]:
    """Name what a row shows without being damaged."""
    found = {
        "NDA_PRECEDENT_SOI": row[wire.NDA] in row[wire.PRECEDENTS].split(","),
        "PERSONNE_PHYSIQUE": is_person(row),
        "REGION_INCONNUE": row[wire.REGION] == AUTRE,
        "DEPARTEMENT_INDETERMINE": row[wire.REGION] in (AUTRE, CORSE) and not _located(row),
    }
    return [name for name, holds in found.items() if holds]


NATURAL = ("NDA_PRECEDENT_SOI", "PERSONNE_PHYSIQUE", "REGION_INCONNUE", "DEPARTEMENT_INDETERMINE")


def _any(row: Row) -> bool:
    return True


def _located(row: Row) -> bool:
    return row[wire.CODE_POSTAL] != ""


def _not_located(row: Row) -> bool:
    return not _located(row)


def _certified(row: Row) -> bool:
    return row[wire.ACTION] != ""


def _not_certified(row: Row) -> bool:
    return not _certified(row)


def _put(place: int, *values: str) -> Callable[[Row, Context], Raised]:
    """Put one of ``values`` in a field, each in turn."""

    def damage(row: Row, context: Context) -> Raised:
        row[place] = values[context.turn % len(values)]
        return ()

    return damage


def _spreadsheet_nda(row: Row, context: Context) -> Raised:
    """Write the number as a spreadsheet does: ten digits overseas, an exponent elsewhere."""
    nda = row[wire.NDA]
    row[wire.NDA] = nda[1:] if nda[0] == "0" else f"{nda[0]}.{nda[1:].rstrip('0')}E10"
    return ()


def _misshapen_nda(row: Row, context: Context) -> Raised:
    nda = row[wire.NDA]
    row[wire.NDA] = f"{nda[:4]}X{nda[5:]}" if context.turn % 2 else nda[:10]
    return ()


def _unknown_prefix(row: Row, context: Context) -> Raised:
    row[wire.NDA] = context.population.numbers.nda(_ABSENT_PREFIX, row[wire.NDA][2:4]) or ""
    return ()


def _siren_without_zero(row: Row, context: Context) -> Raised:
    siren = context.population.numbers.siren_with_zero()
    row[wire.SIREN], row[wire.SIRET] = siren[1:], siret_from(siren, 1)
    return ()


def _siret_without_zero(row: Row, context: Context) -> Raised:
    siren = context.population.numbers.siren_with_zero()
    row[wire.SIREN], row[wire.SIRET] = siren, siret_from(siren, 1)[1:]
    return ()


def _another_digit(number: str) -> str:
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _wrong_siren(row: Row, context: Context) -> Raised:
    """All zeros (which Luhn's rule accepts) without SIRET, or a wrong key in both numbers."""
    if context.turn % 2 == 0:
        row[wire.SIREN], row[wire.SIRET] = "000000000", ""
        return ()
    row[wire.SIREN] = _another_digit(row[wire.SIREN])
    row[wire.SIRET] = _another_digit(siret_from(row[wire.SIREN], 1))
    return ("SIRET_INVALIDE",)


def _wrong_siret(row: Row, context: Context) -> Raised:
    row[wire.SIRET] = _another_digit(row[wire.SIRET])
    return ()


def _other_siret(row: Row, context: Context) -> Raised:
    row[wire.SIRET] = siret_from(context.population.numbers.siren(), 1)
    return ()


def _la_poste(row: Row, context: Context) -> Raised:
    row[wire.SIREN], row[wire.SIRET] = LA_POSTE, la_poste_siret(context.turn)
    return ()


def _spaces(row: Row, context: Context) -> Raised:
    name = row[wire.DENOMINATION]
    row[wire.DENOMINATION] = (f" {name}", f"{name} ", name.replace(" ", "  "))[context.turn % 3]
    return ()


def _short_postcode(row: Row, context: Context) -> Raised:
    row[wire.CODE_POSTAL] = row[wire.CODE_POSTAL][:3]
    return ()


def _postcode_without_zero(row: Row, context: Context) -> Raised:
    """Settle the row where postcodes start with a zero, and lose it."""
    population = context.population
    place = population.geography.anywhere(population.uniform, start="0")
    row[wire.NDA], row[wire.REGION] = population.nda(place), place.region
    row[wire.VOIE], postcode, row[wire.VILLE] = address(place, population.uniform)
    row[wire.CODE_POSTAL] = postcode[1:]
    return ()


def _postcode_elsewhere(row: Row, context: Context) -> Raised:
    """Shift a leading zero to the end where that leaves the region, or give another's."""
    postcode, region = row[wire.CODE_POSTAL], row[wire.REGION]
    shifted = f"{postcode[1:]}0"
    found = context.population.geography.postcode_region(shifted)
    if postcode[0] != "0" or found in (None, region):
        shifted = "06200" if region == "32" else "62000"
    row[wire.CODE_POSTAL] = shifted
    return ()


def _unknown_region(row: Row, context: Context) -> Raised:
    return _settle(row, context, AUTRE)


def _unknown_department(row: Row, context: Context) -> Raised:
    return _settle(row, context, CORSE)


def _settle(row: Row, context: Context, region: str) -> Raised:
    population = context.population
    row[wire.REGION] = region
    row[wire.NDA] = population.nda(population.geography.draw(region, population.uniform))
    return ()


def _nda_elsewhere(row: Row, context: Context) -> Raised:
    population = context.population
    place = population.geography.anywhere(population.uniform, outside=row[wire.REGION])
    row[wire.NDA] = population.nda(place)
    return ()


def _all_false(row: Row, context: Context) -> Raised:
    for flag in wire.FLAGS:
        row[flag] = "false"
    return ()


def _half_blank(row: Row, context: Context) -> Raised:
    row[wire.VAE] = row[wire.APPRENTISSAGE] = ""
    return ()


def _in_the_future(row: Row, context: Context) -> Raised:
    row[wire.DECLARATION] = french(context.date + _FUTURE)
    return ()


def _backwards(row: Row, context: Context) -> Raised:
    row[wire.DEBUT], row[wire.FIN] = row[wire.FIN], row[wire.DEBUT]
    return ()


def _as_many(row: Row, context: Context) -> Raised:
    row[wire.FORMATEURS] = row[wire.STAGIAIRES]
    return ()


def _only_entrusted(row: Row, context: Context) -> Raised:
    row[wire.STAGIAIRES], row[wire.CONFIES] = "0", "4517"
    return ()


TRAPS: dict[str, Trap] = {
    "NDA_TABLEUR": Trap(_any, _spreadsheet_nda),
    "NDA_FORME": Trap(_located, _misshapen_nda),
    "NDA_PREFIXE": Trap(_located, _unknown_prefix),
    "NDA_PRECEDENT_FORME": Trap(_any, _put(wire.PRECEDENTS, "117512", "INCONNU")),
    "SIREN_ABSENT": Trap(_any, _put(wire.SIREN, "")),
    "SIREN_TABLEUR": Trap(_any, _siren_without_zero),
    "SIREN_INVALIDE": Trap(_any, _wrong_siren),
    "SIRET_TABLEUR": Trap(_any, _siret_without_zero),
    "SIRET_INVALIDE": Trap(_any, _wrong_siret),
    "SIRET_AUTRE_SIREN": Trap(_any, _other_siret),
    "SIRET_LA_POSTE": Trap(_any, _la_poste),
    "DENOMINATION_ABSENTE": Trap(_any, _put(wire.DENOMINATION, "")),
    "DENOMINATION_ESPACES": Trap(_any, _spaces),
    "CODE_POSTAL_FORME": Trap(_located, _short_postcode),
    "CODE_POSTAL_TABLEUR": Trap(_located, _postcode_without_zero),
    "CODE_POSTAL_REGION": Trap(_located, _postcode_elsewhere),
    "REGION_INCONNUE": Trap(_not_located, _unknown_region),
    "DEPARTEMENT_INDETERMINE": Trap(_not_located, _unknown_department),
    "DEPARTEMENT_REGION": Trap(_not_located, _nda_elsewhere),
    "DRAPEAU_ILLISIBLE": Trap(_certified, _put(wire.BILAN, "peut-être", "?")),
    "DRAPEAUX_TOUS_FAUX": Trap(_not_certified, _all_false),
    "DRAPEAUX_PARTIELS": Trap(_certified, _half_blank),
    "DATE_ILLISIBLE": Trap(_any, _put(wire.DECLARATION, "31/02/2025", "inconnue")),
    "DATE_FUTURE": Trap(_any, _in_the_future),
    "EXERCICE_INVERSE": Trap(_any, _backwards),
    "NOMBRE_ILLISIBLE": Trap(_any, _put(wire.CONFIES, "douze", "-3", "12,5")),
    "EFFECTIF_ABSURDE": Trap(
        lambda row: int(row[wire.STAGIAIRES]) < 5_000, _put(wire.FORMATEURS, "375438", "5001")
    ),
    "FORMATEURS_EGAL_STAGIAIRES": Trap(
        lambda row: 100 <= int(row[wire.STAGIAIRES]) <= 5_000, _as_many
    ),
    "CONFIES_SANS_STAGIAIRES": Trap(_any, _only_entrusted),
    "SPECIALITE_FORME": Trap(
        lambda row: row[wire.SPECIALITE] != "", _put(wire.SPECIALITE, "3A", "12")
    ),
}
