"""The facts that a verdict rests on beside the register: what the user declares.

One source for the options of the commands, the keys of ``--faits`` and the columns of a candidate
file: all three bear the same name (an option with dashes). What is not declared is unknown, never
false.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Genre(StrEnum):
    """How the text of a fact is read (``sql/evaluation/fait.sql``)."""

    TEXTE = "texte"
    BOOLEEN = "booleen"
    DATE = "date"
    MONTANT = "montant"
    CHOIX = "choix"
    LISTE = "liste"


class Groupe(StrEnum):
    """What a fact is about: the order and the titles under which users see them."""

    CANDIDAT = "Qui est le sous-traitant"
    MISSION = "La mission et son contrat"
    SITUATION = "La situation du sous-traitant"
    DOCUMENT = "Les documents du sous-traitant"
    PORTEUR = "Le porteur"


@dataclass(frozen=True)
class Fait:
    """One fact: its name, how it is read, and what users are told of it.

    ``valeurs`` names the list that a choice is taken from (see ``sql/evaluation/valeur.sql``).
    ``entetes`` are other headers under which files of candidates have it.
    """

    nom: str
    genre: Genre
    groupe: Groupe
    libelle: str
    aide: str
    valeurs: str = ""
    entetes: tuple[str, ...] = ()
    exemple: str = ""

    @property
    def option(self) -> str:
        """The option of the commands, e.g. ``--fin-mission``."""
        return "--" + self.nom.replace("_", "-")


_T, _B, _D, _M, _C, _L = Genre
_QUI, _MISSION, _SITUATION, _DOCUMENT, _PORTEUR = Groupe

FAITS: tuple[Fait, ...] = (
    Fait(
        "nda",
        _T,
        _QUI,
        "Numéro de déclaration d'activité",
        "Numéro de déclaration d'activité (11 caractères), actuel ou ancien.",
        entetes=(
            "N° de déclaration",
            "N° de déclaration d'activité",
            "Numéro de déclaration d'activité",
            "numeroDeclarationActivite",
            "NDA sous-traitant",
            "Numéro NDA",
            "N° NDA",
            "Déclaration d'activité",
        ),
        exemple="93131234513",
    ),
    Fait(
        "siret",
        _T,
        _QUI,
        "SIRET",
        "Numéro SIRET (14 chiffres).",
        entetes=("N° SIRET", "Numéro SIRET", "siretEtablissementDeclarant"),
    ),
    Fait(
        "siren",
        _T,
        _QUI,
        "SIREN",
        "Numéro SIREN (9 chiffres) : tous les NDA de l'entité sont regardés.",
        entetes=("N° SIREN", "Numéro SIREN", "RCS"),
    ),
    Fait(
        "identifiant",
        _T,
        _QUI,
        "Identifiant",
        "NDA, SIRET ou SIREN : la forme du numéro dit lequel.",
        entetes=("N° identifiant", "Numéro", "ID"),
    ),
    Fait(
        "nom",
        _T,
        _QUI,
        "Nom",
        "Dénomination, quand aucun numéro n'est connu ; à donner avec la ville ou le code postal.",
        entetes=(
            "Raison sociale",
            "Dénomination",
            "Dénomination sociale",
            "Organisme",
            "Organisme de formation",
            "Nom de l'organisme",
            "Société",
            "Entreprise",
            "Sous-traitant",
            "Prestataire",
        ),
        exemple="Atelier Démonstration",
    ),
    Fait(
        "ville",
        _T,
        _QUI,
        "Ville",
        "Commune du sous-traitant.",
        entetes=("Commune", "Localité"),
        exemple="Marseille",
    ),
    Fait(
        "code_postal",
        _T,
        _QUI,
        "Code postal",
        "Code postal du sous-traitant.",
        entetes=("CP", "Code Postal", "Postal"),
        exemple="13001",
    ),
    Fait(
        "financement",
        _L,
        _MISSION,
        "Financement",
        "Qui paie ; plusieurs financements se joignent par « + ».",
        valeurs="financement",
        entetes=("Financeur", "Financements", "Mode de financement"),
        exemple="CPF",
    ),
    Fait(
        "action",
        _C,
        _MISSION,
        "Catégorie d'action",
        "Catégorie d'actions de l'article L.6313-1.",
        valeurs="action",
        entetes=("Catégorie", "Type d'action", "Action de formation", "Prestation"),
        exemple="BILAN_COMPETENCES",
    ),
    Fait(
        "date",
        _D,
        _MISSION,
        "Date du contrat",
        "Date de conclusion du contrat, à laquelle le verdict est rendu ; sinon aujourd'hui.",
        entetes=("Date de conclusion", "Date contrat", "Date de signature", "Signature"),
        exemple="2026-03-02",
    ),
    Fait(
        "fin_mission",
        _D,
        _MISSION,
        "Fin de la mission",
        "Date de fin de la mission.",
        entetes=("Date de fin de mission", "Date fin mission"),
    ),
    Fait(
        "date_avenant",
        _D,
        _MISSION,
        "Date du dernier avenant",
        "Date du dernier avenant au contrat, s'il y en a un.",
        entetes=("Avenant", "Date avenant"),
    ),
    Fait(
        "montant",
        _M,
        _MISSION,
        "Montant HT de l'opération",
        "Montant hors taxes de toute l'opération confiée, en euros.",
        entetes=("Montant HT", "Montant", "Montant du contrat", "Prix HT"),
        exemple="3000",
    ),
    Fait(
        "partie",
        _C,
        _MISSION,
        "Part confiée",
        "totale ou partielle : l'action est confiée en entier ou en partie.",
        valeurs="partie",
        entetes=("Partie sous-traitée",),
        exemple="totale",
    ),
    Fait(
        "type_formation",
        _C,
        _MISSION,
        "Nature de la formation",
        "certifiante (RNCP ou RS) ou action_de_droit (permis, création d'entreprise…).",
        valeurs="type_formation",
        entetes=("Type de formation", "Nature formation"),
    ),
    Fait(
        "bloc_complet",
        _B,
        _MISSION,
        "Bloc de compétences complet",
        "Le sous-traitant assure au moins un bloc de compétences complet.",
        entetes=("Bloc complet", "Bloc de compétences"),
    ),
    Fait(
        "heures",
        _M,
        _MISSION,
        "Durée en heures",
        "Durée de l'action, en heures.",
        entetes=("Durée", "Nombre d'heures", "Heures"),
    ),
    Fait(
        "consentement",
        _B,
        _MISSION,
        "Consentement du bénéficiaire",
        "Le bénéficiaire du bilan a consenti par écrit.",
    ),
    Fait(
        "bilan_5_ans",
        _B,
        _MISSION,
        "Bilan payé par le CPF depuis moins de 5 ans",
        "Le bénéficiaire a déjà eu un bilan payé par son CPF dans les cinq années précédentes.",
    ),
    Fait(
        "contrat_ecrit",
        _B,
        _MISSION,
        "Contrat écrit complet",
        "Le contrat de sous-traitance est écrit et porte ses huit mentions.",
        entetes=("Contrat écrit", "Contrat signé", "Contrat de sous-traitance"),
    ),
    Fait(
        "portage_salarial",
        _B,
        _MISSION,
        "Portage salarial",
        "L'intervenant est en portage salarial, non en sous-traitance.",
    ),
    Fait(
        "forme_juridique",
        _C,
        _SITUATION,
        "Forme juridique",
        "EI, EURL, SARL, SAS, SASU, association… ou catégorie juridique SIRENE à 4 chiffres.",
        valeurs="forme_juridique",
        entetes=("Forme juridique", "Statut juridique", "Statut", "Catégorie juridique"),
        exemple="EI",
    ),
    Fait(
        "micro",
        _B,
        _SITUATION,
        "Régime micro-social",
        "Le sous-traitant est travailleur indépendant au régime micro-social.",
        entetes=("Micro-social", "Micro-entrepreneur", "Auto-entrepreneur", "Micro-entreprise"),
        exemple="oui",
    ),
    Fait(
        "ca",
        _M,
        _SITUATION,
        "Chiffre d'affaires annuel",
        "Chiffre d'affaires annuel du sous-traitant, toutes activités, en euros.",
        entetes=("Chiffre d'affaires", "CA annuel", "CA HT"),
        exemple="42000",
    ),
    Fait(
        "annee_ca",
        _M,
        _SITUATION,
        "Année du chiffre d'affaires",
        "Année civile de ce chiffre d'affaires.",
        entetes=("Année CA", "Année du CA"),
    ),
    Fait(
        "certificat",
        _L,
        _SITUATION,
        "Catégories du certificat",
        "Catégories du certificat Qualiopi présenté, jointes par « + ».",
        valeurs="action",
        entetes=("Certificat Qualiopi", "Qualiopi", "Catégories Qualiopi"),
    ),
    Fait(
        "certificat_debut",
        _D,
        _SITUATION,
        "Début du certificat",
        "Date de début de validité du certificat Qualiopi présenté.",
        entetes=("Début Qualiopi", "Date de début du certificat"),
    ),
    Fait(
        "certificat_fin",
        _D,
        _SITUATION,
        "Fin du certificat",
        "Date de fin de validité du certificat Qualiopi présenté.",
        entetes=("Fin Qualiopi", "Date de fin du certificat", "Validité Qualiopi"),
    ),
    Fait(
        "habilitation",
        _B,
        _SITUATION,
        "Habilitation du certificateur",
        "Le sous-traitant est habilité par le certificateur (RNCP, RS).",
        entetes=("Habilitation",),
    ),
    Fait(
        "dereference",
        _B,
        _SITUATION,
        "Déréférencé de Mon Compte Formation",
        "Le sous-traitant est déréférencé de Mon Compte Formation ; non, s'il a déclaré l'inverse.",
        entetes=("Déréférencé", "Déréférencement"),
    ),
    Fait(
        "accepte_cgu",
        _B,
        _SITUATION,
        "Conditions générales acceptées",
        "Le sous-traitant accepte les conditions générales de Mon Compte Formation.",
        entetes=("CGU", "CGU acceptées"),
    ),
    Fait(
        "cascade",
        _B,
        _SITUATION,
        "Sous-traite à son tour",
        "Le sous-traitant confiera la mission à un autre ; non, s'il s'est engagé à l'inverse.",
        entetes=("Sous-traitance en cascade",),
    ),
    Fait(
        "probite",
        _B,
        _SITUATION,
        "Probité des dirigeants",
        "Bulletin n° 3 des dirigeants sans condamnation ; non, s'il y en a une.",
        entetes=("Casier judiciaire", "B3", "Bulletin n° 3"),
    ),
    Fait(
        "regularite",
        _B,
        _SITUATION,
        "Régularité fiscale et sociale",
        "Le sous-traitant est à jour de ses obligations fiscales et sociales.",
        entetes=("Attestation de régularité fiscale", "À jour fiscal et social"),
    ),
    Fait(
        "declaration_caduque",
        _B,
        _SITUATION,
        "Déclaration caduque ou suspendue",
        "La déclaration d'activité est caduque, annulée ou suspendue.",
    ),
    Fait(
        "unite_active",
        _B,
        _SITUATION,
        "Unité légale active",
        "L'unité légale est active au répertoire SIRENE.",
        entetes=("Actif", "SIRENE actif"),
    ),
    Fait(
        "procedure_collective",
        _B,
        _SITUATION,
        "Procédure collective",
        "Une procédure collective est ouverte (BODACC).",
    ),
    Fait(
        "recepisse_nda",
        _B,
        _DOCUMENT,
        "Récépissé de déclaration d'activité",
        "Le récépissé de la déclaration d'activité est au dossier.",
        entetes=("Récépissé NDA", "Récépissé"),
    ),
    Fait(
        "attestation_vigilance",
        _D,
        _DOCUMENT,
        "Date de l'attestation de vigilance",
        "Date de l'attestation de vigilance de l'URSSAF.",
        entetes=("Attestation URSSAF", "Date attestation URSSAF", "Attestation de vigilance"),
        exemple="2026-01-15",
    ),
    Fait(
        "immatriculation",
        _B,
        _DOCUMENT,
        "Preuve d'immatriculation",
        "Un extrait K-bis ou un avis de situation SIRENE est au dossier.",
        entetes=("K-bis", "Kbis", "Avis SIRENE"),
    ),
    Fait(
        "titres",
        _B,
        _DOCUMENT,
        "Titres et qualifications",
        "Les CV, titres et qualifications des intervenants sont au dossier.",
        entetes=("CV", "Diplômes", "Titres et CV"),
    ),
    Fait(
        "attestation_micro",
        _B,
        _DOCUMENT,
        "Attestation micro-sociale et chiffre d'affaires",
        "L'attestation du régime micro-social et du chiffre d'affaires est au dossier.",
        entetes=("Attestation micro-entrepreneur", "Attestation fiscale micro"),
    ),
    Fait(
        "rc_pro",
        _B,
        _DOCUMENT,
        "Assurance responsabilité professionnelle",
        "L'attestation d'assurance responsabilité civile professionnelle est au dossier.",
        entetes=("RC Pro", "Assurance RC"),
    ),
    Fait(
        "porteur",
        _T,
        _PORTEUR,
        "Porteur",
        "NDA, SIRET ou SIREN du porteur : ses propres conditions sont alors jugées aussi.",
        entetes=("Donneur d'ordre", "NDA porteur"),
    ),
    Fait(
        "porteur_certificat",
        _L,
        _PORTEUR,
        "Catégories du certificat du porteur",
        "Catégories du certificat Qualiopi du porteur, jointes par « + ».",
        valeurs="action",
    ),
    Fait(
        "porteur_certificat_debut",
        _D,
        _PORTEUR,
        "Début du certificat du porteur",
        "Date de début de validité du certificat Qualiopi du porteur.",
    ),
    Fait(
        "porteur_certificat_fin",
        _D,
        _PORTEUR,
        "Fin du certificat du porteur",
        "Date de fin de validité du certificat Qualiopi du porteur.",
    ),
    Fait(
        "porteur_habilitation",
        _B,
        _PORTEUR,
        "Habilitation du porteur",
        "Le porteur est habilité par le certificateur (RNCP, RS).",
    ),
    Fait(
        "porteur_edof",
        _B,
        _PORTEUR,
        "Porteur référencé sur EDOF",
        "Le porteur est référencé sur Mon Compte Formation (EDOF).",
    ),
    Fait(
        "porteur_recepisse_nda",
        _B,
        _PORTEUR,
        "Récépissé de déclaration du porteur",
        "Le récépissé de la déclaration d'activité du porteur est au dossier.",
    ),
    Fait(
        "porteur_cfa_debut",
        _D,
        _PORTEUR,
        "Début d'activité du CFA",
        "Date de début d'activité du porteur, s'il est un CFA qui débute (article R.6316-9).",
    ),
    Fait(
        "part_sous_traitee",
        _M,
        _PORTEUR,
        "Part sous-traitée (%)",
        "Part du chiffre d'affaires CPF de l'année civile sous-traitée, cette mission comprise, "
        "en pour cent.",
    ),
    Fait(
        "contrat_communique",
        _B,
        _PORTEUR,
        "Contrat communiqué à la Caisse des dépôts",
        "Le contrat est communiqué à la Caisse des dépôts et la déclaration annuelle est à jour.",
    ),
)
PAR_NOM = {fait.nom: fait for fait in FAITS}
