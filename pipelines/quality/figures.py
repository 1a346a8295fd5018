"""Figures of the whole list, read by one query, and the bounds that they must keep within."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.french import nombre, taux
from pipelines.quality.checks import Check, Context, Unit, not_applicable
from pipelines.registers.categories import BY_CODE
from pipelines.registers.contract import ALWAYS, COLUMNS, FLAGS, Kind

CERTIFIED_SHARE = (0.05, 0.80)
DOUBT_SHARE = 0.05


@dataclass(frozen=True)
class _Figure:
    """A figure worked out over the whole of staging, and its bounds."""

    nom: str
    colonne: str
    sql: str
    unite: Unit
    verifie: str
    defaut: str
    minimum: float | None = None
    maximum: float | None = None
    besoin: tuple[str, ...] = field(default=())


def figures(contexte: Context) -> list[Check]:
    """Checks on figures of the whole list, all read by one query."""
    reasons = {
        figure.nom: not_applicable(contexte, figure.besoin or (figure.colonne,))
        for figure in _FIGURES
    }
    wanted = ", ".join(f"{f.sql} as {f.nom}" for f in _FIGURES if reasons[f.nom] is None)
    return [
        Check(
            f"contrat.organisme.{figure.colonne}.{figure.nom}",
            "organisme",
            figure.colonne,
            "expect_column_max_to_be_between",
            {"column": figure.nom, "min_value": figure.minimum, "max_value": figure.maximum},
            figure.unite,
            _bounds(figure),
            figure.verifie,
            f"{figure.defaut} {contexte.conseil}",
            requete=f"select {wanted} from organisme",
            sans_objet=reasons[figure.nom],
        )
        for figure in _FIGURES
    ]


def _bounds(figure: _Figure) -> str:
    told = taux if figure.unite is Unit.SHARE else nombre
    match figure.minimum, figure.maximum:
        case float() | int() as low, float() | int() as high:
            return f"de {told(low)} à {told(high)}"
        case float() | int() as low, _:
            return f"au moins {told(low)}"
        case _, float() | int() as high:
            return f"au plus {told(high)}"
        case _:
            raise ValueError(f"figure without bounds: {figure.nom}")


def _doubt(
    regle: str, colonne: str, verifie: str, defaut: str, *, besoin: tuple[str, ...] = ()
) -> _Figure:
    """Build the share of values on which reading raised a doubt, among the filled ones.

    For a value that reading could not understand, ``besoin`` names its columns: such a value was
    set aside, so the share is of all rows.
    """
    among = "count(*)" if besoin else f"count({colonne})"
    return _Figure(
        regle.lower(),
        colonne,
        f"(select count(*) from anomalie where regle = '{regle}') / greatest({among}, 1)",
        Unit.SHARE,
        verifie,
        defaut,
        maximum=DOUBT_SHARE,
        besoin=besoin,
    )


def _names(kind: Kind) -> tuple[str, ...]:
    """Give the columns of a kind; one that a list may lack does not spare it the others' check."""
    return tuple(c.name for c in COLUMNS if c.kind is kind and c.since == ALWAYS)


_FORMATION = BY_CODE["ACTION_FORMATION"]
_ANY_FLAG = f"({' or '.join(f'coalesce({flag}, false)' for flag in FLAGS)})"

_FIGURES: tuple[_Figure, ...] = (
    _Figure(
        "part_certifiee",
        "certifications",
        f"count_if({_ANY_FLAG}) / greatest(count(*), 1)",
        Unit.SHARE,
        "La part des organismes certifiés est plausible.",
        "La part des organismes certifiés n'est pas plausible.",
        *CERTIFIED_SHARE,
        besoin=FLAGS,
    ),
    *(
        _Figure(
            f"nb_{flag}",
            flag,
            f"count_if({flag})",
            Unit.NUMBER,
            f"Au moins un organisme est certifié dans la catégorie « {flag} ».",
            f"Plus aucun organisme n'est certifié dans la catégorie « {flag} ».",
            minimum=1,
        )
        for flag in FLAGS
    ),
    _Figure(
        "part_des_certifies",
        _FORMATION.flag,
        f"count_if({_FORMATION.flag}) / greatest(count_if({_ANY_FLAG}), 1)",
        Unit.SHARE,
        f"La plupart des certifiés le sont pour {_FORMATION.with_article}.",
        f"Moins de la moitié des certifiés le sont pour {_FORMATION.with_article} : les colonnes "
        f"de certification sont sans doute permutées.",
        minimum=0.5,
        besoin=FLAGS,
    ),
    _Figure(
        "stagiaires_par_formateur",
        "nb_stagiaires",
        "coalesce(sum(nb_stagiaires), 0) / greatest(coalesce(sum(effectif_formateurs), 0), 1)",
        Unit.NUMBER,
        "Les stagiaires sont plus nombreux que les formateurs.",
        "Moins de stagiaires que de formateurs : colonnes sans doute permutées.",
        minimum=1,
        besoin=("nb_stagiaires", "effectif_formateurs"),
    ),
    _Figure(
        "part_avec_numero",
        "ville",
        "count_if(regexp_matches(ville, '^[0-9]')) / greatest(count(ville), 1)",
        Unit.SHARE,
        "Les villes ne sont pas des voies.",
        "Trop de villes commencent par un chiffre : les colonnes de l'adresse sont sans doute "
        "permutées.",
        maximum=0.05,
    ),
    _doubt(
        "CODE_POSTAL_REGION",
        "code_postal",
        "Les codes postaux sont dans leur région.",
        "Trop de codes postaux sont hors de leur région : zéros perdus dans un tableur, ou "
        "colonnes décalées.",
    ),
    _doubt(
        "EXERCICE_INVERSE",
        "fin_exercice",
        "Les exercices commencent avant de finir.",
        "Trop d'exercices finissent avant de commencer : dates sans doute permutées.",
    ),
    _doubt(
        "SPECIALITE_FORME",
        "code_specialite_1",
        "Les codes de spécialité ont trois chiffres.",
        "Trop de codes de spécialité n'ont pas trois chiffres : colonnes sans doute permutées.",
    ),
    _doubt(
        "DRAPEAU_ILLISIBLE",
        "certifications",
        "Les certifications sont lisibles.",
        "Trop de certifications ne disent ni vrai ni faux : leur écriture a changé.",
        besoin=FLAGS,
    ),
    _doubt(
        "DATE_ILLISIBLE",
        "dates",
        "Les dates sont lisibles.",
        "Trop de dates sont illisibles : leur écriture a changé.",
        besoin=_names(Kind.DATE),
    ),
    _doubt(
        "NOMBRE_ILLISIBLE",
        "nombres",
        "Les nombres sont lisibles.",
        "Trop de nombres sont illisibles : leur écriture a changé.",
        besoin=_names(Kind.INTEGER),
    ),
)
