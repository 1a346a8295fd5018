"""Nothing is lost, nothing is told twice: crashes, rollbacks, lists and histories made again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.notices.store import store
from pipelines.warehouse.release import rollback
from pipelines.watch import changes as changing
from pipelines.watch.changes import post_changes
from pipelines.watch.schema import DDL
from tests.watch.nights import (
    DECLARED,
    FIRST,
    GAINER,
    GONE,
    LISTS,
    LOSER,
    OLD,
    SECOND,
    STEADY,
    THIRD,
    Nights,
    build,
    changes,
)

DAY = dt.timedelta(days=1)
ONLY_LOCAL = '[[destinataire]]\nnom = "local"\ncanal = "fichier"\n'
ONLY_OTHER = '[[destinataire]]\nnom = "autre"\ncanal = "fichier"\n'


class Killed(BaseException):
    """The process dies."""


def test_a_crash_before_the_commit_undoes_both_sides(nights: Nights) -> None:
    nights.watch(LOSER, on=FIRST)
    nights.release(SECOND)
    before = nights.lines()
    with pytest.raises(Killed), store(nights.home, DDL) as con:
        assert post_changes(nights.settings, con, SECOND) == 1
        raise Killed
    assert nights.notices() == []
    assert nights.lines() == before
    [notice] = nights.round(SECOND)
    assert list(changes(notice)) == [LOSER]
    assert nights.round(SECOND) == []


def test_a_crash_while_posting_moves_no_line_on(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.watch(LOSER, on=FIRST)
    nights.release(SECOND)

    def dies(*args: object) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(changing, "post", dies)
        with pytest.raises(Killed):
            nights.round(SECOND)
    [notice] = nights.round(SECOND)
    assert list(changes(notice)) == [LOSER]


def test_rolling_back_and_forward_tells_nothing_twice(nights: Nights) -> None:
    nights.watch(LOSER, GONE, OLD, on=FIRST)
    nights.release(SECOND)
    assert len(nights.round(SECOND)) == 1

    rollback(nights.home)
    assert nights.round(SECOND) == nights.round(SECOND + DAY) == []
    nights.release(SECOND)
    assert nights.round(SECOND) == []

    rollback(nights.home)
    assert nights.round(SECOND) == []
    nights.release(THIRD)
    [notice] = nights.round(THIRD)
    told = {
        number: {event["type"] for event in change["evenements"]}
        for number, change in changes(notice).items()
    }
    assert told == {GONE: {"RETOUR"}, OLD: {"CERTIFICATION_PERDUE"}}


def test_what_changes_back_and_again_is_told_again(nights: Nights) -> None:
    strict = "update portage.parametre set valeur = 0 where parametre = 'AGE_ATTESTATION_VIGILANCE'"
    nights.watch(STEADY, on=FIRST)
    nights.release(FIRST, strict)
    [worse] = nights.round(FIRST)
    rollback(nights.home)
    [better] = nights.round(FIRST)
    rollback(nights.home, worse["donnees"]["liste"]["version"])
    [again] = nights.round(FIRST)
    verdicts = [changes(notice)[STEADY]["verdict"]["apres"] for notice in (worse, better, again)]
    assert verdicts[0] == verdicts[2] != verdicts[1] == "ELIGIBLE"


def test_dates_go_on_under_an_older_release(nights: Nights) -> None:
    nights.release(SECOND)
    nights.watch(
        STEADY, on=SECOND, **DECLARED, certificat="BILAN_COMPETENCES", certificat_debut="2023-02-21"
    )
    rollback(nights.home)
    [near] = nights.round(THIRD + 5 * DAY)
    assert "20/02/2026 : Fin du certificat Qualiopi du sous-traitant." in near["texte"]
    assert nights.round(THIRD + 6 * DAY) == []


def test_the_same_list_released_again_tells_nothing(nights: Nights) -> None:
    nights.watch(LOSER, OLD, on=FIRST)
    nights.release(SECOND)
    assert len(nights.round(SECOND)) == 1
    nights.release(SECOND)
    assert nights.round(SECOND) == nights.round(SECOND + DAY) == []


def test_a_history_that_lost_its_past_tells_nothing_twice(nights: Nights) -> None:
    nights.watch(OLD, LOSER, on=FIRST)
    nights.release(SECOND)
    assert len(nights.round(SECOND)) == 1
    # Made anew from the last list alone: it no longer knows the old number.
    nights.release(
        SECOND,
        "delete from historique.evenement",
        "delete from historique.organisme_version where valide_au is not null",
        "update historique.organisme_version set lignee = nda",
    )
    assert nights.round(SECOND) == []
    nights.release(
        THIRD,
        "update historique.organisme_version set lignee = nda",
        "update historique.evenement set lignee = nda",
    )
    [notice] = nights.round(THIRD)
    assert list(changes(notice)) == [OLD]
    assert {e["type"] for e in changes(notice)[OLD]["evenements"]} == {"CERTIFICATION_PERDUE"}


def test_a_history_that_gained_a_past_tells_nothing_of_it(nights: Nights) -> None:
    nights.watch(STEADY, LOSER, on=FIRST)
    nights.release(SECOND)
    assert len(nights.round(SECOND)) == 1
    # A list brought in between the two would show that one of the two came and went.
    nights.release(
        SECOND,
        f"insert into historique.evenement select * replace ('{STEADY}' as nda, '{STEADY}' as"
        f" lignee) from historique.evenement where nda = '{LOSER}'",
    )
    assert nights.round(SECOND) == []


def test_a_second_list_of_the_same_day_tells_what_it_adds(nights: Nights, tmp_path: Path) -> None:
    nights.follow(LOSER, GAINER, on=FIRST)
    nights.release(SECOND)
    assert list(changes(*nights.round(SECOND))) == [LOSER]
    again = {d: rows for d, rows in LISTS.items() if d <= str(SECOND)}
    build({**again, str(SECOND): LISTS[str(THIRD)]}, tmp_path / "autre.duckdb")
    nights.bases = {**nights.bases, SECOND: tmp_path / "autre.duckdb"}
    nights.release(SECOND)
    assert list(changes(*nights.round(SECOND))) == [GAINER]
    assert nights.round(SECOND) == []


def test_lines_wait_for_a_recipient_who_is_no_longer_named(nights: Nights) -> None:
    nights.watch(LOSER, on=FIRST)
    (nights.root / "avis.toml").write_text(ONLY_OTHER, encoding="utf-8")
    nights.release(SECOND)
    assert nights.round(SECOND) == []
    (nights.root / "avis.toml").write_text(ONLY_LOCAL, encoding="utf-8")
    assert list(changes(*nights.round(SECOND))) == [LOSER]


def test_what_changed_before_an_update_is_told_first(nights: Nights) -> None:
    nights.watch(LOSER, STEADY, on=FIRST)
    nights.release(SECOND)
    # No round since: the new facts are judged now, and what the list said is not lost.
    added = nights.watch(LOSER, on=SECOND, **{**DECLARED, "dereference": "oui"})
    assert [line.identifiant for line, _ in added.changees] == [LOSER]
    [notice] = nights.notices()
    assert changes(notice)[LOSER]["verdict"]["avant"] == "ELIGIBLE"
    assert nights.round(SECOND) == []


def test_new_facts_announce_no_date_twice(nights: Nights) -> None:
    facts = {**DECLARED, "fin_mission": "2026-02-01"}
    nights.watch(STEADY, on=FIRST, **facts)
    assert len(nights.round(FIRST)) == 1
    nights.watch(STEADY, on=SECOND, **facts, heures="20")
    assert nights.round(SECOND) == nights.round(THIRD) == []
    nights.watch(STEADY, on=THIRD, **{**facts, "fin_mission": "2026-02-03"})
    assert "03/02/2026 : Fin de la mission." in nights.round(THIRD)[0]["texte"]


def test_new_facts_under_an_older_release_make_nothing_new_again(nights: Nights) -> None:
    nights.watch(OLD, on=FIRST)
    nights.release(SECOND)
    assert len(nights.round(SECOND)) == 1
    rollback(nights.home)
    nights.watch(OLD, on=SECOND, **DECLARED, heures="20")
    assert nights.round(SECOND) == []
    nights.release(SECOND)
    assert nights.round(SECOND) == nights.round(THIRD) == []


def test_an_empty_home_has_nothing_to_do(tmp_path: Path) -> None:
    empty = Nights(tmp_path / "vide", {})
    assert empty.round(FIRST) == []
