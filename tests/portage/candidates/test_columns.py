"""Columns: what their header may mean, confirmed or refused by their values."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.candidates.answers import ANSWER
from pipelines.portage.candidates.columns import Column, decide
from pipelines.portage.candidates.headers import sense_of
from pipelines.portage.facts import PAR_NOM, Genre
from pipelines.settings import REFERENCE

NDAS = ["93131234513", "11750054575", "01973210997"]


def decided(
    columns: Mapping[str, Sequence[str]], chosen: Mapping[str, str] | None = None
) -> dict[str, Column]:
    names = list(columns)
    ranks = {names.index(name) + 1: fact for name, fact in (chosen or {}).items()}
    found = decide(names, names, lambda rank: list(columns[names[rank - 1]]), ranks)
    return dict(zip(names, found, strict=True))


def read_as(columns: Mapping[str, Sequence[str]]) -> dict[str, str | None]:
    return {name: column.fact for name, column in decided(columns).items()}


@pytest.mark.parametrize(
    ("header", "values", "fact"),
    [
        ("N°", ["1", "2", "3"], None),
        ("N°", NDAS, "identifiant"),
        ("ID", ["100200", "100206", "100214"], None),
        # Nine digits, one in ten of which has a right key.
        ("ID", ["100000001", "100000002", "100000003", "100000009"], None),
        ("ID", ["732829320", "963670369"], "identifiant"),
        ("Réf", ["C-2026-0117"], None),
        ("Code", ["13001", "75011"], None),
        ("Statut", ["Prospect", "Actif"], None),
        ("Statut", ["SASU", "EURL", "SASU"], "forme_juridique"),
        ("Type", ["interne", "externe"], None),
        ("Actif", ["oui", "non"], "unite_active"),
        ("Actif", ["Marie", "Paul"], None),
        ("Prestation", ["Bilan de compétences", "VAE"], "action"),
        ("Prestation", ["Coaching", "Audit", "VAE"], None),
        ("Actions de formations", ["true", "false"], None),
        ("Date", ["01/11/2026", "31/02/2026"], "date"),
        ("Date", ["oui", "non"], None),
        ("Signature", ["Paul", "Marie"], None),
        ("Durée", ["24", "35 h"], "heures"),
        ("Prix (€)", ["1 100 €", "1200"], "montant"),
        ("Prix", ["à convenir", "devis"], None),
        ("URSSAF (date)", ["01/10/2026"], "attestation_vigilance"),
        ("URSSAF", ["oui", "non"], None),
        ("K-bis reçu le", ["01/10/2026"], None),
        ("Durée", ["longue", "courte"], None),
        ("Nom", ["Atelier Exemple", "Spécimen"], "nom"),
        ("Sous-traitant", ["oui", "non"], None),
        ("Entreprise", ["contact@exemple.test"], None),
        ("Organisme", ["12", "13"], None),
        ("Code Commune", ["75111", "13055"], None),
        # A full header is believed: what it holds is a question.
        ("Date de signature", ["demain"], "date"),
        ("Montant HT", ["à voir ensemble"], "montant"),
    ],
)
def test_a_short_header_is_believed_on_its_values(
    header: str, values: list[str], fact: str | None
) -> None:
    found = decided({"NDA": NDAS, header: values})[header]
    assert found.fact == fact
    assert found.why


@pytest.mark.parametrize("blank", ["-", "NC", "N/A", "?", "néant", "", "RAS", "#N/A"])
def test_marks_of_nothing_prove_nothing(blank: str) -> None:
    assert read_as({"NDA": NDAS, "Statut": ["SASU", blank]})["Statut"] == "forme_juridique"
    assert read_as({"NDA": NDAS, "Statut": [blank]})["Statut"] is None


def test_the_opposite_is_turned_only_where_all_is_yes_or_no() -> None:
    found = decided({"NDA": NDAS, "Inactif": ["oui", "Non", "x", "-"]})["Inactif"]
    assert found.fact == "unite_active"
    assert found.turned == {"oui": "non", "Non": "oui", "x": "non"}
    assert "contraire" in found.why
    # Not referenced may be never referenced: that is asked, not turned.
    found = decided({"NDA": NDAS, "Référencé": ["oui", "non"]})["Référencé"]
    assert found.turned is not None
    assert found.turned["oui"] == "non"
    assert found.turned["non"].startswith("Référencé : non")
    for values in (["oui", "en partie"], ["C-2026-0117"], ["-"], []):
        aside = decided({"NDA": NDAS, "Référence": values})["Référence"]
        assert aside.fact is None, values


def test_a_header_that_may_mean_either_asks_what_a_yes_says() -> None:
    for header in ("Casier judiciaire", "Casier", "Extrait de casier judiciaire"):
        found = decided({"NDA": NDAS, header: ["oui", "non", "vierge"]})[header]
        assert (found.fact, found.contrary) == ("probite", False), header
        assert found.turned is not None
        assert found.turned.keys() == {"oui", "non"}, "its own words are read as they are"
        assert all(said.startswith(f"{header} : ") for said in found.turned.values())
    for header in ("B3", "Casier judiciaire vierge", "Casier judiciaire (B3)"):
        plain = decided({"NDA": NDAS, header: ["oui", "non"]})[header]
        assert (plain.fact, plain.turned) == ("probite", None), header


def test_a_document_that_says_the_contrary_is_turned_and_its_absence_asked() -> None:
    for header in ("Non-déréférencement", "Attestation de non-déréférencement", "Non déréférencé"):
        found = decided({"NDA": NDAS, header: ["oui", "non"]})[header]
        assert (found.fact, found.contrary) == ("dereference", True), header
        assert found.turned is not None
        assert found.turned["oui"] == "non"
        assert found.turned["non"].startswith(f"{header} : non")


def test_the_table_of_opposites_is_of_facts_that_are_yes_or_no() -> None:
    with (REFERENCE / "portage_contraire.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert PAR_NOM[row["fait"]].genre is Genre.BOOLEEN, row
        # None says the same twice; one that says nothing by either answer is a question.
        assert row["si_oui"] in ("", "oui", "non"), row
        assert row["si_non"] in ("", "oui", "non"), row
        assert row["si_oui"] != row["si_non"] or row["si_oui"] == "", row
        assert row["pourquoi"], row
        sense = sense_of(row["entete"])
        assert sense is not None, row
        assert (sense.fact, bool(sense.opposite)) == (row["fait"], True), row


def test_what_negates_limits_or_exceeds_is_named_not_read() -> None:
    for header in ("Jamais déréférencé", "Sans casier judiciaire", "NDA client", "CA 2025"):
        found = decided({"NDA": NDAS, header: ["oui", "non"]})[header]
        assert found.fact is None
        assert "ce n'est pas" in found.why


def test_a_misspelt_header_needs_its_values_too() -> None:
    known = {"NDA": NDAS, "Raison socale": ["Atelier Exemple"]}
    assert read_as(known)["Raison socale"] == "nom"
    assert read_as({"NDA": NDAS, "Forme juridque": ["SASU"]})["Forme juridque"] == "forme_juridique"
    assert read_as({"NDA": NDAS, "Forme juridque": ["ronde"]})["Forme juridque"] is None


def test_the_name_of_a_person_is_not_that_of_the_organisation() -> None:
    people = {"Civilité": ["M."], "Nom": ["LEGRAND"], "Prénom": ["Paul"]}
    assert read_as({**people, "Société": ["Studio Exemple"]}) == {
        "Civilité": None,
        "Nom": None,
        "Prénom": None,
        "Société": "nom",
    }
    assert read_as({"NDA": NDAS, **people})["Nom"] is None


def test_of_two_columns_the_better_known_goes_first() -> None:
    found = decided({"NDA": NDAS, "Montant": ["350"], "Montant HT": ["7000"]})
    assert (found["Montant HT"].fact, found["Montant HT"].beside) == ("montant", False)
    assert (found["Montant"].fact, found["Montant"].beside) == ("montant", True)
    assert "désaccords" in found["Montant"].why
    # A figure in a unit that is not that of the fact says nothing beside one that is.
    found = decided({"NDA": NDAS, "Montant TTC": ["8400"], "Montant HT": ["7000"]})
    assert (found["Montant TTC"].fact, found["Montant HT"].fact) == (None, "montant")


def test_identifiers_are_found_when_no_header_names_any() -> None:
    rows = {"Fiche": ["x", "y"], "Code interne": NDAS, "Financeur": ["CPF"]}
    assert read_as(rows) == {
        "Fiche": None,
        "Code interne": "identifiant",
        "Financeur": "financement",
    }
    assert read_as({"Nom": ["Exemple"], "Code interne": NDAS})["Code interne"] is None
    assert read_as({"Nom": [""], "Code interne": NDAS})["Code interne"] == "identifiant"
    assert read_as({"Fiche": ["a"], "Autre": ["13", "75001"]}) == {"Fiche": None, "Autre": None}
    # Somebody else's, by what the header says.
    assert read_as({"Fiche": ["a"], "SIRET client": ["73282932000074"]})["SIRET client"] is None


def test_what_the_user_says_holds() -> None:
    columns = {"NDA": NDAS, "Total (k€)": ["7"], "Montant HT": ["3000"], "Hors B3": ["oui", "?"]}
    found = decided(columns, {"Total (k€)": "montant", "Hors B3": "pas-probite", "NDA": ""})
    assert (found["Total (k€)"].fact, found["Total (k€)"].units) == ("montant", "k€")
    assert (found["Montant HT"].fact, found["NDA"].fact) == (None, None)
    assert (found["Hors B3"].fact, found["Hors B3"].turned) == ("probite", {"oui": "non"})


def test_the_columns_of_a_result_are_no_facts() -> None:
    ours = {name: ["Atelier Exemple"] for name in ANSWER}
    assert {name for name, fact in read_as({"NDA": NDAS, **ours}).items() if fact} == {"NDA"}
    assert read_as({"NDA": NDAS, "organisme": ["Atelier"]})["organisme"] == "nom"


_COLUMNS: dict[str, list[str]] = {
    "NDA": NDAS,
    "N°": ["1", "2"],
    "Montant": ["350"],
    "Montant HT": ["7000"],
    "CA (k€)": ["95"],
    "Référencé": ["oui", "non"],
    "Non-déréférencement": ["oui"],
    "Statut": ["SASU"],
    "Date": ["01/11/2026"],
    "Nom": ["Exemple"],
    "Prénom": ["Paul"],
}


@given(st.permutations(list(_COLUMNS)), st.lists(st.sampled_from(["Notes", "Avis", "Lu le"])))
def test_neither_order_nor_further_columns_change_how_one_is_read(
    order: list[str], further: list[str]
) -> None:
    before = {name: column.fact for name, column in decided(_COLUMNS).items()}
    more = {name: ["abc", "12"] for name in further}
    after = read_as({**{name: _COLUMNS[name] for name in order}, **more})
    assert {name: after[name] for name in before} == before
    assert all(after[name] is None for name in further)
