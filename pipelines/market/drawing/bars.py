"""Horizontal bars: ranked, stacked, side by side, or on both sides of zero.

Everything is placed here in pixels, labels included, so that a long label is broken into lines and
never cut, whatever it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipelines import french
from pipelines.market.drawing.style import BLUE, INK, PAPER, SOFT, WIDTH, Series, finished, lines
from pipelines.market.figure import Row

if TYPE_CHECKING:
    import altair as alt

# Labels up to this many letters stand beside their bar, longer ones above it.
_SHORT = 27
_LETTER, _LINE, _BAR, _GAP = 6.4, 14, 12, 4


@dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, its length, its figure as written, its colour."""

    label: str
    value: float
    text: str
    colour: str = BLUE


@dataclass
class _Drawing:
    """What is being placed: rectangles along the scale, words."""

    high: float
    low: float = 0.0
    room: float = 0.0  # what figures take at the end of the longest bar
    left: float = 0.0  # where bars begin
    rects: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    bottom: float = 0.0
    above: bool = False  # whether labels stand above their bars

    def position(self, value: float) -> float:
        """Give the pixel of a value."""
        room = self.room if self.low == 0 else 2 * self.room
        start = self.left if self.low == 0 else self.left + self.room
        span = (self.high - self.low) or 1
        return round(start + (WIDTH - self.left - room) * (value - self.low) / span, 1)

    def bar(self, start: float, end: float, top: float, colour: str) -> None:
        """Place a rectangle from a value to another."""
        first, last = sorted((self.position(start), self.position(end)))
        self.rects.append({"x": first, "x2": last, "y": top, "y2": top + _BAR, "c": colour})

    def figure(self, value: float, text: str, top: float) -> None:
        """Write the figure of a bar at its end."""
        sign = -1 if value < 0 and text.startswith(french.MINUS) else 1
        place = self.position(value) + sign * _GAP
        align = "right" if sign < 0 else "left"
        self.word(place, top + _BAR / 2, text, align)

    def word(self, x: float, y: float, text: str, align: str = "left", colour: str = INK) -> None:
        """Write words; ``y`` is the middle of their line."""
        self.words.append({"x": x, "y": y, "t": text, "a": align, "c": colour})

    def legend(self, series: Sequence[Series]) -> None:
        """Place the names of several series above the bars."""
        if len(series) < 2:
            return
        x = 0.0
        for one in series:
            needed = 16 + len(one.label) * _LETTER
            if x + needed > WIDTH:
                x, self.bottom = 0.0, self.bottom + 18
            top = self.bottom + 1
            self.rects.append({"x": x, "x2": x + 11, "y": top, "y2": top + 11, "c": one.colour})
            self.word(x + 16, top + 6, one.label)
            x += needed + 14
        self.bottom += 24

    def rows(self, labels: Sequence[str], bars: int = 1) -> list[float]:
        """Place the labels; give where the bars of each begin."""
        self.above = max(map(len, labels)) > _SHORT
        self.left = 0.0 if self.above else max(map(len, labels)) * _LETTER + 10
        block = bars * (_BAR + 2) - 2
        tops = []
        for label in labels:
            if self.above:
                for line in lines(label, 54):
                    self.word(0, self.bottom + _LINE / 2, line)
                    self.bottom += _LINE
                tops.append(self.bottom + 2)
                self.bottom += block + 12
            else:
                tops.append(self.bottom + 4)
                self.word(self.left - 8, tops[-1] + block / 2, label, "right")
                self.bottom += block + 8
        return tops

    def rule(self, value: float, tops: Sequence[float], bars: int = 1) -> None:
        """Place a line at a value, along the bars; where labels stand above, not through them."""
        x, high = self.position(value), bars * (_BAR + 2) - 2
        pieces = (
            [(top - 2, top + high + 2) for top in tops]
            if self.above
            else [(tops[0] - 6, tops[-1] + high + 4)]
        )
        self.rules += [{"x": x, "y": start, "y2": end} for start, end in pieces]

    def finished(self) -> alt.TopLevelMixin:
        """Draw all that was placed."""
        import altair as alt

        layers = [_rects(self.rects)]
        if self.rules:
            layers.append(_rules(self.rules))
        for align in ("left", "right"):
            if words := [one for one in self.words if one["a"] == align]:
                if self.rules:  # words stay readable across the line of reference
                    layers.append(_words(words, align, PAPER))
                layers.append(_words(words, align))
        chart = alt.layer(*layers).properties(width=WIDTH, height=self.bottom)
        return finished(chart)


def ranked(shown: Sequence[Bar], reference: tuple[float, str] | None = None) -> alt.TopLevelMixin:
    """Draw bars one under the other, in the order given.

    ``reference`` is a value to hold them against (the nation's), and its words.
    """
    longest = max([*(bar.value for bar in shown), reference[0] if reference else 0])
    drawing = _Drawing(longest, room=_room(bar.text for bar in shown))
    if reference:
        drawing.bottom = 20
    tops = drawing.rows([bar.label for bar in shown])
    for bar, top in zip(shown, tops, strict=True):
        drawing.bar(0, bar.value, top, bar.colour)
        drawing.figure(bar.value, bar.text, top)
    if reference:
        value, text = reference
        x = drawing.position(value)
        drawing.rule(value, tops)
        fits = x + len(text) * _LETTER < WIDTH
        drawing.word(x if fits else WIDTH, 8, text, "left" if fits else "right", SOFT)
    return drawing.finished()


def stacked(shown: Sequence[Row], label: str, series: Sequence[Series]) -> alt.TopLevelMixin:
    """Draw, for each row, the parts of a whole end to end, and the whole as a figure."""
    totals = [sum(row[one.column] for one in series) for row in shown]
    drawing = _Drawing(max(totals), room=_room(map(french.entier, totals)))
    drawing.legend(series)
    tops = drawing.rows([str(row[label]) for row in shown])
    for row, total, top in zip(shown, totals, tops, strict=True):
        start = 0
        for one in series:
            drawing.bar(start, start + row[one.column], top, one.colour)
            start += row[one.column]
        drawing.figure(total, french.entier(total), top)
    return drawing.finished()


def grouped(
    shown: Sequence[Row],
    label: str,
    series: Sequence[Series],
    write: Callable[[float | None], str],
) -> alt.TopLevelMixin:
    """Draw, for each row, one bar a series, each with its figure; null is written, not drawn."""
    values = [row[one.column] or 0 for row in shown for one in series]
    texts = [write(row[one.column]) for row in shown for one in series]
    drawing = _Drawing(max(*values, 0), min(*values, 0), room=_room(texts))
    drawing.legend(series)
    tops = drawing.rows([str(row[label]) for row in shown], len(series))
    for row, top in zip(shown, tops, strict=True):
        for rank, one in enumerate(series):
            value, place = row[one.column] or 0, top + rank * (_BAR + 2)
            drawing.bar(0, value, place, one.colour)
            drawing.figure(value, write(row[one.column]), place)
    if drawing.low < 0:
        drawing.rule(0, tops, len(series))
    return drawing.finished()


def _room(texts: Any) -> float:
    return max(len(text) for text in texts) * _LETTER + _GAP + 6


def _rects(values: Sequence[dict[str, Any]]) -> Any:
    import altair as alt

    return (
        alt.Chart(alt.InlineData(values=list(values)))
        .mark_rect()
        .encode(
            x=_pixel(alt.X, "x"),
            x2=alt.X2("x2"),
            y=_pixel(alt.Y, "y"),
            y2=alt.Y2("y2"),
            color=alt.Color("c:N", scale=None),
        )
    )


def _rules(values: Sequence[dict[str, Any]]) -> Any:
    import altair as alt

    return (
        alt.Chart(alt.InlineData(values=list(values)))
        .mark_rule(color=INK, strokeDash=[3, 2])
        .encode(x=_pixel(alt.X, "x"), y=_pixel(alt.Y, "y"), y2=alt.Y2("y2"))
    )


def _words(values: Sequence[dict[str, Any]], align: Any, halo: str = "") -> Any:
    import altair as alt

    look: dict[str, Any] = {"stroke": halo, "strokeWidth": 3} if halo else {}
    return (
        alt.Chart(alt.InlineData(values=list(values)))
        .mark_text(align=align, baseline="middle", **look)
        .encode(
            x=_pixel(alt.X, "x"),
            y=_pixel(alt.Y, "y"),
            text=alt.Text("t:N"),
            color=alt.Color("c:N", scale=None),
        )
    )


def _pixel(channel: Any, name: str) -> Any:
    return channel(f"{name}:Q", scale=None, axis=None)
