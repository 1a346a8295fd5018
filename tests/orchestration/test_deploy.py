"""The recipes of ``deploy/``: well written, and naming what exists."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml  # type: ignore[import-untyped]

from pipelines.cli.main import app
from pipelines.orchestration.instance import URL
from pipelines.settings import ROOT, Settings
from tests.orchestration.daemons import program

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "opac.service"
_GROUP: Any = typer.main.get_command(app)
_VARIABLES = {f"OPAC_{field.name.upper()}" for field in fields(Settings)} | {
    *(URL, "OPAC_SMTP_PASSWORD", "OPAC_WEBHOOK_SECRET"),
    "OPAC_PG_MOTDEPASSE",  # compose's own
}


def _parsed(command: str) -> None:
    """See that the command line reads a command as written."""
    name, *args = command.split()
    with _GROUP.commands[name].make_context(name, args):
        pass


def test_the_unit_runs_a_command_that_exists() -> None:
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())

    service = unit["Service"]

    executable, command = service["ExecStart"].split(maxsplit=1)
    assert executable == "/opt/opac/.venv/bin/opac"
    _parsed(command)
    assert service["Environment"] == f"OPAC_HOME=/var/lib/{service['StateDirectory']}"
    assert int(service["TimeoutStopSec"]) > 10
    assert service["KillMode"] == "mixed", "SIGTERM to opac alone, which stops the others"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd manque")
def test_systemd_finds_nothing_to_say_of_the_unit(tmp_path: Path) -> None:
    here = UNIT.read_text().replace("/opt/opac/.venv/bin/opac", program("opac"))
    unit = tmp_path / "opac.service"
    unit.write_text(here)

    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_image_copies_what_the_command_needs() -> None:
    lines = [
        line.split()
        for line in (DEPLOY / "Containerfile").read_text().replace("\\\n", " ").splitlines()
        if line and not line.startswith("#")
    ]

    copied = [name for line in lines if line[0] == "COPY" for name in line[1:-1]]

    assert all((ROOT / name).exists() for name in copied), copied
    tracked = {"assets", "pipelines", "sql", "data/reference", "data/sample", "workspace.yaml"}
    assert tracked < set(copied)
    (command,) = [" ".join(line[1:]) for line in lines if line[0] == "CMD"]
    _parsed(" ".join(yaml.safe_load(command)))


def test_the_services_of_compose_agree() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

    opac, postgresql = compose["services"]["opac"], compose["services"]["postgresql"]

    assert (DEPLOY / opac["build"]["context"] / opac["build"]["dockerfile"]).is_file()
    assert opac["depends_on"] == {"postgresql": {"condition": "service_healthy"}}
    url, made = opac["environment"][URL], postgresql["environment"]
    host = f"{made['POSTGRES_USER']}:{made['POSTGRES_PASSWORD']}@postgresql/{made['POSTGRES_DB']}"
    assert url == f"postgresql://{host}"
    assert opac["ports"] == ["127.0.0.1:3000:3000"], "the page has no password"
    for service in (opac, postgresql):
        assert {volume.split(":")[0] for volume in service["volumes"]} <= compose["volumes"].keys()


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_the_variables_named_exist(path: Path) -> None:
    assert set(re.findall(r"\bOPAC_\w+", path.read_text())) <= _VARIABLES


def test_what_was_not_tried_is_said_to_be() -> None:
    text = (DEPLOY / "README.md").read_text()

    for title in re.findall(r"^## .*$", text, re.MULTILINE):
        assert title.endswith("(non essayé ici)")
