"""What the tests of fetching share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.registers.download import Fetched, NotModified
from tests.registers.rows import wire_rows

LIST = wire_rows(20)
Fetch = Callable[..., Fetched | NotModified]


def received(answer: Fetched | NotModified, content: bytes = LIST) -> Fetched:
    """See that the list came, byte for byte."""
    assert isinstance(answer, Fetched)
    assert answer.path.read_bytes() == content
    return answer


def refused(ask: Fetch, folder: Path, kind: type[Exception], **changes: Any) -> str:
    """Fetch in vain, see that nothing is left behind, and give the message."""
    with pytest.raises(kind) as failure:
        ask(**changes)
    assert list(folder.iterdir()) == []
    message = str(failure.value)
    assert "la dernière version publiée reste en place" in message
    assert "--source FICHIER" in message
    return message
