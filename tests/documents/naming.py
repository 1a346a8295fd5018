"""The names of assets, read from the code: ``CONTRIBUTING.md`` says the convention."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_KEYS = "pipelines/orchestration/keys.py"
# Its assets are the SQL models: their groups are the schemas.
_MODELS = "modeles"


def asset_faults(root: Path) -> list[str]:
    """Say which assets are not named by the convention, a sentence each, with file and line.

    A module of ``assets/`` bears the name of the group of its assets; the first part of a key is
    that group.
    """
    return [*_groups(root), *_keys(root)]


def _groups(root: Path) -> Iterator[str]:
    for path in sorted((root / "assets").glob("*.py")):
        if path.stem in {"__init__", _MODELS}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "group_name":
                group = (
                    ast.literal_eval(node.value) if isinstance(node.value, ast.Constant) else "?"
                )
                if group != path.stem:
                    yield (
                        f"assets/{path.name}:{node.lineno}: the group « {group} » is not the name "
                        f"of its module, « {path.stem} »"
                    )


def _keys(root: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((root / _KEYS).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dg.AssetKey":
            parts = ast.literal_eval(node.args[0])
            if not (root / "assets" / f"{parts[0]}.py").exists():
                yield (
                    f"{_KEYS}:{node.lineno}: the key « {'/'.join(parts)} » begins with no module "
                    f"of assets: no module assets/{parts[0]}.py"
                )
