"""Headers as people write them."""

from __future__ import annotations

import pytest

from pipelines.portage.candidates.headers import (
    ANSWER,
    fact_of,
    find_header,
    known_headers,
    looks_like_identifier,
    near_fact,
    recognise,
    words,
)
from pipelines.portage.facts import FAITS


def test_no_header_of_the_catalogue_means_two_facts() -> None:
    meant: dict[str, str] = {}
    for fact in FAITS:
        for header in (fact.nom, fact.libelle, *fact.entetes):
            assert meant.setdefault("".join(words(header)), fact.nom) == fact.nom, header
            assert fact_of(header) == fact.nom
            assert fact_of(header.upper()) == fact.nom
            assert fact_of(f" {header} * ") == fact.nom


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("N° de déclaration", "nda"),
        ("Numéro de DA", "nda"),
        ("numero_declaration_activite", "nda"),
        ("numeroDeclarationActivite", "nda"),
        ("NDA du sous-traitant", "nda"),
        ("n° siret établissement", "siret"),
        ("SIREN / SIRET", "identifiant"),
        ("RAISON SOCIALE", "nom"),
        ("raison-sociale", "nom"),
        ("Ville / commune", "ville"),
        ("Montant HT (€)", "montant"),
        ("Date de signature (JJ/MM/AAAA)", "date"),
        ("Nb d'heures", "heures"),
        ("Chiffre d’affaires", "ca"),
        ("K-BIS", "immatriculation"),
        ("SIREN porteur", "porteur"),
        ("NDA du donneur d'ordre", "porteur"),
    ],
)
def test_headers_are_known_however_they_are_written(header: str, fact: str) -> None:
    assert fact_of(header) == fact


@pytest.mark.parametrize(
    "header", ["Commentaire", "e-mail", "Téléphone", "CA 2025", "", "€", "Date d'ajout", "x" * 500]
)
def test_other_headers_are_no_fact(header: str) -> None:
    assert fact_of(header) is None
    assert near_fact(header) is None


def test_a_header_misspelt_is_known_and_none_is_taken_for_its_opposite() -> None:
    assert near_fact("Raison socale") == "nom"
    assert near_fact("Forme juridque") == "forme_juridique"
    assert fact_of("Raison socale") is None
    # Its end is not its date.
    assert near_fact("Date de fin attestation URSSAF") is None
    known = list(known_headers().items())
    for key, fact in known:
        others = {near_fact(f"{key}{letter}") for letter in "zqk"} - {None}
        assert others <= {fact}, key


def test_the_header_is_the_row_with_the_most_known_names() -> None:
    rows: list[list[str | None]] = [
        ["Sous-traitants", None, None],
        [None, None, None],
        ["Réf.", "NDA", "Observations"],
        ["1", "93131234513", "CPF"],
    ]
    assert find_header(rows) == 2
    titles: list[list[str | None]] = [["a", "b"]] * 19
    assert find_header([*titles, ["NDA", "Nom"]]) == 19
    assert find_header([*titles, ["c"], ["NDA", "Nom"]]) is None
    assert find_header([["Fin du certificat", "93131234513"]]) is None


def test_the_first_of_two_columns_of_a_fact_counts() -> None:
    columns = recognise(["NDA", "Nom", "N° de déclaration"], [])
    assert columns.facts == {"nda": 0, "nom": 1}
    assert columns.repeated == {2: "nda"}


def test_a_column_of_identifiers_is_taken_when_no_header_names_one() -> None:
    rows = [["x", "93131234513", "1"], ["y", "732 829 320", "2"], ["z", "", "3"]]
    columns = recognise(["Réf.", "Code interne", "Financeur"], rows)
    assert columns.facts == {"identifiant": 1, "financement": 2}
    assert columns.guessed == 1
    named = recognise(["Nom", "Code interne"], rows)
    assert (named.facts, named.guessed) == ({"nom": 0}, None)
    assert recognise(["Réf.", "Autre"], [["a", "13"], ["b", "75001"]]).facts == {}


def test_the_columns_of_a_result_are_no_facts() -> None:
    assert recognise(["NDA", *ANSWER], []).facts == {"nda": 0}
    assert recognise(["NDA", "organisme"], []).facts == {"nda": 0, "nom": 1}


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("93131234513", True),
        (" 93 13 12345 13 ", True),
        ("7313P123413", True),
        ("732829320", True),
        ("73282932000074", True),
        ("1.17559E+10", True),
        ("1,17559E+10", True),
        ("2026-03-02", False),
        ("12.03.2026", False),
        ("06 12 34 56 78", False),
        ("1234567890", True),
        ("13001", False),
        ("7328293200007", True),
        ("à demander", False),
    ],
)
def test_what_looks_like_an_identifier(text: str, looks: bool) -> None:
    assert looks_like_identifier(text) is looks
