"""The documents to ask for: one row a candidate and a document, to be filled in and given back.

What was filled in comes back in the next result, the documents declared among it: they are declared
nowhere else.
"""

from __future__ import annotations

from typing import Any

from pipelines.portage.candidates.keys import line_keys
from pipelines.portage.candidates.received import TITLES, pieces
from pipelines.portage.screening.judging import Screening
from pipelines.warehouse.literals import rows


def requests(screening: Screening, con: Any) -> int:
    """Make the table ``demandes``: its rows, numbered by ``rang``; give how many.

    Columns: those of :data:`~pipelines.portage.candidates.received.TITLES`, as text, and the dates
    ``recue_jour`` and ``du_jour`` where they are read.
    """
    candidates, defaults = screening.candidates, screening.defaults
    given = candidates.received_rows(defaults)
    carried = given or f"select {_no_row()} limit 0"
    con.execute(
        f"create temp table cles as {line_keys(candidates.data, candidates.value, defaults)}"
    )
    con.execute(f"create temp table declare as {_declared()}")
    texts = ", ".join(f"any_value({name}) as {name}" for name in (*TITLES, *_DAYS))
    con.execute(
        f"create temp table portees as select feuille, numero as rangee, min(de) as de, {texts}, "
        "string_agg(distinct question, ' ' order by question) as question "
        f"from ({carried}) group by feuille, numero"
    )
    con.execute(
        "create temp table manquantes as "
        "select m.*, k.cle || '-' || m.code as cle, k.numero, k.qui, k.identifiant, k.combien "
        f"from {screening.missing} as m inner join cles as k on m.ligne = k.ligne "
        "where k.cle is not null "
        "and not exists (select 1 from portees as p where p.cle = k.cle || '-' || m.code)"
    )
    con.execute(f"create temp table demandes as {_rows(screening)}")
    (made,) = con.execute("select count(*) from demandes").fetchone()
    return int(made)


_DAYS = ("recue_jour", "du_jour")


def _no_row() -> str:
    texts = (*TITLES, "feuille", "question")
    return ", ".join(
        [
            *(f"null::varchar as {name}" for name in texts),
            *(f"null::date as {name}" for name in _DAYS),
            "null::bigint as numero, null::bigint as de",
        ]
    )


def _rows(screening: Screening) -> str:
    """Write the query of the rows: what was given back of nobody, then line by line."""
    alike = (
        "'Rien : ' || combien || ' lignes semblables ; distinguez-les par leur date ou leur "
        "montant, ou n''en gardez qu''une.'"
    )
    return f"""
        select
            row_number() over (order by de nulls first, ordre nulls first, rangee) as rang,
            *
        from (
            select
                p.de,
                m.ordre,
                p.rangee,
                coalesce(k.numero::varchar, p.ligne) as ligne,
                p.qui,
                p.identifiant,
                p.document,
                p.recue,
                p.du,
                p.recue_jour,
                p.du_jour,
                d.declare,
                p.question as a_corriger,
                p.pourquoi,
                p.base_legale,
                p.cle
            from portees as p
            left join cles as k on p.de = k.ligne
            left join declare as d on d.code = regexp_replace(p.cle, '^[^-]*-', '')
            left join {screening.missing} as m on p.de = m.ligne and d.code = m.code
            union all by name
            select
                m.ligne as de,
                m.ordre,
                m.numero::varchar as ligne,
                coalesce(m.qui, s.organisme) as qui,
                m.identifiant,
                t.document,
                if(m.combien > 1, {alike}, d.declare) as declare,
                t.pourquoi,
                t.base_legale,
                m.cle
            from manquantes as m
            inner join {screening.source} as s on m.ligne = s.ligne
            inner join {screening.wording} as t on m.code = t.code and m.regles = t.regles
            left join declare as d on m.code = d.code
        )"""


def _declared() -> str:
    """Write the rows of what a date declares of each document."""
    told = [
        {"code": prefix + piece.code, "declare": piece.declares(carrier=bool(prefix))}
        for piece in pieces().values()
        for prefix in ("", "porteur-")
    ]
    return rows(told, {"code": "varchar", "declare": "varchar"})
