"""Sizes: trainees and trainers on a logarithmic scale, classes, micro-structures."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.market import french
from pipelines.market.bars import Bar, grouped, ranked, stacked
from pipelines.market.charts import histogram
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import Scope
from pipelines.market.style import BLUE, GREY, ORANGE, VERMILION, Series, met

_UNKNOWN = "INCONNUE"
_MEASURES = {
    "STAGIAIRES": ("stagiaires", "stagiaire"),
    "FORMATEURS": ("formateurs", "formateur"),
}


def section(scope: Scope) -> Section:
    """Draw how large organisations are."""
    figures = [_distribution(scope, measure) for measure in _MEASURES]
    if scope.region:
        figures.append(_regional_micro(scope))
    else:
        figures += [_classes(scope), _volumes(scope), _claim(scope)]
    lead = (
        "Une micro-structure déclare zéro ou un formateur ; la liste ne dit ni le statut ni le "
        "chiffre d'affaires."
    )
    return Section("tailles", "La taille des organismes", lead, figures)


def _distribution(scope: Scope, measure: str) -> Figure:
    plural, singular = _MEASURES[measure]
    rows = scope.rows(
        f"from marche.distribution where {scope.perimeter} and mesure = '{measure}' "
        "order by borne_basse"
    )
    for row in rows:
        low, high = row["borne_basse"], row["borne_haute"]
        row["classe"] = (
            french.entier(low) if low == high else (f"{french.entier(low)} à {french.entier(high)}")
        )
    above = [row for row in rows if row["borne_basse"] > 0]
    columns = [
        Column(f"{plural.capitalize()} déclarés", "classe"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("dont certifiés", "nb_certifies", Kind.COUNT),
    ]
    series = [
        Series("organismes", "nb_organismes", GREY),
        Series("dont certifiés", "nb_certifies", BLUE),
    ]
    return Figure(
        f"distribution-{plural}",
        f"Distribution du nombre de {plural}",
        _distribution_told(rows, above, plural, singular),
        ["marche.distribution"],
        Table(columns, rows),
        histogram(above, f"{plural.capitalize()} déclarés (échelle logarithmique)", series)
        if above
        else None,
        "" if above else f"Aucun {singular} déclaré : la distribution ne peut pas être tracée.",
    )


def _distribution_told(
    rows: Sequence[Row], above: Sequence[Row], plural: str, singular: str
) -> str:
    zero = sum(row["nb_organismes"] for row in rows if row["borne_basse"] == 0)
    none = f"{french.compte(zero, 'organisme')} n'en déclare{'nt' if zero > 1 else ''} aucun"
    if not above:
        return f"Aucun organisme ne déclare de {singular} ; {none}."
    most = max(above, key=lambda row: row["nb_organismes"])
    last = above[-1]
    total = sum(row["nb_organismes"] for row in above)
    return (
        f"{french.compte(total, 'organisme')} déclare{'nt' if total > 1 else ''} au moins un "
        f"{singular} ; la classe la plus fréquente est « {most['classe']} » "
        f"({french.compte(most['nb_organismes'], 'organisme')}), la plus haute "
        f"« {last['classe']} » ({french.compte(last['nb_organismes'], 'organisme')}). "
        f"{none[0].upper()}{none[1:]} : ils ne sont pas dans la figure."
    )


def class_name(code: str) -> str:
    """Write a class of the list in words: « 3-10 » is « 3 à 10 »."""
    if code == _UNKNOWN:
        return "Inconnu"
    low, _, high = code.partition("-")
    if high:
        return f"{french.entier(int(low))} à {french.entier(int(high))}"
    if code.endswith("+"):
        return f"{french.entier(int(code[:-1]))} et plus"
    return code


def _classes(scope: Scope) -> Figure:
    rows = scope.rows("from marche.par_taille order by ordre")
    for row in rows:
        row["nom"] = class_name(row["classe_formateurs"])
        row["non_certifies"] = row["nb_certification_connue"] - row["nb_certifies"]
        row["inconnus"] = row["nb_organismes"] - row["nb_certification_connue"]
    columns = [
        Column("Formateurs", "nom"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Sur", "nb_organismes_total", Kind.COUNT),
        Column("Part", "part_pct", Kind.PERCENT),
        Column("Certifiés", "nb_certifies", Kind.COUNT),
        Column("Part de certifiés", "part_certifies_pct", Kind.PERCENT),
        Column("Actifs", "nb_actifs", Kind.COUNT),
        Column("Stagiaires, médiane", "mediane_stagiaires", Kind.DECIMAL, 0),
        Column("Stagiaires, moyenne bornée", "moyenne_stagiaires_bornee", Kind.DECIMAL),
    ]
    series = [
        Series("certifiés", "nb_certifies", BLUE),
        Series("non certifiés", "non_certifies", ORANGE),
        Series("certification inconnue", "inconnus", GREY),
    ]
    total = rows[0]["nb_organismes_total"]
    micro = [row for row in rows if row["est_micro"]]
    count = sum(row["nb_organismes"] for row in micro)
    large = rows[-1] if rows[-1]["classe_formateurs"] != _UNKNOWN else rows[-2]
    summary = (
        f"{french.compte(count, 'micro-structure')} (zéro ou un formateur), sur "
        f"{french.compte(total, 'organisme')}. La part de certifiés va de "
        f"{french.pourcent(rows[0]['part_certifies_pct'])} sans formateur déclaré à "
        f"{french.pourcent(large['part_certifies_pct'])} dans la classe « {large['nom']} »."
    )
    return Figure(
        "tailles-classes",
        "Organismes par effectif de formateurs",
        summary,
        ["marche.par_taille"],
        Table(columns, rows),
        stacked(rows, "nom", met(rows, series)),
    )


def _volumes(scope: Scope) -> Figure:
    rows = scope.rows("from marche.par_volume order by ordre")
    for row in rows:
        row["nom"] = class_name(row["classe_stagiaires"])
    columns = [
        Column("Stagiaires", "nom"),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Sur", "nb_organismes_total", Kind.COUNT),
        Column("Part des organismes", "part_pct", Kind.PERCENT),
        Column("Stagiaires", "nb_stagiaires", Kind.COUNT),
        Column("Sur", "nb_stagiaires_total", Kind.COUNT),
        Column("Part des stagiaires", "part_stagiaires_pct", Kind.PERCENT),
        Column("Part de certifiés", "part_certifies_pct", Kind.PERCENT),
    ]
    series = [
        Series("part des organismes", "part_pct", GREY),
        Series("part des stagiaires", "part_stagiaires_pct", BLUE),
    ]
    trainees = rows[0]["nb_stagiaires_total"]
    none, large = rows[0], [row for row in rows if row["classe_stagiaires"] != _UNKNOWN][-1]
    told = (
        french.part(
            none["nb_organismes"], none["nb_organismes_total"], none["part_pct"], "des organismes"
        )
        + " déclarent zéro stagiaire."
    )
    if trainees:
        told += (
            f" La classe « {large['nom']} » réunit {french.pourcent(large['part_pct'])} des "
            f"organismes et {french.pourcent(large['part_stagiaires_pct'])} des stagiaires."
        )
    return Figure(
        "volumes",
        "Organismes et stagiaires, par volume déclaré",
        told,
        ["marche.par_volume"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if trainees else None,
        "" if trainees else "Aucun stagiaire déclaré : les parts ne peuvent pas être tracées.",
        "Valeurs déclarées, absurdes comprises.",
    )


def _claim(scope: Scope) -> Figure:
    order = "['UN_FORMATEUR', 'UN_FORMATEUR_ACTIF', 'DEUX_FORMATEURS', 'MOINS_DE_DIX']"
    rows = scope.rows(f"from marche.micro_structures order by list_position({order}, definition)")
    columns = [
        Column("Définition", "libelle"),
        Column("Micro-structures", "nb_organismes", Kind.COUNT),
        Column("Part des organismes", "part_pct", Kind.PERCENT),
        Column("Certifiées", "nb_certifiees", Kind.COUNT),
        Column("Part d'entre elles", "part_certifiees_pct", Kind.PERCENT),
        Column("Tous certifiés", "nb_certifies_total", Kind.COUNT),
        Column("Part des certifiés", "part_des_certifies_pct", Kind.PERCENT),
        Column("Écart à 15 000", "ecart_nb", Kind.SIGNED),
    ]
    first = rows[0]
    claimed = first["nb_certifiees_annonce"]
    if first["nb_certifies_total"]:
        share = french.part(
            first["nb_certifiees"],
            first["nb_certifies_total"],
            first["part_des_certifies_pct"],
            "des certifiés",
        )
        answer = (
            f"avec zéro ou un formateur déclaré, cette liste en compte "
            f"{french.entier(first['nb_certifiees'])}, soit {share} ; selon la "
            f"définition, de {french.entier(min(row['nb_certifiees'] for row in rows))} à "
            f"{french.entier(max(row['nb_certifiees'] for row in rows))}."
        )
    else:
        answer = "cette liste ne donne aucun organisme certifié, elle ne permet pas de répondre."
    bars = [
        Bar(
            row["libelle"],
            row["nb_certifiees"],
            f"{french.entier(row['nb_certifiees'])} "
            f"({french.pourcent(row['part_des_certifies_pct'])} des certifiés)",
            BLUE if row is first else GREY,
        )
        for row in rows
    ]
    return Figure(
        "micro",
        "« 15 000 micro-organismes certifiés, un tiers des certifiés » ?",
        f"À l'affirmation de {french.entier(claimed)} micro-organismes certifiés, un tiers des "
        f"certifiés : {answer}",
        ["marche.micro_structures"],
        Table(columns, rows),
        ranked(bars, (claimed, f"Affirmé : {french.entier(claimed)}"))
        if first["nb_certifies_total"]
        else None,
        "" if first["nb_certifies_total"] else "Aucun organisme certifié dans la liste.",
    )


def _regional_micro(scope: Scope) -> Figure:
    here = {**scope.one(f"from {scope.block}"), "nom": scope.name}
    whole = {**scope.one("from marche.synthese"), "nom": "France"}
    rows = [here, whole]
    for row in rows:
        total = row["nb_organismes"]
        row["part_micro"] = 100 * row["nb_micro"] / total if total else None
    columns = [
        Column("Lieu", "nom"),
        Column("Micro-structures", "nb_micro", Kind.COUNT),
        Column("Organismes", "nb_organismes", Kind.COUNT),
        Column("Part", "part_micro", Kind.PERCENT),
        Column("Certifiées", "nb_micro_certifiees", Kind.COUNT),
        Column("Certification connue", "nb_micro_certification_connue", Kind.COUNT),
        Column("Part certifiée", "part_micro_certifiees_pct", Kind.PERCENT),
    ]
    series = [
        Series("part des micro-structures", "part_micro", GREY),
        Series("part certifiée d'entre elles", "part_micro_certifiees_pct", VERMILION),
    ]
    known = here["nb_organismes"] > 0
    share = french.part(
        here["nb_micro"], here["nb_organismes"], here["part_micro"], "des organismes"
    )
    certified = french.pourcent(here["part_micro_certifiees_pct"])
    return Figure(
        "micro",
        "Micro-structures",
        f"{share} déclarent zéro ou un formateur (France : "
        f"{french.pourcent(whole['part_micro'])}) ; {certified} d'entre eux sont certifiés "
        "(France : "
        f"{french.pourcent(whole['part_micro_certifiees_pct'])})."
        if known
        else f"La liste n'a aucun organisme {scope.here}.",
        ["marche.par_region", "marche.synthese"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if known else None,
        "" if known else f"Aucun organisme {scope.here}.",
    )
