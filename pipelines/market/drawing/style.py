"""How all drawings look: narrow enough for a phone, in colours that all eyes tell apart."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.market.figure import Row

if TYPE_CHECKING:
    import altair as alt

# Drawn at the width of a phone, and enlarged in wider columns: the reverse cannot be read.
WIDTH = 360
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
FONT_SIZE = 12
INK, SOFT, RULE, PAPER = "#1b1e22", "#555b63", "#d5d9de", "#ffffff"
# Okabe and Ito; orange is darkened so that a bar stands out of white paper as much as the others.
BLUE, ORANGE, VERMILION, GREEN, GREY = (
    "#0072b2",
    "#c77c00",
    "#d55e00",
    "#009e73",
    "#868c93",
)
# Viridis, from low to high, without its glaring end.
SEQUENCE = ("#d2e21b", "#5ec962", "#21918c", "#3b528b", "#440154")


@dataclass(frozen=True)
class Series:
    """One of several series: its name, its column, its colour."""

    label: str
    column: str
    colour: str


def met(rows: Sequence[Row], series: Sequence[Series]) -> list[Series]:
    """Keep the series that have something to show: no legend for what is never met."""
    return [one for one in series if any(row[one.column] for row in rows)] or [series[0]]


def finished(chart: Any) -> alt.TopLevelMixin:
    """Give a chart the common style."""
    text = {"labelFont": FONT, "labelFontSize": FONT_SIZE, "labelColor": INK}
    title = {"titleFont": FONT, "titleFontSize": FONT_SIZE, "titleFontWeight": "normal"}
    styled: alt.TopLevelMixin = chart.configure(
        background=PAPER,
        padding=2,
        font=FONT,
        aria=False,
        view={"stroke": None},
        text={"font": FONT, "fontSize": FONT_SIZE, "color": INK},
        axis={
            **text,
            **title,
            "titleColor": SOFT,
            "domainColor": GREY,
            "tickColor": GREY,
            "gridColor": "#e8eaed",
            "labelLimit": 400,
            "titleLimit": 400,
            "labelOverlap": True,
        },
        legend={
            **text,
            **title,
            "titleColor": SOFT,
            "labelLimit": 400,
            "titleLimit": 400,
            "rowPadding": 4,
        },
    )
    return styled


def lines(text: str, width: int) -> list[str]:
    """Break a label into lines."""
    return textwrap.wrap(text, width, break_long_words=False) or [""]
