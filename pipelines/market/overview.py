"""The head of the report: what the list is, the key figures, what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.market import french
from pipelines.market.figure import Row
from pipelines.market.scope import BLURRED_PCT, Scope

_SHOWN_PLACES = 8


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
    (received,) = scope.rows(
        "select coalesce(sum(nb_receveurs), 0)::bigint as nb, "
        "coalesce(sum(nb_stagiaires_confies), 0)::bigint as confies "
        f"from marche.sous_traitance where {scope.perimeter}"
    )
    total = here["nb_organismes"]
    # Unknown is not zero.
    judged = here["nb_certification_connue"] or not total
    table = scope.block_table
    return [
        KeyFigure(
            "Organismes",
            french.entier(total),
            f"{french.compte(here['nb_entites'], 'entité juridique', 'entités juridiques')} "
            "(SIREN valides distincts)",
            table,
        ),
        KeyFigure(
            "Certifiés Qualiopi",
            french.pourcent(here["part_certifies_pct"]),
            f"{_of(here['nb_certifies'], here['nb_certification_connue'])} dont la certification "
            "est connue",
            table,
        ),
        KeyFigure(
            "Actifs",
            french.pourcent(here["part_actifs_pct"]),
            f"{_of(here['nb_actifs'], here['nb_activite_connue'])} déclarent au moins un stagiaire",
            table,
        ),
        KeyFigure(
            "Stagiaires déclarés",
            french.entier(here["nb_stagiaires"]),
            f"Valeurs bornées : {french.entier(here['nb_stagiaires_bornes'])} ; médiane des "
            f"actifs : {french.entier(here['mediane_stagiaires_actifs'])}",
            table,
        ),
        KeyFigure(
            "Certifiés « bilan »",
            french.entier(here["nb_certifies_bilan_competences"] if judged else None),
            f"{_of(here['nb_certifies_bilan_competences'], here['nb_certification_connue'])} dont "
            f"la certification est connue : {french.pourcent(here['part_bilan_competences_pct'])}",
            table,
        ),
        KeyFigure(
            "Micro-structures",
            french.entier(here["nb_micro"]),
            f"{_of(here['nb_micro'], total)} ; "
            f"{french.pourcent(here['part_micro_certifiees_pct'])} d'entre elles sont certifiées",
            table,
        ),
        KeyFigure(
            "Reçoivent des stagiaires d'autrui",
            french.entier(received["nb"] if _entrusted_known(scope) else None),
            f"{_of(received['nb'], total)} ; {french.entier(received['confies'])} stagiaires "
            "confiés",
            "marche.sous_traitance",
        ),
        KeyFigure(
            "Candidats au portage",
            french.entier(here["nb_candidats_portage"] if judged else None),
            f"{_of(here['nb_candidats_portage'], total)}, actifs sans certification ; "
            f"{french.entier(here['nb_candidats_deja_sous_traitants'])} reçoivent déjà des "
            "stagiaires d'autrui",
            table,
        ),
    ]


def _entrusted_known(scope: Scope) -> bool:
    """Tell whether the list says at all how many trainees come from others."""
    known = scope.one(
        "select nb_organismes as nb from socle.bornage where mesure = 'STAGIAIRES_CONFIES'"
    )
    return bool(known["nb"])


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
            "La liste ne dit pas qui est certifié (c'est le cas des dispositions anciennes) : tout "
            "ce qui touche à la certification est inconnu, ce qui n'est pas « non »."
        )
    elif not here["nb_certifies"]:
        told.append(f"Aucun organisme n'est certifié {scope.here}.")
    if not _entrusted_known(scope):
        told.append(
            "La liste ne dit pas les stagiaires confiés par d'autres : la sous-traitance y est "
            "inconnue, ce qui n'est pas zéro."
        )
    if not here["nb_activite_connue"]:
        told.append("Aucun organisme n'a de nombre de stagiaires lisible.")
    elif not here["nb_actifs"]:
        told.append(
            "Aucun stagiaire déclaré : ni la concentration, ni le besoin de portage ne peuvent "
            "être calculés."
        )
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
    rows = scope.rows(
        "select code_departement as code, nb_organismes as nb from marche.par_departement "
        f"where {scope.in_region} and population is null order by code_departement nulls last"
    )
    told = []
    unknown = [f"{row['code']} ({row['nb']})" for row in rows if row["code"] is not None]
    if unknown:
        named = french.some(unknown, _SHOWN_PLACES)
        told.append(f"Codes de département que la référence ne connaît pas : {named}.")
    unplaced = scope.unplaced()
    lost = sum(row["nb_organismes"] for row in unplaced)
    if lost:
        verb = "n'ont" if lost > 1 else "n'a"
        told.append(
            f"{french.compte(lost, 'organisme')} {verb} pas de département déterminé : sur aucune "
            f"carte, mais dans tous les totaux{_blurred(unplaced)}."
        )
    return told


def _blurred(unplaced: list[Row]) -> str:
    """Name the regions whose départements are told too small."""
    named = [
        f"{row['region']} ({_of(row['nb_organismes'], row['nb_organismes_region'])})"
        for row in unplaced
        if row["part_pct"] >= BLURRED_PCT
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
