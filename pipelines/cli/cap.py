"""``opac plafond``: the share of CPF turnover that a porteur subcontracts, told and written."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable
from decimal import Decimal
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
    SheetOption,
    current_release,
    json_text,
    plain_table,
    print_json,
    say,
    settings_for,
)
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.french import date_courte, entier, euros, nombre, taux_exact, verb
from pipelines.portage.cap.shares import Cap, caps, shares
from pipelines.warehouse.release import open_readonly

Found = dict[str, Any]
# Lines left out are told up to this many.
_TOLD = 20


def plafond(
    fichier: Annotated[
        Path,
        typer.Argument(
            metavar="FICHIER",
            readable=False,
            help="Factures CPF du porteur (CSV, classeur ou Parquet) : date, montant, montant "
            "sous-traité, et financeur s'il y a lieu (seul le CPF compte).",
        ),
    ],
    sortie: Annotated[
        Path | None,
        typer.Option("--sortie", metavar="FICHIER", help="Résultat : .xlsx, .csv ou .json."),
    ] = None,
    json_out: JsonOption = False,
    feuille: SheetOption = None,
    home: HomeOption = None,
) -> None:
    """Mesurer la part du chiffre d'affaires CPF qu'un porteur sous-traite, année par année."""
    writer = _writer(fichier, sortie) if sortie else None
    release = current_release(settings_for(home))
    with open_readonly(release.path) as con:
        known = caps(con)
    found = _measured(fichier, feuille, known, dt.date.today())
    if json_out:
        print_json(found)
    else:
        _show(found)
    if sortie and writer:
        with replacing(sortie) as part:
            writer(found, part)
        ERR.print(f"[green]✓[/] {escape(str(sortie))}", soft_wrap=True, highlight=False)


def _measured(fichier: Path, sheet: str | None, known: list[Cap], today: dt.date) -> Found:
    """Measure the shares of a file, ready for JSON."""
    from pipelines.portage.cap.invoices import read_invoices

    with tempfile.TemporaryDirectory(prefix="opac-plafond-") as folder:
        invoices = read_invoices(fichier, Path(folder), sheet)
    found = shares(invoices.lines, known, today)
    return {
        "fichier": str(fichier),
        "date": today,
        "colonnes": invoices.columns,
        "lignes": len(invoices.lines),
        "annees": [{**year.told(), "en_cours": year.year == today.year} for year in found.years],
        "lignes_ecartees": [{"ligne": one.number, "motif": one.reason} for one in found.refused],
        "lignes_sans_sous_traitance": found.without,
        "avoirs": found.credits,
        "lignes_autres_financeurs": found.elsewhere,
        "taxes": invoices.taxes,
        "lignes_repetees": invoices.repeated,
    }


def _show(found: Found) -> None:
    years, refused = found["annees"], found["lignes_ecartees"]
    if years:
        OUT.print(_table(years))
        OUT.print()
    else:
        say("Aucune facture n'a pu être comptée.", style="bold")
    for year in years:
        say(_sentence(year), style=_style(year))
    if refused:
        OUT.print()
        say(f"{_counted(len(refused), 'ligne écartée', 'lignes écartées')}, sans rien compter :")
    for one in refused[:_TOLD]:
        say(f"  ligne {one['ligne']} : {one['motif']}", indent=4)
    if len(refused) > _TOLD:
        rest = _counted(len(refused) - _TOLD, "autre", "autres")
        say(f"  … et {rest} (toutes : --json, ou --sortie en .xlsx)")
    OUT.print()
    for note in _notes(found):
        say(note, style="dim")


def _table(years: list[Found]) -> Table:
    table = plain_table(
        *("année", "factures", "CA CPF (€)", "sous-traité (€)", "part", "limite", "reste (€)")
    )
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for year in years:
        table.add_row(
            str(year["annee"]),
            entier(year["factures"]),
            nombre(year["chiffre_affaires"], 2),
            nombre(year["sous_traite"], 2),
            taux_exact(year["part_pct"]) if year["part_pct"] is not None else "",
            taux_exact(year["plafond_pct"]),
            "à vérifier" if year["a_verifier"] else nombre(year["reste_a_sous_traiter"], 2),
            style=_style(year) or "",
        )
    return table


def _style(year: Found) -> str | None:
    if year["a_verifier"]:
        return "yellow"
    return "bold red" if year["depasse"] else None


def _sentence(year: Found) -> str:
    told = f"{year['annee']}"
    if (year["du"].month, year["du"].day) != (1, 1):
        told += f" (du {date_courte(year['du'])} au {date_courte(year['au'])})"
    if year["en_cours"]:
        told += ", année en cours"
    cap = taux_exact(year["plafond_pct"])
    if year["a_verifier"]:
        return f"{told} : à vérifier. {_unsettled(year, cap)}"
    if not year["chiffre_affaires"]:
        return f"{told} : aucun chiffre d'affaires compté."
    if year["depasse"]:
        verb = ("il faut" if year["en_cours"] else "il aurait fallu") + _at(year, "au plus")
        more = euros(year["chiffre_affaires_manquant"])
        return (
            f"{told} : la limite de {cap} est dépassée ; {verb} {more} de chiffre d'affaires en "
            "plus, sans sous-traitance, pour y revenir."
        )
    if not year["reste_a_sous_traiter"]:
        return f"{told} : la limite de {cap} est atteinte sans être dépassée ; il ne reste rien."
    verb = ("il reste" if year["en_cours"] else "il restait") + _at(year, "au moins")
    left = euros(year["reste_a_sous_traiter"])
    return f"{told} : {verb} {left} à sous-traiter, à chiffre d'affaires constant."


def _at(year: Found, least: str) -> str:
    """Lines left out may move an amount; it is told at its worst."""
    return f" {least}" if year["lignes_en_doute"] else ""


def _unsettled(year: Found, cap: str) -> str:
    """Say between which shares a year lies, and what keeps it from being concluded."""
    lines = _counted(
        year["lignes_en_doute"], "ligne écartée pourrait", "lignes écartées pourraient"
    )
    if year["part_min_pct"] is None:
        return f"{lines} changer la conclusion (limite de {cap}) : corrigez-les pour conclure."
    low, high = (taux_exact(year[name]) for name in ("part_min_pct", "part_max_pct"))
    return (
        f"{lines} changer la conclusion : la part est entre {low} et {high}, pour une limite de "
        f"{cap} ; corrigez-les pour conclure."
    )


def _notes(found: Found) -> list[str]:
    read = " ; ".join(f"« {found['colonnes'][kind]} »" for kind in found["colonnes"])
    wanted = ("date", "montant", "montant sous-traité", "financeur")[: len(found["colonnes"])]
    notes = [
        f"Colonnes lues ({' ; '.join(wanted)}) : {read}. Les lignes portent le "
        "numéro que leur donne un tableur."
    ]
    if "financeur" not in found["colonnes"]:
        notes.append(
            "Aucune colonne ne dit le financeur : toutes les factures sont prises pour du CPF."
        )
    elif count := found["lignes_autres_financeurs"]:
        lines = _counted(count, "ligne payée", "lignes payées")
        notes.append(f"{lines} par un autre financeur : hors du calcul.")
    if found["taxes"]:
        notes.append(found["taxes"])
    if count := found["avoirs"]:
        notes.append(f"{_counted(count, 'avoir retranché', 'avoirs retranchés')}.")
    if count := found["lignes_sans_sous_traitance"]:
        lines = _counted(count, "facture", "factures")
        notes.append(f"{lines} sans montant sous-traité : compté pour zéro.")
    if count := found["lignes_repetees"]:
        lines = _counted(count, "ligne répète", "lignes répètent")
        notes.append(f"{lines} une autre en tout point : comptée, vérifiez-la.")
    if bases := dict.fromkeys(year["base_legale"] for year in found["annees"]):
        notes.append(
            f"Limite : {' ; '.join(bases)}. Elle porte sur le chiffre d'affaires CPF de l'année "
            "civile : le fichier doit donner toutes les factures CPF, sous-traitées ou non."
        )
    return notes


def _writer(fichier: Path, sortie: Path) -> Callable[[Found, Path], None]:
    """Give what writes the result in the format of its ending.

    Raises:
        UsageError: the ending is unknown, or the result would replace the invoices.
    """
    writers = {".xlsx": _write_xlsx, ".csv": _write_csv, ".json": _write_json}
    if sortie.suffix.lower() not in writers:
        raise UsageError(
            f"« {sortie} » ne dit pas son format : donnez un nom en .xlsx, .csv ou .json."
        )
    if sortie.resolve() == fichier.resolve():
        raise UsageError(
            f"« {sortie} » est la liste des factures elle-même : donnez un autre nom à --sortie."
        )
    return writers[sortie.suffix.lower()]


def _write_json(found: Found, target: Path) -> None:
    target.write_text(json_text(found) + "\n", encoding="utf-8")


def _write_csv(found: Found, target: Path) -> None:
    # With a mark, or spreadsheets read accents as something else.
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_YEAR_COLUMNS)
        for year in found["annees"]:
            writer.writerow(_plain(year[name]) for name in _YEAR_COLUMNS)


def _write_xlsx(found: Found, target: Path) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target), options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("Années")
        sheet.write_row(0, 0, _YEAR_COLUMNS, bold)
        for row, year in enumerate(found["annees"], start=1):
            for column, name in enumerate(_YEAR_COLUMNS):
                value = year[name]
                if isinstance(value, Decimal):
                    sheet.write_number(row, column, value, money)
                elif value is not None:
                    sheet.write(row, column, _plain(value))
        sheet.set_column(0, len(_YEAR_COLUMNS) - 1, 14)
        sheet.freeze_panes(1, 0)
        left_out = book.add_worksheet("Lignes écartées")
        left_out.write_row(0, 0, ("ligne", "motif"), bold)
        for row, one in enumerate(found["lignes_ecartees"], start=1):
            left_out.write_row(row, 0, (one["ligne"], one["motif"]))
        left_out.set_column(1, 1, 80)


_YEAR_COLUMNS = (
    *("annee", "du", "au", "factures", "chiffre_affaires", "sous_traite", "part_pct"),
    *("plafond_pct", "depasse", "reste_a_sous_traiter", "chiffre_affaires_manquant"),
    *("a_verifier", "lignes_en_doute", "part_min_pct", "part_max_pct", "base_legale", "en_cours"),
)


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value.isoformat() if isinstance(value, dt.date) else value


def _counted(count: int, one: str, many: str) -> str:
    return f"{entier(count)} {verb(count, one, many)}"
