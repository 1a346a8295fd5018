"""Files that a user asks for: written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
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

# Characters of the name of a folder kept in that of its part: file systems take 255 bytes.
_PART = 40


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


def check_new_folder(target: Path) -> None:
    """See that files can go to a folder of their own: it is absent, or empty.

    Raises:
        UsageError: it is neither, or it cannot be made.
    """
    with _write_errors_in_french(target, "dossier"):
        if target.is_dir():
            if any(target.iterdir()):
                raise UsageError(
                    f"Le dossier « {target} » n'est pas vide : donnez avec --sortie un dossier "
                    "nouveau ou vide."
                )
            if not os.access(target, os.W_OK | os.X_OK):
                raise PermissionError
        elif target.exists() or target.is_symlink():
            raise FileExistsError
        else:
            # Made and taken away: whatever forbids it is told before the work begins.
            try:
                target.mkdir(parents=True)
            except FileNotFoundError as error:  # a file system of the kernel's, a broken link
                raise UsageError(
                    f"« {target} » ne peut pas être créé là : donnez un autre dossier avec "
                    "--sortie."
                ) from error
            target.rmdir()


@contextmanager
def filling(target: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``target`` when all went well.

    Raises:
        UsageError: ``target`` is not absent or empty, or cannot be written.
        HomeUnusable: no space is left for it.
    """
    check_new_folder(target)
    with _write_errors_in_french(target, "dossier"):
        path = target.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name[:_PART]}.{os.getpid()}.partiel")
        part.mkdir()
        try:
            yield part
            part.rename(path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk itself before this returns."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextmanager
def _write_errors_in_french(target: Path, kind: str = "fichier") -> Iterator[None]:
    try:
        yield
    except OpacError:
        raise
    except Exception as error:
        reason = _REASONS.get(type(error))
        if isinstance(error, FileExistsError) and kind == "dossier":
            reason = "un fichier a ce nom"
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            reason = "son nom est trop long"
        if isinstance(error, OSError) and error.errno == errno.EROFS:
            reason = _REASONS[PermissionError]
        if reason is not None:
            raise UsageError(
                f"« {target} » ne peut pas être écrit ({reason}) : choisissez un autre {kind}."
            ) from error
        # DuckDB and xlsxwriter tell of a full disk in words of theirs.
        if (told := unusable(target.parent, error)) is not None:
            raise told from error
        raise
