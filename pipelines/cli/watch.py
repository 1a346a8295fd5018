"""Commands of the watch list: who is watched, for whom, and how each stands."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.columns_shown import ColumnOption, ColumnsOption
from pipelines.cli.common import (
    HomeOption,
    JsonOption,
    SheetOption,
    current_release,
    done,
    print_json,
    say,
    settings_for,
)
from pipelines.cli.french import FrenchCommand, FrenchGroup
from pipelines.cli.watch_shown import SHOWN, entry, show_added, show_list
from pipelines.errors import UsageError
from pipelines.french import combien
from pipelines.home import Home


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    group = typer.Typer(
        name="veille",
        cls=FrenchGroup,
        help="Suivre des sous-traitants : être prévenu de ce qui change pour eux.",
        subcommand_metavar="COMMANDE [ARGS]...",
        no_args_is_help=True,
    )
    group.command("ajouter", cls=FrenchCommand)(add)
    group.command("liste", cls=FrenchCommand)(show)
    group.command("retirer", cls=FrenchCommand)(remove)
    app.add_typer(group)


def add(
    quoi: Annotated[
        list[str],
        typer.Argument(
            metavar="FICHIER|IDENTIFIANT...",
            help="NDA, SIREN ou SIRET ; ou fichier de candidats, comme pour « opac cribler » : ses "
            "colonnes disent la mission et les pièces de chacun.",
        ),
    ],
    pour: Annotated[
        str | None,
        typer.Option(
            "--pour",
            metavar="NOM",
            help="Qui prévenir : un destinataire d'avis.toml ; sinon le seul qui reçoit la veille.",
        ),
    ] = None,
    porteur: Annotated[
        str | None,
        typer.Option("--porteur", metavar="IDENTIFIANT", help="Porteur, jugé aussi."),
    ] = None,
    financement: Annotated[
        str | None,
        typer.Option("--financement", metavar="F", help="Qui paie, par exemple CPF."),
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(
            "--action", metavar="A", help="Catégorie d'action, par exemple BILAN_COMPETENCES."
        ),
    ] = None,
    feuille: SheetOption = None,
    colonne: ColumnOption = None,
    colonnes: ColumnsOption = None,
    home: HomeOption = None,
) -> None:
    """Suivre des organismes ; sans financement ni action, seulement ce qu'en dit la liste.

    Une option vaut pour les lignes du fichier qui ne disent rien.

    Un organisme déjà suivi pour la même mission est mis à jour.
    """
    from pipelines.portage.answer import labels
    from pipelines.portage.candidates.mapping import Said, told
    from pipelines.portage.session import portage_session
    from pipelines.watch import watchlist
    from pipelines.watch.arguments import read

    settings = settings_for(home)
    recipient = watchlist.recipient_for(Home(settings.home), pour)
    release = current_release(settings)
    options = {"financement": financement, "action": action, "porteur": porteur}
    defaults = {name: text.strip() for name, text in options.items() if text and text.strip()}
    with portage_session(release) as session:
        reading = read(session, quoi, defaults, Said(feuille, told(colonne or (), colonnes)))
        names = labels(session.con)
    added = watchlist.add(settings, release, recipient, reading.asked)
    show_added(added, reading, names)


def show(
    pour: Annotated[
        str | None, typer.Option("--pour", metavar="NOM", help="Un seul destinataire ; sinon tous.")
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Dire où en est chaque ligne suivie : verdict, raison, prochaine date."""
    import datetime as dt

    from pipelines.notices.outbox import Genre
    from pipelines.notices.settings import notice_settings
    from pipelines.portage.answer import labels
    from pipelines.portage.session import portage_session
    from pipelines.watch.lookup import look_up
    from pipelines.watch.watchlist import watched

    settings = settings_for(home)
    release = current_release(settings)
    lines = watched(settings, pour)
    receiving = {one.nom for one in notice_settings(Home(settings.home)).receiving(Genre.VEILLE)}
    today = dt.date.today()
    with portage_session(release, today) as session:
        names = labels(session.con)
        found = look_up(session, release, today, lines) if lines else []
    pairs = list(zip(lines, found, strict=True))
    if as_json:
        print_json([entry(line, one, receiving) for line, one in pairs])
        return
    if not pairs:
        whose = f" pour « {pour} »" if pour else ""
        say(f"Personne n'est suivi{whose} : « opac veille ajouter » commence une liste.")
    for recipient in dict.fromkeys(line.destinataire for line in lines):
        own = [pair for pair in pairs if pair[0].destinataire == recipient]
        show_list(recipient, own, names, receives=recipient in receiving)


def remove(
    identifiants: Annotated[
        list[str] | None,
        typer.Argument(metavar="IDENTIFIANT...", help="Numéros suivis."),
    ] = None,
    tout: Annotated[
        bool, typer.Option("--tout", metavar="", help="Retirer toutes les lignes.")
    ] = False,
    pour: Annotated[
        str | None,
        typer.Option("--pour", metavar="NOM", help="Destinataire ; sinon le seul qui les suit."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Ne plus suivre des organismes, pour aucune mission."""
    from pipelines.watch import watchlist

    if tout is bool(identifiants):
        raise UsageError("Rien ne dit lesquels : donnez les numéros à retirer, ou --tout.")
    gone = watchlist.remove(settings_for(home), identifiants or [], pour, everything=tout)
    numbers = list(dict.fromkeys(line.identifiant for line in gone))
    told = ", ".join(numbers[:SHOWN]) + (" …" if len(numbers) > SHOWN else "")
    lines = combien(len(gone), "ligne retirée", "lignes retirées")
    done(f"{lines} pour « {gone[0].destinataire} » : {told}.")
