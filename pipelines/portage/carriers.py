"""Who could carry: the certified organisations, in an order made of stated criteria.

There is no score. Organisations are compared on the first criterion, then, when equal, on the
next: each criterion is a value of the public list, given beside the organisation. Implausible
values (``qualite.anomalie``) never come first.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.french import date_courte
from pipelines.registers.categories import BY_CODE
from pipelines.warehouse.literals import literal
from pipelines.warehouse.places import Place, find_departement, find_region

if TYPE_CHECKING:
    import duckdb


class Action(StrEnum):
    """The code of a category (``registers/categories.py``), as commands take it."""

    ACTION_FORMATION = "ACTION_FORMATION"
    BILAN_COMPETENCES = "BILAN_COMPETENCES"
    VAE = "VAE"
    APPRENTISSAGE = "APPRENTISSAGE"

    @property
    def label(self) -> str:
        """Its name in a sentence, article included."""
        return BY_CODE[self].with_article


# The order, as it is told to users; ``_RANK`` is the same in SQL, in the same order.
CRITERIA = {
    "activite": "stagiaires : qui en déclare, puis qui n'en déclare aucun ou ne le dit pas",
    "recence": "ancienneté de la dernière déclaration, en années entières à la date de la liste ; "
    "une date absente, ou postérieure à la liste, vient en dernier",
    "confies": "stagiaires confiés par d'autres : qui en a, puis qui n'en a pas",
    "taille": "formateurs : de 3 à 150, plus de 150, 1 ou 2, puis aucun, inconnu ou "
    "invraisemblable (« ? »)",
    "date": "date de la dernière déclaration, la plus récente d'abord",
    "nda": "numéro de déclaration, dans l'ordre, pour que la réponse soit toujours la même",
}
# What the one sign of subcontracting in the list shows, and what it does not.
ENTRUSTED = (
    "« Confiés » : stagiaires que d'autres organismes lui ont confiés. Il a donc travaillé en "
    "sous-traitance, du côté de celui qui reçoit ; la liste ne dit pas qui confie aux autres."
)
LIMITS = (
    "La liste ne dit ni qui accepte de porter, ni à quel prix, ni qui est référencé sur Mon Compte "
    "Formation : demandez-le, et vérifiez le porteur avec « opac verifier » (option --porteur)."
)
_DOUBTFUL = ("EFFECTIF_ABSURDE", "FORMATEURS_EGAL_STAGIAIRES")
_RANK = """
    case when nb_stagiaires > 0 then 0 else 1 end,
    annees_declaration nulls last,
    case when nb_stagiaires_confies > 0 then 0 else 1 end,
    case taille
        when '3 à 150' then 0 when 'plus de 150' then 1 when '1 ou 2' then 2 else 3
    end,
    case when annees_declaration is not null then date_derniere_declaration end desc nulls last,
    nda
"""


def carriers(
    con: duckdb.DuckDBPyConnection,
    action: Action,
    *,
    region: str | None = None,
    departement: str | None = None,
    limit: int = 20,
) -> dict[str, Any]:
    """Find the organisations certified for ``action``, the best placed first.

    ``region`` and ``departement`` are codes or names. Gives, ready for JSON: ``nombre`` found, the
    first ``limit`` of ``organismes``, the ``criteres`` of their order, and when none is found the
    wider searches that would find some (``elargir``).

    Raises:
        UsageError: a place is unknown, the two do not go together, or the list has no
            certification.
    """
    places = _places(con, region, departement)
    where = _where(places)
    flag = BY_CODE[action].flag
    (list_date,) = _one(con, "select date_contenu from meta.publication")
    if not _one(con, "select count(est_certifie) from socle.organisme")[0]:
        raise UsageError(
            f"La liste du {date_courte(list_date)} ne dit pas qui est certifié pour "
            f"{action.label} : recevez une liste plus récente avec « opac refresh »."
        )
    total = _one(con, _count(flag, where))[0]
    return {
        "action": action,
        "region": _place_json(places["region"]),
        "departement": _place_json(places["departement"]),
        "date_liste": list_date,
        "nombre": total,
        "criteres": [{"critere": name, "ordre": text} for name, text in CRITERIA.items()],
        "organismes": _ranked(con, flag, where, limit),
        "elargir": [] if total else _wider(con, flag, places),
    }


_FROM = "socle.organisme cross join meta.publication"


def _ranked(
    con: duckdb.DuckDBPyConnection, flag: str, where: str, limit: int
) -> list[dict[str, Any]]:
    doubtful = ", ".join(literal(rule) for rule in _DOUBTFUL)
    found = con.execute(
        f"""
        with trouve as (
            select
                *,
                case
                    when date_derniere_declaration <= date_contenu
                        then datesub('year', date_derniere_declaration, date_contenu)
                end as annees_declaration,
                case
                    when nda in (select nda from qualite.anomalie where regle in ({doubtful}))
                        then 'invraisemblable'
                    when effectif_formateurs > 150 then 'plus de 150'
                    when effectif_formateurs >= 3 then '3 à 150'
                    when effectif_formateurs >= 1 then '1 ou 2'
                    when effectif_formateurs = 0 then 'aucun'
                    else 'inconnu'
                end as taille
            from {_FROM}
            where {flag} and {where}
        )
        select
            row_number() over (order by {_RANK}) as rang,
            nda, siren, denomination, personne_physique_presumee, code_postal, ville,
            code_departement, departement, code_region, region,
            certifie_action_formation, certifie_bilan_competences, certifie_vae,
            certifie_apprentissage, nb_stagiaires, date_derniere_declaration, annees_declaration,
            nb_stagiaires_confies, effectif_formateurs, taille
        from trouve
        order by rang
        limit {limit}
        """
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _wider(
    con: duckdb.DuckDBPyConnection, flag: str, places: dict[str, Place | None]
) -> list[dict[str, Any]]:
    """Count what wider searches find, the nearest first: the region, then everywhere."""
    searches: list[tuple[str, str | None, str]] = []
    if place := places["departement"]:
        searches.append(("region", place.region, f"code_region = {literal(place.region)}"))
    if any(places.values()):
        searches.append(("france", None, "true"))
    counted = [(*search[:2], _one(con, _count(flag, search[2]))[0]) for search in searches]
    return [
        {"portee": scope, "code": code, "nombre": count} for scope, code, count in counted if count
    ]


def _count(flag: str, where: str) -> str:
    return f"select count(*) from {_FROM} where {flag} and {where}"


def _where(places: dict[str, Place | None]) -> str:
    asked = [f"code_{kind} = {literal(place.code)}" for kind, place in places.items() if place]
    return " and ".join(asked) or "true"


def _place_json(place: Place | None) -> dict[str, str] | None:
    return {"code": place.code, "nom": place.name} if place else None


def _places(
    con: duckdb.DuckDBPyConnection, region: str | None, departement: str | None
) -> dict[str, Place | None]:
    found = find_region(con, region) if region else None
    inside = find_departement(con, departement) if departement else None
    if found and inside and inside.region != found.code:
        raise UsageError(
            f"Le département {inside.code} ({inside.name}) n'est pas dans la région {found.code} "
            f"({found.name}) mais dans la région {inside.region} : donnez l'un des deux."
        )
    return {"region": found, "departement": inside}


def _one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = con.execute(query).fetchone()
    assert row is not None  # noqa: S101  # an aggregate always gives one row
    return row
