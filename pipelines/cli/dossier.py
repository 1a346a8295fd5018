"""``opac dossier``: the proof a porteur files for its auditor, and its check."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from pipelines.cli.columns_shown import ColumnOption, ColumnsOption, tell_columns
from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    SheetOption,
    current_release,
    done,
    print_json,
    say,
    settings_for,
)
from pipelines.cli.dossier_checked import show_check, show_key
from pipelines.cli.facts import IdentifierArgument, with_facts
from pipelines.cli.portfolio import opened, tell_remarks, tell_verdicts
from pipelines.cli.verify import NAMING, asked
from pipelines.errors import UsageError
from pipelines.files import check_new_folder
from pipelines.french import combien, liste
from pipelines.home import Home
from pipelines.portage.candidates.mapping import Said, told
from pipelines.portage.facts import PAR_NOM
from pipelines.portage.verdict import Verdict
from pipelines.printable import printable

if TYPE_CHECKING:
    from pipelines.portage.dossier.lines import Row

# Of a name or a function.
_LINE = 120
_SEEN = "Les documents vus, et par qui"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("dossier")(with_facts(dossier, arguments=("identifiant",)))


def dossier(
    identifiant: IdentifierArgument = None,
    fichier: Annotated[
        Path | None,
        typer.Option(
            "--fichier",
            metavar="FICHIER",
            readable=False,
            help="Candidats, un par ligne, comme pour « opac cribler » : un dossier par ligne, et "
            "un index. Les faits donnés en option valent pour les lignes qui ne disent rien.",
        ),
    ] = None,
    feuille: SheetOption = None,
    colonne: ColumnOption = None,
    colonnes: ColumnsOption = None,
    verifier: Annotated[
        Path | None,
        typer.Option(
            "--verifier",
            metavar="FICHIER",
            readable=False,  # said by us, in French
            help="Vérifier un dossier (PDF, JSON ou ZIP), ici ou ailleurs : authentique, intact "
            "(sa clé est à reconnaître), modifié, signé par une autre clé, inconnu ici ; et ce qui "
            "a changé dans la liste depuis.",
        ),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER.pdf",
            readable=False,
            help="PDF à écrire, le JSON à côté ; sinon NUMERO.pdf ici même. Avec --fichier, le "
            "dossier à remplir, nouveau ou vide ; sinon FICHIER-dossiers ici même.",
        ),
    ] = None,
    piece: Annotated[
        list[str] | None,
        typer.Option(
            "--piece",
            metavar="DOCUMENT=FICHIER[,numero=…][,date=…][,verifie=…]",
            help="Document vu, dans ce fichier (option répétable) : numero= est ce qui l'identifie "
            "(le code de sécurité de l'URSSAF), date= la sienne, verifie= le jour où son émetteur "
            "l'a confirmé.",
            rich_help_panel=_SEEN,
        ),
    ] = None,
    pieces: Annotated[
        Path | None,
        typer.Option(
            "--pieces",
            metavar="DOSSIER",
            readable=False,
            help="Documents vus, un fichier chacun, du nom du document (titres-cv.pdf). Avec "
            "--fichier, ce qu'une colonne « Pièces » dit de chaque ligne.",
            rich_help_panel=_SEEN,
        ),
    ] = None,
    par: Annotated[
        str | None,
        typer.Option("--par", metavar="NOM", help="Qui contrôle et voit.", rich_help_panel=_SEEN),
    ] = None,
    fonction: Annotated[
        str | None,
        typer.Option("--fonction", metavar="TEXTE", help="Sa fonction.", rich_help_panel=_SEEN),
    ] = None,
    zip_: Annotated[
        bool,
        typer.Option(
            "--zip",
            metavar="",
            help="Écrire aussi, à côté, un ZIP du PDF, du JSON et des documents vus.",
            rich_help_panel=_SEEN,
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            metavar="",
            help="Dire le résultat par le code de sortie : 10 éligible, 11 pièces manquantes, 12 à "
            "vérifier, 13 non éligible (avec --fichier, le plus fort des lignes, avec ou sans "
            "dossier) ; avec --verifier, 0 authentique, 11 inconnu ici, 12 intact, 13 modifié ou "
            "signé par une autre clé.",
        ),
    ] = False,
    cle: Annotated[
        str | None,
        typer.Option(
            "--cle",
            metavar="[CLE]",
            help="Seule, montrer la clé publique qui signe les dossiers, et son empreinte. Avec "
            "--verifier, la clé (son fichier, ou son empreinte) qui doit avoir signé.",
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
    *,
    facts: dict[str, str],
) -> int:
    """Écrire le dossier de preuve d'une sous-traitance (PDF et JSON), ou en vérifier un.

    Avec --fichier, un dossier par ligne, et index.csv, qui dit pourquoi une ligne n'en a pas.

    Le code de sortie est alors 0 dès que chaque ligne est traitée (--strict le change).
    """
    if fichier is None and (feuille or colonne or colonnes):
        raise UsageError(
            "--feuille, --colonne et --colonnes disent comment lire un fichier : donnez-le avec "
            "--fichier."
        )
    given = Given(tuple(piece or ()), pieces, _line_of(par), _line_of(fonction), zip_)
    if cle is not None and verifier is None:
        _refuse_beside_key(cle, identifiant or fichier or sortie or facts or given != Given())
        return show_key(home, as_json)
    if fichier is not None:
        _refuse_one(identifiant, verifier, facts, given)
        target = sortie or Path(f"{fichier.stem}-dossiers")
        code = _make_all(
            fichier,
            Said(feuille, told(colonne or (), colonnes)),
            colonnes,
            target,
            home,
            as_json,
            facts,
            given,
        )
    elif verifier is None:
        code = _make(asked(identifiant, facts), sortie, home, as_json, given)
    elif identifiant or facts or sortie is not None or given != Given():
        raise UsageError(
            "Un dossier se vérifie seul : donnez --verifier FICHIER sans identifiant, fait ni "
            "--sortie."
        )
    elif cle == "":
        raise UsageError("Avec --verifier, donnez après --cle la clé qui doit avoir signé.")
    else:
        code = show_check(verifier, cle, home, as_json)
    return code if strict else 0


def _refuse_beside_key(cle: str, more: object) -> None:
    """See that the key is asked for alone.

    Raises:
        UsageError: something is asked beside it.
    """
    if cle or more:
        raise UsageError(
            "« opac dossier --cle » montre la clé d'ici, sans rien d'autre : donnez --verifier "
            "FICHIER pour la comparer à celle d'un dossier."
        )


@dataclass(frozen=True)
class Given:
    """The documents handed over, who saw them, and whether they are packed with the dossier."""

    piece: tuple[str, ...] = ()
    pieces: Path | None = None
    par: str = ""
    fonction: str = ""
    zip: bool = False


def _line_of(text: str | None) -> str:
    """Give a name or a function on one line, empty for none.

    Raises:
        UsageError: it is longer than a line.
    """
    line = printable((text or "").strip())
    if len(line) > _LINE:
        raise UsageError("--par et --fonction tiennent chacun en une ligne : écrivez plus court.")
    return line


def _make(
    facts: dict[str, str], sortie: Path | None, home: Path | None, as_json: bool, given: Given
) -> int:
    from pipelines.portage.answer import answer, refuse_unreadable
    from pipelines.portage.dossier.issue import Target, issue
    from pipelines.portage.dossier.seen import WHO, Review, look, refuse_undeclared
    from pipelines.portage.dossier.source import read
    from pipelines.portage.session import Telling, portage_session

    for name in ("financement", "action"):
        if name not in facts:
            raise UsageError(
                f"Un dossier porte sur une mission précise : donnez --{name} (« opac verifier » "
                "montre la grille entière)."
            )
    if (given.piece or given.pieces) and not given.par:
        raise UsageError(WHO)
    settings = settings_for(home)
    review = Review(dt.datetime.now(dt.UTC), given.par, given.fonction)
    review = replace(review, vus=look(given.piece, given.pieces, review.local.date()))
    with portage_session(current_release(settings)) as session:
        session.ask_rows([facts], Telling.ALL)
        refuse_unreadable(session)
        found = answer(session, 1)
        source = read(session, 1, found)
    refuse_undeclared(review.vus, source.tenues)
    target = Target(sortie, packed=given.zip)
    made = issue(Home(settings.home), found, source, target, review)
    if as_json:
        print_json({"verdict": found["verdict"], **asdict(made)})
    else:
        title = Verdict(found["verdict"]).words.title
        OUT.print(Text(f"✓ {made.numero} : {title}", style="bold"), soft_wrap=True)
        for path in filter(None, (made.pdf, made.json, made.zip)):
            OUT.print(Text(f"  {printable(str(path))}"), soft_wrap=True)
    return Verdict(found["verdict"]).words.code


def _refuse_one(
    identifiant: str | None, verifier: Path | None, facts: Mapping[str, str], given: Given
) -> None:
    """See that nothing names one organisation, or one dossier, beside a file of them.

    Raises:
        UsageError: something does.
    """
    if verifier is not None:
        raise UsageError("Donnez --fichier ou --verifier, pas les deux.")
    if given.piece or given.pieces:
        raise UsageError(
            "Avec --fichier, donnez les documents vus de chaque ligne dans une colonne « Pièces », "
            "sans --piece ni --pieces."
        )
    named = [PAR_NOM[name].option for name in NAMING if name in facts]
    if identifiant or named:
        what = liste([*(["l'identifiant"] if identifiant else []), *named])
        raise UsageError(
            f"Avec --fichier, chaque ligne dit de qui il s'agit : retirez {what}, ou donnez-le "
            "sans --fichier."
        )


def _make_all(
    fichier: Path,
    said: Said,
    colonnes: Path | None,
    target: Path,
    home: Path | None,
    as_json: bool,
    facts: dict[str, str],
    given: Given,
) -> int:
    """Issue a dossier for each line of a file; give the code of the strongest verdict."""
    from pipelines.portage.dossier.lines import INDEX, Place, issue_lines, pieces_column
    from pipelines.portage.dossier.seen import Review
    from pipelines.portage.screening.judging import check_mission
    from pipelines.portage.session import portage_session

    check_new_folder(target)
    with opened(fichier, said, colonnes, home) as file:
        check_mission(file.candidates, facts)
        with portage_session(file.release) as session:
            step = file.steps.start("Dossiers", file.candidates.rows)
            review = Review(dt.datetime.now(dt.UTC), given.par, given.fonction)
            place = Place(Home(settings_for(home).home), target, review, given.zip)
            rows = issue_lines(session, file.candidates, facts, place, step)
        if as_json:
            index = str(target / INDEX)
            print_json({"sortie": str(target), "index": index, "lignes": [r.told() for r in rows]})
        else:
            if (column := pieces_column(file.candidates)) is not None:
                file.candidates.columns.remove(column)
                told_as = f"Colonne « {column.name} » : les documents vus de chaque ligne."
                file.candidates.remarks.append(told_as)
            tell_columns(file.candidates)
            tell_remarks(file.candidates.remarks)
            _tell_lines(rows, target)
    # What has no dossier is not proved, whatever its verdict.
    unproved = [Verdict.A_VERIFIER] if any(not row.dossier for row in rows) else []
    return max(verdict.words.code for verdict in [*_verdicts(rows), *unproved])


def _verdicts(rows: Sequence[Row]) -> list[Verdict]:
    return [row.verdict for row in rows if row.verdict]


def _tell_lines(rows: Sequence[Row], target: Path) -> None:
    from pipelines.portage.dossier.lines import INDEX

    issued = sum(bool(row.dossier) for row in rows)
    OUT.print()
    made = f"{combien(issued, 'dossier')} pour {combien(len(rows), 'ligne')}"
    OUT.print(f"[bold]{made}[/]", highlight=False)
    tell_verdicts(Counter(_verdicts(rows)))
    if issued < len(rows):
        say(f"  {combien(len(rows) - issued, 'ligne')} sans dossier : {INDEX} dit pourquoi")
    OUT.print()
    done(str(target))
