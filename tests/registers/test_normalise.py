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
from tests.registers.reads import Typed, typed
from tests.registers.rows import Override, Row, mirror, row, rows, wire, with_luhn

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


def flags(*values: str | None) -> dict[str, Override]:
    return dict(zip(FLAGS, values, strict=True))


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


def only(folder: Path, **changes: Override) -> Typed:
    return typed(folder, wire([row(4, **changes)]))


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


# --- Types ----------------------------------------------------------------------------------


def test_a_row_is_typed(tmp_path: Path) -> None:
    found = only(tmp_path, **CERTIFIED, ndas_precedents="11750000175", siren=SIREN)
    assert found.rows.row(0, named=True) == {
        "ligne": 2,
        "nda": NDA,
        "ndas_precedents": ["11750000175"],
        "denomination": "ORGANISME FICTIF 00004",
        "siren": SIREN,
        "siret_declarant": with_luhn(f"{SIREN}0001"),
        "adresse_voie": "4 RUE DE LA FICTION",
        "code_postal": "75011",
        "ville": "PARIS",
        "code_region": "11",
        "certifie_action_formation": True,
        "certifie_bilan_competences": False,
        "certifie_vae": False,
        "certifie_apprentissage": False,
        "etranger_denomination": None,
        "etranger_voie": None,
        "etranger_code_postal": None,
        "etranger_ville": None,
        "pays_organisme_represente": None,
        "date_derniere_declaration": dt.date(2024, 5, 5),
        "debut_exercice": dt.date(2023, 1, 1),
        "fin_exercice": dt.date(2023, 12, 31),
        "code_specialite_1": "413",
        "libelle_specialite_1": "Développement des capacités comportementales et relationnelles",
        "code_specialite_2": None,
        "libelle_specialite_2": None,
        "code_specialite_3": None,
        "libelle_specialite_3": None,
        "nb_stagiaires": 44,
        "nb_stagiaires_confies": 4,
        "effectif_formateurs": 1,
        "nda_valide": True,
        "siren_valide": True,
        "siret_valide": True,
        "code_departement": "75",
        "departement_source": "adresse",
        "personne_physique_presumee": False,
        "certification_connue": True,
    }


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("true", True),
        ("TRUE", True),
        ("Oui", True),
        ("oui", True),
        ("false", False),
        ("False", False),
        ("Non", False),
        ("NON", False),
        ("", None),
        (None, None),
        (" ", None),
        ("1", None),
        ("vrai", None),
        ("peut-être", None),
    ],
)
@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_has_three_values(
    tmp_path: Path, name: str, text: str | None, flag: bool | None
) -> None:
    assert only(tmp_path, **(CERTIFIED | {name: text})).value(name) is flag


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2023", dt.date(2023, 12, 31)),
        ("1/2/2023", dt.date(2023, 2, 1)),
        ("2023-12-31", dt.date(2023, 12, 31)),
        ("2023-12-31T00:00:00+00:00", dt.date(2023, 12, 31)),
        ("29/02/2024", dt.date(2024, 2, 29)),
        ("01/01/1950", dt.date(1950, 1, 1)),
        ("31/12/1949", None),
        ("01/01/2101", None),
        ("29/02/2023", None),
        ("12/31/2023", None),
        ("31/12/23", None),
        ("45291", None),
        ("", None),
    ],
)
def test_dates(tmp_path: Path, text: str, day: dt.date | None) -> None:
    assert only(tmp_path, debut_exercice=text).value("debut_exercice") == day


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("42", 42),
        ("042", 42),
        ("1 234", 1234),
        ("1\u202f234", 1234),
        ("12.0", 12),
        ("375438", 375_438),
        ("-3", None),
        ("12,5", None),
        ("1,000", None),
        ("1e3", None),
        ("9" * 30, None),
        ("", None),
    ],
)
def test_integers(tmp_path: Path, text: str, number: int | None) -> None:
    assert only(tmp_path, nb_stagiaires=text).value("nb_stagiaires") == number


@pytest.mark.parametrize(
    ("text", "region", "kept"),
    [
        ("75011", "11", "75011"),
        ("06200", "93", "06200"),
        ("6200", "93", "06200"),
        ("6200", "32", None),
        ("1410", "27", "01410"),  # serves the Jura too
        ("6200", None, None),
        ("75011.0", "11", "75011"),
        ("620", "93", None),
        ("750111", "11", None),
        ("", "11", None),
    ],
)
def test_postcodes_of_the_list(
    tmp_path: Path, text: str, region: str | None, kept: str | None
) -> None:
    assert only(tmp_path, code_postal=text, code_region=region).value("code_postal") == kept


@pytest.mark.parametrize("region", ["93", "32", None])
def test_a_postcode_of_the_mirror_lost_its_zero_by_format(
    tmp_path: Path, region: str | None
) -> None:
    line = row(4, code_postal="06200", code_region=region, nda="93060000406")
    found = typed(tmp_path, mirror([line]))
    assert found.value("code_postal") == "06200"
    assert "CODE_POSTAL_TABLEUR" not in found.rules()


@pytest.mark.parametrize(
    ("text", "kept"),
    [("11", "11"), ("1", "01"), ("01", "01"), ("905", "905"), ("", None), ("11.0", "11")],
)
def test_regions(tmp_path: Path, text: str, kept: str | None) -> None:
    assert only(tmp_path, code_region=text).value("code_region") == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  SAS   DEUX\tESPACES\u00a0X  ", "SAS DEUX ESPACES X"),
        ("École Élémentaire", "École Élémentaire"),
        ('"CITÉE", « X »', '"CITÉE", « X »'),
    ],
)
def test_superfluous_spaces_of_a_text_are_removed(tmp_path: Path, text: str, kept: str) -> None:
    found = only(tmp_path, denomination=text)
    assert found.value("denomination") == kept
    assert found.doubts() == set()


# --- Previous numbers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "previous"),
    [
        ("", None),
        (NDA, None),
        (f"{NDA},{NDA}", None),
        (",", None),
        ("11750000175", ["11750000175"]),
        ("11750000375,11750000175", ["11750000175", "11750000375"]),
        (" 11750000175 , 11750000175,", ["11750000175"]),
        (f"11750000175,{NDA},1175P001275", ["11750000175", "1175P001275"]),
    ],
)
def test_previous_numbers_are_a_list_without_the_present_one(
    tmp_path: Path, text: str, previous: list[str] | None
) -> None:
    found = only(tmp_path, ndas_precedents=text).rows["ndas_precedents"]
    assert found.dtype == pl.List(pl.String)
    assert found.to_list() == [previous]


def test_a_repaired_number_is_not_previous_to_itself(tmp_path: Path) -> None:
    found = only(tmp_path, nda="1.1750000475E10", ndas_precedents=NDA)
    assert found.rows["ndas_precedents"].to_list() == [None]


# --- Places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "department", "source"),
    [
        ({}, "75", "adresse"),
        ({"code_postal": "92100"}, "92", "adresse"),
        ({"code_postal": ""}, "75", "nda"),
        # The address is not in the region and the number is: the number is believed.
        ({"code_postal": "62000"}, "75", "nda"),
        # Neither is: the address.
        ({"code_postal": "62000", "code_region": "93"}, "62", "adresse"),
        ({"code_postal": "62000", "code_region": ""}, "62", "adresse"),
        # The organisation moved: only the number says where, and says it wrong.
        ({"code_postal": "", "code_region": "93"}, "75", "nda"),
        ({"code_postal": "20000", "code_region": "94", "nda": "94200000420"}, "2A", "adresse"),
        ({"code_postal": "", "code_region": "94", "nda": "94200000420"}, None, None),
        ({"code_postal": "", "code_region": "01", "nda": "01970000497"}, "971", "nda"),
        ({"code_postal": "", "code_region": "02", "nda": "97970000497"}, "972", "nda"),
        ({"code_postal": "", "code_region": "905", "nda": "05970000497"}, None, None),
        ({"code_postal": "75011", "nda": "INCONNU"}, "75", "adresse"),
        ({"code_postal": "", "nda": "INCONNU"}, None, None),
        ({"code_postal": "98000"}, "75", "nda"),
        ({"code_postal": "97150", "code_region": "978", "nda": "01970000497"}, "978", "adresse"),
    ],
)
def test_the_department_and_where_it_comes_from(
    tmp_path: Path, changes: dict[str, Override], department: str | None, source: str | None
) -> None:
    found = only(tmp_path, **changes)
    assert (found.value("code_departement"), found.value("departement_source")) == (
        department,
        source,
    )


def test_region_905_is_kept_and_told(tmp_path: Path) -> None:
    found = only(tmp_path, code_postal="", code_region="905", nda="05970000497")
    assert found.value("code_region") == "905"
    assert found.rules() == {"REGION_INCONNUE", "DEPARTEMENT_INDETERMINE"}


# --- Who ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "presumed"),
    [
        ("Madame Exemple FICTIVE", True),
        ("MONSIEUR EXEMPLE", True),
        ("Mme Exemple", True),
        ("Mademoiselle Exemple", True),
        ("mlle Exemple", True),
        ("M. Exemple", True),
        ("  Monsieur   Exemple", True),
        ("Monsieurexemple", False),
        ("MADAME", False),
        ("M EXEMPLE", False),
        ("MME-FORMATION", False),
        ("CHEZ MADAME EXEMPLE", False),
        ("", False),
    ],
)
def test_natural_persons_are_presumed_from_their_title(
    tmp_path: Path, name: str, presumed: bool
) -> None:
    assert only(tmp_path, denomination=name).value("personne_physique_presumee") is presumed


def test_a_foreign_organisation_is_kept_with_its_country(tmp_path: Path) -> None:
    found = only(
        tmp_path,
        etranger_denomination="FICTION LTD",
        etranger_voie="1 FICTION STREET",
        etranger_code_postal="AB1 2CD",
        etranger_ville="LONDRES",
        pays_organisme_represente="Royaume-Uni",
    )
    assert found.value("pays_organisme_represente") == "Royaume-Uni"
    assert found.value("etranger_code_postal") == "AB1 2CD"
    assert found.doubts() == set()


# --- What is known of certifications --------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "known"),
    [
        (("true", "false", "false", "false"), True),
        ((None, None, None, None), True),  # all blank: not certified
        (("true", None, None, None), True),
        (("?", None, None, None), False),
        (("true", "false", "false", "?"), False),
    ],
)
def test_whether_certifications_are_known(
    tmp_path: Path, values: tuple[str | None, ...], known: bool
) -> None:
    assert only(tmp_path, **flags(*values)).value("certification_connue") is known


def test_a_layout_without_certifications_leaves_them_unknown(tmp_path: Path) -> None:
    header = "raison_sociale;siren;num_etablissement;num_da;cfa;effectifs"
    header += ";code_specialite_1;nb_stagiaires_1"
    line = f"ORGANISME FICTIF;{SIREN};{with_luhn(f'{SIREN}0001')[9:]};{NDA};Oui;4;413;30"
    found = typed(tmp_path, f"{header}\n{line}\n".encode())
    assert found.value("certification_connue") is False
    assert [found.value(flag) for flag in FLAGS] == [None] * 4
    assert (found.value("code_departement"), found.value("departement_source")) == ("75", "nda")
    assert (found.value("nb_stagiaires"), found.value("effectif_formateurs")) == (30, 4)
    assert found.doubts() == set()


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
