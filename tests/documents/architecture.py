"""The table of rooms of ``docs/architecture.md`` held against the imports of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

DOCUMENT = "docs/architecture.md"
_CODE = ("pipelines", "assets")


@dataclass(frozen=True)
class Room:
    """A row of the table: ``paths`` are folders (ending with « / ») or files; ``line``, its own."""

    name: str
    paths: tuple[str, ...]
    knows: frozenset[str]
    line: int


@dataclass(frozen=True)
class Import:
    """One file importing another, both by their path from the root."""

    file: str
    line: int
    target: str


def rooms(root: Path) -> list[Room]:
    """Read the table, from the top room to the ground.

    A room is called by its (first) path without ``pipelines/``; the row of many files, ``ground``.
    """
    found = []
    lines = (root / DOCUMENT).read_text(encoding="utf-8").splitlines()
    start = lines.index("| where | what | knows |") + 2
    for number, line in enumerate(lines[start:], start + 1):
        if not line.startswith("|"):
            break
        where, _, knows = (cell.strip() for cell in line.strip("|").rsplit("|", 2))
        where = where.split(" | ")[0]
        paths = tuple(re.findall(r"`([^`]+)`", where))
        found.append(Room(_name(paths), paths, frozenset(re.findall(r"`([^`]+)`", knows)), number))
    return found


def _name(paths: Sequence[str]) -> str:
    if len(paths) > 2:
        return "ground"
    plain = [
        path.removeprefix("pipelines/").removesuffix("/").removesuffix(".py") for path in paths
    ]
    return "market/page" if "market/page" in plain else plain[0]


def imports(root: Path) -> Iterator[Import]:
    """Give every import of one file of the code by another, those inside functions included."""
    files = _files(root)
    modules = {_dotted(file): file for file in files}
    for file in files:
        for line, name in _imported(root, file, modules):
            if (target := modules.get(name, file)) != file:
                yield Import(file, line, target)


def _files(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix() for top in _CODE for path in (root / top).rglob("*.py")
    )


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imported(root: Path, file: str, modules: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse((root / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in modules else node.module


def room_of(file: str, found: Sequence[Room]) -> Room | None:
    """Give the room of a file: that of the longest path which holds it."""
    held = [
        (len(path), room)
        for room in found
        for path in room.paths
        if file == path or (path.endswith("/") and file.startswith(path))
    ]
    return max(held, key=lambda one: one[0], default=(0, None))[1]


def faults(root: Path) -> list[str]:
    """Say where the code and the table differ, a sentence each, with file and line."""
    found = rooms(root)
    rank = {room.name: place for place, room in enumerate(found)}
    lines = list(imports(root))
    return [
        *_table_faults(found, rank),
        *(f"{file}:1: in no room of {DOCUMENT}" for file in _homeless(root, found)),
        *_import_faults(lines, found, rank),
        *_unused(lines, found),
        *_rings(lines),
    ]


def _table_faults(found: Sequence[Room], rank: Mapping[str, int]) -> Iterator[str]:
    for room in found:
        for known in sorted(room.knows):
            if known not in rank:
                yield f"{DOCUMENT}:{room.line}: « {room.name} » knows « {known} », which is no room"
            elif rank[known] <= rank[room.name]:
                yield (
                    f"{DOCUMENT}:{room.line}: « {room.name} » knows « {known} », which is not "
                    "below it"
                )


def _homeless(root: Path, found: Sequence[Room]) -> list[str]:
    """List files in no room; the packages themselves hold nothing."""
    packages = {f"{top}/__init__.py" for top in _CODE} | {"pipelines/market/__init__.py"}
    return [file for file in _files(root) if file not in packages and not room_of(file, found)]


def _import_faults(
    lines: Sequence[Import], found: Sequence[Room], rank: Mapping[str, int]
) -> Iterator[str]:
    for one in lines:
        here, there = room_of(one.file, found), room_of(one.target, found)
        if here is None or there is None or here == there or there.name in here.knows:
            continue
        if rank[there.name] < rank[here.name]:
            yield (
                f"{one.file}:{one.line}: imports upward, {one.target} (« {there.name} ») is above "
                f"« {here.name} »"
            )
        else:
            yield (
                f"{one.file}:{one.line}: imports {one.target}, but {DOCUMENT}:{here.line} does not "
                f"say that « {here.name} » knows « {there.name} »"
            )


def _unused(lines: Sequence[Import], found: Sequence[Room]) -> Iterator[str]:
    names = {room.name for room in found}
    used = {
        (here.name, there.name)
        for one in lines
        if (here := room_of(one.file, found)) and (there := room_of(one.target, found))
    }
    for room in found:
        for known in sorted(room.knows):
            if known in names and (room.name, known) not in used:
                yield (
                    f"{DOCUMENT}:{room.line}: « {room.name} » is said to know « {known} », and "
                    "imports nothing of it"
                )


def _rings(lines: Sequence[Import]) -> Iterator[str]:
    """Tell each ring of files once, by the import that closes it (depth first, in order)."""
    graph: dict[str, dict[str, int]] = {}
    for one in lines:
        graph.setdefault(one.file, {}).setdefault(one.target, one.line)
    done: set[str] = set()
    for start in sorted(graph):
        yield from _rings_from(start, graph, [], done)


def _rings_from(
    file: str, graph: Mapping[str, Mapping[str, int]], path: list[str], done: set[str]
) -> Iterator[str]:
    if file in done:
        return
    path.append(file)
    for target, line in sorted(graph.get(file, {}).items()):
        if target in path:
            ring = [*path[path.index(target) :], target]
            told = " → ".join(two for _, two in pairwise(ring))
            yield f"{file}:{line}: closes a ring of imports, {target} → {told}"
        else:
            yield from _rings_from(target, graph, path, done)
    path.pop()
    done.add(file)
