"""The new build beside the last release of the same home: rows, fill rates, certified shares."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

from pipelines.french import taux
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.quality.swaps import swapped
from pipelines.quality.thresholds import threshold
from pipelines.registers.contract import FLAGS

_TABLE = "socle.organisme"
_CERTIFIED = "est_certifie"
_HOW_TO_ACCEPT = (
    "vérifiez auprès de la source, puis acceptez cet écart pour cette liste avec "
    '« opac refresh --accepter {regle} --motif "…" » s\'il est réel.'
)


# Shares are floats: 1.0 - 0.95 is a little more than 0.05.
_SLACK = 1e-9


class Facts(NamedTuple):
    """Rows, filled cells by column and certified rows by flag of one database."""

    rows: int
    filled: dict[str, int]
    certified: dict[str, int]

    def share(self, count: int) -> float:
        """Share of the rows, 0 when there are none."""
        return count / self.rows if self.rows else 0.0


def compare(new: Path, old: Path | None, list_date: dt.date) -> list[Control]:
    """Compare two databases; without an earlier release there is nothing to compare with."""
    if old is None:
        return [
            Control(
                "comparaison.version_precedente",
                "comparaison",
                _TABLE,
                None,
                Gravity.AVERTISSEMENT,
                Status.SANS_OBJET,
                "aucune",
                "une version précédente",
                "Première version de ce dossier : rien à quoi la comparer.",
            )
        ]
    now, before = _facts(new), _facts(old)
    return [
        _rows(now, before, list_date),
        *_fill(now, before, list_date),
        _certified_share(now, before, list_date),
        *(_category(flag, now, before, list_date) for flag in FLAGS),
        _swapped(new, old),
        _older(new, old),
    ]


def _facts(path: Path) -> Facts:
    import duckdb

    with duckdb.connect(path, read_only=True) as con:
        columns = [row[0] for row in con.execute(f"describe {_TABLE}").fetchall()]
        counts = ", ".join(f"count({column})" for column in columns)
        flags = ", ".join(f"count(*) filter (where {f})" for f in (_CERTIFIED, *FLAGS))
        row = con.execute(f"select count(*), {counts}, {flags} from {_TABLE}").fetchone() or ()
    filled = dict(zip(columns, row[1 : 1 + len(columns)], strict=True))
    certified = dict(zip((_CERTIFIED, *FLAGS), row[1 + len(columns) :], strict=True))
    return Facts(row[0], filled, certified)


class _Finding(NamedTuple):
    """One comparison made: what was compared, whether it holds, the figures."""

    name: str
    column: str | None
    good: bool
    measure: str
    wanted: str
    what: str


def _control(found: _Finding) -> Control:
    regle = f"comparaison.{found.name}"
    advice = f"{found.what} : {_HOW_TO_ACCEPT.format(regle=regle)}"
    return Control(
        regle,
        "comparaison",
        _TABLE,
        found.column,
        Gravity.CRITIQUE,
        Status.CONFORME if found.good else Status.NON_CONFORME,
        found.measure,
        found.wanted,
        found.what if found.good else advice,
    )


def _rows(now: Facts, before: Facts, day: dt.date) -> Control:
    least = threshold("part_lignes_min", day)
    return _control(
        _Finding(
            "nb_lignes",
            None,
            now.rows >= least * before.rows - _SLACK,
            f"{now.rows} lignes, {before.rows} dans la version précédente",
            f"au moins {100 * least:g} % des lignes de la version précédente",
            "Nombre de lignes comparé à la version précédente",
        )
    )


def _fill(now: Facts, before: Facts, day: dt.date) -> list[Control]:
    most = threshold("baisse_remplissage_max", day)
    made = []
    for column in now.filled.keys() & before.filled.keys():
        old, new = before.share(before.filled[column]), now.share(now.filled[column])
        made.append(
            _control(
                _Finding(
                    f"remplissage.{column}",
                    column,
                    old - new <= most + _SLACK,
                    f"{taux(new)}, {taux(old)} dans la version précédente",
                    f"une baisse de {100 * most:g} points au plus",
                    f"Remplissage de la colonne {column} comparé à la version précédente",
                )
            )
        )
    return sorted(made, key=lambda control: control.regle)


def _certified_share(now: Facts, before: Facts, day: dt.date) -> Control:
    most = threshold("ecart_part_certifiee_max", day)
    old, new = (f.share(f.certified[_CERTIFIED]) for f in (before, now))
    return _control(
        _Finding(
            "part_certifiee",
            _CERTIFIED,
            abs(new - old) <= most + _SLACK,
            f"{taux(new)}, {taux(old)} dans la version précédente",
            f"un écart de {100 * most:g} points au plus",
            "Part d'organismes certifiés comparée à la version précédente",
        )
    )


def _category(flag: str, now: Facts, before: Facts, day: dt.date) -> Control:
    """Compare shares, not counts: fewer rows are the business of ``nb_lignes`` alone."""
    least = threshold("part_categorie_min", day)
    old, new = (facts.share(facts.certified[flag]) for facts in (before, now))
    return _control(
        _Finding(
            f"certifies.{flag.removeprefix('certifie_')}",
            flag,
            new >= least * old - _SLACK,
            f"{taux(new)} des lignes ({now.certified[flag]}), {taux(old)} "
            f"({before.certified[flag]}) dans la version précédente",
            f"au moins {100 * least:g} % de la part précédente",
            f"Part d'organismes certifiés ({flag}) comparée à la version précédente",
        )
    )


def _swapped(new: Path, old: Path) -> Control:
    found = swapped(new, old)
    told = ", ".join(f"{' et '.join(swap.columns)} ({taux(swap.share)})" for swap in found)
    return _control(
        _Finding(
            "colonnes_interverties",
            None,
            not found,
            told or "aucune",
            "aucune paire de colonnes échangée depuis la version précédente",
            "Contenus échangés entre deux colonnes, organisme par organisme",
        )
    )


def _older(new: Path, old: Path) -> Control:
    """An older list is not refused (someone may go back on purpose), but it is said."""
    dates = [_content_date(path) for path in (new, old)]
    good = dates[0] >= dates[1]
    return Control(
        "comparaison.date_liste",
        "comparaison",
        "meta.publication",
        "date_contenu",
        Gravity.AVERTISSEMENT,
        Status.CONFORME if good else Status.NON_CONFORME,
        f"{dates[0]}, {dates[1]} dans la version précédente",
        "une liste qui n'est pas plus ancienne",
        "Date de la liste comparée à la version précédente"
        if good
        else "La liste est plus ancienne que celle de la version précédente : vérifiez la source.",
    )


def _content_date(path: Path) -> dt.date:
    import duckdb

    with duckdb.connect(path, read_only=True) as con:
        row = con.execute("select date_contenu from meta.publication").fetchone()
    found = row[0] if row else None
    if not isinstance(found, dt.date):
        raise TypeError(f"{path}: meta.publication holds no content date")
    return found
