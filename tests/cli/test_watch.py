"""``opac veille``: what a porteur types, and what is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran
from tests.portage.candidates.files import write

MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES")
ABSENT = "93139999913"


class Watch:
    def __init__(self, opac: Opac, home: Path) -> None:
        self._opac = opac
        self.home = home

    def __call__(self, *args: object) -> Ran:
        return self._opac("veille", *args, "--home", self.home)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("liste", "--json").succeeded())
        return found


@pytest.fixture
def veille(opac: Opac, released: Released, tmp_path: Path) -> Watch:
    """The command on a home of its own."""
    shutil.copytree(released.home, tmp_path / "maison", symlinks=True)
    return Watch(opac, tmp_path / "maison")


@pytest.fixture(scope="module")
def certified(released: Released) -> tuple[str, str]:
    """The number and the name of an organisation certified for the bilan de compétences."""
    with duckdb.connect(released.release.path, read_only=True) as con:
        [found] = con.execute(
            "select nda, denomination from socle.organisme where certifie_bilan_competences "
            "and siren_valide and regexp_full_match(denomination, '[\\w ]+') order by nda limit 1"
        ).fetchall()
    return found


def test_a_list_is_begun_shown_and_ended(veille: Watch, certified: tuple[str, str]) -> None:
    nda, name = certified
    assert "Personne n'est suivi" in veille("liste").succeeded()
    told = veille("ajouter", nda, ABSENT, *MISSION).succeeded()
    assert "✓ 2 lignes ajoutées pour « local »." in told
    assert f"{ABSENT} est bien formé, mais n'est pas dans la liste" in told
    assert "ils ne sont pas un conseil juridique" in told

    shown = veille("liste").succeeded()
    assert shown.startswith("Pour « local » : 2 lignes suivies")
    [row] = [line for line in shown.splitlines() if nda in line]
    assert name in row
    assert "CPF, bilans de compétences" in row
    one, other = veille.listed()
    assert (one["identifiant"], one["denomination"], one["nda"]) == (nda, name, nda)
    assert one["verdict"] in {"PIECES_MANQUANTES", "A_VERIFIER"}
    assert one["raisons"]
    assert (other["nda"], other["destinataire_recoit"]) == (None, True)

    assert "1 ligne retirée pour « local »" in veille("retirer", nda).succeeded()
    assert "1 ligne retirée" in veille("retirer", "--tout").succeeded()
    assert veille.listed() == []


def test_a_file_says_the_mission_of_each(veille: Watch, certified: tuple[str, str]) -> None:
    nda, _ = certified
    write(
        Path("suivi.csv"),
        f"NDA;Financeur;Prestation;Fin Qualiopi;Contact\n{nda};OPCO;VAE;31/12/2050;Zoé\n"
        f"{nda};;;;\nà demander;;;;\n{nda};OPCO;VAE;31/12/2051;Zoé\n",
    )
    told = veille("ajouter", "suivi.csv", *MISSION).succeeded()
    assert "Colonnes non comprises, dont rien n'est gardé : « Contact »" in told
    assert "1 ligne sans organisme identifié" in told
    assert "suivi.csv, ligne 4 : " in told
    assert f"Répété pour la même mission, la dernière ligne compte : {nda}." in told
    assert "✓ 2 lignes ajoutées" in told
    facts = [line["faits"] for line in veille.listed()]
    assert [(one["financement"], one["action"]) for one in facts] == [
        ("OPCO", "VAE"),
        ("CPF", "BILAN_COMPETENCES"),
    ]
    assert facts[0]["certificat_fin"] == "2051-12-31"
    again = veille("ajouter", "suivi.csv", *MISSION).succeeded()
    assert "2 déjà suivies" in again


def test_how_the_columns_of_a_file_are_read_is_told_and_set(
    veille: Watch, certified: tuple[str, str]
) -> None:
    nda, _ = certified
    path = write(Path("c.csv"), f"NDA;Non micro-entrepreneur;Total\n{nda};oui;1er mars 2026\n")
    told = veille("ajouter", path, *MISSION).succeeded()
    assert "« Non micro-entrepreneur » : laissée de côté. « non » : ce n'est pas" in told
    assert "micro" not in veille.listed()[0]["faits"]
    told = veille(
        *("ajouter", path, *MISSION, "--colonne", "Total=fin_mission"),
        *("--colonne", "Non micro-entrepreneur=pas-micro"),
    ).succeeded()
    assert "contraire de micro" in told
    facts = veille.listed()[-1]["faits"]
    assert (facts["micro"], facts["fin_mission"]) == ("non", "2026-03-01")


def test_lines_of_a_lost_recipient_are_told(veille: Watch, certified: tuple[str, str]) -> None:
    veille("ajouter", certified[0]).succeeded()
    (veille.home / "avis.toml").write_text('[[destinataire]]\nnom = "autre"\ncanal = "fichier"\n')
    shown = veille("liste").succeeded()
    assert "« local » n'est plus dans avis.toml" in shown
    assert [line["destinataire_recoit"] for line in veille.listed()] == [False]
    veille("retirer", "--tout", "--pour", "local").succeeded()
    assert veille.listed() == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("ajouter", "absent.xlsx"), "« absent.xlsx » n'existe pas"),
        (("ajouter", ABSENT, "--financement", "CPF"), "donnez les deux, ou aucun"),
        (("ajouter", ABSENT, "--pour", "zoe"), "« zoe » ne reçoit pas la veille"),
        (("retirer",), "ou --tout"),
        (("retirer", ABSENT, "--tout"), "ou --tout"),
        (("retirer", ABSENT), "Personne n'est suivi"),
        (("retirer", "--tout"), "Personne n'est suivi"),
    ],
)
def test_a_wrong_request_is_told(veille: Watch, args: tuple[str, ...], words: str) -> None:
    veille(*args).refused(2, words)


def test_a_home_without_a_release_says_what_to_do(opac: Opac, tmp_path: Path) -> None:
    for args in (("ajouter", ABSENT), ("liste",)):
        ran = opac("veille", *args, "--home", tmp_path / "vide")
        assert (ran.code, ran.out) == (2, "")
        assert "lancez d'abord « opac refresh »" in ran.err


@pytest.mark.parametrize("command", ["ajouter", "liste", "retirer"])
def test_help_is_french(opac: Opac, command: str) -> None:
    told = opac("veille", command, "--help").succeeded()
    assert f"Usage : opac veille {command}" in told
    assert "Afficher cette aide." in told
