"""Charts with two axes: sizes on a logarithmic scale, shares, months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipelines.market.drawing.style import GREY, SOFT, WIDTH, Series, finished
from pipelines.market.figure import Row

if TYPE_CHECKING:
    import altair as alt

# Labels that fit under a chart as wide as a phone: powers of ten, months.
_POWERS, _MONTHS = 6, 4


def histogram(shown: Sequence[Row], title: str, series: Sequence[Series]) -> alt.TopLevelMixin:
    """Draw counts by power of two, on a logarithmic axis; the series are drawn one over another."""
    import altair as alt

    values = [
        {
            "bas": row["borne_basse"],
            "haut": row["borne_haute"] + 1,
            "serie": one.label,
            "valeur": row[one.column],
        }
        for one in series
        for row in shown
    ]
    highest = max(row["borne_haute"] for row in shown) + 1
    powers = [power for power in range(20) if 10**power <= highest]
    # Enough for the eye, few enough for their labels: 1, 10, 100… or 1, 1 000, 1 000 000…
    step = 1 if len(powers) <= _POWERS else 3
    ticks = [10**power for power in powers[::step]]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_rect(stroke="#ffffff", strokeWidth=1)
        .encode(
            x=alt.X(
                "bas:Q",
                title=title,
                scale=alt.Scale(type="log", domain=[1, highest], nice=False),
                axis=alt.Axis(values=ticks, format=",.0f", grid=False, labelFlush=True),
            ),
            x2="haut:Q",
            y=alt.Y(
                "valeur:Q",
                title=None,
                scale=alt.Scale(zero=True, nice=True),
                axis=alt.Axis(tickCount=5, format=",.0f", domain=False, ticks=False),
            ),
            y2=alt.datum(0),
            color=_colours(series),
        )
    )
    return finished(_framed(chart, 230))


def curves(
    shown: Sequence[Row], series: Sequence[Series], titles: tuple[str, str]
) -> alt.TopLevelMixin:
    """Draw Lorenz curves, and the diagonal of equal shares."""
    import altair as alt

    values = [
        {"x": row["centile"], "serie": one.label, "y": row[one.column]}
        for one in series
        for row in shown
    ]
    values += [{"x": end, "serie": _EQUAL, "y": end} for end in (0, 100)]
    named = [*series, Series(_EQUAL, "", GREY)]
    axis: dict[str, Any] = {
        "values": [0, 20, 40, 60, 80, 100],
        "labelExpr": "datum.label + '\u00a0%'",
    }
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(strokeWidth=2.5)
        .encode(
            x=alt.X("x:Q", title=titles[0], axis=alt.Axis(**axis, labelFlush=True)),
            y=alt.Y("y:Q", title=None, axis=alt.Axis(**axis)),
            color=_colours(named, "stroke"),
            # A dash besides the colour, for whoever prints in black and white.
            strokeDash=alt.StrokeDash(
                "serie:N",
                scale=alt.Scale(
                    domain=[one.label for one in named],
                    range=[[1, 0], [6, 3], [2, 3]][: len(named)],
                ),
                legend=None,
            ),
            detail="serie:N",
        )
        .properties(title=_subtitle(titles[1]))
    )
    return finished(_framed(chart, 300))


def months(shown: Sequence[Row], series: Sequence[Series]) -> alt.TopLevelMixin:
    """Draw stacked counts by month; ``mois`` of a row is its first day, as text."""
    import altair as alt

    values = [
        {"mois": row["jour"], "serie": one.label, "ordre": order, "valeur": row[one.column]}
        for row in shown
        for order, one in enumerate(series)
    ]
    labelled = _few([row["jour"] for row in shown])
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            x=alt.X(
                "yearmonth(mois):T",
                title=None,
                axis=alt.Axis(format="%b %Y", grid=False, values=labelled),
            ),
            y=alt.Y(
                "valeur:Q",
                title=None,
                stack="zero",
                axis=alt.Axis(tickCount=5, format=",.0f", domain=False, ticks=False),
            ),
            order="ordre:Q",
            color=_colours(series),
        )
    )
    return finished(_framed(chart, 230))


def _few(days: Sequence[str]) -> list[Any]:
    """Give a few months to label, evenly spaced, from the first on."""
    import altair as alt

    months = [int(day[:4]) * 12 + int(day[5:7]) - 1 for day in days]
    step = -(-(max(months) - min(months) + 1) // _MONTHS)
    return [
        alt.DateTime(year=month // 12, month=month % 12 + 1, date=1)
        for month in range(min(months), max(months) + 1, step)
    ]


_EQUAL = "parts égales"


def _colours(series: Sequence[Series], symbol: Any = "square") -> Any:
    import altair as alt

    legend = alt.Legend(
        title=None,
        orient="top",
        direction="horizontal",
        columns=2 if symbol == "stroke" else 3,
        offset=8,
        symbolType=symbol,
    )
    return alt.Color(
        "serie:N",
        sort=None,
        scale=alt.Scale(domain=[one.label for one in series], range=[one.colour for one in series]),
        legend=legend if len(series) > 1 else None,
    )


def _subtitle(text: str) -> Any:
    import altair as alt

    return alt.TitleParams(
        text, anchor="start", fontSize=12, fontWeight="normal", color=SOFT, frame="bounds"
    )


def _framed(chart: Any, height: int) -> Any:
    """Give a chart with axes the whole width, axes included."""
    import altair as alt

    return chart.properties(
        width=WIDTH, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )
