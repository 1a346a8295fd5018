"""Dated thresholds: each has one value on every day of the year."""

from __future__ import annotations

import csv
import datetime as dt
import re

import pytest

from pipelines.quality.thresholds import threshold
from pipelines.settings import REFERENCE, ROOT

NAMES = {
    "plancher_lignes",
    "part_lignes_min",
    "baisse_remplissage_max",
    "ecart_part_certifiee_max",
    "part_categorie_min",
}
CAMPAIGN = (dt.date(2026, 5, 15), dt.date(2026, 7, 31))


def lines() -> list[dict[str, str]]:
    with (REFERENCE / "seuil_comparaison.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def days(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + dt.timedelta(n) for n in range((dt.date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", [2026, 2028])
def test_every_day_has_exactly_one_value_of_each_threshold(year: int) -> None:
    assert {row["seuil"] for row in lines()} == NAMES
    for day in days(year):
        in_force = [row["seuil"] for row in lines() if row["du"] <= f"{day:%m-%d}" <= row["au"]]
        assert sorted(in_force) == sorted(NAMES), day


def test_periods_are_days_of_the_year_and_say_why() -> None:
    for row in lines():
        assert list(row) == ["seuil", "du", "au", "valeur", "motif"]
        for bound in (row["du"], row["au"]):
            assert re.fullmatch(r"\d\d-\d\d", bound)
            dt.datetime.strptime(f"2028-{bound}", "%Y-%m-%d")
        assert row["du"] <= row["au"]
        assert row["motif"].endswith(".")
        value = float(row["valeur"])
        assert value >= 1_000 if row["seuil"] == "plancher_lignes" else 0 < value < 1


@pytest.mark.parametrize(
    ("name", "usual", "campaign"),
    [
        ("plancher_lignes", 120_000, 60_000),
        ("part_lignes_min", 0.98, 0.60),
        ("baisse_remplissage_max", 0.05, 0.05),
        ("ecart_part_certifiee_max", 0.05, 0.20),
        ("part_categorie_min", 0.90, 0.50),
    ],
)
def test_thresholds_are_other_from_15_may_to_31_july(
    name: str, usual: float, campaign: float
) -> None:
    first, last = CAMPAIGN
    for day in days(2028):
        inside = first.replace(year=2028) <= day <= last.replace(year=2028)
        assert threshold(name, day) == (campaign if inside else usual), day


def test_the_29th_of_february_is_a_day() -> None:
    assert threshold("part_lignes_min", dt.date(2028, 2, 29)) == 0.98


def test_an_unknown_threshold_is_an_error() -> None:
    with pytest.raises(KeyError, match="inconnu 01-02"):
        threshold("inconnu", dt.date(2026, 1, 2))


def test_every_threshold_that_the_code_asks_for_exists() -> None:
    asked = {
        name
        for path in (ROOT / "pipelines" / "quality").glob("*.py")
        for name in re.findall(r'threshold\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert asked == NAMES
