"""French for what typer says by itself: the titles of its help, its usage errors."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pipelines.errors import UsageError

# What typer tells in English on a wrong request, and the same in French.
_ERRORS = (
    (r"Missing argument '(.+)'\.", "Il manque l'argument {0}"),
    (r"Missing option (.+?)\.(?: Choose from:.*)?", "Il manque l'option {0}"),
    (r"Got unexpected extra argument\(s\) \((.+)\)", "« {0} » est en trop"),
    (
        r"No such option: (.+) \(Possible options: (.+)\)",
        "L'option {0} n'existe pas (proches : {1})",
    ),
    (r"No such option: (.+)", "L'option {0} n'existe pas"),
    (
        r"No such command '(.+?)'\. Did you mean (.+)\?",
        "La commande « {0} » n'existe pas (proches : {1})",
    ),
    (r"No such command '(.+)'\.", "La commande « {0} » n'existe pas"),
    (r"Option '(.+)' requires an argument\.", "L'option {0} attend une valeur"),
    (r"Option '(.+)' does not take a value\.", "L'option {0} ne prend pas de valeur"),
    (
        r"Invalid value for '(.+)': Value error, '(.*)' is not one of (.+)\.",
        "{0} ne peut pas valoir « {1} » (valeurs possibles : {2})",
    ),
    (r"Invalid value for '(.+)': Input should be a valid integer.*", "{0} attend un nombre entier"),
    (
        r"Invalid value for '(.+)': Input should be greater than or equal to (.+)",
        "{0} doit valoir au moins {1}",
    ),
)


def usage_sentence(error: typer.TyperException) -> str:
    """Tell a usage error in one French sentence; nothing when the help was shown instead."""
    english = error.format_message()
    if not english:
        return ""
    told = f"La demande n'est pas comprise ({english})"
    for pattern, french in _ERRORS:
        if match := re.fullmatch(pattern, english, re.DOTALL):
            told = french.format(*(group.replace("'", "") for group in match.groups()))
            break
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "opac"
    return f"{told} : « {command} --help » dit comment l'écrire."


class _French:
    """What a command and a group of them say in French instead."""

    def get_help_option(self, ctx: Any) -> Any:
        return _help_option(super().get_help_option(ctx))  # type: ignore[misc]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        _format_usage(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        _contradictions(self, args)
        return super().parse_args(ctx, _bare(self, args))  # type: ignore[misc]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _titles()
        _untyped(self)
        super().format_help(ctx, formatter)  # type: ignore[misc]


class FrenchCommand(_French, TyperCommand):
    """A command whose help is in French."""


class FrenchGroup(_French, TyperGroup):
    """The commands together, their help in French."""


def _help_option(option: Any) -> Any:
    option.help = "Afficher cette aide."
    option.metavar = ""
    return option


def _format_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix="Usage : ")


def _contradictions(command: Any, args: list[str]) -> None:
    """Refuse a flag given both ways: typer would keep the last without a word."""
    given = set(args[: args.index("--")] if "--" in args else args)
    for param in command.params:
        for yes, no in product(given.intersection(param.opts), given & {*param.secondary_opts}):
            raise UsageError(f"{yes} et {no} se contredisent : donnez l'une ou l'autre.")


def _bare(command: Any, args: list[str]) -> list[str]:
    """Give an empty value to an option that may go without one: its metavar is in brackets."""
    may = {name for param in command.params if str(param.metavar)[:1] == "[" for name in param.opts}
    found: list[str] = []
    for place, arg in enumerate(args):
        found.append(arg)
        if arg in may and (place + 1 == len(args) or args[place + 1].startswith("-")):
            found.append("")
    return found


def _untyped(command: Any) -> None:
    """Keep the types of arguments, in English (« <str> »), out of the help: their text says it."""
    for param in command.params:
        if param.param_type_name == "argument":
            param.display_type_rich = _no_type


def _no_type(ctx: Any) -> None:
    return None


def _titles() -> None:
    """Translate what typer prints around our texts; it reads these when it prints."""
    from typer import rich_utils  # only help needs it

    rich_utils.COMMANDS_PANEL_TITLE = "Commandes"
    rich_utils.DEFAULT_STRING = "[défaut : {}]"
    rich_utils.REQUIRED_LONG_STRING = "[obligatoire]"
