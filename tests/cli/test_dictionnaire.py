"""``opac dictionnaire``: on the terminal, or in a file."""

from __future__ import annotations

from pathlib import Path

from pipelines.warehouse.dictionary import dictionary_text
from tests.pipeline.commands import Opac


def test_dictionary(opac: Opac, tmp_path: Path) -> None:
    assert opac("dictionnaire").succeeded() == dictionary_text()
    assert opac("dictionnaire", "--sortie", "d.md").succeeded() == ""
    assert (tmp_path / "d.md").read_text("utf-8") == dictionary_text()
    ran = opac("dictionnaire", "--sortie", tmp_path)
    assert ran.code == 2
    assert "c'est un dossier" in ran.err
