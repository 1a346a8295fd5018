"""Commands of the other side: who could carry, and how much a porteur may still subcontract."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pipelines.cli.cap import plafond
from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    current_release,
    plain_table,
    print_json,
    say,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.french import UNKNOWN, date_courte, entier, verb
from pipelines.portage.carriers import CRITERIA, ENTRUSTED, LIMITS, Action, carriers
from pipelines.printable import printable
from pipelines.warehouse.release import open_readonly

# Narrower than this, the town gives its place to the name.
_WIDE = 110
_SIZES = {"3 à 150", "plus de 150", "1 ou 2", "aucun"}


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("porteurs")(porteurs)
    app.command("plafond")(plafond)


def porteurs(
    action: Annotated[
        Action | None,
        typer.Option(
            "--action",
            metavar="|".join(Action),
            help="Catégorie d'actions de l'article L.6313-1 (obligatoire).",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="CODE", help="Région, par exemple 93 ou PACA."),
    ] = None,
    departement: Annotated[
        str | None,
        typer.Option(
            "--departement", metavar="CODE", help="Département, par exemple 13 (code ou nom)."
        ),
    ] = None,
    limite: Annotated[
        int, typer.Option("--limite", metavar="N", min=1, help="Combien en montrer.")
    ] = 20,
    json_out: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Trouver qui pourrait porter : les organismes certifiés pour une catégorie d'actions."""
    if action is None:
        raise UsageError(f"Il manque --action : choisissez parmi {', '.join(Action)}.")
    release = current_release(settings_for(home))
    with open_readonly(release.path) as con:
        found = carriers(con, action, region=region, departement=departement, limit=limite)
    if json_out:
        print_json(found)
    elif found["nombre"]:
        _show(found)
    else:
        say(_nobody(found))


def _show(found: dict[str, Any]) -> None:
    shown, total = len(found["organismes"]), found["nombre"]
    head = f"{entier(total)} organismes certifiés" if total > 1 else "Un organisme certifié"
    first = f" ; les {shown} premiers" if shown < total else ""
    title = f"{head} pour {_searched(found)}{first} (liste du {date_courte(found['date_liste'])})."
    say(title, style="bold")
    OUT.print()
    OUT.print(_table(found["organismes"]))
    OUT.print()
    say("Ordre (chaque critère départage ceux que le précédent laisse à égalité) :")
    for rank, text in enumerate(CRITERIA.values(), start=1):
        say(f"  {rank}. {text}", style="dim", indent=5)
    for note in (ENTRUSTED, LIMITS):
        OUT.print()
        say(note, style="dim")


def _table(organismes: list[dict[str, Any]]) -> Table:
    wide = OUT.width >= _WIDE
    table = plain_table()
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("organisme", ratio=1)
    if wide:
        table.add_column("ville", max_width=24)
    for name in ("dép.", "NDA"):
        table.add_column(name, no_wrap=True)
    for name in ("sta-\ngiaires", "déclaré\nle", "con-\nfiés", "forma-\nteurs"):
        title = name if not wide else name.replace("-\n", "").replace("\n", " ")
        table.add_column(title, justify="right", no_wrap=True)
    for one in organismes:
        declared = one["date_derniere_declaration"]
        place = (_cell(one["ville"] or ""),) if wide else ()
        table.add_row(
            str(one["rang"]),
            _cell(one["denomination"] or "(sans dénomination)"),
            *place,
            one["code_departement"] or "",
            one["nda"],
            entier(one["nb_stagiaires"], UNKNOWN),
            f"{declared:%d/%m/%y}" if declared else "?",
            entier(one["nb_stagiaires_confies"], UNKNOWN),
            entier(one["effectif_formateurs"], UNKNOWN) + ("" if one["taille"] in _SIZES else " ?"),
        )
    return table


def _nobody(found: dict[str, Any]) -> str:
    told = f"Aucun organisme n'est certifié pour {_searched(found)} (liste du "
    told += f"{date_courte(found['date_liste'])})"
    if not found["elargir"]:
        return f"{told}."
    wider = found["elargir"][0]
    count = f"{entier(wider['nombre'])} {verb(wider['nombre'], 'trouvé', 'trouvés')}"
    if wider["portee"] == "region":
        return f"{told} : élargissez à la région avec « --region {wider['code']} » ({count})."
    return f"{told} : élargissez à tout le pays, sans région ni département ({count})."


def _searched(found: dict[str, Any]) -> str:
    told: str = found["action"].label
    if place := found["departement"]:
        return f"{told}, département {place['code']} ({place['nom']})"
    if place := found["region"]:
        return f"{told}, région {place['code']} ({place['nom']})"
    return told


def _cell(text: str) -> str:
    return escape(printable(text))
