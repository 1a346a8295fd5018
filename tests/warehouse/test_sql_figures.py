"""Market figures, what tells of the checks, and every table when the list is empty."""

from __future__ import annotations

import datetime as dt

from pipelines.warehouse.models import load_models
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

# --- marche.synthese ------------------------------------------------------------------------


def test_national_figures() -> None:
    organisations = [
        organisme(
            A,
            siren=SIREN,
            nb_stagiaires=10,
            nb_stagiaires_confies=4517,
            effectif_formateurs=0,
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
    with built(organisations, of=["marche.synthese"]) as con:
        [found] = dicts(con, "from marche.synthese")
    assert found == {
        "date_instantane": dt.date(2026, 1, 15),
        "nb_organismes": 4,
        "nb_entites": 2,
        "nb_certifies": 2,
        "nb_certification_inconnue": 1,
        "nb_certification_connue": 3,
        "part_certifies_pct": 66.67,
        "nb_certifies_action_formation": 2,
        "nb_certifies_bilan_competences": 1,
        "nb_certifies_vae": 1,
        "nb_certifies_apprentissage": 1,
        "part_bilan_competences_pct": 33.33,
        "nb_actifs": 2,
        "nb_dormants": 1,
        "nb_activite_inconnue": 1,
        "nb_activite_connue": 3,
        "part_actifs_pct": 66.67,
        "nb_actifs_certifies": 1,
        "nb_candidats_portage": 1,
        "nb_candidats_deja_sous_traitants": 0,
        "nb_stagiaires": 41,
        "nb_stagiaires_bornes": 41,
        "nb_stagiaires_confies": 4517,
        "nb_stagiaires_confies_bornes": 4517,
        "effectif_formateurs": 375_440,
        "effectif_formateurs_borne": 375_440,
        "moyenne_stagiaires": 13.67,
        "moyenne_stagiaires_bornee": 13.67,
        "mediane_stagiaires": 10.0,
        "mediane_stagiaires_actifs": 20.5,
        "moyenne_formateurs": 125_146.67,
        "moyenne_formateurs_bornee": 125_146.67,
        "mediane_formateurs": 2.0,
        "nb_avec_adresse": 1,
        "part_avec_adresse_pct": 25.0,
        "nb_micro": 1,
        "nb_effectif_connu": 3,
        "part_micro_pct": 33.33,
        "nb_micro_certifiees": 1,
        "nb_micro_certification_connue": 1,
        "part_micro_certifiees_pct": 100.0,
    }


def test_one_absurd_value_in_a_thousand_does_not_make_the_mean() -> None:
    organisations = [
        organisme(f"93{place:07}13", nb_stagiaires=10, effectif_formateurs=2)
        for place in range(1, 1000)
    ]
    organisations.append(organisme(A, nb_stagiaires=10_000_000, effectif_formateurs=375_438))
    with built(organisations, of=["marche.synthese", "socle.bornage"]) as con:
        [found] = dicts(con, "from marche.synthese")
        bounds = rows(con, "select mesure, borne, nb_organismes_bornes from socle.bornage")
    assert bounds == [("FORMATEURS", 2, 1), ("STAGIAIRES", 10, 1), ("STAGIAIRES_CONFIES", None, 0)]
    assert (found["nb_stagiaires"], found["nb_stagiaires_bornes"]) == (10_009_990, 10_000)
    assert (found["moyenne_stagiaires"], found["moyenne_stagiaires_bornee"]) == (10_009.99, 10.0)
    assert (found["moyenne_formateurs"], found["moyenne_formateurs_bornee"]) == (377.44, 2.0)


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
    with built(
        [organisme(A)], anomalies=anomalies, rejets=rejets, of=["qualite.anomalie", "qualite.rejet"]
    ) as con:
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
    with built([], [good, lost], of=["qualite.controle"]) as con:
        assert dicts(con, "from qualite.controle order by regle") == [lost, good]


def test_the_publication_says_where_the_base_comes_from() -> None:
    rejets = [{"ligne": 3, "motif": "m", "texte": "t"}]
    accepted = "comparaison.nb_lignes : purge annoncée"
    with built(
        [organisme(A)], rejets=rejets, acceptations=accepted, of=["meta.publication"]
    ) as con:
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
    with built(derniere_declaration=None, acceptations=None, of=["meta.publication"]) as con:
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
    full |= {"marche.territoire": 6, "marche.par_region": 3, "marche.par_departement": 2}
    full |= {"marche.par_categorie": 4, "marche.besoin_portage": 8, "marche.micro_structures": 4}
    full |= {"marche.par_taille": 8, "marche.par_volume": 9, "socle.bornage": 3}
    # What comes from our own files does not depend on the list.
    ours = {"financement", "categorie_action", "forme_juridique"}
    ours = {f"reference.{name}" for name in ours} | {"marche.chiffre_publie"}
    rules = ("regle", "parametre", "motif", "piece", "ecriture", "repute_certifie")
    ours |= {f"portage.{name}" for name in rules}
    assert all(counts.pop(name) > 0 for name in ours)
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
