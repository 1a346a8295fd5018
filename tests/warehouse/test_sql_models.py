"""Each SQL model over a few rows: exactly what it gives, odd rows and none included."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pipelines.quality.queries import load_queries
from pipelines.registers.contract import FLAGS
from pipelines.warehouse.models import load_models
from tests.warehouse.frames import Row, built, dicts, organisme, rows

A, B, C, D = (f"9313000{n}013" for n in range(1, 5))
SIREN, OTHER = "732829320", "356000000"
CATEGORIES = ("ACTION_FORMATION", "BILAN_COMPETENCES", "VAE", "APPRENTISSAGE")


def flags(*values: bool | None) -> dict[str, bool | None]:
    return dict(zip(FLAGS, values, strict=True))


def specialities(*pairs: tuple[str | None, str | None]) -> dict[str, str | None]:
    return {
        f"{part}_specialite_{rank}": value
        for rank, pair in enumerate(pairs, start=1)
        for part, value in zip(("code", "libelle"), pair, strict=True)
    }


# --- socle.organisme ------------------------------------------------------------------------


def test_an_organisation_is_given_whole_with_the_names_of_its_places() -> None:
    day = dt.date(2025, 5, 31)
    values: Row = {
        "denomination": "ORGANISME FICTIF",
        "siren": SIREN,
        "siren_valide": True,
        "siret_declarant": f"{SIREN}00074",
        "adresse_voie": "1 RUE DE LA FICTION",
        "code_postal": "13001",
        "ville": "MARSEILLE",
        "code_region": "93",
        "code_departement": "13",
        "departement_source": "adresse",
        "date_derniere_declaration": day,
        "debut_exercice": dt.date(2024, 1, 1),
        "fin_exercice": dt.date(2024, 12, 31),
        "nb_stagiaires": 42,
        "nb_stagiaires_confies": 50,
        "effectif_formateurs": 3,
        **flags(True, False, False, True),
        "personne_physique_presumee": True,
        "pays_organisme_represente": "Suisse",
    }
    with built([organisme(A, **values)]) as con:
        found = dicts(con, "from socle.organisme")
    assert found == [
        {
            "nda": A,
            **values,
            "region": "PACA",
            "departement": "Bouches-du-Rhône",
            "est_certifie": True,
        }
    ]
    assert list(found[0])[:5] == ["nda", "denomination", "siren", "siren_valide", "siret_declarant"]


def test_an_organisation_without_address_or_of_an_unknown_place_is_kept() -> None:
    known = ["code_region", "region", "code_departement", "departement", "departement_source"]
    organisations = [
        organisme(A),
        organisme(B, code_region="905"),
        organisme(C, code_region="42", code_departement="99", departement_source="adresse"),
        organisme(D, code_region="93", code_departement="06", departement_source="nda"),
    ]
    with built(organisations) as con:
        found = rows(con, f"select nda, {', '.join(known)} from socle.organisme order by nda")
    assert found == [
        (A, None, None, None, None, None),
        (B, "905", "Autre", None, None, None),
        (C, "42", None, "99", None, "adresse"),
        (D, "93", "PACA", "06", "Alpes", "nda"),
    ]


@pytest.mark.parametrize(
    ("values", "known", "certified"),
    [
        ((True, False, False, False), True, True),
        ((False, False, False, True), True, True),
        ((None, None, None, True), True, True),
        ((False, False, False, False), True, False),
        ((None, None, None, None), True, False),
        ((False, None, None, None), True, False),
        # The list does not carry certifications, or one cannot be read: not known…
        ((None, None, None, None), False, None),
        ((False, None, False, False), False, None),
        # … unless another says yes.
        ((True, None, False, False), False, True),
    ],
)
def test_whether_an_organisation_is_certified(
    values: tuple[bool | None, ...], known: bool, certified: bool | None
) -> None:
    with built([organisme(A, certification_connue=known, **flags(*values))]) as con:
        assert rows(con, "select est_certifie from socle.organisme") == [(certified,)]


# --- socle.certification --------------------------------------------------------------------


def test_a_blank_flag_makes_no_row() -> None:
    organisations = [
        organisme(A, **flags(True, False, None, None)),
        organisme(B),
        organisme(C, **flags(False, False, False, True)),
    ]
    with built(organisations) as con:
        found = rows(con, "from socle.certification order by all")
    assert found == [
        (A, "ACTION_FORMATION", True),
        (A, "BILAN_COMPETENCES", False),
        (C, "ACTION_FORMATION", False),
        (C, "APPRENTISSAGE", True),
        (C, "BILAN_COMPETENCES", False),
        (C, "VAE", False),
    ]


@pytest.mark.parametrize(("flag", "category"), list(zip(FLAGS, CATEGORIES, strict=True)))
def test_each_flag_is_its_category(flag: str, category: str) -> None:
    with built([organisme(A, **{flag: True})]) as con:
        assert rows(con, "from socle.certification") == [(A, category, True)]
        [(certified,)] = rows(
            con, f"select nb_{flag.replace('certifie', 'certifies')} from marche.synthese"
        )
        assert certified == 1


# --- socle.specialite, reference.specialite_nsf ---------------------------------------------


def test_specialities_keep_their_rank() -> None:
    organisations = [
        organisme(A, **specialities(("413", "Dév"), ("312", "Commerce"), ("333", "Enseigner"))),
        organisme(B, **specialities((None, None), ("413", "Dév"), (None, None))),
        organisme(C, **specialities(("100", None), (None, "Sans code"), ("101", None))),
        organisme(D, **specialities((None, "Premier"), ("102", None), (None, "Troisième"))),
        organisme("93130000513"),
    ]
    with built(organisations) as con:
        found = rows(con, "from socle.specialite order by nda, rang")
    assert found == [
        (A, 1, "413", "Dév"),
        (A, 2, "312", "Commerce"),
        (A, 3, "333", "Enseigner"),
        (B, 2, "413", "Dév"),
        (C, 1, "100", None),
        (C, 2, None, "Sans code"),
        (C, 3, "101", None),
        (D, 1, None, "Premier"),
        (D, 2, "102", None),
        (D, 3, None, "Troisième"),
    ]


def test_a_speciality_takes_its_most_frequent_label() -> None:
    organisations = [
        organisme(A, **specialities(("413", "Bêta"), ("312", "Vente"))),
        organisme(B, **specialities(("413", "Alpha"), ("312", "Commerce"))),
        organisme(C, **specialities(("413", "Bêta"), ("413", "Bêta"))),
    ]
    with built(organisations) as con:
        found = rows(con, "from reference.specialite_nsf order by code_nsf")
    assert found == [
        # A tie: the first of the alphabet.
        ("312", "Commerce", 2, 2),
        # Declared twice by one organisation: counted once.
        ("413", "Bêta", 2, 3),
    ]


def test_a_speciality_without_label_is_kept_and_none_is_made_of_a_lone_label() -> None:
    organisations = [
        organisme(A, **specialities(("413", None), ("312", None))),
        organisme(B, **specialities(("413", None), (None, "Sans code"))),
        organisme(C, **specialities(("413", "Alpha"))),
    ]
    with built(organisations) as con:
        found = rows(con, "from reference.specialite_nsf order by code_nsf")
    assert found == [("312", None, 0, 1), ("413", "Alpha", 1, 3)]


# --- socle.nda_precedent --------------------------------------------------------------------


def test_each_previous_number_has_its_row() -> None:
    organisations = [
        organisme(A, ndas_precedents=["11750000175", "11750000275"]),
        organisme(B, ndas_precedents=["11750000175"]),
        organisme(C, ndas_precedents=[]),
        organisme(D),
    ]
    with built(organisations) as con:
        found = rows(con, "from socle.nda_precedent order by all")
    assert found == [(A, "11750000175"), (A, "11750000275"), (B, "11750000175")]


# --- socle.entite ---------------------------------------------------------------------------


def test_an_entity_is_one_row_over_all_its_numbers() -> None:
    organisations = [
        organisme(
            C,
            siren=SIREN,
            nb_stagiaires=10,
            nb_stagiaires_confies=1,
            effectif_formateurs=2,
            **flags(False, False, False, False),
        ),
        organisme(
            A,
            siren=SIREN,
            nb_stagiaires=5,
            nb_stagiaires_confies=None,
            effectif_formateurs=3,
            **flags(True, False, None, False),
        ),
        organisme(B, siren=OTHER),
    ]
    with built(organisations) as con:
        found = dicts(con, "from socle.entite order by siren")
    nothing = dict.fromkeys(("nb_stagiaires", "nb_stagiaires_confies", "effectif_formateurs"))
    assert found == [
        {
            "siren": OTHER,
            "nb_nda": 1,
            "ndas": [B],
            "est_certifie": False,
            **flags(None, None, None, None),
            **nothing,
        },
        {
            "siren": SIREN,
            "nb_nda": 2,
            "ndas": [A, C],
            "est_certifie": True,
            **flags(True, False, False, False),
            "nb_stagiaires": 15,
            "nb_stagiaires_confies": 1,
            "effectif_formateurs": 5,
        },
    ]


def test_a_flag_of_an_entity_is_true_false_or_blank() -> None:
    organisations = [
        organisme(A, siren=SIREN, **flags(None, False, True, None)),
        organisme(B, siren=SIREN, **flags(True, None, False, None)),
        organisme(C, siren=SIREN, certification_connue=False, **flags(None, None, None, None)),
    ]
    with built(organisations) as con:
        [found] = dicts(con, "from socle.entite")
    assert {name: found[name] for name in FLAGS} == flags(True, False, True, None)
    assert found["est_certifie"] is True


@pytest.mark.parametrize(
    ("certified", "whole"),
    [((False, None), False), ((None, None), None), ((True, None), True), ((False, True), True)],
)
def test_whether_an_entity_is_certified(
    certified: tuple[bool | None, ...], whole: bool | None
) -> None:
    organisations = [
        organisme(
            nda, siren=SIREN, certification_connue=mark is not None, **flags(mark, None, None, None)
        )
        for nda, mark in zip((A, B), certified, strict=True)
    ]
    with built(organisations) as con:
        assert rows(con, "select est_certifie from socle.entite") == [(whole,)]


def test_an_invalid_siren_makes_no_entity() -> None:
    organisations = [
        organisme(A),
        organisme(B, siren="123456789", siren_valide=False),
        organisme(C, siren="000000000", siren_valide=False),
        organisme(D, siren=SIREN),
    ]
    with built(organisations) as con:
        assert rows(con, "select siren, nb_nda, ndas from socle.entite") == [(SIREN, 1, [D])]


# --- reference ------------------------------------------------------------------------------


def test_regions_sum_their_departments() -> None:
    with built() as con:
        found = rows(con, "from reference.region order by code_region")
        departments = rows(con, "from reference.departement order by code_departement")
    assert found == [
        ("11", "Île-de-France", True, None, "COG"),
        ("905", "Autre", False, None, "COG"),
        ("93", "PACA", True, 3_000_000, "COG"),
    ]
    assert departments == [
        ("06", "Alpes", "93", 1_000_000, "COG"),
        ("13", "Bouches-du-Rhône", "93", 2_000_000, "COG"),
    ]


def test_the_reference_files_of_the_year() -> None:
    with built(real_references=True) as con:
        [(regions, official, people)] = rows(
            con, "select count(*), count_if(officielle), sum(population) from reference.region"
        )
        [(departments, others)] = rows(
            con, "select count(*), sum(population) from reference.departement"
        )
        lost = rows(con, "select code_region from reference.region where population is null")
    assert (regions, official, departments) == (25, 24, 107)
    assert people == others > 68_000_000
    assert lost == [("905",)]


# --- marche.synthese ------------------------------------------------------------------------


def test_national_figures() -> None:
    organisations = [
        organisme(
            A,
            siren=SIREN,
            nb_stagiaires=10,
            nb_stagiaires_confies=4517,
            effectif_formateurs=1,
            code_postal="13001",
            **flags(True, True, False, False),
        ),
        organisme(
            B,
            siren=SIREN,
            nb_stagiaires=0,
            nb_stagiaires_confies=0,
            effectif_formateurs=375_438,
            **flags(True, False, True, True),
        ),
        organisme(C, siren="000000000", siren_valide=False, nb_stagiaires=31),
        organisme(D, siren=OTHER, effectif_formateurs=2, certification_connue=False),
    ]
    with built(organisations) as con:
        [found] = dicts(con, "from marche.synthese")
    assert found == {
        "date_instantane": dt.date(2026, 1, 15),
        "nb_organismes": 4,
        "nb_entites": 2,
        "nb_certifies": 2,
        "nb_certification_inconnue": 1,
        "part_certifies_pct": 50.0,
        "nb_certifies_action_formation": 2,
        "nb_certifies_bilan_competences": 1,
        "nb_certifies_vae": 1,
        "nb_certifies_apprentissage": 1,
        "nb_actifs": 2,
        "nb_dormants": 1,
        "nb_activite_inconnue": 1,
        "nb_stagiaires": 41,
        "nb_stagiaires_confies": 4517,
        "effectif_formateurs": 375_441,
        "moyenne_stagiaires": 13.67,
        "mediane_stagiaires": 10.0,
        "mediane_stagiaires_actifs": 20.5,
        "moyenne_formateurs": 125_147.0,
        "mediane_formateurs": 2.0,
        "nb_avec_adresse": 1,
        "part_avec_adresse_pct": 25.0,
    }


# --- qualite, meta --------------------------------------------------------------------------


def doubt(line: int, nda: str, rule: str, champ: str = "nda") -> Row:
    return {
        "ligne": line,
        "nda": nda,
        "regle": rule,
        "gravite": "majeure",
        "champ": champ,
        "valeur": "x",
        "message": "Douteux.",
    }


def test_doubts_and_lines_set_aside_are_given_as_they_are() -> None:
    anomalies = [doubt(9, B, "NDA_FORME"), doubt(2, A, "SIREN_ABSENT", "siren")]
    rejets = [
        {"ligne": 5, "motif": "29 champs au lieu de 30.", "texte": "a;b"},
        {"ligne": 3, "motif": "Guillemet mal placé.", "texte": '"x'},
    ]
    with built([organisme(A)], anomalies=anomalies, rejets=rejets) as con:
        assert dicts(con, "from qualite.anomalie order by ligne") == [anomalies[1], anomalies[0]]
        assert dicts(con, "from qualite.rejet order by ligne") == [rejets[1], rejets[0]]
        assert [c[0] for c in rows(con, "describe qualite.anomalie")][:2] == ["nda", "regle"]


def test_controls_are_given_as_they_are() -> None:
    good: Row = {
        "regle": "contrat.organisme.lignes",
        "famille": "contrat",
        "table_controlee": "organisme",
        "colonne": None,
        "gravite": "critique",
        "statut": "conforme",
        "mesure": "4",
        "attendu": "au moins 1",
        "nb_en_defaut": None,
        "message": "La liste a assez de lignes.",
        "accepte": False,
    }
    lost = {**good, "regle": "comparaison.nb_lignes", "nb_en_defaut": 3, "accepte": True}
    with built([], [good, lost]) as con:
        assert dicts(con, "from qualite.controle order by regle") == [lost, good]


def test_the_publication_says_where_the_base_comes_from() -> None:
    rejets = [{"ligne": 3, "motif": "m", "texte": "t"}]
    accepted = "comparaison.nb_lignes : purge annoncée"
    with built([organisme(A)], rejets=rejets, acceptations=accepted) as con:
        [found] = dicts(con, "from meta.publication")
    assert found == {
        "version": "20260116T040000Z-aaaaaaaa",
        "publie_le": dt.datetime(2026, 1, 16, 4),
        "sha256": "a" * 64,
        "date_contenu": dt.date(2026, 1, 15),
        "origine": "fichiers locaux",
        "route": "fichier",
        "adresse": "liste.csv",
        "mise_en_page": "actuelle",
        "lignes_liste": 2,
        "lignes_mises_a_part": 1,
        "derniere_declaration": dt.date(2025, 12, 31),
        "code": "0.1.0+abcdef",
        "acceptations": accepted,
        "licence": "inconnue",
        "attribution": "",
    }


def test_a_list_without_date_nor_acceptance_is_published_all_the_same() -> None:
    with built(derniere_declaration=None, acceptations=None) as con:
        found = rows(con, "select derniere_declaration, acceptations from meta.publication")
    assert found == [(None, None)]


# --- No organisation at all -----------------------------------------------------------------


def test_every_table_is_well_formed_when_empty() -> None:
    with built() as con:
        counts = {
            m.full_name: rows(con, f"select count(*) from {m.full_name}")[0][0]
            for m in load_models()
        }
        [figures] = dicts(con, "from marche.synthese")
    full = {"marche.synthese": 1, "meta.publication": 1}
    full |= {"reference.region": 3, "reference.departement": 2}
    assert counts == dict.fromkeys(counts, 0) | full
    day = figures.pop("date_instantane")
    assert day == dt.date(2026, 1, 15)
    sums = {name for name, value in figures.items() if value == 0}
    blank = {name for name, value in figures.items() if value is None}
    assert sums | blank == figures.keys()
    assert blank == {name for name in figures if name.startswith(("part_", "moyenne_", "mediane_"))}


def test_types_do_not_depend_on_rows() -> None:
    everything = organisme(
        A,
        siren=SIREN,
        ndas_precedents=[B],
        nb_stagiaires=1,
        **flags(True, True, True, True),
        **specialities(("413", "Dév")),
    )
    query = (
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_catalog = 'opac' order by all"
    )
    with built() as empty, built([everything]) as full:
        types = rows(full, query)
        assert types == rows(empty, query)
    kinds = {(schema, table, column): kind for schema, table, column, kind in types}
    for column in ("nda", "siren", "siret_declarant", "code_postal", "code_region"):
        assert kinds["socle", "organisme", column] == "VARCHAR"
    assert kinds["socle", "entite", "ndas"] == "VARCHAR[]"
    assert kinds["socle", "entite", "nb_stagiaires"] == "BIGINT"


# --- sql/tests ------------------------------------------------------------------------------

GOOD = [
    organisme(A, siren=SIREN, code_region="93", ndas_precedents=["11750000175"], nb_stagiaires=3),
    organisme(B, siren=SIREN, code_region="905", nb_stagiaires=0, **flags(True, None, None, None)),
    organisme(C, siren="123456789", siren_valide=False, **specialities(("413", "Dév"))),
    organisme(D),
]
# For each query: what is done to a good base, and the rows that it must then return.
BAD: dict[str, list[tuple[str, list[tuple[Any, ...]]]]] = {
    "synthese_coherente": [
        ("update marche.synthese set nb_actifs = nb_actifs + 1", [(4, 2, 1, 2)]),
        ("update marche.synthese set nb_organismes = 5, nb_actifs = 2", [(5, 2, 1, 2)]),
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
}
QUERIES = {query.name: query.sql for query in load_queries()}


def test_no_query_finds_anything_in_a_good_base() -> None:
    with built(GOOD) as con:
        assert {name: rows(con, sql) for name, sql in QUERIES.items()} == {
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
    name: str, damage: str, offending: list[tuple[Any, ...]]
) -> None:
    with built(GOOD) as con:
        con.execute(damage)
        assert rows(con, QUERIES[name]) == offending
