"""The command that judges a whole file of candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from pipelines.cli.columns_shown import (
    ColumnOption,
    ColumnsOption,
    PreviewOption,
    WriteColumnsOption,
    check_reading,
    tell_columns,
    write_reading,
)
from pipelines.cli.common import (
    OUT,
    HomeOption,
    SheetOption,
    say,
)
from pipelines.cli.facts import StrictOption, with_facts
from pipelines.cli.model import ModelOption, write_model
from pipelines.cli.portfolio import Steps, opened, room, tell_list, tell_remarks, tell_verdicts
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.french import combien
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.mapping import Said, told
from pipelines.portage.verdict import NO_ADVICE

if TYPE_CHECKING:
    from pipelines.portage.candidates.table import Candidates
    from pipelines.portage.screening.judging import Screening
    from pipelines.warehouse.release import Release

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
    modele: ModelOption = False,
    feuille: SheetOption = None,
    apercu: PreviewOption = False,
    colonne: ColumnOption = None,
    colonnes: ColumnsOption = None,
    ecrire_colonnes: WriteColumnsOption = None,
    strict: StrictOption = False,
    home: HomeOption = None,
    *,
    facts: dict[str, str],
) -> int:
    """Juger un fichier de candidats ; une option vaut pour les lignes qui ne disent rien.

    Les colonnes portent le nom des options, ou un nom courant (« Raison sociale »…).

    La lecture de chacune est montrée ; --colonne la corrige, --apercu la montre seule.
    """
    if modele:
        from pipelines.portage.candidates.template import write_template

        return write_model(fichier or _MODEL, write_template)
    if fichier is None:
        raise UsageError(
            "Il manque le fichier des candidats : donnez-le, ou écrivez un modèle avec --modele."
        )
    said = Said(feuille, told(colonne or (), colonnes))
    check_reading(ecrire_colonnes)
    if apercu:
        return _preview(fichier, said, ecrire_colonnes)
    target = sortie or Path(f"{fichier.stem}-verdicts.xlsx")
    _check_files(fichier, target, precedent)
    with opened(fichier, said, colonnes, home) as file:
        candidates = file.candidates
        if ecrire_colonnes is not None:
            write_reading(candidates, ecrire_colonnes)
        found, remarks = _screened(
            candidates, file.release, target, precedent, facts, file.folder, file.steps
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


def _preview(fichier: Path, said: Said, target: Path | None) -> int:
    """Show how the columns of a file would be read, whoever they are about."""
    from pipelines.portage.candidates.reading import read_table

    with room() as folder:
        candidates = read_table(fichier, folder, said=said)
        tell_columns(candidates, every=True)
        tell_remarks(candidates.remarks)
        if target is not None:
            write_reading(candidates, target)
    return 0


def _screened(
    candidates: Candidates,
    release: Release,
    target: Path,
    precedent: Path | None,
    facts: Mapping[str, str],
    folder: Path,
    steps: Steps,
) -> tuple[Screening, list[str]]:
    """Judge, compare and write; give the answers and what to tell of the writing."""
    from pipelines.portage.screening.comparison import compare, read_earlier
    from pipelines.portage.screening.files import check_target, write_result
    from pipelines.portage.screening.judging import check_mission, screen
    from pipelines.portage.session import portage_session

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


def _show(found: Screening, remarks: Sequence[str], target: Path) -> None:
    """Tell in short: the verdicts, how the file was read, what changed, where the result is."""
    tell_columns(found.candidates)
    tell_remarks([*found.candidates.remarks, *remarks])
    OUT.print()
    _tell_verdicts(found)
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
            gone = combien(len(found.gone), "ligne n'y est plus", "lignes n'y sont plus")
            _item(f"{gone} : {named}")
    OUT.print()
    day = found.snapshot["date_contenu"]
    OUT.print(f"[green]✓[/] {escape(str(target))}", soft_wrap=True, highlight=False)
    tell_list(day, NO_ADVICE)


def _tell_verdicts(found: Screening) -> None:
    scope = "" if found.carrier else " [dim](sous-traitant seulement)[/]"
    OUT.print(f"[bold]{combien(found.candidates.rows, 'ligne')}[/]{scope}", highlight=False)
    tell_verdicts(found.verdicts)
    matches = ", ".join(f"{name} {count}" for name, count in found.matches.items())
    _item(f"Rapprochement : {matches}")


def _item(text: str) -> None:
    say(f"  {text}", indent=4)
