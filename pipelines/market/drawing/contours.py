"""Outlines of the départements, laid on a plane: the mainland, the overseas, a zoom on Paris.

The shapes come as longitudes and latitudes. They are laid here in pixels of the drawing, so that a
map with its insets is a single drawing, and its size in the page stays small.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import cos, log, pi, radians, sin, tan
from typing import Any

from pipelines.settings import REFERENCE

Point = tuple[float, float]
Ring = list[Point]
# Polygons, each with its rings: the outline, then its holes.
Shape = list[list[Ring]]
# Left, top, width, height, in pixels.
Box = tuple[float, float, float, float]

OVERSEAS = ("971", "972", "973", "974", "976")
PARIS_AREA = ("75", "92", "93", "94")

# Coordinates are rounded to this part of a pixel: neighbours keep one border, the page is light.
_GRID = 0.3
# Lambert's conic conformal: the two parallels and the meridian of official maps of France.
_FIRST, _SECOND, _MERIDIAN = radians(44), radians(49), radians(3)
_CONE = log(cos(_FIRST) / cos(_SECOND)) / log(tan(pi / 4 + _SECOND / 2) / tan(pi / 4 + _FIRST / 2))
_RADIUS = cos(_FIRST) * tan(pi / 4 + _FIRST / 2) ** _CONE / _CONE


@lru_cache(maxsize=1)
def outlines() -> Mapping[str, Shape]:
    """Give the shape of each département, by its code."""
    text = (REFERENCE / "contours" / "fra.topo.json").read_text(encoding="utf-8")
    topology = json.loads(text)
    arcs = _arcs(topology)
    with (REFERENCE / "contour_departement.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["contour"]: row["code_departement"] for row in csv.DictReader(file)}
    return {
        codes[geometry["id"]]: _shape(geometry, arcs)
        for geometry in topology["objects"]["fra"]["geometries"]
    }


@lru_cache(maxsize=16)
def laid(codes: tuple[str, ...], box: Box) -> Mapping[str, Shape]:
    """Lay the shapes of ``codes`` in a box, as large as it lets them, in the middle."""
    found = {code: outlines()[code] for code in codes if code in outlines()}
    points = [point for shape in found.values() for ring in _rings(shape) for point in ring]
    if not points:
        return {}
    overseas = all(code in OVERSEAS for code in found)
    project = _local(points) if overseas else _lambert
    flat = [project(point) for point in points]
    place = _fitting(flat, box)
    return {
        code: [
            [_thinned(place(project(point)) for point in ring) for ring in polygon]
            for polygon in shape
        ]
        for code, shape in found.items()
    }


def feature(shape: Shape, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Write a laid shape as GeoJSON; specks smaller than a pixel are left out."""
    polygons = [kept for polygon in shape if (kept := [ring for ring in polygon if len(ring) > 3])]
    geometry = {"type": "MultiPolygon", "coordinates": polygons}
    return {"type": "Feature", "properties": dict(properties), "geometry": geometry}


def middle(shape: Shape) -> Point:
    """Give the centre of gravity of the largest outline: where a label goes."""
    ring = max((polygon[0] for polygon in shape), key=lambda ring: abs(_area(ring)))
    area = _area(ring)
    x = y = 0.0
    for (x0, y0), (x1, y1) in _sides(ring):
        cross = x0 * y1 - x1 * y0
        x, y = x + (x0 + x1) * cross, y + (y0 + y1) * cross
    return round(x / (6 * area), 1), round(y / (6 * area), 1)


def _arcs(topology: Mapping[str, Any]) -> list[Ring]:
    """Undo the delta coding of a quantised TopoJSON."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    decoded = []
    for arc in topology["arcs"]:
        xs = accumulate(step[0] for step in arc)
        ys = accumulate(step[1] for step in arc)
        decoded.append([(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)])
    return decoded


def _shape(geometry: Mapping[str, Any], arcs: Sequence[Ring]) -> Shape:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    return [[_ring(ring, arcs) for ring in polygon] for polygon in polygons]


def _ring(parts: Iterable[int], arcs: Sequence[Ring]) -> Ring:
    """Join arcs end to end; a negative number is an arc followed backwards."""
    ring: Ring = []
    for part in parts:
        points = arcs[part] if part >= 0 else arcs[~part][::-1]
        ring.extend(points[1:] if ring else points)
    return ring


def _lambert(point: Point) -> Point:
    radius = _RADIUS / tan(pi / 4 + radians(point[1]) / 2) ** _CONE
    angle = _CONE * (radians(point[0]) - _MERIDIAN)
    return radius * sin(angle), radius * cos(angle)


def _local(points: Sequence[Point]) -> Callable[[Point], Point]:
    """Far from the mainland, and small: degrees of longitude are shortened, no more."""
    latitudes = [latitude for _, latitude in points]
    short = cos(radians((min(latitudes) + max(latitudes)) / 2))
    return lambda point: (point[0] * short, -point[1])


def _fitting(points: Sequence[Point], box: Box) -> Callable[[Point], Point]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, top, width, height = box
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min(width / wide, height / high)
    x0 = left + (width - wide * scale) / 2 - min(xs) * scale
    y0 = top + (height - high * scale) / 2 - min(ys) * scale
    return lambda point: (_on_grid(x0 + point[0] * scale), _on_grid(y0 + point[1] * scale))


def _on_grid(pixels: float) -> float:
    return round(round(pixels / _GRID) * _GRID, 1)


def _thinned(points: Iterable[Point]) -> Ring:
    """Drop points that fell on the one before."""
    ring: Ring = []
    for point in points:
        if not ring or point != ring[-1]:
            ring.append(point)
    return ring


def _rings(shape: Shape) -> list[Ring]:
    return [ring for polygon in shape for ring in polygon]


def _sides(ring: Ring) -> Iterable[tuple[Point, Point]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _area(ring: Ring) -> float:
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _sides(ring)) / 2
