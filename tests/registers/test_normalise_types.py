"""What each column becomes: flags, dates, numbers, places, previous numbers, persons."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from pipelines.registers.contract import FLAGS
from tests.registers.reads import flags, only, typed
from tests.registers.rows import Override, mirror, row, with_luhn

NDA = "11750000475"
SIREN = with_luhn("00100004")
CERTIFIED = dict(zip(FLAGS, ("true", "false", "false", "false"), strict=True))

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
        ("1", True),
        ("0", False),
        ("VRAI", True),
        ("Faux", False),
        ("2", None),
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
