"""A real PostgreSQL on loopback, for the time of a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import reserved_port

_DEBIAN = "/usr/lib/postgresql"
_USER = "postgres"


def _program(name: str) -> str:
    """Find one of PostgreSQL's programs; without any, skip, but fail where changes are admitted."""
    folders = [str(path) for path in sorted(Path(_DEBIAN).glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if found is None:
        reason = "postgresql manque : apt-get install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """Start an empty PostgreSQL; give its address. It refuses to run as root."""
    initdb, server = _program("initdb"), _program("postgres")
    user = _USER if os.getuid() == 0 else None
    # Not below pytest's own folder, which no other user may enter.
    with tempfile.TemporaryDirectory(prefix="opac-pg-") as name:
        if user:
            shutil.chown(name, user)
        data = f"{name}/data"
        subprocess.run(
            [initdb, "-D", data, "-U", "opac", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True,
            capture_output=True,
            cwd=name,
            user=user,
        )
        with reserved_port() as port:
            options = ("listen_addresses=127.0.0.1", f"port={port}", "fsync=off")
            told = (part for one in options for part in ("-c", one))
            with subprocess.Popen(
                [server, "-D", data, "-k", name, *told],
                cwd=name,
                stderr=subprocess.DEVNULL,
                user=user,
            ) as running:
                try:
                    yield f"postgresql://opac@127.0.0.1:{port}/postgres"
                finally:
                    running.terminate()
