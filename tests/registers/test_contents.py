"""Contents kept as what changed: restored byte for byte, and no dearer to lose than their group."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from pipelines.errors import OpacError
from pipelines.registers import contents
from pipelines.registers.contents import Contents

DRAW = random.Random(5)
FIRST = [f"{n};{DRAW.getrandbits(200)}" for n in range(4_000)]


def days(count: int) -> list[bytes]:
    """Lists of days that follow one another, each with half a per cent of its lines changed."""
    lines, made = FIRST.copy(), []
    for day in range(count):
        made.append("\n".join(lines).encode())
        for place in range(day, len(lines), 200):
            lines[place] = f"{place};{DRAW.getrandbits(200)}"
    return made


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def kept(folder: Path, lists: list[bytes]) -> Contents:
    """Store lists, each against the one before."""
    archive, before = Contents(folder / "contenus"), None
    for data in lists:
        (folder / "liste").write_bytes(data)
        before = archive.store(folder / "liste", before)
    return archive


def restored(archive: Contents, data: bytes, folder: Path) -> bool:
    archive.restore(sha(data), folder / "rendu")
    return (folder / "rendu").read_bytes() == data


def test_a_day_costs_what_changed_and_comes_back_whole(tmp_path: Path) -> None:
    lists = days(5)
    archive = kept(tmp_path, lists)
    sizes = [archive.path(sha(data)).stat().st_size for data in lists]
    assert max(sizes[1:]) < sizes[0] / 20
    assert all(restored(archive, data, tmp_path) for data in lists)
    assert all(archive.path(sha(data)).stat().st_mode & 0o222 == 0 for data in lists)


def test_a_whole_content_comes_at_least_every_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "GROUP", 4)
    lists = days(10)
    archive = kept(tmp_path, lists)
    whole = [archive.path(sha(data)).stem == sha(data) for data in lists]
    assert whole == [day % 4 == 0 for day in range(10)]
    assert all(restored(archive, data, tmp_path) for data in lists)


@pytest.mark.parametrize("day", [4, 5, 7])
@pytest.mark.parametrize("kind", ["cut", "flipped", "swapped"])
def test_a_damaged_file_costs_no_more_than_the_rest_of_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: int, kind: str
) -> None:
    monkeypatch.setattr(contents, "GROUP", 4)
    lists = days(10)
    archive = kept(tmp_path, lists)
    path = archive.path(sha(lists[day]))
    packed = bytearray(path.read_bytes())
    if kind == "flipped":
        packed[len(packed) // 2] ^= 4
    path.chmod(0o644)
    other = archive.path(sha(lists[0])).read_bytes()
    path.write_bytes({"cut": bytes(packed[:-9]), "flipped": bytes(packed), "swapped": other}[kind])
    lost = range(day, 8)
    last = lists[lost[-1]]
    with pytest.raises(OpacError, match=f"{sha(lists[day])[:12]}… est abîmé et mis de côté"):
        archive.restore(sha(last), tmp_path / "rendu")
    for place, data in enumerate(lists):
        assert archive.holds(sha(data)) is (place not in lost)
        if place not in lost:
            assert restored(archive, data, tmp_path)
    for place in lost:
        with pytest.raises(OpacError, match="n'est plus dans l'archive"):
            archive.restore(sha(lists[place]), tmp_path / "rendu")


def test_what_was_lost_is_whole_again_once_received_again(tmp_path: Path) -> None:
    lists = days(3)
    archive = kept(tmp_path, lists)
    archive.path(sha(lists[0])).unlink()
    assert not archive.holds(sha(lists[2]))
    kept(tmp_path, lists[:1])
    assert all(restored(archive, data, tmp_path) for data in lists)


def test_a_reference_that_is_damaged_or_strange_is_done_without(tmp_path: Path) -> None:
    lists = days(2)
    strange = DRAW.randbytes(50_000)
    archive = kept(tmp_path, [lists[0], strange])
    assert archive.path(sha(strange)).stem == sha(strange)
    path = archive.path(sha(lists[0]))
    path.chmod(0o644)
    path.write_bytes(b"rien")
    (tmp_path / "liste").write_bytes(lists[1])
    archive = Contents(tmp_path / "contenus")  # another day
    archive.store(tmp_path / "liste", sha(lists[0]))
    assert archive.path(sha(lists[1])).stem == sha(lists[1])
    assert restored(archive, lists[1], tmp_path)
    assert path.with_suffix(".abime").exists()


def test_large_contents_are_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = days(2)
    monkeypatch.setattr(contents, "_LARGEST", len(lists[1]) - 1)
    archive = kept(tmp_path, lists)
    assert archive.path(sha(lists[1])).stem == sha(lists[1])


# --- Examined -------------------------------------------------------------------------------


def test_every_content_is_examined_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "GROUP", 4)
    lists = days(10)
    archive, read = kept(tmp_path, lists), list[tuple[int, int]]()
    assert archive.examine(lambda done, total: read.append((done, total))) == (10, [], [])
    assert read == [(done, 10) for done in range(11)]
    assert archive.held().keys() == {sha(data) for data in lists}


@pytest.mark.parametrize("data", [b"", b"rien", None])
def test_what_hangs_on_a_damaged_content_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None
) -> None:
    monkeypatch.setattr(contents, "GROUP", 4)
    lists = days(10)
    archive = kept(tmp_path, lists)
    path = archive.path(sha(lists[5]))
    path.chmod(0o644)
    path.write_bytes(archive.path(sha(lists[0])).read_bytes() if data is None else data)
    before = sorted(tmp_path.rglob("*"))
    damaged, stranded = [sha(lists[5])], sorted(map(sha, lists[6:8]))
    assert archive.examine(lambda done, total: None) == (7, damaged, stranded)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is put aside"
    path.unlink()
    assert archive.examine(lambda done, total: None) == (7, [], stranded)


def test_a_content_kept_both_ways_is_examined_as_it_is_restored(tmp_path: Path) -> None:
    lists = days(3)
    archive = kept(tmp_path, lists)
    change = archive.path(sha(lists[1]))
    (tmp_path / "liste").write_bytes(lists[1])
    archive.path(sha(lists[0])).unlink()
    archive.store(tmp_path / "liste", None)
    change.chmod(0o644)
    change.write_bytes(b"rien")
    assert archive.examine(lambda done, total: None) == (2, [], [])
    assert restored(archive, lists[1], tmp_path)


def test_what_killed_writings_left_goes_with_the_next_one(tmp_path: Path) -> None:
    archive = kept(tmp_path, days(1))
    left = [tmp_path / "contenus" / name / "x.12.partiel" for name in ("0a", "zz")]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "liste").write_bytes(b"une autre")
    archive.store(tmp_path / "liste", None)
    assert [path.exists() for path in left] == [False, False]
