"""The gate: every check of a build in one report, and the sentence when it refuses."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipelines.errors import GatesRefused, UsageError
from pipelines.home import Home
from pipelines.quality.checks import Check, Context, advice
from pipelines.quality.comparison import compare
from pipelines.quality.controls import Acceptation, Control, Status, accepted, verdict
from pipelines.quality.gx_client import GxWorker
from pipelines.quality.losses import lost_certifications
from pipelines.quality.queries import load_queries, run_queries
from pipelines.quality.report import Report, write_report
from pipelines.quality.suites import suites
from pipelines.quality.thresholds import threshold
from pipelines.registers.archive import OFFICIAL, Sighting, now
from pipelines.registers.contents import file_sha256
from pipelines.registers.contract import NAMES
from pipelines.settings import Settings
from pipelines.warehouse.build import Build, database_path, staging_path
from pipelines.warehouse.release import current, releases

if TYPE_CHECKING:
    import duckdb

_GX_TIMEOUT = 600.0
# A quarter of nights; builds that were refused or killed have one too.
_REPORTS_KEPT = 90


def report_folder(home: Home, build: Build) -> Path:
    """Where the report of a build is, ``rapport.json`` and ``rapport.html``."""
    return home.reports / build.version


def checks_of(settings: Settings, build: Build) -> dict[str, list[Check]]:
    """Give the Great Expectations checks of a build, by database."""
    import duckdb

    with duckdb.connect(staging_path(Home(settings.home)), read_only=True) as con:
        rows, absent = _count(con, "organisme"), _absent(con)
    liste = build.liste
    return suites(Context(rows, row_floor(liste), absent, build.date_liste, advice(liste)))


def row_floor(liste: Sighting) -> int | None:
    """Give the number of rows under which the official list of that day is not whole."""
    if liste.origine != OFFICIAL:
        return None
    return int(threshold("plancher_lignes", liste.date))


class GateChecks:
    """The checks of a run. Those of staging may start while the models run."""

    def __init__(self, settings: Settings, worker: GxWorker) -> None:
        self._settings = settings
        self._worker = worker
        self._pool = ThreadPoolExecutor(1)
        self._ahead: tuple[str, Future[list[Control]]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start_staging(self, build: Build) -> None:
        """Begin to validate the staging database, without waiting."""
        self._ahead = (build.version, self._pool.submit(self._staging, build))

    def evaluate(self, build: Build) -> list[Control]:
        """Evaluate every check of a build."""
        ahead = self._ahead
        if ahead is not None and ahead[0] == build.version:
            staging = ahead[1].result()
        else:  # the step runs alone
            staging = self._staging(build)
        return [*staging, *self._database(build)]

    def _staging(self, build: Build) -> list[Control]:
        checks = checks_of(self._settings, build)["preparation"]
        staging = staging_path(Home(self._settings.home))
        lost = lost_certifications(staging, advice(build.liste))
        return [*self._worker.validate(staging, checks, timeout=_GX_TIMEOUT), *lost]

    def _database(self, build: Build) -> list[Control]:
        """Validate the new database: suites, queries of ``sql/tests``, comparison."""
        home = Home(self._settings.home)
        database = database_path(home)
        previous = current(home)
        suite = checks_of(self._settings, build)["socle"]
        expected = self._pool.submit(self._worker.validate, database, suite, timeout=_GX_TIMEOUT)
        others = [
            *run_queries(database, load_queries()),
            *compare(database, previous.path if previous else None, build.date_liste),
        ]
        return [*expected.result(), *others]


def conclude(settings: Settings, build: Build, controls: list[Control]) -> Report:
    """Write the report of a build, with its verdict."""
    import duckdb

    home = Home(settings.home)
    acceptations: list[Acceptation] = [
        {"regle": regle, "motif": motif, "sha256": build.liste.sha256}
        for regle, motif in sorted(build.acceptations.items())
    ]
    with duckdb.connect(staging_path(home), read_only=True) as con:
        aside = _count(con, "rejet")
        rejects = con.execute(
            "select motif, count(*) as nombre from rejet group by all order by nombre desc, motif"
        ).fetchall()
        doubts = con.execute(
            "select regle, gravite, message, count(*) as nombre from anomalie "
            "group by all order by nombre desc, regle"
        ).fetchall()
    report: Report = {
        "construction": build.version,
        "base": file_sha256(database_path(home)),
        "publiable": verdict(controls, acceptations, build.liste.sha256),
        "liste": {
            "sha256": build.liste.sha256,
            "date_contenu": build.liste.date_contenu,
            "source": build.liste.adresse_finale,
            "lignes": build.liste.lignes,
            "mises_a_part": aside,
            "mise_en_page": build.liste.mise_en_page,
        },
        "code": build.code,
        "controles": [control.as_dict() for control in controls],
        "acceptations": acceptations,
        "rejets": [{"motif": motif, "nombre": nombre} for motif, nombre in rejects],
        "anomalies": [
            {"regle": regle, "gravite": gravite, "message": message, "nombre": nombre}
            for regle, gravite, message, nombre in doubts
        ],
        "termine": now(),
    }
    write_report(report_folder(home, build), report)
    _prune(home)
    return report


def _prune(home: Home) -> None:
    """Remove old reports, but for those of the releases that are kept."""
    spared = {Path(found.meta["rapport"]).name for found in releases(home)}
    for folder in sorted(home.reports.iterdir(), reverse=True)[_REPORTS_KEPT:]:
        if folder.name not in spared:
            shutil.rmtree(folder)


def read_report(home: Home, build: Build) -> Report:
    """Read the report of this very build.

    Raises:
        GatesRefused: this build was not checked, or its report is about another.
    """
    path = report_folder(home, build) / "rapport.json"
    if not path.exists():
        raise GatesRefused(
            "Cette construction n'a pas été contrôlée : rien n'est publié sans rapport ; lancez "
            "les contrôles d'abord (ou « opac refresh »)."
        )
    report: Report = json.loads(path.read_text(encoding="utf-8"))
    return report


def require_publishable(home: Home, build: Build) -> Report:
    """Give the report of this very build if it lets it be released.

    The verdict is worked out again from the controls of the report, not taken from it.

    Raises:
        GatesRefused: a check failed or could not be evaluated (the sentence names it), or the
            tables were made again after the report.
    """
    report = read_report(home, build)
    controls = [Control.from_dict(entry) for entry in report["controles"]]
    same = report["construction"] == build.version
    if not (same and verdict(controls, report["acceptations"], build.liste.sha256)):
        raise GatesRefused(refusal(home, build, report))
    base = database_path(home)
    if not base.exists() or file_sha256(base) != report["base"]:
        raise GatesRefused(
            "Les tables ne sont plus celles que le rapport a contrôlées (refaites depuis, ou déjà "
            "publiées) : relancez les contrôles d'abord (ou « opac refresh »)."
        )
    return report


def refusal(home: Home, build: Build, report: Report) -> str:
    """Say which check refuses, with its figures and what to do."""
    sha256 = build.liste.sha256
    blocking = [
        control
        for control in (Control.from_dict(entry) for entry in report["controles"])
        if control.bloquant and not accepted(control, report["acceptations"], sha256)
    ]
    page = report_folder(home, build) / "rapport.html"
    if not blocking:
        return f"Le rapport de cette construction ne permet pas de la publier : voyez {page}."
    first, others = blocking[0], [control.regle for control in blocking[1:]]
    more = f" ; et aussi {', '.join(others[:5])}{'…' if len(others) > 5 else ''}" if others else ""
    return (
        f"La liste du {build.liste.date_contenu} est refusée par {first.regle} "
        f"({first.statut} : {first.mesure} ; attendu : {first.attendu}){more} : "
        f"{first.message.rstrip('.')}. La version publiée reste en place ; rapport : {page}"
    )


def check_acceptations(home: Home, sha256: str, rules: list[str]) -> None:
    """Let a person accept only what a report about this very list refused.

    Raises:
        UsageError: no such finding for this list.
    """
    refused: set[str] = set()
    for path in sorted(home.reports.glob("*/rapport.json")):
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if report["liste"]["sha256"] == sha256:
            controls = [Control.from_dict(entry) for entry in report["controles"]]
            refused |= {
                c.regle
                for c in controls
                if c.famille == "comparaison" and c.bloquant and c.statut is Status.NON_CONFORME
            }
    unknown = sorted(set(rules) - refused)
    if unknown:
        raise UsageError(
            f"Aucun écart « {', '.join(unknown)} » n'a été constaté pour cette liste "
            f"({sha256[:12]}…) : seul un écart de comparaison déjà refusé pour elle peut être "
            f"accepté ({', '.join(sorted(refused)) or 'aucun à ce jour'})."
        )


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def _absent(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    row = con.execute("select absentes from lecture").fetchone()
    return frozenset(row[0] if row else ()) & frozenset(NAMES)
