"""A round: what is new is queued, what waits is sent, and nothing of it stops anybody."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.notices.outbox import Genre, Notice, post
from pipelines.runs import journal
from pipelines.settings import Settings
from pipelines.watch import round as round_module
from pipelines.watch.round import Round, run_round


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = Home(tmp_path / "maison")
    run = journal.start(home, source="liste officielle")
    journal.finish(home, run, 3, "data.gouv.fr ne répond pas : réessayez plus tard.")
    return Settings(home=home.root)


def written(settings: Settings) -> list[str]:
    return sorted(
        path.read_text(encoding="utf-8").splitlines()[0]
        for path in (settings.home / "avis").glob("*.txt")
    )


def one_change(settings: Settings, con: sqlite3.Connection) -> int:
    return post(con, [Notice("v1", "local", Genre.VEILLE, "Un changement", "Texte.")])


def test_what_is_new_is_queued_and_sent_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_module, "post_changes", one_change)
    assert run_round(settings) == Round(posted=2, sent=2, waiting=0, failed=())
    assert written(settings) == ["Actualisation échouée (code 3)", "Un changement"]
    assert run_round(settings) == Round(posted=0, sent=0, waiting=0, failed=())


def test_one_that_fails_does_not_stop_the_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(settings: Settings, con: sqlite3.Connection) -> int:
        one_change(settings, con)
        raise ZeroDivisionError

    monkeypatch.setattr(round_module, "post_changes", half)
    found = run_round(settings)
    assert (found.posted, found.sent, found.waiting) == (1, 1, 0)
    (sentence,) = found.failed
    assert "Erreur imprévue (ZeroDivisionError)" in sentence
    assert "in half" in Home(settings.home).log.read_text(encoding="utf-8")
    assert written(settings) == ["Actualisation échouée (code 3)"], "what it queued is undone"

    monkeypatch.setattr(round_module, "post_alerts", half)
    monkeypatch.setattr(round_module, "post_changes", one_change)
    found = run_round(settings)
    assert (found.posted, found.sent, len(found.failed)) == (1, 1, 1)
    assert "Un changement" in written(settings)


def test_what_is_wrong_with_the_settings_is_said_once_and_lost_to_nobody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_module, "post_changes", one_change)
    (settings.home / "avis.toml").write_text("nimporte = 1")
    found = run_round(settings)
    (sentence,) = found.failed
    assert "avis.toml" in sentence
    assert not Home(settings.home).log.exists(), "a sentence is enough"
    (settings.home / "avis.toml").unlink()
    assert run_round(settings).sent == 2


def test_it_never_raises(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise UsageError("Non.")

    monkeypatch.setattr(round_module, "deliver", refuse)
    monkeypatch.setattr(round_module, "post_changes", one_change)
    assert run_round(settings) == Round(posted=2, sent=0, waiting=0, failed=("Non.",))
    (settings.home / "fichier").touch()
    nowhere = run_round(Settings(home=settings.home / "fichier"))
    assert nowhere.posted == 0
    assert nowhere.failed
