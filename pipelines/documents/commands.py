"""The command reference, from the commands themselves: ``docs/commandes.md``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from pipelines.cli.main import app


def reference_text() -> str:
    """Write every command, its arguments and options, as ``opac --help`` knows them."""
    group: Any = typer.main.get_command(app)
    parts = [
        "# Commandes",
        "",
        "Ce document est produit par `make docs` à partir des commandes ; `opac COMMANDE --help` "
        "dit la même chose.",
        "",
        _sentence(app.info.epilog),
        "",
    ]
    for name, command in group.commands.items():
        parts += _section(f"opac {name}", command)
    return "\n".join(parts).rstrip("\n") + "\n"


def _section(called: str, command: Any, level: str = "##") -> list[str]:
    """Write one command; a group, by its commands."""
    parts = [f"{level} {called}", "", _sentence(command.help), ""]
    if inside := getattr(command, "commands", {}):
        for name, one in inside.items():
            parts += _section(f"{called} {name}", one, f"{level}#")
        return parts
    usage = [called]
    rows = []
    for param in command.params:
        if param.param_type_name == "argument":
            word = str(param.name).upper()
            usage.append(word if param.required else f"[{word}]")
            label = f"`{word}`"
        else:
            label = ", ".join(f"`{opt}`" for opt in [*param.opts, *param.secondary_opts])
            if param.metavar:
                label += f" `{param.metavar}`".replace("|", "\\|")
        default = "" if param.default in (None, False, "") else f" (défaut : {param.default})"
        rows.append(f"| {label} | {_sentence(param.help)}{default} |")
    parts += ["```", " ".join([*usage, "[OPTIONS]"]), "```", ""]
    return [*parts, "| option | sens |", "|---|---|", *rows, ""]


def _sentence(text: Any) -> str:
    return " ".join(str(text or "").split())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference_text(), encoding="utf-8")
