"""``notebooks/marche.py``: it runs, and what it shows is what the release says."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import ROOT
from tests.demonstration import demonstration
from tests.pipeline.commands import ask

NOTEBOOK = ROOT / "notebooks" / "marche.py"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return demonstration(tmp_path_factory)


@pytest.fixture(scope="module")
def run(home: Path) -> tuple[str, Mapping[str, Any]]:
    """What the cells show, as HTML, and the values that they name."""
    spec = importlib.util.spec_from_file_location("carnet", NOTEBOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPAC_HOME", str(home))
        shown, named = module.app.run()
    return " ".join(cell.text for cell in shown if cell is not None), named


def marimo(*args: object, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, args)],
        env={**os.environ, "OPAC_HOME": str(home or "")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_runs_as_a_script(home: Path) -> None:
    ran = marimo(NOTEBOOK, home=home)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_without_a_base_it_says_what_to_do(tmp_path: Path) -> None:
    ran = marimo(NOTEBOOK, home=tmp_path)
    assert ran.returncode == 1
    assert "Aucune base" in ran.stderr.splitlines()[-1]
    assert "make run" in ran.stderr.splitlines()[-1]


def test_marimo_finds_nothing_to_say_of_it() -> None:
    ran = marimo("-m", "marimo", "check", "--strict", NOTEBOOK)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr.strip()) == (0, "", "")


def test_its_values_are_those_of_the_release(
    home: Path, run: tuple[str, Mapping[str, Any]]
) -> None:
    _, named = run
    for name, sql in {
        "regions": "select region, nb_organismes, nb_certifies, nb_certifies_bilan_competences, "
        "part_certifies_pct from marche.par_region where nb_organismes >= 5 "
        "and part_certifies_pct is not null order by part_certifies_pct desc, region",
        "lorenz": "select centile, part_stagiaires_pct, part_stagiaires_bornee_pct "
        "from marche.lorenz where code is null order by centile",
        "tension": "select rang, departement, region, nb_candidats, nb_porteurs, "
        "candidats_par_porteur, indice_tension, sans_porteur, petit_effectif "
        "from marche.besoin_portage where categorie = 'BILAN_COMPETENCES' and rang > 0 "
        "order by rang",
        "dictionary": "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'marche' order by table_name, column_index",
    }.items():
        expected = ask(home, sql)
        assert named[name].rows() == expected, name
        assert len(expected) > 15
    assert tuple(named["synthese"].values()) == ask(home, "from marche.synthese")[0]
    places = named["concentration"].select("libelle", "gini_borne", "gini").rows()
    assert sorted(places) == ask(
        home,
        "select libelle, gini_borne, gini from marche.concentration "
        "where perimetre in ('NATION', 'CATEGORIE') order by libelle",
    )


def test_each_figure_is_dated_and_traced(home: Path, run: tuple[str, Mapping[str, Any]]) -> None:
    shown, _ = run
    day, sha = ask(home, "select date_contenu, sha256 from meta.publication")[0]
    assert shown.count(f"Liste du {day:%d/%m/%Y}") == shown.count(str(sha)) == 5
    for heading in ("Synthèse", "régions", "concentration", "portage", "dictionnaire"):
        assert heading in shown
