"""Dated thresholds of the gates, from ``data/reference/seuil_comparaison.csv``."""

from __future__ import annotations

import csv
import datetime as dt
from functools import lru_cache

from pipelines.settings import REFERENCE


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    with (REFERENCE / "seuil_comparaison.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def threshold(name: str, day: dt.date) -> float:
    """Give the value in force on ``day``; periods are month-day bounds, both included.

    Raises:
        KeyError: no period of this threshold holds the day.
    """
    month_day = day.strftime("%m-%d")
    for row in _rows():
        if row["seuil"] == name and row["du"] <= month_day <= row["au"]:
            return float(row["valeur"])
    raise KeyError(f"{name} {month_day}")
