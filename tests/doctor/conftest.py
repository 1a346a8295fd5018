"""The released home and the command of ``tests/cli``, whose check-up is tried here."""

from __future__ import annotations

from tests.cli.conftest import _isolated, opac, released

__all__ = ["_isolated", "opac", "released"]
