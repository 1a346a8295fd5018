"""The released base says of itself what its dictionary says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest

from pipelines.settings import ROOT
from tests.cli.conftest import Released

# Names that the issue makes the public interface; columns may be added, not taken away.
PUBLIC = {
    "socle.organisme": "nda denomination siren siren_valide siret_declarant adresse_voie "
    "code_postal ville code_region region code_departement departement departement_source "
    "date_derniere_declaration debut_exercice fin_exercice nb_stagiaires nb_stagiaires_confies "
    "effectif_formateurs est_certifie certifie_action_formation certifie_bilan_competences "
    "certifie_vae certifie_apprentissage personne_physique_presumee pays_organisme_represente",
    "socle.certification": "nda categorie certifie",
    "socle.specialite": "nda rang code_nsf libelle_nsf",
    "socle.nda_precedent": "nda nda_precedent",
    "socle.entite": "siren nb_nda ndas est_certifie certifie_action_formation "
    "certifie_bilan_competences certifie_vae certifie_apprentissage",
    "reference.region": "code_region region",
    "reference.departement": "code_departement departement",
    "reference.specialite_nsf": "code_nsf libelle_nsf",
    "marche.synthese": "nb_organismes",
    "qualite.rejet": "ligne motif texte",
    "qualite.anomalie": "nda regle gravite champ valeur message",
    "qualite.controle": "regle message",
    "meta.publication": "version sha256 date_contenu acceptations",
}


@pytest.fixture(scope="module")
def con(released: Released) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(released.release.path, read_only=True) as opened:
        yield opened


def documented() -> dict[str, tuple[str, dict[str, str]]]:
    """Read ``docs/dictionnaire.md``: each table, its description, its columns and theirs."""
    text = (ROOT / "docs" / "dictionnaire.md").read_text(encoding="utf-8")
    found = {}
    for section in text.split("\n### ")[1:]:
        name, description = section.split("\n\n")[:2]
        columns = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE))
        found[name.strip()] = (description, columns)
    return found


def test_tables_of_the_base_and_of_the_dictionary(con: duckdb.DuckDBPyConnection) -> None:
    told = con.execute(
        "select schema_name || '.' || table_name, comment from duckdb_tables() union all "
        "select schema_name || '.' || view_name, comment from duckdb_views() where not internal"
    ).fetchall()
    assert dict(told) == {name: description for name, (description, _) in documented().items()}
    assert all(comment for _, comment in told)


def test_columns_of_the_base_and_of_the_dictionary(con: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, dict[str, str]] = {}
    for table, column, comment in con.execute(
        "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
        "where not internal order by column_index"
    ).fetchall():
        assert comment, f"{table}.{column}"
        found.setdefault(table, {})[column] = comment
    assert found == {name: columns for name, (_, columns) in documented().items()}
    assert {name: list(columns) for name, columns in found.items()} == {
        name: list(columns) for name, (_, columns) in documented().items()
    }  # in the order of the table


@pytest.mark.parametrize("table", PUBLIC)
def test_the_public_names_are_kept(table: str) -> None:
    _, columns = documented()[table]
    assert set(PUBLIC[table].split()) <= columns.keys()


def test_views_do_not_carry_the_name_of_a_base(con: duckdb.DuckDBPyConnection) -> None:
    views = con.execute("select view_name, sql from duckdb_views() where not internal").fetchall()
    assert views
    for name, sql in views:
        assert "opac" not in sql, name
