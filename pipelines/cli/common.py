"""What the commands share: the home option, the consoles, French figures."""

from __future__ import annotations

import datetime as dt
import errno
import json
import re
import sys
import textwrap
from collections.abc import Container
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.errors import UsageError
from pipelines.home import Home, home_errors
from pipelines.printable import printable
from pipelines.settings import Settings
from pipelines.warehouse.release import Release, current

# Written to a file or a pipe, tables are not bound by the width of a screen.
OUT = Console(width=None if sys.stdout.isatty() else 200)
ERR = Console(stderr=True)

HomeOption = Annotated[
    Path | None,
    # readable: said by us, in French, with what to do.
    typer.Option(
        "--home",
        metavar="DOSSIER",
        readable=False,
        help="Dossier de travail (sinon OPAC_HOME, sinon data/home).",
    ),
]
SheetOption = Annotated[
    str | None,
    typer.Option(
        "--feuille",
        metavar="NOM",
        help="D'un classeur, la feuille à lire ; sinon celle qui montre le mieux ce qui est voulu.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", metavar="", help="Répondre en JSON.")]

# Where a line must not break, as French typography has it: before a colon, inside quotation marks
# (next to them at least), within a figure and before its unit.
_GLUED = re.compile(r" (?=[:;?!»€%])|(?<=«) |(?<=\d) (?=\d{3}(?!\d))")
_QUOTED = re.compile(r"«[^«»\n]{1,40}»")
# Holds a place while lines are broken: a command quoted must keep its spaces, to be copied.
_HELD = "\ue000"

_asked: list[Path] = []


def settings_for(home: Path | None) -> Settings:
    """Settings of the home asked for.

    Raises:
        HomeUnusable: it is not a folder, it is forbidden, or nothing can be written below its path.
    """
    settings = Settings.load(home)
    _asked[:] = [settings.home]
    Home(settings.home).check_path()
    with home_errors(settings.home):
        if settings.home.exists() and not settings.home.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(settings.home))
    return settings


def home_in_use() -> Home:
    """Give the home that the command asked for: where the log of its failure belongs."""
    return Home(_asked[0] if _asked else Settings.load().home)


def current_release(settings: Settings) -> Release:
    """Give the current release.

    Raises:
        UsageError: nothing was released yet.
    """
    found = current(Home(settings.home))
    if found is None:
        raise UsageError(
            f"Aucune version n'est publiée dans « {settings.home} » : lancez d'abord "
            "« opac refresh »."
        )
    return found


def parse_date(text: str | None) -> dt.date | None:
    """Read an ISO date.

    Raises:
        UsageError: it is not one.
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"« {text} » n'est pas une date : écrivez-la AAAA-MM-JJ, par exemple 2026-11-22."
        ) from error


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json_text(value))


def json_text(value: Any) -> str:
    """Write a value as JSON: dates in ISO form, decimals as numbers."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain_value)


def _plain_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def print_error(title: str, text: str) -> None:
    """Tell on stderr what went wrong."""
    told = Text(fitted(ERR, f"{title} {printable_lines(text)}"))
    told.stylize("bold red", 0, len(title))
    ERR.print(told, soft_wrap=True)


def say(text: str = "", style: str | None = None, indent: int = 0) -> None:
    """Tell a text, broken where the terminal would."""
    told = fitted(OUT, printable_lines(text), indent)
    OUT.print(escape(told), style=style, soft_wrap=True, highlight=False)


def done(text: str) -> None:
    """Tell what was done."""
    OUT.print(f"[bold green]✓[/] {escape(printable_lines(text))}", soft_wrap=True, highlight=False)


def plain_table(*titles: str, whole: Container[str] = ()) -> Table:
    """Make a table without frame; the columns of the titles in ``whole`` are never cut."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in titles:
        table.add_column(title, no_wrap=title in whole)
    return table


def printable_lines(text: str) -> str:
    """Make each line of a text printable."""
    return "\n".join(map(printable, text.split("\n")))


def fitted(console: Console, text: str, indent: int = 0) -> str:
    """Break a text between words where the terminal would cut through one.

    A path longer than a line stays whole, to be copied; what is not a terminal gets the text as
    it is. Lines after the first begin with ``indent`` spaces.
    """
    if not console.is_terminal:
        return text
    glued = _QUOTED.sub(lambda quoted: quoted[0].replace(" ", _HELD), _GLUED.sub("\u00a0", text))
    broken = "\n".join(
        textwrap.fill(
            line,
            console.width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
        )
        for line in glued.split("\n")
    )
    return broken.replace(_HELD, " ")
