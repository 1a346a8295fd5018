"""What changed since an earlier result of the same portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.portage.candidates.answers import answers_of
from pipelines.portage.candidates.headers import IDENTITY
from pipelines.portage.candidates.reading import read_table
from pipelines.portage.candidates.table import Candidates, connect
from pipelines.portage.screening.judging import ASKED, Screening
from pipelines.portage.verdict import VERDICTS
from pipelines.warehouse.literals import file_literal, literal

if TYPE_CHECKING:
    import duckdb

CHANGES = ("inchangé", "amélioré", "dégradé", "nouveau")
_COMPARED = ("verdict_precedent", "changement")
_SAME = "on a.cle = b.cle and a.rang = b.rang"


@dataclass(frozen=True)
class Earlier:
    """An earlier result: its rows, the rank of the column of its verdicts, those of all of ours."""

    rows: Candidates
    verdict: int
    ours: Mapping[str, int]


def read_earlier(path: Path, folder: Path, now: Candidates) -> Earlier:
    """Read an earlier result, to be compared with that of the candidates ``now``.

    Raises:
        UsageError: the file cannot be read, is no result of ours, or nothing tells which of its
            rows are those of now.
    """
    work = folder / "precedent"
    work.mkdir()
    rows = _read(path, work)
    ours = answers_of(rows.names)
    verdict = ours.get("verdict")
    if verdict is None or rows.facts.keys().isdisjoint(IDENTITY):
        raise UsageError(
            f"« {path} » n'est pas un résultat d'« opac cribler » : donnez à --precedent un "
            "fichier que cette commande a écrit."
        )
    if not _shared(rows, now) and rows.rows != now.rows:
        raise UsageError(
            f"« {path} » ne désigne pas les organismes par la même colonne et n'a pas autant de "
            "lignes : donnez à --precedent le résultat du même fichier."
        )
    return Earlier(rows, verdict, ours)


def compare(screening: Screening, earlier: Earlier) -> None:
    """Tell of each row what an earlier result said, and whether it is better or worse now.

    Rows are the same when they name the same organisation for the same funding and category; of
    rows repeated, the first is compared with the first, and so on. Where the two files name
    organisations differently, rows are the same by their order.
    """
    before, now = earlier.rows, screening.candidates
    folder = before.data.parent
    path = folder / "compare.parquet"
    ranks = ", ".join(f"'{name}'" for name in VERDICTS)
    with connect(folder) as con:
        _number(con, "avant", before, _key(before, earlier, now, {}), f"c{earlier.verdict}")
        _number(con, "apres", now, _key(now, earlier, now, screening.defaults), "null")
        con.execute(
            "copy (select s.*, a.verdict as verdict_precedent, "
            f"list_position([{ranks}], s.verdict) - list_position([{ranks}], a.verdict) as ecart, "
            "case when ecart is null then 'nouveau' when ecart = 0 then 'inchangé' "
            "when ecart < 0 then 'amélioré' else 'dégradé' end as changement "
            f"from {screening.source} as s inner join apres as b on s.ligne = b.ligne "
            f"left join avant as a {_SAME} order by s.ligne) "
            f"to {literal(str(path))} (format parquet)"
        )
        screening.source = f"read_parquet({file_literal(path)})"
        counts = dict(
            con.execute(
                f"select changement, count(*) from {screening.source} group by all"
            ).fetchall()
        )
        screening.gone = _gone(con, before)
    screening.changes = {name: counts.get(name, 0) for name in CHANGES}
    screening.ours = [*screening.ours, *_COMPARED]


def _number(
    con: duckdb.DuckDBPyConnection, name: str, rows: Candidates, key: str, verdict: str
) -> None:
    """Make the table of the rows by key, those of one key numbered in the order of the file."""
    con.execute(
        f"create table {name} as select *, "
        "row_number() over (partition by cle order by ligne) as rang "
        f"from (select ligne, {key} as cle, {verdict} as verdict "
        f"from read_parquet({file_literal(rows.data)}))"
    )


def _gone(con: duckdb.DuckDBPyConnection, before: Candidates) -> list[str]:
    """Name the rows that are no more, with what was said of them."""
    named = " || ' ' || ".join(
        f"coalesce({before.value(name)}, '')" for name in IDENTITY if name in before.facts
    )
    found = con.execute(
        f"select d.nom, a.verdict from avant as a anti join apres as b {_SAME} inner join "
        f"(select ligne, trim({named}) as nom from read_parquet({file_literal(before.data)})) "
        "as d on a.ligne = d.ligne order by a.ligne"
    ).fetchall()
    return [f"{name} ({said})" for name, said in found]


def _read(path: Path, folder: Path) -> Candidates:
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
                f"copy (from read_json({file_literal(alias)}, format = 'array', sample_size = -1)) "
                f"to {literal(str(typed))} (format parquet)"
            )
    except duckdb.Error as error:
        raise UsageError(
            f"« {path} » n'est pas le JSON d'un résultat d'« opac cribler » : donnez à --precedent "
            "un fichier que cette commande a écrit."
        ) from error
    return read_table(typed, folder)


def _key(keyed: Candidates, earlier: Earlier, now: Candidates, defaults: Mapping[str, str]) -> str:
    """Write the key by which rows of two results are the same: who, and for what mission.

    Only what both results say counts.
    """
    before = earlier.rows
    if not _shared(before, now):
        return "''"
    parts = [_plain(keyed.value(name)) for name in _shared(before, now)]
    who = f"coalesce({', '.join(parts)}, '')"
    mission = []
    for name, title in ASKED.items():
        told = title in earlier.ours
        if not told and name not in before.facts:
            continue
        if keyed is before:
            column = f"c{earlier.ours[title]}" if told else before.value(name)
        else:
            column = now.value(name, defaults.get(name))
        mission.append(f"coalesce({_plain(column)}, '')")
    return " || '|' || ".join([who, *mission])


def _shared(before: Candidates, now: Candidates) -> list[str]:
    return [name for name in IDENTITY if name in before.facts and name in now.facts]


def _plain(text: str) -> str:
    return f"nullif(regexp_replace(upper(strip_accents({text})), '[^0-9A-Z]', '', 'g'), '')"
