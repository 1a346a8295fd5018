"""Headers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.candidates.headers import (
    fact_of,
    find_header,
    known_headers,
    looks_like_identifier,
    sense_of,
    units_of,
)
from pipelines.portage.facts import FAITS
from pipelines.portage.qualifiers import Role, qualifiers, tokens


def test_no_header_of_the_catalogue_means_two_facts() -> None:
    meant: dict[str, str] = {}
    for fact in FAITS:
        for header in (fact.nom, fact.libelle, *fact.entetes, *fact.courts):
            assert meant.setdefault("".join(tokens(header)), fact.nom) == fact.nom, header
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
        ("Code SIREN", "siren"),
        ("SIRET (14 chiffres)", "siret"),
        ("SIREN / SIRET", "identifiant"),
        ("RAISON SOCIALE", "nom"),
        ("raison-sociale", "nom"),
        ("Nom de l'entreprise", "nom"),
        ("Ville / commune", "ville"),
        ("Ville Organisme de Formation", "ville"),
        ("Montant HT (€)", "montant"),
        ("Montant de la sous-traitance HT", "montant"),
        ("Date de signature (JJ/MM/AAAA)", "date"),
        ("Date de signature du contrat", "date"),
        ("Nb d'heures", "heures"),
        ("Chiffre d’affaires", "ca"),
        ("K-BIS", "immatriculation"),
        ("Casier judiciaire (B3)", "probite"),
        ("Attestation de vigilance (URSSAF)", "attestation_vigilance"),
        ("Micro-entrepreneur (oui/non)", "micro"),
        ("Date de fin de validité du certificat", "certificat_fin"),
        ("SIREN porteur", "porteur"),
        ("NDA du donneur d'ordre", "porteur"),
        # « Le » at the end asks for a day.
        ("Contrat signé le", "date"),
        ("Signé le :", "date"),
        ("Contrat signé", "contrat_ecrit"),
        ("CGU EDOF", "accepte_cgu"),
    ],
)
def test_headers_are_known_however_they_are_written(header: str, fact: str) -> None:
    assert fact_of(header) == fact


@pytest.mark.parametrize(
    "header",
    [
        *("Commentaire", "e-mail", "Téléphone", "", "€", "x" * 5000, "Indicateur", "Département"),
        *("Exonéré", "Sirène", "Observations", "random_id", "Total (k€)"),
        *("Nom de la formation", "Date dernière déclaration", "Date d'ajout", "Code interne"),
    ],
)
def test_other_headers_are_no_fact(header: str) -> None:
    assert sense_of(header) is None


@pytest.mark.parametrize(
    ("header", "fact", "limit"),
    [
        ("Jamais déréférencé", "dereference", "jamais"),
        ("Sans sous-traitance en cascade", "cascade", "sans"),
        ("Pas de procédure collective", "procedure_collective", "pas"),
        ("Déclaration non caduque", "declaration_caduque", "non"),
        ("Non micro-entrepreneur", "micro", "non"),
        ("Hors portage salarial", "portage_salarial", "hors"),
        ("Sans casier judiciaire", "probite", "sans"),
        ("Ex-SIRET", "siret", "ex"),
        ("ancienNDA", "nda", "ancien"),
        ("K-bis manquant", "immatriculation", "manquant"),
        ("Contrat de sous-traitance non signé", "contrat_ecrit", "non"),
        ("CGU non acceptées", "accepte_cgu", "non"),
        ("Non référencé", "dereference", "non"),
        ("Unité légale non inactive", "unite_active", "non"),
        ("NDA (client)", "nda", "client"),
        ("Nom du contact", "nom", "contact"),
        ("Ville du bénéficiaire", "ville", "bénéficiaire"),
        ("Numéro Déclaration Activité Précédent", "nda", "précédent"),
        ("Code Postal Organisme Etranger Représenté", "code_postal", "étranger"),
        ("Date de fin attestation URSSAF", "attestation_vigilance", "fin"),
        ("Attestation URSSAF (échéance)", "attestation_vigilance", "échéance"),
        ("CA 2025", "ca", "2025"),
        ("Montant HT estimé", "montant", "estimé"),
        ("n'est pas déréférencé", "dereference", "pas"),
        ("anti-cascade", "cascade", "anti"),
    ],
)
def test_a_word_that_changes_the_sense_keeps_the_fact_away(
    header: str, fact: str, limit: str
) -> None:
    sense = sense_of(header)
    assert sense is not None
    assert (sense.fact, sense.plain, fact_of(header)) == (fact, False, None)
    assert limit in sense.limits


@pytest.mark.parametrize(
    ("header", "fact", "units"),
    [
        ("CA (k€)", "ca", ["k€"]),
        ("CA K EUR", "ca", ["k€"]),
        ("CA M€", "ca", ["M€"]),
        ("Montant HT (k€)", "montant", ["k€"]),
        ("Montant TTC", "montant", ["ttc"]),
        ("Montant HT (€/jour)", "montant", ["jour"]),
        ("CA HT / mois", "ca", ["mois"]),
        ("Durée (jours)", "heures", ["jour"]),
        ("Durée (min)", "heures", ["min"]),
        ("Durée (h)", "heures", []),
        ("CA annuel HT", "ca", ["annuel"]),
    ],
)
def test_the_unit_of_a_header_is_kept(header: str, fact: str, units: list[str]) -> None:
    sense = sense_of(header)
    assert sense is not None
    assert (sense.fact, [unit.word for unit in sense.units]) == (fact, units)
    assert [unit.word for unit in units_of(header, fact)] == units


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("Référencé", "dereference"),
        ("Référencé EDOF", "dereference"),
        ("Unité légale inactive", "unite_active"),
        ("Inactif", "unite_active"),
        ("In bonis", "procedure_collective"),
        ("Dirigeant condamné", "probite"),
    ],
)
def test_the_opposite_of_a_fact_is_known_by_the_table_alone(header: str, fact: str) -> None:
    sense = sense_of(header)
    assert sense is not None
    assert sense.opposite is not None
    assert (sense.fact, fact_of(header)) == (fact, None)


def test_a_header_misspelt_is_known_and_none_is_taken_for_its_opposite() -> None:
    for header, fact in (("Raison socale", "nom"), ("Forme juridque", "forme_juridique")):
        sense = sense_of(header)
        assert sense is not None
        assert (sense.fact, sense.near, fact_of(header)) == (fact, True, None)
    # Not at its ends, where another word begins, nor another word that is known.
    for header in ("Inhabilitation", "Date contact", "CGU à accepter", "Contrat à écrire", "SIRE"):
        sense = sense_of(header)
        assert sense is None or not sense.near, header


_ALTERING = [
    " ".join(words)
    for words, one in qualifiers().items()
    if one.role in (Role.NEGATION, Role.WHOSE, Role.END)
]


@given(
    st.sampled_from([h for fact in FAITS for h in (fact.libelle, *fact.entetes, *fact.courts)]),
    st.sampled_from(_ALTERING),
    st.integers(0, 8),
    st.sampled_from([" ", "-", "_", " ("]),
)
def test_no_word_that_alters_leaves_the_plain_sense(
    header: str, word: str, place: int, mark: str
) -> None:
    """Wherever it stands in a header of the catalogue, unless it is of that header's own words."""
    split = header.split()
    place = min(place, len(split))
    made = " ".join([*split[:place], f"{mark}{word} ".strip(), *split[place:]])
    plain = fact_of(made)
    if plain is None:
        return
    known = next(fact for fact in FAITS if fact.nom == plain)
    own = {w for h in (known.nom, known.libelle, *known.entetes) for w in tokens(h)}
    assert set(tokens(word)) <= own or "".join(tokens(made)) in known_headers(), made


@given(
    st.sampled_from([fact for fact in FAITS if fact.genre == "montant" and fact.nom != "annee_ca"]),
    st.sampled_from([one for one in qualifiers().values() if one.role is Role.UNIT]),
)
def test_no_unit_of_a_header_is_lost(fact: object, unit: object) -> None:
    from pipelines.portage.amounts import measure
    from pipelines.portage.facts import Fait
    from pipelines.portage.qualifiers import Qualifier

    assert isinstance(fact, Fait)
    assert isinstance(unit, Qualifier)
    sense = sense_of(f"{fact.entetes[0] if fact.entetes else fact.libelle} ({unit.word})")
    assert sense is not None
    plain = unit.measure == measure(fact.nom) and unit.factor == 1
    own = set(tokens(unit.word)) <= {w for h in (fact.libelle, *fact.entetes) for w in tokens(h)}
    assert bool(sense.units or sense.limits) is not plain or own, sense


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
