"""Each SQL model over a few rows: exactly what it gives, odd rows and none included."""

from __future__ import annotations

import datetime as dt

import pytest

from pipelines.registers.contract import FLAGS
from tests.warehouse.frames import (
    OTHER,
    SIREN,
    A,
    B,
    C,
    D,
    Row,
    built,
    dicts,
    flags,
    organisme,
    rows,
    specialities,
)

CATEGORIES = ("ACTION_FORMATION", "BILAN_COMPETENCES", "VAE", "APPRENTISSAGE")


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
    with built([organisme(A, **values)], of=["socle.organisme"]) as con:
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
    with built(organisations, of=["socle.organisme"]) as con:
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
    with built(
        [organisme(A, certification_connue=known, **flags(*values))], of=["socle.organisme"]
    ) as con:
        assert rows(con, "select est_certifie from socle.organisme") == [(certified,)]


# --- socle.certification --------------------------------------------------------------------


def test_a_blank_flag_makes_no_row() -> None:
    organisations = [
        organisme(A, **flags(True, False, None, None)),
        organisme(B),
        organisme(C, **flags(False, False, False, True)),
    ]
    with built(organisations, of=["socle.certification"]) as con:
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
    with built(
        [organisme(A, **{flag: True})], of=["socle.certification", "marche.synthese"]
    ) as con:
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
    with built(organisations, of=["socle.specialite"]) as con:
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
    with built(organisations, of=["reference.specialite_nsf"]) as con:
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
    with built(organisations, of=["reference.specialite_nsf"]) as con:
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
    with built(organisations, of=["socle.nda_precedent"]) as con:
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
    with built(organisations, of=["socle.entite"]) as con:
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
    with built(organisations, of=["socle.entite"]) as con:
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
    with built(organisations, of=["socle.entite"]) as con:
        assert rows(con, "select est_certifie from socle.entite") == [(whole,)]


def test_an_invalid_siren_makes_no_entity() -> None:
    organisations = [
        organisme(A),
        organisme(B, siren="123456789", siren_valide=False),
        organisme(C, siren="000000000", siren_valide=False),
        organisme(D, siren=SIREN),
    ]
    with built(organisations, of=["socle.entite"]) as con:
        assert rows(con, "select siren, nb_nda, ndas from socle.entite") == [(SIREN, 1, [D])]


# --- reference ------------------------------------------------------------------------------


def test_regions_sum_their_departments() -> None:
    with built(of=["reference.region", "reference.departement"]) as con:
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
    with built(real_references=True, of=["reference.region", "reference.departement"]) as con:
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
