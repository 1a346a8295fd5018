"""Regions, or the départements of one, ranked by their certified share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines import french
from pipelines.market.chapters.extremes import Compared
from pipelines.market.chapters.territory import CERTIFIED, by_rank, departements, partial_note
from pipelines.market.drawing.bars import Bar, ranked
from pipelines.market.drawing.style import BLUE, GREY
from pipelines.market.figure import Column, Figure, Kind, Row, Table, signs
from pipelines.market.scope import NATION, Scope

if TYPE_CHECKING:
    import altair as alt


def ranking(scope: Scope) -> Figure:
    """Draw regions, or the départements of the region, by their certified share."""
    whole = scope.one("from marche.synthese")
    if scope.region:
        name, table, heading = "departement", "marche.par_departement", "Département"
        rows = departements(scope, table)
        title = "Les départements de la région, par part de certifiés"
    else:
        name, table, heading = "region", "marche.par_region", "Région"
        rows = scope.rows("from marche.par_region order by code_region nulls last")
        title = "Les régions, par part de certifiés"
    rows.sort(key=lambda row: by_rank(row, "rang_part_certifies", "part_certifies_pct"))
    told = [row for row in rows if row["part_certifies_pct"] is not None]
    columns = [Column(heading, name), Column("Organismes", "nb_organismes", Kind.COUNT), *CERTIFIED]
    national = {**whole, name: NATION, "petit_effectif": False, "rang_part_certifies": None}
    silent = [row for row in rows if row["part_certifies_pct"] is None]
    return Figure(
        "rang-certifies",
        title,
        _sentence(scope, rows, name, whole),
        [table, "marche.synthese"],
        Table(columns, [national, *told, *silent]),
        _chart(told, name, whole) if told else None,
        "" if told else f"{_silence(scope, rows)} : le classement ne peut pas être tracé.",
        partial_note(scope) if scope.region else "",
    )


def _silence(scope: Scope, rows: Sequence[Row]) -> str:
    return scope.uncertified() if rows else "Cette région n'a aucun département"


def _chart(told: Sequence[Row], name: str, whole: Row) -> alt.TopLevelMixin:
    bars = [
        Bar(
            row[name] + signs(row),
            row["part_certifies_pct"],
            french.pourcent(row["part_certifies_pct"]),
            GREY if signs(row) else BLUE,
        )
        for row in told
    ]
    share = whole["part_certifies_pct"]
    return ranked(bars, (share, f"{NATION} : {french.pourcent(share)}"))


def _sentence(scope: Scope, rows: Sequence[Row], name: str, whole: Row) -> str:
    # A place outside the official geography counts, and is not what a ranking is about.
    sure = [
        row
        for row in rows
        if row["part_certifies_pct"] is not None
        and row["population"] is not None
        and not signs(row)
    ]
    compared = Compared(
        name,
        "part_certifies_pct",
        french.pourcent,
        "département" if scope.region else "région",
        "En tête",
        "en dernier",
    )
    if sure:
        told = compared.told(sure)
    elif not whole["nb_certification_connue"]:
        told = scope.uncertified()
    elif not rows:
        told = "Cette région n'a aucun département"
    elif any(row.get("incomplet") for row in rows):
        told = "Les chiffres des départements sont incomplets"
    else:
        told = f"Aucun lieu n'a cinq organismes {scope.here}"
    if whole["nb_certification_connue"]:
        france = french.part(
            whole["nb_certifies"], whole["nb_certification_connue"], whole["part_certifies_pct"]
        )
        told += f" ; {NATION} : {france}"
    silent = [row[name] for row in rows if row["part_certifies_pct"] is None]
    if silent and sure:
        told += f". Aucun organisme dont la certification soit connue : {french.some(silent)}"
    return f"{told}."
