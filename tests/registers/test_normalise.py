"""From text to types: each rule of doubt fires on a row made for it, and on no other."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.registers.anomalies import MAJEURE, MINEURE, RULES
from pipelines.registers.contract import FLAGS, NAMES
from pipelines.registers.normalise import ANOMALY_SCHEMA, latest_declaration
from tests.registers.reads import flags, only, typed
from tests.registers.rows import Override, Row, row, rows, wire, with_luhn

NDA = "11750000475"
SIREN = with_luhn("00100004")
OTHER = with_luhn("99900001")
WRONG_SIREN = "001000047"
WRONG_SIRET = f"{SIREN}00019"
CERTIFIED = dict(zip(FLAGS, ("true", "false", "false", "false"), strict=True))


class Case(NamedTuple):
    """A row made for a rule: what is changed in it, and each doubt it raises."""

    rule: str
    changes: dict[str, Override]
    champ: str
    valeur: str | None


def case(rule: str, champ: str, valeur: str | None, **changes: Override) -> Case:
    return Case(rule, changes, champ, valeur)


CASES = [
    case("NDA_TABLEUR", "nda", "1.1750000475E10", nda="1.1750000475E10"),
    case("NDA_TABLEUR", "nda", "11 75 00004 75", nda="11 75 00004 75"),
    case("NDA_TABLEUR", "nda", "11750000475.0", nda="11750000475.0"),
    case(
        "NDA_TABLEUR",
        "nda",
        "1970000497",
        nda="1970000497",
        code_postal="97110",
        code_region="01",
    ),
    case("NDA_FORME", "nda", "1175000047", nda="1175000047"),
    case("NDA_FORME", "nda", "1.17500E+10", nda="1.17500E+10"),
    case("NDA_FORME", "nda", "1175X000475", nda="1175X000475"),
    case("NDA_PREFIXE", "nda", "99750000475", nda="99750000475"),
    case("NDA_PRECEDENT_FORME", "ndas_precedents", "1175", ndas_precedents="1175"),
    case(
        "NDA_PRECEDENT_FORME",
        "ndas_precedents",
        "11750000175,INCONNU",
        ndas_precedents=f"INCONNU,{NDA},11750000175",
    ),
    case("SIREN_ABSENT", "siren", None, siren=""),
    case("SIREN_TABLEUR", "siren", SIREN.lstrip("0"), siren=SIREN.lstrip("0")),
    case("SIREN_TABLEUR", "siren", "001 000 041", siren="001 000 041"),
    case("SIREN_INVALIDE", "siren", WRONG_SIREN, siren=WRONG_SIREN),
    case("SIREN_INVALIDE", "siren", "000000000", siren="000000000"),
    case("SIREN_INVALIDE", "siren", "ABC", siren="ABC"),
    case(
        "SIRET_TABLEUR",
        "siret_declarant",
        with_luhn(f"{SIREN}0001").lstrip("0"),
        siret_declarant=with_luhn(f"{SIREN}0001").lstrip("0"),
    ),
    case("SIRET_INVALIDE", "siret_declarant", WRONG_SIRET, siret_declarant=WRONG_SIRET),
    case("SIRET_INVALIDE", "siret_declarant", "0" * 14, siret_declarant="0" * 14),
    case(
        "SIRET_AUTRE_SIREN",
        "siret_declarant",
        with_luhn(f"{OTHER}0001"),
        siret_declarant=with_luhn(f"{OTHER}0001"),
    ),
    case("DENOMINATION_ABSENTE", "denomination", None, denomination="  "),
    case("CODE_POSTAL_FORME", "code_postal", "7501", code_postal="7501"),
    case("CODE_POSTAL_FORME", "code_postal", "2A004", code_postal="2A004"),
    case(
        "CODE_POSTAL_TABLEUR",
        "code_postal",
        "6200",
        code_postal="6200",
        code_region="93",
        nda="93060000406",
    ),
    case("CODE_POSTAL_TABLEUR", "code_postal", "75 011", code_postal="75 011"),
    # 06200 shifted: still five digits, of the Pas-de-Calais.
    case(
        "CODE_POSTAL_REGION",
        "code_postal",
        "62000",
        code_postal="62000",
        code_region="93",
        nda="93060000406",
    ),
    case("CODE_POSTAL_REGION", "code_postal", "98000", code_postal="98000"),
    case("REGION_INCONNUE", "code_region", "905", code_region="905"),
    case("REGION_INCONNUE", "code_region", "42", code_region="42"),
    case(
        "DEPARTEMENT_INDETERMINE",
        "code_departement",
        None,
        nda="94200000420",
        code_region="94",
        code_postal="",
    ),
    case(
        "DEPARTEMENT_REGION",
        "code_departement",
        "75",
        code_region="93",
        code_postal="",
    ),
    case(
        "DRAPEAU_ILLISIBLE",
        "certifie_vae",
        "peut-être",
        **(CERTIFIED | {"certifie_vae": "peut-être"}),
    ),
    case(
        "DRAPEAUX_TOUS_FAUX",
        "certifications",
        "false;false;false;false",
        **flags("false", "false", "false", "false"),
    ),
    case(
        "DRAPEAUX_PARTIELS",
        "certifications",
        "true;;false;false",
        **flags("true", None, "false", "false"),
    ),
    case("DRAPEAUX_PARTIELS", "certifications", "false;;;", **flags("false", None, None, None)),
    case("DATE_ILLISIBLE", "debut_exercice", "31/02/2023", debut_exercice="31/02/2023"),
    case("DATE_ILLISIBLE", "fin_exercice", "31/12/0023", fin_exercice="31/12/0023"),
    case(
        "DATE_ILLISIBLE",
        "date_derniere_declaration",
        "12/05/20244",
        date_derniere_declaration="12/05/20244",
    ),
    case(
        "DATE_FUTURE",
        "date_derniere_declaration",
        "2026-01-16",
        date_derniere_declaration="16/01/2026",
    ),
    case("EXERCICE_INVERSE", "fin_exercice", "2022-12-31", fin_exercice="31/12/2022"),
    case("NOMBRE_ILLISIBLE", "nb_stagiaires", "douze", nb_stagiaires="douze"),
    case("NOMBRE_ILLISIBLE", "nb_stagiaires_confies", "-3", nb_stagiaires_confies="-3"),
    case("NOMBRE_ILLISIBLE", "effectif_formateurs", "12,000", effectif_formateurs="12,000"),
    case("NOMBRE_ILLISIBLE", "nb_stagiaires", "1000000001", nb_stagiaires="1000000001"),
    case("EFFECTIF_ABSURDE", "effectif_formateurs", "5001", effectif_formateurs="5001"),
    case(
        "FORMATEURS_EGAL_STAGIAIRES",
        "effectif_formateurs",
        "100",
        effectif_formateurs="100",
        nb_stagiaires="100",
    ),
    case(
        "CONFIES_SANS_STAGIAIRES",
        "nb_stagiaires_confies",
        "4517",
        nb_stagiaires="0",
        nb_stagiaires_confies="4517",
    ),
    case("SPECIALITE_FORME", "code_specialite_1", "41", code_specialite_1="41"),
    case("SPECIALITE_FORME", "code_specialite_3", "333A", code_specialite_3="333A"),
]


def test_a_clean_row_raises_nothing(tmp_path: Path) -> None:
    found = only(tmp_path)
    assert found.rows.height == 1
    assert found.doubts() == set()
    assert dict(found.anomalies.schema) == ANOMALY_SCHEMA


@pytest.mark.parametrize("made", CASES, ids=lambda c: f"{c.rule}-{c.valeur}")
def test_a_rule_fires_on_the_row_made_for_it_and_alone(tmp_path: Path, made: Case) -> None:
    found = only(tmp_path, **made.changes)
    assert found.doubts() == {(made.rule, made.champ, made.valeur)}
    doubt = found.anomalies.row(0, named=True)
    _, gravite, message = RULES[made.rule]
    assert doubt["nda"] == found.value("nda")
    assert (doubt["ligne"], doubt["gravite"], doubt["message"]) == (2, gravite, message)


def test_a_row_kept_despite_a_stray_quote_says_so(tmp_path: Path) -> None:
    data = wire(rows(3)).replace(b'"ORGANISME FICTIF 00002"', b'"ORGANISME "FICTIF" 2"')
    found = typed(tmp_path, data)
    assert found.anomalies.select("ligne", "regle", "champ", "valeur").rows() == [
        (3, "GUILLEMET_ERRANT", "denomination", 'ORGANISME "FICTIF" 2')
    ]


def test_every_rule_has_its_row() -> None:
    assert {made.rule for made in CASES} | {"GUILLEMET_ERRANT"} == RULES.keys()


def test_rules_are_told_in_one_sentence() -> None:
    groups = {"certifications", "dates", "nombres", "specialites"}
    for rule in RULES.values():
        assert rule.champ in {*NAMES, "code_departement", *groups}
        assert rule.gravite in {MINEURE, MAJEURE}
        assert rule.message.endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"effectif_formateurs": "5000"},
        {"effectif_formateurs": "99", "nb_stagiaires": "99"},
        {"effectif_formateurs": "0", "nb_stagiaires": "0", "nb_stagiaires_confies": "0"},
        {"nb_stagiaires": "5", "nb_stagiaires_confies": "4517"},
        {"date_derniere_declaration": "15/01/2026"},
        {"debut_exercice": "01/01/2023", "fin_exercice": "01/01/2023"},
        {"debut_exercice": None, "fin_exercice": None, "date_derniere_declaration": None},
        {"nb_stagiaires": None, "effectif_formateurs": None},
        flags("true", "true", "true", "true"),
        flags(None, None, None, None),
        {"siret_declarant": ""},
        {"siren": "356000000", "siret_declarant": "35600000049837"},
        {"ndas_precedents": "11750000475"},
        {"ndas_precedents": "11750000175,1175P001275"},
        {"code_region": None},
        {"code_postal": "", "adresse_voie": "", "ville": ""},
        {"nda": "1175P000475"},
        {"code_specialite_1": None, "libelle_specialite_1": None},
    ],
)
def test_what_is_not_doubtful(tmp_path: Path, changes: dict[str, Override]) -> None:
    assert only(tmp_path, **changes).doubts() == set()


def test_several_doubts_about_one_row_are_all_told_once(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        nda="1.1750000475E10",
        siren="",
        code_specialite_1="4",
        code_specialite_2="5",
        debut_exercice="jadis",
        fin_exercice="demain",
    )
    assert found.doubts() == {
        ("NDA_TABLEUR", "nda", "1.1750000475E10"),
        ("SIREN_ABSENT", "siren", None),
        ("SPECIALITE_FORME", "code_specialite_1", "4"),
        ("SPECIALITE_FORME", "code_specialite_2", "5"),
        ("DATE_ILLISIBLE", "debut_exercice", "jadis"),
        ("DATE_ILLISIBLE", "fin_exercice", "demain"),
    }
    key = ["nda", "regle", "champ", "ligne"]  # the grain of qualite.anomalie
    assert found.anomalies.select(key).is_unique().all()
    assert set(found.anomalies["nda"]) == {NDA}


# --- Rows together --------------------------------------------------------------------------


def test_rows_without_a_number_are_given_back_apart(tmp_path: Path) -> None:
    found = typed(tmp_path, wire([row(1), row(2, nda=" "), row(3)]))
    assert found.rows["ligne"].to_list() == [2, 4]
    assert found.without_nda["ligne"].to_list() == [3]
    assert found.without_nda["lu_denomination"].to_list() == ["ORGANISME FICTIF 00002"]
    assert found.doubts() == set()


def shuffled(lines: list[Row]) -> list[Row]:
    other = list(lines)
    random.Random(7).shuffle(other)
    return other


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    lines = rows(30) + [
        row(100 + rank, **made.changes)
        for rank, made in enumerate(CASES)
        if "nda" not in made.changes
    ]
    first, other = typed(tmp_path, wire(lines)), typed(tmp_path, wire(shuffled(lines)))
    assert first.rows["nda"].to_list() != other.rows["nda"].to_list()
    assert_frame_equal(first.rows.drop("ligne").sort("nda"), other.rows.drop("ligne").sort("nda"))
    keys = ["nda", "regle", "champ"]
    assert_frame_equal(
        first.anomalies.drop("ligne").sort(keys), other.anomalies.drop("ligne").sort(keys)
    )
    by_line = {nda: ligne for ligne, nda in first.rows.select("ligne", "nda").rows()}
    assert first.anomalies.height > 20
    assert all(
        by_line[nda] == ligne for ligne, nda in first.anomalies.select("ligne", "nda").rows()
    )


def test_the_latest_declaration_is_a_date_that_can_be_read() -> None:
    read = pl.DataFrame(
        {"date_derniere_declaration": ["31/05/2024", "2024-06-01", "31/02/2025", None]}
    )
    assert latest_declaration(read) == dt.date(2024, 6, 1)
    assert latest_declaration(read.clear()) is None
    assert latest_declaration(read.tail(2)) is None
