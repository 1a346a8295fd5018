"""The command that judges a whole file of candidates."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    SheetOption,
    current_release,
    fitted,
    say,
    settings_for,
)
from pipelines.cli.facts import StrictOption, with_facts
from pipelines.errors import OpacError, UsageError
from pipelines.files import replacing
from pipelines.french import combien, date_courte
from pipelines.home import unusable
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.verdict import NO_ADVICE

if TYPE_CHECKING:
    from rich.progress import Progress

    from pipelines.portage.candidates.table import Advance, Candidates
    from pipelines.portage.screening.judging import Screening

_MODEL = Path("candidats.xlsx")
_PIECES_SHOWN = 5
_GONE_SHOWN = 10


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("cribler")(with_facts(screen_file, exclude=IDENTITY))


def screen_file(
    fichier: Annotated[
        Path | None,
        typer.Argument(
            metavar="FICHIER",
            readable=False,
            help="Candidats, un par ligne : CSV, classeur ou Parquet. Avec --modele, le modèle à "
            f"écrire ({_MODEL} par défaut).",
        ),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Résultat : .xlsx, .csv, .parquet ou .json ; sinon FICHIER-verdicts.xlsx ici "
            "même. En CSV, une apostrophe précède ce qu'un tableur prendrait pour une formule.",
        ),
    ] = None,
    precedent: Annotated[
        Path | None,
        typer.Option(
            "--precedent",
            metavar="FICHIER",
            readable=False,
            help="Résultat précédent de cette commande : dit ce qui a changé.",
        ),
    ] = None,
    modele: Annotated[
        bool,
        typer.Option(
            "--modele", metavar="", help="Écrire un modèle vide qui explique chaque colonne."
        ),
    ] = False,
    feuille: SheetOption = None,
    strict: StrictOption = False,
    home: HomeOption = None,
    *,
    facts: dict[str, str],
) -> int:
    """Juger un fichier de candidats ; une option vaut pour les lignes qui ne disent rien.

    Les colonnes portent le nom des options, ou un nom courant (« Raison sociale »…).

    Celles qui ne sont pas comprises sont dites, et reprises telles quelles.
    """
    if modele:
        return _write_model(fichier or _MODEL)
    if fichier is None:
        raise UsageError(
            "Il manque le fichier des candidats : donnez-le, ou écrivez un modèle avec --modele."
        )
    target = sortie or Path(f"{fichier.stem}-verdicts.xlsx")
    _check_files(fichier, target, precedent)
    with _room() as folder, _progress() as steps:
        found, remarks = _screened(
            (fichier, feuille), target, precedent, facts, home, folder, steps
        )
    _show(found, remarks, target)
    return found.strongest.words.code if strict else 0


def _check_files(fichier: Path, target: Path, precedent: Path | None) -> None:
    """See that the result has a format and takes the place of nothing that it is made from.

    Raises:
        UsageError: it has none, or would replace the candidates or the earlier result.
    """
    from pipelines.portage.screening.files import check_target

    check_target(target)
    for read, what in ((fichier, "les candidats"), (precedent, "le résultat précédent")):
        if read is not None and read.resolve() == target.resolve():
            raise UsageError(
                f"Le résultat remplacerait {what} (« {target} ») : donnez un autre nom avec "
                "--sortie."
            )


def _screened(
    asked: tuple[Path, str | None],
    target: Path,
    precedent: Path | None,
    facts: Mapping[str, str],
    home: Path | None,
    folder: Path,
    steps: _Steps,
) -> tuple[Screening, list[str]]:
    """Read, judge, compare and write; give the answers and what to tell of the writing."""
    from pipelines.portage.candidates.reading import read_candidates
    from pipelines.portage.screening.comparison import compare, read_earlier
    from pipelines.portage.screening.files import check_target, write_result
    from pipelines.portage.screening.judging import check_mission, screen
    from pipelines.portage.session import portage_session

    release = current_release(settings_for(home))
    candidates = read_candidates(asked[0], folder, steps.start("Lecture"), asked[1])
    check_target(target, candidates.rows)
    check_mission(candidates, facts)
    earlier = read_earlier(precedent, folder, candidates) if precedent is not None else None
    with portage_session(release) as session:
        judged = steps.start("Verdicts", candidates.rows)
        found = screen(session, candidates, facts, folder, judged)
    if earlier is not None:
        steps.start("Comparaison")
        compare(found, earlier)
    steps.start("Écriture")
    with replacing(target) as part:
        remarks = write_result(found, part, target.suffix)
    return found, remarks


@contextmanager
def _room() -> Iterator[Path]:
    """Give a temporary folder; tell when it is full, whatever library saw it."""
    with tempfile.TemporaryDirectory(prefix="opac-cribler-") as name:
        try:
            yield Path(name)
        except OpacError:
            raise
        except Exception as error:
            if (told := unusable(Path(name), error)) is not None:
                raise told from error
            raise


class _Steps:
    """What is being done, on stderr, for whoever looks at a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def start(self, name: str, total: int | None = None) -> Advance:
        """Show a new step; give what tells how many rows are done."""
        for task in self._progress.tasks:
            self._progress.update(task.id, total=task.completed or 1, completed=task.completed or 1)
        task_id = self._progress.add_task(name, total=total)
        return lambda done: self._progress.update(task_id, completed=done)


@contextmanager
def _progress() -> Iterator[_Steps]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        yield _Steps(progress)


def _write_model(target: Path) -> int:
    from pipelines.portage.candidates.template import write_template

    if target.suffix.lower() != ".xlsx":
        raise UsageError(f"Le modèle est un classeur : donnez un nom en .xlsx, pas « {target} ».")
    if target.exists():
        raise UsageError(f"« {target} » existe déjà : donnez un autre nom au modèle.")
    with replacing(target) as part:
        write_template(part)
    OUT.print(f"Modèle à remplir : {escape(str(target))}", soft_wrap=True, highlight=False)
    return 0


def _show(found: Screening, remarks: Sequence[str], target: Path) -> None:
    """Tell in short: the verdicts, how the file was read, what changed, where the result is."""
    _tell_verdicts(found)
    _tell_reading(found.candidates, [*found.candidates.remarks, *remarks])
    if found.pieces:
        OUT.print("\n[bold]Pièces qui manquent le plus souvent[/]")
        for piece, count in found.pieces[:_PIECES_SHOWN]:
            _item(f"{piece} : {count}")
    if found.changes is not None:
        OUT.print("\n[bold]Depuis le résultat précédent[/]")
        told = ", ".join(f"{count} {name}" for name, count in found.changes.items() if count)
        _item(told or "rien")
        if found.gone:
            more = len(found.gone) - _GONE_SHOWN
            named = ", ".join(found.gone[:_GONE_SHOWN]) + (
                f", et {more} autres" if more > 0 else ""
            )
            _item(f"{len(found.gone)} ligne(s) n'y sont plus : {named}")
    OUT.print()
    day = found.snapshot["date_contenu"]
    OUT.print(f"[green]✓[/] {escape(str(target))}", soft_wrap=True, highlight=False)
    OUT.print(
        fitted(OUT, f"Liste du {date_courte(day)}. {NO_ADVICE}"),
        style="dim",
        soft_wrap=True,
        highlight=False,
    )


def _tell_verdicts(found: Screening) -> None:
    scope = "" if found.carrier else " [dim](sous-traitant seulement)[/]"
    OUT.print(f"[bold]{combien(found.candidates.rows, 'ligne')}[/]{scope}", highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for verdict, count in found.verdicts.items():
        table.add_row(f"[{verdict.words.colours.terminal}]{verdict.words.title}[/]", str(count))
    OUT.print(table)
    matches = ", ".join(f"{name} {count}" for name, count in found.matches.items())
    _item(f"Rapprochement : {matches}")


def _tell_reading(candidates: Candidates, remarks: Sequence[str]) -> None:
    OUT.print("\n[bold]Colonnes lues[/]")
    names = [" ".join(name.split()) for name in candidates.names]
    read = [f"« {names[rank - 1]} » → {fact}" for fact, rank in candidates.facts.items()]
    _item(" ; ".join(read))
    if candidates.ignored:
        ignored = ", ".join(f"« {names[rank - 1]} »" for rank in candidates.ignored)
        _item(f"Non comprises, reprises telles quelles : {ignored}")
    if remarks:
        OUT.print("\n[bold]À savoir[/]")
        for remark in remarks:
            _item(remark)


def _item(text: str) -> None:
    say(f"  {text}", indent=4)
