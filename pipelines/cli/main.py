"""``opac``: the command line. Heavy libraries are imported by the commands that run them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from pipelines.cli import (
    cribler,
    demandes,
    dictionnaire,
    doctor,
    dossier,
    export,
    generer_registre,
    history,
    market,
    notices,
    porteurs,
    query,
    refresh,
    start,
    verify,
    versions,
    watch,
)
from pipelines.cli.common import home_in_use, print_error
from pipelines.cli.french import FrenchCommand, FrenchGroup, usage_sentence
from pipelines.errors import OpacError
from pipelines.log import log_traceback

app = typer.Typer(
    name="opac",
    help="Le registre public des organismes de formation, en base DuckDB contrôlée.",
    cls=FrenchGroup,
    subcommand_metavar="COMMANDE [ARGS]...",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="Codes de sortie : 0 publié ou inchangé · 2 demande incorrecte · 3 source indisponible "
    "ou qui n'est pas la liste · 4 refusé par les contrôles · 5 une autre actualisation est en "
    "cours · 6 dossier de travail inutilisable (place, droits) · 1 erreur imprévue · 143 arrêt "
    "demandé. Avec --strict : le verdict, de 10 (éligible) à 13 (non éligible).",
)
refresh.register(app)
generer_registre.register(app)
dictionnaire.register(app)
query.register(app)
export.register(app)
verify.register(app)
cribler.register(app)
demandes.register(app)
dossier.register(app)
porteurs.register(app)
market.register(app)
history.register(app)
watch.register(app)
notices.register(app)
versions.register(app)
start.register(app)
doctor.register(app)
for command in app.registered_commands:
    command.cls = FrenchCommand

# As a shell says of a command stopped by Ctrl-C.
_INTERRUPTED = 130


def main() -> None:
    """Run the command and exit with its documented code."""
    run(lambda: app(prog_name="opac", standalone_mode=False))


def run(command: Callable[[], object]) -> None:
    """Run ``command``; tell its failure in one sentence and exit with its documented code."""
    try:
        code = command()
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as stop:
        # Whoever read the output had enough (« | head »): nothing is wrong. Typer and rich have
        # made an exit of it.
        if not isinstance(stop.__context__ or stop, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except typer.TyperException as error:
        if told := usage_sentence(error):
            print_error("Erreur :", told)
        sys.exit(error.exit_code)
    except OpacError as error:
        print_error("Erreur :", str(error))
        sys.exit(error.code)
    except Exception as error:  # noqa: BLE001  # the last resort: a sentence, the trace in the log
        kept = log_traceback(home_in_use(), error)
        print_error("Erreur imprévue :", f"{type(error).__name__} ; {kept}.")
        sys.exit(1)
    if code == _INTERRUPTED:
        print_error("Interrompu :", "la version publiée est intacte.")
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
