"""Commands of history: what changed, the timeline of an organisation, old lists brought in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    JsonOption,
    current_release,
    done,
    fitted,
    parse_date,
    plain_table,
    print_json,
    say,
    settings_for,
)
from pipelines.french import UNKNOWN, combien, date_courte, entier, verb
from pipelines.history.queries import SAID, Kind, changes, timeline
from pipelines.home import Home
from pipelines.portage.carriers import Action
from pipelines.printable import printable
from pipelines.registers.categories import BY_CODE
from pipelines.warehouse.release import current, open_readonly

# In place of an identifier: history is made again from the archive.
_REBUILD = "reconstruire"
_WHOLE = {"constaté", "NDA", "du", "au"}


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("evolutions")(evolutions)
    app.command("historique")(history)
    app.command("importer")(import_lists)


def evolutions(
    depuis: Annotated[
        str | None,
        typer.Option(
            "--depuis", metavar="AAAA-MM-JJ", help="Première date ; sinon la dernière liste seule."
        ),
    ] = None,
    kind: Annotated[
        Kind | None, typer.Option("--type", metavar="TYPE", help="Un seul type d'événement.")
    ] = None,
    categorie: Annotated[
        Action | None,
        typer.Option(
            "--categorie", metavar="|".join(Action), help="Une seule catégorie certifiée."
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="CODE", help="Région, par exemple 93 ou PACA."),
    ] = None,
    limite: Annotated[
        int, typer.Option("--limite", metavar="N", min=1, help="Combien en montrer.")
    ] = 30,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Dire ce qui a changé d'une liste à l'autre : certifications, départs, retours, numéros."""
    release = current_release(settings_for(home))
    with open_readonly(release.path) as con:
        found = changes(
            con,
            since=parse_date(depuis),
            kind=kind,
            category=categorie,
            region=region,
            limit=limite,
        )
    if as_json:
        print_json(found)
    else:
        _show_changes(found)


def history(
    identifiant: Annotated[
        str,
        typer.Argument(
            metavar="IDENTIFIANT",
            help="NDA, SIREN ou SIRET ; ou « reconstruire » : refaire tout l'historique depuis "
            "l'archive.",
        ),
    ],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Raconter un organisme d'une liste à l'autre, sous tous ses numéros."""
    settings = settings_for(home)
    release = current_release(settings)
    if identifiant == _REBUILD:
        from pipelines.refresh import rebuild

        done(rebuild(settings, from_nothing=True).message)
        return
    with open_readonly(release.path) as con:
        found = timeline(con, identifiant)
    if as_json:
        print_json(found)
    else:
        _show_timeline(found)


def import_lists(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CHEMIN",
            readable=False,
            help="Ancienne liste (.csv, .csv.gz, .zip, .parquet), ou dossier de listes dont le nom "
            "porte la date.",
        ),
    ],
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="AAAA-MM-JJ", help="Date du contenu, si le nom ne la dit."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Faire entrer d'anciennes listes dans l'historique, puis publier à nouveau."""
    from pipelines.history.importing import import_lists
    from pipelines.refresh import rebuild

    settings = settings_for(home)
    brought = import_lists(settings, source, parse_date(date))
    archived = combien(len(brought), "liste archivée", "listes archivées")
    done(f"{archived} pour l'historique.")
    if current(Home(settings.home)) is None:
        say("Rien n'est encore publié : l'historique se fera avec « opac refresh ».")
    else:
        done(rebuild(settings).message)


def _show_changes(found: dict[str, Any]) -> None:
    region = found["region"]
    place = f", région {region['code']} ({region['nom']})" if region else ""
    lists = f"{found['nb_listes']} listes" if found["nb_listes"] > 1 else "une liste"
    if found["nombre"] == 0:
        say(
            f"Rien n'a changé depuis le {date_courte(found['depuis'])} ({lists}{place} ; "
            f"l'historique commence le {date_courte(found['premiere_liste'])})."
        )
        return
    say(
        f"{entier(found['nombre'])} {verb(found['nombre'], 'changement', 'changements')} "
        f"depuis le {date_courte(found['depuis'])} ({lists}{place}).",
        style="bold",
    )
    OUT.print()
    for row in found["par_type"]:
        label = SAID[row["type"]] + (f" : {row['categorie']}" if row["categorie"] else "")
        campaign = (
            f" (dont {entier(row['campagne_bpf'])} de la campagne BPF : un retour est attendu)"
        )
        say(f"  {entier(row['nombre']):>7}  {label}{campaign * bool(row['campagne_bpf'])}")
    OUT.print()
    OUT.print(_events_table(found["evenements"], named=True))
    if found["nombre"] > len(found["evenements"]):
        ERR.print(
            fitted(
                ERR,
                f"(les {len(found['evenements'])} derniers ; davantage : --limite ; tout : "
                'opac query "from historique.evenement")',
            ),
            style="dim",
            soft_wrap=True,
            highlight=False,
        )


def _show_timeline(found: dict[str, Any]) -> None:
    for one in found["organismes"]:
        last = one["periodes"][-1]
        name = last["denomination"] or "(sans dénomination)"
        state = (
            "listé"
            if last["listee"]
            else f"absent de la liste depuis le {date_courte(last['valide_du'])}"
        )
        say(f"{name} — NDA {last['nda']}, {state}", style="bold")
        OUT.print()
        titles = ("du", "au", "NDA", "liste", "certifié pour", "stagiaires", "formateurs")
        table = plain_table(*titles, whole=_WHOLE)
        for period in one["periodes"]:
            end = period["valide_au"]
            table.add_row(
                date_courte(period["valide_du"]),
                date_courte(end) if end else "",
                period["nda"],
                "oui" if period["listee"] else "non",
                _certified(period),
                entier(period["nb_stagiaires"], UNKNOWN),
                entier(period["effectif_formateurs"], UNKNOWN),
            )
        OUT.print(table)
        OUT.print()
        if one["evenements"]:
            OUT.print(_events_table(one["evenements"], named=False))
        else:
            say("Aucun changement constaté.")
        OUT.print()
    say(
        f"{found['nb_listes']} listes suivies, du {date_courte(found['premiere_liste'])} au "
        f"{date_courte(found['derniere_liste'])} ; « au » est la première liste qui dit autre "
        "chose.",
        style="dim",
    )


def _events_table(events: list[dict[str, Any]], *, named: bool) -> Table:
    titles = ("constaté", "depuis la liste du", "NDA", *["organisme"] * named, "quoi", "")
    table = plain_table(*titles, whole=_WHOLE)
    for event in events:
        what = SAID[event["type"]] + (f" : {event['categorie']}" if event["categorie"] else "")
        if event["campagne_bpf"]:
            what += " (campagne BPF)"
        table.add_row(
            date_courte(event["date_constat"]),
            date_courte(event["instantane_avant"]),
            event["nda"],
            *([escape(printable(event["denomination"] or ""))] if named else []),
            what,
            _change(event),
        )
    return table


def _change(event: dict[str, Any]) -> str:
    if (event["avant"] is None and event["apres"] is None) or event["categorie"]:
        return ""
    before, after = (
        printable(event[key] or "(vide)").replace(";", " ; ") for key in ("avant", "apres")
    )
    return escape(f"{before} → {after}")


def _certified(period: dict[str, Any]) -> str:
    held = [category.short for category in BY_CODE.values() if period[category.flag]]
    return ", ".join(held) or "–"
