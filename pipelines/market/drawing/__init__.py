"""Drawings of the report: charts, bars, maps, their style, and SVG.

Nothing here reads the release or knows what a chapter tells."""
