"""What a refresh does with lists that are good, known, doubtful, or in another layout."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import pipelines.quality.gate
from pipelines.home import Home
from pipelines.lock import running
from pipelines.quality.checks import Check, Context
from pipelines.quality.suites import suites
from pipelines.registers.archive import Archive, Sighting
from pipelines.runs import journal
from pipelines.settings import Settings
from pipelines.watch.round import Round
from tests.pipeline import lists
from tests.pipeline.commands import Opac, Refresh, ask, release_of, released
from tests.processes import hear, process
from tests.registers.rows import row, wire

_TABLES = (
    "socle.organisme",
    "socle.certification",
    "socle.specialite",
    "socle.nda_precedent",
    "socle.entite",
    "marche.synthese",
)


def _sightings(home: Path) -> list[Sighting]:
    return list(Archive(Home(home)).sightings())


def _reports(home: Path) -> list[Path]:
    return sorted((home / "rapports").iterdir())


# --- The same list, or another ------------------------------------------------------------------


@pytest.mark.usefixtures("whole_job")
def test_a_list_already_released_is_only_noted(refresh: Refresh) -> None:
    before, sightings = released(refresh.home), _sightings(refresh.home)

    said = refresh(lists.good_list())

    assert said.startswith(f"✓ Inchangé : la version {release_of(refresh.home).version} ")
    assert released(refresh.home) == before
    assert len(_reports(refresh.home)) == 1, "nothing was built"
    seen = _sightings(refresh.home)[len(sightings) :]
    assert [(s.sha256, s.date_contenu) for s in seen] == [(before.sha256, "2024-10-16")]
    last = journal.runs(Home(refresh.home))[0]
    assert (last.state, last.code) == (journal.State.DONE, 0)
    assert last.message is not None
    assert last.message.startswith("Inchangé")


def test_another_list_then_the_first_again_are_both_built(refresh: Refresh) -> None:
    first = released(refresh.home)

    refresh(lists.next_list())
    second = released(refresh.home)
    refresh(lists.good_list())
    third = released(refresh.home)

    assert len({first.link, second.link, third.link}) == 3
    assert (first.sha256, first.rows) == (third.sha256, third.rows)
    assert (second.rows, second.sha256) != (first.rows, first.sha256)
    contents = {s.sha256 for s in _sightings(refresh.home)}
    assert contents == {first.sha256, second.sha256}
    assert len([*(refresh.home / "archive" / "contenus").rglob("*.zst")]) == 2, "each kept once"


def test_a_list_refused_earlier_is_built_again(
    refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = lists.first_half(lists.good_list())

    refresh.refused(4, half)
    refresh.refused(4, half)

    assert len(_reports(refresh.home)) == 3, "one a build"
    monkeypatch.setattr("pipelines.quality.comparison.threshold", lambda name, day: _LENIENT[name])
    refresh(half)
    assert released(refresh.home).rows == lists.COUNT // 2


_LENIENT = {
    "part_lignes_min": 0.1,
    "baisse_remplissage_max": 1.0,
    "ecart_part_certifiee_max": 1.0,
    "part_categorie_min": 0.0,
}


def test_other_code_or_rules_build_the_same_list_again(
    refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = released(refresh.home)
    for module in ("warehouse.build", "publication.publish"):
        monkeypatch.setattr(f"pipelines.{module}.code_version", lambda: "9.9+autre")

    refresh(lists.good_list())

    after = released(refresh.home)
    assert after.link != before.link
    assert after.sha256 == before.sha256
    assert ask(refresh.home, "select code from meta.publication") == [("9.9+autre",)]
    assert "Inchangé" in refresh(lists.good_list())


def test_what_is_to_be_told_is_told_once_the_home_is_free(
    refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []

    def stand_in(settings: Settings) -> Round:
        told.append((settings.home, running(Home(settings.home))))
        return Round(posted=0, sent=0, waiting=0, failed=("Le serveur ne répond pas.",))

    monkeypatch.setattr("pipelines.refresh.run_round", stand_in)
    refresh.refused(4, lists.first_half(lists.good_list()))
    ran = refresh.run(lists.next_list())
    assert (ran.code, ran.err) == (0, "Avis non transmis : Le serveur ne répond pas.\n")
    assert told == [(refresh.home, None)] * 2

    with process(_HOLDER, refresh.home) as other:
        assert hear(other) == "tenu"
        refresh.refused(5, lists.good_list())
    assert len(told) == 2, "it never was a run"


_HOLDER = """
import sys
from pathlib import Path
from pipelines.home import Home
from pipelines.lock import refresh_lock
with refresh_lock(Home(Path(sys.argv[1]))):
    print("tenu", flush=True)
    sys.stdin.read()
"""


# --- Accepting a finding ------------------------------------------------------------------------

_RULE = "comparaison.nb_lignes"
_WHY = "La campagne a été avancée, confirmé par la source"


@pytest.fixture
def fewer_rows() -> bytes:
    """A list that lost some of its rows, each kind alike: only their number is refused."""
    return wire(row(number) for number in range(1, lists.COUNT - 39))


@pytest.mark.usefixtures("whole_job")
def test_a_person_accepts_a_named_finding_for_this_list(
    refresh: Refresh, fewer_rows: bytes
) -> None:
    assert f"--accepter {_RULE} --motif" in refresh.refused(4, fewer_rows, told=_RULE)

    refresh(fewer_rows, "--accepter", _RULE, "--motif", _WHY)

    assert released(refresh.home).rows == lists.COUNT - 40
    sha256 = released(refresh.home).sha256
    assert release_of(refresh.home).meta["acceptations"] == [
        {"regle": _RULE, "motif": _WHY, "sha256": sha256}
    ]
    assert ask(refresh.home, "select acceptations from meta.publication") == [
        (f"{_RULE} : {_WHY}",)
    ]
    accepted = ask(refresh.home, "select regle, statut from qualite.controle where accepte")
    assert accepted == [(_RULE, "non conforme")]


def test_what_was_accepted_for_a_list_does_not_hold_for_the_next(
    refresh: Refresh, fewer_rows: bytes
) -> None:
    refresh.refused(4, fewer_rows)
    other = fewer_rows.replace(b"RUE DE LA FICTION", b"QUAI DE LA FICTION")

    told = refresh.refused(2, other, "--accepter", _RULE, "--motif", _WHY)

    assert f"Aucun écart « {_RULE} » n'a été constaté pour cette liste" in told
    refresh.refused(4, other, told=_RULE)


def test_only_findings_of_the_comparison_can_be_accepted(refresh: Refresh) -> None:
    twice = lists.every_nda_twice()
    refresh.refused(4, twice, told="contrat.organisme.nda.unique")

    told = refresh.refused(2, twice, "--accepter", "contrat.organisme.nda.unique", "--motif", _WHY)

    assert "seul un écart de comparaison déjà refusé" in told


def test_an_accepted_finding_does_not_let_the_others_pass(
    refresh: Refresh, fewer_rows: bytes
) -> None:
    uncertified = fewer_rows.replace(b"true;false;", b"false;false;", 60)
    refresh.refused(4, uncertified, told=_RULE)

    refresh.refused(4, uncertified, "--accepter", _RULE, "--motif", _WHY, told="certifies")


@pytest.mark.parametrize(
    "args", [("--accepter", _RULE), ("--motif", _WHY), ("--accepter", _RULE, "--motif", "  ")]
)
def test_a_finding_is_accepted_with_its_reason(refresh: Refresh, args: tuple[str, ...]) -> None:
    refresh.refused(2, lists.next_list(), *args, told="--accepter et --motif vont ensemble")


# --- A folder -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("whole_job")
def test_all_lists_of_a_folder_are_archived_and_the_latest_built(
    opac: Opac, tmp_path: Path
) -> None:
    folder, home = tmp_path / "listes", tmp_path / "maison"
    folder.mkdir()
    bodies = {day: wire(row(n) for n in range(1, 600 + day)) for day in (1, 2, 3)}
    (folder / "of_2024-10-02.csv").write_bytes(bodies[2])
    (folder / "of_20241003.csv.gz").write_bytes(gzip.compress(bodies[3]))
    (folder / "of_2024-10-01.zip").write_bytes(lists.zipped(bodies[1]))
    (folder / "lisez-moi.txt").write_text("Des listes.")

    opac("refresh", "--source", folder, "--home", home).succeeded()

    assert ask(home, "select date_contenu, lignes_liste from meta.publication") == [
        (dt.date(2024, 10, 3), 602)
    ]
    seen = {s.date_contenu: s.lignes for s in _sightings(home)}
    assert seen == {"2024-10-01": 600, "2024-10-02": 601, "2024-10-03": 602}
    archive = Archive(Home(home))
    for sighting in _sightings(home):
        archive.restore(sighting.sha256, tmp_path / "rendu")
        assert (tmp_path / "rendu").read_bytes() == bodies[int(sighting.date_contenu[-1])]


def test_a_folder_with_an_undated_list_is_refused(opac: Opac, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "listes"
    folder.mkdir()
    (folder / "of_2024-10-01.csv").write_bytes(lists.good_list())
    (folder / "derniere.csv").write_bytes(lists.next_list())
    before = released(home), len(_sightings(home))

    ran = opac("refresh", "--source", folder, "--home", home)

    assert ran.code == 2
    assert "sans date : derniere.csv" in ran.err
    assert (released(home), len(_sightings(home))) == before


# --- Checks that cannot be evaluated ------------------------------------------------------------


@pytest.fixture
def unknown_expectation(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A check that Great Expectations knows nothing of, beside those of the contract."""
    rule = "contrat.organisme.nda.essai"

    def with_unknown(contexte: Context) -> dict[str, list[Check]]:
        made = suites(contexte)
        odd = replace(made["preparation"][0], regle=rule, expectation="expect_what_nobody_wrote")
        return {**made, "preparation": [*made["preparation"], odd]}

    monkeypatch.setattr(pipelines.quality.gate, "suites", with_unknown)
    yield rule


@pytest.mark.usefixtures("whole_job")
def test_what_cannot_be_evaluated_blocks(refresh: Refresh, unknown_expectation: str) -> None:
    before = released(refresh.home)

    ran = refresh.run(lists.next_list())

    assert ran.code == 4
    assert f"refusée par {unknown_expectation} (non évalué" in ran.err
    assert released(refresh.home) == before
    report = json.loads((_reports(refresh.home)[-1] / "rapport.json").read_text())
    others = [c["statut"] for c in report["controles"] if c["regle"] != unknown_expectation]
    assert set(others) == {"conforme"}, "it blocks by itself"
    told = ("--accepter", unknown_expectation, "--motif", _WHY)
    refresh.refused(2, lists.next_list(), *told, told="n'a été constaté")
