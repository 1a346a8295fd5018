"""The whole list of October 2025, generated once: its margins, and that nothing is odd in it."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from stdnum.fr import siren as siren_rule
from stdnum.fr import siret as siret_rule

from pipelines.registers.generator import generate
from tests.registers.generator.lists import Row, read, reference

DATE = dt.date(2025, 10, 15)
TOTAL = 154_107
# Published: organisations of the region, those certified for training actions.
REGIONS = {
    "01": (1189, 390),
    "02": (828, 290),
    "03": (548, 151),
    "04": (2634, 680),
    "06": (164, 82),
    "11": (40164, 12580),
    "24": (4086, 1063),
    "27": (4417, 1223),
    "28": (5146, 1354),
    "32": (7964, 2316),
    "44": (8386, 2506),
    "52": (8245, 2221),
    "53": (5615, 1618),
    "75": (13273, 3437),
    "76": (16157, 4119),
    "84": (21319, 5754),
    "93": (13560, 3873),
    "94": (405, 176),
    "905": (7, 1),
}
# Published: last value of the class, organisations, mean of trainees.
TRAINERS = [
    (0, 46699, 30),
    (1, 67973, 36),
    (2, 7976, 117),
    (10, 17497, 238),
    (20, 5366, 573),
    (50, 4477, 1083),
    (100, 1896, 2127),
    (5_000, 2223, 6646),
]
# Published: last value of the class, organisations, sum of trainees.
TRAINEES = [
    (0, 81337, 0),
    (10, 16833, 69457),
    (50, 19029, 506205),
    (100, 9490, 691662),
    (200, 9055, 1308823),
    (500, 9069, 2866464),
    (1000, 4142, 2897468),
    (2000, 2471, 3464722),
    (10**7, 2681, 23852536),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("liste") / "of.csv"
    generate(path, TOTAL, 42, DATE)
    return path


@pytest.fixture(scope="module")
def rows(path: Path) -> list[Row]:
    return read(path)


def classes(
    rows: list[Row], bounds: list[tuple[int, int, int]], value: Callable[[Row], int]
) -> list[list[Row]]:
    found: list[list[Row]] = [[] for _ in bounds]
    for row in rows:
        place = next(i for i, (last, _, _) in enumerate(bounds) if value(row) <= last)
        found[place].append(row)
    return found


def trainers(row: Row) -> int:
    return int(row.formateurs)


def trainees(row: Row) -> int:
    return int(row.stagiaires)


def day(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d/%m/%Y").date()


def test_weighs_what_the_real_list_weighs(path: Path, rows: list[Row]) -> None:
    assert len(rows) == TOTAL
    assert 34e6 < path.stat().st_size < 40e6


def test_regions_are_exact(rows: list[Row]) -> None:
    assert Counter(row.region for row in rows) == {k: total for k, (total, _) in REGIONS.items()}


def test_certified_are_exact_by_region(rows: list[Row]) -> None:
    certified = Counter(row.region for row in rows if row.action == "true")
    assert certified == {code: count for code, (_, count) in REGIONS.items()}


def test_flags_are_all_there_or_all_blank(rows: list[Row]) -> None:
    filled = [row for row in rows if any(row.flags)]
    assert len(filled) == 45_061
    assert all(flag in ("true", "false") for row in filled for flag in row.flags)
    assert all("true" in row.flags for row in filled)


def test_other_categories_are_as_frequent_as_published(rows: list[Row]) -> None:
    for name, published in (("bilan", 4284), ("vae", 2580), ("apprentissage", 3860)):
        count = sum(getattr(row, name) == "true" for row in rows)
        assert count == pytest.approx(published / 43_828 * 45_061, rel=0.06), name


def test_trainers_are_exact(rows: list[Row]) -> None:
    found = classes(rows, TRAINERS, trainers)
    assert [len(inside) for inside in found] == [count for _, count, _ in TRAINERS]
    exact = Counter(map(trainers, rows))
    assert [exact[n] for n in (3, 10, 17, 50, 99, 100)] == [4622, 984, 459, 75, 26, 31]
    in_order = sorted(map(trainers, rows))
    assert in_order[TOTAL // 2] == 1
    assert in_order[int(TOTAL * 0.99)] == pytest.approx(134, abs=5)
    assert 1_000 < in_order[-1] <= 5_000


def test_trainees_are_exact(rows: list[Row]) -> None:
    found = classes(rows, TRAINEES, trainees)
    assert [len(inside) for inside in found] == [count for _, count, _ in TRAINEES]
    for inside, (last, _, total) in zip(found, TRAINEES, strict=True):
        assert sum(map(trainees, inside)) == pytest.approx(total, rel=0.05), last


def test_trainees_go_with_trainers(rows: list[Row]) -> None:
    for inside, (last, _, mean) in zip(classes(rows, TRAINERS, trainers), TRAINERS, strict=True):
        assert sum(map(trainees, inside)) / len(inside) == pytest.approx(mean, rel=0.15), last


def test_the_active_are_certified_more_often(rows: list[Row]) -> None:
    small = [row for row in rows if 3 <= trainers(row) <= 10]
    assert sum(row.action != "" for row in small) / len(small) == pytest.approx(0.70, abs=0.03)


def test_entrusted_trainees_are_no_part_of_trainees(rows: list[Row]) -> None:
    entrusted = [row for row in rows if row.confies != "0"]
    assert 0.03 < len(entrusted) / TOTAL < 0.15
    assert all(row.stagiaires != "0" for row in entrusted)
    assert any(int(row.confies) > trainees(row) for row in entrusted)


def test_specialities_are_as_published(rows: list[Row]) -> None:
    counts = Counter(bool(r.code_1) + bool(r.code_2) + bool(r.code_3) for r in rows)
    assert counts == {0: 9201, 1: 115128, 2: 17136, 3: 12642}
    first = Counter(row.libelle_1 for row in rows)
    for label, published in (
        ("Enseignement, formation", 10897),
        ("Formations générales", 9200),
        ("Autres...", 9137),
        ("Santé", 6923),
    ):
        assert first[label] == pytest.approx(published, rel=0.05), label
    for row in rows:
        codes = [code for code in (row.code_1, row.code_2, row.code_3) if code]
        labels = [label for label in (row.libelle_1, row.libelle_2, row.libelle_3) if label]
        assert len(set(codes)) == len(codes) == len(labels)
        assert all(re.fullmatch(r"\d{3}", code) for code in codes)


def test_half_of_the_rows_have_a_whole_address(rows: list[Row]) -> None:
    assert sum(all(row.address) for row in rows) == 79_587
    assert sum(any(row.address) for row in rows) == 79_587


def test_postcodes_are_in_the_region(rows: list[Row]) -> None:
    region_of = reference("departement", "code_departement", "code_region")
    region_of["20"] = "94"
    crossed = reference("code_postal_exception", "code_postal", "exclusif")
    departments: Counter[str] = Counter()
    for row in rows:
        if row.code_postal:
            assert re.fullmatch(r"\d{5}", row.code_postal)
            assert row.code_postal not in crossed
            code = row.code_postal[: 3 if row.code_postal.startswith("97") else 2]
            assert region_of[code] == row.region
            departments[code] += 1
    assert departments["75"] == pytest.approx(7578, rel=0.15)
    assert departments["974"] == pytest.approx(1325, rel=0.15)
    assert len(departments) == 100  # Corsica's two share their first digits, no one is left out


def test_natural_persons_are_made_up_and_have_no_address(rows: list[Row]) -> None:
    persons = [
        row for row in rows if re.match(r"(?i)(monsieur|madame|m\.|mme)\b", row.denomination)
    ]
    assert len(persons) == round(TOTAL * 0.02)
    made_up = r"(Madame [A-Z]+ Fictive|Monsieur [A-Z]+ Fictif) \d{5,}"
    assert all(re.fullmatch(made_up, row.denomination) for row in persons)
    assert not any(any(row.address) for row in persons)


def test_denominations_vary_and_a_few_come_twice(rows: list[Row]) -> None:
    counts = Counter(row.denomination for row in rows)
    assert 0.99 < len(counts) / TOTAL < 0.999
    assert all(re.search(r"\d{5}", name) for name in counts)
    for part in (",", "é", '"', "&", "FORMATION"):
        assert any(part in name for name in counts), part
    assert any(name.isupper() for name in counts)
    assert not any(name != name.strip() or "  " in name for name in counts)


def test_ndas_have_their_form_once_each(rows: list[Row]) -> None:
    form = re.compile(r"\d{4}(\d{5}|P\d{4})\d{2}")
    assert all(form.fullmatch(row.nda) for row in rows)
    assert all(row.nda[2:4] == row.nda[9:] for row in rows)
    assert len({row.nda for row in rows}) == TOTAL
    assert 50 < sum(row.nda[4] == "P" for row in rows) < 500


def test_ndas_tell_the_region_and_the_department(rows: list[Row]) -> None:
    prefixes = reference("prefixe_nda", "prefixe", "code_region")
    overseas = reference("prefixe_nda", "prefixe", "code_departement")
    region_of = reference("departement", "code_departement", "code_region")
    for row in rows:
        assert prefixes[row.nda[:2]] == row.region
        department = row.nda[2:4]
        if department == "97":
            assert row.region == "905" or region_of[overseas[row.nda[:2]]] == row.region
        elif department == "20":
            assert row.region == "94"
        else:
            assert region_of[department] == row.region
    old = sum(row.nda[:2] != row.region and row.region != "905" for row in rows)
    assert 0.2 < old / TOTAL < 0.4


def test_previous_numbers(rows: list[Row]) -> None:
    listed = {row.nda for row in rows}
    form = re.compile(r"\d{4}(\d{5}|P\d{4})\d{2}")
    previous = [(row.nda, row.precedents.split(",")) for row in rows if row.precedents]
    itself = sum(nda in others for nda, others in previous)
    assert itself / TOTAL == pytest.approx(1 / 3, abs=0.01)
    assert any(len(others) > 1 for _, others in previous)
    others = [other for nda, many in previous for other in many if other != nda]
    assert len(others) > 1_000
    assert all(form.fullmatch(other) and other not in listed for other in others)


def test_sirens_and_sirets_are_valid(rows: list[Row]) -> None:
    assert all(row.siret[:9] == row.siren and len(row.siret) == 14 for row in rows)
    for row in rows[::7]:
        assert siren_rule.is_valid(row.siren)
        assert siret_rule.is_valid(row.siret)
    per_siren = Counter(row.siren for row in rows)
    assert max(per_siren.values()) == 7
    assert 0.997 < len(per_siren) / TOTAL < 0.9995


def test_declarations_are_spread_as_published_and_past(rows: list[Row]) -> None:
    years = Counter(row.declaration[-4:] for row in rows)
    assert (years["2025"], years["2024"], years["2023"]) == (128_113, 24_304, 1_630)
    assert sum(count for year, count in years.items() if year < "2023") == 60
    for declared, start, end in {(row.declaration, row.debut, row.fin) for row in rows}:
        assert day(start) < day(end) < day(declared) <= DATE
    civil = sum(
        (row.debut, row.fin)
        == (f"01/01/{int(row.declaration[-4:]) - 1}", f"31/12/{int(row.declaration[-4:]) - 1}")
        for row in rows
    )
    assert 0.85 < civil / TOTAL < 0.95


def test_trainers_never_equal_many_trainees(rows: list[Row]) -> None:
    assert not any(row.formateurs == row.stagiaires and trainees(row) >= 100 for row in rows)


def test_a_few_represent_foreign_organisations(rows: list[Row]) -> None:
    foreign = [row for row in rows if row.pays]
    assert len(foreign) == 15
    assert all(row.etranger_denomination and row.etranger_ville for row in foreign)
    assert not any(row.etranger_denomination for row in rows if not row.pays)


def test_region_905_has_its_prefix_and_no_address(rows: list[Row]) -> None:
    inside = [row for row in rows if row.region == "905"]
    assert all(row.nda.startswith("0597") and not any(row.address) for row in inside)


@pytest.mark.parametrize("lignes", [1, 20, 3_000, 12_345])
def test_smaller_lists_are_proportional(tmp_path: Path, lignes: int) -> None:
    generate(tmp_path / "of.csv", lignes, 5, DATE)
    small = read(tmp_path / "of.csv")
    assert len(small) == lignes
    regions = Counter(row.region for row in small)
    for code, (total, _) in REGIONS.items():
        assert abs(regions[code] - lignes * total / TOTAL) < 1, code
    for bounds, value in ((TRAINERS, trainers), (TRAINEES, trainees)):
        for inside, (last, total, _) in zip(classes(small, bounds, value), bounds, strict=True):
            assert abs(len(inside) - lignes * total / TOTAL) < 1, last
    certified = sum(row.action == "true" for row in small)
    # A region too small to have rows cannot have certified ones.
    assert abs(certified - lignes * 43_834 / TOTAL) <= 2


@pytest.mark.parametrize("date", [dt.date(2026, 3, 1), dt.date(2026, 6, 1), dt.date(2024, 2, 29)])
def test_nothing_is_declared_after_the_list(tmp_path: Path, date: dt.date) -> None:
    generate(tmp_path / "of.csv", 4_000, 5, date)
    declared = [day(row.declaration) for row in read(tmp_path / "of.csv")]
    assert max(declared) <= date
    assert (date - max(declared)).days < 90
