"""``opac verifier``: one verdict with all that is behind it, or the grid."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipelines.portage.facts import FAITS, PAR_NOM
from pipelines.settings import Settings
from pipelines.warehouse.release import open_readonly
from tests.cli.conftest import DAY, Released
from tests.pipeline.commands import Opac
from tests.portage.demands import ACTIONS, DOCUMENTS, FUNDINGS

KEYS = {
    *("verdict", "controles", "pieces_manquantes", "avertissements", "organisme", "porteur"),
    *("instantane", "regles", "date_evaluation"),
}
CONTROL = {"regle", "role", "statut", "constat", "preuve", "base_legale", "confiance"}
STATUSES = {"SATISFAIT", "NON_SATISFAIT", "INCONNU", "SANS_OBJET", "AVERTISSEMENT"}
MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES", "--date", f"{DAY}")


def number(released: Released, condition: str) -> str:
    with open_readonly(released.release.path) as con:
        row = con.execute(
            f"select nda from socle.organisme where {condition} order by nda limit 1"
        ).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def certified(released: Released) -> str:
    return number(released, "certifie_bilan_competences and siren_valide")


@pytest.fixture
def bare(released: Released) -> str:
    return number(
        released,
        "est_certifie = false and not personne_physique_presumee and siren not in "
        "(select siren from socle.entite where est_certifie)",
    )


def declared() -> list[str]:
    """The options that declare every document of the mission."""
    day = {"attestation_vigilance": "2025-10-01"}
    options = []
    for name, value in {**DOCUMENTS, **day}.items():
        dashed = name.replace("_", "-")
        options += {"oui": [f"--{dashed}"], "non": [f"--pas-{dashed}"]}.get(
            value, [f"--{dashed}", value]
        )
    return options


def asked(opac: Opac, released: Released, *args: str) -> dict[str, Any]:
    ran = opac("verifier", *args, "--home", released.home, "--json")
    found: dict[str, Any] = json.loads(ran.succeeded())
    return found


def test_an_answer_holds_all_that_it_was_made_from(
    opac: Opac, released: Released, certified: str
) -> None:
    found = asked(opac, released, certified, *MISSION)
    assert found.keys() == KEYS
    assert found["verdict"] == "PIECES_MANQUANTES"
    assert all(control.keys() == CONTROL for control in found["controles"])
    assert {control["statut"] for control in found["controles"]} <= STATUSES
    assert all(control["base_legale"] for control in found["controles"])
    assert found["organisme"]["nda"] == certified
    assert found["organisme"]["certifications"]["BILAN_COMPETENCES"] is True
    assert found["porteur"] is None
    assert found["instantane"]["sha256"] == released.release.meta["sha256"]
    assert found["date_evaluation"] == found["instantane"]["date_contenu"] == DAY.isoformat()
    assert found["regles"]["financement"] == ["CPF"]
    assert len(found["regles"]["empreinte"]) == 64
    for piece in found["pieces_manquantes"]:
        assert piece.keys() == {"document", "libelle", "pourquoi", "base_legale", "regle"}
        assert all(piece.values())


def test_with_every_document_a_certified_organisation_is_eligible(
    opac: Opac, released: Released, certified: str
) -> None:
    found = asked(opac, released, certified, *MISSION, *declared())
    assert (found["verdict"], found["pieces_manquantes"]) == ("ELIGIBLE", [])
    assert found["organisme"]["faits"]["titres"] == "oui"
    assert found["organisme"]["echeances"][0]["date"] == "2026-04-01"


def test_a_company_without_certification_is_not(opac: Opac, released: Released, bare: str) -> None:
    unknown = asked(opac, released, bare, *MISSION, *declared())
    assert unknown["verdict"] == "A_VERIFIER"
    found = asked(opac, released, bare, *MISSION, *declared(), "--forme-juridique", "SASU")
    assert found["verdict"] == "NON_ELIGIBLE"
    [failed] = [c for c in found["controles"] if c["statut"] == "NON_SATISFAIT"]
    assert failed["regle"] == "ST_QUALIOPI_CPF_BILAN"
    assert "SASU" in failed["constat"]
    assert any("le Code dit l'inverse" in w["message"] for w in found["avertissements"])


def test_the_porteur_is_judged_when_named(
    opac: Opac, released: Released, certified: str, bare: str
) -> None:
    found = asked(opac, released, certified, *MISSION, *declared(), "--porteur", bare)
    assert found["verdict"] == "NON_ELIGIBLE"
    assert found["porteur"]["nda"] == bare
    assert {c["role"] for c in found["controles"]} == {"sous_traitant", "contrat", "porteur"}


def test_strict_tells_the_verdict_by_its_exit_code(
    opac: Opac, released: Released, certified: str, bare: str
) -> None:
    home = ("--home", str(released.home), "--strict")
    for args, code in (
        ((certified, *MISSION, *declared()), 10),
        ((certified, *MISSION), 11),
        ((bare, *MISSION), 12),
        ((bare, *MISSION, "--forme-juridique", "SASU"), 13),
    ):
        assert opac("verifier", *args, *home).code == code
    opac("verifier", certified, *home).refused(2, "--financement et --action")


def test_without_a_mission_the_whole_grid_is_given(
    opac: Opac, released: Released, certified: str
) -> None:
    found = asked(opac, released, certified, "--date", f"{DAY}")
    assert found.keys() == KEYS | {"grille"}
    cells = {(cell["financement"], cell["action"]): cell["verdict"] for cell in found["grille"]}
    assert cells.keys() == {(f, a) for f in FUNDINGS for a in ACTIONS}
    assert cells["CPF", "APPRENTISSAGE"] == "NON_ELIGIBLE"
    assert cells["CPF", "BILAN_COMPETENCES"] == "PIECES_MANQUANTES"
    shown = opac("verifier", certified, "--home", released.home, "--date", DAY).succeeded()
    assert "FONDS_PROPRES" in shown
    assert certified in shown
    assert "Actions de formation  Bilans de compétences  VAE" in shown
    assert shown.index("Sous-traitant seulement : ") < shown.index("FONDS_PROPRES")
    assert (found["regles"]["financement"], found["regles"]["action"]) == (None, None)


def test_what_the_mission_already_says_is_told_with_the_grid(
    opac: Opac, released: Released, certified: str
) -> None:
    found = asked(opac, released, certified, "--financement", "OPCO+FAF")
    assert {cell["financement"] for cell in found["grille"]} == {"OPCO + FAF"}
    assert found["regles"]["financement"] == ["OPCO", "FAF"]
    assert found["regles"]["action"] is None
    shown = opac("verifier", certified, "--financement", "OPCO+FAF", "--home", released.home)
    assert "\nOPCO + FAF  " in shown.succeeded()
    found = asked(opac, released, certified, "--action", "VAE")
    assert (found["regles"]["financement"], found["regles"]["action"]) == (None, "VAE")


def test_facts_come_from_a_file_and_options_win(
    opac: Opac, released: Released, bare: str, tmp_path: Path
) -> None:
    path = tmp_path / "faits.json"
    facts = {"micro": True, "ca": 42000, "attestation_micro": True, "titres": None}
    path.write_text(json.dumps(facts), encoding="utf-8")
    found = asked(opac, released, bare, *MISSION, "--faits", str(path))
    assert found["verdict"] == "PIECES_MANQUANTES"
    assert found["organisme"]["faits"]["ca"] == "42000"
    found = asked(opac, released, bare, *MISSION, "--faits", str(path), "--ca", "99 000 €")
    assert found["verdict"] == "NON_ELIGIBLE"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "n'est pas du JSON"),
        ("[1]", "objet JSON"),
        ('{"micros": true}', "micro"),
        ('{"micro": {"a": 1}}', "une seule valeur"),
        ('{"ca": 1, "micro": true, "ca": 99}', "« ca » est donné 2 fois"),
    ],
)
def test_a_file_of_facts_that_is_not_one_is_told(
    opac: Opac, released: Released, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "faits.json"
    path.write_text(text, encoding="utf-8")
    ran = opac("verifier", "93131234513", "--faits", path, "--home", released.home)
    assert ran.code == 2
    assert told in ran.err
    missing = opac("verifier", "93131234513", "--faits", tmp_path / "rien", "--home", released.home)
    assert missing.code == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--ca", "beaucoup"), "Chiffre d'affaires annuel"),
        (("--ca", "-5"), "un nombre positif"),
        (("--date", "31/02/2026"), "Date du contrat"),
        (("--date", "0202-01-01"), "une date de 1990 à 2060"),
        (("--attestation-vigilance", "hier"), "attestation de vigilance"),
        (("--financement", "MUTUELLE"), "FRANCE_TRAVAIL"),
        (("--part-sous-traitee", "120"), "pourcentage"),
    ],
)
def test_a_fact_that_cannot_be_read_is_told(
    opac: Opac, released: Released, certified: str, options: tuple[str, ...], told: str
) -> None:
    ran = opac("verifier", certified, *MISSION, *options, "--home", released.home)
    ran.refused(2, told)


@pytest.mark.parametrize("blank", [(), ("",), (" ",), ("--nda", ""), ("--nom", " ")])
def test_someone_must_be_named(opac: Opac, released: Released, blank: tuple[str, ...]) -> None:
    opac("verifier", *blank, "--home", released.home).refused(2, "n'est pas nommé")


def test_a_blank_value_is_as_not_given(
    opac: Opac, released: Released, certified: str, tmp_path: Path
) -> None:
    path = tmp_path / "faits.json"
    path.write_text('{"financement": ["", null], "action": null, "ca": "  "}', encoding="utf-8")
    found = asked(opac, released, certified, "--faits", str(path), "--action", "", "--date", " ")
    assert len(found["grille"]) == len(FUNDINGS) * len(ACTIONS)
    assert found["organisme"]["faits"].keys() == {"identifiant", "financement", "action"}
    strict = opac("verifier", certified, *MISSION, "--action", "", "--strict")
    strict.refused(2, "donnez aussi --financement et --action")


def test_the_file_of_facts_may_say_who(
    opac: Opac, released: Released, certified: str, bare: str, tmp_path: Path
) -> None:
    path = tmp_path / "faits.json"
    path.write_text(json.dumps({"identifiant": certified}), encoding="utf-8")
    assert asked(opac, released, "--faits", str(path))["organisme"]["nda"] == certified
    found = asked(opac, released, bare, "--faits", str(path))
    assert found["organisme"]["nda"] == bare, "the argument wins"


def test_a_fact_said_both_ways_is_refused(opac: Opac, released: Released, bare: str) -> None:
    for both in (("--micro", "--pas-micro"), ("--pas-micro", "--titres", "--micro")):
        ran = opac("verifier", bare, *MISSION, *both, "--home", released.home)
        ran.refused(2, "--micro et --pas-micro se contredisent")


def test_what_is_said_of_a_porteur_without_name_is_kept(
    opac: Opac, released: Released, certified: str, bare: str
) -> None:
    said = ("--porteur-certificat-fin", "2027-01-01")
    alone = asked(opac, released, certified, *MISSION, *said)
    assert alone["organisme"]["faits"]["porteur_certificat_fin"] == "2027-01-01"
    both = asked(opac, released, certified, *MISSION, *said, "--porteur", bare)
    assert "porteur_certificat_fin" not in both["organisme"]["faits"]
    assert both["porteur"]["faits"] == {"porteur": bare, "porteur_certificat_fin": "2027-01-01"}
    assert both["porteur"].keys() == both["organisme"].keys()


def test_dates_to_watch_are_those_of_each(
    opac: Opac, released: Released, certified: str, bare: str
) -> None:
    ends = ("--certificat-fin", "2027-06-01", "--porteur-certificat-fin", "2027-01-01")
    given = (certified, *MISSION, *ends, "--fin-mission", "2026-01-31", "--porteur", bare)
    found = asked(opac, released, *given)
    dates = {key: [e["date"] for e in found[key]["echeances"]] for key in ("organisme", "porteur")}
    assert {"2026-01-31", "2027-06-01"} <= {*dates["organisme"]}
    assert "2027-01-01" in dates["porteur"]
    assert not {*dates["organisme"]} & {*dates["porteur"]}
    shown = opac("verifier", *given, "--home", released.home).succeeded()
    told = re.findall(r"^  • (\d\d)/(\d\d)/(\d{4}) : ", shown.split("Dates à surveiller")[1], re.M)
    assert [f"{y}-{m}-{d}" for d, m, y in told] == sorted(dates["organisme"] + dates["porteur"])


def test_who_is_not_identified_is_told_so(opac: Opac, released: Released) -> None:
    named = ("--nom", "Zorglub\x1b[31m Conduite", *MISSION)
    shown = opac("verifier", *named, "--home", released.home).succeeded()
    assert shown.startswith("Sous-traitant Zorglub␣[31m Conduite (non identifié)\n")
    assert "pas trouvé dans la liste" not in shown
    found = asked(opac, released, *named)
    assert found["organisme"]["rapprochement"]["qualite"] == "AUCUN_PROCHE"
    assert (found["organisme"]["nda"], found["organisme"]["siren"]) == (None, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("n'importe quoi",), "« n'importe quoi » est un nom, pas un numéro"),
        (("123456789",), "La clé du numéro « 123456789 » est fausse"),
        (("\x1b[31m93\x07",), "« ␣[31m93␣ » ne se lit ni comme un NDA"),
        (("12345678",), "« 12345678 » compte 8 chiffres (un SIREN en a 9, un NDA 11, un SIRET 14)"),
        (("01 42 68 53 00",), "« 01 42 68 53 00 » est un numéro de téléphone"),
        (("contact@exemple.fr",), "« contact@exemple.fr » est une adresse électronique"),
        (("-",), "Aucun numéro n'est donné"),
        (("11750000175", "--porteur", "12345678"), "Porteur : « 12345678 » compte 8 chiffres"),
    ],
)
@pytest.mark.parametrize("mission", [MISSION, ()])
def test_a_refused_identifier_is_told_and_nothing_is_judged(
    opac: Opac, released: Released, given: tuple[str, ...], told: str, mission: tuple[str, ...]
) -> None:
    for more in ((), ("--json",)):
        ran = opac("verifier", *given, *mission, *more, "--home", released.home)
        assert told in ran.refused(2)
        assert ran.out == ""


def test_a_verdict_fits_eighty_columns(
    opac: Opac, released: Released, certified: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    screen = Console(file=written, force_terminal=True, color_system=None, width=80)
    monkeypatch.setattr("pipelines.cli.verify.OUT", screen)
    opac("verifier", certified, *MISSION, "--home", released.home).succeeded()
    opac("verifier", certified, "--home", released.home).succeeded()
    lines = written.getvalue().splitlines()
    assert len(lines) > 60
    assert [line for line in lines if len(line) > 80] == []
    assert not any(line.count("«") != line.count("»") for line in lines)


def test_contradictory_facts_are_a_question(opac: Opac, released: Released, bare: str) -> None:
    found = asked(opac, released, bare, *MISSION, "--micro", "--forme-juridique", "SASU")
    assert found["verdict"] == "A_VERIFIER"
    assert any("se contredisent" in control["constat"] for control in found["controles"])


def test_a_verdict_is_read_in_a_terminal(opac: Opac, released: Released, certified: str) -> None:
    shown = opac("verifier", certified, *MISSION, "--home", released.home).succeeded()
    for words in (
        "PIÈCES MANQUANTES",
        "Sous-traitant seulement : le porteur n'est pas jugé",
        "certifié pour : ",
        "CPF · bilans de compétences · contrat du",
        "Bulletin n° 3",
        "L.6352-2",
        "Liste",
        "SHA-256",
        "conseil juridique",
    ):
        assert words in shown
    assert "{" not in shown


def test_every_fact_has_an_option(opac: Opac, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    told = opac("verifier", "--help").succeeded()
    for fait in FAITS:
        if fait.nom != "identifiant":  # the argument itself
            assert f"{fait.option} " in told, fait.nom


def test_help_names_each_value_of_the_mission() -> None:
    assert all(funding in PAR_NOM["financement"].aide for funding in FUNDINGS)
    assert all(action in PAR_NOM["action"].aide for action in ACTIONS)


def test_a_release_from_before_the_rules_says_what_to_do(opac: Opac, tmp_path: Path) -> None:
    from pipelines.home import Home
    from tests.warehouse.small_releases import publish

    home = Home(Settings.load(tmp_path / "ancienne").home)
    home.prepare()
    publish(home, "ancienne")
    opac("verifier", "93131234513", "--home", home.root).refused(1, "opac refresh")
