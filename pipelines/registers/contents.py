"""The contents of an archive: each byte for byte, once, most of them as what changed.

``ab/abcd….zst`` is a whole content, by its SHA-256; ``ab/abcd…-<reference>.zst`` one written
against another content, of which a list of the next day repeats almost everything. A whole one
comes at least every :data:`GROUP`, so that a damaged file costs no more than its own group. Nothing
rewrites or deletes any of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipelines.errors import DamagedContent

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Contents from one whole one to the next.
GROUP = 30
# A reference is found again within the window of the compressor, which is held in memory.
_WINDOW = 27
_LARGEST = 120_000_000
# Beyond this share of the content, it has little in common with its reference.
_LARGEST_SHARE = 0.1
_CHUNK = 1 << 20
_AGAIN = "relancez depuis la source ou restaurez le dossier « archive » depuis une sauvegarde"


class Examined(NamedTuple):
    """Contents that come back, SHA-256 of those that do not, of those written against these."""

    sound: int
    damaged: list[str]
    stranded: list[str]


class Contents:
    """The files of contents below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._last = ("", b"")  # the next list of an archive is mostly written against it

    def path(self, sha256: str) -> Path:
        """Where the content is, or would be."""
        whole = self._folder / sha256[:2] / f"{sha256}.zst"
        if whole.exists():
            return whole
        return next(whole.parent.glob(f"{sha256}-*.zst"), whole)

    def holds(self, sha256: str) -> bool:
        """Tell whether the content can be restored: itself, and those it was written against."""
        return self._chain(sha256) is not None

    def store(self, path: Path, reference: str | None) -> str:
        """Keep the bytes of ``path``, once, and give their SHA-256.

        ``reference`` is a content that it may repeat, such as the list of the day before.
        """
        sha256 = file_sha256(path)
        if self.holds(sha256):
            return sha256
        if reference is None or not self._store_change(path, sha256, reference):
            self._write(f"{sha256}.zst", lambda out: _pack(path, out))
        return sha256

    def restore(self, sha256: str, target: Path) -> None:
        """Write the content to ``target`` and check it, byte for byte.

        A damaged content is put aside, so that the same list can be archived again.

        Raises:
            DamagedContent: the content, or one it was written against, is missing or damaged.
        """
        chain = self._chain(sha256)
        if chain is None:
            raise DamagedContent(f"Le contenu {sha256[:12]}… n'est plus dans l'archive : {_AGAIN}.")
        if len(chain) > 1:
            target.write_bytes(self._read(chain))
            return
        digest = hashlib.sha256()
        try:
            with zstd.open(chain[0], "rb") as packed, target.open("wb") as out:
                while chunk := packed.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
        except (zstd.ZstdError, EOFError) as error:
            raise _damaged(chain[0]) from error
        if digest.hexdigest() != sha256:
            raise _damaged(chain[0])

    def held(self) -> dict[str, Path]:
        """Give the file of each content, by SHA-256: the whole one, if there are two."""
        files = sorted(self._folder.glob("??/*.zst"), key=lambda path: "-" not in path.stem)
        return {path.stem.partition("-")[0]: path for path in files}

    def examine(self, progress: Callable[[int, int], None]) -> Examined:
        """Read every content, each once; nothing is put aside.

        ``progress`` is told how many files were read, of how many.
        """
        held = self.held()
        against: dict[str, list[str]] = defaultdict(list)
        for sha256, path in held.items():
            against[path.stem.partition("-")[2]].append(sha256)
        ready = [(sha256, b"") for sha256 in against.pop("", [])]
        sound, damaged = 0, list[str]()
        while ready:
            sha256, reference = ready.pop()
            progress(sound + len(damaged), len(held))
            try:
                content = _unpack(held[sha256].read_bytes(), reference)
            except (zstd.ZstdError, EOFError):
                content = b""
            if hashlib.sha256(content).hexdigest() != sha256:
                damaged.append(sha256)
                continue
            sound += 1
            ready += [(other, content) for other in against.pop(sha256, [])]
        progress(len(held), len(held))
        stranded = [sha256 for others in against.values() for sha256 in others]
        return Examined(sound, sorted(damaged), sorted(stranded))

    def _chain(self, sha256: str) -> list[Path] | None:
        """Give the files to read to have a content, the whole one first; None if one is missing."""
        chain: list[Path] = []
        wanted: str | None = sha256
        while wanted is not None:
            path = self.path(wanted)
            if path in chain or not path.exists():
                return None
            chain.append(path)
            wanted = path.stem.partition("-")[2] or None
        return chain[::-1]

    def _read(self, chain: list[Path]) -> bytes:
        """Read from one to the next; each is checked, so that the damaged one is known."""
        names = [path.stem.partition("-")[0] for path in chain]
        known, content = self._last
        start = names.index(known) + 1 if known in names else 0
        for path, name in zip(chain[start:], names[start:], strict=True):
            try:
                content = _unpack(path.read_bytes(), content if path.stem != name else b"")
            except (zstd.ZstdError, EOFError) as error:
                raise _damaged(path) from error
            if hashlib.sha256(content).hexdigest() != name:
                raise _damaged(path)
        self._last = (names[-1], content)
        return content

    def _store_change(self, path: Path, sha256: str, reference: str) -> bool:
        """Write the content against ``reference``, if that is worth it."""
        chain = self._chain(reference)
        if chain is None or len(chain) >= GROUP or path.stat().st_size > _LARGEST:
            return False
        try:
            against = self._read(chain)
        except DamagedContent:
            return False  # put aside; whoever restores it is told
        content = path.read_bytes()
        packed = _change(content, against)
        if len(against) > _LARGEST or len(packed) > _LARGEST_SHARE * len(content):
            return False
        self._write(f"{sha256}-{reference}.zst", lambda out: out.write(packed))
        return True

    def _write(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        target = self._folder / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob("??/*.partiel"):  # by a refresh killed here
            left.unlink()
        partial = target.with_suffix(f".{os.getpid()}.partiel")
        try:
            with partial.open("wb") as raw:
                write(raw)
                raw.flush()
                os.fsync(raw.fileno())
            partial.chmod(0o444)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """Hash a file without reading it whole into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(path: Path, out: BinaryIO) -> None:
    with path.open("rb") as source, zstd.ZstdFile(out, "w", level=3) as packed:
        shutil.copyfileobj(source, packed, _CHUNK)


def _change(content: bytes, against: bytes) -> bytes:
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: 3,
        zstd.CompressionParameter.window_log: _WINDOW,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    prefix = zstd.ZstdDict(against, is_raw=True).as_prefix
    return zstd.compress(content, options=options, zstd_dict=prefix)


def _unpack(packed: bytes, against: bytes) -> bytes:
    prefix = zstd.ZstdDict(against, is_raw=True).as_prefix if against else None
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW}
    return zstd.decompress(packed, zstd_dict=prefix, options=options)


def _damaged(path: Path) -> DamagedContent:
    aside = path.with_suffix(".abime")
    path.replace(aside)
    return DamagedContent(
        f"Le contenu archivé {path.stem[:12]}… est abîmé et mis de côté ({aside.name}) : {_AGAIN}."
    )
