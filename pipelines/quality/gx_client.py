"""The main process' side of Great Expectations: starts its process, asks, and tells the results.

Whatever goes wrong over there, each check asked comes back as a control: one that could not be
evaluated blocks the release.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Timer
from types import TracebackType
from typing import IO, Any, Self, cast

from pipelines.french import nombre, taux
from pipelines.quality.checks import Check, Unit
from pipelines.quality.controls import Control, Status
from pipelines.settings import ROOT

log = logging.getLogger(__name__)


class GxWorker:
    """The process of Great Expectations; ``log`` receives what it writes to stderr.

    Start it early: it imports while others work. ``validate`` may be called from any thread.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process, unless it was."""
        if self._process is not None:
            return self._process
        paths = [str(ROOT), os.environ.get("PYTHONPATH")]
        with self._log.open("ab") as errors:
            self._process = subprocess.Popen(
                # -P: nothing is imported from the folder where the command was typed.
                [sys.executable, "-P", "-m", "pipelines.quality.gx_worker"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        return self._process

    def validate(self, base: Path, checks: list[Check], timeout: float = 300.0) -> list[Control]:
        """Evaluate the checks on a closed DuckDB file; one control a check, in their order.

        ``timeout``, in seconds, counts what is left of the import; past it the process is ended.
        """
        asked = [check for check in checks if check.sans_objet is None]
        with self._lock:
            outcomes = iter(self._ask(base, asked, timeout) if asked else [])
        return [
            _no_object(check) if check.sans_objet else _control(check, next(outcomes))
            for check in checks
        ]

    def close(self) -> None:
        """End the process, for good."""
        if self._process is None:
            return
        self._process.terminate()  # it only reads: nothing to finish
        with self._lock:  # held by a validation, which the line above has just cut short
            if self._process.stdout is not None and not self._process.stdout.closed:
                self._process.communicate()

    def _ask(self, base: Path, checks: list[Check], timeout: float) -> list[dict[str, Any]]:
        """Send a request and wait for its answer: one outcome a check."""
        process, expired = self.start(), Event()
        stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)

        def expire() -> None:
            expired.set()
            process.kill()

        # Ending the process frees this one, whether it was writing to it or reading from it.
        watch = Timer(timeout, expire)
        watch.start()
        answer = b""
        try:
            if process.poll() is None:
                stdin.write(_request(base, checks))
                stdin.flush()
                answer = stdout.readline()
        except BrokenPipeError:
            log.warning("the process of Great Expectations ended before it was asked")
        finally:
            watch.cancel()
            watch.join()
        if answer.endswith(b"\n"):
            outcomes: list[dict[str, Any]] = json.loads(answer)
            return outcomes
        code = process.wait()
        cause = (
            f"pas de réponse de Great Expectations en {nombre(timeout)} s"
            if expired.is_set()
            else f"le processus de Great Expectations s'est arrêté, code {code}"
        )
        return [{"cause": f"{cause} ; détail dans « {self._log} »"}] * len(checks)


_shared: dict[Path, GxWorker] = {}


@contextmanager
def shared_worker(log: Path) -> Iterator[GxWorker]:
    """Give this process' worker: the outermost use starts and ends it, those inside borrow it.

    So a command can start it before Dagster's own imports, which take seconds too.
    """
    if log in _shared:
        yield _shared[log]
        return
    with GxWorker(log) as worker:
        _shared[log] = worker
        try:
            yield worker
        finally:
            del _shared[log]


def _request(base: Path, checks: list[Check]) -> bytes:
    asked = [
        {
            "table": check.table,
            "requete": check.requete,
            "type": check.expectation,
            "kwargs": check.kwargs,
        }
        for check in checks
    ]
    return json.dumps({"base": str(base.absolute()), "checks": asked}).encode() + b"\n"


def _no_object(check: Check) -> Control:
    return _judged(check, Status.SANS_OBJET, "—", f"Sans objet : {check.sans_objet}.")


def _control(check: Check, outcome: dict[str, Any]) -> Control:
    """Turn an outcome of the worker into a control, in French."""
    if outcome["cause"] is not None:
        return _judged(
            check,
            Status.NON_EVALUE,
            "non mesuré",
            f"{check.verifie.rstrip('.')} : cela n'a pas pu être vérifié ({outcome['cause']}), "
            "donc rien n'est publié ; relancez et, si cela dure, signalez-le aux mainteneurs.",
        )
    status = Status.CONFORME if outcome["succes"] else Status.NON_CONFORME
    message = check.verifie if outcome["succes"] else check.defaut
    return _judged(check, status, _measure(check.unite, outcome), message, outcome["defauts"])


def _judged(
    check: Check, status: Status, mesure: str, message: str, nb: int | None = None
) -> Control:
    return Control(
        regle=check.regle,
        famille=check.regle.partition(".")[0],
        table=check.table,
        colonne=check.colonne,
        gravite=check.gravite,
        statut=status,
        mesure=mesure,
        attendu=check.attendu,
        message=message,
        nb_en_defaut=nb,
    )


def _measure(unit: Unit, outcome: dict[str, Any]) -> str:
    """Tell the figure found."""
    if unit in (Unit.SHARE, Unit.NUMBER):
        observed = outcome["observe"]
        if observed is None:
            return "aucune valeur"
        return taux(float(observed)) if unit is Unit.SHARE else nombre(float(observed))
    failed = outcome["defauts"]
    total = outcome["valeurs"] - (outcome["vides"] or 0)
    if not total:
        return "aucune valeur"
    if not failed:
        return f"{'aucun vide' if unit is Unit.FILL else 'aucun défaut'} sur {nombre(total)}"
    if unit is Unit.FILL:
        filled = taux(1 - failed / total)
        return f"{filled} remplis ({nombre(failed)} vides sur {nombre(total)})"
    return f"{nombre(failed)} en défaut sur {nombre(total)} ({taux(failed / total)})"
