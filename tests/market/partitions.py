"""Tables in which every organisation of the list is once, and once only."""

from __future__ import annotations

import duckdb

from tests.market.oracle import CATEGORIES
from tests.warehouse.frames import dicts

_TRAINEES = ("nb_stagiaires", "nb_stagiaires_bornes")
_CERTIFIED = ("nb_certification_connue", "nb_certifies")
_ACTIVITY = ("nb_actifs", "nb_dormants", "nb_activite_inconnue")
_PLACE = (
    *(*_TRAINEES, *_CERTIFIED, *_ACTIVITY, "nb_certifies_bilan_competences", "nb_actifs_certifies"),
    *("nb_stagiaires_confies", "effectif_formateurs", "effectif_formateurs_borne"),
    *("nb_avec_adresse", "nb_micro", "nb_micro_certifiees", "nb_certification_inconnue"),
)
_FLOWS = ("REGION", "DEPARTEMENT", "TAILLE", "CERTIFICATION")


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in ("nb_organismes", *names)}


# Where each organisation is once; the columns of marche.synthese that are shared out there, each
# with the column that holds the shares.
_PARTITIONS: dict[str, dict[str, str]] = {
    **{
        f"marche.territoire where niveau = '{level}'": _same(*_PLACE)
        for level in ("NATION", "REGION", "DEPARTEMENT")
    },
    "marche.par_region": _same(*_PLACE),
    "marche.par_departement": _same(*_PLACE),
    "marche.par_taille": _same(*_TRAINEES, *_CERTIFIED, *_ACTIVITY, "effectif_formateurs"),
    "marche.par_volume": _same(*_TRAINEES, *_CERTIFIED),
    "marche.combinaison_certifications": _same(*_TRAINEES, *_ACTIVITY, "nb_micro"),
    "marche.par_specialite": {
        "nb_organismes": "nb_premiere",
        "nb_stagiaires": "nb_stagiaires_premiere",
        "nb_stagiaires_bornes": "nb_stagiaires_premiere_bornes",
    },
    "marche.anciennete_declaration": _same(*_ACTIVITY, "nb_certifies", "nb_activite_connue"),
    **{
        f"marche.sous_traitance where perimetre = '{name}'": _same("nb_stagiaires_confies")
        for name in _FLOWS
    },
    **{
        f"marche.besoin_portage where categorie = '{name}'": {
            **_same("nb_certification_inconnue"),
            f"nb_certifies_{name.lower()}": "nb_porteurs",
        }
        for name in CATEGORIES
    },
}


def broken(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What does not add up to the nation."""
    [nation] = dicts(con, "from marche.synthese")
    told = []
    for source, shared in _PARTITIONS.items():
        sums = ", ".join(
            f"coalesce(sum({own}), 0)::bigint as {name}" for name, own in shared.items()
        )
        [whole] = dicts(con, f"select {sums} from {source}")
        told += [
            f"{source}: {shared[name]} {value}, nation {nation[name]}"
            for name, value in whole.items()
            if value != nation[name]
        ]
    return told
