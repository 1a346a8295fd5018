"""Judging a candidate file: its rows by blocks, what they tell together, what changed since."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import UsageError
from pipelines.portage.candidate_headers import ANSWER, IDENTITY
from pipelines.portage.candidates import Advance, Candidates, connect, read_table
from pipelines.portage.facts import PAR_NOM
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    from pipelines.portage.session import Session

# Rows judged at a time: memory does not follow the size of the file.
BLOCK = 25_000
# From the weakest to the strongest; a stronger one is a worse one.
VERDICTS = ("ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE")
CHANGES = ("inchangé", "amélioré", "dégradé", "nouveau")
SHIFTED = (
    "La ligne a plus de colonnes que l'en-tête : ses valeurs sont décalées et n'ont pas été lues ; "
    "mettez entre guillemets celle qui contient le séparateur."
)
# Facts that an option may give to all rows, and that tell which question was put.
_ASKED = {"financement": "financement_retenu", "action": "action_retenue"}
_COMPARED = ("verdict_precedent", "changement")
# Columns of ``evaluation.verdict`` behind ours.
_SOURCES = {
    "raisons": "nullif(array_to_string(v.raisons, ' ; '), '')",
    "pieces_manquantes": "nullif(array_to_string(v.pieces, ' ; '), '')",
    "avertissements": "nullif(array_to_string(v.avertissements, ' ; '), '')",
    "organisme": "v.denomination",
    "nda_retenu": "v.nda",
    "qualite_rapprochement": "v.qualite",
    "message_rapprochement": "v.message",
    "prochaine_date": "v.prochaine_date",
    "prochaine_echeance": "v.prochaine_echeance",
}


@dataclass
class Screening:
    """The answers to a candidate file.

    ``source`` is an expression of DuckDB that gives them in the order of the file: ``ligne``, the
    columns of the file as ``c1``…, and those of ``ours``. ``gone`` are rows of an earlier result
    that the file has no more; ``changes`` counts the others by kind, None without earlier result.
    """

    candidates: Candidates
    folder: Path
    source: str
    ours: list[str]
    verdicts: dict[str, int]
    pieces: list[tuple[str, int]]
    matches: dict[str, int]
    snapshot: Mapping[str, Any]
    rules: Mapping[str, Any]
    defaults: Mapping[str, str]
    day: dt.date
    changes: dict[str, int] | None = None
    gone: list[str] = field(default_factory=list)

    @property
    def own(self) -> list[str]:
        """The names of the columns of the file."""
        return self.candidates.names

    @property
    def titles(self) -> list[str]:
        """The names of our columns: another where the file has one of that name."""
        taken = {name.casefold() for name in self.own}
        return [_free(name, taken) for name in self.ours]

    @property
    def carrier(self) -> bool:
        """Whether a porteur was given, for some row at least."""
        return "porteur" in self.candidates.facts or "porteur" in self.defaults

    @property
    def strongest(self) -> str:
        """The strongest verdict given."""
        return max(self.verdicts, key=VERDICTS.index)


def check_mission(candidates: Candidates, defaults: Mapping[str, str]) -> None:
    """See that something says the funding and the category of action.

    Raises:
        UsageError: neither a filled column nor an option does.
    """
    with connect(candidates.data.parent) as con:
        for name in _ASKED:
            if name in defaults:
                continue
            row = con.execute(
                f"select count({candidates.value(name)}) "
                f"from read_parquet({literal(str(candidates.data))})"
            ).fetchone()
            if not row or not row[0]:
                fact = PAR_NOM[name]
                raise UsageError(
                    f"Rien ne dit « {fact.libelle} » des lignes : donnez {fact.option} "
                    f"(par exemple {fact.exemple}), ou une colonne « {fact.libelle} » remplie dans "
                    "le fichier."
                )


def screen(
    session: Session,
    candidates: Candidates,
    defaults: Mapping[str, str],
    folder: Path,
    advance: Advance = lambda _: None,
) -> Screening:
    """Judge every row of a candidate file; ``advance`` is told how many are judged.

    ``defaults`` are facts of the rows that do not say otherwise.

    Raises:
        UsageError: a default cannot be read.
    """
    from pipelines.portage.answer import rules, snapshot, unreadable

    if defaults:
        session.ask_rows([dict(defaults)])
        if faults := unreadable(session):
            raise UsageError(" ".join(dict.fromkeys(faults)))
    asked = {title: name for name, title in _ASKED.items() if name in defaults}
    answers = folder / "reponses"
    answers.mkdir()
    for first in range(1, candidates.rows + 1, BLOCK):
        last = min(first + BLOCK - 1, candidates.rows)
        session.ask(candidates.question(defaults, first, last))
        session.con.execute(
            f"copy ({_answers(candidates, defaults, asked, first, last)}) "
            f"to {literal(str(answers / f'{first:012}.parquet'))} (format parquet)"
        )
        advance(last)
    source = f"read_parquet({literal(str(answers / '*.parquet'))})"
    with connect(folder) as con:
        counts = con.execute(f"select verdict, count(*) from {source} group by all").fetchall()
        if sum(count for verdict, count in counts if verdict in VERDICTS) != candidates.rows:
            raise RuntimeError(f"verdicts missing or unknown: {counts}")
        pieces = con.execute(
            "select piece, count(*) as n from ("
            f"select unnest(string_split(pieces_manquantes, ' ; ')) as piece from {source}"
            ") group by all order by n desc, piece"
        ).fetchall()
        matches = con.execute(
            f"select coalesce(qualite_rapprochement, 'VIDE'), count(*) as n from {source} "
            "group by all order by n desc, 1"
        ).fetchall()
    return Screening(
        candidates,
        folder,
        source,
        [*ANSWER, *asked],
        {name: dict(counts)[name] for name in VERDICTS if name in dict(counts)},
        pieces,
        dict(matches),
        snapshot(session.con),
        rules(session.con),
        dict(defaults),
        dt.date.today(),
    )


def compare(screening: Screening, earlier: Path) -> None:
    """Tell of each row what an earlier result said, and whether it is better or worse now.

    Rows are the same when they name the same organisation for the same funding and category; of
    rows repeated, the first is compared with the first, and so on. Where the two files name
    organisations differently, rows are the same by their order, if there are as many.

    Raises:
        UsageError: the file cannot be read, or is no result of ours.
    """
    folder = screening.folder / "precedent"
    folder.mkdir()
    before = _read_earlier(earlier, folder)
    verdict = _verdict_column(before)
    if verdict is None or before.facts.keys().isdisjoint(IDENTITY):
        raise UsageError(
            f"« {earlier} » n'est pas un résultat d'« opac cribler » : donnez à --precedent un "
            "fichier que cette commande a écrit."
        )
    now = screening.candidates
    if not _shared(before, now) and before.rows != now.rows:
        raise UsageError(
            f"« {earlier} » ne désigne pas les organismes par la même colonne et n'a pas autant de "
            "lignes : donnez à --precedent le résultat du même fichier."
        )
    with connect(folder) as con:
        for name, keyed, extra in (
            ("avant", before, f"c{verdict} as verdict"),
            ("apres", now, ""),
        ):
            key = _key(keyed, before, now, {} if keyed is before else screening.defaults)
            con.execute(
                f"create table {name} as select *, row_number() over (partition by cle order by "
                f"ligne) as rang from (select ligne, {key} as cle{', ' + extra if extra else ''} "
                f"from read_parquet({literal(str(keyed.data))}))"
            )
        ranks = ", ".join(f"'{name}'" for name in VERDICTS)
        path = folder / "compare.parquet"
        con.execute(
            "copy (select s.*, a.verdict as verdict_precedent, "
            f"list_position([{ranks}], s.verdict) - list_position([{ranks}], a.verdict) as ecart, "
            "case when ecart is null then 'nouveau' when ecart = 0 then 'inchangé' "
            "when ecart < 0 then 'amélioré' else 'dégradé' end as changement "
            f"from {screening.source} as s inner join apres as b on s.ligne = b.ligne "
            "left join avant as a on a.cle = b.cle and a.rang = b.rang order by s.ligne) "
            f"to {literal(str(path))} (format parquet)"
        )
        screening.source = f"read_parquet({literal(str(path))})"
        counts = dict(
            con.execute(
                f"select changement, count(*) from {screening.source} group by all"
            ).fetchall()
        )
        named = " || ' ' || ".join(
            f"coalesce({before.value(name)}, '')" for name in IDENTITY if name in before.facts
        )
        gone = con.execute(
            f"select d.nom, a.verdict from avant as a anti join apres as b "
            "on a.cle = b.cle and a.rang = b.rang inner join "
            f"(select ligne, trim({named}) as nom from read_parquet({literal(str(before.data))})) "
            "as d on a.ligne = d.ligne order by a.ligne"
        ).fetchall()
    screening.changes = {name: counts.get(name, 0) for name in CHANGES}
    screening.gone = [f"{name} ({said})" for name, said in gone]
    screening.ours = [*screening.ours, *_COMPARED]


def _answers(
    candidates: Candidates,
    defaults: Mapping[str, str],
    asked: Mapping[str, str],
    first: int,
    last: int,
) -> str:
    """Write the query of the answers to some rows: their columns, then ours."""
    own = [f"d.c{rank}" for rank in range(1, len(candidates.names) + 1)]
    ours = ["if(d.decale, 'A_VERIFIER', v.verdict) as verdict"]
    for name, text in _SOURCES.items():
        shifted = literal(SHIFTED) if name == "raisons" else "null"
        ours.append(f"if(d.decale, {shifted}, {text}) as {name}")
    ours += [
        f"if(d.decale, null, {candidates.value(name, defaults[name])}) as {title}"
        for title, name in asked.items()
    ]
    return (
        f"select d.ligne, {', '.join([*own, *ours])} "
        f"from read_parquet({literal(str(candidates.data))}) as d "
        "left join evaluation.verdict as v on d.ligne = v.ligne "
        f"where d.ligne between {first} and {last} order by d.ligne"
    )


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        free = f"{name}_opac" + (f"_{number}" if number > 1 else "")
        number += 1
    taken.add(free)
    return free


def _read_earlier(path: Path, folder: Path) -> Candidates:
    """Read an earlier result; JSON, which candidates do not come in, goes through Parquet."""
    import duckdb

    if path.suffix.lower() != ".json" or not path.is_file():
        return read_table(path, folder)
    typed = folder / "json.parquet"
    # Under a name of ours: brackets and stars in theirs would be a pattern.
    alias = folder / "source.json"
    alias.symlink_to(path.resolve())
    try:
        with connect(folder) as con:
            con.execute(
                f"copy (from read_json({literal(str(alias))}, format = 'array', sample_size = -1)) "
                f"to {literal(str(typed))} (format parquet)"
            )
    except duckdb.Error as error:
        raise UsageError(
            f"« {path} » n'est pas le JSON d'un résultat d'« opac cribler » : donnez à --precedent "
            "un fichier que cette commande a écrit."
        ) from error
    return read_table(typed, folder)


def _verdict_column(before: Candidates) -> int | None:
    """Give the rank of our verdict: the last, where the file had one of that name already."""
    found = [
        rank
        for rank, name in enumerate(before.names, 1)
        if re.fullmatch(r"verdict(_opac(_\d+)?)?", name)
    ]
    return found[-1] if found else None


def _key(
    keyed: Candidates, before: Candidates, now: Candidates, defaults: Mapping[str, str]
) -> str:
    """Write the key by which rows of two results are the same: who, and for what mission.

    Only what both results say counts.
    """
    if not _shared(before, now):
        return "''"
    parts = [_plain(keyed.value(name)) for name in _shared(before, now)]
    who = f"coalesce({', '.join(parts)}, '')"
    mission = []
    for name, title in _ASKED.items():
        told = title in before.names
        if not told and name not in before.facts:
            continue
        if keyed is before:
            column = f"c{before.names.index(title) + 1}" if told else before.value(name)
        else:
            column = now.value(name, defaults.get(name))
        mission.append(f"coalesce({_plain(column)}, '')")
    return " || '|' || ".join([who, *mission])


def _shared(before: Candidates, now: Candidates) -> list[str]:
    return [name for name in IDENTITY if name in before.facts and name in now.facts]


def _plain(text: str) -> str:
    return f"nullif(regexp_replace(upper(strip_accents({text})), '[^0-9A-Z]', '', 'g'), '')"
