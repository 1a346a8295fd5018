"""The head of the report: what the list is, the key figures, what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines import french
from pipelines.market.figure import SMALL, Row
from pipelines.market.scope import Scope
from pipelines.registers.categories import BY_CODE

_SHOWN_PLACES = 8
_FEW = 5


@dataclass(frozen=True)
class KeyFigure:
    """One figure to remember, and what it is made of."""

    label: str
    value: str
    detail: str
    source: str


def key_figures(scope: Scope) -> list[KeyFigure]:
    """Give the figures to remember, each with its numerator and denominator."""
    here = scope.one(f"from {scope.block}")
    table = scope.block_table
    return [
        KeyFigure(
            "Organismes",
            french.entier(here["nb_organismes"]),
            f"{french.compte(here['nb_entites'], 'entité juridique', 'entités juridiques')} "
            "(SIREN valides distincts)",
            table,
        ),
        KeyFigure("Certifiés Qualiopi", *_certified(here), table),
        KeyFigure("Actifs", *_active(here), table),
        KeyFigure("Stagiaires déclarés", *_trainees(here), table),
        KeyFigure(f"Certifiés « {BY_CODE['BILAN_COMPETENCES'].short} »", *_bilan(here), table),
        KeyFigure("Micro-structures", *_micro(here), table),
        KeyFigure("Reçoivent des stagiaires d'autrui", *_received(scope), "marche.sous_traitance"),
        KeyFigure("Candidats au portage", *_candidates(here), table),
    ]


# What is not known of anyone is a dash, and its reason: never a zero.


def _certified(here: Row) -> tuple[str, str]:
    known = here["nb_certification_connue"]
    if not known:
        return french.ABSENT, _NO_CERTIFICATION
    value = french.pourcent(here["part_certifies_pct"]) + _few(known)
    return value, f"{_of(here['nb_certifies'], known)} dont la certification est connue"


def _active(here: Row) -> tuple[str, str]:
    known = here["nb_activite_connue"]
    if not known:
        return french.ABSENT, _NO_ACTIVITY
    verb = french.verb(here["nb_actifs"], "déclare", "déclarent")
    value = french.pourcent(here["part_actifs_pct"]) + _few(known)
    return value, f"{_of(here['nb_actifs'], known)} {verb} au moins un stagiaire"


def _trainees(here: Row) -> tuple[str, str]:
    if not here["nb_activite_connue"]:
        return french.ABSENT, _NO_ACTIVITY
    detail = f"Valeurs bornées : {french.entier(here['nb_stagiaires_bornes'])}"
    if here["nb_actifs"]:
        detail += f" ; médiane des actifs : {french.entier(here['mediane_stagiaires_actifs'])}"
    return french.entier(here["nb_stagiaires"]), detail


def _bilan(here: Row) -> tuple[str, str]:
    known, count = here["nb_certification_connue"], here["nb_certifies_bilan_competences"]
    if not known:
        return french.ABSENT, _NO_CERTIFICATION
    share = french.pourcent(here["part_bilan_competences_pct"])
    return (
        french.entier(count),
        f"{_of(count, known)} dont la certification est connue : {share}{_few(known)}",
    )


def _micro(here: Row) -> tuple[str, str]:
    known = here["nb_effectif_connu"]
    if not known:
        return french.ABSENT, "L'effectif de formateurs n'est connu d'aucun organisme"
    detail = f"{_of(here['nb_micro'], known)} dont l'effectif est connu"
    if judged := here["nb_micro_certification_connue"]:
        share = french.part(here["nb_micro_certifiees"], judged, here["part_micro_certifiees_pct"])
        detail += f" ; certifiées : {share}"
    return french.entier(here["nb_micro"]) + _few(known), detail


def _received(scope: Scope) -> tuple[str, str]:
    row = received(scope)
    known = row["nb_confies_connus"]
    if not known:
        return french.ABSENT, "Aucun nombre de stagiaires confiés n'est connu"
    count = row["nb_stagiaires_confies"]
    # Not bound to its words: a large count must leave room for a line to break on a phone.
    entrusted = (
        f"{french.entier(count)} {french.verb(count, 'stagiaire confié', 'stagiaires confiés')}"
    )
    return (
        french.entier(row["nb_receveurs"]),
        f"{_of(row['nb_receveurs'], known)} qui disent combien ; {entrusted}",
    )


def _candidates(here: Row) -> tuple[str, str]:
    count, already = here["nb_candidats_portage"], here["nb_candidats_deja_sous_traitants"]
    if not here["nb_certification_connue"]:
        return french.ABSENT, _NO_CERTIFICATION
    if not here["nb_activite_connue"]:
        return french.ABSENT, _NO_ACTIVITY
    verb = french.verb(already, "reçoit", "reçoivent")
    return (
        french.entier(count),
        f"{_of(count, here['nb_organismes'])}, actifs sans certification ; "
        f"{french.entier(already)} {verb} déjà des stagiaires d'autrui",
    )


_NO_CERTIFICATION = "Aucune certification n'est connue"
_NO_ACTIVITY = "Aucun nombre de stagiaires n'est connu"


def received(scope: Scope) -> Row:
    """Give what the list says, in this place, of trainees that come from others."""
    return scope.one(
        "select coalesce(sum(nb_receveurs), 0)::bigint as nb_receveurs, "
        "coalesce(sum(nb_confies_connus), 0)::bigint as nb_confies_connus, "
        "coalesce(sum(nb_stagiaires_confies), 0)::bigint as nb_stagiaires_confies "
        f"from marche.sous_traitance where {scope.perimeter}"
    )


def _few(denominator: int) -> str:
    return SMALL if denominator < _FEW else ""


def _of(numerator: float, denominator: float) -> str:
    return f"{french.entier(numerator)} sur {french.entier(denominator)}"


def missing(scope: Scope) -> list[str]:
    """Say what the list does not have, and what that prevents."""
    here = scope.one(f"from {scope.block}")
    told = []
    if not here["nb_organismes"]:
        told.append(f"La liste n'a aucun organisme {scope.here} : aucun chiffre n'a de sens ici.")
    else:
        told += _silences(scope, here)
    told += _empty_places(scope)
    told += _odd_places(scope)
    return told


def _silences(scope: Scope, here: Row) -> list[str]:
    told = []
    if not here["nb_certification_connue"]:
        told.append(
            f"La liste ne dit pas qui est certifié {scope.here} (c'est le cas des dispositions "
            "anciennes) : tout ce qui touche à la certification est inconnu, ce qui n'est pas "
            "« non »."
        )
    elif not here["nb_certifies"]:
        told.append(f"Aucun organisme n'est certifié {scope.here}.")
    if not received(scope)["nb_confies_connus"]:
        told.append(
            f"La liste ne dit pas les stagiaires confiés par d'autres {scope.here} : la "
            "sous-traitance y est inconnue, ce qui n'est pas zéro."
        )
    if not here["nb_activite_connue"]:
        told.append(f"Aucun organisme n'a de nombre de stagiaires lisible {scope.here}.")
    elif not here["nb_actifs"]:
        told.append(
            f"Aucun stagiaire déclaré {scope.here} : ni la concentration, ni le besoin de portage "
            "ne peuvent être calculés."
        )
    if not here["nb_effectif_connu"]:
        told.append(f"Aucun organisme n'a d'effectif de formateurs lisible {scope.here}.")
    return told


def _empty_places(scope: Scope) -> list[str]:
    if scope.region:
        empty = scope.rows(
            f"select departement as nom from marche.par_departement where {scope.in_region} "
            "and nb_organismes = 0 and code_departement is not null order by code_departement"
        )
        word = "Département"
    else:
        empty = scope.rows(
            "select region as nom from marche.par_region where nb_organismes = 0 and officielle "
            "order by code_region"
        )
        word = "Région"
    if not empty:
        return []
    names = [row["nom"] for row in empty]
    words = f"{word}s" if len(names) > 1 else word
    return [f"{words} sans aucun organisme : {french.some(names, _SHOWN_PLACES)}."]


def _odd_places(scope: Scope) -> list[str]:
    told = []
    unknown = [
        f"{row['code']} ({row['nb']})"
        for row in scope.rows(
            "select code_departement as code, nb_organismes as nb from marche.par_departement "
            f"where {scope.in_region} and population is null and code_departement is not null "
            "order by code_departement"
        )
    ]
    if unknown:
        named = french.some(unknown, _SHOWN_PLACES)
        told.append(f"Codes de département que la référence ne connaît pas : {named}.")
    nowhere = scope.rows(
        "select nb_organismes as nb from marche.par_region "
        f"where code_region is null and {scope.in_region}"
    )
    for row in nowhere:
        has = french.verb(row["nb"], "n'a", "n'ont")
        told.append(
            f"{french.compte(row['nb'], 'organisme')} {has} pas de région, ni dans la liste ni par "
            "leur département : dans aucune région, mais dans tous les totaux de la nation."
        )
    if lost := scope.unplaced():
        has = french.verb(lost, "n'a", "n'ont")
        told.append(
            f"{french.compte(lost, 'organisme')} {has} pas de département déterminé : sur aucune "
            f"carte, mais dans tous les totaux{_blurred(scope)}."
        )
    return told


def _blurred(scope: Scope) -> str:
    """Name the regions whose départements are told too small."""
    named = [
        f"{row['region']} ({_of(row['nb_organismes'], row['nb_organismes_region'])})"
        for row in scope.blurred()
    ]
    if not named:
        return ""
    return f" ; les chiffres des départements y sont trop bas : {french.liste(named)}"


def address(scope: Scope) -> str:
    """Say how many organisations have an address."""
    here = scope.one(f"from {scope.block}")
    return french.part(
        here["nb_avec_adresse"],
        here["nb_organismes"],
        here["part_avec_adresse_pct"],
        "des organismes",
    )
