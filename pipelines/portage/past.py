"""What lists of the past said: history looked up for the questions whose list of the day is one.

History keeps what each list said; what makes a profile of it is the very model that made
``portage.profil``, passed over what is found: the two cannot drift apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.settings import SQL
from pipelines.warehouse.models import EVALUATION, parse_model

if TYPE_CHECKING:
    import duckdb

_SOURCE = "socle.organisme"
# What names an organisation, or another of its entity, within a profile.
_NUMBERS = (
    *("nda", "siren", "autre_nda_action_formation", "autre_nda_bilan_competences"),
    *("autre_nda_vae", "autre_nda_apprentissage"),
)
_DATE = len("2026-01-01|")


def look_back(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``evaluation.organisme_passe``, ``profil_passe`` and ``retrouve_passe``.

    They are of the organisations that the questions name, in the lists of the past under which
    ``evaluation.partie_liste`` looks at them: empty when there are none.
    """
    asked = con.execute(
        f"select 1 from {EVALUATION}.partie_liste where liste_passee limit 1"
    ).fetchone()
    for name, query in _queries():
        limit = "" if asked else "limit 0"
        con.execute(f"create or replace table {EVALUATION}.{name} as {query} {limit}")


@lru_cache(maxsize=1)
def _queries() -> list[tuple[str, str]]:
    return [
        ("organisme_passe", parse_model(SQL / EVALUATION / "organisme_passe.sql").sql),
        ("profil_passe", _profiles(parse_model(SQL / "portage" / "profil.sql").sql)),
        ("retrouve_passe", parse_model(SQL / EVALUATION / "retrouve_passe.sql").sql),
    ]


def _profiles(query: str) -> str:
    """Write the query of ``portage.profil`` over the lists of the past, all at once.

    A number bears the date of its list before it: an entity is that of one list.
    """
    dated = ", ".join(f"date_liste || '|' || {name} as {name}" for name in ("nda", "siren"))
    source = f"(select * replace ({dated}) from {EVALUATION}.organisme_passe)"
    bare = ", ".join(f"substr({name}, {_DATE + 1}) as {name}" for name in _NUMBERS)
    return (
        f"select left(nda, {_DATE - 1})::date as date_liste, * replace ({bare}) "
        f"from ({query.replace(_SOURCE, source)})"
    )
