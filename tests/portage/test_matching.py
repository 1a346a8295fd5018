"""Finding the candidate by number: every quality, every repair, and what is not repaired."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from pipelines.portage.facts import FAITS
from pipelines.portage.matching import match
from pipelines.settings import SQL
from pipelines.warehouse.literals import literal
from pipelines.warehouse.models import parse_model
from tests.warehouse.frames import ASKED, Row, built, dicts, organisme, rows

SIREN, SIRET = "732829320", "73282932000074"
OTHER, ZERO, POST = "509563706", "005420120", "356000000"
# Two numbers of one entity; one alone in its thousand; two that share six digits; overseas;
# a public body; La Poste; one whose SIREN is wrong; one with an old number.
ONE, TWO = "93130001013", "93130002013"
ALONE, TWIN_A, TWIN_B = "24370248037", "11755998875", "11755912375"
OVERSEAS, PUBLIC, POSTAL = "01973098997", "1193P004675", "11922000092"
NO_SIREN, MOVED, OLD, SHARED = "84690111169", "76310222231", "73310333331", "82690444469"
ORGANISMES = [
    organisme(ONE, denomination="Atelier Démonstration", siren=SIREN, siret_declarant=SIRET),
    organisme(TWO, denomination="Atelier Démonstration Sud", siren=SIREN),
    organisme(ALONE, denomination="Institut Exemple", siren=OTHER, ville="TOURS"),
    organisme(TWIN_A, denomination="Cabinet Factice", siren=ZERO),
    organisme(TWIN_B, denomination="Modèle Conseil", siren=POST),
    organisme(OVERSEAS, denomination="Karib Exemple"),
    organisme(PUBLIC, denomination="Greta Fictif"),
    organisme(POSTAL, denomination="Poste Exemple", siren=POST),
    organisme(NO_SIREN, denomination="Sans Numéro", siren="123456789", siren_valide=False),
    organisme(MOVED, denomination="École Spécimen", ndas_precedents=[OLD, SHARED]),
    organisme("84690555569", denomination="Autre Spécimen", ndas_precedents=[SHARED]),
]
CURRENT = [row["nda"] for row in ORGANISMES]


@contextmanager
def asking(organismes: list[Row]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release in memory, beside the catalogues of questions."""
    with built(organismes, of=ASKED) as con:
        for catalogue in ("demande", "evaluation"):
            con.execute(f"attach ':memory:' as {catalogue}")
        yield con


def ask(con: duckdb.DuckDBPyConnection, *questions: dict[str, Any]) -> list[Row]:
    """Match questions, numbered from 1; the rows found, in order."""
    names = ["role_juge", "profil", *(fait.nom for fait in FAITS)]
    columns = ", ".join(f"{name} varchar" for name in names)
    con.execute(f"create or replace table demande.candidat (ligne bigint, {columns})")
    values = [
        "(" + ", ".join([str(line), *(literal(question.get(name)) for name in names)]) + ")"
        for line, question in enumerate(questions, start=1)
    ]
    con.execute(f"insert into demande.candidat values {', '.join(values)}")
    match(con)
    return dicts(con, "from evaluation.rapprochement order by ligne, role")


def one(con: duckdb.DuckDBPyConnection, **question: Any) -> Row:
    """Match one question that has no porteur."""
    (found,) = ask(con, question)
    return found


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with asking(ORGANISMES) as connection:
        yield connection


@pytest.fixture(scope="module")
def answered(con: duckdb.DuckDBPyConnection) -> Callable[[Row], Row]:
    """Give what is found for a question of the tables below, which are all asked at once.

    A line has its own answer, whatever the others are; asking takes as long for one as for all.
    """
    questions = [
        *(question for question, _, _ in (*_FOUND, *_NEAR)),
        *(question for question, _ in _NOT_REPAIRED),
        *({"identifiant": damaged} for damaged, _, _ in _REPAIRED),
        *({field: given} for given, _ in _NO_NUMBER for field in _FIELDS),
    ]
    found = ask(con, *questions)
    assert len(found) == len(questions)
    return lambda question: found[questions.index(question)]


def test_columns_are_documented(con: duckdb.DuckDBPyConnection) -> None:
    ask(con, {"nda": "1 1"}, {"nom": "Atelier"}, {"siren": SIREN}, {"nda": ONE, "nom": "Autre"})
    models = [parse_model(path) for path in (SQL / "evaluation").glob("rapprochement*.sql")]
    models.append(parse_model(SQL / "evaluation" / "identifiant.sql"))
    assert len(models) > 10
    for model in models:
        found = [row[0] for row in rows(con, f"describe {model.full_name}")]
        assert found == list(model.columns), model.full_name


_FOUND: list[tuple[Row, str, list[str]]] = [
    ({"nda": ONE}, "NDA", [ONE]),
    ({"identifiant": f" {PUBLIC} "}, "NDA", [PUBLIC]),
    ({"siren": SIREN}, "SIREN", [ONE, TWO]),
    ({"identifiant": SIREN}, "SIREN", [ONE, TWO]),
    ({"siret": SIRET}, "SIRET", [ONE, TWO]),
    # Another establishment of the same entity; La Poste has a rule of its own.
    ({"siret": "73282932000017"}, "SIRET", [ONE, TWO]),
    ({"siret": "35600000000048"}, "SIRET", [TWIN_B, POSTAL]),
    ({"siret": "35600000049837"}, "SIRET", [TWIN_B, POSTAL]),
    ({"nda": TWO, "siren": SIREN, "siret": SIRET}, "NDA", [TWO]),
    ({"nda": ONE, "identifiant": TWO}, "NDA", [ONE]),
    ({"nda": NO_SIREN, "siren": "404833048"}, "NDA", [NO_SIREN]),
]


@pytest.mark.parametrize(("question", "by", "ndas"), _FOUND)
def test_found_as_given(
    answered: Callable[[Row], Row], question: Row, by: str, ndas: list[str]
) -> None:
    found = answered(question)
    assert (found["qualite"], found["demande_par"], found["ndas"]) == ("EXACT", by, ndas)
    assert (found["message"], found["proches"], found["score"]) == (None, None, None)


def test_siren_is_told_only_where_it_is_right(con: duckdb.DuckDBPyConnection) -> None:
    assert one(con, nda=ONE)["siren"] == SIREN
    assert one(con, nda=NO_SIREN)["siren"] is None


_REPAIRED = [
    ("9313 0001\u00a0013", ONE, "blancs ou ponctuation"),
    ("93.13.00010-13", ONE, "blancs ou ponctuation"),
    ("\ufeff93130001013", ONE, "blancs ou ponctuation"),
    ("NDA n° 93130001013", ONE, "mention"),
    ("N° de déclaration d'activité : 93130001013", ONE, "mention"),
    ("93130001013.0", ONE, "décimales"),
    ("9,3130001013E+10", ONE, "notation scientifique"),
    ("9.3130001013E10", ONE, "notation scientifique"),
    ("1.973098997E+09", OVERSEAS, "zéro de tête"),
    ("1973098997", OVERSEAS, "zéro de tête"),
    ("1193p004675", PUBLIC, "ponctuation"),
    ("1193P004675.0", PUBLIC, "décimales"),
    ("1193p004675,000", PUBLIC, "décimales"),
    ("9313OOO1O13", ONE, "lettres"),
    ("9313000l0I3", ONE, "lettres"),
    ("2.43702E+10", ALONE, "tronqués"),
    ("2,437E+10", ALONE, "tronqués"),
    ("2.4370248E+10", ALONE, "tronqués"),
    # A spreadsheet rounds up: the number does not begin with these digits.
    ("2.437025E+10", ALONE, "tronqués"),
    ("FR44732829320", SIREN, "TVA"),
    ("FR 44 732 829 320", SIREN, "TVA"),
    ("732 829 320 RCS Marseille", SIREN, "mention"),
    ("5420120", ZERO, "zéros de tête"),
    ("732 829 320 00074", SIRET, "blancs"),
    ("NDA n° 93 13 00010 13 (DRIEETS)", ONE, "mots"),
    ("enregistré sous le numéro 93130001013 auprès du préfet", ONE, "mots"),
    ("93130001013 (en cours)", ONE, "mots"),
    ("RCS 732829320 Paris", SIREN, "mots"),
    ("Siège : 732 829 320 00074, Paris", SIRET, "mots"),
    ("https://annuaire.test/entreprise/exemple-732829320?x=1", SIREN, "mots"),
    ("TVA intracommunautaire FR44732829320", SIREN, "mots"),
    ("Exemple, 75011 Paris, SIREN 732829320, tél. 01 23 45 67 89", SIREN, "mots"),
    # Two numbers of one entity: the declaration is the more precise.
    (f"{ONE} / {SIRET}", ONE, "mots"),
    ("5420120.0", ZERO, "zéros de tête"),
]


@pytest.mark.parametrize(("damaged", "number", "said"), _REPAIRED)
def test_repaired_and_said(
    answered: Callable[[Row], Row], damaged: str, number: str, said: str
) -> None:
    found = answered({"identifiant": damaged})
    assert (found["qualite"], found["identifiant"]) == ("REPARE", number)
    assert found["ndas"]
    assert said in found["message"]
    assert damaged.replace("\ufeff", "") in found["message"].replace("\ufeff", "")


_NOT_REPAIRED: list[tuple[Row, str]] = [
    ({"nda": "93139999913"}, "ABSENT"),
    ({"siren": "404833048"}, "ABSENT"),
    # Ten digits of an overseas number are a number; others only if the list has them.
    ({"nda": "1973099997"}, "ABSENT"),
    ({"nda": "1753099975"}, "ILLISIBLE"),
    # Letters stand for digits only if the list then has the number.
    ({"nda": "9313OOO9999"}, "ILLISIBLE"),
    ({"siren": "732829321"}, "CLE_FAUSSE"),
    ({"siren": "000000000"}, "CLE_FAUSSE"),
    ({"siret": "73282932000075"}, "CLE_FAUSSE"),
    ({"siret": "35600000049838"}, "CLE_FAUSSE"),
    ({"identifiant": "FR45732829320"}, "CLE_FAUSSE"),
    ({"siren": "5420121"}, "ILLISIBLE"),
    ({"siren": "18"}, "ILLISIBLE"),
    ({"siren": "7.328E+08"}, "ILLISIBLE"),
    ({"nda": "6.6E+10"}, "ILLISIBLE"),
    ({"nda": "6.66666E+10"}, "ILLISIBLE"),
    ({"nda": "Atelier Démonstration"}, "ILLISIBLE"),
    ({"nda": f"{ONE} {TWO}"}, "AMBIGU"),
    ({"identifiant": f"NDA {ONE}, ancien {TWIN_A}"}, "AMBIGU"),
    ({"identifiant": f"{ONE} / SIREN {OTHER}"}, "AMBIGU"),
    # Of two numbers, one is not in the list: nothing says that they are of one entity.
    ({"identifiant": f"NDA 93139999913 (SIREN {SIREN})"}, "AMBIGU"),
    ({"identifiant": "SIREN 404833048 (RCS Paris)"}, "ABSENT"),
    ({"identifiant": "voir TVA FR45732829320"}, "ILLISIBLE"),
    ({"nda": "téléphone 01 23 45 67 89"}, "ILLISIBLE"),
    ({"nda": "-"}, "VIDE"),
    ({"siret": "n/a", "siren": "0"}, "VIDE"),
    ({"nda": "en cours"}, "VIDE"),
    ({}, "VIDE"),
]


@pytest.mark.parametrize(("question", "quality"), _NOT_REPAIRED)
def test_not_repaired(answered: Callable[[Row], Row], question: Row, quality: str) -> None:
    found = answered(question)
    assert found["qualite"] == quality
    assert found["ndas"] == []
    assert found["message"].endswith(".")


@pytest.mark.parametrize(
    ("question", "ndas"),
    [
        ({"nda": "1.17559E+10"}, [TWIN_B, TWIN_A]),
        ({"nda": "1.17559E+10", "nom": "CABINET FACTICE"}, [TWIN_A, TWIN_B]),
        # One old number that two organisations claim.
        ({"nda": SHARED}, [MOVED, "84690555569"]),
    ],
)
def test_ambiguous_with_the_nearest_first(
    con: duckdb.DuckDBPyConnection, question: Row, ndas: list[str]
) -> None:
    found = one(con, **question)
    assert (found["qualite"], found["ndas"], found["siren"]) == ("AMBIGU", [], None)
    assert [near["nda"] for near in found["proches"]] == ndas
    assert "redemandez" in found["message"]


def test_what_is_ambiguous_is_settled_by_the_siren(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, nda="1.17559E+10", siren=ZERO)
    assert found["ndas"] == [TWIN_A]
    # The numbers of one entity: the truncated one tells which.
    found = one(con, nda="9.31300E+10", siren=SIREN)
    assert (found["qualite"], found["ndas"]) == ("EXACT", [ONE, TWO])
    assert one(con, nda="9.3130002E+10", siren=SIREN)["ndas"] == [TWO]
    found = one(con, nda="1.17559E+10", siren=POST)
    assert (found["qualite"], found["ndas"]) == ("REPARE", [TWIN_B])
    assert TWIN_B in found["message"]
    assert one(con, nda="1.17559E+10", siren=OTHER)["qualite"] == "DISCORDANT"


def test_old_number_leads_to_the_current_one(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, identifiant=OLD)
    assert (found["qualite"], found["ndas"], found["identifiant"]) == ("ANCIEN_NDA", [MOVED], OLD)
    assert MOVED in found["message"]
    found = one(con, identifiant=f"{OLD[:4]} {OLD[4:]}")
    assert (found["qualite"], found["ndas"]) == ("ANCIEN_NDA", [MOVED])
    assert "blancs" in found["message"]
    assert one(con, identifiant=f"{float(OLD):.5E}")["ndas"] == [MOVED]


@pytest.mark.parametrize(
    "question",
    [
        {"nda": ONE, "siren": OTHER},
        {"nda": ONE, "siret": "50956370600159"},
        {"nda": ONE, "identifiant": ALONE},
        {"nda": ONE, "siren": "404833048"},
        {"nda": "93139999913", "siren": OTHER},
        {"siren": SIREN, "siret": "50956370600159"},
        {"nda": NO_SIREN, "siren": SIREN},
    ],
)
def test_numbers_of_two_entities_are_not_settled(
    con: duckdb.DuckDBPyConnection, question: Row
) -> None:
    found = one(con, **question)
    assert (found["qualite"], found["ndas"], found["siren"]) == ("DISCORDANT", [], None)
    assert found["proches"]
    assert all(given in found["message"] for given in question.values())


def test_a_number_that_cannot_be_read_does_not_hide_another(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = one(con, nda="douze", siren="732829321", siret=SIRET)
    assert (found["qualite"], found["demande_par"], found["ndas"]) == ("EXACT", "SIRET", [ONE, TWO])
    assert "douze" in found["message"]
    assert "732829321" in found["message"]


def test_a_number_in_the_column_of_another_is_told(con: duckdb.DuckDBPyConnection) -> None:
    found = one(con, siret=SIREN)
    assert (found["qualite"], found["demande_par"]) == ("EXACT", "SIREN")
    assert "donné comme SIRET" in found["message"]
    assert one(con, siren=ALONE)["ndas"] == [ALONE]


def test_roles(con: duckdb.DuckDBPyConnection) -> None:
    found = ask(
        con,
        {"nda": ONE, "porteur": f"NDA {ALONE}"},
        {"nda": ALONE},
        {"role_juge": "porteur", "porteur": "-"},
        {"role_juge": "porteur", "porteur": OTHER, "nda": ONE},
    )
    assert [(row["ligne"], row["role"], row["qualite"]) for row in found] == [
        (1, "porteur", "REPARE"),
        (1, "sous_traitant", "EXACT"),
        (2, "sous_traitant", "EXACT"),
        (3, "porteur", "VIDE"),
        (4, "porteur", "EXACT"),
    ]


def test_messages_name_no_organisation(con: duckdb.DuckDBPyConnection) -> None:
    found = ask(con, {"nda": SHARED}, {"nda": ONE, "siren": OTHER}, {"nda": OLD}, {"siret": SIREN})
    for row in found:
        assert not any(known["denomination"] in row["message"] for known in ORGANISMES)


def test_keys_are_those_of_the_directory(con: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(3)
    numbers = [f"{chance.randrange(1, 10**9):09d}" for _ in range(1500)]
    numbers += [f"{SIREN}{chance.randrange(10**5):05d}" for _ in range(700)]
    numbers += [f"{POST}{chance.randrange(10**5):05d}" for _ in range(700)]
    numbers += [f"{chance.randrange(10**14):014d}" for _ in range(700)]
    found = ask(con, *({"identifiant": number} for number in numbers))
    valid = [siren_rule.is_valid(n) if len(n) == 9 else siret_rule.is_valid(n) for n in numbers]
    assert 200 < sum(valid) < 1500
    assert [row["qualite"] != "CLE_FAUSSE" for row in found] == valid


def _zero_lost(nda: str) -> str:
    return str(int(nda)) if nda.isdigit() else nda


def _scientific(nda: str, digits: int) -> str:
    """What a spreadsheet shows, rounded."""
    return f"{float(nda):.{digits}E}".replace(".", ",") if nda.isdigit() else nda


def _cut(nda: str, digits: int) -> str:
    """The same with the last digits cut rather than rounded."""
    whole = _zero_lost(nda)
    return f"{whole[0]}.{whole[1:digits]}E+{len(whole) - 1}" if nda.isdigit() else nda


DAMAGES: dict[str, Callable[[str], str]] = {
    "zero": _zero_lost,
    "decimal": lambda nda: f"{_zero_lost(nda)}.0",
    "letters": lambda nda: nda.replace("0", "O").replace("1", "l"),
    "blanks": lambda nda: "\u202f".join((nda[:2], nda[2:4], nda[4:])),
    **{f"E{digits}": partial(_scientific, digits=digits) for digits in range(1, 11)},
    **{f"cut{digits}": partial(_cut, digits=digits) for digits in range(3, 10)},
}
PRECEDING = {OLD: [MOVED], SHARED: [MOVED, "84690555569"]}


def test_damaged_number_is_never_taken_for_another(con: duckdb.DuckDBPyConnection) -> None:
    cases = [(nda, damage) for nda in (*CURRENT, *PRECEDING) for damage in DAMAGES]
    found = ask(con, *({"nda": DAMAGES[damage](nda)} for nda, damage in cases))
    for (nda, damage), row in zip(cases, found, strict=True):
        if row["qualite"] in {"EXACT", "REPARE", "ANCIEN_NDA"}:
            assert row["ndas"] == PRECEDING.get(nda, [nda]), (nda, damage, row)
        elif damage in {"E1", "E2", "cut3"}:
            # Fewer than four digits are left: any number would do.
            assert row["qualite"] == "ILLISIBLE", (nda, damage, row)
        else:
            assert row["qualite"] == "AMBIGU", (nda, damage, row)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(range(9)))
def test_the_order_of_lines_changes_nothing(
    con: duckdb.DuckDBPyConnection, order: list[int]
) -> None:
    questions: list[Row] = [
        {"nda": ONE},
        {"nda": "1.17559E+10", "nom": "Modèle"},
        {"siren": SIREN, "porteur": "1973098997"},
        {"nom": "institut exemple", "ville": "Tours"},
        {"nom": "Specimen"},
        {"nda": OLD, "siren": "-"},
        {"nda": "-", "nom": "Atelier Demonstration", "code_postal": "13001"},
        {},
        {"nda": ONE, "siren": OTHER},
    ]
    straight = ask(con, *questions)
    shuffled = ask(con, *(questions[place] for place in order))
    for row in shuffled:
        row["ligne"] = order[row["ligne"] - 1] + 1
    key = itemgetter("ligne", "role")
    assert sorted(shuffled, key=key) == sorted(straight, key=key)


def test_the_order_of_the_register_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    questions: list[Row] = [
        {"nda": SHARED},
        {"siren": SIREN},
        {"nda": "1.17559E+10"},
        {"nom": "Atelier Démonstration"},
        {"nom": "Spécimen", "code_postal": "69000"},
    ]
    straight = ask(con, *questions)
    with asking(ORGANISMES[::-1]) as reverse:
        assert ask(reverse, *questions) == straight


# --- What is given in the place of a number ---------------------------------------------------


_FIELDS = ("identifiant", "nda", "siren", "siret")
_NO_NUMBER = [
    ("12345678", "compte 8 chiffres"),
    # A key that is right by chance once zeros are put before makes no SIREN, no SIRET.
    ("12345674", "compte 8 chiffres"),
    ("100206", "compte 6 chiffres"),
    ("1753099975", "compte 10 chiffres"),
    ("01 42 68 53 00", "est un numéro de téléphone"),
    ("01.42.68.53.00", "est un numéro de téléphone"),
    ("Tél. 01-42-68-53-00", "est un numéro de téléphone"),
    ("+33 (0)1 42 68 53 00", "est un numéro de téléphone"),
    ("0033142685300", "est un numéro de téléphone"),
    # Eleven digits, as a NDA; but no region has the prefix 33.
    ("33142685300", "est un numéro de téléphone"),
    ("contact@exemple.fr", "est une adresse électronique"),
    (f"{ONE}@exemple.fr", "est une adresse électronique"),
    ("https://www.exemple.fr/a?b=1", "est une adresse web"),
    ("exemple.fr", "est une adresse web"),
    ("W751234567", "est un numéro RNA d'association"),
    ("85.59A", "est un code APE"),
    ("0751234A", "est un numéro UAI d'établissement"),
    ("12/03/2024", "est une date"),
    ("2024-03-12", "est une date"),
    ("Atelier Démonstration", "est un nom, pas un numéro"),
    ("A1", "ne se lit ni comme un NDA, ni comme un SIRET, ni comme un SIREN"),
]


@pytest.mark.parametrize(("given", "said"), _NO_NUMBER)
@pytest.mark.parametrize("champ", _FIELDS)
def test_what_is_no_number_is_named(
    answered: Callable[[Row], Row], given: str, said: str, champ: str
) -> None:
    found = answered({champ: given})
    assert (found["qualite"], found["ndas"], found["siren"]) == ("ILLISIBLE", [], None)
    assert f"« {given} » {said}" in found["message"]


_NEAR: list[tuple[Row, str, str]] = [
    ({"nda": "93130001014"}, "ABSENT", ONE),
    ({"nda": "39130001013"}, "ABSENT", ONE),
    ({"nda": "9313001013"}, "ILLISIBLE", ONE),
    ({"nda": "931300010133"}, "ILLISIBLE", ONE),
    ({"nda": "1193P004676"}, "ABSENT", PUBLIC),
    ({"siren": "732829321"}, "CLE_FAUSSE", SIREN),
    ({"siren": "73282932"}, "ILLISIBLE", SIREN),
    ({"siren": "7328293200"}, "ILLISIBLE", SIREN),
    ({"siret": "73282932000075"}, "CLE_FAUSSE", SIREN),
    ({"siret": "73282932100074"}, "CLE_FAUSSE", SIREN),
    ({"siret": "7328293200074"}, "ILLISIBLE", SIREN),
]


@pytest.mark.parametrize(("question", "quality", "near"), _NEAR)
def test_listed_numbers_one_edit_away_are_proposed_and_never_kept(
    answered: Callable[[Row], Row], question: Row, quality: str, near: str
) -> None:
    found = answered(question)
    assert (found["qualite"], found["ndas"]) == (quality, [])
    assert f"à un caractère près, la liste a {near}" in found["message"]
    listed = {"nda": near} if near in CURRENT else {"nda": ONE}
    assert [entry["nda"] for entry in found["proches"]] == [listed["nda"]]


@pytest.mark.parametrize(
    "given", ["93130001022", "93139999913", "731310333333", "+33 1 42 68 53 00"]
)
def test_nothing_further_is_proposed(con: duckdb.DuckDBPyConnection, given: str) -> None:
    found = one(con, identifiant=given)
    assert not found["proches"]
    assert "près" not in found["message"]


def test_the_likely_one_comes_first_by_the_name_given(con: duckdb.DuckDBPyConnection) -> None:
    # One edit away from both numbers of the entity.
    for name, nearest in (("Atelier Démonstration Sud", TWO), ("Atelier Démonstration", ONE)):
        found = one(con, nda="93130003013", nom=name)
        assert found["proches"][0]["nda"] == nearest
        assert found["qualite"] == "ABSENT"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ({"nda": "93139999913"}, "Le NDA 93139999913 n'est pas dans la liste : "),
        ({"nda": "93 13 99999 13"}, "Le NDA 93139999913 n'est pas dans la liste : "),
        ({"siret": "404833048"}, "Le SIREN 404833048 n'est pas dans la liste : "),
        ({"nda": "93139999913", "siren": OTHER}, "Le NDA 93139999913 n'est pas dans la liste ; "),
        ({"nda": ONE, "siren": "404833048"}, "Le SIREN 404833048 n'est pas dans la liste ; "),
    ],
)
def test_a_number_found_nowhere_is_told_first(
    con: duckdb.DuckDBPyConnection, question: Row, first: str
) -> None:
    assert one(con, **question)["message"].startswith(first)


def test_a_short_number_of_another_system_contradicts_nothing(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for key in ("100206", "100214", "100222", "100200"):
        found = one(con, nda=ONE, identifiant=key)
        assert (found["qualite"], found["ndas"]) == ("EXACT", [ONE]), key
