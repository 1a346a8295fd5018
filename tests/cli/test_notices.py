"""``opac avis``: where notices stand, and a try of each channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.notices.delivery import deliver
from pipelines.notices.outbox import Genre, Notice, NotReceived, due, failed, post
from pipelines.notices.store import store
from pipelines.settings import Settings
from tests.notices.servers import Hook, hook_server
from tests.pipeline.commands import Opac

SECRET = "whsec_b3BhYyBlc3Npw6kgOiAzMiBvY3RldHMgdG91dCBqdXN0ZSAhIQ=="


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "maison")
    home.root.mkdir()
    monkeypatch.setenv("OPAC_HOME", str(home.root))
    return home


@pytest.fixture
def hook(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    monkeypatch.setenv("OPAC_WEBHOOK_SECRET", SECRET)
    with hook_server() as server:
        (home.root / "avis.toml").write_text(
            '[[destinataire]]\nnom = "dossier"\ncanal = "fichier"\nrecoit = ["exploitation"]\n'
            f'[[destinataire]]\nnom = "crochet"\ncanal = "webhook"\nadresse = "{server.url}"\n'
            '[[destinataire]]\nnom = "qualite"\ncanal = "courriel"\n'
            'adresses = ["qualite@exemple.fr"]\n'
            '[courriel]\nserveur = "127.0.0.1"\nport = 9\nsecurite = "aucune"\n'
            'expediteur = "opac@exemple.fr"\n'
        )
        yield server


def queue(home: Home, *names: str) -> None:
    with store(home) as con:
        post(con, [Notice("a", name, Genre.VEILLE, f"Pour {name}", "Texte.") for name in names])


def test_a_home_without_settings_or_notices(opac: Opac, home: Home) -> None:
    told = opac("avis").succeeded()
    assert "local" in told
    assert "Rien n'attend." in told
    assert list(home.root.iterdir()) == [], "asking makes nothing"


def test_recipients_and_channels_are_told_without_secrets(
    opac: Opac, home: Home, hook: Hook
) -> None:
    told = opac("avis").succeeded()
    lines = {line.split()[0]: line for line in told.splitlines() if line.strip()}
    assert "fichier" in lines["dossier"]
    assert "exploitation" in lines["dossier"]
    assert "veille" not in lines["dossier"]
    assert "http://127.0.0.1" in lines["crochet"]
    assert "/crochet" not in told
    assert "qualite@exemple.fr par 127.0.0.1:9" in lines["qualite"]


def test_what_waits_what_was_sent_and_what_was_given_up(opac: Opac, home: Home, hook: Hook) -> None:
    hook.answers = [403]
    queue(home, "dossier", "crochet", "qualite", "parti")
    deliver(Settings(home=home.root))
    with store(home) as con:
        con.execute("update avis set attendu = 700000, prochain_essai = null where rang = 4")
        (entry,) = due(con)
        failed(con, entry, NotReceived("Plus personne."))
    told = opac("avis").succeeded()
    waiting, _, rest = told.partition("Abandonnés")
    lost, _, sent = rest.partition("Partis en dernier")
    assert "Pour crochet" in waiting
    assert "refusé : 127.0.0.1 refuse l'avis (réponse 403)" in " ".join(waiting.split())
    assert "127.0.0.1:9 refuse ou coupe la connexion" in " ".join(waiting.split())
    assert "Plus personne." in lost
    assert "Pour parti" in lost
    assert "Pour dossier" in sent

    found = json.loads(opac("avis", "--json").succeeded())
    assert {entry["objet"]: entry["etat"] for entry in found["avis"]} == {
        "Pour dossier": "envoyé",
        "Pour crochet": "refusé",
        "Pour qualite": "en attente",
        "Pour parti": "abandonné",
    }
    assert [one["canal"] for one in found["destinataires"]] == ["fichier", "webhook", "courriel"]
    assert found["destinataires"][1]["vers"] == "http://127.0.0.1"


def test_a_try_says_of_each_whether_it_worked(opac: Opac, home: Home, hook: Hook) -> None:
    ran = opac("avis", "essayer")
    assert ran.code == 1
    assert "✓ dossier : l'avis d'essai est parti." in ran.out
    assert "✓ crochet : l'avis d'essai est parti." in ran.out
    assert "✗ qualite : 127.0.0.1:9 refuse ou coupe la connexion." in ran.out
    assert b"un essai" in hook.calls[0].body
    assert len(list((home.root / "avis").iterdir())) == 2
    assert "Rien n'attend." in opac("avis").out, "a try is not queued"


def test_a_try_of_one(opac: Opac, home: Home, hook: Hook) -> None:
    assert "crochet" in opac("avis", "essayer", "crochet").succeeded()
    assert not (home.root / "avis").exists()
    assert json.loads(opac("avis", "essayer", "crochet", "--json").succeeded()) == [
        {"nom": "crochet", "recu": True, "raison": None}
    ]
    ran = opac("avis", "essayer", "qualite", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)[0]["recu"] is False


def test_a_try_of_nobody_is_refused(opac: Opac, home: Home, hook: Hook) -> None:
    opac("avis", "essayer", "personne").refused(2, "« personne »", "dossier, crochet, qualite")
    ran = opac("avis", "esayer")
    assert ran.code == 2
    assert "valeurs possibles : essayer" in ran.err
    assert hook.calls == []


def test_wrong_settings_are_told(opac: Opac, home: Home) -> None:
    (home.root / "avis.toml").write_text("[[destinataire]]\nnom = 3\n")
    opac("avis").refused(2, "clé « nom »", 'écrivez nom = "qualite"')
