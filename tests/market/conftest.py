"""What the tests of the market share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
import vl_convert

from tests.light import shared_by_all

_draw = vl_convert.vegalite_to_svg


@pytest.fixture(scope="session", autouse=True)
def _drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have Vega draw the same chart once, for all the processes of a run."""
    kept = shared_by_all(tmp_path_factory) / "dessins"
    kept.mkdir(exist_ok=True)

    def draw(*args: Any, **how: Any) -> str:
        path = kept / sha256(json.dumps([args, how], sort_keys=True).encode()).hexdigest()
        if not path.exists():
            (part := path.with_suffix(f".{os.getpid()}")).write_text(_draw(*args, **how))
            part.rename(path)
        return path.read_text()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vl_convert, "vegalite_to_svg", draw)
        yield
