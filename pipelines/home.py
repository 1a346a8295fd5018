"""The home: the folder where an installation keeps its archive, builds, releases and journal."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import HomeUnusable

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# DuckDB and SQLite tell of a full disk in words only; SQLite's depend on which file could not grow.
_NO_SPACE_WORDS = ("No space left", "File too large", "disk is full", "disk I/O error")
_FORBIDDEN = {
    errno.EACCES: "accès refusé",
    errno.EPERM: "opération interdite",
    errno.EROFS: "disque en lecture seule",
    errno.ENOTDIR: "ce n'est pas un dossier",
    errno.EEXIST: "un fichier porte déjà ce nom",
    errno.ELOOP: "liens en boucle",
}
_FORBIDDEN_WORDS = ("readonly database", "unable to open database file")


@dataclass(frozen=True)
class Home:
    """Paths inside a home. Nothing is created before :meth:`prepare`."""

    root: Path

    @property
    def archive(self) -> Path:
        """Contents by SHA-256 and the list of sightings; never rewritten."""
        return self.root / "archive"

    @property
    def build(self) -> Path:
        """The build under way; emptied at the start of each refresh."""
        return self.root / "construction"

    @property
    def releases(self) -> Path:
        """Released databases, one file a version."""
        return self.root / "versions"

    @property
    def reports(self) -> Path:
        """Reports of checks, one folder a build."""
        return self.root / "rapports"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage (DAGSTER_HOME)."""
        return self.root / "dagster"

    @property
    def database(self) -> Path:
        """The current release: a symbolic link to one of :attr:`releases`."""
        return self.root / "opac.duckdb"

    @property
    def journal(self) -> Path:
        """Append-only list of runs, one JSON object a line."""
        return self.root / "journal.jsonl"

    @property
    def log(self) -> Path:
        """Technical log, tracebacks included."""
        return self.root / "opac.log"

    @property
    def lock(self) -> Path:
        """File locked by the refresh under way; its text names the process."""
        return self.root / "refresh.lock"

    def check_path(self) -> None:
        """See that DuckDB can write below this path: it takes « ? » for the end of a file's name.

        Raises:
            HomeUnusable: the path holds one.
        """
        if "?" in str(self.root):
            raise HomeUnusable(
                f"Le dossier de travail « {self.root} » ne peut pas être utilisé : DuckDB ne sait "
                "pas écrire sous un chemin qui contient « ? » ; choisissez un autre dossier avec "
                "--home ou OPAC_HOME."
            )

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            HomeUnusable: they cannot be made or written, or the path cannot be that of a database.
        """
        self.check_path()
        with home_errors(self.root):
            for folder in (self.archive, self.build, self.releases, self.reports, self.dagster):
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, "not writable", str(self.root))


@contextmanager
def home_errors(root: Path) -> Iterator[None]:
    """Turn errors of space and rights below ``root`` into one sentence; let the others pass."""
    try:
        yield
    except OSError as error:
        told = unusable(root, error)
        if told is None:
            raise
        raise told from error


def unusable(root: Path, error: BaseException) -> HomeUnusable | None:
    """Give the sentence for an error of space or rights, None for any other."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _NO_SPACE or any(words in str(error) for words in _NO_SPACE_WORDS):
        return HomeUnusable(
            f"Il n'y a plus de place pour écrire dans « {root} » : libérez de l'espace, "
            "puis relancez la commande ; la dernière version publiée est intacte."
        )
    if isinstance(error, OSError) and number in _FORBIDDEN:
        reason = f"{_FORBIDDEN[number]} : {error.filename or root}"
    elif any(words in str(error) for words in _FORBIDDEN_WORDS):
        reason = "ses bases ne peuvent pas être écrites"
    else:
        return None
    return HomeUnusable(
        f"Le dossier de travail « {root} » ne peut pas être utilisé ({reason}) : donnez-vous "
        "les droits d'écriture ou choisissez un autre dossier avec --home ou OPAC_HOME."
    )
