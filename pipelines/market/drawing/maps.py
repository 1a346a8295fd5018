"""Maps of départements: classes of equal size, insets for the overseas and for Paris."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from pipelines.market.drawing.contours import (
    OVERSEAS,
    PARIS_AREA,
    Box,
    Shape,
    feature,
    laid,
    middle,
    outlines,
)
from pipelines.market.drawing.style import INK, RULE, SEQUENCE, SOFT, VERMILION, WIDTH, finished
from pipelines.market.drawing.svg import HATCHED

if TYPE_CHECKING:
    import altair as alt

_SMALL = "moins de 5 organismes"
_NONE = "sans donnée"
_NO_DATA = "#e9e9e9"
_CLASSES = 5
# What rounding leaves of a figure that is exact.
_NOTHING = 1e-9
_MOST_DECIMALS = 6
# Where things stand on a map of the whole country, in pixels.
_MAINLAND: Box = (2, 4, WIDTH - 4, 332)
_ZOOM: Box = (8, 262, 56, 56)
_OVERSEAS_TOP, _OVERSEAS_HEIGHT, _INSET = 348, 52, WIDTH / len(OVERSEAS)
_NATION_HEIGHT = 424
# On a map of one region.
_REGION: Box = (8, 8, WIDTH - 16, 300)
_REGION_HEIGHT = 316
_REGION_ZOOM: Box = (WIDTH / 2 - 80, _REGION_HEIGHT + 26, 160, 120)
_ZOOMED_HEIGHT = _REGION_HEIGHT + 156


@dataclass(frozen=True)
class Choropleth:
    """Values by département, and how they are told.

    ``small`` are those that rest on too few organisations: hatched. ``apart`` are given a class of
    their own, told by ``apart_label``.
    """

    values: Mapping[str, float | None]
    legend: str
    write: Callable[[float, int], str]
    small: frozenset[str] = frozenset()
    small_label: str = _SMALL
    apart: frozenset[str] = frozenset()
    apart_label: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def can_be_drawn(self) -> bool:
        """Tell whether there is a shape and a value to show on it."""
        return any(code in outlines() for code in self._shown()) or bool(self.apart)

    def draw(self, *, region: bool) -> alt.TopLevelMixin:
        """Draw the country, or a region as large as the page lets it."""
        codes = list(self.values)
        return self._region(codes) if region else self._nation(codes)

    def _nation(self, codes: Sequence[str]) -> alt.TopLevelMixin:
        mainland = tuple(code for code in outlines() if code not in OVERSEAS)
        shapes = [
            *laid(mainland, _MAINLAND).items(),
            *laid(PARIS_AREA, _ZOOM).items(),
        ]
        x, y, width, height = _ZOOM
        frames = [(x - 6, y - 6, x + width + 6, y + height + 6)]
        texts = [
            _text(x - 6, y - 44 + 14 * rank, line)
            for rank, line in enumerate(("Paris et", "petite", "couronne"))
        ]
        for rank, code in enumerate(OVERSEAS):
            left = rank * _INSET
            box = (left + 8, _OVERSEAS_TOP, _INSET - 16, _OVERSEAS_HEIGHT)
            shapes += laid((code,), box).items()
            name = self.names.get(code, code)
            texts.append(_text(left + _INSET / 2, _OVERSEAS_TOP + 68, name, align="center"))
        frames.append((0, _OVERSEAS_TOP - 7, WIDTH, _OVERSEAS_TOP - 7))
        return self._composed(shapes, frames, texts, _NATION_HEIGHT)

    def _region(self, codes: Sequence[str]) -> alt.TopLevelMixin:
        main = laid(tuple(codes), _REGION)
        zoomed = set(PARIS_AREA) <= set(main)
        shapes = list(main.items())
        texts = [
            _text(*middle(shape), code, align="center", halo=True)
            for code, shape in main.items()
            if not (zoomed and code in PARIS_AREA)
        ]
        frames = []
        if zoomed:
            inset = laid(PARIS_AREA, _REGION_ZOOM)
            shapes += inset.items()
            x, y, width, height = _REGION_ZOOM
            frames.append((x - 8, y - 8, x + width + 8, y + height + 8))
            texts.append(_text(WIDTH / 2, y - 16, "Paris et petite couronne", align="center"))
            texts += [
                _text(*middle(shape), code, align="center", halo=True)
                for code, shape in inset.items()
            ]
        height = _ZOOMED_HEIGHT if zoomed else _REGION_HEIGHT
        return self._composed(shapes, frames, texts, height)

    def _composed(
        self,
        shapes: Iterable[tuple[str, Shape]],
        frames: Sequence[tuple[float, float, float, float]],
        texts: Sequence[dict[str, Any]],
        height: float,
    ) -> alt.TopLevelMixin:
        import altair as alt

        classes, told = self._classes()
        features = [feature(shape, {"classe": told.get(code, _NONE)}) for code, shape in shapes]
        met = {one["properties"]["classe"] for one in features}
        kept = {label: colour for label, colour in classes.items() if label in met}
        legend = alt.Legend(
            title=self.legend,
            orient="bottom",
            direction="vertical",
            columns=2,
            symbolType="square",
            symbolSize=180,
            offset=14,
        )
        colour = alt.Color(
            "properties.classe:N",
            scale=alt.Scale(domain=list(kept), range=list(kept.values())),
            legend=legend,
        )
        ground = (
            # As text: Altair would look into each of the points.
            alt.Chart(alt.InlineData(values=json.dumps(features), format=alt.JsonDataFormat()))
            .mark_geoshape(stroke="#ffffff", strokeWidth=0.6)
            .encode(color=colour)
            .project(type="identity", scale=1, translate=[0, 0])
        )
        layers = [ground, *_frames(frames), *_labels(texts)]
        return finished(alt.layer(*layers).properties(width=WIDTH, height=height))

    def _shown(self) -> dict[str, float]:
        return {
            code: value
            for code, value in self.values.items()
            if value is not None and code not in self.small and code not in self.apart
        }

    def _classes(self) -> tuple[dict[str, str], dict[str, str]]:
        """Give the colour of each class, in order, and the class of each département."""
        shown = self._shown()
        bounds = breaks(list(shown.values()))
        labels = self._labels(bounds, list(shown.values()))
        # Few classes still go from the lightest colour to the darkest.
        step = (len(SEQUENCE) - 1) / max(len(labels) - 1, 1)
        colours = {label: SEQUENCE[round(rank * step)] for rank, label in enumerate(labels)}
        colours |= {self.apart_label: VERMILION, self.small_label: HATCHED, _NONE: _NO_DATA}
        told = {
            code: labels[sum(value >= bound for bound in bounds)] for code, value in shown.items()
        }
        told |= dict.fromkeys(self.small, self.small_label)
        told |= dict.fromkeys(self.apart, self.apart_label)
        return colours, told

    def _labels(self, bounds: Sequence[float], values: Sequence[float]) -> list[str]:
        if not values:
            return []
        exact = _decimals(bounds)
        lowest = self.write(min(values), exact if min(values) else 0)
        highest = self.write(max(values), exact)
        if not bounds:
            return [lowest if lowest == highest else f"{lowest} à {highest}"]
        told = [self.write(bound, exact) for bound in bounds]
        below = {value for value in values if value < bounds[0]}
        return [
            lowest if len(below) == 1 else f"moins de {told[0]}",
            *(f"{low} à {high}" for low, high in pairwise(told)),
            f"{told[-1]} et plus",
        ]


def breaks(values: Sequence[float]) -> list[float]:
    """Give round bounds that part values in classes of about the same size."""
    if len(set(values)) < 2:
        return []
    # With few places, few classes: each should hold two at least.
    count = min(_CLASSES, max(2, len(values) // 2))
    cuts = quantiles(values, n=count, method="inclusive")
    if cuts[0] == (lowest := min(values)):
        # Many places at the lowest value (none at all, often): a class for them, the rest parted.
        above = [value for value in values if value > lowest]
        cuts = [min(above)]
        if count > 2:
            cuts += quantiles([*above, max(above)], n=count - 1, method="inclusive")
    for digits in (2, 3, 4):
        bounds = sorted({float(f"{cut:.{digits}g}") for cut in cuts})
        kept = [bound for bound in bounds if lowest < bound <= max(values)]
        if len(kept) == count - 1:
            break
    return kept


def _decimals(bounds: Sequence[float]) -> int:
    """Count the decimals that tell these bounds exactly: they were rounded to a few digits."""
    return next(
        (d for d in range(_MOST_DECIMALS) if all(abs(round(b, d) - b) < _NOTHING for b in bounds)),
        _MOST_DECIMALS,
    )


def _text(
    x: float, y: float, text: str, *, align: str = "left", halo: bool = False
) -> dict[str, Any]:
    return {"x": x, "y": y, "texte": text, "align": align, "halo": halo}


def _frames(frames: Sequence[tuple[float, float, float, float]]) -> list[Any]:
    import altair as alt

    if not frames:
        return []
    values = [dict(zip(("x", "y", "x2", "y2"), frame, strict=True)) for frame in frames]
    return [
        alt.Chart(alt.InlineData(values=values))
        .mark_rect(fillOpacity=0, stroke=RULE)
        .encode(x=_pixel("x"), y=_pixel("y"), x2=alt.X2("x2"), y2=alt.Y2("y2"))
    ]


def _labels(texts: Sequence[dict[str, Any]]) -> list[Any]:
    import altair as alt

    layers = []
    for align in ("left", "center"):
        for halo in (True, False):
            values = [
                text for text in texts if text["align"] == align and (text["halo"] or not halo)
            ]
            if not values:
                continue
            base = alt.Chart(alt.InlineData(values=values))
            look: dict[str, Any] = {"color": INK if any(t["halo"] for t in values) else SOFT}
            if halo:
                look |= {"stroke": "#ffffff", "strokeWidth": 3, "strokeJoin": "round"}
            layers.append(
                base.mark_text(align=align, baseline="middle", **look).encode(
                    x=_pixel("x"), y=_pixel("y"), text=alt.Text("texte:N")
                )
            )
    return layers


def _pixel(name: str) -> Any:
    import altair as alt

    channel = {"x": alt.X, "y": alt.Y}[name]
    return channel(f"{name}:Q", scale=None, axis=None)
