"""Tables by place, computed again: the nation, regions, départements, portage, doubts."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby
from typing import Any

import polars as pl

from tests.market.oracle import (
    ACTIVE,
    CATEGORIES,
    CERTIFIED,
    FEW,
    FLAG,
    RECEIVES,
    Near,
    Place,
    Register,
    added,
    at,
    count,
    entities,
    mean,
    median,
    met,
    nb_by_activity,
    nb_certified,
    ranks,
    ratio,
    total,
)
from tests.warehouse.frames import Row

Exact = Fraction | None


def block(frame: pl.DataFrame) -> Row:
    """What is told of the organisations of a place."""
    active, certified = frame.filter(ACTIVE), frame.filter(CERTIFIED)
    uncertified = frame.filter(~pl.col("est_certifie"))
    micro = frame.filter(pl.col("est_micro"))
    sized = count(frame, pl.col("effectif_formateurs").is_not_null())
    micro_certified = nb_certified(micro)
    share = nb_certified(frame)
    known = share["nb_certification_connue"]
    activity = nb_by_activity(frame)
    with_activity = activity["nb_actifs"] + activity["nb_dormants"]
    flagged = {f"nb_certifies_{flag[9:]}": count(frame, pl.col(flag)) for flag in FLAG.values()}
    return {
        "nb_organismes": frame.height,
        "nb_entites": entities(frame),
        **share,
        "nb_certification_inconnue": frame.height - known,
        **flagged,
        "part_bilan_competences_pct": ratio(flagged["nb_certifies_bilan_competences"], known),
        **activity,
        "nb_activite_connue": with_activity,
        "part_actifs_pct": ratio(active.height, with_activity),
        "nb_actifs_certifies": count(certified, ACTIVE),
        "nb_candidats_portage": count(uncertified, ACTIVE),
        "nb_candidats_deja_sous_traitants": count(
            uncertified, ACTIVE & (pl.col("nb_stagiaires_confies") > 0)
        ),
        **{name: total(frame, name) for name in _SUMS},
        "moyenne_stagiaires": mean(frame, "nb_stagiaires"),
        "moyenne_stagiaires_bornee": mean(frame, "nb_stagiaires_bornes"),
        "mediane_stagiaires": median(frame, "nb_stagiaires"),
        "mediane_stagiaires_actifs": median(active, "nb_stagiaires"),
        "moyenne_formateurs": mean(frame, "effectif_formateurs"),
        "moyenne_formateurs_bornee": mean(frame, "effectif_formateurs_borne"),
        "mediane_formateurs": median(frame, "effectif_formateurs"),
        "nb_avec_adresse": count(frame, pl.col("avec_adresse")),
        "part_avec_adresse_pct": ratio(count(frame, pl.col("avec_adresse")), frame.height),
        "nb_micro": micro.height,
        "nb_effectif_connu": sized,
        "part_micro_pct": ratio(micro.height, sized),
        "nb_micro_certifiees": micro_certified["nb_certifies"],
        "nb_micro_certification_connue": micro_certified["nb_certification_connue"],
        "part_micro_certifiees_pct": micro_certified["part_certifies_pct"],
    }


_SUMS = (
    *("nb_stagiaires", "nb_stagiaires_bornes"),
    *("nb_stagiaires_confies", "nb_stagiaires_confies_bornes"),
    *("effectif_formateurs", "effectif_formateurs_borne"),
)


def codes(reference: Iterable[str], frame: pl.DataFrame, column: str) -> list[str | None]:
    """Places of the reference, those that the list has beside, null when it has any."""
    found = met(frame, column)
    return [*sorted({*reference, *(found - {None})}), *([None] if None in found else [])]


def _densities(row: Row, people: int | None) -> dict[str, Exact]:
    """Figures that indices and ranks are made of, not rounded."""
    known = row["nb_certification_connue"]
    # Nobody known to be certified is not nobody certified.
    told = people if known or not row["nb_organismes"] else None
    return {
        "densite": Fraction(row["nb_organismes"], people) if people else None,
        "part_certifies": Fraction(row["nb_certifies"], known) if known else None,
        "densite_bilan": (Fraction(row["nb_certifies_bilan_competences"], told) if told else None),
    }


def _index(value: Exact, nation: Exact) -> Near | None:
    return None if value is None or not nation else Near(100 * value / nation, 1)


def territoire(register: Register) -> list[Row]:
    nation = register.organisations
    people = added(place.population for place in register.departements.values())
    levels: list[tuple[str, str | None, dict[str, Place]]] = [
        ("REGION", "code_region", register.regions),
        ("DEPARTEMENT", "code_departement", register.departements),
    ]
    rows = [_territory(register, "NATION", None, people, nation)]
    for level, column, places in levels:
        assert column is not None
        for code in codes(places, nation, column):
            place = places.get(code) if code is not None else None
            found = place.population if place else None
            rows.append(_territory(register, level, code, found, at(nation, column, code)))
    for _, level_rows in groupby(rows, key=lambda row: row["niveau"]):
        same = list(level_rows)
        for name in ("densite", "part_certifies", "densite_bilan"):
            # What is no place, or says nothing, has no rank and takes none.
            ranked = [
                row["exact"][name]
                if row["niveau"] != "NATION" and row["population"] and row["nb_organismes"] >= FEW
                else None
                for row in same
            ]
            for row, rank in zip(same, ranks(ranked), strict=True):
                row[f"rang_{name}"] = rank
    of_nation = rows[0]["exact"]
    for row in rows:
        exact = row.pop("exact")
        row |= {f"indice_{name}": _index(exact[name], of_nation[name]) for name in exact}
    return rows


def _territory(
    register: Register, level: str, code: str | None, people: int | None, frame: pl.DataFrame
) -> Row:
    figures = block(frame)
    nation = register.organisations.height
    told = people if figures["nb_certification_connue"] or frame.is_empty() else None
    return {
        "date_instantane": register.day,
        "niveau": level,
        "code": code,
        "population": people,
        **figures,
        "nb_organismes_nation": nation,
        "part_nationale_pct": ratio(frame.height, nation),
        "nb_organismes_pour_100k": ratio(frame.height, people, 2, 100_000),
        "nb_certifies_pour_100k": ratio(figures["nb_certifies"], told, 2, 100_000),
        "nb_bilan_pour_100k": ratio(figures["nb_certifies_bilan_competences"], told, 2, 100_000),
        "petit_effectif": frame.height < FEW,
        "exact": _densities(figures, people),
    }


def synthese(register: Register) -> list[Row]:
    return [{"date_instantane": register.day, **block(register.organisations)}]


def _of_level(register: Register, level: str) -> list[Row]:
    return [row for row in territoire(register) if row.pop("niveau") == level]


def par_region(register: Register) -> list[Row]:
    rows = []
    for row in _of_level(register, "REGION"):
        code = row.pop("code")
        place = register.regions.get(code)
        official = place is not None and place.official
        rows.append(
            {**row, "code_region": code, "region": register.region(code), "officielle": official}
        )
    return rows


def par_departement(register: Register) -> list[Row]:
    rows = _of_level(register, "DEPARTEMENT")
    return [_departement(register, row.pop("code")) | row for row in rows]


def _departement(register: Register, code: str | None) -> Row:
    """Name a département and its region, which is unknown when the reference lacks the code."""
    place = register.departements.get(code) if code is not None else None
    return {
        "code_departement": code,
        "departement": register.departement(code),
        "code_region": place.region if place else None,
        "region": register.regions[place.region].name if place and place.region else None,
    }


# --- besoin_portage ---------------------------------------------------------------------------


def besoin_portage(register: Register) -> list[Row]:
    frame = register.organisations
    rows = []
    for category in CATEGORIES:
        nation = _need(frame, category)
        places = [
            _tension(register, category, code, nation)
            for code in codes(register.departements, frame, "code_departement")
        ]
        ranked = sorted((p for p in places if p["nb_candidats"]), key=_tension_order)
        for place in places:
            place["rang"] = ranked.index(place) + 1 if place["nb_candidats"] else None
        rows += places
    for row in rows:
        del row["exact"]
    return rows


def _need(frame: pl.DataFrame, category: str) -> Row:
    """Who could be carried for a category, and by whom."""
    flag = pl.col(FLAG[category])
    candidates = frame.filter(~CERTIFIED, ACTIVE)
    carriers = frame.filter(flag)
    return {
        "nb_organismes": frame.height,
        "nb_certification_inconnue": count(frame, CERTIFIED.is_null()),
        "nb_candidats": candidates.height,
        "nb_candidats_personne_physique": count(candidates, pl.col("personne_physique_presumee")),
        "nb_candidats_deja_sous_traitants": count(candidates, RECEIVES),
        "nb_candidats_autre_categorie": count(
            frame, ACTIVE, CERTIFIED, ~flag.fill_null(value=False)
        ),
        "nb_porteurs": carriers.height,
        "nb_porteurs_actifs": count(carriers, ACTIVE),
    }


def _tension(register: Register, category: str, code: str | None, nation: Row) -> Row:
    need = _need(at(register.organisations, "code_departement", code), category)
    candidates, carriers = need["nb_candidats"], need["nb_porteurs"]
    exact = Fraction(candidates, carriers) if carriers else None
    whole = (
        Fraction(nation["nb_candidats"], nation["nb_porteurs"]) if nation["nb_porteurs"] else None
    )
    place = register.departements.get(code) if code is not None else None
    return {
        "date_instantane": register.day,
        "categorie": category,
        **_departement(register, code),
        "population": place.population if place else None,
        **need,
        "candidats_par_porteur": None if exact is None else Near(exact, 2),
        "indice_tension": _index(exact, whole),
        "sans_porteur": candidates > 0 and carriers == 0,
        "petit_effectif": candidates < FEW or 0 < carriers < FEW,
        "exact": exact,
    }


def _tension_order(row: Row) -> tuple[Any, ...]:
    """The most in need first; what rests on few, last; an unknown place after the others."""
    exact, code = row["exact"], row["code_departement"]
    return (
        row["petit_effectif"],
        not row["sans_porteur"],
        exact is None,
        -(exact or 0),
        -row["nb_candidats"],
        code is None,
        code or "",
    )


# --- anomalies_declarees ----------------------------------------------------------------------


def anomalies_declarees(register: Register) -> list[Row]:
    frame = register.organisations
    regions = dict(frame.select("nda", "code_region").iter_rows())
    kinds: dict[tuple[str, str, str | None], list[Row]] = {}
    for doubt in register.anomalies:
        kind = (doubt["regle"], doubt["champ"], regions[doubt["nda"]])
        kinds.setdefault(kind, []).append(doubt)
    rows = []
    for (rule, column, region), doubts in kinds.items():
        inside = at(frame, "code_region", region)
        concerned = inside.filter(pl.col("nda").is_in({doubt["nda"] for doubt in doubts}))
        rows.append(
            {
                "date_instantane": register.day,
                "regle": rule,
                "gravite": doubts[0]["gravite"],
                "champ": column,
                "message": doubts[0]["message"],
                "code_region": region,
                "region": register.region(region),
                "nb_anomalies": len(doubts),
                "nb_organismes": concerned.height,
                "nb_organismes_region": inside.height,
                "part_pct": ratio(concerned.height, inside.height),
                "nb_stagiaires": total(concerned, "nb_stagiaires"),
                "nb_stagiaires_confies": total(concerned, "nb_stagiaires_confies"),
                "effectif_formateurs": total(concerned, "effectif_formateurs"),
                "petit_effectif": concerned.height < FEW,
            }
        )
    return rows
