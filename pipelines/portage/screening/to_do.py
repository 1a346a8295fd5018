"""What is to be done of each line, in one short sentence: of what decides, the first that can be.

The sentences are rows of ``portage_a_faire.csv``, by what is found (``portage.motif``) and, of an
identity, by the quality of the match.
"""

from __future__ import annotations

import csv
from functools import cache

from pipelines.portage.verdict import Verdict
from pipelines.settings import REFERENCE
from pipelines.warehouse.literals import literal, rows

FILE_TO_DO = "portage_a_faire.csv"
READY = "Rien à demander : joignez au dossier les documents déclarés."
SHIFTED = "Corrigez cette ligne dans votre fichier : voyez les raisons."
# Documents named; of more, how many others there are.
_NAMED = 2


@cache
def sentences() -> list[dict[str, str]]:
    """Give the sentences: ``motif``, ``qualite`` (blank: whatever it is) and ``a_faire``."""
    with (REFERENCE / FILE_TO_DO).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def to_do() -> str:
    """Write the query of what is to be done of each question: ``ligne``, ``a_faire``.

    It reads ``evaluation`` and ``portage``. What decides a question of doubt is the exemption that
    is doubtful, where there is one.
    """
    told = rows(sentences(), dict.fromkeys(("motif", "qualite", "a_faire"), "varchar"))
    decided = ", ".join(literal(one) for one in (Verdict.A_VERIFIER, Verdict.NON_ELIGIBLE))
    return f"""
        with phrase as materialized ({told}),

        decisif as (
            select
                c.ligne,
                min_by(
                    {{
                        'motif': if(c.etat = 'DOUTEUX', coalesce(c.dispense, c.motif), c.motif),
                        'role': c.role
                    }},
                    r.ordre
                ) as d
            from evaluation.conclusion as k
            inner join evaluation.controle as c on k.ligne = c.ligne and k.verdict = c.effet
            inner join portage.regle as r on c.regle = r.regle
            where k.verdict in ({decided})
            group by c.ligne
        )

        select
            v.ligne,
            case v.verdict
                when {literal(Verdict.ELIGIBLE)} then {literal(READY)}
                when {literal(Verdict.PIECES_MANQUANTES)} then {_documents("v.pieces")}
                else
                    if(d.d.role = 'porteur', 'Porteur : ', '')
                    || coalesce(p.a_faire, a.a_faire, 'Tranchez la question : voyez les raisons.')
            end as a_faire
        from evaluation.verdict as v
        left join decisif as d on v.ligne = d.ligne
        left join evaluation.rapprochement as m on v.ligne = m.ligne and d.d.role = m.role
        left join phrase as p on d.d.motif = p.motif and m.qualite = p.qualite
        left join phrase as a on d.d.motif = a.motif and a.qualite = ''"""


def _documents(pieces: str) -> str:
    """Write the expression of a request for documents: all of two or less, else how many."""
    named = f"array_to_string({pieces}[:{_NAMED}], ' ; ')"
    others = f"len({pieces}) - {_NAMED}"
    more = f"if({others} = 1, ' ; et une autre.', ' ; et ' || ({others}) || ' autres.')"
    return (
        f"if(len({pieces}) <= {_NAMED}, 'Demandez : ' || {named} || '.', "
        f"'Demandez ' || len({pieces}) || ' pièces : ' || {named} || {more})"
    )
