"""What operators are told of the refreshes: once each, from the journal and the sightings alone."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.jsonl import append_line
from pipelines.lock import refresh_lock
from pipelines.notices.outbox import Entry, Genre, entries
from pipelines.notices.store import store
from pipelines.registers.archive import IMPORTED, OFFICIAL, Archive, Sighting
from pipelines.runs import journal
from pipelines.settings import Settings
from pipelines.watch import alerts
from pipelines.watch.alerts import post_alerts

# 05:20 in Paris.
MORNING = dt.datetime(2026, 11, 22, 4, 20, tzinfo=dt.UTC)
DOWN = "data.gouv.fr ne répond pas : réessayez plus tard."


class Station:
    """A home on a day that the test sets, and what its operator was told."""

    def __init__(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.settings = Settings(home=home.root)
        self.now = MORNING
        self._runs = 0
        monkeypatch.setattr(alerts, "now", lambda: self.now)

    def run(self, code: int | None, message: str = DOWN, source: str = "liste officielle") -> None:
        """Write a run in the journal; without a code, it has not ended."""
        self._runs += 1
        begun = {"run": f"r{self._runs}", "evenement": "debut", "pid": 0}
        self._event({**begun, "details": {"source": source}})
        if code is not None:
            self._event({**begun, "evenement": "fin", "code": code, "message": message})

    def _event(self, event: dict[str, object]) -> None:
        append_line(self.home.journal, {"details": {}, **event, "heure": self.now.isoformat()})

    def see(self, sha256: str = "a" * 64, day: str = "2026-11-22", origin: str = OFFICIAL) -> None:
        """Have the source give a list now."""
        seen = ("", "", "", sha256, 1, "actuelle", 1, None, "", "")
        Archive(self.home).add(Sighting(day, self.now.isoformat(), origin, *seen))

    def told(self) -> list[Entry]:
        """Post, and give what is new; posting again must add nothing."""
        with store(self.home) as con:
            known = {entry.identifiant for entry in entries(con)}
            posted = post_alerts(self.settings, con)
            new = [entry for entry in entries(con) if entry.identifiant not in known]
            assert posted == len(new)
            assert post_alerts(self.settings, con) == 0
        return new

    def titles(self) -> list[str]:
        return [entry.objet for entry in self.told()]


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Station:
    (tmp_path / "maison").mkdir()
    found = Station(Home(tmp_path / "maison"), monkeypatch)
    (found.home.archive).mkdir()
    return found


FAILED = "Actualisation échouée (code 3)"
DIED = "Actualisation interrompue"
OVER = "Actualisation rétablie"
OLD = "Registre non consulté depuis trop longtemps"
FROZEN = "Liste figée à la source"
CLOCK = "Horloge de la machine à vérifier"
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def test_a_home_without_a_journal_tells_nothing(station: Station) -> None:
    station.see()
    station.now += 30 * DAY
    assert station.titles() == []


def test_a_failure_is_told_with_its_sentence(station: Station) -> None:
    station.run(3)
    (entry,) = station.told()
    assert entry.objet == FAILED
    assert entry.genre is Genre.EXPLOITATION
    assert entry.destinataire == "local"
    assert "finie le 22/11/2026 à 05:20 (heure de Paris)" in entry.texte
    assert DOWN in entry.texte
    assert "« opac refresh »" in entry.texte
    assert entry.donnees["code"] == 3
    assert json.loads(entry.body())["type"] == "opac.exploitation"


def test_tries_that_fail_alike_are_told_once_a_day(station: Station) -> None:
    station.run(3, "Rien reçu après 5 essais en 12 s : réessayez.")
    assert station.titles() == [FAILED]
    station.now += HOUR
    station.run(3, "Rien reçu après 5 essais en 47 s : réessayez.")
    assert station.titles() == []
    station.run(4, "Refusé par les contrôles.")
    assert station.titles() == ["Actualisation échouée (code 4)"]
    station.now += DAY
    station.run(3, "Rien reçu après 5 essais en 3 s : réessayez.")
    assert station.titles() == [FAILED]


def test_the_day_is_that_of_paris(station: Station) -> None:
    station.now = dt.datetime(2026, 11, 22, 22, 30, tzinfo=dt.UTC)
    station.run(3)
    assert station.titles() == [FAILED]
    station.now += HOUR
    station.run(3)
    assert station.titles() == [FAILED], "00:30 in Paris, the same day in UTC"


def test_a_refresh_that_works_again_is_told_once(station: Station) -> None:
    station.run(3)
    station.told()
    station.run(0, "Version 12 publiée (liste du 2026-11-22).")
    (entry,) = station.told()
    assert entry.objet == OVER
    assert FAILED in entry.texte
    assert "Version 12 publiée" in entry.texte
    station.run(0)
    station.now += DAY
    station.run(0)
    assert station.titles() == []
    station.run(3)
    assert station.titles() == [FAILED]
    station.run(0)
    assert station.titles() == [OVER]


def test_a_failure_that_nobody_was_told_of_is_not_over(station: Station) -> None:
    station.run(3)
    station.run(0)
    assert station.titles() == []


def test_a_run_that_died_is_told_once(station: Station) -> None:
    station.run(None)
    assert station.titles() == [DIED]
    station.now += 3 * DAY
    assert station.titles() == []
    station.run(0)
    assert station.titles() == [OVER]


def test_a_run_under_way_is_no_failure(station: Station) -> None:
    with refresh_lock(station.home):
        run = journal.start(station.home, source="liste officielle")
        assert station.titles() == []
        journal.finish(station.home, run, 0, "Publiée.")
    assert station.titles() == []


def test_a_run_that_ends_while_the_journal_is_read_did_not_die(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = journal._read

    def read_then_end(home: Home) -> list[dict[str, object]]:
        monkeypatch.setattr(journal, "_read", read)
        events = read(home)
        journal.finish(home, run, 0, "Publiée.")
        return events

    run = journal.start(station.home, source="liste officielle")
    monkeypatch.setattr(journal, "_read", read_then_end)
    assert station.titles() == []


def test_a_run_stopped_by_hand_neither_fails_nor_mends(station: Station) -> None:
    station.run(143, "Arrêtée.")
    assert station.titles() == []
    station.run(3)
    assert station.titles() == [FAILED]
    station.run(130, "Interrompu au clavier.")
    assert station.titles() == []


def test_a_command_that_was_mistyped_is_no_failure(station: Station) -> None:
    absent = "Le fichier « /listes/absente.csv » n'existe pas : vérifiez le chemin."
    station.run(2, absent, source="/listes/absente.csv")
    assert station.titles() == []
    station.run(3)
    assert station.titles() == [FAILED]
    station.run(2, absent, source="/listes/absente.csv")
    assert station.titles() == [], "nor does it mend"
    # Nobody typed what the night asks for.
    station.run(2, "Ce dossier de travail contient des listes d'une autre origine.")
    assert station.titles() == ["Actualisation échouée (code 2)"]


def test_to_build_again_does_not_mend_the_source(station: Station) -> None:
    station.run(3)
    station.run(0, "Version 12 publiée.", source="archive")
    assert station.titles() == [FAILED]
    station.run(4, "Refusé.", source="archive")
    assert station.titles() == ["Actualisation échouée (code 4)"]
    station.run(0, "Version 13 publiée.", source="archive")
    assert station.titles() == [], "the source still fails, and that was told"
    station.run(0)
    assert station.titles() == [OVER]


def test_to_build_again_mends_what_was_built_badly(station: Station) -> None:
    station.run(0)
    station.run(4, "Refusé.", source="archive")
    assert station.titles() == ["Actualisation échouée (code 4)"]
    station.run(0, "Version 13 publiée.", source="archive")
    assert station.titles() == [OVER]


def test_a_register_not_seen_is_told_once_a_day(station: Station) -> None:
    station.run(0)
    station.see()
    station.now += 36 * HOUR
    assert station.titles() == []
    station.now += HOUR
    (entry,) = station.told()
    assert entry.objet == OLD
    assert "depuis le 22/11/2026 à 05:20 (heure de Paris), soit 37 h (au plus 36 h" in entry.texte
    station.now += HOUR
    assert station.titles() == []
    station.now += DAY
    assert station.titles() == [OLD]
    station.see()
    station.run(0)
    assert station.titles() == [OVER]


def test_a_release_made_without_the_source_does_not_make_it_seen(station: Station) -> None:
    station.run(0)
    station.see()
    station.now += 2 * DAY
    assert station.titles() == [OLD]
    station.see(origin=IMPORTED)
    station.run(0, source="archive")
    assert station.titles() == []


def test_the_run_that_will_see_it_is_waited_for_an_hour(station: Station) -> None:
    station.run(0)
    station.see()
    station.now += 3 * DAY
    with refresh_lock(station.home):
        append_line(
            station.home.journal,
            {
                "run": "r9",
                "evenement": "debut",
                "pid": os.getpid(),
                "heure": station.now.isoformat(),
                "details": {},
            },
        )
        assert station.titles() == []
        station.now += 2 * HOUR
        assert station.titles() == [OLD]


def test_a_clock_set_back_is_told_and_no_age_is_made_of_it(station: Station) -> None:
    station.run(0)
    station.see()
    station.now -= 400 * DAY
    assert station.titles() == [CLOCK]
    station.now += HOUR
    assert station.titles() == []
    station.now += 400 * DAY
    assert station.titles() == [OVER]


def test_a_clock_set_by_minutes_is_nothing(station: Station) -> None:
    station.run(0)
    station.see()
    station.now -= dt.timedelta(minutes=10)
    assert station.titles() == []


def test_a_frozen_list_is_told_once_a_content(station: Station) -> None:
    station.run(0)
    for day in ("2026-11-10", "2026-11-17"):
        station.see(day=day)
    assert station.titles() == []
    station.see(day="2026-11-18")
    (entry,) = station.told()
    assert entry.objet == FROZEN
    assert "Du 10/11/2026 au 18/11/2026" in entry.texte
    station.see(day="2026-11-25")
    assert station.titles() == []
    station.see("b" * 64, day="2026-11-26")
    assert station.titles() == [], "the list moves again: nothing to do"


def test_only_those_who_asked_are_told(station: Station) -> None:
    (station.home.root / "avis.toml").write_text(
        '[[destinataire]]\nnom = "veilleur"\ncanal = "fichier"\nrecoit = ["veille"]\n'
        '[[destinataire]]\nnom = "un"\ncanal = "fichier"\nrecoit = ["exploitation"]\n'
        '[[destinataire]]\nnom = "deux"\ncanal = "fichier"\n'
    )
    station.run(3)
    assert [entry.destinataire for entry in station.told()] == ["un", "deux"]


def test_a_recipient_added_later_is_told_of_what_is_wrong_and_not_of_what_was(
    station: Station,
) -> None:
    station.run(3)
    assert len(station.told()) == 1
    station.run(0)
    assert [entry.destinataire for entry in station.told()] == ["local"]
    (station.home.root / "avis.toml").write_text(
        '[[destinataire]]\nnom = "nouveau"\ncanal = "fichier"\n'
    )
    assert station.titles() == []
