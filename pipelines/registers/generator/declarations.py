"""Dates of declarations and exercises, as spread over the years as published."""

from __future__ import annotations

import datetime as dt

from pipelines.registers.generator.chance import Uniform

Declaration = tuple[str, str, str]
# How often organisations declare, by month: the campaign ends in May.
_BY_MONTH = (1, 1, 2, 5, 10, 3, 1, 1, 1, 1, 1, 1)
# From this month on, the declarations of the year are in.
_CAMPAIGN_OVER = 6
_OLDEST, _OLD_YEARS = 3, 7
_CIVIL_YEAR = 0.9


def french(date: dt.date) -> str:
    """Write a date as the list does."""
    return f"{date:%d/%m/%Y}"


def exercise(year: int, kind: int = 0) -> tuple[str, str]:
    """Give the exercise declared in ``year``: civil, or ending in June or August."""
    if kind == 0:
        return f"01/01/{year - 1}", f"31/12/{year - 1}"
    return (
        (f"01/07/{year - 2}", f"30/06/{year - 1}")
        if kind == 1
        else (f"01/09/{year - 2}", f"31/08/{year - 1}")
    )


class Declarations:
    """Declarations that a list of a date may hold."""

    def __init__(self, date: dt.date) -> None:
        self.last_year = date.year if date.month >= _CAMPAIGN_OVER else date.year - 1
        self._days = {
            year: _days(year, date)
            for year in range(self.last_year - _OLDEST - _OLD_YEARS + 1, self.last_year + 1)
        }

    def draw(self, age: int, uniform: Uniform) -> Declaration:
        """Draw a declaration made ``age`` years before the last campaign (3: three or more)."""
        back = age if age < _OLDEST else age + int(uniform() * _OLD_YEARS)
        year = self.last_year - back
        days = self._days[year]
        chance = uniform()
        kind = (
            0 if chance < _CIVIL_YEAR else 1 + int(2 * (chance - _CIVIL_YEAR) / (1 - _CIVIL_YEAR))
        )
        return days[int(uniform() * len(days))], *exercise(year, kind)


def _days(year: int, last: dt.date) -> list[str]:
    first = dt.date(year, 1, 1)
    days = [first + dt.timedelta(days=place) for place in range(365)]
    return [french(day) for day in days if day <= last for _ in range(_BY_MONTH[day.month - 1])]
