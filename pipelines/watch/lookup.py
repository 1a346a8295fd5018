"""Asking a release about watched lines: who each is now, its verdict, what happened to it."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.portage.screening.judging import BLOCK
from pipelines.portage.session import Session
from pipelines.printable import printable
from pipelines.warehouse.literals import literal
from pipelines.warehouse.release import Release, require_table
from pipelines.watch.store import Deadline, Told, Watched

Event = dict[str, Any]
_EVENT = (
    *("type", "categorie", "nda", "avant", "apres", "instantane_avant", "date_constat"),
    "campagne_bpf",
)
# The numbers under which each line is or was known, and from them its lines of descent.
_HISTORY = """
create or replace temp table veille_lignee as
with
numero as (
    select ligne, identifiant as nda from question
    union
    select ligne, unnest(connus) as nda from question
    union
    select ligne, unnest(ndas) as nda from evaluation.rapprochement where role = 'sous_traitant'
    union
    select q.ligne, v.nda
    from question as q
    inner join historique.organisme_version as v
        on length(q.identifiant) in (9, 14) and left(q.identifiant, 9) = v.siren
    where v.valide_au is null
)
select distinct n.ligne, v.lignee
from numero as n
inner join historique.organisme_version as v on n.nda = v.nda
"""
_VERDICTS = """
with
dates as (
    select ligne, list({'date': date, 'libelle': libelle} order by date, libelle) as echeances
    from evaluation.echeance
    group by ligne
),
etat as (
    select l.ligne, list(v.nda order by v.nda) as ndas,
        arg_max(struct_pack(denomination := v.denomination, ville := v.ville, nda := v.nda,
            absent_depuis := if(v.listee, null, v.valide_du)), (v.listee, v.valide_du)) as dernier
    from veille_lignee as l
    inner join historique.organisme_version as v on l.lignee = v.lignee
    where v.valide_au is null
    group by l.ligne
)
select
    v.ligne, v.verdict, v.statut_registre, v.raisons, v.pieces, c.liste_perimee,
    v.nda, coalesce(v.nda, e.dernier.nda) as dernier_nda,
    coalesce(v.denomination, e.dernier.denomination) as denomination,
    coalesce(v.ville, e.dernier.ville) as ville,
    if(v.nda is null, e.dernier.absent_depuis, null) as absent_depuis,
    case
        when len(r.ndas) > 0 then list_sort(r.ndas)
        else coalesce(e.ndas, q.connus, [])
    end as ndas,
    coalesce(d.echeances, []) as echeances
from evaluation.verdict as v
inner join question as q on v.ligne = q.ligne
inner join evaluation.cas as c on v.ligne = c.ligne
inner join evaluation.rapprochement as r on v.ligne = r.ligne and r.role = 'sous_traitant'
left join dates as d on v.ligne = d.ligne
left join etat as e on v.ligne = e.ligne
"""


@dataclass(frozen=True)
class Found:
    """What a release says of a line.

    ``maintenant`` is what would be told, ``evenements`` what happened since what was told last, in
    the order of the lists. ``nda`` is missing when the line is not in the list; ``absent_depuis``
    then is the date of the first list without it, if one ever named it.
    """

    maintenant: Told
    evenements: tuple[Event, ...]
    pieces: tuple[str, ...]
    ndas: tuple[str, ...]
    nda: str | None
    dernier_nda: str | None
    denomination: str | None
    ville: str | None
    absent_depuis: dt.date | None


def look_up(
    session: Session, release: Release, today: dt.date, lines: Sequence[Watched]
) -> list[Found]:
    """Ask the release about lines, in their order.

    Raises:
        OpacError: it was made before history was part of it.
    """

    require_table(session.con, "historique.evenement", "l'historique")
    judged = Told(
        liste=dt.date.fromisoformat(release.meta["date_contenu"]),
        sha256=release.meta["sha256"],
        version=release.version,
        regles=session.rules["empreinte"],
        jour=today,
        perimee=False,
        verdict=None,
        registre=None,
        raisons=(),
        evenements=(),
        echeances=(),
    )
    found: list[Found] = []
    for first in range(0, len(lines), BLOCK):
        found += _block(session, judged, lines[first : first + BLOCK])
    return found


def _block(session: Session, judged: Told, lines: Sequence[Watched]) -> list[Found]:
    session.ask(_questions(lines, judged.jour))
    session.con.execute(_HISTORY)
    events = _events(session, judged.liste)
    rows = {row["ligne"]: row for row in _rows(session, _VERDICTS)}
    return [
        _found(line, rows[number], events[number], judged)
        for number, line in enumerate(lines, start=1)
    ]


def _questions(lines: Sequence[Watched], today: dt.date) -> str:
    """Write the query of the questions: as one JSON text, which is parsed faster than values."""
    names = sorted({name for line in lines for name in line.faits})
    entries = [
        {
            "ligne": number,
            "identifiant": line.identifiant,
            "connus": line.ndas,
            "depuis": line.dit and line.dit.liste.isoformat(),
            **_asked(line.faits, today),
        }
        for number, line in enumerate(lines, start=1)
    ]
    shape = {
        "ligne": "BIGINT",
        "identifiant": "VARCHAR",
        "connus": ["VARCHAR"],
        "depuis": "DATE",
        **dict.fromkeys(names, "VARCHAR"),
    }
    told, kind = (literal(json.dumps(value)) for value in (entries, [shape]))
    return f"select unnest(from_json({told}, {kind}), max_depth := 2)"


def _asked(facts: dict[str, str], today: dt.date) -> dict[str, str]:
    """Leave out a mission that is over: it would contradict a contract of today."""
    over = facts.get("fin_mission", "9999") < today.isoformat()
    return {name: text for name, text in facts.items() if not (over and name == "fin_mission")}


def _events(session: Session, last: dt.date) -> dict[int, list[Event]]:
    """Give the events from the list last told on (the current one at first), by line."""
    columns = ", ".join(f"e.{name}" for name in _EVENT)
    found: dict[int, list[Event]] = defaultdict(list)
    for row in _rows(
        session,
        f"select l.ligne, {columns} from veille_lignee as l "
        "inner join historique.evenement as e on l.lignee = e.lignee "
        "inner join question as q on l.ligne = q.ligne "
        f"where e.date_constat between coalesce(q.depuis, {literal(last)}) and {literal(last)} "
        "order by e.date_constat, e.type, e.nda, e.categorie",
    ):
        found[row.pop("ligne")].append(row)
    return found


def _found(line: Watched, row: dict[str, Any], events: list[Event], judged: Told) -> Found:
    new = [one for one in events if _is_new(one, line.dit, judged)]
    now = replace(
        judged,
        perimee=row["liste_perimee"],
        evenements=tuple(_key(one) for one in events if one["date_constat"] == judged.liste),
        echeances=tuple(Deadline(one["date"], one["libelle"]) for one in row["echeances"]),
    )
    if line.judged:
        now = replace(
            now,
            verdict=row["verdict"],
            registre=row["statut_registre"],
            raisons=tuple(row["raisons"]),
        )
    return Found(
        maintenant=now,
        evenements=tuple(new),
        pieces=tuple(row["pieces"]),
        ndas=tuple(row["ndas"]),
        **{
            name: row[name]
            for name in ("nda", "dernier_nda", "denomination", "ville", "absent_depuis")
        },
    )


def _is_new(event: Event, told: Told | None, judged: Told) -> bool:
    """Tell whether an event came after what was told, or with another list of the same date.

    What a history made anew shows of the very list that was told is not news.
    """
    if told is None:
        return False
    if event["date_constat"] > told.liste:
        return True
    return judged.sha256 != told.sha256 and _key(event) not in told.evenements


def _key(event: Event) -> str:
    """Name an event of one list, without what it says of persons."""
    return "|".join((event["nda"], event["type"], event["categorie"] or ""))


def _rows(session: Session, query: str) -> list[dict[str, Any]]:
    found = session.con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, map(_shown, row), strict=True)) for row in found.fetchall()]


def _shown(value: Any) -> Any:
    """Give a value as it can be shown: texts without control characters, of one line."""
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return printable(value) if isinstance(value, str) else value
