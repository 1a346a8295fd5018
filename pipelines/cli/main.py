"""``opac``: the command line. Heavy libraries are imported by the commands that run them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from pipelines.cli import consult, produce, versions
from pipelines.cli.common import ERR
from pipelines.errors import OpacError
from pipelines.home import Home
from pipelines.settings import Settings

app = typer.Typer(
    name="opac",
    help="Le registre public des organismes de formation, en base DuckDB contrôlée.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Codes de sortie : 0 publié ou inchangé · 2 demande incorrecte · 3 source indisponible "
    "ou qui n'est pas la liste · 4 refusé par les contrôles · 5 une autre actualisation est en "
    "cours · 6 dossier de travail inutilisable (place, droits) · 1 erreur imprévue.",
)
produce.register(app)
consult.register(app)
versions.register(app)


def main() -> None:
    """Run the command and exit with its documented code."""
    run(app)


def run(command: Callable[[], object]) -> None:
    """Run ``command``; tell its failure in one sentence and exit with its documented code."""
    try:
        command()
    except BrokenPipeError:
        # Whoever read the output had enough (« | head »): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OpacError as error:
        ERR.print(f"[bold red]Erreur :[/] {_plain(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(error.code)
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence, the trace in the log
        home = Home(Settings.load().home)
        from pipelines.refresh import log_traceback

        kept = log_traceback(home, error)
        ERR.print(
            f"[bold red]Erreur imprévue :[/] {_plain(type(error).__name__)} ; {_plain(kept)}.",
            soft_wrap=True,
            highlight=False,
        )
        sys.exit(1)


def _plain(text: str) -> str:
    """Keep brackets of a message from being read as markup."""
    return text.replace("[", r"\[")


if __name__ == "__main__":
    main()
