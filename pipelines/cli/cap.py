"""``opac plafond``: the share of CPF turnover that a porteur subcontracts, told and written."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from pipelines.cli.cap_files import writer_of
from pipelines.cli.cap_notes import notes
from pipelines.cli.cap_shown import show
from pipelines.cli.columns_shown import (
    ColumnsOption,
    PreviewOption,
    WriteColumnsOption,
    check_reading,
    tell_columns,
    write_reading,
)
from pipelines.cli.common import (
    ERR,
    HomeOption,
    JsonOption,
    SheetOption,
    current_release,
    print_json,
    say,
    settings_for,
)
from pipelines.cli.model import ModelOption, write_model
from pipelines.errors import UsageError
from pipelines.files import replacing
from pipelines.warehouse.release import open_readonly

if TYPE_CHECKING:
    import duckdb

    from pipelines.portage.candidates.mapping import Said
    from pipelines.portage.cap.invoices import Invoices
    from pipelines.portage.cap.project import Project
    from pipelines.portage.cap.shares import Shares
    from pipelines.portage.cap.year import Cap

Found = dict[str, Any]
_MODEL = Path("factures.xlsx")


def plafond(
    fichier: Annotated[
        Path | None,
        typer.Argument(
            metavar="FICHIER",
            readable=False,
            help="Factures CPF du porteur (CSV, classeur ou Parquet) : date, montant, prix CPF de "
            "la part sous-traitée (sinon facture du sous-traitant), et s'il y a lieu financeur "
            f"(seul le CPF compte) et sous-traitant. Avec --modele, le modèle à écrire ({_MODEL} "
            "par défaut).",
        ),
    ] = None,
    sortie: Annotated[
        Path | None,
        typer.Option(
            "--sortie",
            metavar="FICHIER",
            help="Résultat : .xlsx ou .json (tout), ou .csv (les années seules).",
        ),
    ] = None,
    projet: Annotated[
        str | None,
        typer.Option(
            "--projet",
            metavar="MONTANT",
            help="Prix CPF, hors taxes, d'une action à sous-traiter cette année (« 12 000 € », "
            "« 12k ») : dit la part d'avant et d'après. Il s'ajoute au chiffre d'affaires et au "
            "sous-traité ; d'une action sous-traitée en partie, donnez le prix de cette part.",
        ),
    ] = None,
    modele: ModelOption = False,
    feuille: SheetOption = None,
    apercu: PreviewOption = False,
    colonne: Annotated[
        list[str] | None,
        typer.Option(
            "--colonne",
            metavar="EN-TÊTE=SENS",
            help="Dire comment lire une colonne (« Total facturé=montant ») ; sans sens, la "
            "laisser de côté (« N°= »). Se répète. Sens : date, montant, sous_traite, "
            "facture_sous_traitant, financeur, sous_traitant, numero_sous_traitant.",
        ),
    ] = None,
    colonnes: ColumnsOption = None,
    ecrire_colonnes: WriteColumnsOption = None,
    json_out: JsonOption = False,
    home: HomeOption = None,
) -> int:
    """Mesurer la part du chiffre d'affaires CPF qu'un porteur sous-traite, année par année.

    Le code de sortie est 0, la limite fût-elle dépassée ou la conclusion à vérifier.
    """
    if modele:
        from pipelines.portage.cap.template import write_template

        return write_model(fichier or _MODEL, write_template)
    if fichier is None:
        raise UsageError(
            "Il manque le fichier des factures : donnez-le, ou écrivez un modèle avec --modele."
        )
    said = _said(feuille, colonne or (), colonnes)
    check_reading(ecrire_colonnes)
    if apercu:
        return _preview(fichier, said, ecrire_colonnes)
    asked = _Asked(fichier, said, colonnes, ecrire_colonnes, projet)
    writer = writer_of(fichier, sortie) if sortie else None
    release = current_release(settings_for(home))
    with open_readonly(release.path) as con:
        found, invoices = _measured(con, asked, dt.date.today())
    if json_out:
        print_json(found)
    else:
        tell_columns(invoices.table, kept=False)
        show(found)
    if ecrire_colonnes is not None:
        write_reading(invoices.table, ecrire_colonnes, ERR)
    if sortie and writer:
        with replacing(sortie) as part:
            writer(found, invoices.table.columns, part)
        ERR.print(f"[green]✓[/] {escape(str(sortie))}", soft_wrap=True, highlight=False)
    return 0


@dataclass(frozen=True)
class _Asked:
    """What the user gives: the file, what it says of it, and the project, as text."""

    path: Path
    said: Said
    mapping: Path | None
    reading: Path | None
    project: str | None


def _said(sheet: str | None, options: Sequence[str], mapping: Path | None) -> Said:
    from pipelines.portage.candidates.mapping import Said, told
    from pipelines.portage.cap.columns import fact_named

    return Said(sheet, told(options, mapping, fact_named))


def _preview(fichier: Path, said: Said, target: Path | None) -> int:
    """Show how the columns of a file would be read, whatever is missing."""
    from pipelines.portage.cap.invoices import read_columns

    with tempfile.TemporaryDirectory(prefix="opac-plafond-") as folder:
        table, _ = read_columns(fichier, Path(folder), said)
    tell_columns(table, every=True)
    for remark in table.remarks:
        say(remark, style="dim")
    if target is not None:
        write_reading(table, target)
    return 0


def _measured(
    con: duckdb.DuckDBPyConnection, asked: _Asked, today: dt.date
) -> tuple[Found, Invoices]:
    """Measure the shares of a file, ready for JSON."""
    from pipelines.portage.cap.invoices import read_invoices
    from pipelines.portage.cap.project import project, read_price
    from pipelines.portage.cap.shares import caps, shares

    price = None if asked.project is None else read_price(asked.project)
    known = caps(con)
    with tempfile.TemporaryDirectory(prefix="opac-plafond-") as folder:
        invoices = read_invoices(asked.path, Path(folder), asked.said)
    invoices.table.mapping = asked.mapping
    found = shares(invoices.lines, known, today)
    told: Found = {
        "fichier": str(asked.path),
        "date": today,
        "colonnes": invoices.headers,
        "sous_traite_selon": invoices.basis,
        "lignes": len(invoices.lines),
        "annees": [{**year.told(), "en_cours": year.year == today.year} for year in found.years],
        "sous_traitants": _entrusted(con, invoices, found),
        "projet": _project(project(found, price, known, today)) if price is not None else None,
        "lignes_ecartees": [{"ligne": one.number, "motif": one.reason} for one in found.refused],
        "lignes_sans_sous_traitance": sum(one.amounts.unsaid for one in found.counted),
        "avoirs": sum(one.amounts.amount < 0 or one.amounts.part < 0 for one in found.counted),
        "lignes_autres_financeurs": found.elsewhere,
        "taxes": invoices.taxes,
        "lignes_repetees": invoices.repeated,
    }
    told["annees_a_confirmer"] = _turned(invoices, found, known, today)
    told["a_savoir"] = notes(told, found, invoices.table.remarks)
    return told, invoices


def _entrusted(
    con: duckdb.DuckDBPyConnection, invoices: Invoices, found: Shares
) -> list[Found] | None:
    """Tell what was subcontracted by year and sub-contractor; None where no column says who."""
    from pipelines.portage.cap.subcontractors import by_subcontractor, sirens_of

    if not invoices.read.says_who:
        return None
    rows = by_subcontractor(found.counted, found.years, sirens_of(con, found.counted))
    return [
        {
            "annee": one.year,
            "sous_traitant": one.names[0] if one.names else None,
            "numero": one.number or None,
            "factures": one.invoices,
            "sous_traite": one.amount,
            "part_pct": one.share,
            "autres_noms": list(one.names[1:]),
            "doute": one.doubt or None,
        }
        for one in rows
    ]


def _project(thought: Project) -> Found:
    before, after = thought.before, thought.after
    sure = after.settled
    return {
        "montant": thought.price,
        "annee": before.year,
        "avant": before.told(),
        "apres": after.told(),
        "a_verifier": not sure,
        "limite_tenue": not after.exceeded if sure else None,
        "plus_grand_projet": before.largest if before.settled else None,
    }


def _turned(invoices: Invoices, found: Shares, known: Sequence[Cap], today: dt.date) -> list[int]:
    """Tell which years another meaning of the subcontracted amount would not conclude alike."""
    from pipelines.portage.cap.shares import shares

    if not invoices.read.supposed:
        return []
    billed = [replace(line, cost=line.subcontracted, subcontracted="") for line in invoices.lines]
    others = {year.year: year for year in shares(billed, known, today).years}
    return [
        year.year
        for year in found.years
        if (year.settled, year.exceeded) != (others[year.year].settled, others[year.year].exceeded)
    ]
