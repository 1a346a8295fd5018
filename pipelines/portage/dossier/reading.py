"""Files that a user hands over, read whole or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import UsageError


def bytes_of(file: Path, largest: int, too_big: str) -> bytes:
    """Read a file of at most ``largest`` bytes; ``too_big`` says what to do of a larger one.

    Raises:
        UsageError: it is missing, forbidden, no file, or larger.
    """
    try:
        if not file.is_file():
            raise UsageError(_unread(file, _reason(file)))
        with file.open("rb") as opened:
            data = opened.read(largest + 1)
    except OSError as error:
        denied = isinstance(error, PermissionError)
        reason = "accès refusé" if denied else "erreur de lecture"
        raise UsageError(_unread(file, reason)) from error
    if len(data) > largest:
        raise UsageError(f"« {file} » est bien trop gros {too_big}")
    return data


def _unread(file: Path, reason: str) -> str:
    return f"« {file} » ne peut pas être lu ({reason}) : vérifiez son nom et ses droits."


def _reason(file: Path) -> str:
    if file.is_dir():
        return "c'est un dossier"
    return "ce n'est pas un fichier" if file.exists() else "il n'existe pas"
