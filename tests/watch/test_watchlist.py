"""The list itself: what is read, what is kept, updates and removals."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.portage.session import portage_session
from pipelines.warehouse.release import current
from pipelines.watch.arguments import Reading, read
from pipelines.watch.watchlist import add, recipient_for, remove
from tests.portage.candidates.files import sheet
from tests.watch.nights import (
    DECLARED,
    FIRST,
    GONE,
    LATE,
    LOSER,
    NEW,
    OLD,
    SECOND,
    SIRENS,
    STEADY,
    UNKNOWN,
    Nights,
)

MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES"}
# As people keep them: a title, columns of their own, numbers spoilt, rows that name nobody.
MESSY = [
    ["Suivi qualité — confidentiel"],
    [],
    [
        "Organisme",
        "N° NDA",
        "Courriel",
        "Tél.",
        "Attestation URSSAF",
        "Fin Qualiopi",
        "CGU",
        "Note",
    ],
    [
        "Zoé Fictive",
        f"{STEADY[:2]} {STEADY[2:4]} {STEADY[4:]}",
        "zoe@exemple.fr",
        "06 00 00 00 01",
        "10/01/2026",
        "31/12/2026",
        "oui",
        "rappeler Zoé",
    ],
    ["", f"{LOSER}.0", "", "", "reçue de zoe@exemple.fr", "", "oui", ""],
    ["Introuvable Consultants", "", "x@exemple.fr", "", "", "", "", ""],
    ["", "123456789", "", "", "", "", "", ""],
    ["", UNKNOWN, "", "", "", "", "", ""],
    ["", "à demander", "", "", "", "", "", ""],
    ["", STEADY, "", "", "", "", "non", "la même, en double"],
]


def reading(nights: Nights, *arguments: object, **defaults: str) -> Reading:
    found = current(nights.home)
    assert found is not None
    with portage_session(found, FIRST) as session:
        return read(session, [str(one) for one in arguments], defaults)


def test_a_messy_file_gives_numbers_and_facts_that_read(nights: Nights, tmp_path: Path) -> None:
    path = sheet(tmp_path / "suivi.xlsx", MESSY)
    found = reading(nights, path, **MISSION)
    steady = {**MISSION, "attestation_vigilance": "2026-01-10", "certificat_fin": "2026-12-31"}
    assert [(one.identifiant, one.faits) for one in found.asked] == [
        (STEADY, {**steady, "accepte_cgu": "oui"}),
        (LOSER, {**MISSION, "accepte_cgu": "oui"}),
        (UNKNOWN, MISSION),
        (STEADY, {**MISSION, "accepte_cgu": "non"}),
    ]
    assert [where for where, _ in found.refused] == [
        f"suivi.xlsx, ligne {line}" for line in (6, 7, 9)
    ]
    told = " ".join(found.remarks)
    assert "dont rien n'est gardé : « Courriel », « Tél. », « Note »" in told
    assert "suivi.xlsx, ligne 5 : « Date de l'attestation de vigilance » ne se lit pas" in told


def test_nothing_personal_is_kept(nights: Nights, tmp_path: Path) -> None:
    found = reading(nights, sheet(tmp_path / "suivi.xlsx", MESSY), **MISSION)
    release = current(nights.home)
    assert release is not None
    add(nights.settings, release, "local", found.asked, FIRST)
    kept = (nights.root / "avis.sqlite").read_bytes()
    assert STEADY.encode() in kept
    for word in ("Zo", "exemple.fr", "06 00", "rappeler", "CONSTANT", "Introuvable", "double"):
        assert word.encode() not in kept, word


def test_facts_kept_are_read_again_as_they_were(nights: Nights, tmp_path: Path) -> None:
    written = {
        **{"NDA": STEADY, "Financeur": "OPCO et CPF", "Prestation": "bilan de compétences"},
        **{"Forme juridique": "5710", "Micro-social": "non", "CA annuel": "42 000,50 €"},
        **{"Nature formation": "action de droit", "Certificat Qualiopi": "VAE, bilan"},
        **{"Part sous-traitée (%)": "4,5 %", "Porteur": GONE, "Montant HT": "4999"},
        **{"Date de signature": "02/03/2026"},
    }
    path = sheet(tmp_path / "c.xlsx", [list(written), list(written.values())])
    [one] = reading(nights, path).asked
    assert one.faits == {
        "financement": "CPF+OPCO",
        "action": "BILAN_COMPETENCES",
        "forme_juridique": "SAS",
        "micro": "non",
        "ca": "42000.5000",
        "type_formation": "action_de_droit",
        "certificat": "BILAN_COMPETENCES+VAE",
        "part_sous_traitee": "4.5000",
        "porteur": GONE,
        "montant": "4999",
    }
    again = [["NDA", *one.faits], [STEADY, *one.faits.values()]]
    kept = reading(nights, sheet(tmp_path / "d.xlsx", again))
    assert kept.asked == [one]


@pytest.mark.parametrize(
    ("arguments", "defaults", "words"),
    [
        (["12345"], {}, "compte 5 chiffres"),
        (["123456789"], {}, "clé du numéro « 123456789 » est fausse"),
        ([STEADY, "93 13"], {}, "« 93 13 » compte 4 chiffres"),
        (["absent.csv"], {}, "« absent.csv » n'existe pas"),
        # Longer than a file's name may be.
        ([" ".join(["93 13"] * 60)], {}, "compte 240 chiffres"),
        ([STEADY], {"financement": "BITCOIN", "action": "VAE"}, "« Financement » ne se lit pas"),
        ([STEADY], {**MISSION, "porteur": "123456789"}, "Le porteur n'est pas compris"),
    ],
)
def test_a_wrong_request_adds_nothing(
    nights: Nights, arguments: list[str], defaults: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        reading(nights, *arguments, **defaults)


def test_a_name_that_contradicts_its_number_is_told(nights: Nights, tmp_path: Path) -> None:
    rows = [["Nom", "NDA"], ["Zoé Fictive", STEADY], ["Atelier Constant", STEADY]]
    path = sheet(tmp_path / "suivi.xlsx", rows)
    told = [one for one in reading(nights, path).remarks if ", ligne " in one]
    assert len(told) == 1
    assert told[0].startswith("suivi.xlsx, ligne 2 : Le nom donné (Zoé Fictive) ressemble peu")


def test_a_folder_that_bears_a_number_is_no_file(
    nights: Nights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / STEADY).mkdir()
    monkeypatch.chdir(tmp_path)
    assert [one.identifiant for one in reading(nights, STEADY).asked] == [STEADY]


def test_a_file_may_say_half_of_the_mission(nights: Nights, tmp_path: Path) -> None:
    rows = [["NDA", "Prestation"], [STEADY, "VAE"], [LOSER, ""]]
    found = reading(nights, sheet(tmp_path / "c.xlsx", rows), financement="CPF")
    assert [one.faits.get("action") for one in found.asked] == ["VAE", None]
    assert "1 ligne n'a pas à la fois un financement et une action" in found.remarks[-1]


def test_a_file_that_names_nobody_is_refused(nights: Nights, tmp_path: Path) -> None:
    path = sheet(tmp_path / "vide.xlsx", [["NDA", "Note"], ["à demander", "x"]])
    with pytest.raises(UsageError, match=r"rien n'est ajouté : vide\.xlsx, ligne 2"):
        reading(nights, path)


def test_adding_twice_updates(nights: Nights) -> None:
    nights.watch(STEADY, LOSER, on=FIRST)
    again = nights.watch(STEADY, on=SECOND)
    assert ([*again.nouvelles, *again.changees], len(again.connues)) == ([], 1)
    changed = nights.watch(STEADY, on=SECOND, **{**DECLARED, "dereference": "oui"})
    assert [found.maintenant.verdict for _, found in changed.changees] == ["NON_ELIGIBLE"]
    other = nights.watch(STEADY, on=SECOND, **{**DECLARED, "financement": "OPCO"})
    assert len(other.nouvelles) == 1
    lines = [(line.identifiant, line.mission[0], line.ajoute) for line in nights.lines()]
    assert lines == [(STEADY, "CPF", FIRST), (LOSER, "CPF", FIRST), (STEADY, "OPCO", SECOND)]
    assert nights.lines()[0].faits["dereference"] == "oui"


def test_one_organisation_is_one_line_whatever_its_number(nights: Nights) -> None:
    nights.watch(STEADY, on=FIRST)
    by_siren = nights.watch(SIRENS[STEADY], on=FIRST)
    assert ([*by_siren.nouvelles, *by_siren.changees], len(by_siren.connues)) == ([], 1)
    twice = nights.watch(LOSER, SIRENS[LOSER], LOSER, on=FIRST)
    assert len(twice.nouvelles) == 1
    assert [line.identifiant for line in nights.lines()] == [STEADY, LOSER]


def test_lines_are_taken_off(nights: Nights) -> None:
    nights.watch(STEADY, LOSER, OLD, on=FIRST)
    nights.follow(STEADY, LATE, on=FIRST)
    nights.release(SECOND)
    nights.round(SECOND)
    gone = remove(nights.settings, [f"{STEADY[:4]} {STEADY[4:]}", NEW], None)
    assert [line.identifiant for line in gone] == [STEADY, STEADY, OLD]
    with pytest.raises(UsageError, match="n'est pas suivi"):
        remove(nights.settings, [LOSER, STEADY], None)
    assert [line.identifiant for line in nights.lines()] == [LOSER, LATE]
    remove(nights.settings, [], None, everything=True)
    assert nights.lines() == []
    with pytest.raises(UsageError, match="Personne n'est suivi"):
        remove(nights.settings, [], None, everything=True)


def test_who_is_told_is_never_guessed(nights: Nights) -> None:
    home = Home(nights.root)
    assert recipient_for(home, None) == "local"
    with pytest.raises(UsageError, match="« zoe » ne reçoit pas la veille : donnez --pour parmi"):
        recipient_for(home, "zoe")
    two = "".join(
        f'[[destinataire]]\nnom = "{name}"\ncanal = "fichier"\ndossier = "{name}"\n'
        for name in ("qualite", "achats")
    )
    (nights.root / "avis.toml").write_text(two, encoding="utf-8")
    with pytest.raises(UsageError, match=r"choisissez avec --pour \(qualite, achats\)"):
        recipient_for(home, None)
    nights.watch(STEADY, on=FIRST, pour="qualite")
    nights.watch(STEADY, on=FIRST, pour="achats")
    with pytest.raises(UsageError, match="choisissez avec --pour"):
        remove(nights.settings, [STEADY], None)
    remove(nights.settings, [STEADY], "achats")
    assert [line.destinataire for line in nights.lines()] == ["qualite"]
