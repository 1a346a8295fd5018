"""``opac doctor``: the check-up of a home, what it finds and how to mend it."""

from __future__ import annotations

import sys
from collections import Counter

import typer
from rich.progress import Progress
from rich.text import Text

from pipelines.cli.common import (
    ERR,
    OUT,
    HomeOption,
    JsonOption,
    fitted,
    print_json,
    settings_for,
)
from pipelines.doctor.finding import Checked, Patient, State
from pipelines.printable import printable

_COLOURS = {
    State.WELL: "bold green",
    State.LOOK: "bold yellow",
    State.BROKEN: "bold red",
}


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("doctor")(doctor)


def doctor(home: HomeOption = None, as_json: JsonOption = False) -> int:
    """Examiner le dossier de travail de bout en bout et dire comment réparer ce qui ne va pas."""
    from pipelines.doctor.checkup import examine

    settings = settings_for(home)
    bar = Progress(console=ERR, transient=True, disable=not sys.stderr.isatty())
    reading = bar.add_task("Lecture de l'archive")

    def progress(done: int, total: int) -> None:
        bar.start()
        bar.update(reading, completed=done, total=total)
        if done == total:
            bar.stop()

    found: list[Checked] = []
    try:
        for one in examine(Patient(settings, progress)):
            found.append(one)
            if not as_json:
                _show(one)
    finally:
        bar.stop()
    counts = Counter(one.finding.state for one in found)
    worst = max(counts, key=lambda state: state.rank)
    if as_json:
        print_json(
            {
                "etat": worst,
                "dossier": str(settings.home),
                "controles": [
                    {
                        "controle": one.check,
                        "etat": one.finding.state,
                        "constat": one.finding.told,
                        "remede": one.finding.mend or None,
                    }
                    for one in found
                ],
            }
        )
    else:
        told = ", ".join(f"{counts[state]} {state}" for state in State if counts[state])
        OUT.print(Text(fitted(OUT, f"\n{settings.home} : {told}.")), style="bold", soft_wrap=True)
    return 1 if worst is State.BROKEN else 0


def _show(one: Checked) -> None:
    state, label = one.finding.state, f"{one.finding.state:<10}  {one.check:<16}  "
    indent = len(label)
    line = Text(fitted(OUT, f"{label}{printable(one.finding.told)}", indent))
    line.stylize(_COLOURS[state], 0, len(state))
    OUT.print(line, soft_wrap=True)
    if one.finding.mend:
        mend = f"{'':<{indent}}→ {printable(one.finding.mend)}"
        OUT.print(Text(fitted(OUT, mend, indent + 2)), soft_wrap=True)
