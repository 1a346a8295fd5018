"""Outlines of départements, how they are laid, and the classes of a map."""

from __future__ import annotations

import csv
import itertools
import re

import pytest

from pipelines.market.drawing.contours import OVERSEAS, PARIS_AREA, feature, laid, middle, outlines
from pipelines.market.drawing.maps import Choropleth, breaks
from pipelines.market.drawing.svg import drawn
from pipelines.settings import REFERENCE

BOX = (0.0, 0.0, 300.0, 300.0)
# Towns well inside their département, as longitude and latitude: outlines have the right code.
TOWNS = {
    "13": (5.37, 43.5), "29": (-4.1, 48.0), "59": (3.06, 50.63), "67": (7.5, 48.6),
    "2A": (8.95, 41.75), "2B": (9.2, 42.3), "75": (2.34, 48.86), "974": (55.5, -21.1),
    "973": (-53.0, 4.0), "971": (-61.7, 16.2), "54": (6.1, 48.7), "68": (7.3, 47.8),
    "77": (2.9, 48.6), "70": (6.15, 47.62), "74": (6.4, 46.0),
}  # fmt: skip


def departements() -> dict[str, str]:
    with (REFERENCE / "departement.csv").open(encoding="utf-8", newline="") as file:
        return {row["code_departement"]: row["code_region"] for row in csv.DictReader(file)}


def test_there_is_an_outline_for_each_departement_proper() -> None:
    proper = {code for code in departements() if not code.startswith(("975", "977", "978", "98"))}
    assert set(outlines()) == proper
    assert len(proper) == 101


@pytest.mark.parametrize(("code", "town"), TOWNS.items())
def test_outlines_have_the_right_code(code: str, town: tuple[float, float]) -> None:
    assert [found for found in outlines() if inside(found, town)] == [code]


def inside(code: str, point: tuple[float, float]) -> bool:
    """Cast a ray: a point is inside when it crosses the outline an odd number of times."""
    x, y = point
    crossed = 0
    for polygon in outlines()[code]:
        for ring in polygon:
            for (x0, y0), (x1, y1) in itertools.pairwise(ring):
                if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
                    crossed += 1
    return crossed % 2 == 1


def test_shapes_fill_their_box_and_keep_north_up() -> None:
    mainland = tuple(code for code in outlines() if code not in OVERSEAS)
    shapes = laid(mainland, BOX)
    points = [p for shape in shapes.values() for polygon in shape for ring in polygon for p in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    assert min(xs) >= -0.5
    assert max(xs) <= 300.5
    assert max(max(xs) - min(xs), max(ys) - min(ys)) == pytest.approx(300, abs=1)
    lille, marseille, brest = (middle(shapes[code]) for code in ("59", "13", "29"))
    assert lille[1] < marseille[1]
    assert brest[0] < lille[0]
    # As wide as it is high, or nearly: a map in degrees would be a third wider.
    assert 0.9 < (max(xs) - min(xs)) / (max(ys) - min(ys)) < 1.1


def test_labels_stand_within_their_departement() -> None:
    for code in ("13", "29", "77", "95"):
        (shape,) = laid((code,), BOX).values()
        x, y = middle(shape)
        assert 0 < x < 300
        assert 0 < y < 300
    assert laid(("975",), BOX) == {}


def test_specks_are_left_out() -> None:
    speck = [
        [[(0.0, 0.0), (0.3, 0.0), (0.0, 0.0)]],
        [[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)]],
    ]
    assert len(feature(speck, {})["geometry"]["coordinates"]) == 1


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        ([], []),
        ([3.0], []),
        ([3.0, 3.0, 3.0], []),
        ([1.0, 2.0], [1.5]),
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2.7, 4.3]),
        ([float(n) for n in range(1, 101)], [21.0, 41.0, 60.0, 80.0]),
        ([0.0] * 50 + [1.0, 2.0, 3.0], [1.0, 1.8, 2.5, 3.0]),
        ([0.0] * 50 + [1.0], [1.0]),
    ],
)
def test_breaks_are_round_and_leave_no_class_empty(
    values: list[float], bounds: list[float]
) -> None:
    assert breaks(values) == pytest.approx(bounds)


def choropleth(values: dict[str, float | None], **more: object) -> str:
    made = Choropleth(values, "Légende", lambda value, decimals: f"{value:.{decimals}f}", **more)  # type: ignore[arg-type]
    return drawn(made.draw(region=False), "essai", "Titre")


def test_each_departement_has_the_colour_of_its_class() -> None:
    codes = list(outlines())
    svg = choropleth({code: float(rank) for rank, code in enumerate(codes)})
    for colour in ("#d2e21b", "#5ec962", "#21918c", "#3b528b", "#440154"):
        # About a fifth of the départements, the four of the inset, and the legend.
        assert 18 <= svg.count(f'fill="{colour}"') <= 28, colour
    assert "hachures" not in svg


def test_small_and_silent_places_are_told_apart() -> None:
    values: dict[str, float | None] = {code: float(rank) for rank, code in enumerate(outlines())}
    values["48"] = None
    svg = choropleth(
        values,
        small=frozenset({"05"}),
        apart=frozenset({"15"}),
        apart_label="aucun porteur",
    )
    # The place and its entry in the legend.
    assert svg.count('fill="url(#essai-hachures)"') == 2
    assert svg.count('fill="#d55e00"') == 2
    assert svg.count('fill="#e9e9e9"') == 2
    for words in ("moins de 5 organismes", "aucun porteur", "sans donnée", "Paris et"):
        assert words in svg


def test_paris_is_drawn_twice() -> None:
    svg = choropleth({code: (1.0 if code in PARIS_AREA else 0.0) for code in outlines()})
    assert svg.count('fill="#440154"') in {2 * len(PARIS_AREA), 2 * len(PARIS_AREA) + 1}


@pytest.mark.parametrize("scale", [0.001, 1.0, 1000.0])
def test_classes_are_told_apart_whatever_the_size_of_figures(scale: float) -> None:
    values = {code: (rank % 50) * 0.37 * scale for rank, code in enumerate(outlines())}
    svg = choropleth(dict(values), names=dict.fromkeys(OVERSEAS, "Outre-mer"))
    labels = re.findall(r">((?:moins de )?[\d.]+(?: à [\d.]+| et plus)?)</text>", svg)
    assert len(labels) == len(set(labels)) == 5
    for low, high in (label.split(" à ") for label in labels if " à " in label):
        assert float(low) < float(high)


def test_class_of_one_value_is_told_by_it() -> None:
    values = {code: (0.0 if rank < 60 else 1.0 + rank) for rank, code in enumerate(outlines())}
    assert ">0</text>" in choropleth(dict(values))
