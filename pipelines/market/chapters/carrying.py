"""Who already works for others, and where porteurs are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines import french
from pipelines.market.chapters.overview import received
from pipelines.market.chapters.sizes import class_name
from pipelines.market.chapters.territory import departements, partial_note
from pipelines.market.drawing.bars import Bar, ranked
from pipelines.market.drawing.style import BLUE, GREY, VERMILION
from pipelines.market.figure import Column, Figure, Kind, Listing, Row, Section, Table, signs
from pipelines.market.scope import NATION, Scope
from pipelines.registers.categories import BY_CODE

if TYPE_CHECKING:
    import altair as alt

_FIRST = 10
_PERSON, _WITHHELD, _NAMELESS = "personne physique", "nom non repris", "sans nom"
_NAMES_NOTE = (
    "« Nom non repris » : la liste retient l'adresse de cet organisme, comme elle le fait pour les "
    "personnes physiques, et il ne déclare pas plus d'un formateur ; il peut en être une. "
    "« Personne physique » n'est dit que d'un nom qui porte une civilité : la liste ne donne pas "
    "la forme juridique."
)
_RECEIVERS = (
    Column("Organismes", "nb_organismes", Kind.COUNT),
    Column("Nombre connu", "nb_confies_connus", Kind.COUNT),
    Column("Receveurs", "nb_receveurs", Kind.COUNT),
    Column("Part", "part_receveurs_pct", Kind.PERCENT),
    Column("dont certifiés", "nb_receveurs_certifies", Kind.COUNT),
    Column("Stagiaires confiés", "nb_stagiaires_confies", Kind.COUNT),
    Column("Confiés, bornés", "nb_stagiaires_confies_bornes", Kind.COUNT),
    Column("Confiés / propres", "ratio_confies_propres", Kind.DECIMAL, 2),
    Column("Médiane des confiés", "mediane_confies", Kind.DECIMAL, 0),
)


def subcontracting(scope: Scope) -> Section:
    """Draw who receives trainees from other organisations."""
    figures = [_by_place(scope)]
    if not scope.region:
        figures.insert(0, _by_size(scope))
    lead = (
        "Les stagiaires confiés par un autre organisme sont le seul signe de sous-traitance que "
        "donne la liste, du côté de qui reçoit ; ils ne sont pas une partie des stagiaires "
        "propres, et les dépassent souvent. Elle ne dit pas qui confie. Parts de receveurs : parmi "
        "les organismes dont le nombre de stagiaires confiés est connu."
    )
    return Section(
        "sous-traitance",
        "La sous-traitance",
        lead,
        figures,
        [
            Listing(
                "sous-traitants",
                "Ceux à qui l'on confie le plus de stagiaires",
                ["marche.sous_traitants_principaux", "socle.activite"],
                _principal(scope),
                _NAMES_NOTE,
            )
        ],
    )


def _by_size(scope: Scope) -> Figure:
    rows = scope.rows(
        "select s.* from marche.sous_traitance as s "
        "join marche.par_taille as t on s.code = t.classe_formateurs "
        "where s.perimetre = 'TAILLE' order by t.ordre"
    )
    whole = _nation(scope)
    certified = scope.rows(
        "from marche.sous_traitance where perimetre = 'CERTIFICATION' order by code"
    )
    for row in rows:
        row["libelle"] = _trainers(row["code"])
    told = f"{_unsaid(scope)}."
    if whole["nb_confies_connus"]:
        count = french.compte(
            whole["nb_stagiaires_confies"], "stagiaire confié", "stagiaires confiés"
        )
        shares = ", ".join(
            f"{row['libelle'].lower()} {french.pourcent(row['part_receveurs_pct'])}"
            for row in certified
            if row["part_receveurs_pct"] is not None
        )
        told = f"{_share(whole)} reçoivent des stagiaires d'un autre : {count}."
        told += f" Part de receveurs : {shares}."
    return Figure(
        "receveurs-taille",
        "Qui reçoit des stagiaires d'autrui, par effectif",
        told,
        ["marche.sous_traitance"],
        Table([Column("Périmètre", "libelle"), *_RECEIVERS], [*rows, *certified, whole]),
        *_receivers(scope, rows, whole),
    )


def _unsaid(scope: Scope) -> str:
    """Say why nobody receives trainees here: nobody does, or the list does not tell."""
    if received(scope)["nb_confies_connus"]:
        return f"Aucun stagiaire confié {scope.here}"
    return f"Le nombre de stagiaires confiés n'est connu pour aucun organisme {scope.here}"


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
    partial = partial_note(scope) if scope.region else ""
    for row in rows:
        row["incomplet"] = bool(partial) and row["code"] is not None
    whole = _nation(scope)
    here = next(iter(scope.rows(f"from marche.sous_traitance where {scope.perimeter}")), None)
    word = "département" if scope.region else "région"
    table = [*rows, whole] if here in (None, whole) else [*rows, here, whole]
    title = f"Qui reçoit des stagiaires d'autrui, par {word}"
    return Figure(
        "receveurs-lieu",
        title,
        _places_told(scope, here, rows),
        ["marche.sous_traitance"],
        Table([Column(word.capitalize(), "libelle"), *_RECEIVERS], table),
        *_receivers(scope, rows, whole),
        partial,
    )


def _places_told(scope: Scope, here: Row | None, rows: list[Row]) -> str:
    if here is None:
        return f"La liste n'a aucun organisme {scope.here}."
    if not here["nb_confies_connus"]:
        return f"{_unsaid(scope)}."
    told = f"{scope.name} : {_share(here)} en reçoivent."
    if scope.region and (len(rows) < 2 or any(row["incomplet"] for row in rows)):
        return told
    word, alone, none = (
        ("département", "Seul", "Aucun") if scope.region else ("région", "Seule", "Aucune")
    )
    sure = [row for row in rows if not signs(row)]
    if not sure:
        return f"{told} {none} {word} n'a cinq receveurs."
    first = f"{sure[0]['libelle']} ({french.pourcent(sure[0]['part_receveurs_pct'])})"
    if len(sure) == 1:
        return f"{told} {alone} {word} qui ait au moins cinq receveurs : {first}."
    return f"{told} En tête des {word}s qui ont au moins cinq receveurs : {first}."


def _nation(scope: Scope) -> Row:
    """Give the row of the nation: nothing at all when the list is empty."""
    found = scope.rows("from marche.sous_traitance where perimetre = 'NATION'")
    return found[0] if found else {**dict.fromkeys(c.name for c in _RECEIVERS), "libelle": NATION}


def _share(row: Row) -> str:
    return french.part(
        row["nb_receveurs"], row["nb_confies_connus"], row["part_receveurs_pct"], "des organismes"
    )


def _receivers(scope: Scope, rows: list[Row], whole: Row) -> tuple[alt.TopLevelMixin | None, str]:
    """Draw the shares of receivers, or say why they are not."""
    shown = [row for row in rows if row["nb_receveurs"]]
    bars = [
        Bar(
            str(row["libelle"]) + signs(row),
            row["part_receveurs_pct"],
            french.pourcent(row["part_receveurs_pct"]),
            GREY if signs(row) else BLUE,
        )
        for row in shown
    ]
    reference = (
        whole["part_receveurs_pct"],
        f"France : {french.pourcent(whole['part_receveurs_pct'])}",
    )
    if not bars:
        return None, f"{_unsaid(scope)} : la figure ne peut pas être tracée."
    return ranked(bars, reference), ""


def _principal(scope: Scope) -> Table:
    rank = "rang_region" if scope.region else "rang_national"
    rows = scope.rows(
        "select p.*, a.avec_adresse, a.personne_physique_presumee "
        f"from (from marche.sous_traitants_principaux where {scope.in_region}) as p "
        f"join socle.activite as a on p.nda = a.nda where p.{rank} <= {_FIRST} "
        f"order by p.{rank}, p.nda"
    )
    for row in rows:
        row["nom"] = _name(row)
        row["lieu"] = row["departement"] or row["region"]
        row["certifie"] = {True: "oui", False: "non", None: None}[row["est_certifie"]]
        row["doute"] = "à vérifier" if row["est_borne"] else ""
    return Table(
        [
            Column("Organisme", "nom"),
            Column("Lieu", "lieu"),
            Column("Certifié", "certifie"),
            Column("Stagiaires confiés", "nb_stagiaires_confies", Kind.COUNT),
            Column("Stagiaires propres", "nb_stagiaires", Kind.COUNT),
            Column("Formateurs", "effectif_formateurs", Kind.COUNT),
            Column("Valeur", "doute"),
        ],
        rows,
    )


def _name(row: Row) -> str:
    """Name an organisation, unless it is, or may well be, a natural person."""
    if row["personne_physique_presumee"]:
        return _PERSON
    # The list withholds the address of natural persons: more of them than their names tell. One who
    # declares several trainers is an enterprise all the same.
    if not row["avec_adresse"] and not (row["effectif_formateurs"] or 0) > 1:
        return _WITHHELD
    return str(row["denomination"] or _NAMELESS)


def carrying(scope: Scope) -> Section:
    """Draw where candidates for portage outnumber porteurs, for each category."""
    figures = [_tension(scope, category) for category in BY_CODE]
    lead = (
        "Candidats : organismes actifs certifiés pour aucune catégorie, les mêmes pour les quatre. "
        "Porteurs : certifiés pour la catégorie. La loi ne limite pas un porteur à son "
        "département : la tension dit où il en manque, non qu'il est impossible d'en trouver. Ce "
        "que chacun peut faire est jugé par les règles du portage, pas ici."
    )
    return Section("portage", "Le besoin de portage", lead, figures)


def _tension(scope: Scope, category: str) -> Figure:
    rows = departements(
        scope, "marche.besoin_portage", f"categorie = '{category}'", "rang nulls last,"
    )
    figures = (
        f"select nb_candidats_portage as candidats, nb_certifies_{category.lower()} as porteurs, "
        "candidats / nullif(porteurs, 0) as ratio, nb_certification_connue as connues from "
    )
    whole, here = scope.one(f"{figures} marche.synthese"), scope.one(f"{figures} {scope.block}")
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
    title = f"{BY_CODE[category].title} : où les porteurs manquent le plus"
    told = _tension_told(shown, here, whole, scope)
    ratios = [row["candidats_par_porteur"] or 0 for row in shown]
    end = max([*ratios, whole["ratio"] or 0]) or 1
    notes = []
    if any(row["sans_porteur"] for row in shown):
        notes.append("En vermillon, aucun porteur : le rapport n'existe pas, la barre va au bout.")
    if len(ranked_rows) > _FIRST:
        notes.append("Les dix premiers ; les petits effectifs sont classés après les autres.")
    if any(row["incomplet"] for row in shown):
        notes.append(partial_note(scope))
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
        "" if shown else f"{_no_candidate(scope)} : il n'y a pas de tension à tracer.",
        " ".join(notes),
    )


def _no_candidate(scope: Scope) -> str:
    """Say why there is no candidate here: none, or the list does not tell."""
    here = scope.one(f"select nb_certification_connue as nb from {scope.block}")
    if not here["nb"]:
        return scope.uncertified()
    active = scope.one(f"select nb_activite_connue as nb from {scope.block}")
    if not active["nb"]:
        return scope.silence("nb_activite_connue", "stagiaire")
    found = scope.one(f"select nb_candidats_portage as nb from {scope.block}")
    if found["nb"]:
        return f"Aucun candidat dont le département soit connu {scope.here}"
    return f"Aucun candidat {scope.here}"


def _tension_bar(row: Row, end: float) -> Bar:
    """Give a bar; without porteur there is no ratio, and a bar to the ``end`` says so in words."""
    name = str(row["departement"]) + signs(row)
    if row["sans_porteur"]:
        return Bar(name, end, f"{french.entier(row['nb_candidats'])} pour 0", VERMILION)
    return Bar(
        name,
        row["candidats_par_porteur"],
        french.decimal(row["candidats_par_porteur"]),
        GREY if signs(row) else BLUE,
    )


def _tension_told(shown: list[Row], here: Row, whole: Row, scope: Scope) -> str:
    told = []
    if whole["connues"]:
        told.append(_ratio_told(NATION, whole["candidats"], whole["porteurs"]))
    if not here["connues"]:
        told.append(f"{scope.uncertified()}.")
    elif scope.region:
        told.append(_ratio_told(scope.name, here["candidats"], here["porteurs"]))
    if scope.region and len(shown) == 1:
        return " ".join(told)
    sure = [row for row in shown if not signs(row)]
    first = sure[0] if sure else None
    most = "Le plus tendu" if len(sure) > 1 else "Le seul qui se compare"
    if first and first["sans_porteur"]:
        told.append(
            f"{most} : {first['departement']}, "
            f"{french.compte(first['nb_candidats'], 'candidat')} et aucun porteur."
        )
    elif first:
        told.append(
            f"{most} : {first['departement']} ("
            f"{french.decimal(first['candidats_par_porteur'])} ; "
            f"{french.compte(first['nb_candidats'], 'candidat')}, "
            f"{french.compte(first['nb_porteurs'], 'porteur')})."
        )
    elif any(row["incomplet"] for row in shown):
        told.append("Les chiffres des départements sont incomplets.")
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
