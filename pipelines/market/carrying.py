"""Who already works for others, and where porteurs are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.market import french
from pipelines.market.bars import Bar, ranked
from pipelines.market.certification import LABELS
from pipelines.market.figure import SMALL, Column, Figure, Kind, Row, Section, Table
from pipelines.market.scope import Scope
from pipelines.market.sizes import class_name
from pipelines.market.style import BLUE, GREY, VERMILION

if TYPE_CHECKING:
    import altair as alt

_FIRST = 10
_PERSON = "personne physique"
_RECEIVERS = (
    Column("Organismes", "nb_organismes", Kind.COUNT),
    Column("Receveurs", "nb_receveurs", Kind.COUNT),
    Column("Part", "part_receveurs_pct", Kind.PERCENT),
    Column("dont certifiés", "nb_receveurs_certifies", Kind.COUNT),
    Column("Stagiaires confiés", "nb_stagiaires_confies", Kind.COUNT),
    Column("Confiés, bornés", "nb_stagiaires_confies_bornes", Kind.COUNT),
    Column("Confiés / propres", "ratio_confies_propres", Kind.DECIMAL, 2),
    Column("Médiane des confiés", "mediane_confies", Kind.DECIMAL, 0),
)
_ORDER = "['0', '1', '2', '3-10', '11-20', '21-50', '51-100', '101+', 'INCONNUE']"


def subcontracting(scope: Scope) -> Section:
    """Draw who receives trainees from other organisations."""
    figures = [_by_place(scope)]
    if not scope.region:
        figures.insert(0, _by_size(scope))
    lead = (
        "Les stagiaires confiés par un autre organisme sont le seul signe de sous-traitance que "
        "donne la liste, du côté de qui reçoit ; ils s'ajoutent aux stagiaires propres et les "
        "dépassent souvent. Elle ne dit pas qui confie."
    )
    return Section(
        "sous-traitance",
        "La sous-traitance",
        lead,
        figures,
        [
            (
                "Ceux à qui l'on confie le plus de stagiaires",
                "marche.sous_traitants_principaux",
                _principal(scope),
            )
        ],
    )


def _by_size(scope: Scope) -> Figure:
    rows = scope.rows(
        "from marche.sous_traitance where perimetre = 'TAILLE' "
        f"order by list_position({_ORDER}, code)"
    )
    whole = _nation(scope)
    certified = scope.rows(
        "from marche.sous_traitance where perimetre = 'CERTIFICATION' order by code"
    )
    for row in rows:
        row["libelle"] = _trainers(row["code"])
    count = french.compte(
        whole["nb_stagiaires_confies"] or 0, "stagiaire confié", "stagiaires confiés"
    )
    shares = ", ".join(
        f"{row['libelle'].lower()} {french.pourcent(row['part_receveurs_pct'])}"
        for row in certified
    )
    told = (
        f"{_share(whole)} reçoivent des stagiaires d'un autre : {count}. Part de receveurs : "
        f"{shares or french.ABSENT}."
    )
    return Figure(
        "receveurs-taille",
        "Qui reçoit des stagiaires d'autrui, par effectif",
        told,
        ["marche.sous_traitance"],
        Table([Column("Périmètre", "libelle"), *_RECEIVERS], [*rows, *certified, whole]),
        *_receivers(rows, whole),
    )


def _trainers(size: str) -> str:
    if size == "INCONNUE":
        return "Effectif inconnu"
    return f"{class_name(size)} {'formateur' if size in {'0', '1'} else 'formateurs'}"


def _by_place(scope: Scope) -> Figure:
    level = "DEPARTEMENT" if scope.region else "REGION"
    inside = (
        f"and code in (select code_departement from marche.par_departement where {scope.in_region})"
        if scope.region
        else ""
    )
    rows = scope.rows(
        f"from marche.sous_traitance where perimetre = '{level}' {inside} "
        "order by petit_effectif, part_receveurs_pct desc nulls last, libelle"
    )
    whole = _nation(scope)
    here = next(iter(scope.rows(f"from marche.sous_traitance where {scope.perimeter}")), None)
    word, none = ("département", "Aucun") if scope.region else ("région", "Aucune")
    table = [*rows, whole] if here in (None, whole) else [*rows, here, whole]
    sure = [row for row in rows if not row["petit_effectif"]]
    if here is None:
        told = f"La liste n'a aucun organisme {scope.here}."
    elif sure:
        first = f"{sure[0]['libelle']} ({french.pourcent(sure[0]['part_receveurs_pct'])})"
        told = (
            f"{scope.name} : {_share(here)} en reçoivent. En tête des {word}s qui ont au moins "
            f"cinq receveurs : {first}."
        )
    else:
        told = f"{scope.name} : {_share(here)} en reçoivent. {none} {word} n'a cinq receveurs."
    title = f"Qui reçoit des stagiaires d'autrui, par {word}"
    return Figure(
        "receveurs-lieu",
        title,
        told,
        ["marche.sous_traitance"],
        Table([Column(word.capitalize(), "libelle"), *_RECEIVERS], table),
        *_receivers(rows, whole),
    )


def _nation(scope: Scope) -> Row:
    """Give the row of the nation: nothing at all when the list is empty."""
    found = scope.rows("from marche.sous_traitance where perimetre = 'NATION'")
    return found[0] if found else {**dict.fromkeys(c.name for c in _RECEIVERS), "libelle": "France"}


def _share(row: Row) -> str:
    return french.part(
        row["nb_receveurs"], row["nb_organismes"], row["part_receveurs_pct"], "des organismes"
    )


def _receivers(rows: list[Row], whole: Row) -> tuple[alt.TopLevelMixin | None, str]:
    """Draw the shares of receivers, or say why they are not."""
    shown = [row for row in rows if row["nb_receveurs"]]
    bars = [
        Bar(
            str(row["libelle"]) + (SMALL if row["petit_effectif"] else ""),
            row["part_receveurs_pct"],
            french.pourcent(row["part_receveurs_pct"]),
            GREY if row["petit_effectif"] else BLUE,
        )
        for row in shown
    ]
    reference = (
        whole["part_receveurs_pct"],
        f"France : {french.pourcent(whole['part_receveurs_pct'])}",
    )
    if not bars:
        return None, "Aucun stagiaire confié : la figure ne peut pas être tracée."
    return ranked(bars, reference), ""


def _principal(scope: Scope) -> Table:
    rank = "rang_region" if scope.region else "rang_national"
    rows = scope.rows(
        f"from marche.sous_traitants_principaux where {scope.in_region} and {rank} <= {_FIRST} "
        f"order by {rank}, nda"
    )
    for row in rows:
        row["nom"] = row["denomination"] or _PERSON
        row["lieu"] = row["departement"] or row["region"]
        row["certifie"] = {True: "oui", False: "non", None: None}[row["est_certifie"]]
        row["doute"] = "à vérifier" if row["est_borne"] else ""
    return Table(
        [
            Column("Organisme", "nom"),
            Column("Département", "lieu"),
            Column("Certifié", "certifie"),
            Column("Stagiaires confiés", "nb_stagiaires_confies", Kind.COUNT),
            Column("Stagiaires propres", "nb_stagiaires", Kind.COUNT),
            Column("Formateurs", "effectif_formateurs", Kind.COUNT),
            Column("Valeur", "doute"),
        ],
        rows,
    )


def carrying(scope: Scope) -> Section:
    """Draw where candidates for portage outnumber porteurs, for each category."""
    figures = [_tension(scope, category) for category in LABELS]
    lead = (
        "Candidats : organismes actifs certifiés pour aucune catégorie, les mêmes pour les quatre. "
        "Porteurs : certifiés pour la catégorie. La loi ne limite pas un porteur à son "
        "département : la tension dit où il en manque, non qu'il est impossible d'en trouver. Ce "
        "que chacun peut faire est jugé par les règles du portage, pas ici."
    )
    return Section("portage", "Le besoin de portage", lead, figures)


def _tension(scope: Scope, category: str) -> Figure:
    rows = scope.rows(
        f"from marche.besoin_portage where categorie = '{category}' and {scope.in_region} "
        "order by rang nulls last, code_departement nulls last"
    )
    figures = (
        f"select nb_candidats_portage as candidats, nb_certifies_{category.lower()} as porteurs, "
        "candidats / nullif(porteurs, 0) as ratio from "
    )
    whole, here = scope.one(f"{figures} marche.synthese"), scope.one(f"{figures} {scope.block}")
    label = LABELS[category]
    ranked_rows = [row for row in rows if row["rang"] is not None]
    shown = ranked_rows[:_FIRST]
    columns = [
        Column("Rang", "rang", Kind.COUNT),
        Column("Département", "departement"),
        Column("Candidats", "nb_candidats", Kind.COUNT),
        Column("dont déjà sous-traitants", "nb_candidats_deja_sous_traitants", Kind.COUNT),
        Column("Porteurs", "nb_porteurs", Kind.COUNT),
        Column("dont actifs", "nb_porteurs_actifs", Kind.COUNT),
        Column("Candidats par porteur", "candidats_par_porteur", Kind.DECIMAL),
        Column("Indice (France = 100)", "indice_tension", Kind.DECIMAL, 0),
    ]
    slug = f"portage-{category.lower().replace('_', '-')}"
    title = f"{label} : où les porteurs manquent le plus"
    told = _tension_told(shown, here, whole, scope)
    ratios = [row["candidats_par_porteur"] or 0 for row in shown]
    end = max([*ratios, whole["ratio"] or 0]) or 1
    notes = []
    if any(row["sans_porteur"] for row in shown):
        notes.append("En vermillon, aucun porteur : le rapport n'existe pas, la barre va au bout.")
    if len(ranked_rows) > _FIRST:
        notes.append("Les dix premiers ; les petits effectifs sont classés après les autres.")
    reference = (
        (whole["ratio"], f"France : {french.decimal(whole['ratio'])}")
        if whole["ratio"] is not None
        else None
    )
    return Figure(
        slug,
        title,
        told,
        ["marche.besoin_portage", scope.block_table],
        # The sign of small cells goes beside the name: beside a rank it would be read as a note.
        Table([columns[1], columns[0], *columns[2:]], shown),
        ranked([_tension_bar(row, end) for row in shown], reference) if shown else None,
        "" if shown else f"Aucun candidat {scope.here} : il n'y a pas de tension à tracer.",
        " ".join(notes),
    )


def _tension_bar(row: Row, end: float) -> Bar:
    """Give a bar; without porteur there is no ratio, and a bar to the ``end`` says so in words."""
    name = str(row["departement"]) + (SMALL if row["petit_effectif"] else "")
    if row["sans_porteur"]:
        return Bar(name, end, f"{french.entier(row['nb_candidats'])} pour 0", VERMILION)
    return Bar(
        name,
        row["candidats_par_porteur"],
        french.decimal(row["candidats_par_porteur"]),
        GREY if row["petit_effectif"] else BLUE,
    )


def _tension_told(shown: list[Row], here: Row, whole: Row, scope: Scope) -> str:
    told = [_ratio_told("France", whole["candidats"], whole["porteurs"])]
    if scope.region:
        told.append(_ratio_told(scope.name, here["candidats"], here["porteurs"]))
    first = next((row for row in shown if not row["petit_effectif"]), None)
    if first and first["sans_porteur"]:
        told.append(
            f"Le plus tendu : {first['departement']}, "
            f"{french.compte(first['nb_candidats'], 'candidat')} et aucun porteur."
        )
    elif first:
        told.append(
            f"Le plus tendu : {first['departement']} ("
            f"{french.decimal(first['candidats_par_porteur'])} ; "
            f"{french.compte(first['nb_candidats'], 'candidat')}, "
            f"{french.compte(first['nb_porteurs'], 'porteur')})."
        )
    elif shown:
        told.append("Aucun département n'a au moins cinq candidats et cinq porteurs.")
    return " ".join(told)


def _ratio_told(place: str, candidates: int, carriers: int) -> str:
    told = f"{place} : {french.compte(candidates, 'candidat')}"
    if not carriers:
        return f"{told} et aucun porteur."
    ratio = candidates / carriers
    return (
        f"{told}, {french.compte(carriers, 'porteur')}, soit {french.decimal(ratio)} "
        f"{'candidats' if ratio >= 2 else 'candidat'} par porteur."
    )
