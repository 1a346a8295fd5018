"""Commands about the releases of a home: which there are, where, going back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pipelines.cli.common import (
    OUT,
    HomeOption,
    JsonOption,
    current_release,
    fitted,
    print_json,
    settings_for,
)
from pipelines.french import il_y_a
from pipelines.home import Home
from pipelines.registers.archive import OFFICIAL, Archive
from pipelines.registers.seen import frozen, seen_until
from pipelines.runs import journal
from pipelines.settings import PARIS, Settings
from pipelines.warehouse.release import Release, current, releases, rollback

# A list older than this says too little about today (the screening of partners refuses it too).
_OLD_DAYS = 7
# The source has been frozen for months before while claiming daily updates.
_FROZEN_DAYS = 60


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command("status")(status)
    app.command("path")(path)
    app.command("releases")(list_releases)
    app.command("rollback")(go_back)


def path(home: HomeOption = None) -> None:
    """Donner le chemin de la base publiée."""
    settings = settings_for(home)
    current_release(settings)
    typer.echo(Home(settings.home).database)


def list_releases(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Lister les versions conservées, la plus récente d'abord."""
    found = releases(Home(settings_for(home).home))
    if as_json:
        print_json(
            [
                {"version": r.version, "courante": r.courante, "fichier": str(r.path), **r.meta}
                for r in found
            ]
        )
        return
    table = Table(box=None, pad_edge=False)
    for title in ("", "version", "liste du", "lignes", "empreinte"):
        table.add_column(title, no_wrap=True)
    for r in found:
        mark = "[green]●[/]" if r.courante else " "
        sha = str(r.meta["sha256"])[:12]
        table.add_row(mark, r.version, r.meta["date_contenu"], str(r.meta["lignes"]), sha)
    OUT.print(table if found else "Aucune version publiée : lancez « opac refresh ».")


def go_back(
    version: Annotated[
        str | None,
        typer.Argument(metavar="VERSION", help="Version voulue ; sinon celle d'avant la courante."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Revenir à une version conservée."""
    found = rollback(Home(settings_for(home).home), version)
    OUT.print(
        f"[bold green]✓[/] Version courante : {found.version} (liste du "
        f"{found.meta['date_contenu']}).",
        highlight=False,
    )


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Dire où en est le dossier de travail : version, âge, dernière exécution, contrôles."""
    settings = settings_for(home)
    found = _status(settings)
    if as_json:
        print_json(found)
        return
    colour = "green" if found["etat"] == "à jour" else "red"
    told = Text(fitted(OUT, f"{found['etat']} — {found['raison']}"))
    told.stylize(f"bold {colour}", 0, len(found["etat"]))
    OUT.print(told, soft_wrap=True)
    labels = {
        "home": "dossier",
        "version": "version",
        "liste": "liste",
        "derniere_declaration": "dernière déclaration",
        "derniere_execution": "dernière exécution",
        "reserves": "avertissements",
        "controles_en_defaut": "contrôles en défaut",
        "acceptations": "écarts acceptés",
    }
    for key, label in labels.items():
        value = found[key]
        between = " " if key == "reserves" else ", "  # sentences, or words
        text = between.join(value) if isinstance(value, list) else value
        line = fitted(OUT, f"  {label:<21}: {text or 'aucun'}", indent=25)
        OUT.print(Text(line), soft_wrap=True)


def _status(settings: Settings) -> dict[str, Any]:
    home = Home(settings.home)
    release = current(home)
    runs = journal.runs(home)
    last = runs[0] if runs else None
    told = "aucune"
    if last:
        end = last.ended or last.started
        told = f"{last.state}, {il_y_a(end, dt.datetime.now(dt.UTC))}" + (
            f" — {last.message}" if last.message else ""
        )
    state, reason = _freshness(settings, release, runs)
    meta = release.meta if release else {}
    return {
        "etat": state,
        "raison": reason,
        "home": str(home.root),
        "version": release.version if release else None,
        "liste": _list_text(meta),
        "sha256": meta.get("sha256"),
        "date_contenu": meta.get("date_contenu"),
        "derniere_declaration": meta.get("derniere_declaration"),
        "derniere_execution": told,
        "code_derniere_execution": last.code if last else None,
        "reserves": _reserves(release),
        "controles_en_defaut": meta.get("avertissements", []),
        "acceptations": [a["regle"] for a in meta.get("acceptations", [])],
    }


def _reserves(release: Release | None) -> list[str]:
    """What is to be known of the list that is published, as it was told when it was received."""
    if release is None:
        return []
    seen = Archive(release.home).last_sighting(release.meta["sha256"])
    return seen.avertissements if seen is not None else []


def _list_text(meta: dict[str, Any]) -> str | None:
    if not meta:
        return None
    return (
        f"{meta['date_contenu']}, {meta['lignes']} lignes dont {meta['mises_a_part']} mises à part,"
        f" {meta['route']}, sha256 {meta['sha256'][:12]}…"
    )


def _freshness(
    settings: Settings, release: Release | None, runs: list[journal.Run]
) -> tuple[str, str]:
    """Judge by the content first: a source can be frozen and still answer every day."""
    if release is None:
        return "absent", "rien n'est publié : lancez « opac refresh »"
    day = dt.date.fromisoformat(release.meta["date_contenu"])
    if (reason := _frozen(release, day)) is not None:
        return "périmé", reason
    seen = seen_until(Archive(release.home), release.meta["sha256"]) or day
    age = (dt.datetime.now(PARIS).date() - seen).days
    if age > _OLD_DAYS:
        return "périmé", f"la liste publiée a {age} jours : relancez « opac refresh »"
    if release.meta["origine"] != OFFICIAL:
        return "à jour", f"liste locale du {day}"
    good = next((run for run in runs if run.code == 0 and run.ended), None)
    hours = settings.stale_hours
    if good is None or good.ended is None or _hours(good.ended) > hours:
        return (
            "périmé",
            f"rien de vérifié depuis {hours:g} h : relancez « opac refresh »",
        )
    return "à jour", f"liste du {day}, vérifiée {il_y_a(good.ended, dt.datetime.now(dt.UTC))}"


def _frozen(release: Release, day: dt.date) -> str | None:
    latest = release.meta.get("derniere_declaration")
    if latest and (day - dt.date.fromisoformat(latest)).days > _FROZEN_DAYS:
        return f"la source semble figée : aucune déclaration depuis le {latest}"
    still = frozen(Archive(release.home))
    if still is None:
        return None
    return (
        f"la liste est figée : la source donne le même contenu du {still.depuis} au "
        f"{still.jusqu_a}, en changeant sa date ; signalez-le à l'administration"
    )


def _hours(moment: dt.datetime) -> float:
    return (dt.datetime.now(dt.UTC) - moment).total_seconds() / 3600
