"""The plan of the house is true: rooms, imports and the names of assets, against the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import ROOT
from tests.documents.architecture import DOCUMENT, faults, rooms
from tests.documents.naming import asset_faults


def test_the_code_is_as_the_plan_says() -> None:
    assert faults(ROOT) == []


def test_every_room_says_what_belongs() -> None:
    packages = [
        path.parent for top in ("pipelines", "assets") for path in (ROOT / top).rglob("*.py")
    ]
    silent = [
        folder.relative_to(ROOT).as_posix()
        for folder in sorted(set(packages))
        if not (folder / "__init__.py").read_text(encoding="utf-8").startswith('"""')
    ]
    assert silent == []


def test_tests_mirror_the_rooms() -> None:
    folders = {
        path.removeprefix("pipelines/").strip("/")
        for room in rooms(ROOT)
        for path in room.paths
        if path.endswith("/") and path != "assets/"
    }
    missing = sorted(name for name in folders if not (ROOT / "tests" / name).is_dir())
    assert missing == []


_PLAN = """# Architecture

| where | what | knows |
|---|---|---|
| `assets/` | assets | `cli`, `ground` |
| `pipelines/cli/` | commands | `warehouse`, `ground` |
| `pipelines/warehouse/` | releases | `ground` |
| `pipelines/orchestration/` | names | |
| `pipelines/errors.py`, `pipelines/files.py`, `pipelines/home.py` | the ground | |
"""
_CODE = {
    "assets/suivi.py": "import pipelines.cli.main\nfrom pipelines import home",
    "pipelines/cli/main.py": "from pipelines.warehouse.build import x\nimport pipelines.home",
    "pipelines/warehouse/build.py": "from pipelines import home",
    "pipelines/warehouse/release.py": "from pipelines.warehouse import build",
    "pipelines/orchestration/keys.py": "import dagster as dg",
    "pipelines/errors.py": "",
    "pipelines/files.py": "from pipelines import errors",
    "pipelines/home.py": "",
}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house as its plan says, to be spoilt."""
    _add(tmp_path, DOCUMENT, _PLAN)
    for file, text in _CODE.items():
        _add(tmp_path, file, text)
    assert faults(tmp_path) == asset_faults(tmp_path) == []
    return tmp_path


def _add(house: Path, file: str, text: str) -> int:
    """Add a line to a file; give its number."""
    path = house / file
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content + text + "\n", encoding="utf-8")
    return content.count("\n") + 1


def _one(found: list[str], *parts: str) -> None:
    assert any(all(part in fault for part in parts) for fault in found), found


def test_an_import_that_runs_up_is_named(house: Path) -> None:
    file = "pipelines/warehouse/build.py"
    line = _add(house, file, "from pipelines.cli import main")
    upward, ring = faults(house)
    assert upward == (
        f"{file}:{line}: imports upward, pipelines/cli/main.py (« cli ») is above « warehouse »"
    )
    assert "closes a ring of imports" in ring


def test_an_import_inside_a_function_counts(house: Path) -> None:
    file = "pipelines/files.py"
    line = _add(house, file, "def late():\n    import pipelines.warehouse.release") + 1
    (found,) = faults(house)
    assert found.startswith(f"{file}:{line}: imports upward, pipelines/warehouse/release.py")


def test_a_ring_of_files_is_named(house: Path) -> None:
    first, second = "pipelines/warehouse/build.py", "pipelines/warehouse/release.py"
    line = _add(house, first, "def late():\n    from pipelines.warehouse import release") + 1
    assert line == 3
    assert faults(house) == [
        f"{second}:1: closes a ring of imports, {first} → {second} → {first}",
    ]


def test_a_room_known_in_silence_is_named(house: Path) -> None:
    file = "assets/suivi.py"
    line = _add(house, file, "from pipelines.warehouse import release")
    assert faults(house) == [
        f"{file}:{line}: imports pipelines/warehouse/release.py, but {DOCUMENT}:5 does not say "
        "that « assets » knows « warehouse »"
    ]


def test_a_file_in_no_room_is_named(house: Path) -> None:
    _add(house, "pipelines/nowhere.py", "X = 1")
    assert faults(house) == [f"pipelines/nowhere.py:1: in no room of {DOCUMENT}"]


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ("`cellar`", "« warehouse » knows « cellar », which is no room"),
        ("`cli`", "« warehouse » knows « cli », which is not below it"),
        (
            "`orchestration`",
            "« warehouse » is said to know « orchestration », and imports nothing of it",
        ),
    ],
)
def test_a_plan_that_is_wrong_is_named(house: Path, known: str, told: str) -> None:
    path = house / DOCUMENT
    text = path.read_text(encoding="utf-8").replace(
        "| releases | `ground` |", f"| releases | {known}, `ground` |"
    )
    path.write_text(text, encoding="utf-8")
    assert f"{DOCUMENT}:7: {told}" in faults(house)


def test_assets_are_named_as_contributing_says() -> None:
    assert asset_faults(ROOT) == []


def test_an_asset_outside_the_convention_is_named(house: Path) -> None:
    keys = "pipelines/orchestration/keys.py"
    line = _add(house, keys, 'LOST = dg.AssetKey(["ailleurs", "perdu"])')
    own = _add(house, "assets/suivi.py", "@dg.asset(key=LOST, group_name='archive')\ndef f(): ...")
    assert asset_faults(house) == [
        f"assets/suivi.py:{own}: the group « archive » is not the name of its module, « suivi »",
        f"{keys}:{line}: the key « ailleurs/perdu » begins with no module of assets: no module "
        "assets/ailleurs.py",
    ]
