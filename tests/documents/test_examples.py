"""The README's commands on the examples of ``data/sample``, as they stand, on the demonstration."""

from __future__ import annotations

import json
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipelines.settings import ROOT
from tests.demonstration import demonstration
from tests.documents.test_docs import README, opac_calls
from tests.pipeline.commands import Opac

EXAMPLES = Path("data/sample/exemples")
CALLS = [call for call in opac_calls(README) if any(str(EXAMPLES) in word for word in call)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return demonstration(tmp_path_factory)


@pytest.fixture
def opac(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> Opac:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("OPAC_HOME", str(home))
    return Opac(capfd, monkeypatch)


def call(opac: Opac, command: str, folder: Path, *more: str) -> str:
    """Run the README's call of a command on an example, what it writes in a folder of the test."""
    (words,) = [words for words in CALLS if words[0] == command]
    ran = opac(*(word.replace("/tmp/", f"{folder}/") for word in words), *more)
    assert ran.code == 0, ran
    return ran.out


def test_every_example_is_used_by_the_readme() -> None:
    used = {Path(word) for words in CALLS for word in words if str(EXAMPLES) in word}
    assert used == {path.relative_to(ROOT) for path in (ROOT / EXAMPLES).iterdir()}


def test_candidates_are_found_and_get_all_verdicts(opac: Opac, tmp_path: Path) -> None:
    out = call(opac, "cribler", tmp_path)
    assert "Non comprises, reprises telles quelles : « Notes »" in out
    (written,) = tmp_path.iterdir()
    rows = fastexcel.read_excel(written).load_sheet(0, dtypes="string").to_polars()
    text = pl.concat_str(pl.all().fill_null(""), separator="\n")
    assert rows.select(text.str.contains("ABSENT").sum()).item() == 1
    assert rows.height == 8
    for verdict in ("ÉLIGIBLE", "PIÈCES MANQUANTES", "À VÉRIFIER", "NON ÉLIGIBLE"):
        assert f"  {verdict}  " in out


def test_invoices_make_years_and_sub_contractors(opac: Opac, tmp_path: Path) -> None:
    found = json.loads(call(opac, "plafond", tmp_path, "--json"))
    assert [(year["annee"], year["factures"], year["part_pct"]) for year in found["annees"]] == [
        (2024, 3, 68.62),
        (2025, 8, 56.72),
    ]
    assert found["sous_traite_selon"] == "PRIX_CPF"
    assert (found["avoirs"], found["lignes_autres_financeurs"]) == (1, 1)
    assert found["annees"][1]["factures_prix_inconnu"] == 1
    assert not any(year["a_verifier"] or year["depasse"] for year in found["annees"])
    assert found["lignes_ecartees"] == []
    # Two spellings, one number.
    assert sum(row["numero"] == "371103920" for row in found["sous_traitants"]) == 2


def test_letters_and_dossiers_come_with_their_index(opac: Opac, tmp_path: Path) -> None:
    call(opac, "demandes", tmp_path)
    call(opac, "dossier", tmp_path)
    for folder, files, count in (("lettres", "*.eml", 3), ("dossiers", "*.pdf", 8)):
        rows = pl.read_csv(tmp_path / folder / "index.csv", separator=";")
        assert rows.height == 8
        assert len([*(tmp_path / folder).glob(files)]) == count
