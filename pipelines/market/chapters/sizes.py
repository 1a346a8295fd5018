"""Sizes: trainees and trainers on a logarithmic scale, classes, micro-structures."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines import french
from pipelines.market.drawing.bars import Bar, grouped, ranked, stacked
from pipelines.market.drawing.charts import histogram
from pipelines.market.drawing.style import BLUE, GREY, ORANGE, VERMILION, Series, met
from pipelines.market.figure import Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import NATION, Scope

_UNKNOWN = "INCONNUE"
# Of each measure: its name, and the column that counts the organisations that tell it.
_MEASURES = {
    "STAGIAIRES": ("stagiaire", "nb_activite_connue"),
    "FORMATEURS": ("formateur", "nb_effectif_connu"),
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
    singular, known = _MEASURES[measure]
    plural = f"{singular}s"
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
        _distribution_told(rows, above, singular)
        if above
        else f"{scope.silence(known, singular)}.",
        ["marche.distribution"],
        Table(columns, rows),
        histogram(above, f"{plural.capitalize()} déclarés (échelle logarithmique)", series)
        if above
        else None,
        ""
        if above
        else f"{scope.silence(known, singular)} : la distribution ne peut pas être tracée.",
    )


def _distribution_told(rows: Sequence[Row], above: Sequence[Row], singular: str) -> str:
    most, last = max(above, key=lambda row: row["nb_organismes"]), above[-1]
    total = sum(row["nb_organismes"] for row in above)
    told = (
        f"{french.compte(total, 'organisme')} {french.verb(total, 'déclare', 'déclarent')} au "
        f"moins un {singular} ; la classe la plus fréquente est « {most['classe']} » "
        f"({french.compte(most['nb_organismes'], 'organisme')}), la plus haute "
        f"« {last['classe']} » ({french.compte(last['nb_organismes'], 'organisme')})."
    )
    zero = sum(row["nb_organismes"] for row in rows if row["borne_basse"] == 0)
    if zero:
        told += (
            f" Hors de la figure, {french.compte(zero, 'organisme')} qui n'en "
            f"{french.verb(zero, 'déclare', 'déclarent')} aucun."
        )
    return told


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
        f"{french.compte(total, 'organisme')}."
        if scope.one("select nb_effectif_connu as nb from marche.synthese")["nb"]
        else f"{scope.silence('nb_effectif_connu', 'formateur')}."
    )
    if None not in (rows[0]["part_certifies_pct"], large["part_certifies_pct"]):
        summary += (
            f" La part de certifiés va de {french.pourcent(rows[0]['part_certifies_pct'])} sans "
            f"formateur déclaré à {french.pourcent(large['part_certifies_pct'])} dans la classe "
            f"« {large['nom']} »."
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
        Column("Stagiaires, bornés", "nb_stagiaires_bornes", Kind.COUNT),
        Column("Sur", "nb_stagiaires_total_bornes", Kind.COUNT),
        Column("Part bornée des stagiaires", "part_stagiaires_bornee_pct", Kind.PERCENT),
        Column("Stagiaires déclarés", "nb_stagiaires", Kind.COUNT),
        Column("Sur", "nb_stagiaires_total", Kind.COUNT),
        Column("Part déclarée des stagiaires", "part_stagiaires_pct", Kind.PERCENT),
        Column("Part de certifiés", "part_certifies_pct", Kind.PERCENT),
    ]
    series = [
        Series("part des organismes", "part_pct", GREY),
        Series("part des stagiaires (bornée)", "part_stagiaires_bornee_pct", BLUE),
    ]
    trainees = rows[0]["nb_stagiaires_total"]
    none, large = rows[0], [row for row in rows if row["classe_stagiaires"] != _UNKNOWN][-1]
    silence = scope.silence("nb_activite_connue", "stagiaire")
    told = f"{silence}."
    if trainees:
        share = french.part(
            none["nb_organismes"], none["nb_organismes_total"], none["part_pct"], "des organismes"
        )
        told = (
            f"{share} déclarent zéro stagiaire. "
            f"La classe « {large['nom']} » réunit {french.pourcent(large['part_pct'])} des "
            f"organismes et {french.pourcent(large['part_stagiaires_bornee_pct'])} des stagiaires, "
            "valeurs bornées."
        )
    return Figure(
        "volumes",
        "Organismes et stagiaires, par volume déclaré",
        told,
        ["marche.par_volume"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if trainees else None,
        "" if trainees else f"{silence} : les parts ne peuvent pas être tracées.",
        "Parts de stagiaires : valeurs bornées." if trainees else "",
    )


def _claim(scope: Scope) -> Figure:
    order = "['UN_FORMATEUR', 'UN_FORMATEUR_ACTIF', 'DEUX_FORMATEURS', 'MOINS_DE_DIX']"
    rows = scope.rows(f"from marche.micro_structures order by list_position({order}, definition)")
    columns = [
        Column("Définition", "libelle"),
        Column("Micro-structures", "nb_organismes", Kind.COUNT),
        Column("Effectif connu", "nb_effectif_connu", Kind.COUNT),
        Column("Part d'entre eux", "part_pct", Kind.PERCENT),
        Column("Certifiées", "nb_certifiees", Kind.COUNT),
        Column("Part certifiée", "part_certifiees_pct", Kind.PERCENT),
        Column("Tous certifiés", "nb_certifies_total", Kind.COUNT),
        Column("Part des certifiés", "part_des_certifies_pct", Kind.PERCENT),
        Column("Écart à 15 000", "ecart_nb", Kind.SIGNED),
    ]
    first = rows[0]
    claimed = first["nb_certifiees_annonce"]
    silence = ""
    if not first["nb_effectif_connu"]:
        silence = scope.silence("nb_effectif_connu", "formateur")
    elif not first["nb_certifies_total"]:
        silence = scope.uncertified()
    if not silence:
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
        answer = f"{silence[0].lower()}{silence[1:]}, cette liste ne permet pas de répondre."
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
        None if silence else ranked(bars, (claimed, f"Affirmé : {french.entier(claimed)}")),
        silence and f"{silence} : rien à tracer.",
    )


def _regional_micro(scope: Scope) -> Figure:
    here = {**scope.one(f"from {scope.block}"), "nom": scope.name}
    whole = {**scope.one("from marche.synthese"), "nom": NATION, "petit_effectif": False}
    columns = [
        Column("Lieu", "nom"),
        Column("Micro-structures", "nb_micro", Kind.COUNT),
        Column("Effectif connu", "nb_effectif_connu", Kind.COUNT),
        Column("Part", "part_micro_pct", Kind.PERCENT),
        Column("Certifiées", "nb_micro_certifiees", Kind.COUNT),
        Column("Certification connue", "nb_micro_certification_connue", Kind.COUNT),
        Column("Part certifiée", "part_micro_certifiees_pct", Kind.PERCENT),
    ]
    series = [
        Series("part des micro-structures", "part_micro_pct", GREY),
        Series("part certifiée d'entre elles", "part_micro_certifiees_pct", VERMILION),
    ]
    known = here["nb_effectif_connu"] > 0
    silence = scope.silence("nb_effectif_connu", "formateur")
    rows = [here, whole]
    return Figure(
        "micro",
        "Micro-structures",
        _micro_told(here, whole) if known else f"{silence}.",
        ["marche.par_region", "marche.synthese"],
        Table(columns, rows),
        grouped(rows, "nom", series, french.pourcent) if known else None,
        "" if known else f"{silence} : rien à tracer.",
    )


def _micro_told(here: Row, whole: Row) -> str:
    share = french.part(
        here["nb_micro"],
        here["nb_effectif_connu"],
        here["part_micro_pct"],
        "des organismes dont l'effectif est connu",
    )
    told = (
        f"{share} déclarent zéro ou un formateur "
        f"({NATION} : {french.pourcent(whole['part_micro_pct'])})"
    )
    if here["part_micro_certifiees_pct"] is not None:
        certified = french.part(
            here["nb_micro_certifiees"],
            here["nb_micro_certification_connue"],
            here["part_micro_certifiees_pct"],
        )
        told += (
            f" ; part de certifiés parmi eux : {certified}, {NATION} "
            f"{french.pourcent(whole['part_micro_certifiees_pct'])}"
        )
    return f"{told}."
