"""Concentration: how unevenly trainees are shared, with and without the absurd values."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines import french
from pipelines.market.chapters.extremes import Compared
from pipelines.market.drawing.bars import Bar, grouped, ranked
from pipelines.market.drawing.charts import curves
from pipelines.market.drawing.style import BLUE, GREY, ORANGE, Series
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table, signs
from pipelines.market.scope import NATION, Scope

_FEW = " Ils sont moins de cinq : ces parts n'y disent rien."
_TOPS = (
    ("1 % les plus gros", "top_1pct", "top_1pct"),
    ("10 % les plus gros", "top_10pct", "top_10pct"),
    ("100 plus gros", "top_100", "top_100"),
)
_OTHER = "#4d9bd0"  # the blue of regions that the page is not about
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


def _nobody(scope: Scope, what: str) -> str:
    return f"{scope.silence('nb_activite_connue', 'stagiaire')} : {what} ne peut pas être tracée."


def _lorenz(scope: Scope) -> Figure:
    rows = scope.rows(f"from marche.lorenz where {scope.perimeter} order by centile")
    whole = _perimeter(scope)
    columns = [
        Column("Les plus petits, en % des organismes", "centile", Kind.COUNT),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Stagiaires, bornés", "nb_stagiaires_bornes", Kind.COUNT),
        Column("Sur", "nb_stagiaires_total_bornes", Kind.COUNT),
        Column("Part des stagiaires, bornée", "part_stagiaires_bornee_pct", Kind.PERCENT),
        Column("Stagiaires déclarés", "nb_stagiaires", Kind.COUNT),
        Column("Sur", "nb_stagiaires_total", Kind.COUNT),
        Column("Part des stagiaires, déclarée", "part_stagiaires_pct", Kind.PERCENT),
    ]
    series = [
        Series("valeurs bornées", "part_stagiaires_bornee_pct", BLUE),
        Series("valeurs déclarées", "part_stagiaires_pct", ORANGE),
    ]
    if whole is None or not rows:
        summary = f"{scope.silence('nb_activite_connue', 'stagiaire')} : rien à partager."
    else:
        half = next(row for row in rows if row["centile"] == 50)
        count = french.compte(whole["nb_organismes"], "organisme actif", "organismes actifs")
        summary = (
            f"La moitié la plus petite des {count} {scope.here} a "
            f"{french.pourcent(half['part_stagiaires_bornee_pct'])} des stagiaires (valeurs "
            f"bornées) ; indice de Gini {french.decimal(whole['gini_borne'], 3)}, et "
            f"{french.decimal(whole['gini'], 3)} sans borner (0 : parts égales ; 1 : un seul a "
            "tout)." + (_FEW if whole["petit_effectif"] else "")
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
        "" if rows else _nobody(scope, "la courbe"),
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
            "stagiaires_bornes": whole[f"stagiaires_{share}_bornes"],
            "total": whole["nb_stagiaires"],
            "total_borne": whole["nb_stagiaires_bornes"],
            "petit_effectif": whole["petit_effectif"],
        }
        for label, column, share in _TOPS
        if whole is not None
    ]
    columns = [
        Column("Organismes actifs", "nom"),
        Column("Combien", "nb", Kind.COUNT),
        Column("Stagiaires, bornés", "stagiaires_bornes", Kind.COUNT),
        Column("Sur", "total_borne", Kind.COUNT),
        Column("Part bornée", "part_bornee", Kind.PERCENT),
        Column("Stagiaires déclarés", "stagiaires", Kind.COUNT),
        Column("Sur", "total", Kind.COUNT),
        Column("Part déclarée", "part", Kind.PERCENT),
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
            + (_FEW if first["petit_effectif"] else "")
        )
    else:
        summary = f"{scope.silence('nb_activite_connue', 'stagiaire')}."
    return Figure(
        "premiers",
        "La part des plus gros",
        summary,
        ["marche.concentration"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if rows else None,
        "" if rows else _nobody(scope, "la part des plus gros"),
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
            row["libelle"][0].upper() + row["libelle"][1:] + signs(row),
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
        "" if bars else _nobody(scope, "la comparaison"),
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
        return _OTHER
    return BLUE


def _ginis_told(rows: Sequence[Row], scope: Scope) -> str:
    regions = [row for row in rows if row["perimetre"] == "REGION" and not row["petit_effectif"]]
    if not regions:
        return "Aucune région n'a cinq organismes actifs : les indices n'y disent rien."
    told = Compared(
        "libelle",
        "gini_borne",
        lambda value: french.decimal(value, 2),
        "région",
        "La région la plus inégale",
        "la moins",
    ).told(regions)
    own = next((row for row in regions if scope.region and row["code"] == scope.region.code), None)
    if own and len(regions) > 1:
        place = regions.index(own) + 1
        told += f" ; {own['libelle']} : {french.decimal(own['gini_borne'], 2)}, rang {place}"
    return f"{told}."
