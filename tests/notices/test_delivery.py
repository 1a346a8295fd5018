"""Sending what waits: one process at a time, again after a failure, and nothing lost by a crash."""

from __future__ import annotations

import json
import signal
import stat
import threading
from collections.abc import Callable

import pytest

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.notices import channels, delivery
from pipelines.notices.delivery import Delivery, deliver
from pipelines.notices.outbox import State
from pipelines.settings import Settings
from tests.notices.conftest import by_hook, notice, queue, queued, told_to
from tests.notices.servers import Hook, hook_server, mail_server
from tests.processes import hear, process

_DELIVER = """
import sys
from pathlib import Path
from pipelines.notices.delivery import deliver
from pipelines.settings import Settings

print(deliver(Settings(home=Path(sys.argv[1]))), flush=True)
"""
# The process dies on entering the place named, before anything is done there.
_DIE = """
import os, signal, sys
from pathlib import Path
from pipelines.notices import channels, delivery, outbox
from pipelines.settings import Settings

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

place, name = sys.argv[2].split(".")
places = {"channels": channels, "delivery": delivery, "outbox": outbox, "Path": Path}
setattr(places[place], name, die)
delivery.deliver(Settings(home=Path(sys.argv[1])))
"""


def states(home: Home) -> list[State]:
    return [entry.etat for entry in queued(home)]


def test_what_waits_is_sent_once_in_order(home: Home, settings: Settings, hook: Hook) -> None:
    by_hook(home, hook)
    queue(home, notice("a"), notice("b"))
    assert deliver(settings) == Delivery(sent=2, waiting=0, given_up=0)
    assert hook.ids() == [entry.identifiant for entry in queued(home)]
    assert deliver(settings) == Delivery(sent=0, waiting=0, given_up=0)
    assert len(hook.calls) == 2


def test_down_then_up(
    home: Home, settings: Settings, hook: Hook, later: Callable[[int], None]
) -> None:
    by_hook(home, hook)
    queue(home, notice("a"))
    hook.answers = [503, 503, 204]
    assert deliver(settings) == Delivery(sent=0, waiting=1)
    assert deliver(settings) == Delivery(sent=0, waiting=1), "not before its time"
    assert len(hook.calls) == 1
    later(60)
    deliver(settings)
    later(60)
    assert deliver(settings) == Delivery(sent=0, waiting=1), "the second wait is longer"
    later(60)
    assert deliver(settings) == Delivery(sent=1, waiting=0)
    assert len(set(hook.ids())) == 1
    assert len(hook.calls) == 3
    (entry,) = queued(home)
    assert (entry.etat, entry.essais) == (State.SENT, 3)
    assert (
        entry.derniere_erreur
        == "127.0.0.1 ne peut pas recevoir l'avis pour l'instant (réponse 503)."
    )


def test_a_server_that_comes_back_on_its_port(
    home: Home, settings: Settings, later: Callable[[int], None]
) -> None:
    with hook_server() as hook:
        by_hook(home, hook)
    queue(home, notice())
    assert deliver(settings).sent == 0
    assert "refuse ou coupe la connexion" in str(queued(home)[0].derniere_erreur)
    later(60)
    with hook_server(int(hook.url.split(":")[2].split("/")[0])) as again:
        assert deliver(settings).sent == 1
        assert again.ids() == [queued(home)[0].identifiant]


def test_a_refusal_is_kept_and_told(home: Home, settings: Settings, hook: Hook) -> None:
    by_hook(home, hook)
    queue(home, notice())
    hook.answers = [404]
    assert deliver(settings) == Delivery(sent=0, waiting=1)
    assert states(home) == [State.REFUSED]


def test_one_recipient_down_does_not_hold_the_other(
    home: Home, settings: Settings, hook: Hook
) -> None:
    told_to(
        home,
        '[[destinataire]]\nnom = "crochet"\ncanal = "webhook"',
        f'adresse = "{hook.url}"',
        '[[destinataire]]\nnom = "dossier"\ncanal = "fichier"',
    )
    hook.answers = [500]
    queue(home, notice("a"), notice("b"), notice("a", "dossier"))
    assert deliver(settings) == Delivery(sent=1, waiting=2)
    assert len(hook.calls) == 1, "the second one waits for the next round"


def test_a_recipient_removed_from_the_settings_is_told(home: Home, settings: Settings) -> None:
    queue(home, notice("a", "parti"))
    assert deliver(settings) == Delivery(sent=0, waiting=1)
    assert "« parti » n'est plus dans avis.toml" in str(queued(home)[0].derniere_erreur)


def test_wrong_settings_send_nothing_and_lose_nothing(home: Home, settings: Settings) -> None:
    queue(home, notice())
    told_to(home, "nimporte = 1")
    with pytest.raises(UsageError):
        deliver(settings)
    assert states(home) == [State.WAITING]
    assert queued(home)[0].essais == 0


def test_a_bug_of_a_channel_is_a_failure_of_one_notice(
    home: Home, settings: Settings, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*args: object) -> None:
        raise ZeroDivisionError

    by_hook(home, hook)
    queue(home, notice(), notice("a", "inconnu"))
    monkeypatch.setattr(channels, "_send", bug)
    assert deliver(settings).waiting == 2
    assert "Erreur imprévue (ZeroDivisionError)" in str(queued(home)[0].derniere_erreur)
    assert "ZeroDivisionError" in home.log.read_text()


def test_a_round_does_not_last(
    home: Home, settings: Settings, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hook(home, hook)
    queue(home, notice("a"), notice("b"))
    monkeypatch.setattr(delivery, "_SECONDS", 0.0)
    assert deliver(settings) == Delivery(sent=0, waiting=2)


def test_the_folder_holds_text_and_json(home: Home, settings: Settings) -> None:
    queue(home, notice("a", "local"))
    assert deliver(settings).sent == 1
    (entry,) = queued(home)
    folder = home.root / "avis"
    name = f"{entry.cree:%Y%m%dT%H%M%SZ}-{entry.identifiant}"
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.json", f"{name}.txt"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    assert text.startswith("Évolutions à l'été\n\nÉcrit « ici ».\n\nAvis du ")
    assert entry.identifiant in text
    read = json.loads((folder / f"{name}.json").read_bytes())
    assert read["data"] == {
        "identifiant": entry.identifiant,
        "objet": entry.objet,
        "texte": entry.texte,
        "donnees": {"n": 1},
    }


def test_a_folder_that_cannot_be_made_is_told(home: Home, settings: Settings) -> None:
    (home.root / "avis").write_text("")
    queue(home, notice("a", "local"))
    assert deliver(settings) == Delivery(sent=0, waiting=1)
    assert "un fichier porte déjà ce nom" in str(queued(home)[0].derniere_erreur)


def test_two_processes_never_send_at_once(home: Home, settings: Settings, hook: Hook) -> None:
    by_hook(home, hook)
    queue(home, notice())
    hook.answering.clear()
    with process(_DELIVER, home.root) as first:
        assert hook.came.wait(30)
        # At once: the other one is still waiting for its answer.
        assert deliver(settings) == Delivery(sent=0, waiting=1)
        with process(_DELIVER, home.root) as third:
            assert hear(third) == "Delivery(sent=0, waiting=1, given_up=0)"
        hook.answering.set()
        assert hear(first) == "Delivery(sent=1, waiting=0, given_up=0)"
    assert len(hook.calls) == 1


def test_two_threads_never_send_at_once(home: Home, settings: Settings, hook: Hook) -> None:
    by_hook(home, hook)
    queue(home, notice())
    hook.answering.clear()
    thread = threading.Thread(target=deliver, args=(settings,))
    thread.start()
    assert hook.came.wait(30)
    assert deliver(settings).sent == 0
    hook.answering.set()
    thread.join()
    assert len(hook.calls) == 1


def test_a_mail_waits_for_the_addresses_that_lack_it(
    home: Home, settings: Settings, later: Callable[[int], None]
) -> None:
    with mail_server() as letters:
        told_to(
            home,
            '[[destinataire]]\nnom = "qualite"\ncanal = "courriel"',
            'adresses = ["un@exemple.fr", "deux@exemple.fr"]',
            f'[courriel]\nserveur = "127.0.0.1"\nport = {letters.port}\nsecurite = "aucune"',
            'expediteur = "opac@exemple.fr"',
        )
        letters.refusals = {"un@exemple.fr": "450 plus tard"}
        queue(home, notice("a", "qualite"))
        assert deliver(settings) == Delivery(sent=0, waiting=1)
        letters.refusals = {}
        later(60)
        assert deliver(settings) == Delivery(sent=1, waiting=0)
        assert [rcpt for rcpt, _ in letters.came] == [["deux@exemple.fr"], ["un@exemple.fr"]]


def test_an_address_that_is_refused_does_not_hold_the_others(
    home: Home, settings: Settings
) -> None:
    with mail_server() as letters:
        told_to(
            home,
            '[[destinataire]]\nnom = "qualite"\ncanal = "courriel"',
            'adresses = ["partie@exemple.fr", "deux@exemple.fr"]',
            f'[courriel]\nserveur = "127.0.0.1"\nport = {letters.port}\nsecurite = "aucune"',
            'expediteur = "opac@exemple.fr"',
        )
        letters.refusals = {"partie@exemple.fr": "550 inconnue"}
        queue(home, notice("a", "qualite"), notice("b", "qualite"))
        assert deliver(settings) == Delivery(sent=0, waiting=2)
        assert [rcpt for rcpt, _ in letters.came] == [["deux@exemple.fr"]] * 2


def test_a_notice_refused_each_night_does_not_hold_the_others(
    home: Home, settings: Settings, hook: Hook, later: Callable[[int], None]
) -> None:
    by_hook(home, hook)
    queue(home, notice("a"))
    hook.answers = [422, 204]
    deliver(settings)
    queue(home, notice("b"))
    later(24 * 3600)
    hook.answers = [204, 422]
    assert deliver(settings) == Delivery(sent=1, waiting=1)
    first, second = (entry.identifiant for entry in queued(home))
    assert hook.ids() == [first, second, first]


def killed(home: Home, place: str) -> None:
    with process(_DIE, home.root, place) as child:
        assert child.wait(30) == -signal.SIGKILL


def test_killed_while_the_server_has_it_and_has_not_answered(
    home: Home, settings: Settings, hook: Hook
) -> None:
    by_hook(home, hook)
    queue(home, notice())
    hook.answering.clear()
    with process(_DELIVER, home.root) as child:
        assert hook.came.wait(30)
        child.kill()
        child.wait(30)
    hook.answering.set()
    assert states(home) == [State.WAITING]
    assert queue(home, notice()) == 0, "it is not queued twice"
    assert deliver(settings) == Delivery(sent=1, waiting=0)
    first, second = hook.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


@pytest.mark.parametrize("place", ["delivery.send", "outbox.sent"])
def test_killed_around_sending_it_is_sent_under_the_same_identifier(
    home: Home, settings: Settings, hook: Hook, place: str
) -> None:
    by_hook(home, hook)
    queue(home, notice("a"), notice("b"))
    killed(home, place)
    assert states(home) == [State.WAITING, State.WAITING]
    assert deliver(settings) == Delivery(sent=2, waiting=0)
    ids = [entry.identifiant for entry in queued(home)]
    assert hook.ids() == (ids if place == "delivery.send" else [ids[0], *ids])


@pytest.mark.parametrize("place", ["delivery.send", "Path.replace", "channels.sync", "outbox.sent"])
def test_killed_around_writing_a_folder_has_each_notice_once(
    home: Home, settings: Settings, place: str
) -> None:
    queue(home, notice("a", "local"), notice("b", "local"))
    killed(home, place)
    assert deliver(settings) == Delivery(sent=2, waiting=0)
    written = sorted(path.name for path in (home.root / "avis").iterdir())
    names = [f"{entry.cree:%Y%m%dT%H%M%SZ}-{entry.identifiant}" for entry in queued(home)]
    assert written == sorted(f"{name}.{kind}" for name in names for kind in ("json", "txt"))


def test_killed_before_a_failure_is_noted_it_is_tried_at_once(
    home: Home, settings: Settings, hook: Hook
) -> None:
    by_hook(home, hook)
    queue(home, notice())
    hook.answers = [500, 204]
    killed(home, "outbox.failed")
    assert deliver(settings) == Delivery(sent=1, waiting=0)


def test_the_lock_file_of_a_dead_process_holds_nobody(home: Home, settings: Settings) -> None:
    queue(home, notice("a", "local"))
    killed(home, "delivery.send")
    assert (home.root / "avis.lock").exists()
    assert deliver(settings).sent == 1


def test_what_was_sent_long_ago_is_removed(
    home: Home, settings: Settings, later: Callable[[int], None]
) -> None:
    queue(home, notice("a", "local"))
    deliver(settings)
    later(91 * 24 * 3600)
    deliver(settings)
    assert queued(home) == []
    assert len(list((home.root / "avis").iterdir())) == 2, "files are the reader's"
