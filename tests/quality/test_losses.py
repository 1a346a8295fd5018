"""Certifications lost whole: refused on a list of any size, in the words of the list."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.quality.controls import Control, Status
from pipelines.quality.losses import lost_certifications
from pipelines.registers.contract import FLAGS
from tests.quality.bases import staging

ADVICE = "Faites ceci."
VAE = "contrat.organisme.certifie_vae.perte"
ANYBODY = "contrat.organisme.certifications.perte"
NO_VAE = "update organisme set certifie_vae = null"


def unread(flag: str, words: str, rows: str = "certifie_action_formation") -> str:
    """Doubts on a flag of the rows of a condition, written as these words in turn."""
    return (
        f"insert into anomalie(regle, champ, valeur) select 'DRAPEAU_ILLISIBLE', '{flag}', "
        f"({words})[1 + ligne % len({words})] from organisme where {rows}"
    )


def lost(folder: Path, *damage: str, rows: int = 10) -> dict[str, Control]:
    controls = lost_certifications(staging(folder, *damage, rows=rows), ADVICE)
    return {c.regle: c for c in controls if c.statut is Status.NON_CONFORME}


@pytest.mark.parametrize("rows", [1, 10, 600])
def test_a_list_that_says_who_is_certified_loses_nothing(tmp_path: Path, rows: int) -> None:
    assert lost(tmp_path, rows=rows) == {}


@pytest.mark.parametrize("rows", [1, 10, 600])
def test_flags_none_of_which_reads(tmp_path: Path, rows: int) -> None:
    damage = (unread("certifie_vae", "['WAHR?', 'FALSCH?']"), NO_VAE)
    found = lost(tmp_path, *damage, rows=rows)
    assert set(found) == {VAE}
    assert found[VAE].bloquant
    assert found[VAE].message.endswith(f"ne disent ni vrai ni faux. {ADVICE}")
    assert "pour la VAE ne se lisent pas : « " in found[VAE].message
    assert "WAHR?" in found[VAE].message or "FALSCH?" in found[VAE].message


def test_one_flag_that_does_not_read_is_only_a_doubt(tmp_path: Path) -> None:
    one = "ligne = (select min(ligne) from organisme)"
    damage = (unread("certifie_vae", "['?']", one), f"{NO_VAE} where {one}")
    assert lost(tmp_path, *damage) == {}


def test_most_flags_that_do_not_read(tmp_path: Path) -> None:
    # Of ten rows, four are filled; one of them still reads.
    most = "certifie_action_formation and ligne > (select min(ligne) from organisme)"
    assert set(lost(tmp_path, unread("certifie_vae", "['?']", most), f"{NO_VAE} where {most}")) == {
        VAE
    }


def test_a_column_emptied_beside_the_others(tmp_path: Path) -> None:
    found = lost(tmp_path, NO_VAE)
    assert set(found) == {VAE}
    assert "leur colonne est vide alors que les autres sont remplies" in found[VAE].message


@pytest.mark.parametrize("value", ["null", "false"])
def test_nobody_certified_for_anything(tmp_path: Path, value: str) -> None:
    damage = (f"update organisme set {flag} = {value}" for flag in FLAGS)
    found = lost(tmp_path, *damage)
    assert set(found) == {ANYBODY}
    assert found[ANYBODY].message == (
        "Aucun organisme n'est certifié pour rien (10 lignes) : les certifications ont été "
        f"perdues. {ADVICE}"
    )


def test_nobody_certified_for_one_category_may_be(tmp_path: Path) -> None:
    assert lost(tmp_path, "update organisme set certifie_vae = false where certifie_vae") == {}


@pytest.mark.parametrize(("absent", "left"), [(FLAGS, 0), (FLAGS[2:3], 4)])
def test_what_the_layout_never_had_is_not_lost(
    tmp_path: Path, absent: tuple[str, ...], left: int
) -> None:
    told = ", ".join(f"'{flag}'" for flag in absent)
    emptied = (f"update organisme set {flag} = null" for flag in absent)
    base = staging(tmp_path, f"update lecture set absentes = [{told}]", *emptied, rows=10)
    controls = lost_certifications(base, ADVICE)
    assert len(controls) == left
    assert all(control.statut is Status.CONFORME for control in controls)
