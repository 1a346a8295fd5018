"""A file of candidates, opened the same way by each command that judges its lines."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipelines.cli.common import ERR, OUT, current_release, fitted, say, settings_for
from pipelines.errors import OpacError
from pipelines.french import date_courte
from pipelines.home import unusable
from pipelines.portage.verdict import VERDICTS, Verdict

if TYPE_CHECKING:
    from rich.progress import Progress

    from pipelines.portage.candidates.mapping import Said
    from pipelines.portage.candidates.table import Advance, Candidates
    from pipelines.warehouse.release import Release

CandidatesArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FICHIER",
        readable=False,
        help="Candidats, un par ligne : CSV, classeur ou Parquet.",
    ),
]


@dataclass(frozen=True)
class Portfolio:
    """A file read, what judges it, a temporary ``folder`` to work in, and where steps are told."""

    candidates: Candidates
    release: Release
    folder: Path
    steps: Steps


@contextmanager
def opened(
    fichier: Path, said: Said, colonnes: Path | None, home: Path | None
) -> Iterator[Portfolio]:
    """Read a file of candidates, to be judged by the current release of a home.

    ``said`` is what the user says of its sheet and columns, ``colonnes`` the file that says it.

    Raises:
        UsageError: the file cannot be read, or nothing was released yet.
    """
    from pipelines.portage.candidates.reading import read_candidates

    with room() as folder, _progress() as steps:
        release = current_release(settings_for(home))
        candidates = read_candidates(fichier, folder, steps.start("Lecture"), said)
        candidates.mapping = colonnes
        yield Portfolio(candidates, release, folder, steps)


@contextmanager
def room() -> Iterator[Path]:
    """Give a temporary folder; tell when it is full, whatever library saw it."""
    with tempfile.TemporaryDirectory(prefix="opac-candidats-") as name:
        try:
            yield Path(name)
        except OpacError:
            raise
        except Exception as error:
            if (told := unusable(Path(name), error)) is not None:
                raise told from error
            raise


def tell_list(day: dt.date | str, advice: str) -> None:
    """Say which list the verdicts rest on, and what they are not."""
    OUT.print(
        fitted(OUT, f"Liste du {date_courte(day)}. {advice}"),
        style="dim",
        soft_wrap=True,
        highlight=False,
    )


def tell_remarks(remarks: Sequence[str]) -> None:
    """Tell what the user should know of the reading of a file."""
    if remarks:
        OUT.print("\n[bold]À savoir[/]")
        for remark in remarks:
            say(f"  {remark}", indent=4)


def tell_verdicts(counts: Mapping[Verdict, int]) -> None:
    """Tell how many lines have each verdict, from the best to the strongest."""
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for verdict in VERDICTS:
        if verdict in counts:
            title = f"[{verdict.words.colours.terminal}]{verdict.words.title}[/]"
            table.add_row(title, str(counts[verdict]))
    OUT.print(table)


class Steps:
    """What is being done, on stderr, for whoever looks at a terminal."""

    def __init__(self, progress: Progress) -> None:
        """Tell steps by ``progress``."""
        self._progress = progress

    def start(self, name: str, total: int | None = None) -> Advance:
        """Show a new step; give what tells how many rows are done."""
        for task in self._progress.tasks:
            self._progress.update(task.id, total=task.completed or 1, completed=task.completed or 1)
        task_id = self._progress.add_task(name, total=total)
        return lambda done: self._progress.update(task_id, completed=done)


@contextmanager
def _progress() -> Iterator[Steps]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        yield Steps(progress)
