"""``avis.toml``: what it means, and what is said of what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import HomeUnusable, UsageError
from pipelines.home import Home
from pipelines.notices.outbox import Genre
from pipelines.notices.settings import (
    Folder,
    Mail,
    Mailboxes,
    Recipient,
    Security,
    Webhook,
    notice_settings,
)
from pipelines.settings import ROOT
from tests.notices.conftest import told_to

WHOLE = """
[[destinataire]]
nom = "qualite"
canal = "courriel"
adresses = ["qualite@exemple.fr", "adjoint@exemple.fr", "qualite@exemple.fr"]
recoit = ["veille"]

[[destinataire]]
nom = "astreinte"
canal = "webhook"
adresse = "https://exemple.fr/crochet"
recoit = ["exploitation"]

[[destinataire]]
nom = "dossier"
canal = "fichier"

[courriel]
serveur = "smtp.exemple.fr"
expediteur = "opac@exemple.fr"
utilisateur = "opac"
"""
ONE = '[[destinataire]]\nnom = "un"\n'
FILE = ONE + 'canal = "fichier"\n'
HOOK = ONE + 'canal = "webhook"\n'
MAIL = ONE + 'canal = "courriel"\nadresses = ["a@exemple.fr"]\n'
SERVER = '[courriel]\nserveur = "smtp.exemple.fr"\nexpediteur = "opac@exemple.fr"\n'


def test_each_channel_is_read(home: Home) -> None:
    told_to(home, WHOLE)
    read = notice_settings(home)
    mail = Mail("smtp.exemple.fr", 587, Security.STARTTLS, "opac@exemple.fr", "opac")
    both = frozenset(Genre)
    assert read.recipients == (
        Recipient(
            "qualite",
            frozenset({Genre.VEILLE}),
            Mailboxes(("qualite@exemple.fr", "adjoint@exemple.fr"), mail),
        ),
        Recipient(
            "astreinte",
            frozenset({Genre.EXPLOITATION}),
            Webhook("https://exemple.fr/crochet"),
        ),
        Recipient("dossier", both, Folder("avis")),
    )
    assert [one.nom for one in read.receiving(Genre.VEILLE)] == ["qualite", "dossier"]
    assert [one.nom for one in read.receiving(Genre.EXPLOITATION)] == ["astreinte", "dossier"]


def test_without_the_file_all_goes_to_a_folder(home: Home) -> None:
    (local,) = notice_settings(home).recipients
    assert local == Recipient("local", frozenset(Genre), Folder("avis"))


@pytest.mark.parametrize(
    ("security", "port"), [("starttls", 587), ("tls", 465), ("aucune", 25)], ids=str
)
def test_the_port_follows_the_security(home: Home, security: str, port: int) -> None:
    told_to(home, MAIL, SERVER, f'securite = "{security}"')
    (one,) = notice_settings(home).recipients
    assert isinstance(one.cible, Mailboxes)
    assert (one.cible.mail.securite, one.cible.mail.port) == (security, port)


@pytest.mark.parametrize(
    ("text", "key", "write"),
    [
        ("", "destinataire", "une table [[destinataire]] pour chacun"),
        ("destinataire = 3", "destinataire", "une table [[destinataire]] pour chacun"),
        ("destinataire = [3]", "destinataire", "une table [[destinataire]] pour chacun"),
        ('[[destinataire]]\ncanal = "fichier"', "nom", 'nom = "qualite"'),
        ('[[destinataire]]\nnom = ""', "nom", 'nom = "qualite"'),
        ('[[destinataire]]\nnom = "a\\u0007"', "nom", 'nom = "qualite"'),
        (FILE + FILE, "destinataire", "un nom chacun"),
        (ONE, "canal", 'canal = "fichier" ou canal = "webhook" ou canal = "courriel"'),
        (ONE + 'canal = "sms"', "canal", 'canal = "fichier"'),
        (FILE + "recoit = []", "recoit", 'recoit = ["veille", "exploitation"]'),
        (FILE + 'recoit = ["tout"]', "recoit", 'recoit = ["veille", "exploitation"]'),
        (FILE + 'recoit = "veille"', "recoit", 'recoit = ["veille", "exploitation"]'),
        (FILE + 'adresse = "https://exemple.fr"', "adresse", "une clé de docs/avis.md"),
        (FILE + "dossier = 3", "dossier", 'dossier = "avis"'),
        (HOOK, "adresse", 'adresse = "https://exemple.fr/crochet"'),
        (HOOK + 'adresse = "exemple.fr"', "adresse", 'adresse = "https://'),
        (HOOK + 'adresse = "ftp://exemple.fr"', "adresse", 'adresse = "https://'),
        (HOOK + 'adresse = "https://u:p@exemple.fr"', "adresse", "sans utilisateur"),
        (HOOK + 'adresse = "https://exemple.fr:x"', "adresse", 'adresse = "https://'),
        (MAIL, "canal", "une table [courriel]"),
        (MAIL.replace("a@", "a b@") + SERVER, "adresses", 'adresses = ["qualite@exemple.fr"]'),
        (MAIL.replace("a@", "Nom <a@") + SERVER, "adresses", 'adresses = ["qualite@exemple.fr"]'),
        (MAIL.replace("a@", "a\\n@") + SERVER, "adresses", 'adresses = ["qualite@exemple.fr"]'),
        (MAIL.replace('"a@', '3, "a@') + SERVER, "adresses", 'adresses = ["qualite@exemple.fr"]'),
        *(
            (
                MAIL + f'[courriel]\nserveur = "{name}"\nexpediteur = "opac@exemple.fr"',
                "serveur",
                'serveur = "smtp.exemple.fr"',
            )
            for name in ("smtp..exemple.fr", f"{'s' * 64}.fr")
        ),
        (MAIL + '[courriel]\nserveur = "s"', "expediteur", 'expediteur = "opac@exemple.fr"'),
        (MAIL + SERVER + 'port = "587"', "port", "port = 587"),
        (MAIL + SERVER + "port = true", "port", "port = 587"),
        (MAIL + SERVER + "port = 70000", "port", "port = 587"),
        (MAIL + SERVER + 'securite = "ssl"', "securite", 'securite = "starttls"'),
        (MAIL + SERVER + 'motdepasse = "x"', "motdepasse", "une clé de docs/avis.md"),
        (
            MAIL + SERVER + 'securite = "aucune"\nutilisateur = "u"',
            "securite",
            'securite = "starttls" ou "tls"',
        ),
        (FILE + "[autre]", "autre", "une clé de docs/avis.md"),
        (FILE.replace('canal = "fichier"', "canal = [1]"), "canal", 'canal = "fichier"'),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(
    home: Home, text: str, key: str, write: str
) -> None:
    told_to(home, text)
    with pytest.raises(UsageError) as raised:
        notice_settings(home)
    sentence = str(raised.value)
    assert sentence.startswith(f"« {home.root / 'avis.toml'} », ")
    assert f"clé « {key} » : " in sentence
    assert write in sentence.partition(" ; écrivez ")[2]


@pytest.mark.parametrize("content", [b"[[destinataire]", b"nom = \xff"])
def test_what_is_not_toml_is_said(home: Home, content: bytes) -> None:
    (home.root / "avis.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"avis\.toml » n'est pas du TOML lisible"):
        notice_settings(home)


def test_a_file_that_is_a_folder_is_said(home: Home) -> None:
    (home.root / "avis.toml").mkdir()
    with pytest.raises(UsageError, match=r"avis\.toml » n'est pas du TOML lisible"):
        notice_settings(home)


def test_a_home_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "fichier").touch()
    with pytest.raises(HomeUnusable, match="ne peut pas être utilisé"):
        notice_settings(Home(tmp_path / "fichier"))


def test_the_secrets_of_a_url_are_not_repeated(home: Home) -> None:
    told_to(home, HOOK, 'adresse = "https://u:tenu-secret@exemple.fr"')
    with pytest.raises(UsageError) as raised:
        notice_settings(home)
    assert "tenu-secret" not in str(raised.value)


def test_a_file_saved_by_a_windows_editor_is_read(home: Home) -> None:
    (home.root / "avis.toml").write_bytes(FILE.replace("\n", "\r\n").encode("utf-8-sig"))
    assert [one.nom for one in notice_settings(home).recipients] == ["un"]


def test_reading_makes_nothing(home: Home) -> None:
    notice_settings(home)
    assert list(home.root.iterdir()) == []


def test_the_documented_example_is_read(home: Home) -> None:
    text = (ROOT / "docs" / "avis.md").read_text(encoding="utf-8")
    told_to(home, text.split("```toml\n")[1].split("```")[0])
    names = [one.nom for one in notice_settings(home).recipients]
    assert names == ["qualite", "astreinte", "dossier"]
