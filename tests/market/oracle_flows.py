"""Who works for others, and how fresh declarations are, computed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import polars as pl

from tests.market.oracle import (
    ACTIVE,
    CERTIFIED,
    DORMANT,
    FEW,
    RECEIVES,
    SAID,
    Place,
    Register,
    at,
    count,
    median,
    met,
    nb_by_activity,
    ratio,
    total,
)
from tests.warehouse.frames import Row

ENTRUSTED, OWN = pl.col("nb_stagiaires_confies"), pl.col("nb_stagiaires")
_MAIN_NATION, _MAIN = 100, 20
_CERTIFICATION = {True: "CERTIFIE", False: "NON_CERTIFIE", None: "INCONNUE"}


def _perimeters(register: Register) -> Iterator[tuple[str, str | None, object, pl.DataFrame]]:
    frame = register.organisations
    if frame.height:
        yield "NATION", None, SAID, frame
    for code in met(frame, "code_region"):
        yield "REGION", code, register.region(code), at(frame, "code_region", code)
    for code in met(frame, "code_departement"):
        name = register.departement(code)
        yield "DEPARTEMENT", code, name, at(frame, "code_departement", code)
    for size in met(frame, "classe_formateurs"):
        yield "TAILLE", size, SAID, at(frame, "classe_formateurs", size)
    for certified in met(frame, "est_certifie"):
        code = _CERTIFICATION[certified]
        yield "CERTIFICATION", code, SAID, at(frame, "est_certifie", certified)


def sous_traitance(register: Register) -> list[Row]:
    nation = total(register.organisations, "nb_stagiaires_confies")
    rows = []
    for perimeter, code, label, own in _perimeters(register):
        receivers = own.filter(RECEIVES)
        entrusted = total(receivers, "nb_stagiaires_confies")
        theirs = total(receivers, "nb_stagiaires")
        rows.append(
            {
                "date_instantane": register.day,
                "perimetre": perimeter,
                "code": code,
                "libelle": label,
                "nb_organismes": own.height,
                "nb_receveurs": receivers.height,
                "nb_confies_connus": count(own, ENTRUSTED.is_not_null()),
                "part_receveurs_pct": ratio(receivers.height, count(own, ENTRUSTED.is_not_null())),
                "nb_receveurs_certifies": count(receivers, CERTIFIED),
                "nb_stagiaires_confies": entrusted,
                "nb_stagiaires_confies_bornes": total(receivers, "nb_stagiaires_confies_bornes"),
                "nb_stagiaires_confies_nation": nation,
                "part_nationale_pct": ratio(entrusted, nation),
                "nb_stagiaires_receveurs": theirs,
                "ratio_confies_propres": ratio(entrusted, theirs, 3, 1),
                "mediane_confies": median(receivers, "nb_stagiaires_confies"),
                "nb_sans_stagiaire_propre": count(receivers, OWN == 0),
                "nb_confies_superieurs": count(receivers, ENTRUSTED > OWN),
                "petit_effectif": receivers.height < FEW,
            }
        )
    return rows


def sous_traitants_principaux(register: Register) -> list[Row]:
    most = register.bounds["STAGIAIRES_CONFIES"]
    receivers = register.organisations.filter(RECEIVES).to_dicts()
    # The most entrusted first, then by number: no two have the same rank.
    receivers.sort(key=lambda row: (-row["nb_stagiaires_confies"], row["nda"]))
    _rank(receivers, "rang_national", None)
    _rank(receivers, "rang_region", "code_region")
    _rank(receivers, "rang_departement", "code_departement")
    rows = []
    for row in receivers:
        near = [rank for rank in (row["rang_region"], row["rang_departement"]) if rank]
        if row["rang_national"] > _MAIN_NATION and min(near, default=_MAIN + 1) > _MAIN:
            continue
        person = row["personne_physique_presumee"]
        entrusted = row["nb_stagiaires_confies"]
        rows.append(
            {
                "date_instantane": register.day,
                **{name: row[name] for name in _AS_DECLARED},
                "denomination": None if person else register.denominations[row["nda"]],
                "region": _known(row["code_region"], register.regions),
                "departement": _known(row["code_departement"], register.departements),
                "ratio_confies_propres": ratio(entrusted, row["nb_stagiaires"], 3, 1),
                "est_borne": entrusted > most,
            }
        )
    return rows


_AS_DECLARED = (
    *("nda", "siren", "code_region", "code_departement", "est_certifie", "combinaison"),
    *("nb_stagiaires_confies", "nb_stagiaires", "effectif_formateurs"),
    *("rang_national", "rang_region", "rang_departement"),
)


def _known(code: str | None, places: dict[str, Place]) -> str | None:
    """The name of a place of the reference."""
    return places[code].name if code in places else None


def _rank(ordered: list[Row], name: str, place: str | None) -> None:
    """Write the rank of each among those of the same place, none for an unknown one."""
    before: Counter[str] = Counter()
    for row in ordered:
        where = "everywhere" if place is None else row[place]
        before[where] += 1
        row[name] = None if where is None else before[where]


# --- anciennete_declaration -------------------------------------------------------------------


def anciennete_declaration(register: Register) -> list[Row]:
    frame, day = register.organisations, register.day
    date = pl.col("date_derniere_declaration")
    whole = frame.height
    months = {(d.year, d.month) for d in met(frame, "date_derniere_declaration") if d}
    rows = []
    for year, month in months:
        own = frame.filter(date.dt.year() == year, date.dt.month() == month)
        age = 12 * (day.year - year) + day.month - month
        later = [
            d
            for d in frame["date_derniere_declaration"]
            if d and (d.year, d.month) >= (year, month)
        ]
        seen = {"annee": year, "mois": month, "anciennete_mois": age, "nb_cumule": len(later)}
        rows.append(
            _declared(register, own, {**seen, "part_cumulee_pct": ratio(len(later), whole)})
        )
    unknown = frame.filter(date.is_null())
    if unknown.height:
        none = ("annee", "mois", "anciennete_mois", "nb_cumule", "part_cumulee_pct")
        rows.append(_declared(register, unknown, dict.fromkeys(none)))
    return rows


def _declared(register: Register, own: pl.DataFrame, when: Row) -> Row:
    known = count(own, ACTIVE | DORMANT)
    return {
        "date_instantane": register.day,
        **when,
        "nb_organismes": own.height,
        "nb_organismes_total": register.organisations.height,
        "part_pct": ratio(own.height, register.organisations.height),
        "nb_certifies": count(own, CERTIFIED),
        **nb_by_activity(own),
        "part_dormants_pct": ratio(count(own, DORMANT), known),
        "nb_activite_connue": known,
        "petit_effectif": own.height < FEW,
    }
