"""The command that writes the letters asking sub-contractors for the documents that are missing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.columns_shown import ColumnOption, ColumnsOption, tell_columns
from pipelines.cli.common import OUT, HomeOption, SheetOption, done, say
from pipelines.cli.facts import with_facts
from pipelines.cli.portfolio import CandidatesArgument, Portfolio, opened, tell_list, tell_remarks
from pipelines.files import check_new_folder, filling
from pipelines.french import combien, liste, verb
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.mapping import Said, told
from pipelines.portage.verdict import NO_ADVICE_OF_SEVERAL
from pipelines.printable import printable
from pipelines.settings import PARIS

if TYPE_CHECKING:
    from pipelines.portage.letters.folder import Written


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("demandes")(with_facts(ask_documents, exclude=IDENTITY))


def ask_documents(
    fichier: CandidatesArgument,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="DOSSIER",
            readable=False,
            help="Dossier à remplir, nouveau ou vide ; sinon FICHIER-demandes ici même.",
        ),
    ] = None,
    feuille: SheetOption = None,
    colonne: ColumnOption = None,
    colonnes: ColumnsOption = None,
    home: HomeOption = None,
    *,
    facts: dict[str, str],
) -> None:
    """Écrire à chaque candidat d'un fichier la lettre qui demande les pièces manquantes.

    Rien n'est envoyé : ce sont des brouillons (.eml), à relire et à envoyer vous-même.

    Toutes les lettres sont aussi dans demandes.txt ; index.csv dit quelle ligne n'en a pas.

    Le fichier est lu, et les faits donnés en option, comme par « opac cribler ».
    """
    target = sortie or Path(f"{fichier.stem}-demandes")
    check_new_folder(target)
    with opened(fichier, Said(feuille, told(colonne or (), colonnes)), colonnes, home) as file:
        written = _written(file, facts, target)
        tell_columns(file.candidates)
        tell_remarks(file.candidates.remarks)
        _show(written, file, target)


def _written(file: Portfolio, facts: dict[str, str], target: Path) -> Written:
    """Judge the lines, and write the folder."""
    from pipelines.portage.letters.folder import write_folder
    from pipelines.portage.letters.missing import collect
    from pipelines.portage.screening.judging import check_mission
    from pipelines.portage.session import portage_session

    check_mission(file.candidates, facts)
    with portage_session(file.release) as session:
        judged = file.steps.start("Verdicts", file.candidates.rows)
        lines = collect(session, file.candidates, facts, judged)
    file.steps.start("Lettres")
    with filling(target) as folder:
        return write_folder(folder, lines, file.candidates.path.name, dt.datetime.now(PARIS))


def _show(written: Written, file: Portfolio, target: Path) -> None:
    """Tell in short what was written; never an address."""
    from pipelines.portage.candidates.addresses import address_columns
    from pipelines.portage.letters.folder import ALL, INDEX

    OUT.print()
    letters = combien(written.letters, "lettre")
    of = f"{letters} pour {combien(written.lines, 'ligne')}"
    OUT.print(f"[bold]{of}[/]", highlight=False)
    columns = [f"« {printable(column.name)} »" for column in address_columns(file.candidates)]
    if columns:
        _item(f"Destinataires : {verb(len(columns), 'colonne', 'colonnes')} {liste(columns)}")
    if written.letters:
        _item(
            f"{combien(written.addressed, 'adressée')} d'après le fichier, "
            f"{written.letters - written.addressed} à compléter"
        )
    if written.without:
        lines = combien(written.without, "ligne")
        _item(f"{lines} sans lettre : {INDEX} dit pourquoi")
    if written.own:
        pieces = combien(written.own, "document")
        _item(
            f"{pieces} à votre charge, {verb(written.own, 'demandé', 'demandés')} à personne : "
            f"voyez la fin de {ALL}"
        )
    _item("Rien n'a été envoyé : relisez chaque lettre avant de l'envoyer vous-même.")
    OUT.print()
    done(str(target))
    day = file.release.meta["date_contenu"]
    tell_list(day, NO_ADVICE_OF_SEVERAL)


def _item(text: str) -> None:
    say(f"  {text}", indent=4)
