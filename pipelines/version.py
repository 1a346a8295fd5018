"""Which code and which rules made a release."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import version

from pipelines.settings import ROOT

_SOURCES = ("pipelines/**/*.py", "assets/**/*.py", "sql/**/*.sql", "data/reference/*.csv")


@lru_cache(maxsize=1)
def code_version() -> str:
    """Give the version and a fingerprint of the code, the SQL and the rules it runs.

    A release made by other code or rules than these is built again, even from the same list.
    """
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return f"{version('opac')}+{digest.hexdigest()[:12]}"
