"""Files that a user asks for: written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import OpacError, UsageError
from pipelines.home import unusable

_REASONS: dict[type[Exception], str] = {
    IsADirectoryError: "c'est un dossier",
    NotADirectoryError: "son dossier est un fichier",
    FileExistsError: "son dossier est un fichier",
    PermissionError: "l'écriture y est refusée",
}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary file that takes the place of ``target`` when all went well.

    Raises:
        UsageError: ``target`` cannot be written.
        HomeUnusable: no space is left for it.
    """
    with _write_errors_in_french(target):
        if target.is_dir():
            raise IsADirectoryError
        if target.exists() and not target.is_file():
            yield target  # a pipe or a terminal is written to, never replaced
            return
        path = target.resolve()
        # Root may write anything: a released base is protected by its mode alone.
        if path.exists() and not path.stat().st_mode & 0o222:
            raise PermissionError
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.partiel")
        part.touch()
        part.unlink()  # DuckDB would write beside a file that exists, and leave it there
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk itself before this returns."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _write_errors_in_french(target: Path) -> Iterator[None]:
    try:
        yield
    except OpacError:
        raise
    except Exception as error:
        if (reason := _REASONS.get(type(error))) is not None:
            raise UsageError(
                f"« {target} » ne peut pas être écrit ({reason}) : choisissez un autre fichier."
            ) from error
        # DuckDB and xlsxwriter tell of a full disk in words of theirs.
        if (told := unusable(target.parent, error)) is not None:
            raise told from error
        raise
