"""Tables by kind of organisation, computed again: certifications, specialities, sizes, volumes."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import polars as pl

from tests.market.oracle import (
    ACTIVE,
    CATEGORIES,
    CERTIFIED,
    FEW,
    FLAG,
    RECEIVES,
    SAID,
    TRAINEES,
    TRAINERS,
    UNKNOWN,
    Near,
    Register,
    at,
    count,
    entities,
    mean,
    median,
    met,
    nb_by_activity,
    nb_certified,
    ratio,
    total,
)
from tests.warehouse.frames import Row

MICRO = pl.col("est_micro")
SIZED = pl.col("effectif_formateurs").is_not_null()
CLAIMED = 15_000


def par_categorie(register: Register) -> list[Row]:
    frame = register.organisations
    certified = count(frame, CERTIFIED)
    rows = []
    for category in CATEGORIES:
        own = frame.filter(pl.col(FLAG[category]))
        alone = count(own, pl.col("combinaison") == category)
        rows.append(
            {
                "date_instantane": register.day,
                "categorie": category,
                "libelle": SAID,
                "nb_organismes": own.height,
                "nb_certifies": certified,
                "part_des_certifies_pct": ratio(own.height, certified),
                "nb_exclusifs": alone,
                "part_exclusifs_pct": ratio(alone, own.height),
                "nb_non": count(frame, pl.col(FLAG[category]).not_()),
                "nb_entites": entities(own),
                "nb_actifs": count(own, ACTIVE),
                "nb_stagiaires": total(own, "nb_stagiaires"),
                "nb_stagiaires_bornes": total(own, "nb_stagiaires_bornes"),
                "mediane_stagiaires_actifs": median(own.filter(ACTIVE), "nb_stagiaires"),
                "mediane_formateurs": median(own, "effectif_formateurs"),
                "nb_micro": count(own, MICRO),
                "nb_effectif_connu": count(own, SIZED),
                "part_micro_pct": ratio(count(own, MICRO), count(own, SIZED)),
                "nb_receveurs": count(own, RECEIVES),
                "petit_effectif": own.height < FEW,
            }
        )
    return rows


def combinaison_certifications(register: Register) -> list[Row]:
    frame = register.organisations
    rows = []
    for combination in met(frame, "combinaison"):
        own = at(frame, "combinaison", combination)
        known = combination != UNKNOWN
        held = [category for category in CATEGORIES if category in combination.split(" + ")]
        rows.append(
            {
                "date_instantane": register.day,
                "combinaison": combination,
                "nb_categories": len(held) if known else None,
                **{FLAG[c]: c in held if known else None for c in CATEGORIES},
                "nb_organismes": own.height,
                "nb_organismes_total": frame.height,
                "part_pct": ratio(own.height, frame.height),
                **nb_by_activity(own),
                "nb_stagiaires": total(own, "nb_stagiaires"),
                "nb_stagiaires_bornes": total(own, "nb_stagiaires_bornes"),
                "mediane_stagiaires_actifs": median(own.filter(ACTIVE), "nb_stagiaires"),
                "effectif_formateurs": total(own, "effectif_formateurs"),
                "effectif_formateurs_borne": total(own, "effectif_formateurs_borne"),
                "mediane_formateurs": median(own, "effectif_formateurs"),
                "nb_micro": count(own, MICRO),
                "petit_effectif": own.height < FEW,
            }
        )
    return rows


# --- Specialities -----------------------------------------------------------------------------


def declaring(register: Register, *codes: str) -> pl.DataFrame:
    """Organisations that declare all these codes."""
    wanted = set(codes)
    ndas = [nda for nda, taught in register.taught.items() if wanted <= set(taught)]
    return register.organisations.filter(pl.col("nda").is_in(ndas))


def speciality_codes(register: Register) -> list[str]:
    return sorted({code for taught in register.taught.values() for code in taught})


def par_specialite(register: Register) -> list[Row]:
    frame, taught = register.organisations, register.taught
    rows = []
    for code in speciality_codes(register):
        own = declaring(register, code)
        first = own.filter(pl.col("nda").is_in([n for n, t in taught.items() if t[:1] == (code,)]))
        in_all = [len(taught[nda]) for nda in own["nda"]]
        rows.append(
            {
                "code_nsf": code,
                "libelle_nsf": register.labels[code],
                **_taught_by(register, own, first),
                **{f"nb_avec_{n}": in_all.count(n) for n in (2, 3)},
                "nb_seule": in_all.count(1),
            }
        )
    for row in rows:
        row["rang"] = 1 + sum(other["nb_organismes"] > row["nb_organismes"] for other in rows)
    without = frame.filter(pl.col("nda").is_in([nda for nda, codes in taught.items() if not codes]))
    if without.height:
        rows.append(
            {
                "code_nsf": None,
                "libelle_nsf": None,
                **_taught_by(register, without, without),
                **{"nb_seule": 0, "nb_avec_2": 0, "nb_avec_3": 0, "rang": None},
            }
        )
    return rows


def _taught_by(register: Register, own: pl.DataFrame, first: pl.DataFrame) -> Row:
    share = nb_certified(own)
    nation = nb_certified(register.organisations)["part_certifies_pct"]
    part = share["part_certifies_pct"]
    index = None
    if part is not None and nation is not None and nation.value:
        index = Near(100 * part.value / nation.value, 1)
    return {
        "date_instantane": register.day,
        "nb_organismes": own.height,
        "nb_premiere": first.height,
        **share,
        "indice_certifies": index,
        "nb_certifies_bilan_competences": count(own, pl.col(FLAG["BILAN_COMPETENCES"])),
        "nb_actifs": count(own, ACTIVE),
        "nb_stagiaires": total(own, "nb_stagiaires"),
        "nb_stagiaires_premiere": total(first, "nb_stagiaires"),
        "nb_stagiaires_premiere_bornes": total(first, "nb_stagiaires_bornes"),
        "mediane_stagiaires_actifs": median(own.filter(ACTIVE), "nb_stagiaires"),
        "petit_effectif": own.height < FEW,
    }


def couple_specialites(register: Register) -> list[Row]:
    with_codes = sum(bool(taught) for taught in register.taught.values())
    rows: list[Row] = []
    for a, b in combinations(speciality_codes(register), 2):
        both = declaring(register, a, b).height
        if not both:
            continue
        of_a, of_b = declaring(register, a).height, declaring(register, b).height
        rows.append(
            {
                "date_instantane": register.day,
                **{"code_nsf_a": a, "libelle_nsf_a": register.labels[a]},
                **{"code_nsf_b": b, "libelle_nsf_b": register.labels[b]},
                "nb_organismes": both,
                "nb_organismes_a": of_a,
                "nb_organismes_b": of_b,
                "nb_organismes_avec_specialite": with_codes,
                "lift": Near(Fraction(both * with_codes, of_a * of_b), 2),
                "part_de_a_pct": ratio(both, of_a),
                "part_de_b_pct": ratio(both, of_b),
                "petit_effectif": both < FEW,
            }
        )
    rows.sort(key=_couple_order)
    return [{**row, "rang": rank} for rank, row in enumerate(rows, start=1)]


def _couple_order(row: Row) -> tuple[int, Fraction, str, str]:
    return -row["nb_organismes"], -row["lift"].value, row["code_nsf_a"], row["code_nsf_b"]


# --- Sizes and volumes ------------------------------------------------------------------------


def _classes(classes: dict[str, tuple[int, int | None]], frame: pl.DataFrame, column: str) -> Row:
    """Rank of each class to be given: all of them, the unknown one only when it is met."""
    unknown = [UNKNOWN] if UNKNOWN in met(frame, column) else []
    return {name: rank for rank, name in enumerate([*classes, *unknown], start=1)}


def par_taille(register: Register) -> list[Row]:
    frame = register.organisations
    certified = count(frame, CERTIFIED)
    rows = []
    for name, rank in _classes(TRAINERS, frame, "classe_formateurs").items():
        own = at(frame, "classe_formateurs", name)
        rows.append(
            {
                "date_instantane": register.day,
                "classe_formateurs": name,
                "ordre": rank,
                "nb_organismes": own.height,
                "nb_organismes_total": frame.height,
                "part_pct": ratio(own.height, frame.height),
                **nb_certified(own),
                "nb_certifies_total": certified,
                "part_des_certifies_pct": ratio(count(own, CERTIFIED), certified),
                **nb_by_activity(own),
                "nb_stagiaires": total(own, "nb_stagiaires"),
                "nb_stagiaires_bornes": total(own, "nb_stagiaires_bornes"),
                "moyenne_stagiaires": mean(own, "nb_stagiaires"),
                "moyenne_stagiaires_bornee": mean(own, "nb_stagiaires_bornes"),
                "mediane_stagiaires": median(own, "nb_stagiaires"),
                "effectif_formateurs": total(own, "effectif_formateurs"),
                "effectif_formateurs_borne": total(own, "effectif_formateurs_borne"),
                "nb_receveurs": count(own, RECEIVES),
                "est_micro": None if name == UNKNOWN else name in ("0", "1"),
                "petit_effectif": own.height < FEW,
            }
        )
    return rows


def par_volume(register: Register) -> list[Row]:
    frame = register.organisations
    trainees = total(frame, "nb_stagiaires")
    bounded = total(frame, "nb_stagiaires_bornes")
    rows = []
    for name, rank in _classes(TRAINEES, frame, "classe_stagiaires").items():
        own = at(frame, "classe_stagiaires", name)
        rows.append(
            {
                "date_instantane": register.day,
                "classe_stagiaires": name,
                "ordre": rank,
                "nb_organismes": own.height,
                "nb_organismes_total": frame.height,
                "part_pct": ratio(own.height, frame.height),
                **nb_certified(own),
                "nb_stagiaires": total(own, "nb_stagiaires"),
                "nb_stagiaires_bornes": total(own, "nb_stagiaires_bornes"),
                "nb_stagiaires_total": trainees,
                "part_stagiaires_pct": ratio(total(own, "nb_stagiaires"), trainees),
                "nb_stagiaires_total_bornes": bounded,
                "part_stagiaires_bornee_pct": ratio(total(own, "nb_stagiaires_bornes"), bounded),
                "petit_effectif": own.height < FEW,
            }
        )
    return rows


def micro_structures(register: Register) -> list[Row]:
    frame = register.organisations
    trainers = pl.col("effectif_formateurs")
    definitions = {
        "UN_FORMATEUR": trainers <= 1,
        "UN_FORMATEUR_ACTIF": (trainers <= 1) & (pl.col("nb_stagiaires") > 0),
        "DEUX_FORMATEURS": trainers <= 2,
        "MOINS_DE_DIX": trainers < 10,
    }
    certified = count(frame, CERTIFIED)
    rows = []
    for name, condition in definitions.items():
        own = frame.filter(condition)
        share = nb_certified(own)
        rows.append(
            {
                "date_instantane": register.day,
                "definition": name,
                "libelle": SAID,
                "nb_organismes": own.height,
                "nb_effectif_connu": count(frame, SIZED),
                "part_pct": ratio(own.height, count(frame, SIZED)),
                "nb_certifiees": share["nb_certifies"],
                "nb_certification_connue": share["nb_certification_connue"],
                "part_certifiees_pct": share["part_certifies_pct"],
                "nb_certifies_total": certified,
                "part_des_certifies_pct": ratio(share["nb_certifies"], certified),
                "nb_certifiees_annonce": CLAIMED,
                "part_annoncee_pct": ratio(1, 3),
                "ecart_nb": share["nb_certifies"] - CLAIMED,
                "petit_effectif": own.height < FEW,
            }
        )
    return rows
