"""What identifies a line of candidates, and what the rows that bear its key make of it.

A line is known by who and for what mission: its identifier, or else its name and place; the
funding, the category and the porteur. Where lines are alike in that, the date of the contract, the
end of the mission and its amount tell them apart; those alike in these too have one key, which is
then of no use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.received import KEY, TITLES, pieces
from pipelines.warehouse.literals import file_literal, literal, rows

# Writes the expression of a fact of a row, or of its default (``Candidates.value``).
Value = Callable[..., str]

_NUMBERS = tuple(name for name in IDENTITY if name != "nom")
_PLACE = ("ville", "code_postal")
# The mission, as options may say it for all lines; then what only a column tells of each.
_ASKED = ("financement", "action")
_CARRIER = "porteur"
_TELLING_APART = ("date", "fin_mission", "montant")


def line_keys(data: Path, value: Value, defaults: Mapping[str, str]) -> str:
    """Write the query of the key of each line, and of who it is in the file.

    A line of which nothing says who has none. Columns: ``ligne``, ``numero``, ``cle``, ``combien``
    lines have it, from row ``premiere`` to row ``derniere``; ``qui`` and ``identifiant`` as they
    are written, and their bare letters and figures: ``qui_nu`` and ``identifiant_nu``.
    """
    number = f"coalesce({', '.join(map(value, _NUMBERS))}, null)"
    mission = {fact: value(fact, defaults.get(fact)) for fact in _ASKED}
    told = {fact: value(fact) for fact in (*_PLACE, _CARRIER, *_TELLING_APART)}
    written = ", ".join(f"{text} as {fact}" for fact, text in (mission | told).items())
    court = [*_ASKED, _CARRIER]
    return f"""
        select
            * exclude (court, long),
            count(*) over (partition by cle) as combien,
            min(numero) over (partition by cle) as premiere,
            max(numero) over (partition by cle) as derniere
        from (
            select
                *,
                upper(left(if(count(*) over (partition by court) = 1, court, long), 12)) as cle
            from (
                select
                    ligne,
                    numero,
                    qui,
                    identifiant,
                    qui_nu,
                    identifiant_nu,
                    md5(concat_ws('|', {_WHO}, {_joined(court)})) as court,
                    md5(concat_ws('|', {_WHO}, {_joined([*court, *_TELLING_APART])})) as long
                from (
                    select *, {_bare("qui")} as qui_nu, {_bare("identifiant")} as identifiant_nu
                    from (
                        select
                            ligne,
                            numero,
                            {value("nom")} as qui,
                            {number} as identifiant,
                            {written}
                        from read_parquet({file_literal(data)})
                    )
                )
                where {_WHO} is not null
            )
        )"""


def _joined(facts: Sequence[str]) -> str:
    return " || '|' || ".join(f"coalesce({_bare(fact)}, '')" for fact in facts)


def _bare(text: str) -> str:
    return f"nullif(regexp_replace(upper(strip_accents({text})), '[^0-9A-Z]', '', 'g'), '')"


_WHO = (
    "coalesce(identifiant_nu, qui_nu || '/' || "
    + " || '/' || ".join(f"coalesce({_bare(fact)}, '')" for fact in _PLACE)
    + ")"
)


def settled(data: Path, value: Value, defaults: Mapping[str, str], received: Path) -> str:
    """Write the query of what each row given back makes of the lines it speaks of.

    ``received`` is what :func:`~pipelines.portage.candidates.received.write_received` wrote. To its
    columns are added ``de`` (the line, null if none is meant), ``fait`` and ``valeur`` (what the
    row declares, if anything), ``question`` (a sentence: what is doubtful of it).
    """
    named = f"coalesce(r.identifiant, r.qui, {literal('personne')})"
    cell = "r.ou || ' (« ' || coalesce(r.document, '?') || ' », « ' || " + named + " || ' »)'"
    line = "'la ligne ' || l.numero || ' des candidats'"
    stranger = (
        "r.identifiant_nu is distinct from l.identifiant_nu "
        "or (l.qui_nu is not null and r.qui_nu is distinct from l.qui_nu)"
    )
    return f"""
        with lignes as materialized ({line_keys(data, value, defaults)}),

        pieces as ({_known_pieces()}),

        recues as materialized (
            select
                s.*,
                p.fait as prouve,
                p.valeur as dit,
                p.datee,
                {_bare("s.identifiant")} as identifiant_nu,
                {_bare("s.qui")} as qui_nu,
                regexp_extract(coalesce(s.cle, ''), {literal(KEY)}, 1) as cle_de_ligne,
                {_bare("s.document")} is distinct from {_bare("p.libelle")} as autre_document
            from read_parquet({file_literal(received)}) as s
            left join pieces as p
                on p.code = regexp_replace(coalesce(s.cle, ''), '^[^-]*-', '')
        ),

        par_cle as (
            select
                r.*,
                l.ligne as de,
                {stranger} as etranger,
                case
                    when l.combien > 1 then {cell} || ' : sa clé est celle de ' || l.combien
                        || ' lignes semblables des candidats (de la ligne ' || l.premiere
                        || ' à la ligne ' || l.derniere || ') : distinguez-les par leur date ou '
                        || 'leur montant, ou n''en gardez qu''une.'
                    when r.doubles is not null
                        then r.doubles || ' ont la même clé (pour ' || {line}
                        || ') : n''en gardez qu''une.'
                    when {stranger}
                        then {cell} || ' porte la clé de ' || {line} || ' (« '
                        || coalesce(l.identifiant, l.qui) || ' ») : laquelle est juste ?'
                    when r.autre_document
                        then {cell} || ' porte la clé d''un autre document (pour ' || {line}
                        || ') : lequel est juste ?'
                    when r.defaut is not null
                        then {cell} || ', pour ' || {line} || ' : ' || r.defaut || '.'
                    when r.du_jour > r.recue_jour
                        then {cell} || ', pour ' || {line}
                        || ' : le document est reçu avant sa propre date.'
                end as question
            from recues as r
            inner join lignes as l on r.cle_de_ligne = l.cle
        ),

        -- Of no line by their key, or by a key that is not theirs: asked of those they name.
        egaree as (
            select
                * exclude (de, etranger, question),
                question,
                true as de_cle
            from par_cle
            where etranger
            union all by name
            select
                r.*,
                null::varchar as question,
                false as de_cle
            from recues as r
            anti join lignes as l on r.cle_de_ligne = l.cle
        ),

        nommee as (
            select
                ligne,
                numero,
                identifiant_nu as nom
            from lignes
            union all
            select
                ligne,
                numero,
                '/' || qui_nu as nom
            from lignes
        ),

        par_nom as (
            select
                r.* exclude (question, de_cle),
                l.ligne as de,
                coalesce(
                    r.question,
                    {cell} || case
                        when r.cle is null then ' n''a plus de clé'
                        else ' a une clé qui n''est celle d''aucune ligne des candidats'
                    end
                    || coalesce(', ' || {line} || ' non plus', '')
                    || ' : donnez cette date dans la feuille du nouveau résultat, et effacez '
                    || 'cette ligne-ci.'
                ) as question
            from egaree as r
            left join nommee as l on l.nom = coalesce(r.identifiant_nu, '/' || r.qui_nu)
            where l.ligne is not null or not r.de_cle
        )

        select
            * exclude (prouve, dit, datee, etranger),
            if(question is null, prouve, null) as fait,
            if(
                question is null,
                case
                    when datee then du_jour::varchar
                    when recue_jour is not null then dit
                end,
                null
            ) as valeur
        from (
            from par_cle
            union all by name
            from par_nom
        )"""


def _known_pieces() -> str:
    """Write the rows of documents, those of the porteur too; of whom a date says nothing."""
    told = [
        {
            "code": prefix + piece.code,
            "libelle": label + piece.label,
            "fait": piece.fact if piece.told and not prefix else None,
            "valeur": piece.value if piece.told and not prefix else None,
            "datee": piece.dated and piece.told and not prefix,
        }
        for piece in pieces().values()
        for prefix, label in (("", ""), ("porteur-", "Porteur : "))
    ]
    types = dict.fromkeys(("code", "libelle", "fait", "valeur"), "varchar") | {"datee": "boolean"}
    return rows(told, types)


def named_cell(row: str) -> str:
    """Write the expression of where a row given back stands, with the day it came."""
    title = TITLES["recue"]
    return f"{row}.ou || coalesce({literal(f', {title} ')} || {row}.recue, '')"
