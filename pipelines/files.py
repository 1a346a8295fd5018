"""Files that a user asks for: written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import OpacError, UsageError
from pipelines.home import unusable

_REASONS: dict[type[Exception], str] = {
    IsADirectoryError: "c'est un dossier",
    FileNotFoundError: "son dossier n'existe pas",
    NotADirectoryError: "son dossier n'en est pas un",
    PermissionError: "l'écriture y est refusée",
}


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a temporary file that takes the place of ``target`` when all went well.

    Raises:
        UsageError: ``target`` cannot be written.
        HomeUnusable: no space is left for it.
    """
    try:
        if target.is_dir():
            raise IsADirectoryError
        if target.exists() and not target.is_file():
            yield target  # a pipe or a terminal is written to, never replaced
            return
        path = target.resolve()
        # Root may write anything: a released base is protected by its mode alone.
        if path.exists() and not path.stat().st_mode & 0o222:
            raise PermissionError
        part = path.with_name(f".{path.name}.partiel")
        part.touch()
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OpacError:
        raise
    except Exception as error:
        if (told := _unwritable(target, error)) is None:
            raise
        raise told from error


def _unwritable(target: Path, error: Exception) -> OpacError | None:
    reason = _REASONS.get(type(error))
    if reason is None:
        return unusable(target.parent, error)
    return UsageError(
        f"« {target} » ne peut pas être écrit ({reason}) : choisissez un autre fichier avec "
        "--sortie."
    )
