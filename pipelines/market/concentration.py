"""Concentration: how unevenly trainees are shared, with and without the absurd values."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.market import french
from pipelines.market.bars import Bar, grouped, ranked
from pipelines.market.charts import curves
from pipelines.market.figure import SMALL, Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import NATION, Scope
from pipelines.market.style import BLUE, GREY, ORANGE, Series

_NOBODY = "Aucun stagiaire déclaré : {} ne peut pas être tracée."
_TOPS = (
    ("1 % les plus gros", "top_1pct", "top_1pct"),
    ("10 % les plus gros", "top_10pct", "top_10pct"),
    ("100 plus gros", "top_100", "top_100"),
)
_KNOWN = {"NATION": 0, "REGION": 1, "CATEGORIE": 2}
_COLUMNS = (
    Column("Périmètre", "libelle"),
    Column("Organismes actifs", "nb_organismes", Kind.COUNT),
    Column("Stagiaires", "nb_stagiaires", Kind.COUNT),
    Column("1 % : part bornée", "part_top_1pct_bornee_pct", Kind.PERCENT),
    Column("1 % : part déclarée", "part_top_1pct_pct", Kind.PERCENT),
    Column("Gini borné", "gini_borne", Kind.DECIMAL, 3),
    Column("Gini déclaré", "gini", Kind.DECIMAL, 3),
    Column("HHI borné", "hhi_borne", Kind.DECIMAL, 0),
    Column("HHI déclaré", "hhi", Kind.DECIMAL, 0),
)


def section(scope: Scope) -> Section:
    """Draw the curve, the shares of the first, and the indices."""
    figures = [_lorenz(scope), _tops(scope), _ginis(scope)]
    lead = (
        "Organismes actifs seulement. « Borné » : chaque valeur au-dessus du 99,9e centile "
        "national y est ramenée, pour qu'une seule déclaration absurde ne fasse pas le résultat ; "
        "« déclaré » est le même chiffre sans cette précaution."
    )
    return Section("concentration", "La concentration des stagiaires", lead, figures)


def _perimeter(scope: Scope) -> Row | None:
    return next(iter(scope.rows(f"from marche.concentration where {scope.perimeter}")), None)


def _lorenz(scope: Scope) -> Figure:
    rows = scope.rows(f"from marche.lorenz where {scope.perimeter} order by centile")
    whole = _perimeter(scope)
    columns = [
        Column("Les plus petits, en % des organismes", "centile", Kind.COUNT),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Part des stagiaires, bornée", "part_stagiaires_bornee_pct", Kind.PERCENT),
        Column("Part des stagiaires, déclarée", "part_stagiaires_pct", Kind.PERCENT),
    ]
    series = [
        Series("valeurs bornées", "part_stagiaires_bornee_pct", BLUE),
        Series("valeurs déclarées", "part_stagiaires_pct", ORANGE),
    ]
    if whole is None or not rows:
        summary = f"Aucun organisme actif {scope.here} : rien à partager."
    else:
        half = next(row for row in rows if row["centile"] == 50)
        count = french.compte(whole["nb_organismes"], "organisme actif", "organismes actifs")
        summary = (
            f"La moitié la plus petite des {count} {scope.here} a "
            f"{french.pourcent(half['part_stagiaires_bornee_pct'])} des stagiaires (valeurs "
            f"bornées) ; indice de Gini {french.decimal(whole['gini_borne'], 3)}, et "
            f"{french.decimal(whole['gini'], 3)} sans borner (0 : parts égales ; 1 : un seul a "
            "tout)."
        )
    return Figure(
        "lorenz",
        "Courbe de Lorenz des stagiaires",
        summary,
        ["marche.lorenz", "marche.concentration"],
        Table(columns, [row for row in rows if row["centile"] % 5 == 0]),
        curves(
            rows, series, ("Organismes actifs, du plus petit au plus gros", "Part des stagiaires")
        )
        if rows
        else None,
        "" if rows else _NOBODY.format("la courbe"),
    )


def _tops(scope: Scope) -> Figure:
    whole = _perimeter(scope)
    rows = [
        {
            "nom": label,
            "nb": whole[f"nb_{column}"],
            "part": whole[f"part_{column}_pct"],
            "part_bornee": whole[f"part_{column}_bornee_pct"],
            "stagiaires": whole[f"stagiaires_{share}"],
            "total": whole["nb_stagiaires"],
            "petit_effectif": whole["petit_effectif"],
        }
        for label, column, share in _TOPS
        if whole is not None
    ]
    columns = [
        Column("Organismes actifs", "nom"),
        Column("Combien", "nb", Kind.COUNT),
        Column("Leurs stagiaires", "stagiaires", Kind.COUNT),
        Column("Sur", "total", Kind.COUNT),
        Column("Part déclarée", "part", Kind.PERCENT),
        Column("Part bornée", "part_bornee", Kind.PERCENT),
    ]
    series = [
        Series("part bornée", "part_bornee", BLUE),
        Series("part déclarée", "part", ORANGE),
    ]
    if rows:
        first = rows[0]
        summary = (
            f"Le premier centième ({french.compte(first['nb'], 'organisme')}) a "
            f"{french.pourcent(first['part_bornee'])} des stagiaires, le premier dixième "
            f"{french.pourcent(rows[1]['part_bornee'])}, "
            + (
                "les 100 plus gros "
                if rows[2]["nb"] == 100
                else f"les {french.entier(rows[2]['nb'])} organismes actifs (moins de cent) "
            )
            + f"{french.pourcent(rows[2]['part_bornee'])}, valeurs bornées."
        )
    else:
        summary = f"Aucun organisme actif {scope.here}."
    return Figure(
        "premiers",
        "La part des plus gros",
        summary,
        ["marche.concentration"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if rows else None,
        "" if rows else _NOBODY.format("la part des plus gros"),
    )


def _ginis(scope: Scope) -> Figure:
    rows = scope.rows(
        "from marche.concentration where perimetre in ('NATION', 'REGION', 'CATEGORIE') "
        "order by gini_borne desc nulls last, code"
    )
    rows.sort(key=lambda row: _KNOWN[row["perimetre"]])
    for row in rows:
        row["libelle"] = NATION if row["perimetre"] == "NATION" else row["libelle"]
    bars = [
        Bar(
            row["libelle"][0].upper()
            + row["libelle"][1:]
            + (SMALL if row["petit_effectif"] else ""),
            row["gini_borne"],
            french.decimal(row["gini_borne"], 2),
            _colour(row, scope),
        )
        for row in rows
        if row["gini_borne"] is not None
    ]
    return Figure(
        "gini",
        "Indice de Gini, par région et par catégorie certifiée",
        _ginis_told(rows, scope),
        ["marche.concentration"],
        Table(_COLUMNS, rows),
        ranked(bars) if bars else None,
        "" if bars else _NOBODY.format("la comparaison"),
        ""
        if not bars
        else "Valeurs bornées. En orange, les catégories ; en gris, les petits effectifs.",
    )


def _colour(row: Row, scope: Scope) -> str:
    if row["petit_effectif"]:
        return GREY
    if row["perimetre"] == "CATEGORIE":
        return ORANGE
    if scope.region and row["code"] != scope.region.code:
        return "#8fbfdd"
    return BLUE


def _ginis_told(rows: Sequence[Row], scope: Scope) -> str:
    regions = [row for row in rows if row["perimetre"] == "REGION" and not row["petit_effectif"]]
    if not regions:
        return "Aucune région n'a cinq organismes actifs : les indices n'y disent rien."
    first, last = regions[0], regions[-1]
    told = (
        f"La région la plus inégale : {first['libelle']} ({french.decimal(first['gini_borne'], 2)})"
    )
    if last is not first:
        told += f" ; la moins : {last['libelle']} ({french.decimal(last['gini_borne'], 2)})"
    own = next((row for row in regions if scope.region and row["code"] == scope.region.code), None)
    if own:
        place = regions.index(own) + 1
        told += f" ; {own['libelle']} : {french.decimal(own['gini_borne'], 2)}, rang {place}"
    return f"{told}."
