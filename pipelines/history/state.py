"""History brought up to date: what the current release knows of it, and the lists it lacks.

The catalogue ``suivi`` of a connection holds the state (``instantane``, ``version``,
``evenement``), the list under study (``lue``), and what the models of ``sql/suivi`` make of both.
The state after a list depends on the lists alone: it is cut back to the last list that both sides
know, then the others are followed one by one.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.history.lists import DatedList
from pipelines.settings import SQL
from pipelines.warehouse.literals import literal
from pipelines.warehouse.models import FOLLOWING, Model, parse_model

if TYPE_CHECKING:
    import duckdb

# In the order in which they read one another.
_STEPS = ("numero", "connu", "fait", "changement", "evenement_du_jour")
_FACTS = {
    **dict.fromkeys(("denomination", "siren", "siret_declarant"), "varchar"),
    **dict.fromkeys(("adresse_voie", "code_postal", "ville"), "varchar"),
    **dict.fromkeys(("code_region", "code_departement"), "varchar"),
    "specialites": "varchar[]",
    **dict.fromkeys(("date_derniere_declaration", "debut_exercice", "fin_exercice"), "date"),
    **dict.fromkeys(("nb_stagiaires", "nb_stagiaires_confies", "effectif_formateurs"), "bigint"),
    **dict.fromkeys(("certifie_action_formation", "certifie_bilan_competences"), "boolean"),
    **dict.fromkeys(("certifie_vae", "certifie_apprentissage"), "boolean"),
}
# The columns of a typed list that the steps look at.
READ = (
    *("nda", "ndas_precedents", "certification_connue"),
    *("code_specialite_1", "code_specialite_2", "code_specialite_3"),
    *(name for name in _FACTS if name != "specialites"),
)
STATE = {
    "instantane": {
        **{"date_instantane": "date", "sha256": "varchar", "nb_lignes": "bigint"},
        **dict.fromkeys(("mise_en_page", "route"), "varchar"),
    },
    "version": {
        **{"nda": "varchar", "lignee": "varchar", "valide_du": "date", "valide_au": "date"},
        **{"listee": "boolean", "absentes": "varchar[]", "empreinte": "varchar"},
        **_FACTS,
    },
    "evenement": {
        **dict.fromkeys(("nda", "lignee", "type", "categorie", "avant", "apres"), "varchar"),
        **{"instantane_avant": "date", "instantane_apres": "date"},
    },
}


class Following:
    """The state of history in a connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the tables of the state, empty, in the catalogue ``suivi``."""
        self._con = con
        for name, columns in STATE.items():
            made = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            con.execute(f"create or replace table {FOLLOWING}.{name} ({made})")

    def resume(self, catalogue: str) -> None:
        """Take the state that a release holds, attached under this name."""
        for name, columns in STATE.items():
            table = f"{catalogue}.historique.{RELEASED[name]}"
            self._con.execute(
                f"insert into {FOLLOWING}.{name} select {', '.join(columns)} from {table}"
            )

    def known(self) -> list[tuple[str, str]]:
        """Give the lists that the state was made from: date, SHA-256."""
        return self._con.execute(
            f"select date_instantane::varchar, sha256 from {FOLLOWING}.instantane order by all"
        ).fetchall()

    def lacking(self, lists: list[DatedList]) -> list[DatedList]:
        """Cut the state back to the lists that it shares with these; give those to follow."""
        known = self.known()
        shared = 0
        while shared < min(len(known), len(lists)):
            if known[shared] != (lists[shared].date, lists[shared].sha256):
                break
            shared += 1
        if shared < len(known):
            self._forget(literal(known[shared][0]))
        return lists[shared:]

    def _forget(self, date: str) -> None:
        """Undo what the lists of this date and after it made."""
        for statement in (
            f"delete from {FOLLOWING}.instantane where date_instantane >= {date}",
            f"delete from {FOLLOWING}.evenement where instantane_apres >= {date}",
            f"delete from {FOLLOWING}.version where valide_du >= {date}",
            f"update {FOLLOWING}.version set valide_au = null where valide_au >= {date}",
        ):
            self._con.execute(statement)

    def follow(self, one: DatedList, rows: str) -> None:
        """Follow a list, later than all those known; ``rows`` is a query of its typed rows."""
        con = self._con
        date = f"date {literal(one.date)}"
        # A number that comes twice is refused by the gate; until then, one of its rows is enough.
        twice = con.execute(f"select count(nda) > count(distinct nda) from ({rows})").fetchone()
        once = (
            "qualify row_number() over (partition by nda order by denomination, siren) = 1"
            if twice == (True,)
            else ""
        )
        con.execute(f"create or replace view {FOLLOWING}.lue as from ({rows}) {once}")
        for name in _STEPS:
            model = _models()[name]
            kind = "view" if model.is_view else "table"
            con.execute(f"create or replace {kind} {FOLLOWING}.{name} as {model.sql}")
        before = con.execute(f"select max(date_instantane) from {FOLLOWING}.instantane").fetchone()
        if before is not None and before[0] is not None:  # the first list tells of no change
            con.execute(
                f"insert into {FOLLOWING}.evenement "
                f"select *, {literal(before[0])}::date, {date} from {FOLLOWING}.evenement_du_jour"
            )
        con.execute(
            f"update {FOLLOWING}.version set valide_au = {date} where valide_au is null "
            f"and nda in (select nda_avant from {FOLLOWING}.changement where nda_avant is not null)"
        )
        con.execute(
            f"insert into {FOLLOWING}.version select nda, lignee, {date}, null, "
            f"situation <> 'DISPARITION', absentes, empreinte, {', '.join(_FACTS)} "
            f"from {FOLLOWING}.changement"
        )
        told = ", ".join(
            literal(value) for value in (one.sha256, one.lignes, one.mise_en_page, one.route)
        )
        con.execute(f"insert into {FOLLOWING}.instantane values ({date}, {told})")


# The tables of a release that hold the state.
RELEASED = {
    "instantane": "instantane",
    "version": "organisme_version",
    "evenement": "evenement",
}


@lru_cache(maxsize=1)
def _models() -> dict[str, Model]:
    return {name: parse_model(SQL / FOLLOWING / f"{name}.sql") for name in _STEPS}


@lru_cache(maxsize=1)
def rules() -> str:
    """Give a fingerprint of how lists are followed: a state made otherwise is made again."""
    digest = hashlib.sha256(" ".join(READ).encode())
    for name in _STEPS:
        digest.update((SQL / FOLLOWING / f"{name}.sql").read_bytes())
    return digest.hexdigest()[:12]
