"""What changed since the previous list of which a release is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines import french
from pipelines.home import Home
from pipelines.market.drawing.bars import grouped, stacked
from pipelines.market.drawing.style import BLUE, GREEN, GREY, ORANGE, VERMILION, Series, met
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import Scope
from pipelines.registers.categories import BY_CODE
from pipelines.warehouse.literals import literal
from pipelines.warehouse.release import Release, releases

if TYPE_CHECKING:
    import duckdb

_BEFORE = "precedente"
_TITLE = "Ce qui a changé depuis la liste précédente"
_MEASURES = {
    "nb_organismes": "Organismes",
    "nb_entites": "Entités juridiques",
    "nb_certifies": "Certifiés",
    **{category.count: f"Certifiés « {category.short} »" for category in BY_CODE.values()},
    "nb_actifs": "Actifs",
    "nb_dormants": "Dormants",
    "nb_stagiaires": "Stagiaires",
    "nb_stagiaires_bornes": "Stagiaires, bornés",
    "nb_stagiaires_confies": "Stagiaires confiés",
    "effectif_formateurs": "Formateurs",
    "effectif_formateurs_borne": "Formateurs, bornés",
    "nb_micro": "Micro-structures",
}
_FLAGS = [category.flag for category in BY_CODE.values()]
_COMPARED = ("nda", "code_region", "est_certifie", *_FLAGS)


@dataclass(frozen=True)
class Previous:
    """An earlier release: the date of its list, and what it has to be compared with."""

    version: str
    day: dt.date
    columns: dict[str, frozenset[str]] = field(default_factory=dict)

    def lacks(self, table: str, names: tuple[str, ...]) -> list[str]:
        """Name the columns of ``table`` that this older release does not have."""
        return [name for name in names if name not in self.columns.get(table, frozenset())]


def previous(home: Home, current: Release) -> Release | None:
    """Find the kept release made from another list, the latest of those that are earlier."""
    day = str(current.meta.get("date_contenu"))
    earlier = [
        found
        for found in releases(home)
        if found.meta.get("sha256") != current.meta.get("sha256")
        and str(found.meta.get("date_contenu")) < day
    ]
    # The newest version first: of one list, the one made by the latest code.
    return max(earlier, key=lambda found: str(found.meta["date_contenu"]), default=None)


@contextmanager
def attached(con: duckdb.DuckDBPyConnection, release: Release) -> Iterator[Previous | None]:
    """Attach an earlier release for reading, beside the current one; nothing if it does not open.

    A kept version that is damaged or in use is no reason to refuse the report of the current one:
    the page says so.
    """
    import duckdb

    try:
        con.execute(f"attach {literal(str(release.path.resolve()))} as {_BEFORE} (read_only)")
    except duckdb.Error:
        yield None
        return
    try:
        columns: dict[str, set[str]] = {}
        for table, column in con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            f"where database_name = '{_BEFORE}'"
        ).fetchall():
            columns.setdefault(table, set()).add(column)
        day = dt.date.fromisoformat(str(release.meta["date_contenu"]))
        known = {table: frozenset(names) for table, names in columns.items()}
        yield Previous(release.version, day, known)
    finally:
        con.execute(f"detach {_BEFORE}")


def section(scope: Scope, before: Previous, today: dt.date) -> Section:
    """Draw what changed between the two lists."""
    figures = [_totals(scope, before)]
    if missing := before.lacks("socle.organisme", _COMPARED):
        reason = f"la version {before.version} n'a pas {french.liste(missing)}"
        figures += [
            _not_comparable("mouvements", "Organismes apparus et partis", reason),
            _not_comparable("certifications", "Certifications gagnées et perdues", reason),
        ]
    else:
        _followed(scope)
        figures += [_moves(scope), _certifications(scope)]
    lead = (
        f"De la liste du {french.jour(before.day)} à celle du {french.jour(today)}. Un organisme "
        "absent d'une liste n'a pas forcément cessé : il peut n'avoir pas encore déclaré."
    )
    return Section("changements", _TITLE, lead, figures)


def absent(today: dt.date) -> Section:
    """Say that there is nothing to compare with."""
    return Section(
        "changements",
        _TITLE,
        f"Aucune version conservée ne vient d'une liste antérieure au {french.jour(today)} : il "
        "n'y a rien à comparer.",
        [],
    )


def unreadable(before: Release) -> Section:
    """Say that the release to compare with does not open."""
    lead = f"Non comparable : la version {before.version} ne s'ouvre pas."
    return Section("changements", _TITLE, lead, [])


def _not_comparable(slug: str, title: str, reason: str) -> Figure:
    told = f"Non comparable : {reason}."
    table = Table([Column("Comparaison", "nom")], [{"nom": told}])
    return Figure(slug, title, told, ["socle.organisme"], table, None, told)


def _totals(scope: Scope, before: Previous) -> Figure:
    table = scope.block_table
    shared = [name for name in _MEASURES if name in before.columns.get(table, frozenset())]
    title = "Les totaux, d'une liste à l'autre"
    keys = ("code_region",) if scope.region else ()
    if not shared or before.lacks(table, keys):
        reason = f"la version {before.version} n'a pas la table {table} sous cette forme"
        return _not_comparable("totaux", title, reason)
    names = ", ".join(shared)
    now = next(iter(scope.rows(f"select {names} from {scope.block}")), {})
    then = next(iter(scope.rows(f"select {names} from {_BEFORE}.{scope.block}")), {})
    rows = [_difference(_MEASURES[name], then.get(name), now.get(name)) for name in shared]
    columns = [
        Column("Mesure", "nom"),
        Column("Avant", "avant", Kind.COUNT),
        Column("Maintenant", "maintenant", Kind.COUNT),
        Column("Écart", "ecart", Kind.SIGNED),
        Column("Écart en %", "ecart_pct", Kind.SIGNED_PERCENT),
    ]
    shown = [row for row in rows if row["ecart_pct"] is not None]
    told = " ; ".join(
        f"{row['nom'].lower()} : {french.entier(row['avant'])} puis "
        f"{french.entier(row['maintenant'])} ({french.signed(row['ecart'])})"
        for row in rows[:3]
    )
    left_out = [_MEASURES[name] for name in _MEASURES if name not in shared]
    return Figure(
        "totaux",
        title,
        f"{told[0].upper()}{told[1:]}.",
        [table],
        Table(columns, rows),
        grouped(shown, "nom", [Series("écart", "ecart_pct", BLUE)], french.signed_percent)
        if shown
        else None,
        "" if shown else "Aucun total à comparer : la liste précédente n'en a pas.",
        f"Non comparable (absent de la version {before.version}) : {french.liste(left_out)}."
        if left_out
        else "",
    )


def _difference(name: str, then: float | None, now: float | None) -> Row:
    both = then is not None and now is not None
    gap = now - then if then is not None and now is not None else None
    return {
        "nom": name,
        "avant": then,
        "maintenant": now,
        "ecart": gap,
        "ecart_pct": 100 * gap / then if both and gap is not None and then else None,
    }


def _followed(scope: Scope) -> None:
    """Put side by side, for this place, what each organisation was and is.

    A flag left blank on an organisation that is not certified says no; on one that is, nothing.
    """
    flags = ", ".join(
        f"coalesce({name}, case when not est_certifie then false end) as {name}" for name in _FLAGS
    )
    side = "select nda, code_region, {flags} from {source}"
    now = side.format(flags=flags, source="socle.organisme")
    then = side.format(flags=flags, source=f"{_BEFORE}.socle.organisme")
    pairs = ", ".join(f"a.{name} as avant_{name}, b.{name} as apres_{name}" for name in _FLAGS)
    here = literal(scope.region.code) if scope.region else "null"
    scope.con.execute(
        f"""
        create or replace temp table suivi as
        select
            a.nda is not null as avant,
            b.nda is not null as apres,
            {here} is null or coalesce(a.code_region = {here}, false) as avant_ici,
            {here} is null or coalesce(b.code_region = {here}, false) as apres_ici,
            {pairs}
        from ({then}) as a
        full join ({now}) as b on a.nda = b.nda
        """
    )


def _moves(scope: Scope) -> Figure:
    row = scope.one(
        """
        select
            count(*) filter (where avant and avant_ici) as avant,
            count(*) filter (where not avant and apres_ici) as apparus,
            count(*) filter (where not apres and avant_ici) as partis,
            count(*) filter (where avant and apres and not avant_ici and apres_ici) as arrives,
            count(*) filter (where avant and apres and avant_ici and not apres_ici) as sortis,
            count(*) filter (where avant and apres and avant_ici and apres_ici) as restes,
            count(*) filter (where apres and apres_ici) as apres
        from suivi
        """
    )
    stayed = "Restés dans la région" if scope.region else "Présents dans les deux listes"
    rows = [
        {"nom": stayed, "nb": row["restes"]},
        {"nom": "Apparus", "nb": row["apparus"]},
        {"nom": "Partis", "nb": row["partis"]},
    ]
    if scope.region:
        rows += [
            {"nom": "Venus d'une autre région", "nb": row["arrives"]},
            {"nom": "Passés dans une autre région", "nb": row["sortis"]},
        ]
    totals = [
        {"nom": "Dans la liste précédente", "nb": row["avant"]},
        {"nom": "Dans cette liste", "nb": row["apres"]},
    ]
    none = dict.fromkeys(("partis", "sortis", "apparus", "arrives"), 0)
    stay = {**none, "restes": row["restes"]}
    lists = [
        {**stay, "nom": "Avant", "partis": row["partis"], "sortis": row["sortis"]},
        {**stay, "nom": "Maintenant", "apparus": row["apparus"], "arrives": row["arrives"]},
    ]
    # Who changes region is in both lists: neither gone nor new.
    series = [
        Series("restés" if scope.region else "dans les deux", "restes", GREY),
        Series("partis", "partis", VERMILION),
        Series("passés dans une autre région", "sortis", ORANGE),
        Series("apparus", "apparus", BLUE),
        Series("venus d'une autre région", "arrives", GREEN),
    ]
    drawable = row["avant"] + row["apres"] > 0
    return Figure(
        "mouvements",
        "Organismes apparus et partis",
        _moves_told(scope, row),
        ["socle.organisme"],
        Table(
            [Column("Numéros de déclaration", "nom"), Column("Nombre", "nb", Kind.COUNT)],
            [*totals, *rows],
        ),
        stacked(lists, "nom", met(lists, series)) if drawable else None,
        "" if drawable else f"Aucun organisme {scope.here}, dans aucune des deux listes.",
    )


def _moves_told(scope: Scope, row: Row) -> str:
    told = (
        f"{french.compte(row['apparus'], 'numéro apparu', 'numéros apparus')}, "
        f"{french.compte(row['partis'], 'parti')}"
    )
    if not scope.region:
        return f"{told}, {french.compte(row['restes'], 'présent')} dans les deux listes."
    return (
        f"{told} de la liste ; {french.compte(row['arrives'], 'venu')} d'une autre région, "
        f"{french.compte(row['sortis'], 'passé')} dans une autre ; "
        f"{french.compte(row['restes'], 'resté')} dans la région."
    )


def _certifications(scope: Scope) -> Figure:
    rows = []
    for category in BY_CODE.values():
        flag = category.flag
        row = scope.one(
            f"""
            select
                count(*) filter (where avant_ici and avant_{flag}) as avant,
                count(*) filter (
                    where avant and apres and apres_ici and not avant_{flag} and apres_{flag}
                ) as gagnees,
                count(*) filter (
                    where avant and apres and avant_ici and avant_{flag} and not apres_{flag}
                ) as perdues,
                count(*) filter (where not avant and apres_ici and apres_{flag}) as apparues,
                count(*) filter (where not apres and avant_ici and avant_{flag}) as parties,
                count(*) filter (where apres_ici and apres_{flag}) as apres
            from suivi
            """
        )
        others = row["apres"] - row["avant"] - row["gagnees"] + row["perdues"]
        row |= {
            "nom": category.title,
            "moins": -row["perdues"],
            # Places and unreadable flags that changed: so that the line adds up.
            "autres": others - row["apparues"] + row["parties"],
        }
        rows.append(row)
    columns = [
        Column("Catégorie", "nom"),
        Column("Avant", "avant", Kind.COUNT),
        Column("Gagnées", "gagnees", Kind.COUNT),
        Column("Perdues", "perdues", Kind.COUNT),
        Column("Apparues avec l'organisme", "apparues", Kind.COUNT),
        Column("Parties avec lui", "parties", Kind.COUNT),
        Column("Autres", "autres", Kind.SIGNED),
        Column("Maintenant", "apres", Kind.COUNT),
    ]
    series = [Series("gagnées", "gagnees", BLUE), Series("perdues", "moins", ORANGE)]
    changed = any(row["gagnees"] or row["perdues"] for row in rows)
    told = " ; ".join(
        f"{row['nom']} : {french.compte(row['gagnees'], 'gagnée')}, "
        f"{french.compte(row['perdues'], 'perdue')}"
        for row in rows
    )
    return Figure(
        "certifications",
        "Certifications gagnées et perdues, par catégorie",
        f"Parmi les organismes présents dans les deux listes. {told}.",
        ["socle.organisme"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.signed) if changed else None,
        "" if changed else "Aucune certification gagnée ni perdue : rien à tracer.",
        "« Autres » : changement de région, ou certification illisible dans une des deux listes.",
    )
