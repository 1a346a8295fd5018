"""Departments from postcodes, and the reference tables that hold the codes."""

from __future__ import annotations

import csv

import polars as pl
import pytest

from pipelines.registers.places import places, postcode_department, region_of
from pipelines.settings import REFERENCE


def department(postcode: str | None, region: str | None) -> str | None:
    frame = pl.DataFrame(
        {"cp": [postcode], "region": [region]}, schema={"cp": pl.String, "region": pl.String}
    )
    found = frame.select(postcode_department(pl.col("cp"), pl.col("region"))).item()
    assert found is None or isinstance(found, str)
    return found


def table(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("postcode", "region", "found"),
    [
        ("75011", "11", "75"),
        ("01000", "84", "01"),
        ("06200", "93", "06"),
        # Corsica
        ("20000", "94", "2A"),
        ("20190", "94", "2A"),
        ("20200", "94", "2B"),
        ("20600", "94", "2B"),
        # Overseas
        ("97110", "01", "971"),
        ("97200", "02", "972"),
        ("97300", "03", "973"),
        ("97400", "04", "974"),
        ("97600", "06", "976"),
        ("97500", "975", "975"),
        ("98714", "987", "987"),
        ("98800", "988", "988"),
        # Two islands with postcodes of Guadeloupe's shape, and theirs only
        ("97133", "01", "977"),
        ("97133", "977", "977"),
        ("97150", "978", "978"),
        # Postcodes that serve two departments: the stated region tells.
        ("05110", "93", "05"),
        ("13780", "93", "13"),
        ("01410", "27", "39"),
        ("01410", "84", "01"),
        ("01410", None, "01"),
        ("01410", "11", "01"),
        ("48250", "84", "07"),
        ("48250", "76", "48"),
        ("94390", "11", "91"),
        # Of no department
        ("98000", "93", None),
        ("99123", "11", None),
        ("96000", "11", None),
        ("00100", "11", None),
        (None, "11", None),
    ],
)
def test_the_department_of_a_postcode(
    postcode: str | None, region: str | None, found: str | None
) -> None:
    assert department(postcode, region) == found


def test_the_region_of_a_department() -> None:
    codes = ["75", "2A", "976", "20", "999", None]
    frame = pl.DataFrame({"code": pl.Series(codes, dtype=pl.String)})
    found = frame.select(region_of(pl.col("code"))).to_series().to_list()
    assert found == ["11", "94", "06", None, None, None]


def test_the_codes_of_the_year() -> None:
    assert len(places().regions) == 24
    assert "905" not in places().regions
    assert len(places().region_of) == 107
    assert set(places().region_of.values()) == places().regions


def test_prefixes_tell_regions_and_overseas_departments() -> None:
    regions = places().regions | {"905"}
    rows = table("prefixe_nda")
    assert {row["code_region"] for row in rows} <= regions
    for row in rows:
        if row["code_departement"]:
            assert places().region_of[row["code_departement"]] == row["code_region"]
    assert len({row["prefixe"] for row in rows}) == len(rows) == len(places().prefixes)
    # Each region of metropolitan France and each overseas department has a present prefix.
    present = {row["code_region"] for row in rows if row["periode"] == "actuel"}
    assert present >= {region for region in places().regions if len(region) == 2}


@pytest.mark.parametrize("row", table("code_postal_exception"), ids=lambda r: r["code_postal"])
def test_an_exception_names_another_department(row: dict[str, str]) -> None:
    assert row["code_departement"] in places().region_of
    assert row["exclusif"] in {"true", "false"}
    assert row["code_departement"] != row["code_postal"][:2]


@pytest.mark.parametrize("name", ["region", "departement", "prefixe_nda", "code_postal_exception"])
def test_reference_tables_are_rectangular_and_without_repeats(name: str) -> None:
    lines = [tuple(row.values()) for row in table(name)]
    assert all(None not in line and isinstance(line[-1], str) for line in lines)
    assert len({line[0] for line in lines}) == len(lines)


def test_populations_are_those_of_the_year() -> None:
    """About 69 million, each commune once (Paris, Lyon and Marseille are not counted twice)."""
    population = {row["code_departement"]: int(row["population"]) for row in table("departement")}
    assert 68_000_000 < sum(population.values()) < 70_500_000
    assert 2_000_000 < population["75"] < 2_300_000
    assert 1_800_000 < population["69"] < 2_000_000
    assert all(row["source"] for row in table("departement"))
