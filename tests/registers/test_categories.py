"""The four categories: one file names them, and nothing spells their names a second time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.portage.carriers import Action
from pipelines.registers.categories import BY_CODE
from pipelines.registers.contract import BY_NAME, CATEGORIES, FLAGS
from pipelines.settings import ROOT, SQL

# The columns of the list have their own headings and descriptions.
CONTRACT = ROOT / "pipelines" / "registers" / "contract.py"
PYTHON = sorted(path for room in ("pipelines", "assets") for path in (ROOT / room).rglob("*.py"))
_SAID = re.compile(
    "|".join(
        re.escape(text)
        for one in BY_CODE.values()
        for text in (one.with_article, f"« {one.short} »")
    )
)
_NAMES = {text for one in BY_CODE.values() for text in (one.label, one.title)} - BY_CODE.keys()


def spelt(path: Path, source: str) -> Iterator[str]:
    """Find the texts of a module, documentation aside, that write the name of a category."""
    tree = ast.parse(source)
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
            and (node.value in _NAMES or _SAID.search(node.value))
        ):
            yield f"{path.relative_to(ROOT)}, ligne {node.lineno} : {node.value}"


def test_the_categories_are_those_that_the_list_certifies() -> None:
    assert tuple(BY_CODE) == CATEGORIES == tuple(Action)
    assert tuple(one.flag for one in BY_CODE.values()) == FLAGS
    assert all(one.flag in BY_NAME for one in BY_CODE.values())


def test_each_has_its_names() -> None:
    bilan = BY_CODE["BILAN_COMPETENCES"]
    assert (bilan.title, bilan.label) == ("Bilans de compétences", "bilans de compétences")
    assert (bilan.with_article, bilan.short) == ("les bilans de compétences", "bilan")
    assert (bilan.flag, bilan.count) == (
        "certifie_bilan_competences",
        "nb_certifies_bilan_competences",
    )
    assert BY_CODE["VAE"].title == "VAE"
    for one in BY_CODE.values():
        assert one.with_article.removeprefix("l'").split(" ", 1)[-1] == one.label


def test_their_names_are_spelt_once() -> None:
    found = [told for path in PYTHON if path != CONTRACT for told in spelt(path, path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "text", ["Certifiés « bilan »", "pour la VAE.", "Apprentissage", "actions de formation"]
)
def test_a_name_spelt_again_is_found(text: str) -> None:
    source = f'"""Of {text}."""\nX = 1\nY = {{"code": f"{{X}} {text}", "autre": "{text}"}}\n'
    assert any(told.endswith(text) for told in spelt(PYTHON[0], source))
    assert not list(spelt(PYTHON[0], f'"""{text}"""\n'))


def test_no_query_spells_their_names() -> None:
    for path in SQL.glob("*/*.sql"):
        query = path.read_text(encoding="utf-8").split("*/", 1)[-1].replace("''", "'")
        assert not _SAID.search(query), path.name
