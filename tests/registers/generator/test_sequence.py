"""Lists that follow one another: what a plain comparison finds is what the truth file says."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.registers.generator import generate_sequence
from tests.registers.generator.lists import Row, read

START = dt.date(2026, 10, 1)
CATEGORIES = ("ACTION_FORMATION", "BILAN_COMPETENCES", "VAE", "APPRENTISSAGE")
TYPES = {
    "APPARITION",
    "DISPARITION",
    "RETOUR",
    "CERTIFICATION_OBTENUE",
    "CERTIFICATION_PERDUE",
    "CHANGEMENT_NDA",
    "CHANGEMENT_DENOMINATION",
    "CHANGEMENT_SIREN",
    "CHANGEMENT_ADRESSE",
    "CHANGEMENT_DECLARATION",
}
Found = Counter[tuple[str, str, str]]


def compare(old: Row, new: Row) -> Found:
    """What changed between two states of one organisation."""
    found: Found = Counter()
    for category, before, after in zip(CATEGORIES, old.flags, new.flags, strict=True):
        if (before == "true") != (after == "true"):
            kind = "CERTIFICATION_OBTENUE" if after == "true" else "CERTIFICATION_PERDUE"
            found[new.nda, kind, category] += 1
    facts = {
        "CHANGEMENT_DENOMINATION": (old.denomination, new.denomination),
        "CHANGEMENT_SIREN": (old.siren, new.siren),
        "CHANGEMENT_ADRESSE": (
            (*old.address, old.region),
            (*new.address, new.region),
        ),
        "CHANGEMENT_DECLARATION": (
            (old.debut, old.fin, old.stagiaires, old.formateurs),
            (new.debut, new.fin, new.stagiaires, new.formateurs),
        ),
    }
    for kind, (before_, after_) in facts.items():
        if before_ != after_:
            found[new.nda, kind, ""] += 1
    return found


def events(known: dict[str, Row], before: dict[str, Row], after: dict[str, Row]) -> Found:
    """What happened from a list to the next; ``known`` holds all that was ever listed."""
    found: Found = Counter()
    gone = {nda for nda in before if nda not in after}
    for nda, row in after.items():
        if nda in before:
            found += compare(before[nda], row)
        elif nda in known:
            found[nda, "RETOUR", ""] += 1
            found += compare(known[nda], row)
        else:
            old = gone.intersection(row.precedents.split(","))
            if old:
                gone -= old
                found[nda, "CHANGEMENT_NDA", ""] += 1
                found += compare(before[old.pop()], row)
            else:
                found[nda, "APPARITION", ""] += 1
    for nda in gone:
        found[nda, "DISPARITION", ""] += 1
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    generate_sequence(folder, 6_000, 5, START, 6, pas_jours=3)
    return folder


def states(folder: Path) -> list[dict[str, Row]]:
    return [{row.nda: row for row in read(path)} for path in sorted(folder.glob("of_*.csv"))]


def truth(folder: Path) -> list[dict[str, object]]:
    loaded = json.loads((folder / "verite.json").read_text(encoding="utf-8"))
    assert isinstance(loaded["paires"], list)
    return loaded["paires"]


def planted(pair: dict[str, object]) -> list[dict[str, str]]:
    found = pair["evenements"]
    assert isinstance(found, list)
    return found


def test_lists_are_dated(tmp_path: Path) -> None:
    paths = generate_sequence(tmp_path, 200, 1, dt.date(2026, 12, 30), 3, pas_jours=2)
    names = ["of_2026-12-30.csv", "of_2027-01-01.csv", "of_2027-01-03.csv"]
    assert paths == [tmp_path / name for name in names]
    assert sorted(file.name for file in tmp_path.iterdir()) == [*names, "verite.json"]
    loaded = json.loads((tmp_path / "verite.json").read_text(encoding="utf-8"))
    assert loaded["listes"] == names
    assert [(pair["avant"], pair["apres"]) for pair in loaded["paires"]] == [
        ("2026-12-30", "2027-01-01"),
        ("2027-01-01", "2027-01-03"),
    ]


def test_the_truth_is_what_a_comparison_finds(folder: Path) -> None:
    lists = states(folder)
    known = dict(lists[0])
    kinds: set[str] = set()
    for before, after, pair in zip(lists[:-1], lists[1:], truth(folder), strict=True):
        said = Counter((e["nda"], e["type"], e["categorie"]) for e in planted(pair))
        assert events(known, before, after) == said
        known |= after
        kinds |= {kind for _, kind, _ in said}
    assert kinds == TYPES


def test_events_say_what_was_and_what_is(folder: Path) -> None:
    lists = states(folder)
    for before, after, pair in zip(lists[:-1], lists[1:], truth(folder), strict=True):
        for event in planted(pair):
            if event["type"] == "CHANGEMENT_NDA":
                assert event["avant"] in before
                assert event["avant"] not in after
                assert event["apres"] == event["nda"]
                assert after[event["nda"]].precedents.split(",")[-1] == event["avant"]
            elif event["type"].startswith("CERTIFICATION"):
                place = CATEGORIES.index(event["categorie"])
                assert after[event["nda"]].flags[place] == event["apres"]
                assert (event["apres"] == "true") == (event["type"] == "CERTIFICATION_OBTENUE")
            elif event["type"] == "CHANGEMENT_SIREN":
                assert before[event["nda"]].siren == event["avant"]
                assert after[event["nda"]].siren == event["apres"]


def test_moves_and_returns_come_alone_or_with_more(folder: Path) -> None:
    """History must not confuse them: some renumbered move, some who return have new facts."""
    joined: Counter[tuple[str, ...]] = Counter()
    for pair in truth(folder):
        per_nda: dict[str, list[str]] = {}
        for event in planted(pair):
            per_nda.setdefault(event["nda"], []).append(event["type"])
        joined.update(tuple(sorted(set(kinds))) for kinds in per_nda.values())
    assert joined["CHANGEMENT_NDA",] > 0
    assert joined["CHANGEMENT_ADRESSE", "CHANGEMENT_NDA"] > 0
    assert joined["RETOUR",] > 0
    assert joined["CHANGEMENT_DECLARATION", "RETOUR"] > 0


def test_lists_stay_sound(folder: Path) -> None:
    last = states(folder)[-1]
    assert len(last) == len(read(sorted(folder.glob("of_*.csv"))[-1]))
    for row in last.values():
        assert row.siret[:9] == row.siren
        assert all(row.flags) == any(row.flags)
        assert not any(row.flags) or "true" in row.flags
        assert all(row.address) == any(row.address)
        assert row.formateurs != row.stagiaires or int(row.stagiaires) < 100
        assert re.fullmatch(r"\d{4}(\d{5}|P\d{4})\d{2}", row.nda)


def test_lists_keep_their_size_and_change_little(folder: Path) -> None:
    lists = states(folder)
    assert len(lists[0]) == 6_000
    for before, after in pairwise(lists):
        assert abs(len(after) - len(before)) < 60
        changed = sum(before.get(nda) != row for nda, row in after.items())
        assert changed == pytest.approx(0.015 * 6_000, rel=0.25)


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate_sequence(tmp_path / name, 800, 9, START, 3)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    generate_sequence(tmp_path / "c", 800, 10, START, 3)
    assert (tmp_path / "a" / "verite.json").read_bytes() != (
        tmp_path / "c" / "verite.json"
    ).read_bytes()


def test_one_list_has_no_event(tmp_path: Path) -> None:
    assert len(generate_sequence(tmp_path, 50, 1, START, 1)) == 1
    assert truth(tmp_path) == []


@pytest.mark.parametrize(("nombre", "pas"), [(0, 1), (2, 0), (80, 366)])
def test_impossible_sequences_are_refused(tmp_path: Path, nombre: int, pas: int) -> None:
    with pytest.raises(UsageError):
        generate_sequence(tmp_path, 10, 1, START, nombre, pas)
    assert list(tmp_path.iterdir()) == []
