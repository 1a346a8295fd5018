"""Columns added to the contract: lists from before them are read, later ones must have them.

They are added in a copy of the code, as on a branch, which runs in processes of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.history.importing import import_lists
from pipelines.refresh import refresh
from pipelines.registers import contract
from pipelines.registers.contract import ALWAYS, COLUMNS
from pipelines.settings import ROOT, Settings
from tests.pipeline import lists
from tests.pipeline.commands import ask, release_of
from tests.registers.rows import rows, wire

_ADDED = """
    _column(
        "nb_alternants", "nbAlternants", "Nombre d'alternants", Kind.INTEGER, "Alternants.",
        0.9, most=10_000, since=dt.date(2024, 10, 15),
    ),
    _column(
        "recrute", "recrute", "Recrute", Kind.FLAG, "Vrai si l'organisme recrute.",
        0.9, since=dt.date(2024, 10, 15),
    ),
    _column(
        "date_creation", "dateCreation", "Date de création", Kind.DATE, "Date de création.",
        since=dt.date(2024, 10, 15),
    ),
    _column(
        "site_web", "siteWeb", "Site web", Kind.TEXT, "Adresse du site.",
        since=dt.date(2024, 11, 1),
    ),
)

BY_NAME: """
# Columns that today's contract has, and the lists below do not: they came later still.
LATER = [column.name for column in COLUMNS if column.since != ALWAYS]
OLD = [column.wire for column in COLUMNS if column.since == ALWAYS]
FIRST = [*OLD, "nbAlternants", "recrute", "dateCreation"]
ALL = [*FIRST, "siteWeb"]
_KNOWN = "select distinct nb_alternants, est_certifie is null from socle.organisme"
UNKNOWN = "date_creation nb_alternants recrute site_web"
_RECOGNISE = """
import datetime as dt, json, sys
from pipelines.errors import NotTheList
from pipelines.registers.layout import recognise_names
for names, date in json.load(sys.stdin):
    try:
        dated = {"date": dt.date.fromisoformat(date)} if date else {}
        print(*sorted(recognise_names(names, **dated).absent))
    except NotTheList as refused:
        print(refused)
"""
_REFRESH = """
import datetime as dt, sys
from pathlib import Path
from pipelines.errors import NotTheList
from pipelines.refresh import rebuild, refresh
from pipelines.settings import Settings
home, new, before, lost = map(Path, sys.argv[1:])
rebuild(Settings(home=home), from_nothing=True)
refresh(Settings(home=new), before, dt.date(2024, 10, 8))
try:
    refresh(Settings(home=new), lost, dt.date(2024, 10, 16))
except NotTheList as refused:
    print(refused)
"""


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code whose contract has four columns more, one of them in the release."""
    copy = tmp_path_factory.mktemp("branche")
    for name in ("pipelines", "assets", "sql", "data/reference"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    _edit(copy / Path(contract.__file__).relative_to(ROOT), "\n)\n\nBY_NAME: ", _ADDED)
    model = copy / "sql" / "socle" / "organisme.sql"
    told, column = "  nb_stagiaires: (contrat)\n", "    o.nb_stagiaires,\n"
    for line in (told, column):
        _edit(model, line, line + line.replace("stagiaires", "alternants"))
    return copy


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new), encoding="utf-8")


def _run(branch: Path, script: str, *args: object, told: str = "") -> str:
    """Run a script on the code of the branch; give what it prints."""
    ran = subprocess.run(
        [sys.executable, "-c", script, *map(str, args)],
        cwd=branch,
        env={**os.environ, "PYTHONPATH": str(branch)},
        input=told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _without(names: list[str], *gone: str) -> list[str]:
    return [name for name in names if name not in gone]


def test_a_header_tells_what_came_later_from_what_is_missing(branch: Path) -> None:
    asked: dict[str, tuple[list[str], str | None, str]] = {
        "an older list": (OLD, "2024-10-14", UNKNOWN),
        "an older list, its date not told": (OLD, None, UNKNOWN),
        "the mirror": ([name.lower().replace(".", "_") for name in OLD], "2024-10-14", UNKNOWN),
        "between the two": (FIRST, "2024-10-15", "site_web"),
        "all": (ALL, "2024-11-01", ""),
        "before their time": (ALL, "2020-01-01", ""),
        "on their day": (OLD, "2024-10-15", "(manquantes : nbAlternants, recrute, dateCreation)"),
        "one of them": (_without(FIRST, "recrute"), "2024-10-15", "(manquantes : recrute)"),
        "one, no date": (_without(FIRST, "recrute"), None, "(manquantes : recrute)"),
        "a later one is there": ([*OLD, "siteWeb"], None, "(manquantes : nbAlternants, recrute, d"),
        "renamed": ([*FIRST, "siteweb2"], "2024-11-01", "(renommées : « siteWeb » semble devenue"),
        "always there": (_without(OLD, "siren"), "2020-01-01", "(manquantes : siren)"),
    }
    found = _run(branch, _RECOGNISE, told=json.dumps([[h, d] for h, d, _ in asked.values()]))

    for (name, (*_, wanted)), told in zip(asked.items(), found.splitlines(), strict=True):
        absent = " ".join(column for column in told.split() if column not in LATER)
        found_so = wanted in told if wanted.startswith("(") else absent == wanted
        assert found_so, f"{name}: {told}"
        older = "si la liste est d'avant le " in told
        assert older == (name in {"on their day", "renamed"}), f"{name}: {told}"


def _list(folder: Path, date: str, **more: str) -> Path:
    """A list with these columns more, each of one value; an organisation leaves every day."""
    body = wire(rows(650)[int(date[-2:]) :])
    for name in LATER:
        body = lists.without_column(body, name)
    header, *lines = body.decode().splitlines()
    names, values = ("".join(f"{field};" for field in fields) for fields in (more, more.values()))
    path = folder / f"{date}.csv"
    path.write_text("\n".join([header + names, *(line + values for line in lines), ""]))
    return path


def _history(home: Path) -> dict[str, list[tuple[object, ...]]]:
    tables = ("instantane", "organisme_version", "evenement")
    return {name: ask(home, f"from historique.{name} order by all") for name in tables}


def _controls(home: Path) -> dict[str, str]:
    """The checks of the release, and what came of each."""
    report = home / release_of(home).meta["rapport"] / "rapport.json"
    controls = json.loads(report.read_text(encoding="utf-8"))["controles"]
    return {control["regle"]: control["statut"] for control in controls}


def test_lists_from_before_and_after_are_released_and_followed(
    branch: Path, tmp_path: Path
) -> None:
    more = {"recrute": "true", "dateCreation": "01/02/2020"}
    first, before = _list(tmp_path, "2024-10-01"), _list(tmp_path, "2024-10-08")
    after = _list(tmp_path, "2024-10-15", nbAlternants="12", **more)
    lost = _list(tmp_path, "2024-10-16", **more)
    home, new = tmp_path / "maison", tmp_path / "neuve"
    for path in (first, before):  # archived, and the next released, by the code of today
        import_lists(Settings(home=home), path, None)
    refresh(Settings(home=home), after)
    history = _history(home)

    told = _run(branch, _REFRESH, home, new, before, lost)

    assert ask(home, _KNOWN) == [(12, False)]
    assert ask(new, _KNOWN) == [(None, False)], "unknown, and what was known still is"
    assert _history(home) == history, "no fact that history keeps was added"
    made, old = _controls(home), _controls(new)
    assert {*made.values(), *old.values()} == {"conforme", "sans objet"}
    for regle in (
        *("nb_alternants.bornes", "nb_alternants.remplissage", "date_creation.bornes"),
        *("recrute.valeurs", "recrute.remplissage"),
    ):
        found = [controls[f"contrat.organisme.{regle}"] for controls in (made, old)]
        assert found == ["conforme", "sans objet"], regle
    others = "contrat.organisme.nombres.nombre_illisible"
    assert old[others] == "conforme", "the other numbers are still judged"
    assert "Les colonnes de la liste ont changé (manquantes : nbAlternants)" in told
