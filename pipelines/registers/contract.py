"""The register's contract: every column, under each name it is known by, and what it must hold.

Staging, Great Expectations suites, comments and the dictionary are made from this table.
Source of the layouts: the header of the public list, its January 2022 and 2021 forms, and the
fields of the opendatasoft mirror (``liste-publique-des-of-v2``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

# Since when the list has the columns that it has always had.
ALWAYS = dt.date.min


class Kind(StrEnum):
    """How the text of a column is typed."""

    TEXT = "texte"
    NDA = "nda"
    NDA_LIST = "liste de nda"
    SIREN = "siren"
    SIRET = "siret"
    POSTCODE = "code postal"
    REGION = "code région"
    FLAG = "drapeau"
    DATE = "date"
    INTEGER = "entier"
    NSF = "code nsf"


@dataclass(frozen=True)
class Column:
    """One column of the list.

    ``name`` is ours; ``wire``, ``technical`` and ``label`` are its names in the CSV of the
    ministry and in the mirror. ``fill`` is the least share of rows that hold a value (0: none
    asked), held with a margin below what was observed so that only a real loss stops a refresh.
    ``most`` is the plausible maximum of a whole number (0 for any other kind). ``since`` is the
    date of the first list that has the column: those before it may lack it, and what it would say
    of them is unknown.

    Raises:
        ValueError: a whole number without a maximum, or a maximum of something else.
    """

    name: str
    wire: str
    technical: str
    label: str
    kind: Kind
    description: str
    fill: float = 0.0
    most: int = 0
    since: dt.date = ALWAYS

    def __post_init__(self) -> None:
        """See that a whole number, and nothing else, has a plausible maximum."""
        if (self.kind is Kind.INTEGER) != (self.most > 0):
            raise ValueError(f"{self.name} ({self.kind}): a plausible maximum of {self.most}")


_ADDRESS = "adressePhysiqueOrganismeFormation"
_FOREIGN = "organismeEtrangerRepresente"
_DECLARED = "informationsDeclarees"
_SPECIALITY = f"{_DECLARED}.specialitesDeFormation"


def _column(
    name: str,
    wire: str,
    label: str,
    kind: Kind,
    description: str,
    fill: float = 0.0,
    *,
    most: int = 0,
    since: dt.date = ALWAYS,
) -> Column:
    """Build a column; the mirror's technical name is the wire name in lower case."""
    technical = wire.lower().replace(".", "_")
    return Column(name, wire, technical, label, kind, description, fill, most, since)


COLUMNS: tuple[Column, ...] = (
    _column(
        "nda",
        "numeroDeclarationActivite",
        "Numéro Déclaration Activité",
        Kind.NDA,
        "Numéro de déclaration d'activité (L.6351-1), onze caractères ; clé de la liste.",
        1.0,
    ),
    _column(
        "ndas_precedents",
        "numerosDeclarationActivitePrecedent",
        "Numéro Déclaration Activité Précédent",
        Kind.NDA_LIST,
        "Anciens numéros de déclaration, sans le numéro actuel.",
    ),
    _column(
        "denomination",
        "denomination",
        "denomination",
        Kind.TEXT,
        "Dénomination déclarée, espaces superflus retirés.",
        0.98,
    ),
    _column(
        "siren",
        "siren",
        "Code SIREN",
        Kind.SIREN,
        "Numéro SIREN de l'entité juridique, gardé même invalide (voir siren_valide).",
        0.95,
    ),
    _column(
        "siret_declarant",
        "siretEtablissementDeclarant",
        "Siret Etablissement Déclarant",
        Kind.SIRET,
        "Numéro SIRET de l'établissement qui a déclaré l'activité ; ne dit rien de ce qui "
        "est certifié.",
        0.90,
    ),
    _column(
        "adresse_voie",
        f"{_ADDRESS}.voie",
        "Adresse Organisme de Formation",
        Kind.TEXT,
        "Voie de l'adresse ; absente pour les personnes physiques.",
        0.30,
    ),
    _column(
        "code_postal",
        f"{_ADDRESS}.codePostal",
        "Code Postal Organisme de Formation",
        Kind.POSTCODE,
        "Code postal de l'adresse, cinq chiffres.",
        0.30,
    ),
    _column(
        "ville",
        f"{_ADDRESS}.ville",
        "Ville Organisme de Formation",
        Kind.TEXT,
        "Ville de l'adresse.",
        0.30,
    ),
    _column(
        "code_region",
        f"{_ADDRESS}.codeRegion",
        "Code Région Organisme de Formation",
        Kind.REGION,
        "Code de région de la liste (Code officiel géographique, ou 905).",
        0.98,
    ),
    _column(
        "certifie_action_formation",
        "certifications.actionsDeFormation",
        "Actions de formations",
        Kind.FLAG,
        "Certifié Qualiopi pour les actions de formation ; vide : la liste ne dit rien.",
        0.10,
    ),
    _column(
        "certifie_bilan_competences",
        "certifications.bilansDeCompetences",
        "Bilans de compétences",
        Kind.FLAG,
        "Certifié Qualiopi pour les bilans de compétences ; vide : la liste ne dit rien.",
        0.10,
    ),
    _column(
        "certifie_vae",
        "certifications.VAE",
        "VAE",
        Kind.FLAG,
        "Certifié Qualiopi pour la validation des acquis de l'expérience ; vide : la liste ne "
        "dit rien.",
        0.10,
    ),
    _column(
        "certifie_apprentissage",
        "certifications.actionsDeFormationParApprentissage",
        "Actions de formations par apprentissage",
        Kind.FLAG,
        "Certifié Qualiopi pour les actions de formation par apprentissage ; vide : la liste ne "
        "dit rien.",
        0.10,
    ),
    _column(
        "etranger_denomination",
        f"{_FOREIGN}.denomination",
        "Dénomination Organisme Etranger Représenté",
        Kind.TEXT,
        "Dénomination de l'organisme étranger représenté.",
    ),
    _column(
        "etranger_voie",
        f"{_FOREIGN}.voie",
        "Adresse Organisme Etranger Représenté",
        Kind.TEXT,
        "Voie de l'organisme étranger représenté.",
    ),
    _column(
        "etranger_code_postal",
        f"{_FOREIGN}.codePostal",
        "Code Postal Organisme Etranger Représenté",
        Kind.TEXT,
        "Code postal de l'organisme étranger représenté.",
    ),
    _column(
        "etranger_ville",
        f"{_FOREIGN}.ville",
        "Ville Organisme Etranger Représenté",
        Kind.TEXT,
        "Ville de l'organisme étranger représenté.",
    ),
    _column(
        "pays_organisme_represente",
        f"{_FOREIGN}.pays",
        "Pays Organisme Etranger Représenté",
        Kind.TEXT,
        "Pays de l'organisme étranger représenté ; vide pour un organisme établi en France.",
    ),
    _column(
        "date_derniere_declaration",
        f"{_DECLARED}.dateDerniereDeclaration",
        "Date dernière déclaration",
        Kind.DATE,
        "Date du dernier bilan pédagogique et financier déclaré.",
        0.80,
    ),
    _column(
        "debut_exercice",
        f"{_DECLARED}.debutExercice",
        "Début d'exercice",
        Kind.DATE,
        "Début de l'exercice déclaré.",
        0.80,
    ),
    _column(
        "fin_exercice",
        f"{_DECLARED}.finExercice",
        "Fin d'exercice",
        Kind.DATE,
        "Fin de l'exercice déclaré.",
        0.80,
    ),
    *(
        column
        for rang in (1, 2, 3)
        for column in (
            _column(
                f"code_specialite_{rang}",
                f"{_SPECIALITY}.codeSpecialite{rang}",
                f"Code Spécialité {rang}",
                Kind.NSF,
                f"Code NSF de la spécialité de rang {rang}.",
                0.70 if rang == 1 else 0.0,
            ),
            _column(
                f"libelle_specialite_{rang}",
                f"{_SPECIALITY}.libelleSpecialite{rang}",
                f"Libellé Spécialité {rang}",
                Kind.TEXT,
                f"Libellé de la spécialité de rang {rang}.",
                0.70 if rang == 1 else 0.0,
            ),
        )
    ),
    _column(
        "nb_stagiaires",
        f"{_DECLARED}.nbStagiaires",
        "Nombre de stagiaires",
        Kind.INTEGER,
        "Stagiaires déclarés sur l'exercice.",
        0.95,
        most=10_000_000,
    ),
    _column(
        "nb_stagiaires_confies",
        f"{_DECLARED}.nbStagiairesConfiesParUnAutreOF",
        "Nombre de stagiaires confiés par un autre Organisme de formation",
        Kind.INTEGER,
        "Stagiaires confiés par un autre organisme (sous-traitance reçue) ; n'est pas une part "
        "de nb_stagiaires.",
        0.95,
        most=10_000_000,
    ),
    _column(
        "effectif_formateurs",
        f"{_DECLARED}.effectifFormateurs",
        "Effectifs de formateurs",
        Kind.INTEGER,
        "Formateurs déclarés sur l'exercice.",
        0.95,
        most=1_000_000,
    ),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
# The flags that certify, and the categories of actions (article L.6313-1), in the same order.
FLAGS: tuple[str, ...] = tuple(name for name in NAMES if name.startswith("certifie_"))
CATEGORIES: tuple[str, ...] = tuple(name.removeprefix("certifie_").upper() for name in FLAGS)

# Columns the mirror adds; known, and not used (the department is worked out from the address
# or the NDA, with its source; the others are joins of columns already read).
MIRROR_UNUSED: frozenset[str] = frozenset(
    {
        "geocodageban",
        "com_arm_code",
        "com_arm_name",
        "epci_code",
        "epci_name",
        "dep_code",
        "dep_name",
        "reg_name",
        "reg_code",
        "toutes_specialites",
        "organisme_formation_geocode",
        "certifications",
        "random_id",
        "Code Commune",
        "Nom Officiel Commune / Arrondissement Municipal",
        "Code Officiel EPCI",
        "Nom Officiel EPCI",
        "Code Officiel Département",
        "Nom Officiel Département",
        "Nom Officiel Région",
        "Code Officiel Région",
        "Toutes spécialités de l'organisme de formation",
        "Organisme Formation Géocodé",
        "Certifications",
    }
)
