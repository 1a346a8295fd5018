"""The doubts that reading may raise, each a rule with its gravity and its French message.

A doubt never removes a row: the row is kept and a line of ``qualite.anomalie`` says what is odd.
"""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """One doubt: the column it speaks of, how grave it is, and what it says to an analyst."""

    champ: str
    gravite: str
    message: str


MINEURE, MAJEURE = "mineure", "majeure"

RULES: dict[str, Rule] = {
    # The row itself
    "GUILLEMET_ERRANT": Rule(
        "denomination", MINEURE, "Ligne lue malgré un guillemet ou un saut de ligne."
    ),
    # Identifiers
    "NDA_TABLEUR": Rule("nda", MAJEURE, "NDA écrit autrement (tableur, espaces), rétabli."),
    "NDA_FORME": Rule("nda", MAJEURE, "NDA d'une forme inconnue (onze caractères attendus)."),
    "NDA_PREFIXE": Rule("nda", MINEURE, "NDA dont le préfixe n'est celui d'aucune région."),
    "NDA_PRECEDENT_FORME": Rule(
        "ndas_precedents", MINEURE, "Ancien NDA d'une forme inconnue, gardé tel quel."
    ),
    "SIREN_ABSENT": Rule("siren", MAJEURE, "SIREN absent."),
    "SIREN_TABLEUR": Rule(
        "siren", MAJEURE, "SIREN écrit autrement (zéros de tête perdus, espaces), rétabli."
    ),
    "SIREN_INVALIDE": Rule("siren", MAJEURE, "SIREN invalide (forme ou clé de contrôle)."),
    "SIRET_TABLEUR": Rule(
        "siret_declarant",
        MINEURE,
        "SIRET écrit autrement (zéros de tête perdus, espaces), rétabli.",
    ),
    "SIRET_INVALIDE": Rule(
        "siret_declarant", MINEURE, "SIRET invalide (forme ou clé de contrôle)."
    ),
    "SIRET_AUTRE_SIREN": Rule(
        "siret_declarant", MAJEURE, "Le SIRET déclarant n'est pas celui du SIREN."
    ),
    # Who
    "DENOMINATION_ABSENTE": Rule("denomination", MAJEURE, "Dénomination absente."),
    # Where
    "CODE_POSTAL_FORME": Rule(
        "code_postal", MINEURE, "Code postal qui n'a pas cinq chiffres, écarté."
    ),
    "CODE_POSTAL_TABLEUR": Rule(
        "code_postal",
        MINEURE,
        "Code postal écrit autrement (zéro de tête perdu, espaces), rétabli.",
    ),
    "CODE_POSTAL_REGION": Rule(
        "code_postal", MAJEURE, "Code postal hors de la région : l'un des deux est faux."
    ),
    "REGION_INCONNUE": Rule("code_region", MINEURE, "Région hors du Code officiel géographique."),
    "DEPARTEMENT_INDETERMINE": Rule(
        "code_departement", MINEURE, "Département inconnu : ni adresse, ni NDA qui le dise."
    ),
    "DEPARTEMENT_REGION": Rule(
        "code_departement",
        MINEURE,
        "Le département tiré du NDA n'est pas dans la région : l'organisme a pu déménager.",
    ),
    # Certifications
    "DRAPEAU_ILLISIBLE": Rule(
        "certifications", MAJEURE, "Valeur de certification illisible : ni vrai, ni faux."
    ),
    "DRAPEAUX_TOUS_FAUX": Rule(
        "certifications", MINEURE, "Les quatre certifications valent faux : vide attendu."
    ),
    "DRAPEAUX_PARTIELS": Rule(
        "certifications", MINEURE, "Certains drapeaux sont remplis et d'autres vides."
    ),
    # What was declared
    "DATE_ILLISIBLE": Rule("dates", MAJEURE, "Date illisible, écartée."),
    "DATE_FUTURE": Rule(
        "date_derniere_declaration", MAJEURE, "Déclaration postérieure à la date de la liste."
    ),
    "EXERCICE_INVERSE": Rule("fin_exercice", MAJEURE, "L'exercice finit avant de commencer."),
    "NOMBRE_ILLISIBLE": Rule("nombres", MAJEURE, "Nombre illisible, négatif ou démesuré, écarté."),
    "EFFECTIF_ABSURDE": Rule("effectif_formateurs", MAJEURE, "Plus de 5 000 formateurs déclarés."),
    "FORMATEURS_EGAL_STAGIAIRES": Rule(
        "effectif_formateurs", MINEURE, "Autant de formateurs que de stagiaires (100 et plus)."
    ),
    "CONFIES_SANS_STAGIAIRES": Rule(
        "nb_stagiaires_confies", MINEURE, "Aucun stagiaire, mais des stagiaires confiés."
    ),
    "SPECIALITE_FORME": Rule(
        "specialites", MINEURE, "Code de spécialité qui n'a pas trois chiffres, gardé."
    ),
}
