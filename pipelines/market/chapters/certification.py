"""Certification: the four categories, their combinations, the specialities."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines import french
from pipelines.market.chapters.ranking import ranking
from pipelines.market.drawing.bars import Bar, ranked, stacked
from pipelines.market.drawing.style import BLUE, GREY, ORANGE, Series, met
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table, signs
from pipelines.market.scope import Scope
from pipelines.registers.categories import BY_CODE

_NONE, _UNKNOWN = "AUCUNE", "INCONNUE"
_SPECIALITIES = 15
_FEW = 5


def section(scope: Scope) -> Section:
    """Draw what the list says of certification."""
    if scope.region:
        figures = [ranking(scope), _regional_categories(scope)]
    else:
        figures = [
            ranking(scope),
            _categories(scope),
            _combinations(scope),
            _specialities(scope),
        ]
    lead = (
        "Un organisme peut être certifié pour plusieurs catégories d'actions (article L. 6313-1 du "
        "Code du travail)."
    )
    return Section("certification", "La certification Qualiopi", lead, figures)


def _categories(scope: Scope) -> Figure:
    rows = scope.rows("from marche.par_categorie order by nb_organismes desc, categorie")
    for row in rows:
        row["nom"] = BY_CODE[row["categorie"]].title
        row["nb_autres"] = row["nb_organismes"] - row["nb_exclusifs"]
    columns = [
        Column("Catégorie", "nom"),
        Column("Certifiés", "nb_organismes", Kind.COUNT),
        Column("Tous certifiés", "nb_certifies", Kind.COUNT),
        Column("Part des certifiés", "part_des_certifies_pct", Kind.PERCENT),
        Column("Pour elle seule", "nb_exclusifs", Kind.COUNT),
        Column("Actifs", "nb_actifs", Kind.COUNT),
        Column("Stagiaires, médiane des actifs", "mediane_stagiaires_actifs", Kind.DECIMAL, 0),
        Column("Micro-structures", "part_micro_pct", Kind.PERCENT),
    ]
    series = [
        Series("certifiés pour elle seule", "nb_exclusifs", BLUE),
        Series("et pour une autre", "nb_autres", ORANGE),
    ]
    certified = rows[0]["nb_certifies"]
    return Figure(
        "categories",
        "Organismes certifiés, par catégorie",
        _categories_told(scope, rows),
        ["marche.par_categorie"],
        Table(columns, rows),
        stacked(rows, "nom", met(rows, series)) if certified else None,
        "" if certified else f"{scope.uncertified()} : rien à tracer.",
    )


def _categories_told(scope: Scope, rows: Sequence[Row]) -> str:
    certified = rows[0]["nb_certifies"]
    if not certified:
        return f"{scope.uncertified()}."
    parts = [
        f"{row['nom']} "
        + french.part(row["nb_organismes"], certified, row["part_des_certifies_pct"])
        for row in rows
    ]
    several = any(row["nb_autres"] for row in rows)
    return (
        f"Sur {french.compte(certified, 'organisme certifié', 'organismes certifiés')} : "
        f"{' ; '.join(parts)}."
    ) + (" La somme dépasse le tout : un organisme peut l'être plusieurs fois." if several else "")


def _regional_categories(scope: Scope) -> Figure:
    """Hold the region's mix of categories against the nation's."""
    here = scope.one(f"from {scope.block}")
    whole = scope.one("from marche.synthese")
    rows = []
    for category in BY_CODE.values():
        column = category.count
        rows.append(
            {
                "nom": category.title,
                "nb": here[column],
                "tous": here["nb_certifies"],
                "part": _percent(here[column], here["nb_certifies"]),
                "part_france": _percent(whole[column], whole["nb_certifies"]),
                "petit_effectif": 0 < here["nb_certifies"] < _FEW,
            }
        )
    columns = [
        Column("Catégorie", "nom"),
        Column("Certifiés", "nb", Kind.COUNT),
        Column("Tous certifiés", "tous", Kind.COUNT),
        Column("Part des certifiés", "part", Kind.PERCENT),
        Column("Part en France", "part_france", Kind.PERCENT),
    ]
    certified = here["nb_certifies"]
    parts = [
        f"{row['nom']} {french.part(row['nb'], certified, row['part'])}, "
        f"France {french.pourcent(row['part_france'])}"
        for row in rows
    ]
    summary = (
        f"Sur {french.compte(certified, 'organisme certifié', 'organismes certifiés')} "
        f"{scope.here} : {' ; '.join(parts)}."
        if certified
        else f"{scope.uncertified()}."
    )
    chart = ranked([Bar(r["nom"] + signs(r), r["nb"], french.entier(r["nb"])) for r in rows])
    return Figure(
        "categories",
        "Organismes certifiés, par catégorie",
        summary,
        ["marche.par_region", "marche.synthese"],
        Table(columns, rows),
        chart if certified else None,
        "" if certified else f"{scope.uncertified()} : rien à tracer.",
    )


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _combinations(scope: Scope) -> Figure:
    rows = scope.rows(
        "from marche.combinaison_certifications order by nb_organismes desc, combinaison"
    )
    for row in rows:
        row["nom"] = _combination(row["combinaison"])
    columns = [
        Column("Combinaison", "nom"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Sur", "nb_organismes_total", Kind.COUNT),
        Column("Part", "part_pct", Kind.PERCENT),
        Column("Actifs", "nb_actifs", Kind.COUNT),
        Column("Stagiaires, médiane des actifs", "mediane_stagiaires_actifs", Kind.DECIMAL, 0),
        Column("Micro-structures", "nb_micro", Kind.COUNT),
    ]
    shown = [row for row in rows if row["combinaison"] not in {_NONE, _UNKNOWN}]
    others = [
        f"{row['nom'].lower()} : {french.compte(row['nb_organismes'], 'organisme')} "
        f"({french.pourcent(row['part_pct'])})"
        for row in rows
        if row["combinaison"] in {_NONE, _UNKNOWN}
    ]
    if shown:
        first = shown[0]
        told = (
            f"La combinaison la plus fréquente parmi les certifiés est « {first['nom']} » : "
            f"{french.compte(first['nb_organismes'], 'organisme')}. "
            f"{french.compte(len(shown), 'combinaison')} sur les quinze possibles "
            f"{french.verb(len(shown), 'se rencontre', 'se rencontrent')}."
        )
    else:
        told = f"{scope.uncertified()} : aucune combinaison."
    if others:
        told += f" Hors de la figure, {' ; '.join(others)}."
    bars = [
        Bar(
            row["nom"] + signs(row),
            row["nb_organismes"],
            french.entier(row["nb_organismes"]),
            GREY if row["petit_effectif"] else BLUE,
        )
        for row in shown
    ]
    return Figure(
        "combinaisons",
        "Combinaisons de catégories",
        told,
        ["marche.combinaison_certifications"],
        Table(columns, rows),
        ranked(bars) if bars else None,
        "" if bars else f"{scope.uncertified()} : rien à tracer.",
    )


def _combination(code: str) -> str:
    if code == _NONE:
        return "Aucune certification"
    if code == _UNKNOWN:
        return "Certification inconnue"
    first, *others = (BY_CODE[category] for category in code.split(" + "))
    return " + ".join([first.title, *(category.label for category in others)])


def _specialities(scope: Scope) -> Figure:
    rows = scope.rows("from marche.par_specialite order by rang nulls last, code_nsf nulls last")
    (whole,) = scope.rows("select part_certifies_pct from marche.synthese")
    for row in rows:
        row["nom"] = _speciality(row)
    shown = [
        row for row in rows if row["code_nsf"] is not None and row["part_certifies_pct"] is not None
    ][:_SPECIALITIES]
    shown.sort(key=lambda row: -row["part_certifies_pct"])
    columns = [
        Column("Spécialité (NSF)", "nom"),
        Column("Code", "code_nsf"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("dont seule", "nb_seule", Kind.COUNT),
        Column("Certifiés", "nb_certifies", Kind.COUNT),
        Column("Certification connue", "nb_certification_connue", Kind.COUNT),
        Column("Part de certifiés", "part_certifies_pct", Kind.PERCENT),
        Column("Indice (France = 100)", "indice_certifies", Kind.DECIMAL),
        Column("Stagiaires, médiane des actifs", "mediane_stagiaires_actifs", Kind.DECIMAL, 0),
    ]
    bars = [
        Bar(
            row["nom"] + signs(row),
            row["part_certifies_pct"],
            f"{french.pourcent(row['part_certifies_pct'])} "
            f"de {french.entier(row['nb_organismes'])}",
            GREY if row["petit_effectif"] else BLUE,
        )
        for row in shown
    ]
    reference = (
        (
            whole["part_certifies_pct"],
            f"Toute la liste : {french.pourcent(whole['part_certifies_pct'])}",
        )
        if whole["part_certifies_pct"] is not None
        else None
    )
    return Figure(
        "specialites",
        "Part de certifiés des spécialités les plus déclarées",
        _specialities_told(rows, shown),
        ["marche.par_specialite"],
        Table(columns, rows),
        ranked(bars, reference) if bars else None,
        "" if bars else "Aucune spécialité codée dont la certification soit connue.",
    )


def _speciality(row: Row) -> str:
    if row["code_nsf"] is None:
        return "Sans spécialité codée"
    return row["libelle_nsf"] or f"Code {row['code_nsf']}"


def _specialities_told(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    if not shown:
        return "La liste ne donne aucune spécialité codée dont la certification soit connue."
    most = max(shown, key=lambda row: row["nb_organismes"])
    told = (
        f"La plus déclarée est « {most['nom']} » "
        f"({french.compte(most['nb_organismes'], 'organisme')})."
    )
    sure = [row for row in shown if not row["petit_effectif"]]
    if len(sure) > 1 and sure[0]["part_certifies_pct"] != sure[-1]["part_certifies_pct"]:
        first, last = sure[0], sure[-1]
        told += (
            f" Des {len(shown)} plus déclarées, la plus certifiée est « {first['nom']} » "
            f"({french.pourcent(first['part_certifies_pct'])}), la moins certifiée "
            f"« {last['nom']} » ({french.pourcent(last['part_certifies_pct'])})."
        )
    silent = next((row for row in rows if row["code_nsf"] is None), None)
    if silent:
        codes = french.verb(silent["nb_organismes"], "n'en code", "n'en codent")
        told += f" {french.compte(silent['nb_organismes'], 'organisme')} {codes} aucune."
    return told
