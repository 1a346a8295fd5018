"""What people write under a fact, understood alike wherever it is written."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.french import date_longue, nombre
from pipelines.portage.amounts import read_figure
from pipelines.portage.dates import Unread, read_date
from pipelines.portage.facts import FAITS, PAR_NOM, Genre
from pipelines.portage.words import is_nothing, key, lists, nothing_sql
from pipelines.portage.written import BETWEEN, NAMED, understand, writings
from pipelines.settings import REFERENCE

DAY = dt.date(2026, 11, 1)


@pytest.mark.parametrize(
    "text",
    [
        *("01-nov-26", "1er novembre 2026", "01 nov. 2026", "1 nov 2026", "01 / 11 / 2026"),
        *("20261101", "01112026", "2026-11-01", "2026/11/01", "01.11.26", "1/11/26", "1-11-2026"),
        *("01/11/2026 10:30", "2026-11-01T00:00:00Z", "2026-11-01 00:00:00+00", "1 NOVEMBRE 2026"),
        *("reçue le 01/11/2026", "oui (01/11/2026)", "dimanche 1er novembre 2026", "du 01/11/2026"),
        *("Émise le 1er nov. 2026", "01/11/2026 OK", "le 01/11/2026 à 10h30", "1er-nov.-2026"),
    ],
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert read_date(text) == DAY


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nov. 2026", "manque le jour"),
        ("novembre 2026", "manque le jour"),
        ("nov-26", "manque le jour"),
        ("11/2026", "manque le jour"),
        ("2026-11", "manque le jour"),
        ("1er novembre", "manque l'année"),
        ("01/11", "manque l'année"),
        ("46327", "c'est un nombre"),
        ("46327.5", "c'est un nombre"),
        ("31/02/2026", "n'existe pas"),
        ("11/13/2026", "n'existe pas"),
        ("valable du 01/11/2026 au 30/04/2027", "plusieurs dates"),
        ("01/11/2026 ou 02/11/2026", "plusieurs dates"),
        ("jusqu'au 01/11/2026", "donnez une date"),
        ("expire le 01/11/2026", "donnez une date"),
        ("pas reçue le 01/11/2026", "donnez une date"),
        ("avant le 01/11/2026", "donnez une date"),
        ("12 jui 2026", "donnez une date"),
        ("demain", "donnez une date"),
        ("2026", "donnez une date"),
        ("oui", "donnez une date"),
    ],
)
def test_a_date_that_lacks_something_is_no_date(text: str, why: str) -> None:
    with pytest.raises(Unread, match=why):
        read_date(text)


@given(st.dates(dt.date(1990, 1, 1), dt.date(2060, 12, 31)))
def test_dates_are_read_as_this_program_writes_them(day: dt.date) -> None:
    for text in (date_longue(day), day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}"):
        assert read_date(text) == day


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [
        *(("montant", text, "1600") for text in ("1600 EUR", "EUR 1 600,00", "1600,-", "1,6 k€")),
        *(
            ("montant", text, "1600")
            for text in ("1 600,00 € H.T.", "1600.00", "€1,600.00", "1'600")
        ),
        *(
            ("montant", text, "1600")
            for text in ("1\u202f600 €", "1600 euros ht", "1.600,00", "1,6k")
        ),
        ("montant", "12 000 (HT)", "12000"),
        ("montant", "85k", "85000"),
        ("montant", "85 K EUR", "85000"),
        ("montant", "0,05 M€", "50000"),
        ("montant", "1.042.000,50", "1042000.5"),
        ("ca", "42 000 € / an", "42000"),
        ("ca", "95 k€ HT", "95000"),
        ("heures", "35h00", "35"),
        ("heures", "7h30", "7.5"),
        ("heures", "35:00:00", "35"),
        ("heures", "90 min", "1.5"),
        ("heures", "24 heures", "24"),
        ("part_sous_traitee", "85 %", "85"),
        ("part_sous_traitee", "0,85 %", "0.85"),
        ("part_sous_traitee", "0", "0"),
        ("annee_ca", "2025", "2025"),
        ("annee_ca", "année 2025", "2025"),
    ],
)
def test_a_figure_is_read_in_its_unit(fact: str, text: str, value: str) -> None:
    assert read_figure(fact, text) == Decimal(value)


@pytest.mark.parametrize(
    ("fact", "text", "why"),
    [
        ("montant", "1500 TTC", "ttc"),
        ("montant", "350 / jour", "jour"),
        ("montant", "350 €/h", "h"),
        ("montant", "3000 par personne", "personne"),
        ("montant", "1500 $", r"\$"),
        ("montant", "30 %", "%"),
        ("ca", "95 € k€", "deux unités"),
        ("ca", "95 K EUR k€", "deux unités"),
        ("montant", "1 600 € net", "net"),
        ("montant", "hors 1500", "hors"),
        ("montant", "1500 environ", "environ"),
        ("montant", "1500 à 2000", "plusieurs nombres"),
        ("montant", "2 x 1500", "plusieurs nombres"),
        ("montant", "1e3", "plusieurs nombres"),
        ("montant", "12 34", "donnez un montant"),
        ("montant", "4,999", "deux lectures"),
        ("montant", "4.999", "deux lectures"),
        ("montant", "-500", "positif"),
        ("montant", "(500)", "positif"),
        ("montant", "\u2212500", "positif"),
        ("montant", "500-", "positif"),
        ("montant", "0", "supérieur à zéro"),
        ("montant", "9" * 15, "invraisemblable"),
        ("ca", "95 k€ / mois", "mois"),
        ("heures", "5 jours", "jour"),
        ("heures", "10 demi-journées", "demi journée"),
        ("heures", "3 séances", "séance"),
        ("heures", "35 €", "€"),
        ("part_sous_traitee", "0.85", "0,85 % ou 85 %"),
        ("part_sous_traitee", "1", "1 % ou 100 %"),
        ("part_sous_traitee", "120", "de 0 à 100"),
        ("annee_ca", "25", "donnez une année"),
        ("annee_ca", "N-1", "donnez une année"),
    ],
)
def test_a_figure_in_another_unit_is_no_figure(fact: str, text: str, why: str) -> None:
    with pytest.raises(Unread, match=why):
        read_figure(fact, text)


@given(st.decimals("0.01", "99999999", places=2))
def test_amounts_are_read_as_this_program_writes_them(amount: Decimal) -> None:
    for text in (f"{amount} EUR", f"{nombre(amount, 2)} €", f"{amount:.2f}".replace(".", ",")):
        assert read_figure("montant", text) == amount


@pytest.mark.parametrize(
    ("fact", "text", "value"),
    [
        ("probite", "vierge", "oui"),
        ("probite", "Néant", "oui"),
        ("probite", "non vierge", "non"),
        ("titres", "✓", "oui"),
        ("titres", "☑", "oui"),
        ("titres", "Reçu", "oui"),
        ("titres", "OK", "oui"),
        ("titres", "✗", "non"),
        ("contrat_ecrit", "signé", "oui"),
        ("regularite", "à jour", "oui"),
        ("regularite", "pas à jour", "non"),
        ("procedure_collective", "en cours", "oui"),
        ("procedure_collective", "Liquidation judiciaire", "oui"),
        ("unite_active", "Cessée", "non"),
        ("unite_active", "A", "oui"),
        ("micro", "Auto-entrepreneur", "oui"),
        ("forme_juridique", "asso loi 1901", "ASSOCIATION"),
        ("forme_juridique", "5720", "SASU"),
        ("financement", "CPF + OPCO", "CPF+OPCO"),
        ("certificat", "bilan et VAE", "BILAN_COMPETENCES+VAE"),
    ],
)
def test_ordinary_words_are_understood(fact: str, text: str, value: str) -> None:
    assert understand(fact, text).value == value


def test_a_certificate_said_without_its_categories_is_said() -> None:
    found = understand("certificat", "oui")
    assert (found.value, found.fault, found.said) == (None, None, True)
    assert understand("certificat", "non").nothing


MARKS = (
    "-",
    "--",
    "/",
    "?",
    ".",
    "…",
    "NC",
    "n.c.",
    "N/A",
    "n/a",
    "#N/A",
    "#REF!",
    "RAS",
    "R.A.S.",
)
WORDS = ("Néant", "aucun", "inconnu", "Non renseigné", "à définir", "sans objet", "null", "xx")


@pytest.mark.parametrize("text", [*MARKS, *WORDS])
def test_marks_of_nothing_are_nothing_under_every_fact(text: str) -> None:
    for fact in FAITS:
        meant = lists().get(fact.nom, {}).get(key(text))
        if meant is None:
            assert is_nothing(fact, text), fact.nom
            assert understand(fact.nom, text).nothing


def test_nothing_is_the_same_in_sql() -> None:
    import duckdb

    texts = [
        *MARKS,
        *WORDS,
        "✓",
        "☑",
        "✗",
        "oui",
        "0",
        "vierge",
        "à jour",
        "12",
        "é",
        "en cours",
        "+",
        "👍",
        "☐",
        "- -",
    ]
    with duckdb.connect() as con:
        for fact in FAITS:
            rows = con.execute(
                f"select t, {nothing_sql(fact.nom, 't')} from (select unnest($1::varchar[]) as t)",
                [texts],
            ).fetchall()
            assert dict(rows) == {text: is_nothing(fact, text) for text in texts}, fact.nom


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("titres", "oui ?"),
        ("titres", "✗ reçu"),
        ("titres", "✓ ✗"),
        ("titres", "-1"),
        ("certificat", "✘ oui"),
        ("procedure_collective", "👍"),
        ("procedure_collective", "+"),
        ("attestation_vigilance", "✅"),
        ("titres", "oui/non"),
        ("titres", "oui, périmé"),
        ("dereference", "en cours"),
        ("dereference", "peut-être"),
        ("financement", "CPF ?"),
        ("forme_juridique", "société"[:4]),
        ("attestation_vigilance", "oui"),
        ("attestation_vigilance", "01/11/1926"),
    ],
)
def test_a_doubt_is_a_question_that_names_the_fact(fact: str, text: str) -> None:
    found = understand(fact, text)
    assert found.value is None
    assert found.fault is not None
    assert found.fault.startswith(f"« {PAR_NOM[fact].libelle} » ne se lit pas (« {text} ») : ")


def test_columns_that_agree_are_one_and_others_a_question() -> None:
    def told(*cells: str) -> str:
        return BETWEEN.join(f"Colonne {n}{NAMED}{cell}" for n, cell in enumerate(cells, 1))

    assert understand("montant", told("1500", "1 500,00 €")).value == "1500.0000"
    assert understand("date", told("01/11/2026", "1er nov. 2026")).value == "2026-11-01"
    assert understand("montant", told("-", "7000")).value == "7000.0000"
    assert understand("montant", told("-", "NC")).nothing
    fault = understand("montant", told("350", "7000")).fault
    assert fault is not None
    assert "« Colonne 1 » et « Colonne 2 » ne disent pas la même chose" in fault
    assert "« 350 » et « 7000 »" in fault
    # One of them that is not read is no agreement.
    assert understand("montant", told("350", "beaucoup")).fault is not None


def test_words_are_of_lists_that_exist_and_mean_what_their_fact_can() -> None:
    kinds = {"rien", "booleen", "piece", "date"}
    for name, words in lists().items():
        assert name in kinds or name in PAR_NOM, name
        values = set(words.values())
        if name in PAR_NOM and PAR_NOM[name].genre is Genre.BOOLEEN:
            assert values <= {"oui", "non", "rien"}, name


def test_writings_are_those_that_the_release_publishes() -> None:
    with (REFERENCE / "portage_ecriture.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert writings(row["liste"])[row["ecriture"]] == row["valeur"]
