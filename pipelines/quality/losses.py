"""Certifications that a list lost whole. Unlike a proportion, that is judged on any list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.french import combien, nombre
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.registers.categories import BY_CODE
from pipelines.registers.contract import FLAGS
from pipelines.warehouse.literals import literal

if TYPE_CHECKING:
    import duckdb

_LABELS = {category.flag: category.with_article for category in BY_CODE.values()}
_SHOWN = 3


class _Flag(NamedTuple):
    """What a column of certification holds: rows that read, that do not, and some of the latter."""

    name: str
    read: int
    unread: int
    words: list[str]


def lost_certifications(staging: Path, advice: str) -> list[Control]:
    """See that each category still says who is certified; those that the layout lacks are spared.

    Lost: most of what is written does not read, or the column is empty where the others are not,
    or nobody at all is certified for anything.
    """
    import duckdb

    with duckdb.connect(staging, read_only=True) as con:
        row = con.execute("select absentes from lecture").fetchone()
        absent = frozenset(row[0] if row else ())
        flags = [_flag(con, name) for name in FLAGS if name not in absent]
        any_true = " or ".join(f"coalesce({flag.name}, false)" for flag in flags) or "null"
        counted = con.execute(
            f"select count(*), count_if({any_true}) from organisme"
        ).fetchone() or (0, 0)
    rows, certified = counted
    controls = [_control(flag, flags, advice) for flag in flags]
    if flags and not any(flag.unread for flag in flags):
        controls.append(_somebody(rows, certified, advice))
    return controls


def _flag(con: duckdb.DuckDBPyConnection, name: str) -> _Flag:
    unread = f"from anomalie where regle = 'DRAPEAU_ILLISIBLE' and champ = {literal(name)}"
    row = con.execute(
        f"select (select count({name}) from organisme), (select count(*) {unread})"
    ).fetchone() or (0, 0)
    words = con.execute(
        f"select valeur {unread} group by valeur order by count(*) desc, valeur limit {_SHOWN}"
    ).fetchall()
    return _Flag(name, row[0], row[1], [word for (word,) in words])


def _control(flag: _Flag, flags: list[_Flag], advice: str) -> Control:
    label = _LABELS[flag.name]
    emptied = not flag.read and not flag.unread and any(f.read or f.unread for f in flags)
    what = f"La colonne « {flag.name} » dit qui est certifié pour {label}."
    if flag.unread > flag.read:
        words = ", ".join(f"« {word} »" for word in flag.words)
        what = (
            f"Les certifications pour {label} ne se lisent pas : {words} ne disent ni vrai ni "
            f"faux. {advice}"
        )
    elif emptied:
        what = (
            f"Les certifications pour {label} ont disparu : leur colonne est vide alors que les "
            f"autres sont remplies. {advice}"
        )
    lost = flag.unread > flag.read or emptied
    return Control(
        f"contrat.organisme.{flag.name}.perte",
        "contrat",
        "organisme",
        flag.name,
        Gravity.CRITIQUE,
        Status.NON_CONFORME if lost else Status.CONFORME,
        f"{combien(flag.read, 'valeur lue', 'valeurs lues')}, {nombre(flag.unread)} illisibles",
        "des certifications qui se lisent",
        what,
        flag.unread,
    )


def _somebody(rows: int, certified: int, advice: str) -> Control:
    return Control(
        "contrat.organisme.certifications.perte",
        "contrat",
        "organisme",
        "certifications",
        Gravity.CRITIQUE,
        Status.CONFORME if certified else Status.NON_CONFORME,
        combien(certified, "organisme certifié", "organismes certifiés"),
        "au moins un organisme certifié",
        "Des organismes sont certifiés."
        if certified
        else f"Aucun organisme n'est certifié pour rien ({combien(rows, 'ligne')}) : les "
        f"certifications ont été perdues. {advice}",
    )
