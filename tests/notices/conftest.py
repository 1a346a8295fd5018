"""A home, what is queued in it, and how its recipients are set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.notices.outbox import Entry, Genre, Notice, entries, post
from pipelines.notices.store import store
from pipelines.settings import Settings
from tests.notices.servers import Hook, hook_server

# 32 bytes in base64.
SECRET = "whsec_b3BhYyBlc3Npw6kgOiAzMiBvY3RldHMgdG91dCBqdXN0ZSAhIQ=="


@pytest.fixture(autouse=True)
def _isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OPAC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPAC_WEBHOOK_SECRET", SECRET)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "maison")
    home.root.mkdir()
    return home


@pytest.fixture
def settings(home: Home) -> Settings:
    return Settings(home=home.root)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hook_server() as server:
        yield server


def told_to(home: Home, *lines: str) -> None:
    """Write ``avis.toml``."""
    (home.root / "avis.toml").write_text("\n".join(lines), encoding="utf-8")


def by_hook(home: Home, hook: Hook, nom: str = "crochet") -> None:
    """Set one recipient, told by this webhook."""
    told_to(
        home, "[[destinataire]]", f'nom = "{nom}"', 'canal = "webhook"', f'adresse = "{hook.url}"'
    )


def notice(cle: str = "a", destinataire: str = "crochet") -> Notice:
    return Notice(cle, destinataire, Genre.VEILLE, "Évolutions à l'été", "Écrit « ici ».", {"n": 1})


def queue(home: Home, *notices: Notice) -> int:
    with store(home) as con:
        return post(con, notices)


def queued(home: Home) -> list[Entry]:
    with store(home) as con:
        return entries(con)


@pytest.fixture
def later(home: Home) -> Callable[[int], None]:
    """Let seconds pass for the outbox: all its times move back."""

    def pass_time(seconds: int) -> None:
        with store(home) as con:
            for name in ("cree", "dernier_essai", "prochain_essai", "fini"):
                con.execute(
                    f"update avis set {name} = strftime('%Y-%m-%dT%H:%M:%S+00:00', {name}, ?)",
                    (f"{-seconds:+d} seconds",),
                )

    return pass_time
