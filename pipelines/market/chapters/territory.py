"""Places: maps of départements, and the region held against the nation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipelines import french
from pipelines.market.chapters.extremes import Compared
from pipelines.market.chapters.overview import address
from pipelines.market.drawing.bars import Bar, ranked
from pipelines.market.drawing.contours import outlines
from pipelines.market.drawing.maps import Choropleth
from pipelines.market.figure import PARTIAL, Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import NATION, Scope
from pipelines.registers.categories import BY_CODE

_BILAN = BY_CODE["BILAN_COMPETENCES"]
_PLACES = (
    Column("Département", "departement"),
    Column("Code", "code_departement"),
)
CERTIFIED = (
    Column("Certifiés", "nb_certifies", Kind.COUNT),
    Column("Certification connue", "nb_certification_connue", Kind.COUNT),
    Column("Part", "part_certifies_pct", Kind.PERCENT),
    Column("Rang", "rang_part_certifies", Kind.COUNT),
)
_INDICES = (
    ("Organismes / hab.", "nb_organismes_pour_100k", "indice_densite", "rang_densite"),
    ("Part de certifiés", "part_certifies_pct", "indice_part_certifies", "rang_part_certifies"),
    (
        f"Certifiés « {_BILAN.short} » / hab.",
        "nb_bilan_pour_100k",
        "indice_densite_bilan",
        "rang_densite_bilan",
    ),
)


@dataclass(frozen=True)
class _Measure:
    """What one map shows; the last of the counts is the rank."""

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
        CERTIFIED,
    ),
    _Measure(
        "carte-bilan",
        f"Organismes certifiés pour {_BILAN.with_article}",
        f"Certifiés « {_BILAN.short} » pour 100 000 habitants",
        "nb_bilan_pour_100k",
        french.decimal,
        (
            Column(f"Certifiés « {_BILAN.short} »", _BILAN.count, Kind.COUNT),
            Column("Population", "population", Kind.COUNT),
            Column("Pour 100 000 hab.", "nb_bilan_pour_100k", Kind.DECIMAL),
            Column("Rang", "rang_densite_bilan", Kind.COUNT),
        ),
    ),
)
_TENSION = _Measure(
    "carte-tension",
    f"Portage des {_BILAN.label} : candidats par porteur",
    f"Actifs sans certification pour un certifié « {_BILAN.short} »",
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
_NO_INDEX = "ni population, ni certification connues"


def section(scope: Scope) -> Section:
    """Draw the maps."""
    places = departements(scope, "marche.par_departement")
    whole = {
        **scope.one("from marche.synthese"),
        **scope.one("from marche.territoire where niveau = 'NATION'"),
    }
    tension = departements(scope, "marche.besoin_portage", f"categorie = '{_BILAN.code}'")
    figures = [_map(scope, measure, places, whole) for measure in _MEASURES]
    figures.append(_map(scope, _TENSION, tension, _ratio(scope)))
    if scope.region:
        figures.append(_indices(scope))
    lead = ""
    if whole["nb_organismes"]:
        lead = (
            f"Le département vient de l'adresse, connue pour {address(scope)}, ou à défaut du "
            "numéro de déclaration. "
        )
    if not scope.region:
        lead += "Les classes de couleur comptent à peu près autant de départements chacune."
    return Section("territoires", "Où sont les organismes", lead + _not_drawn(places), figures)


def departements(scope: Scope, table: str, where: str = "true", order: str = "") -> list[Row]:
    """Give the rows of départements, and whether each lacks too many organisations."""
    rows = scope.rows(
        f"from {table} where {where} and {scope.in_region} "
        f"order by {order} code_departement nulls last"
    )
    blurred = {row["code_region"] for row in scope.blurred()}
    for row in rows:
        row["incomplet"] = row["code_region"] in blurred and row["code_departement"] is not None
    return rows


def _indices(scope: Scope) -> Figure:
    """Hold the region against the nation, which is 100."""
    here = next(iter(scope.rows(f"from {scope.block}")))
    rows = [
        {
            "nom": name,
            "valeur": here[value],
            "indice": here[index],
            "rang": here[rank],
            "petit_effectif": here["petit_effectif"],
        }
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
        f"La France valant 100 : {told}." if shown else f"Aucun indice : {_NO_INDEX}.",
        ["marche.par_region"],
        Table(columns, rows),
        ranked(bars, (100, "France : 100")) if bars else None,
        "" if bars else f"Aucun indice à tracer : {_NO_INDEX}.",
    )


def _ratio(scope: Scope) -> Row:
    """Give the tension of the whole country, as the index of the table holds it."""
    return scope.one(
        "select sum(nb_organismes)::bigint as nb_organismes, "
        "sum(nb_candidats)::bigint as nb_candidats, sum(nb_porteurs)::bigint as nb_porteurs,"
        " sum(nb_candidats) / nullif(sum(nb_porteurs), 0) as candidats_par_porteur, "
        "case when sum(nb_porteurs) > 0 then 100.0 end as indice_tension "
        f"from marche.besoin_portage where categorie = '{_BILAN.code}'"
    )


def _map(scope: Scope, measure: _Measure, places: Sequence[Row], whole: Row) -> Figure:
    known = [row for row in places if row["code_departement"] is not None]
    values = {row["code_departement"]: row[measure.column] for row in known}
    hatched = frozenset(
        row["code_departement"] for row in known if row["petit_effectif"] or row["incomplet"]
    )
    drawn = Choropleth(
        values,
        measure.legend,
        measure.write,
        small=hatched,
        small_label=_small_label(measure, known),
        apart=frozenset(
            row["code_departement"]
            for row in known
            if row.get("sans_porteur") and row["code_departement"] not in hatched
        ),
        apart_label="aucun porteur",
        names={row["code_departement"]: row["departement"] for row in known},
    )
    absence = _absence(scope, measure, known, whole, drawn)
    rank = measure.counts[-1].name
    national = {**whole, rank: None, "departement": NATION, "code_departement": ""}
    national["petit_effectif"] = False
    ordered = sorted(places, key=lambda row: by_rank(row, rank, measure.column))
    return Figure(
        measure.slug,
        measure.title,
        _sentence(scope, measure, places, whole),
        ["marche.besoin_portage" if measure is _TENSION else "marche.par_departement"],
        Table([*_PLACES, *measure.counts], [national, *ordered]),
        None if absence else drawn.draw(region=scope.region is not None),
        absence,
        partial_note(scope),
    )


def by_rank(row: Row, rank: str, column: str) -> tuple[bool, int, float]:
    """Order rows as their ranks; those without one come after, the highest value first."""
    return (row[rank] is None, row[rank] or 0, -(row[column] or 0))


def _small_label(measure: _Measure, known: Sequence[Row]) -> str:
    few = "candidats ou porteurs" if measure is _TENSION else "organismes"
    if any(row["incomplet"] for row in known):
        return f"moins de 5, ou incomplet {PARTIAL}"
    return f"moins de 5 {few}"


def partial_note(scope: Scope) -> str:
    """Say which départements lack organisations, and how many have none."""
    told = [
        f"{row['region']}, {french.entier(row['nb_organismes'])} organismes sur "
        f"{french.entier(row['nb_organismes_region'])}"
        for row in scope.blurred()
    ]
    if not told:
        return ""
    return (
        f"{PARTIAL} Chiffres incomplets, laissés hors de la comparaison : une part notable des "
        f"organismes de la région n'a pas de département ({' ; '.join(told)})."
    )


def _absence(
    scope: Scope, measure: _Measure, known: Sequence[Row], whole: Row, drawn: Choropleth
) -> str:
    """Say why there is no map, if there is none."""
    shapes = sum(row["code_departement"] in outlines() for row in known)
    if scope.region and not shapes:
        return "Cette région n'a aucun contour : il n'y a pas de carte à tracer."
    if scope.region and shapes == 1:
        return (
            "La région compte moins de deux départements dessinés : une carte n'y montrerait rien "
            "de plus que le tableau."
        )
    if drawn.can_be_drawn():
        return ""
    return f"{_no_value(scope, measure, known, whole)} : la carte ne peut pas être tracée."


def _no_value(scope: Scope, measure: _Measure, places: Sequence[Row], whole: Row) -> str:
    """Say why no département has a value to compare."""
    known = [row for row in places if row["code_departement"] is not None]
    if not known:
        return "Cette région n'a aucun département"
    if measure is _TENSION and not any(row["nb_candidats"] for row in places):
        return _no_candidate(scope, places)
    if measure is not _TENSION and whole[measure.column] is None:
        return scope.uncertified()
    if any(row["incomplet"] for row in known):
        return "Les chiffres des départements sont incomplets"
    few = "cinq candidats et cinq porteurs" if measure is _TENSION else "cinq organismes"
    return f"Aucun département n'a de valeur qui repose sur au moins {few}"


def _no_candidate(scope: Scope, places: Sequence[Row]) -> str:
    if all(row["nb_organismes"] == row["nb_certification_inconnue"] for row in places):
        return scope.uncertified()
    return f"Aucun candidat {scope.here}"


def _sentence(scope: Scope, measure: _Measure, places: Sequence[Row], whole: Row) -> str:
    """Say which places come first and last, what the nation is at, and who has no figure."""
    shown = [
        row
        for row in places
        if row[measure.column] is not None
        and row["population"] is not None
        and not row["petit_effectif"]
        and not row["incomplet"]
    ]
    compared = Compared(
        "departement", measure.column, lambda value: measure.write(value, 1), "département"
    )
    told = compared.told(shown) if shown else _no_value(scope, measure, places, whole)
    if whole[measure.column] is not None:
        told += f" ; {NATION} : {measure.write(whole[measure.column], 1)}"
    sentences = [f"{told}."]
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
    if small and shown:
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
