"""What makes it cheaper to import heavy libraries."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def collector_paused() -> Iterator[None]:
    """Import libraries without collecting garbage, and leave them out of collections to come.

    They make hundreds of thousands of objects, which live to the end: going through them over and
    over is a good part of the import.
    """
    gc.disable()
    try:
        yield
    finally:
        _leave_out()
        gc.enable()


@cache  # once a process: of what is left out, garbage is never collected
def _leave_out() -> None:
    gc.freeze()
