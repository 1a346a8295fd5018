"""What a model documents, the order that the SQL implies, and the comments that follow."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipelines.errors import OpacError
from pipelines.registers.contract import BY_NAME, COLUMNS
from pipelines.settings import SQL
from pipelines.warehouse.models import (
    CONTROLS,
    EVALUATION,
    FILES,
    FOLLOWING,
    QUESTIONS,
    RUN,
    SCHEMAS,
    STAGING,
    Model,
    load_models,
    load_reference_files,
    parse_model,
    run_models,
    split_late,
)
from tests.warehouse.frames import built, organisme, rows

HEADER = """/*
Une table d'essai,
sur deux lignes : la voici.
{more}grain: a
colonnes:
  a: La clé.
  b: Une valeur
    sur deux lignes.
*/
"""


def model(folder: Path, name: str, sql: str, more: str = "") -> Path:
    """Write a model of two columns."""
    path = folder / f"{name.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER.format(more=more) + sql, encoding="utf-8")
    return path


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


# --- One model ------------------------------------------------------------------------------


def test_the_header_of_a_model_is_its_documentation(tmp_path: Path) -> None:
    path = model(tmp_path, "socle.essai", "select 1 as a, 2 as b;\n")
    assert parse_model(path) == Model(
        "socle",
        "essai",
        "Une table d'essai, sur deux lignes : la voici.",
        "a",
        {"a": "La clé.", "b": "Une valeur sur deux lignes."},
        "select 1 as a, 2 as b",
        False,
    )
    assert parse_model(path).depends == set()
    assert parse_model(path).full_name == "socle.essai"


def test_a_view_says_so(tmp_path: Path) -> None:
    assert parse_model(model(tmp_path, "socle.vue", "select 1", "nature: vue\n")).is_view
    assert not parse_model(model(tmp_path, "socle.table", "select 1", "nature: table\n")).is_view


def test_a_column_of_the_contract_takes_its_description(tmp_path: Path) -> None:
    path = tmp_path / "socle" / "essai.sql"
    path.parent.mkdir()
    path.write_text("/*\nEssai.\ngrain: nda\ncolonnes:\n  nda: (contrat)\n*/\nselect 1 as nda")
    assert parse_model(path).columns == {"nda": BY_NAME["nda"].description}


def test_a_column_may_take_its_description_from_another_model(tmp_path: Path) -> None:
    for schema, told in (("socle", "La clé."), ("marche", "(socle.essai)")):
        (tmp_path / schema).mkdir()
        path = tmp_path / schema / "essai.sql"
        path.write_text(f"/*\nEssai.\ngrain: a\ncolonnes:\n  a: {told}\n*/\nselect 1 as a")
    assert parse_model(tmp_path / "marche" / "essai.sql").columns == {"a": "La clé."}


def headed(folder: Path, name: str, columns: str, sql: str = "select 1") -> Path:
    """Write a model whose header holds these lines of columns, the first of them on line 5."""
    path = folder / f"{name.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"/*\nEssai.\ngrain: a\ncolonnes:\n{columns}\n*/\n{sql}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("  *: (socle.base)", "a: La clé.|b: Le b.|c: Le c."),
        # Where it stands, without what is named apart: before, after, or left out.
        ("  *: (socle.base)\n  x: Autre.", "a: La clé.|b: Le b.|c: Le c.|x: Autre."),
        ("  x: Autre.\n  *: (socle.base)", "x: Autre.|a: La clé.|b: Le b.|c: Le c."),
        ("  b: Le mien.\n  *: (socle.base)", "b: Le mien.|a: La clé.|c: Le c."),
        ("  *: (socle.base)\n  b: Le mien.", "a: La clé.|c: Le c.|b: Le mien."),
        ("  c: (socle.base)\n  *: (socle.base)", "c: Le c.|a: La clé.|b: Le b."),
        ("  * sauf b: (socle.base)", "a: La clé.|c: Le c."),
        ("  * sauf a, c: (socle.base)\n  x: Autre.", "b: Le b.|x: Autre."),
        ("  x: Autre.\n  * sauf c: (socle.base)\n  a: Mien.", "x: Autre.|b: Le b.|a: Mien."),
    ],
)
def test_a_model_may_take_all_the_columns_of_another(
    tmp_path: Path, columns: str, told: str
) -> None:
    headed(tmp_path, "socle.base", "  a: La clé.\n  b: Le b.\n  c: Le c.")
    found = parse_model(headed(tmp_path, "marche.essai", columns)).columns
    assert "|".join(f"{name}: {text}" for name, text in found.items()) == told


def test_what_is_taken_may_itself_be_taken_elsewhere(tmp_path: Path) -> None:
    headed(tmp_path, "socle.base", "  nda: (contrat)\n  b: Le b.")
    headed(tmp_path, "socle.milieu", "  *: (socle.base)\n  c: Le c.")
    told = {"nda": BY_NAME["nda"].description, "b": "Le b.", "c": "Le c."}
    assert parse_model(headed(tmp_path, "marche.essai", "  *: (socle.milieu)")).columns == told


def test_a_column_added_to_the_other_model_is_documented_here(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    headed(
        tmp_path,
        "marche.essai",
        "  *: (socle.base)\n  x: Autre.",
        "select *, 0 as x from socle.base",
    )
    headed(tmp_path, "socle.base", "  a: La clé.\n  b: Le b.", "select 1 as a, 2 as b")
    run_models(con, load_models(tmp_path))
    headed(
        tmp_path,
        "socle.base",
        "  a: La clé.\n  c: Le c.\n  b: Le b.",
        "select 1 as a, 3 as c, 2 as b",
    )
    load_models.cache_clear()
    run_models(con, load_models(tmp_path))
    told = rows(con, "select column_name, comment from duckdb_columns() where table_name = 'essai'")
    assert told == [("a", "La clé."), ("c", "Le c."), ("b", "Le b."), ("x", "Autre.")]


def test_a_column_taken_that_the_table_lacks_is_refused(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    headed(tmp_path, "socle.base", "  a: La clé.\n  b: Le b.", "select 1 as a, 2 as b")
    headed(tmp_path, "marche.essai", "  *: (socle.base)", "select a from socle.base")
    with pytest.raises(OpacError, match=r"marche\.essai .* documentées mais absentes : b ;"):
        run_models(con, load_models(tmp_path))


@pytest.mark.parametrize(
    ("columns", "line", "told"),
    [
        ("  a: (socle.absent)", 5, "il n'y a pas de modèle (socle.absent)"),
        ("  x: Autre.\n  *: (socle.absent)", 6, "il n'y a pas de modèle (socle.absent)"),
        ("  z: (socle.base)", 5, "pas de colonne z dans (socle.base)"),
        ("  nda: (contrat)\n  z: (contrat)", 6, "pas de colonne z dans (contrat)"),
        ("  * sauf a, y, z: (socle.base)", 5, "pas de colonne y, z dans (socle.base)"),
        ("  *: (socle.base)\n  *: (socle.base)", 6, "la colonne a y est une seconde fois"),
        ("  *: (socle.base)\n  * sauf a: (socle.base)", 6, "la colonne b y est une seconde fois"),
        ("  a: Une.\n    suite\n  a: Autre.", 7, "la colonne a y est une seconde fois"),
        ("  *: Tout le reste.", 5, "« * » prend les colonnes de (schema.table)"),
        ("Des colonnes.\n  a: Une.", 5, "on y attend « colonne: description »"),
        ("    suite\n  a: Une.", 5, "on y attend « colonne: description »"),
        ("  a: Une.\n  b Autre.", 6, "on y attend « colonne: description »"),
        ("  a: Une.\n  * sauf b c: (socle.base)", 6, "on y attend « colonne: description »"),
        ("  *: (marche.essai)", 5, "(marche.essai) y renvoie en rond"),
        ("  a: (marche.essai)", 5, "(marche.essai) y renvoie en rond"),
    ],
)
def test_what_cannot_be_followed_is_told_with_its_line(
    tmp_path: Path, columns: str, line: int, told: str
) -> None:
    headed(tmp_path, "socle.base", "  a: La clé.\n  b: Le b.")
    path = headed(tmp_path, "marche.essai", columns)
    with pytest.raises(OpacError) as raised:
        parse_model(path)
    assert str(raised.value) == (
        f"{path}, ligne {line} : {told} ; corrigez l'en-tête de ce modèle."
    )


@pytest.mark.parametrize("ring", [("a", "b"), ("a", "b", "c")])
def test_headers_that_refer_to_one_another_are_told(tmp_path: Path, ring: tuple[str, ...]) -> None:
    for name, following in zip(ring, (*ring[1:], ring[0]), strict=True):
        headed(tmp_path, f"socle.{name}", f"  x: Autre.\n  *: (socle.{following})")
    last = tmp_path / "socle" / f"{ring[-1]}.sql"
    with pytest.raises(OpacError) as raised:
        load_models(tmp_path)
    assert str(raised.value) == (
        f"{last}, ligne 6 : (socle.a) y renvoie en rond ; corrigez l'en-tête de ce modèle."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("select 1", "aucun commentaire d'en-tête"),
        ("-- Essai\nselect 1", "aucun commentaire d'en-tête"),
        *(
            (f"/*\n{header}*/\nselect 1 as a", "il manque la description, le grain ou les colonnes")
            for header in (
                "Essai.\ncolonnes:\n  a: La clé.\n",
                "Essai.\ngrain: a\n",
                "Essai.\ngrain: a\ncolonnes:\n",
                "grain: a\ncolonnes:\n  a: La clé.\n",
            )
        ),
    ],
)
def test_a_header_without_one_of_its_parts_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "essai.sql"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OpacError) as raised:
        parse_model(path)
    assert str(raised.value) == f"{path}, ligne 1 : {told} ; corrigez l'en-tête de ce modèle."


@pytest.mark.parametrize(
    "sql", ["select 1; select 2", "create table t as select 1", "drop table t"]
)
def test_a_model_is_one_query(tmp_path: Path, sql: str) -> None:
    with pytest.raises(ValueError, match="a model is one query"):
        load_models(model(tmp_path, "socle.essai", sql).parent.parent)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("from socle.x", {"socle.x"}),
        ("select * from socle.x as a join reference.y as b using (k)", {"socle.x", "reference.y"}),
        ("select (select count(*) from qualite.z) as n", {"qualite.z"}),
        ("select 1 where exists (from socle.x)", {"socle.x"}),
        ("with c as (from socle.x) select * from c", {"socle.x"}),
        ("with x as (select 1) from x", set()),
        ("select 'from socle.x' as texte -- from socle.y", set()),
        ("from socle.x union all from socle.y", {"socle.x", "socle.y"}),
        ("select a.b from preparation.organisme as a", {"preparation.organisme"}),
    ],
)
def test_the_tables_that_a_query_reads_are_found(
    tmp_path: Path, sql: str, tables: set[str]
) -> None:
    assert parse_model(model(tmp_path, "socle.essai", sql)).depends == tables


# --- Their order ----------------------------------------------------------------------------


def test_models_come_after_those_that_they_read(tmp_path: Path) -> None:
    model(tmp_path, "a.premier", "from z.dernier")
    model(tmp_path, "m.milieu", "from preparation.organisme")
    model(tmp_path, "z.dernier", "select * from m.milieu, fichier.region, execution.liste")
    model(tmp_path, "tests.controle", "from nulle.part")  # not a model
    assert [m.full_name for m in load_models(tmp_path)] == ["m.milieu", "z.dernier", "a.premier"]


def test_a_table_that_nothing_makes_is_named(tmp_path: Path) -> None:
    model(tmp_path, "socle.a", "select * from socle.absente, ailleurs.y, preparation.z")
    with pytest.raises(OpacError) as raised:
        load_models(tmp_path)
    assert str(raised.value) == (
        "Le modèle socle.a lit des tables que rien ne produit (ailleurs.y, socle.absente) : "
        "corrigez son SQL."
    )


@pytest.mark.parametrize("ring", [("a",), ("a", "b"), ("a", "b", "c")])
def test_a_ring_is_told(tmp_path: Path, ring: tuple[str, ...]) -> None:
    for name, following in zip(ring, (*ring[1:], ring[0]), strict=True):
        model(tmp_path, f"socle.{name}", f"from socle.{following}")
    with pytest.raises(
        OpacError, match=r"Des modèles se lisent en rond \((.*)\) : corrigez"
    ) as raised:
        load_models(tmp_path)
    for name in ring:
        assert f"socle.{name}" in str(raised.value)


def test_what_tells_of_the_checks_comes_after_them(tmp_path: Path) -> None:
    model(tmp_path, "a.faits", "from preparation.organisme")
    model(tmp_path, "a.resume", "from b.bilan")
    model(tmp_path, "b.bilan", f"from {CONTROLS}")
    model(tmp_path, "b.autre", "from a.faits")
    early, late = split_late(load_models(tmp_path))
    assert {m.full_name for m in early} == {"a.faits", "b.autre"}
    assert [m.full_name for m in late] == ["b.bilan", "a.resume"]


# --- Running them ---------------------------------------------------------------------------


def test_tables_and_views_are_made_with_their_comments(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    model(tmp_path, "socle.base", "select range as a, 'x' as b from range(3)")
    model(tmp_path, "marche.vue", "select a, b from socle.base where a > 0", "nature: vue\n")
    assert run_models(con, load_models(tmp_path)) == {"socle.base": 3, "marche.vue": 2}
    tables = rows(con, "select schema_name, table_name, comment from duckdb_tables()")
    description = "Une table d'essai, sur deux lignes : la voici."
    assert tables == [("socle", "base", description)]
    views = "select schema_name, view_name, comment from duckdb_views() where not internal"
    assert rows(con, views) == [("marche", "vue", description)]
    columns = rows(
        con,
        "select table_name, column_name, comment from duckdb_columns() "
        "where not internal order by all",
    )
    told = [("a", "La clé."), ("b", "Une valeur sur deux lignes.")]
    assert columns == [(table, *pair) for table in ("base", "vue") for pair in told]


def test_models_run_again_over_what_they_made(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    model(tmp_path, "socle.base", "select 1 as a, 2 as b")
    for _ in range(2):
        assert run_models(con, load_models(tmp_path)) == {"socle.base": 1}


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select 1 as a", "sans documentation : aucune ; documentées mais absentes : b"),
        (
            "select 1 as a, 2 as b, 3 as c",
            "sans documentation : c ; documentées mais absentes : aucune",
        ),
        ("select 1 as a, 2 as d", "sans documentation : d ; documentées mais absentes : b"),
        (
            "select 2 as b, 1 as a",
            "sans documentation : aucune ; documentées mais absentes : aucune",
        ),
    ],
)
def test_documented_and_real_columns_must_be_the_same(
    tmp_path: Path, con: duckdb.DuckDBPyConnection, sql: str, told: str
) -> None:
    model(tmp_path, "socle.essai", sql)
    with pytest.raises(OpacError) as raised:
        run_models(con, load_models(tmp_path))
    where = f"{tmp_path / 'socle' / 'essai.sql'}, ligne "
    assert str(raised.value).startswith(where)
    line, _, said = str(raised.value).removeprefix(where).partition(" : ")
    lines = (tmp_path / "socle" / "essai.sql").read_text(encoding="utf-8").splitlines()
    assert lines[int(line) - 1] == "colonnes:"
    assert said == (
        "le modèle socle.essai ne donne pas les colonnes qu'il documente "
        f"({told} ; ordre compris) : corrigez son en-tête."
    )


# --- Ours -----------------------------------------------------------------------------------

OURS = load_models()


def test_our_models_run_in_an_order_that_their_sql_implies() -> None:
    done = {"preparation", "fichier", "execution", "demande", "evaluation", "suivi"}
    for found in OURS:
        for name in found.depends:
            assert name in done or name.split(".")[0] in done, f"{found.full_name} before {name}"
        done.add(found.full_name)
    elsewhere = ("tests", "evaluation", "suivi")
    paths = [path for path in SQL.glob("*/*.sql") if path.parent.name not in elsewhere]
    assert len(OURS) == len(paths) == len(done) - 6


def test_the_order_of_our_models_is_the_same_in_every_process() -> None:
    """Python orders sets of texts otherwise in each: two builds must not differ by it."""
    script = (
        "from pipelines.warehouse.models import load_models; "
        "print(*(model.full_name for model in load_models()))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert told == {" ".join(found.full_name for found in OURS) + "\n"}


def test_the_tables_that_analysts_were_promised_are_there() -> None:
    promised = {
        "socle.organisme": "nda denomination siren siren_valide siret_declarant adresse_voie "
        "code_postal ville code_region region code_departement departement departement_source "
        "date_derniere_declaration debut_exercice fin_exercice nb_stagiaires "
        "nb_stagiaires_confies effectif_formateurs est_certifie certifie_action_formation "
        "certifie_bilan_competences certifie_vae certifie_apprentissage "
        "personne_physique_presumee pays_organisme_represente",
        "socle.certification": "nda categorie certifie",
        "socle.specialite": "nda rang code_nsf libelle_nsf",
        "socle.nda_precedent": "nda nda_precedent",
        "socle.entite": "siren nb_nda ndas est_certifie certifie_action_formation "
        "certifie_bilan_competences certifie_vae certifie_apprentissage",
        "reference.region": "code_region region population source",
        "reference.departement": "code_departement departement code_region population source",
        "reference.specialite_nsf": "code_nsf libelle_nsf",
        "socle.activite": "nda nb_stagiaires_bornes classe_formateurs est_micro",
        "marche.synthese": "nb_organismes nb_certifies nb_actifs mediane_stagiaires nb_entites",
        "marche.par_region": "code_region nb_organismes nb_organismes_pour_100k rang_densite",
        "marche.par_departement": "code_departement code_region indice_densite_bilan",
        "marche.par_categorie": "categorie nb_organismes",
        "marche.combinaison_certifications": "combinaison nb_organismes nb_actifs",
        "marche.par_specialite": "code_nsf nb_organismes nb_seule",
        "marche.couple_specialites": "code_nsf_a code_nsf_b nb_organismes lift",
        "marche.par_taille": "classe_formateurs nb_organismes",
        "marche.micro_structures": "definition nb_certifiees nb_certifiees_annonce",
        "marche.concentration": "perimetre code part_top_1pct_pct part_top_100_pct gini gini_borne "
        "hhi hhi_borne",
        "marche.sous_traitance": "perimetre code nb_receveurs ratio_confies_propres",
        "marche.sous_traitants_principaux": "nda rang_departement",
        "marche.besoin_portage": "categorie code_departement rang nb_candidats nb_porteurs "
        "candidats_par_porteur",
        "marche.anciennete_declaration": "annee mois nb_organismes part_dormants_pct",
        "marche.anomalies_declarees": "regle code_region nb_organismes",
        "marche.chiffre_publie": "mesure code valeur_publiee valeur_calculee ecart_pct",
        "portage.regle": "regle role financements actions exigence constat base_legale valide_du "
        "valide_au confiance source note",
        "portage.parametre": "parametre valeur valide_du valide_au statut source",
        "portage.profil": "nda profil",
        "portage.eligibilite": "nda role financement action verdict statut_registre raisons "
        "pieces_manquantes",
        "portage.synthese": "code_region code_departement financement action nb_organismes",
        "qualite.rejet": "ligne motif texte",
        "qualite.anomalie": "nda regle gravite champ valeur message",
        "qualite.controle": "regle statut mesure attendu",
        "meta.publication": "version sha256 date_contenu lignes_liste code publie_le acceptations",
    }
    columns = {found.full_name: found.columns.keys() for found in OURS}
    for table, names in promised.items():
        assert set(names.split()) <= columns[table], table
    market = {name for name in columns if name.startswith("marche.")}
    assert {name for name in market if "date_instantane" not in columns[name]} == set()
    assert {found.schema for found in OURS} <= SCHEMAS.keys()


def test_every_table_and_column_of_ours_carries_its_description() -> None:
    organisations = [organisme("93130001013", certifie_vae=True)]
    with built(organisations, documented=True) as con:
        tables = rows(
            con,
            "select schema_name || '.' || table_name, comment from duckdb_tables() "
            "where database_name = 'opac' union all "
            "select schema_name || '.' || view_name, comment from duckdb_views() "
            "where database_name = 'opac' and not internal",
        )
        columns = rows(
            con,
            "select schema_name || '.' || table_name, column_name, comment from duckdb_columns() "
            "where database_name = 'opac' and not internal",
        )
    assert dict(tables) == {found.full_name: found.description for found in OURS}
    assert {(table, name): text for table, name, text in columns} == {
        (found.full_name, name): text for found in OURS for name, text in found.columns.items()
    }


@pytest.mark.parametrize("found", OURS, ids=lambda m: m.full_name)
def test_descriptions_are_sentences(found: Model) -> None:
    assert found.description.endswith(".")
    for text in found.columns.values():
        assert text.endswith(".")
        assert "(contrat)" not in text
    if found.grain != "une ligne":
        assert set(found.grain.split(", ")) <= found.columns.keys()


def test_views_do_not_name_the_database_they_were_built_in(tmp_path: Path) -> None:
    """A release is opened under another name than that of its building."""
    path = tmp_path / "construction.duckdb"
    with built([organisme("93130001013", certifie_vae=True)]) as con:
        views = rows(
            con, "select sql from duckdb_views() where database_name = 'opac' and not internal"
        )
        con.execute(f"attach '{path}' as copie")
        con.execute("copy from database opac to copie")
        con.execute("detach copie")
    assert views
    for (sql,) in views:
        assert "opac" not in sql
    with duckdb.connect() as other:
        other.execute(f"attach '{path}' as tout_autre (read_only)")
        assert rows(other, "select categorie from tout_autre.socle.certification") == [("VAE",)]


def test_no_model_reads_the_files_of_another_house() -> None:
    """Each catalogue has its tables; a view may read none, for it outlives them."""
    for found in OURS:
        outside = {name.split(".")[0] for name in found.depends} - SCHEMAS.keys()
        assert outside <= {STAGING, FILES, RUN, QUESTIONS, EVALUATION, FOLLOWING}
        assert not (found.is_view and outside)


def test_reference_files_are_tables_of_text(con: duckdb.DuckDBPyConnection) -> None:
    load_reference_files(con)
    types = rows(
        con, "select distinct data_type from duckdb_columns() where database_name = 'fichier'"
    )
    assert types == [("VARCHAR",)]
    assert rows(con, "select region from fichier.region where code_region = '01'") == [
        ("Guadeloupe",)
    ]
    assert rows(con, "select count(*) from fichier.departement where code_departement = '01'") == [
        (1,)
    ]


def test_the_contract_describes_each_column_in_a_sentence() -> None:
    for column in COLUMNS:
        assert column.description.endswith(".")
        assert 0 <= column.fill <= 1
