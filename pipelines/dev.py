"""``make dev``: Dagster's web page and daemon on this home, until interrupted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines.home import Home
from pipelines.refresh import prepare_dagster
from pipelines.settings import ROOT, Settings


def main() -> None:
    """Replace this process by ``dagster dev`` on the workspace."""
    home = Home(Settings.load().home)
    home.prepare()
    prepare_dagster(home)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    dagster = Path(sys.executable).with_name("dagster")
    os.execv(dagster, [str(dagster), "dev", "-w", str(ROOT / "workspace.yaml")])  # noqa: S606


if __name__ == "__main__":
    main()
