"""The queries of sql/tests find nothing in a good base, and what offends in a bad one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipelines.quality.queries import load_queries
from tests.warehouse.frames import (
    SIREN,
    A,
    B,
    C,
    D,
    built,
    flags,
    organisme,
    rows,
    specialities,
)

GOOD = [
    organisme(A, siren=SIREN, code_region="93", ndas_precedents=["11750000175"], nb_stagiaires=3),
    organisme(B, siren=SIREN, code_region="905", nb_stagiaires=0, **flags(True, None, None, None)),
    organisme(C, siren="123456789", siren_valide=False, **specialities(("413", "Dév"))),
    organisme(D),
]
FOLLOWED = (
    "insert into historique.instantane (date_instantane, sha256) "
    "select date_contenu, sha256 from meta.publication"
)
KNOWN = (
    "insert into historique.organisme_version (nda, valide_du, listee, denomination, siren, ville, "
    "nb_stagiaires, certifie_vae) select nda, date '2026-01-02', true, denomination, siren, ville, "
    "nb_stagiaires, certifie_vae from socle.organisme"
)


def day(number: int) -> dt.date:
    return dt.date(2026, 1, number)


# For each query: what is done to a good base, and the rows that it must then return.
BAD: dict[str, list[tuple[str, list[tuple[Any, ...]]]]] = {
    "synthese_coherente": [
        ("update marche.synthese set nb_actifs = nb_actifs + 1", [(4, 2, 1, 2)]),
        ("update marche.synthese set nb_organismes = 5, nb_actifs = 2", [(5, 2, 1, 2)]),
    ],
    "marche_partitions": [
        ("delete from marche.par_region where code_region is null", [("marche.par_region", 2, 4)]),
        ("delete from marche.par_departement", [("marche.par_departement", 0, 4)]),
        (
            "insert into marche.combinaison_certifications from marche.combinaison_certifications",
            [("marche.combinaison_certifications", 8, 4)],
        ),
        (
            "update marche.par_specialite set nb_premiere = nb_organismes + 1",
            [("marche.par_specialite", 6, 4)],
        ),
        ("update marche.par_taille set nb_organismes = 1", [("marche.par_taille", 9, 4)]),
        ("delete from marche.par_volume where ordre = 1", [("marche.par_volume", 3, 4)]),
        ("delete from marche.anciennete_declaration", [("marche.anciennete_declaration", 0, 4)]),
        (f"delete from socle.activite where nda = '{A}'", [("socle.activite", 3, 4)]),
    ],
    "historique_periodes": [
        (
            "insert into historique.organisme_version (nda, valide_du, valide_au) values "
            f"('{A}', '2026-01-01', '2026-01-10'), ('{A}', '2026-01-05', null)",
            [(A, day(1), day(10), day(5))],
        ),
        (
            "insert into historique.organisme_version (nda, valide_du, valide_au) values "
            f"('{A}', '2026-01-05', '2026-01-05'), ('{B}', '2026-01-05', '2026-01-06')",
            [(A, day(5), day(5), None)],
        ),
    ],
    "historique_listes": [
        (
            "insert into historique.instantane (date_instantane) values ('2026-01-01'); "
            "insert into historique.evenement (nda, type, instantane_avant, date_constat) values "
            f"('{A}', 'RETOUR', '2026-01-01', '2026-01-02'), "
            f"('{B}', 'RETOUR', '2025-12-31', '2026-01-01')",
            [
                (A, "RETOUR", day(1), day(2)),
                (B, "RETOUR", dt.date(2025, 12, 31), day(1)),
            ],
        ),
    ],
    "historique_une_fois": [
        (
            "insert into historique.evenement (nda, type, categorie, date_constat) values "
            f"('{A}', 'RETOUR', null, '2026-01-02'), ('{A}', 'RETOUR', null, '2026-01-02'), "
            f"('{A}', 'RETOUR', null, '2026-01-03')",
            [(A, "RETOUR", None, day(2), 2)],
        ),
    ],
    "historique_liste_du_jour": [
        (FOLLOWED, [(A,), (B,), (C,), (D,)]),
        (
            f"{FOLLOWED}; {KNOWN}; update historique.organisme_version set nb_stagiaires = 4 "
            f"where nda = '{A}'; update historique.organisme_version set valide_au = '2026-01-15' "
            f"where nda = '{B}'; update historique.organisme_version set ville = null",
            [(A,), (B,)],
        ),
    ],
    "specialite_codee": [
        (
            f"insert into socle.specialite values ('{D}', 1, null, 'Sans code')",
            [(D, 1, None, "Sans code")],
        ),
        (f"insert into socle.specialite values ('{D}', 2, '413', null)", [(D, 2, "413", None)]),
    ],
    "certification_sans_vide": [
        (
            "update socle.organisme set certifie_vae = null; create or replace view "
            "socle.certification as select nda, 'VAE' as categorie, certifie_vae as certifie "
            "from socle.organisme",
            [(1, 4)],
        ),
        (
            "create or replace view socle.certification as "
            "select null as nda, null as categorie, null as certifie limit 0",
            [(1, 0)],
        ),
    ],
    "entite_couvre_organismes": [
        ("delete from socle.entite", [(SIREN, 2, None)]),
        ("update socle.entite set nb_nda = 1", [(SIREN, 2, 1)]),
        ("insert into socle.entite from socle.entite", [(SIREN, 4, 2)]),
    ],
    "nda_precedent_autre": [
        (f"insert into socle.nda_precedent values ('{A}', '{A}')", [(A, A)]),
    ],
    "lecture_complete": [
        ("update meta.publication set lignes_liste = 5", [(5, 4, 0)]),
        (f"delete from socle.organisme where nda = '{D}'", [(4, 3, 0)]),
        ("insert into qualite.rejet values (9, 'motif', 'texte')", [(4, 4, 1)]),
    ],
    "organisme_regions_connues": [
        (f"update socle.organisme set code_region = '42' where nda = '{D}'", [(D, "42")]),
    ],
    "portage_profil_complet": [
        (f"delete from portage.profil where nda = '{D}'", [(D, 0)]),
        (f"insert into portage.profil from portage.profil where nda = '{D}'", [(D, 2)]),
    ],
    "portage_verdict_complet": [
        (
            "delete from portage.verdict_profil where profil = 1 and role = 'porteur' "
            "and financement = 'CPF' and action = 'VAE'",
            [(1, "porteur", "CPF", "VAE", 0)],
        ),
    ],
    "portage_synthese_coherente": [
        (
            "delete from portage.synthese where code_region = '93' or role = 'porteur' "
            "or financement <> 'CPF' or action <> 'VAE'",
            [("sous_traitant", "CPF", "VAE", 3, 4)],
        ),
        (
            "delete from portage.synthese where role = 'porteur' or financement <> 'CPF' "
            "or action <> 'VAE'; update portage.synthese set nb_eligible = 7",
            [("sous_traitant", "CPF", "VAE", 4, 4)],
        ),
    ],
    "portage_sans_passe_droit": [
        (
            "update portage.verdict_profil set verdict = 'ELIGIBLE' where profil = 1 "
            "and role = 'sous_traitant' and financement = 'OPCO' and action = 'VAE'",
            [(1, "OPCO", "VAE", "ELIGIBLE")],
        ),
    ],
    "portage_raison_constat": [
        (
            "update portage.verdict_profil set raisons = "
            "[(select exigence from portage.regle where regle = 'ST_TITRES')] where profil = 1 "
            "and role = 'sous_traitant' and financement = 'OPCO' and action = 'VAE'",
            [
                (
                    *(1, "sous_traitant", "OPCO", "VAE"),
                    "Les intervenants ont les titres et qualifications voulus.",
                )
            ],
        ),
        (
            "update portage.verdict_profil set avertissements = ['{nda} : {message}'] "
            "where profil = 1 and role = 'porteur' and financement = 'CPF' and action = 'VAE'",
            [(1, "porteur", "CPF", "VAE", "{nda} : {message}")],
        ),
    ],
}
QUERIES = {query.name: query.sql for query in load_queries()}


@pytest.fixture(scope="module")
def good() -> Iterator[duckdb.DuckDBPyConnection]:
    with built(GOOD) as con:
        yield con


def test_no_query_finds_anything_in_a_good_base(good: duckdb.DuckDBPyConnection) -> None:
    assert {name: rows(good, sql) for name, sql in QUERIES.items()} == {
        name: [] for name in QUERIES
    }


def test_no_query_finds_anything_in_an_empty_base() -> None:
    with built() as con:
        assert {name: rows(con, sql) for name, sql in QUERIES.items()} == {
            name: [] for name in QUERIES
        }


def test_every_query_has_a_bad_base() -> None:
    assert BAD.keys() == QUERIES.keys()


@pytest.mark.parametrize(
    ("name", "damage", "offending"),
    [(name, *pair) for name, pairs in BAD.items() for pair in pairs],
)
def test_a_query_returns_the_rows_that_offend(
    name: str,
    damage: str,
    offending: list[tuple[Any, ...]],
    good: duckdb.DuckDBPyConnection,
) -> None:
    good.begin()
    try:
        good.execute(damage)
        assert rows(good, QUERIES[name]) == offending
    finally:
        good.rollback()
