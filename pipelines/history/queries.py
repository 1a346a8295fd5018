"""What history tells: the changes of a period, the timeline of an organisation."""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.french import date_courte
from pipelines.warehouse.literals import literal
from pipelines.warehouse.places import find_region
from pipelines.warehouse.release import require_table

if TYPE_CHECKING:
    import duckdb


class Kind(StrEnum):
    """What may happen between two lists."""

    APPARITION = "APPARITION"
    DISPARITION = "DISPARITION"
    RETOUR = "RETOUR"
    CERTIFICATION_OBTENUE = "CERTIFICATION_OBTENUE"
    CERTIFICATION_PERDUE = "CERTIFICATION_PERDUE"
    CHANGEMENT_NDA = "CHANGEMENT_NDA"
    CHANGEMENT_DENOMINATION = "CHANGEMENT_DENOMINATION"
    CHANGEMENT_SIREN = "CHANGEMENT_SIREN"
    CHANGEMENT_ADRESSE = "CHANGEMENT_ADRESSE"
    CHANGEMENT_DECLARATION = "CHANGEMENT_DECLARATION"


# What users read of each.
SAID = {
    Kind.APPARITION: "apparaît dans la liste",
    Kind.DISPARITION: "quitte la liste",
    Kind.RETOUR: "revient dans la liste",
    Kind.CERTIFICATION_OBTENUE: "certification obtenue",
    Kind.CERTIFICATION_PERDUE: "certification perdue",
    Kind.CHANGEMENT_NDA: "change de numéro",
    Kind.CHANGEMENT_DENOMINATION: "change de nom",
    Kind.CHANGEMENT_SIREN: "change de SIREN",
    Kind.CHANGEMENT_ADRESSE: "change d'adresse",
    Kind.CHANGEMENT_DECLARATION: "nouvelle déclaration",
}
# The period in which each event took place: its organisation as it was then.
_PLACED = """
    from historique.evenement as e
    inner join historique.organisme_version as v
        on e.nda = v.nda
        and e.date_constat >= v.valide_du
        and (v.valide_au is null or e.date_constat < v.valide_au)
"""
_EVENT = (
    *("date_constat", "instantane_avant", "nda", "type", "categorie", "avant", "apres"),
    "campagne_bpf",
)
_NAMED = (*_EVENT, "denomination", "code_region")
_PERIOD = (
    *("nda", "valide_du", "valide_au", "listee", "denomination", "siren", "ville"),
    *("certifie_action_formation", "certifie_bilan_competences", "certifie_vae"),
    *("certifie_apprentissage", "nb_stagiaires", "effectif_formateurs"),
)


def changes(  # noqa: PLR0913  # one filter each
    con: duckdb.DuckDBPyConnection,
    *,
    since: dt.date | None,
    kind: Kind | None,
    category: str | None,
    region: str | None,
    limit: int,
) -> dict[str, Any]:
    """Give the changes seen since a date (by default, in the last list): counts, then the latest.

    Raises:
        UsageError: the region is unknown.
        OpacError: the release holds no history.
    """
    dates = _dates(con)
    first = since if since is not None else dates[-1]
    place = find_region(con, region) if region else None
    where = [f"e.date_constat >= {literal(first)}"]
    if kind is not None:
        where.append(f"e.type = {literal(kind)}")
    if category is not None:
        where.append(f"e.categorie = {literal(category)}")
    if place is not None:
        where.append(f"v.code_region = {literal(place.code)}")
    chosen = f"{_PLACED} where {' and '.join(where)}"
    counts = con.execute(
        f"select e.type, e.categorie, count(*), count(*) filter (e.campagne_bpf) {chosen} "
        "group by e.type, e.categorie order by e.type, e.categorie"
    ).fetchall()
    rows = con.execute(
        f"select {', '.join(f'e.{name}' for name in _EVENT)}, v.denomination, v.code_region "
        f"{chosen} "
        f"order by e.date_constat desc, e.type, e.nda, e.categorie limit {limit}"
    ).fetchall()
    return {
        "depuis": first,
        "premiere_liste": dates[0],
        "derniere_liste": dates[-1],
        "nb_listes": sum(date >= first for date in dates),
        "region": place and {"code": place.code, "nom": place.name},
        "nombre": sum(count for _, _, count, _ in counts),
        "par_type": [
            {"type": kind, "categorie": category, "nombre": count, "campagne_bpf": campaign}
            for kind, category, count, campaign in counts
        ],
        "evenements": [dict(zip(_NAMED, row, strict=True)) for row in rows],
    }


def timeline(con: duckdb.DuckDBPyConnection, identifier: str) -> dict[str, Any]:
    """Give the periods and the events of the organisations that a NDA, SIREN or SIRET names.

    A number that an organisation has left still finds it.

    Raises:
        UsageError: no list ever named it, or it is no such number.
        OpacError: the release holds no history.
    """
    dates = _dates(con)
    number = re.sub(r"[\s.\-]", "", identifier).upper()
    columns = {9: "siren", 11: "nda", 14: "siret_declarant"}
    if len(number) not in columns:
        raise UsageError(
            f"« {identifier} » n'est ni un NDA (11 caractères), ni un SIREN (9 chiffres), ni un "
            "SIRET (14) : vérifiez-le."
        )
    lines = con.execute(
        "select distinct lignee from historique.organisme_version "
        f"where {columns[len(number)]} = {literal(number)} order by lignee"
    ).fetchall()
    if not lines:
        raise UsageError(
            f"Aucune des {len(dates)} listes suivies (du {date_courte(dates[0])} au "
            f"{date_courte(dates[-1])}) ne nomme « {identifier} » : vérifiez le numéro."
        )
    return {
        "premiere_liste": dates[0],
        "derniere_liste": dates[-1],
        "nb_listes": len(dates),
        "organismes": [
            {
                "lignee": line,
                "periodes": _rows(con, _PERIOD, "organisme_version", line, "valide_du"),
                "evenements": _rows(
                    con, _EVENT, "evenement", line, "date_constat, type, categorie"
                ),
            }
            for (line,) in lines
        ],
    }


def _rows(
    con: duckdb.DuckDBPyConnection, columns: tuple[str, ...], table: str, line: str, order: str
) -> list[dict[str, Any]]:
    found = con.execute(
        f"select {', '.join(columns)} from historique.{table} where lignee = {literal(line)} "
        f"order by {order}"
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]


def _dates(con: duckdb.DuckDBPyConnection) -> list[dt.date]:
    """Give the dates of the lists followed.

    Raises:
        OpacError: the release was made before history was part of it.
    """
    require_table(con, "historique.instantane", "l'historique")
    rows = con.execute("select date_instantane from historique.instantane order by all").fetchall()
    return [row[0] for row in rows]
