"""What the staging file and the build must hold, made from the contract; data only.

Nothing here imports Great Expectations: the worker does, in its own process.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from pipelines.french import date_courte, nombre, taux
from pipelines.portage.verdict import VERDICTS
from pipelines.quality.checks import Check, Context, Unit, not_applicable
from pipelines.quality.figures import figures
from pipelines.registers.contract import CATEGORIES, COLUMNS, Column, Kind
from pipelines.settings import REFERENCE

__all__ = ["Check", "Context", "suites"]

VALID_SHARE = 0.98
PLAUSIBLE_SHARE = 0.98
FIRST_DATE = date(1990, 1, 1)
# Column that says an identifier is well formed, by identifier.
VALIDITY: dict[str, str] = {
    "nda": "nda_valide",
    "siren": "siren_valide",
    "siret_declarant": "siret_valide",
}
# Empty where there is no identifier: that is the business of the fill rate, not of validity.
_VALIDITY_SQL = ", ".join(
    f"case when {name} is not null then coalesce({valid}, false) end as {valid}"
    for name, valid in VALIDITY.items()
)

_MODEL = "C'est un modèle SQL qui est à corriger, non la liste : signalez-le aux mainteneurs."


def suites(contexte: Context) -> dict[str, list[Check]]:
    """Return the checks of each database: ``preparation`` (staging) and ``socle`` (the build)."""
    return {
        "preparation": [
            *_rows(contexte),
            *(check for column in COLUMNS for check in _column(column, contexte)),
            *_department_origin(),
            *_median(contexte),
            *figures(contexte),
        ],
        "socle": [*_core(contexte), *_references(), *_portage(contexte)],
    }


def _rows(contexte: Context) -> Iterator[Check]:
    least = contexte.plancher or 1
    yield Check(
        "contrat.organisme.lignes",
        "organisme",
        None,
        "expect_table_row_count_to_be_between",
        {"min_value": least},
        Unit.NUMBER,
        f"au moins {nombre(least)} lignes",
        "La liste a assez de lignes.",
        f"La liste a trop peu de lignes : elle est sans doute tronquée. {contexte.conseil}",
    )
    yield Check(
        "contrat.organisme.nda.present",
        "organisme",
        "nda",
        "expect_column_values_to_not_be_null",
        {"column": "nda"},
        Unit.DEFECTS,
        "aucun NDA vide",
        "Chaque ligne porte son NDA.",
        f"Des lignes n'ont pas de NDA, clé de la liste. {contexte.conseil}",
    )
    yield _unique("contrat", "organisme", ("nda",), contexte.conseil)


def _unique(famille: str, table: str, colonnes: tuple[str, ...], conseil: str) -> Check:
    key = ", ".join(colonnes)
    single = len(colonnes) == 1
    return Check(
        f"{famille}.{table}.{'-'.join(colonnes)}.unique",
        table,
        key,
        "expect_column_values_to_be_unique" if single else "expect_compound_columns_to_be_unique",
        {"column": key} if single else {"column_list": list(colonnes)},
        Unit.DEFECTS,
        "aucun doublon",
        f"Chaque « {key} » n'est présent qu'une fois dans {table}.",
        f"Des lignes de {table} ont le même « {key} ». {conseil}",
    )


def _column(column: Column, contexte: Context) -> Iterator[Check]:
    """Checks that follow from what the contract says of a column."""
    if column.fill and column.kind is not Kind.NDA:
        yield _fill(column, contexte)
    if column.name in VALIDITY:
        yield _valid(column, contexte)
    match column.kind:
        case Kind.FLAG:
            yield _in_set(column, [True, False], "vrai, faux ou vide", contexte, mostly=None)
        case Kind.REGION:
            regions = _region_codes()
            yield _in_set(
                column, regions, "un code de région connu", contexte, mostly=PLAUSIBLE_SHARE
            )
        case Kind.DATE:
            latest = contexte.date_liste
            if column.name != "date_derniere_declaration":
                latest += timedelta(days=366)
            yield _between(
                column,
                FIRST_DATE.isoformat(),
                latest.isoformat(),
                f"du {date_courte(FIRST_DATE)} au {date_courte(latest)}",
                contexte,
            )
        case Kind.INTEGER:
            yield _between(column, 0, column.most, f"de 0 à {nombre(column.most)}", contexte)


def _fill(column: Column, contexte: Context) -> Check:
    return Check(
        f"contrat.organisme.{column.name}.remplissage",
        "organisme",
        column.name,
        "expect_column_values_to_not_be_null",
        {"column": column.name, "mostly": column.fill},
        Unit.FILL,
        f"au moins {taux(column.fill)} remplis",
        f"La colonne « {column.name} » est assez remplie.",
        f"La colonne « {column.name} » s'est vidée, ou ce qu'elle porte n'est plus lisible. "
        f"{contexte.conseil}",
        sans_objet=not_applicable(contexte, (column.name,)),
    )


def _valid(column: Column, contexte: Context) -> Check:
    return Check(
        f"contrat.organisme.{column.name}.valide",
        "organisme",
        column.name,
        "expect_column_values_to_be_in_set",
        {
            "column": VALIDITY[column.name],
            "value_set": [True],
            "mostly": VALID_SHARE,
        },
        Unit.DEFECTS,
        f"au moins {taux(VALID_SHARE)} valides",
        f"Les valeurs de « {column.name} » ont la forme et la clé attendues.",
        f"Trop de valeurs de « {column.name} » sont invalides : colonnes décalées, ou passage "
        f"par un tableur. {contexte.conseil}",
        requete=f"select {_VALIDITY_SQL} from organisme",
        sans_objet=not_applicable(contexte, (column.name,)),
    )


def _in_set(
    column: Column, values: list[Any], told: str, contexte: Context, *, mostly: float | None
) -> Check:
    tolerance = {} if mostly is None else {"mostly": mostly}
    return Check(
        f"contrat.organisme.{column.name}.valeurs",
        "organisme",
        column.name,
        "expect_column_values_to_be_in_set",
        {"column": column.name, "value_set": values, **tolerance},
        Unit.DEFECTS,
        told + (f", pour au moins {taux(mostly)} des valeurs" if mostly else ""),
        f"La colonne « {column.name} » ne porte que des valeurs admises.",
        f"La colonne « {column.name} » porte des valeurs inconnues. {contexte.conseil}",
        sans_objet=not_applicable(contexte, (column.name,), statistique=mostly is not None),
    )


def _between(column: Column, low: Any, high: Any, told: str, contexte: Context) -> Check:
    return Check(
        f"contrat.organisme.{column.name}.bornes",
        "organisme",
        column.name,
        "expect_column_values_to_be_between",
        {
            "column": column.name,
            "min_value": low,
            "max_value": high,
            "mostly": PLAUSIBLE_SHARE,
        },
        Unit.DEFECTS,
        f"{told}, pour au moins {taux(PLAUSIBLE_SHARE)} des valeurs",
        f"Les valeurs de « {column.name} » sont plausibles.",
        f"Trop de valeurs de « {column.name} » sont hors du plausible. {contexte.conseil}",
        sans_objet=not_applicable(contexte, (column.name,)),
    )


def _region_codes() -> list[str]:
    with (REFERENCE / "region.csv").open(encoding="utf-8", newline="") as file:
        return [row["code_region"] for row in csv.DictReader(file)]


def _department_origin() -> Iterator[Check]:
    yield Check(
        "contrat.organisme.departement_source.valeurs",
        "organisme",
        "departement_source",
        "expect_column_values_to_be_in_set",
        {"column": "departement_source", "value_set": ["adresse", "nda"]},
        Unit.DEFECTS,
        "adresse, nda ou vide",
        "L'origine du département est dite.",
        "Le département d'organismes vient d'une source inconnue. C'est la lecture de la liste "
        "qui est à corriger : signalez-le aux mainteneurs.",
    )


def _median(contexte: Context) -> Iterator[Check]:
    yield Check(
        "contrat.organisme.effectif_formateurs.mediane",
        "organisme",
        "effectif_formateurs",
        "expect_column_median_to_be_between",
        {"column": "effectif_formateurs", "min_value": 0, "max_value": 20},
        Unit.NUMBER,
        "médiane de 0 à 20",
        "Le nombre médian de formateurs est plausible.",
        "Le nombre médian de formateurs n'est pas plausible : colonnes permutées ou nombres "
        f"abîmés. {contexte.conseil}",
        sans_objet=not_applicable(contexte, ("effectif_formateurs",)),
    )


def _core(contexte: Context) -> Iterator[Check]:
    yield _row_count("socle.organisme", contexte.nb_lignes, "autant que de lignes lues")
    yield _unique("modele", "socle.organisme", ("nda",), _MODEL)
    yield _unique("modele", "socle.entite", ("siren",), _MODEL)
    yield _unique("modele", "socle.certification", ("nda", "categorie"), _MODEL)
    yield _unique("modele", "socle.specialite", ("nda", "rang"), _MODEL)
    yield _unique("modele", "socle.nda_precedent", ("nda", "nda_precedent"), _MODEL)
    yield _values("socle.certification", "categorie", list(CATEGORIES))
    yield _values("socle.specialite", "rang", [1, 2, 3])
    yield _row_count("marche.synthese", 1, "une seule ligne de chiffres nationaux")


def _portage(contexte: Context) -> Iterator[Check]:
    verdict = "portage.verdict_profil"
    yield _row_count("portage.profil", contexte.nb_lignes, "autant que de lignes lues")
    yield _unique("modele", "portage.profil", ("nda",), _MODEL)
    yield _unique("modele", "portage.regle", ("regle",), _MODEL)
    yield _unique("modele", "portage.motif", ("motif",), _MODEL)
    yield _unique("modele", verdict, ("profil", "role", "financement", "action"), _MODEL)
    yield _values(verdict, "verdict", [verdict.value for verdict in VERDICTS])
    yield _values(verdict, "role", ["sous_traitant", "porteur"])
    yield _values(verdict, "action", list(CATEGORIES))
    yield _values(verdict, "statut_registre", ["SATISFAIT", "NON_SATISFAIT", "INDETERMINE"])


def _references() -> Iterator[Check]:
    for name in ("region", "departement"):
        table = f"reference.{name}"
        yield Check(
            f"modele.{table}.lignes",
            table,
            None,
            "expect_table_row_count_to_be_between",
            {"min_value": 1},
            Unit.NUMBER,
            "au moins une ligne",
            f"La table {table} est remplie.",
            f"La table {table} est vide. {_MODEL}",
        )
        yield _unique("modele", table, (f"code_{name}",), _MODEL)


def _row_count(table: str, value: int, told: str) -> Check:
    return Check(
        f"modele.{table}.lignes",
        table,
        None,
        "expect_table_row_count_to_equal",
        {"value": value},
        Unit.NUMBER,
        f"{nombre(value)} ({told})",
        f"La table {table} a le nombre de lignes voulu.",
        f"La table {table} n'a pas le nombre de lignes voulu. {_MODEL}",
    )


def _values(table: str, colonne: str, values: list[Any]) -> Check:
    return Check(
        f"modele.{table}.{colonne}.valeurs",
        table,
        colonne,
        "expect_column_values_to_be_in_set",
        {"column": colonne, "value_set": values},
        Unit.DEFECTS,
        ", ".join(map(str, values)),
        f"La colonne « {colonne} » de {table} ne porte que des valeurs admises.",
        f"La colonne « {colonne} » de {table} porte des valeurs inconnues. {_MODEL}",
    )
