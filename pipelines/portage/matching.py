"""Finding the candidate in the list: by number, or by name when there is no number.

What is asked is ``demande.candidat``; what is found, ``evaluation.rapprochement`` (one row a line
and role: see ``sql/evaluation/rapprochement.sql``). Lines whose one number stands in the list are
done by one query; repairs, several numbers and names run only when a line needs them. A name given
beside a number finds nothing: it only tells, where it is another, that the number may be wrong.

Names are put in the form of ``portage.recherche`` by the very model that made it, passed over what
is asked: the two sides cannot drift apart.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pipelines.portage.numbers import numbers_in
from pipelines.settings import SQL
from pipelines.warehouse.literals import texts
from pipelines.warehouse.models import EVALUATION, parse_model

if TYPE_CHECKING:
    import duckdb

# The steps of the names, in the order in which each reads those before.
_NAMES = (
    *("rapprochement_mot", "rapprochement_commune", "rapprochement_equivalent"),
    *("rapprochement_candidat", "rapprochement_nom"),
)
_SOURCE = "socle.organisme"


def match(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``evaluation.rapprochement`` from ``demande.candidat`` and the release.

    ``con`` is a connection whose current catalogue is the release, with ``demande`` and
    ``evaluation`` attached. The tables of the steps stay in ``evaluation`` until the next call.
    """
    _find(con)
    _compare_names(con)


def _find(con: duckdb.DuckDBPyConnection) -> None:
    _make(con, "rapprochement")
    if _all_found(con):
        return
    _make(con, "rapprochement_direct")
    _add(con, "rapprochement_direct")
    if _all_found(con):
        return
    _read_words(con)
    _make(con, "identifiant")
    truncated = _exists(con, f"{EVALUATION}.identifiant where genre = 'PREFIXE'")
    # The whole list is put in order there: not for nothing.
    _make(con, "rapprochement_prefixe", "" if truncated else "limit 0")
    _make(con, "rapprochement_voisin")
    _make(con, "rapprochement_numero")
    _add(con, "rapprochement_numero")
    if _all_found(con):
        return
    _make(con, "rapprochement_cherche")
    _run(con, "rapprochement_cle", normalised(f"{EVALUATION}.rapprochement_cherche"))
    for model in _NAMES:
        _make(con, model)
    _add(con, "rapprochement_nom")


def _read_words(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``demande.numero``: the numbers that texts hold among other words, by text."""
    written = con.execute(
        "select distinct texte from (select "
        "unnest([nda, siret, siren, identifiant, porteur]) as texte from demande.candidat) "
        "where regexp_matches(texte, '[A-Za-z/;,|\\n]|\\d{9}.+\\d{9}')"
    ).fetchall()
    told = [(text, *one) for (text,) in written for one in numbers_in(text)]
    columns = ("texte", "genre", "numero")
    con.execute(f"create or replace table demande.numero as {texts(columns, told)}")


def _compare_names(con: duckdb.DuckDBPyConnection) -> None:
    """Add to the messages what names given beside numbers contradict."""
    if not _exists(
        con,
        "demande.candidat where nom is not null and role_juge is distinct from 'porteur' "
        "and coalesce(nda, siret, siren, identifiant) is not null",
    ):
        return
    _make(con, "rapprochement_nomme")
    if not _exists(con, f"{EVALUATION}.rapprochement_nomme"):
        return
    _run(con, "rapprochement_nomme_cle", normalised(f"{EVALUATION}.rapprochement_nomme"))
    _make(con, "rapprochement_contredit")
    con.execute(
        f"update {EVALUATION}.rapprochement as r set message = c.message "
        f"from {EVALUATION}.rapprochement_contredit as c "
        "where r.ligne = c.ligne and r.role = 'sous_traitant'"
    )


def normalised(source: str) -> str:
    """Write the query of ``portage.recherche`` over another table than ``socle.organisme``.

    ``source`` must have its columns ``nda``, ``denomination``, ``ville`` and ``code_departement``.

    Raises:
        ValueError: the model does not read ``socle.organisme`` once.
    """
    query = _query("portage", "recherche")
    if query.count(_SOURCE) != 1:
        raise ValueError(f"portage.recherche must read {_SOURCE} once")
    return query.replace(_SOURCE, source)


def _all_found(con: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether every line to be found, and the porteur of each, has its row."""
    row = con.execute(
        "select count(*) filter (role_juge is distinct from 'porteur') + count(porteur) "
        f"= (select count(*) from {EVALUATION}.rapprochement) from demande.candidat"
    ).fetchone()
    return bool(row and row[0])


def _exists(con: duckdb.DuckDBPyConnection, rows: str) -> bool:
    """Tell whether there is a row; ``rows`` is a table, and where need be a condition."""
    return con.execute(f"select 1 from {rows} limit 1").fetchone() is not None


def _make(con: duckdb.DuckDBPyConnection, model: str, limit: str = "") -> None:
    _run(con, model, f"{_query(EVALUATION, model)} {limit}")


def _run(con: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    con.execute(f"create or replace table {EVALUATION}.{table} as {query}")


def _add(con: duckdb.DuckDBPyConnection, step: str) -> None:
    con.execute(f"insert into {EVALUATION}.rapprochement by name from {EVALUATION}.{step}")


@lru_cache
def _query(schema: str, model: str) -> str:
    return parse_model(SQL / schema / f"{model}.sql").sql
