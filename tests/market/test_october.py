"""The list of October 2025, generated whole: its tables agree with the published figures.

What the generator holds exactly comes back exactly; what it draws, within sampling error. The
published figures are read here from their files, and the list with nothing of the project.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest

from pipelines.documents.published import DATE, ROWS, build, page
from pipelines.settings import REFERENCE, ROOT
from pipelines.warehouse.release import open_readonly
from tests.market.oracle import TRAINEES, TRAINERS
from tests.market.partitions import broken
from tests.warehouse.frames import dicts, rows

PAGE = ROOT / "docs" / "chiffres-publies.md"
# Draws are of one seed: four deviations would be passed once in 16,000 cells.
SIGMAS = 4


class October(NamedTuple):
    """The database, and the very list that it was made from."""

    con: duckdb.DuckDBPyConnection
    liste: pl.DataFrame


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    folder = tmp_path_factory.mktemp("octobre")
    base = build(folder)
    [path] = folder.glob("*.csv")
    with open_readonly(base) as con:
        yield October(con, _read(path))


# Columns of the list that figures are counted from, by the name they have on the wire.
_ADDRESS = "adressePhysiqueOrganismeFormation"
_DECLARED = "informationsDeclarees"
_TAUGHT = tuple(f"{_DECLARED}.specialitesDeFormation.codeSpecialite{rank}" for rank in (1, 2, 3))
_FLAGS = {
    "CERTIFIES_ACTION_FORMATION": "certifications.actionsDeFormation",
    "CERTIFIES_BILAN_COMPETENCES": "certifications.bilansDeCompetences",
    "CERTIFIES_VAE": "certifications.VAE",
    "CERTIFIES_APPRENTISSAGE": "certifications.actionsDeFormationParApprentissage",
}


def _read(path: Path) -> pl.DataFrame:
    """The list as text, what is empty being null."""
    frame = pl.read_csv(path, separator=";", infer_schema=False)
    return frame.select(pl.when(pl.all() != "").then(pl.all()))


def published(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def counts(name: str, key: str, value: str = "organismes") -> dict[str, int]:
    """A column of published figures, by the code of what is counted."""
    return {row[key]: int(row[value]) for row in published(name)}


LISTE = counts("calibrage_liste", "cle", "valeur")
REGIONS = counts("calibrage_region", "code_region")


def pairs(october: October, query: str) -> dict[Any, Any]:
    """The rows of a query of two columns."""
    return dict(rows(october.con, query))


# --- Exactly ----------------------------------------------------------------------------------


def test_regions(october: October) -> None:
    query = "select code_region, {0} from marche.par_region where {0} > 0"
    assert pairs(october, query.format("nb_organismes")) == REGIONS
    certified = counts("calibrage_region", "code_region", "certifies_action_formation")
    assert pairs(october, query.format("nb_certifies_action_formation")) == certified


def test_the_nation(october: October) -> None:
    [found] = dicts(october.con, "from marche.synthese")
    assert found["date_instantane"] == DATE
    assert found["nb_organismes"] == LISTE["organismes"] == ROWS == 154_107
    assert found["nb_certifies"] == LISTE["certification_renseignee"] == 45_061
    assert found["nb_certifies_action_formation"] == 43_834
    assert round(100 * 43_834 / 154_107, 1) == 28.4
    assert found["nb_avec_adresse"] == LISTE["adresse"] == 79_587
    assert found["nb_certification_inconnue"] == found["nb_activite_inconnue"] == 0
    assert found["nb_dormants"] == 81_337


def test_classes_of_trainers(october: October) -> None:
    classes = counts("calibrage_classe_formateurs", "classe")
    assert classes.keys() == TRAINERS.keys()
    found = pairs(october, "select classe_formateurs, nb_organismes from marche.par_taille")
    assert found == classes
    # As they were first published: what has 21 trainers and more is one class.
    assert list(classes.values())[:5] == [46_699, 67_973, 7_976, 17_497, 5_366]
    assert sum(list(classes.values())[5:]) == 8_596


def test_trainers_one_by_one(october: October) -> None:
    exact = counts("calibrage_formateurs", "effectif")
    beyond = exact.pop("101+")
    query = (
        "select effectif_formateurs::varchar, count(*) from socle.activite where {} group by all"
    )
    assert pairs(october, query.format("effectif_formateurs <= 100")) == exact
    assert sum(pairs(october, query.format("effectif_formateurs > 100")).values()) == beyond


def test_classes_of_trainees(october: October) -> None:
    classes = counts("calibrage_stagiaires", "classe")
    assert classes.keys() == TRAINEES.keys()
    found = pairs(october, "select classe_stagiaires, nb_organismes from marche.par_volume")
    assert found == classes
    # Sums come from a curve of the right mean: within one per cent.
    sums = pairs(october, "select classe_stagiaires, nb_stagiaires from marche.par_volume")
    known = counts("calibrage_stagiaires", "classe", "stagiaires")
    assert sums == pytest.approx(known, rel=0.01)
    [(whole,)] = rows(october.con, "select nb_stagiaires from marche.synthese")
    assert whole == sum(sums.values()) == pytest.approx(35_657_337, rel=0.01)


def test_numbers_of_specialities(october: October) -> None:
    [with_one, with_two, with_three] = (LISTE[f"specialites_{n}"] for n in (1, 2, 3))
    totals = "sum(nb_seule), sum(nb_avec_2), sum(nb_avec_3), sum(nb_premiere)"
    # Each organisation counts in each of its specialities.
    found = rows(october.con, f"select {totals} from marche.par_specialite where code_nsf <> ''")
    assert found == [(with_one, 2 * with_two, 3 * with_three, with_one + with_two + with_three)]
    without = "select nb_organismes from marche.par_specialite where code_nsf is null"
    assert rows(october.con, without) == [(LISTE["specialites_0"],)]


def test_years_of_declaration(october: October) -> None:
    query = (
        "select greatest(annee, 2022), sum(nb_organismes)::bigint "
        "from marche.anciennete_declaration group by all"
    )
    years = {2025 - back: LISTE[f"declares_annee_{back}"] for back in range(4)}
    assert pairs(october, query) == years


def test_every_organisation_is_counted_once(october: October) -> None:
    assert broken(october.con) == []


# --- Within sampling error --------------------------------------------------------------------


def deviations(found: float, draws: float, chance: float) -> float:
    """How far a binomial count is from what is expected, in its own deviations."""
    return (found - draws * chance) / sqrt(draws * chance * (1 - chance))


def test_first_specialities(october: October) -> None:
    weights = counts("calibrage_nsf", "code_nsf")
    query = "select code_nsf, nb_premiere from marche.par_specialite where code_nsf <> ''"
    found = pairs(october, query)
    assert found.keys() == weights.keys()
    draws, whole = sum(found.values()), sum(weights.values())
    assert draws == whole == ROWS - LISTE["specialites_0"]
    far = {code: deviations(found[code], draws, w / whole) for code, w in weights.items()}
    assert {code: gap for code, gap in far.items() if abs(gap) > SIGMAS} == {}
    # As spread as draws are, neither too far from what is published nor too near.
    assert sum(gap * gap for gap in far.values()) / len(far) == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize(
    ("categorie", "cle"),
    [
        ("BILAN_COMPETENCES", "bilan_2024"),
        ("VAE", "vae_2024"),
        ("APPRENTISSAGE", "apprentissage_2024"),
    ],
)
def test_categories(october: October, categorie: str, cle: str) -> None:
    """As frequent among the certified as they were in October 2024."""
    found = pairs(october, "select categorie, nb_organismes from marche.par_categorie")
    certified = LISTE["certification_renseignee"]
    chance = LISTE[cle] / LISTE["certifies_2024"]
    assert abs(deviations(found[categorie], certified, chance)) < SIGMAS


def test_departments(october: October) -> None:
    """Organisations of a region are spread as its published addresses are."""
    region_of = {row["code_departement"]: row["code_region"] for row in published("departement")}
    weights = counts("calibrage_departement", "code_departement", "organismes_avec_adresse")
    query = "select code_departement, {} from marche.par_departement"
    found = pairs(october, query.format("nb_organismes"))
    # An organisation of Corsica without address has no département, nor has any of region 905.
    addressed = pairs(october, query.format("nb_avec_adresse"))
    corsica = ("2A", "2B")
    drawn = REGIONS | {"94": sum(addressed[code] for code in corsica)}
    for code, weight in weights.items():
        region = region_of[code]
        whole = sum(w for other, w in weights.items() if region_of[other] == region)
        if weight == whole:  # alone in its region
            assert found[code] == drawn[region]
        else:
            assert abs(deviations(found[code], drawn[region], weight / whole)) < SIGMAS, code
    located = sum(found[code] for code in corsica)
    assert located == drawn["94"]
    assert found[None] == REGIONS["905"] + REGIONS["94"] - located


def test_mean_of_trainees_by_class_of_trainers(october: October) -> None:
    """The generator was tuned to these means; its draws blur them by some per cent."""
    published_means = counts("calibrage_classe_formateurs", "classe", "stagiaires_moyens")
    means = pairs(october, "select classe_formateurs, moyenne_stagiaires from marche.par_taille")
    deviation = pairs(
        october,
        "select classe_formateurs, stddev_samp(nb_stagiaires) / sqrt(count(*)) "
        "from socle.activite group by classe_formateurs",
    )
    assert means.keys() == published_means.keys()
    for name, mean in published_means.items():
        assert abs(means[name] - mean) < SIGMAS * deviation[name], name
        assert means[name] == pytest.approx(mean, rel=0.05), name


# --- marche.chiffre_publie and its page -------------------------------------------------------


def recounted(liste: pl.DataFrame) -> dict[tuple[str, str | None], float]:
    """Every figure that is compared, from the list itself."""
    certified = liste.filter(pl.any_horizontal(pl.col(*_FLAGS.values()) == "true"))
    trainees = [int(value) for value in liste[f"{_DECLARED}.nbStagiaires"]]
    trainers = [int(value) for value in liste[f"{_DECLARED}.effectifFormateurs"]]
    flagged = {m: liste.filter(pl.col(c) == "true") for m, c in _FLAGS.items()}
    taught = liste.select(pl.sum_horizontal(pl.col(*_TAUGHT).is_not_null()))
    region = f"{_ADDRESS}.codeRegion"
    grouped: dict[str, Counter[str]] = {
        "REGION_ORGANISMES": Counter(liste[region]),
        "REGION_CERTIFIES_ACTION_FORMATION": Counter(flagged["CERTIFIES_ACTION_FORMATION"][region]),
        "SPECIALITE_PREMIERE": Counter(liste[_TAUGHT[0]]),
        "NB_SPECIALITES": Counter(map(str, taught.to_series())),
        "TAILLE_ORGANISMES": Counter(_class_of(n, TRAINERS) for n in trainers),
        "VOLUME_ORGANISMES": Counter(_class_of(n, TRAINEES) for n in trainees),
    }
    sums: Counter[tuple[str, str | None]] = Counter()
    for own, staff in zip(trainees, trainers, strict=True):
        sums["VOLUME_STAGIAIRES", _class_of(own, TRAINEES)] += own
        sums["TAILLE_STAGIAIRES", _class_of(staff, TRAINERS)] += own
    means: dict[tuple[str, str | None], float] = {
        ("TAILLE_STAGIAIRES_MOYENS", name): sums["TAILLE_STAGIAIRES", name] / count
        for name, count in grouped["TAILLE_ORGANISMES"].items()
    }
    return {
        ("ORGANISMES", None): liste.height,
        ("CERTIFIES", None): certified.height,
        ("ENTITES_CERTIFIEES", None): certified["siren"].n_unique(),
        ("STAGIAIRES", None): sum(trainees),
        ("AVEC_ADRESSE", None): liste[f"{_ADDRESS}.codePostal"].count(),
        **{(measure, None): own.height for measure, own in flagged.items()},
        **{(m, code): n for m, by in grouped.items() for code, n in by.items()},
        **sums,
        **means,
    }


def _class_of(value: int, classes: dict[str, tuple[int, int | None]]) -> str:
    lows = [low for low, _ in classes.values()]
    return list(classes)[bisect_right(lows, value) - 1]


def test_computed_figures_are_those_of_the_list(october: October) -> None:
    figures = dicts(october.con, "from marche.chiffre_publie")
    expected = recounted(october.liste)
    for row in figures:
        computed = expected.get((row["mesure"], row["code"]), 0)
        key = f"{row['date_publiee']} {row['mesure']} {row['code']}"
        assert row["valeur_calculee"] == pytest.approx(computed, abs=0.005), key
        gap = row["valeur_calculee"] - row["valeur_publiee"]
        assert row["ecart"] == pytest.approx(gap, abs=0.005), key
        if row["valeur_publiee"]:
            share = 100 * gap / row["valeur_publiee"]
            assert row["ecart_pct"] == pytest.approx(share, abs=0.005001), key
        else:
            assert row["ecart_pct"] is None, key
        assert row["date_instantane"] == DATE


def test_published_figures_are_those_of_their_files(october: October) -> None:
    """Each published figure is there once; none that was only supposed."""
    found = {
        (row["date_publiee"], row["mesure"], row["code"]): row["valeur_publiee"]
        for row in dicts(october.con, "from marche.chiffre_publie")
    }
    october_2025 = dt.date(2025, 10, 1)
    expected: dict[tuple[dt.date, str, str | None], float] = {
        (dt.date.fromisoformat(row["date_publiee"]), row["mesure"], None): float(row["valeur"])
        for row in published("chiffre_publie")
    }
    for name, key, measures in (
        (
            "calibrage_region",
            "code_region",
            {
                "REGION_ORGANISMES": "organismes",
                "REGION_CERTIFIES_ACTION_FORMATION": "certifies_action_formation",
            },
        ),
        (
            "calibrage_classe_formateurs",
            "classe",
            {"TAILLE_ORGANISMES": "organismes", "TAILLE_STAGIAIRES_MOYENS": "stagiaires_moyens"},
        ),
        (
            "calibrage_stagiaires",
            "classe",
            {"VOLUME_ORGANISMES": "organismes", "VOLUME_STAGIAIRES": "stagiaires"},
        ),
        ("calibrage_nsf", "code_nsf", {"SPECIALITE_PREMIERE": "organismes"}),
    ):
        for row in published(name):
            if "supposée" in row["source"]:
                continue
            for measure, value in measures.items():
                expected[october_2025, measure, row[key]] = float(row[value])
    for number in range(4):
        expected[dt.date(2025, 10, 1), "NB_SPECIALITES", str(number)] = LISTE[
            f"specialites_{number}"
        ]
    assert found == expected


def test_the_page_is_what_the_tables_give(october: October) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(october.con), "run « make docs »"


def test_the_page_says_what_it_compares(october: October) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "fictive" in text
    assert "154\u202f107 organismes" in text
    # Rows of its tables, their headings aside.
    lines = re.findall(r"^\| .+ \|$(?!\n\|---)", text, re.MULTILINE)
    figures = rows(october.con, "select count(*) from marche.chiffre_publie")[0][0]
    definitions = rows(october.con, "select count(*) from marche.micro_structures")[0][0]
    assert len(lines) == figures + definitions
