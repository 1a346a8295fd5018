"""Places: maps of départements, and the ranking of regions by their certified share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines.market import french
from pipelines.market.bars import Bar, ranked
from pipelines.market.contours import outlines
from pipelines.market.figure import SMALL, Column, Figure, Kind, Row, Section, Table
from pipelines.market.maps import Choropleth
from pipelines.market.scope import BLURRED_PCT, NATION, Scope
from pipelines.market.style import BLUE, GREY

_CATEGORY = "BILAN_COMPETENCES"
_PLACES = (
    Column("Département", "departement"),
    Column("Code", "code_departement"),
)


_INDICES = (
    ("Organismes / hab.", "nb_organismes_pour_100k", "indice_densite", "rang_densite"),
    ("Part de certifiés", "part_certifies_pct", "indice_part_certifies", "rang_part_certifies"),
    (
        "Certifiés « bilan » / hab.",
        "nb_bilan_pour_100k",
        "indice_densite_bilan",
        "rang_densite_bilan",
    ),
)


@dataclass(frozen=True)
class _Measure:
    """What one map shows."""

    slug: str
    title: str
    legend: str
    column: str
    write: Callable[[float | None, int], str]
    counts: Sequence[Column]


_MEASURES = (
    _Measure(
        "carte-densite",
        "Organismes pour 100 000 habitants",
        "Organismes pour 100 000 habitants",
        "nb_organismes_pour_100k",
        french.decimal,
        (
            Column("Organismes", "nb_organismes", Kind.COUNT),
            Column("Population", "population", Kind.COUNT),
            Column("Pour 100 000 hab.", "nb_organismes_pour_100k", Kind.DECIMAL),
            Column("Rang", "rang_densite", Kind.COUNT),
        ),
    ),
    _Measure(
        "carte-certifies",
        "Part des organismes certifiés Qualiopi",
        "Part de certifiés, parmi ceux dont la certification est connue",
        "part_certifies_pct",
        french.pourcent,
        (
            Column("Certifiés", "nb_certifies", Kind.COUNT),
            Column("Certification connue", "nb_certification_connue", Kind.COUNT),
            Column("Part", "part_certifies_pct", Kind.PERCENT),
            Column("Rang", "rang_part_certifies", Kind.COUNT),
        ),
    ),
    _Measure(
        "carte-bilan",
        "Organismes certifiés pour les bilans de compétences",
        "Certifiés « bilan » pour 100 000 habitants",
        "nb_bilan_pour_100k",
        french.decimal,
        (
            Column("Certifiés « bilan »", "nb_certifies_bilan_competences", Kind.COUNT),
            Column("Population", "population", Kind.COUNT),
            Column("Pour 100 000 hab.", "nb_bilan_pour_100k", Kind.DECIMAL),
            Column("Rang", "rang_densite_bilan", Kind.COUNT),
        ),
    ),
)
_TENSION = _Measure(
    "carte-tension",
    "Portage des bilans de compétences : candidats par porteur",
    "Actifs sans certification pour un certifié « bilan »",
    "candidats_par_porteur",
    french.decimal,
    (
        Column("Candidats", "nb_candidats", Kind.COUNT),
        Column("Porteurs", "nb_porteurs", Kind.COUNT),
        Column("Candidats par porteur", "candidats_par_porteur", Kind.DECIMAL),
        Column("Indice (France = 100)", "indice_tension", Kind.DECIMAL),
        Column("Rang", "rang", Kind.COUNT),
    ),
)


def section(scope: Scope) -> Section:
    """Draw the maps."""
    places = scope.rows(
        f"from marche.par_departement where {scope.in_region} order by code_departement nulls last"
    )
    whole = {
        **scope.one("from marche.synthese"),
        **scope.one("from marche.territoire where niveau = 'NATION'"),
    }
    tension = scope.rows(
        f"from marche.besoin_portage where categorie = '{_CATEGORY}' and {scope.in_region} "
        "order by code_departement nulls last"
    )
    blurred = {row["code_region"] for row in scope.unplaced() if row["part_pct"] >= BLURRED_PCT}
    for row in [*places, *tension]:
        row["incomplet"] = row["code_region"] in blurred
    figures = [_map(scope, measure, places, whole) for measure in _MEASURES]
    figures.append(_map(scope, _TENSION, tension, _ratio(scope)))
    if scope.region:
        figures.append(_indices(scope))
    lead = (
        "Le département vient de l'adresse, ou, quand la liste ne la donne pas (une fois sur "
        "deux), du numéro de déclaration. Les classes de couleur comptent à peu près autant de "
        "départements chacune."
    ) + _not_drawn(places)
    return Section("territoires", "Où sont les organismes", lead, figures)


def _indices(scope: Scope) -> Figure:
    """Hold the region against the nation, which is 100."""
    here = next(iter(scope.rows(f"from {scope.block}")))
    rows = [
        {"nom": name, "valeur": here[value], "indice": here[index], "rang": here[rank]}
        for name, value, index, rank in _INDICES
    ]
    shown = [row for row in rows if row["indice"] is not None]
    told = " ; ".join(
        f"{row['nom'].lower()} {french.decimal(row['indice'], 0)}"
        + (f" (rang {french.entier(row['rang'])})" if row["rang"] else "")
        for row in shown
    )
    columns = [
        Column("Mesure", "nom"),
        Column("Valeur", "valeur", Kind.DECIMAL),
        Column("Indice (France = 100)", "indice", Kind.DECIMAL),
        Column("Rang des régions", "rang", Kind.COUNT),
    ]
    bars = [Bar(row["nom"], row["indice"], french.decimal(row["indice"], 0)) for row in shown]
    return Figure(
        "indices",
        "La région et la nation",
        f"La France valant 100 : {told}." if shown else "Aucun indice ne peut être calculé.",
        ["marche.par_region"],
        Table(columns, rows),
        ranked(bars, (100, "France : 100")) if bars else None,
        "" if bars else "Ni population ni certification connues : aucun indice à tracer.",
    )


def _ratio(scope: Scope) -> Row:
    """Give the tension of the whole country, as the index of the table holds it."""
    return scope.one(
        "select sum(nb_candidats)::bigint as nb_candidats, sum(nb_porteurs)::bigint as nb_porteurs,"
        " sum(nb_candidats) / nullif(sum(nb_porteurs), 0) as candidats_par_porteur, "
        "case when sum(nb_porteurs) > 0 then 100.0 end as indice_tension "
        f"from marche.besoin_portage where categorie = '{_CATEGORY}'"
    )


def _map(scope: Scope, measure: _Measure, places: Sequence[Row], whole: Row) -> Figure:
    known = [row for row in places if row["code_departement"] is not None]
    values = {row["code_departement"]: row[measure.column] for row in known}
    apart = frozenset(
        row["code_departement"]
        for row in known
        if row.get("sans_porteur") and not row["petit_effectif"]
    )
    small = frozenset(row["code_departement"] for row in known if row["petit_effectif"])
    is_tension = measure is _TENSION
    drawn = Choropleth(
        values,
        measure.legend,
        measure.write,
        small=small,
        small_label="moins de 5 candidats ou porteurs" if is_tension else "moins de 5 organismes",
        apart=apart,
        apart_label="aucun porteur",
        names={row["code_departement"]: row["departement"] for row in known},
    )
    absence = ""
    if scope.region and sum(code in outlines() for code in values) < 2:
        absence = (
            "La région compte moins de deux départements dessinés : une carte n'y montrerait rien "
            "de plus que le tableau."
        )
    elif not drawn.can_be_drawn():
        absence = (
            "Aucun département n'a de valeur qui repose sur au moins cinq organismes : la carte ne "
            "peut pas être tracée."
        )
    ordered = sorted(places, key=lambda row: _order(row, measure.column))
    ranks = {column.name: None for column in measure.counts if column.name.startswith("rang")}
    national = {**whole, **ranks, "departement": NATION, "code_departement": ""}
    national["petit_effectif"] = False
    return Figure(
        measure.slug,
        measure.title,
        _told(measure, places, whole),
        ["marche.besoin_portage" if is_tension else "marche.par_departement"],
        Table([*_PLACES, *measure.counts], [national, *ordered]),
        None if absence else drawn.draw(region=scope.region is not None),
        absence,
    )


def _order(row: Row, column: str) -> tuple[bool, float]:
    value = row[column]
    return (value is None or bool(row["petit_effectif"]), -(value or 0))


def _told(measure: _Measure, places: Sequence[Row], whole: Row) -> str:
    """Say which places come first and last, what the nation is at, and who has no figure."""
    shown = sorted(
        (
            row
            for row in places
            if row[measure.column] is not None
            and not row["petit_effectif"]
            and row["population"] is not None
            and not row["incomplet"]
        ),
        key=lambda row: -row[measure.column],
    )
    france = f"France : {measure.write(whole[measure.column], 1)}"
    if not shown:
        return (
            f"Aucun département n'a de valeur qui repose sur au moins cinq organismes ; {france}."
        )
    first, last = shown[0], shown[-1]
    told = f"Le plus haut : {first['departement']} ({measure.write(first[measure.column], 1)})"
    if last is not first:
        told += f" ; le plus bas : {last['departement']} ({measure.write(last[measure.column], 1)})"
    sentences = [f"{told} ; {france}."]
    alone = [row["departement"] for row in places if row.get("sans_porteur")]
    if alone:
        sentences.append(f"Des candidats et aucun porteur : {french.some(alone)}.")
    small = [
        row["departement"]
        for row in places
        if row["petit_effectif"]
        and not row.get("sans_porteur")
        and row["code_departement"] in outlines()
    ]
    if small:
        sentences.append(f"Trop peu d'organismes pour un rapport : {french.some(small)}.")
    return " ".join(sentences)


def _not_drawn(places: Sequence[Row]) -> str:
    """Name the places that have figures but no outline."""
    away = [
        row["departement"]
        for row in places
        if row["code_departement"] not in outlines() and row["code_departement"] is not None
    ]
    return (
        f" Dans les tableaux seulement, faute de contour : {french.some(away, 12)}." if away else ""
    )


def ranking(scope: Scope) -> Figure:
    """Draw regions, or the départements of the region, by their certified share."""
    (whole,) = scope.rows("from marche.synthese")
    if scope.region:
        rows = scope.rows(
            f"from marche.par_departement where {scope.in_region} "
            "order by code_departement nulls last"
        )
        name, table = "departement", "marche.par_departement"
        title = "Les départements de la région, par part de certifiés"
    else:
        rows = scope.rows("from marche.par_region order by code_region nulls last")
        name, table = "region", "marche.par_region"
        title = "Les régions, par part de certifiés"
    told = sorted(
        (row for row in rows if row["part_certifies_pct"] is not None),
        key=lambda row: (bool(row["petit_effectif"]), -row["part_certifies_pct"]),
    )
    silent = [row[name] for row in rows if row["part_certifies_pct"] is None]
    columns = [
        Column("Département" if scope.region else "Région", name),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        *_MEASURES[1].counts,
    ]
    table_rows = [{**whole, name: NATION, "petit_effectif": False, "rang_part_certifies": None}]
    if not told:
        absence = "Aucune certification connue : le classement ne peut pas être tracé."
        summary = f"Aucun lieu n'a de certification connue ({scope.name})."
        return Figure(
            "rang-certifies",
            title,
            summary,
            [table],
            Table(columns, [*table_rows, *rows]),
            None,
            absence,
        )
    chart = ranked(
        [
            Bar(
                row[name] + (SMALL if row["petit_effectif"] else ""),
                row["part_certifies_pct"],
                french.pourcent(row["part_certifies_pct"]),
                GREY if row["petit_effectif"] else BLUE,
            )
            for row in told
        ],
        (whole["part_certifies_pct"], f"France : {french.pourcent(whole['part_certifies_pct'])}"),
    )
    return Figure(
        "rang-certifies",
        title,
        _ranking_told(told, silent, name, whole),
        [table, "marche.synthese"],
        Table(columns, [*table_rows, *told, *(row for row in rows if row not in told)]),
        chart,
    )


def _ranking_told(told: Sequence[Row], silent: Sequence[str], name: str, whole: Row) -> str:
    # A place outside the official geography counts, and is not what a ranking is about.
    sure = [row for row in told if not row["petit_effectif"] and row["population"] is not None]
    france = french.part(
        whole["nb_certifies"], whole["nb_certification_connue"], whole["part_certifies_pct"]
    )
    sentences = []
    if sure:
        first, last = sure[0], sure[-1]
        text = f"En tête : {first[name]} ({french.pourcent(first['part_certifies_pct'])})"
        if last is not first:
            text += f" ; en dernier : {last[name]} ({french.pourcent(last['part_certifies_pct'])})"
        sentences.append(f"{text} ; France : {france}.")
    else:
        sentences.append(f"Aucun lieu n'a cinq organismes ; France : {france}.")
    if silent:
        sentences.append(
            f"Aucun organisme dont la certification soit connue : {french.some(silent)}."
        )
    return " ".join(sentences)
