"""Small staging and build databases that hold all that the suites ask, to be damaged by tests."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from pipelines.quality.checks import Context
from pipelines.quality.controls import Control, Status
from pipelines.registers.contract import COLUMNS, FLAGS, Kind

ROWS = 600
CONTEXT = Context(ROWS, None, frozenset(), date(2026, 1, 15))

_BY_KIND: dict[Kind, str] = {
    Kind.TEXT: "'texte ' || i",
    Kind.NDA: "'9' || lpad(i::varchar, 10, '0')",
    Kind.NDA_LIST: "case when i % 10 = 0 then ['93000000001', '93000000002'] end",
    Kind.SIREN: "lpad((i // 2)::varchar, 9, '0')",
    Kind.SIRET: "lpad(i::varchar, 14, '0')",
    Kind.POSTCODE: "case when i < 300 then '13001' end",
    Kind.REGION: "'93'",
    Kind.FLAG: "case when i % 3 = 0 then true end",
    Kind.DATE: "date '2025-05-31' - i::int",
    Kind.INTEGER: "i % 4",
    Kind.NSF: "'333'",
}
_BY_NAME = {"nb_stagiaires": "i % 40"}


def staging(folder: Path, *damage: str, rows: int = ROWS) -> Path:
    """Build a staging file, then run ``damage`` on it."""
    columns = ", ".join(
        f"{_BY_NAME.get(column.name, _BY_KIND[column.kind])} as {column.name}" for column in COLUMNS
    )
    return _write(
        folder / "preparation.duckdb",
        f"create table organisme as select i + 2 as ligne, {columns}, true as nda_valide, "
        "true as siren_valide, true as siret_valide, '13' as code_departement, "
        "case when i % 2 = 0 then 'adresse' else 'nda' end as departement_source "
        f"from range({rows}) t(i)",
        "create table anomalie(nda varchar, regle varchar, gravite varchar, champ varchar, "
        "valeur varchar, message varchar)",
        "create table lecture as select []::varchar[] as absentes",
        *damage,
    )


def core(folder: Path, *damage: str) -> Path:
    """Build a database with the tables that the second suite reads, then damage it."""
    categories = ("ACTION_FORMATION", "BILAN_COMPETENCES", "VAE", "APPRENTISSAGE")
    certifications = " union all ".join(
        f"select nda, '{category}' as categorie, {flag} as certifie from liste where {flag}"
        for category, flag in zip(categories, FLAGS, strict=True)
    )
    flags = ", ".join(f"i % 3 = 0 as {flag}" for flag in FLAGS)
    return _write(
        folder / "opac.duckdb",
        "create schema socle; create schema reference; create schema marche; create schema portage",
        f"create temp table liste as select '9' || lpad(i::varchar, 10, '0') as nda, {flags}, "
        f"lpad(i::varchar, 9, '0') as siren from range({ROWS}) t(i)",
        "create table socle.organisme as from liste",
        f"create table socle.certification as {certifications}",
        "create table socle.specialite as select nda, unnest([1, 2, 3]) as rang from liste",
        "create table socle.nda_precedent as "
        "select nda, unnest(['93000000001', '93000000002']) as nda_precedent from liste",
        "create table socle.entite as select siren from liste",
        "create table marche.synthese as select count(*) as nb from liste",
        "create table reference.region as select unnest(['93', '94']) as code_region",
        "create table reference.departement as select unnest(['13', '2A']) as code_departement",
        "create table portage.profil as select nda from liste",
        "create table portage.regle as select unnest(['NDA_LISTE', 'QUALIOPI']) as regle",
        "create table portage.motif as select unnest(['NDA_ABSENT', 'NDA_LISTE']) as motif",
        f"create table portage.verdict_profil as {_profile_verdicts(categories)}",
        *damage,
    )


def _profile_verdicts(categories: tuple[str, ...]) -> str:
    """Write the query of the verdicts: every value that each column admits is there."""
    return (
        "select profil, role, financement, action, "
        "(['ELIGIBLE', 'PIECES_MANQUANTES', 'A_VERIFIER', 'NON_ELIGIBLE'])[profil] as verdict, "
        "(['SATISFAIT', 'NON_SATISFAIT', 'INDETERMINE'])[profil % 3 + 1] as statut_registre "
        "from (select unnest([1, 2, 3, 4]) as profil), "
        "(select unnest(['sous_traitant', 'porteur']) as role), "
        "(select unnest(['CPF', 'OPCO']) as financement), "
        f"(select unnest({list(categories)}) as action)"
    )


def refused(control: Control, cause: str) -> bool:
    """Tell whether a control was not evaluated, for this cause, and blocks."""
    return control.statut is Status.NON_EVALUE and control.bloquant and cause in control.message


def _write(path: Path, *statements: str) -> Path:
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    return path
