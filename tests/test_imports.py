"""The collector of garbage, while libraries are imported."""

from __future__ import annotations

import subprocess
import sys

from pipelines.settings import ROOT

_TWICE = """
import gc
from pipelines.imports import collector_paused
before = gc.get_freeze_count()
with collector_paused():
    print(gc.isenabled())
left_out = gc.get_freeze_count()
print(gc.isenabled(), left_out > before)
more = [[] for _ in range(10_000)]
with collector_paused():
    print(gc.isenabled())
print(gc.isenabled(), gc.get_freeze_count() == left_out)
"""
_FAILED = """
import gc
from pipelines.imports import collector_paused
try:
    with collector_paused():
        import nowhere
except ImportError:
    print(gc.isenabled())
"""


def _told(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_collector_is_paused_and_leaves_out_what_it_finds_once_a_process() -> None:
    assert _told(_TWICE) == ["False", "True True", "False", "True True"]


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    assert _told(_FAILED) == ["True"]
