"""``opac demarrer``: Dagster's web page and its daemon on a home, for as long as this runs."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from pipelines.errors import OpacError, UsageError
from pipelines.home import Home, home_errors
from pipelines.orchestration.instance import open_instance
from pipelines.settings import ROOT, Settings

# Where Dagster's page listens unless DAGSTER_WEBSERVER_HOST says otherwise, as in a container.
_HOST = "127.0.0.1"
# Seconds: before the page must answer; for all to end by themselves, before they are killed.
_STARTED, _STOPPED = 120.0, 8.0
_PAUSE = 0.1
_COMMON = ("--code-server-log-level=warning", "-w", str(ROOT / "workspace.yaml"))


def start(settings: Settings, port: int, say: Callable[[str], None]) -> None:
    """Run the web page and the daemon until SIGINT or SIGTERM, then stop them and what they run.

    ``say`` is given the line to show when both run.

    Raises:
        UsageError: they run already on this home, or the port is taken.
        OpacError: one of them ended by itself; the other was stopped.
    """
    home = Home(settings.home)
    home.prepare()
    open_instance(home).dispose()  # so that what is wrong with its storage is said here, once
    _check_free(port)
    page = ("dagster-webserver", f"-p{port}", "--dagster-log-level=warning")
    daemon = ("dagster-daemon", "run", "--log-level=warning")
    with (
        _stop_asked() as asked,
        _only_one(home) as lock,
        _services(settings, lock, {"La page web": page, "Le démon": daemon}) as running,
    ):
        _wait(running, asked, lambda: _answers(port), _STARTED)
        if asked.is_set():
            return
        say(f"Opac tourne : http://{_HOST}:{port} (dossier {settings.home}) ; Ctrl-C pour arrêter.")
        _wait(running, asked)


def _wait(
    running: dict[str, subprocess.Popen[bytes]],
    asked: threading.Event,
    done: Callable[[], bool] = lambda: False,
    seconds: float = float("inf"),
) -> None:
    """Wait for what is ``done``, or for a stop to be asked.

    Raises:
        OpacError: a service ended by itself, or what was waited for did not come in time.
    """
    limit = time.monotonic() + seconds
    while not asked.wait(_PAUSE) and not done():
        for name, service in running.items():
            if (code := service.poll()) is not None:
                raise OpacError(
                    f"{name} de Dagster s'est arrêté de soi-même (code {code}) et le reste a été "
                    "arrêté : relancez « opac demarrer » ; ce qui précède en dit la cause."
                )
        if time.monotonic() > limit:
            raise OpacError(
                f"La page web de Dagster ne répond pas après {seconds:.0f} s : relancez "
                "« opac demarrer » ; ce qui précède en dit la cause."
            )


@contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """Give what SIGINT and SIGTERM set, instead of ending this process."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    handlers = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _only_one(home: Home) -> Iterator[int]:
    """Hold the home against another start; give the lock's descriptor.

    The services inherit it: while one of them outlives a killed start, the home stays held.
    """
    with home_errors(home.root):
        fd = os.open(home.dagster / "demarrer.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 64, 0).decode()
            raise UsageError(
                f"« opac demarrer » tourne déjà sur ce dossier de travail (processus {holder}) : "
                "arrêtez-le d'abord, ou choisissez un autre dossier avec --home."
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
        yield fd
    finally:
        os.close(fd)


@contextmanager
def _services(
    settings: Settings, lock: int, commands: Mapping[str, tuple[str, ...]]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Run Dagster's commands; on leaving, stop them and all that they started."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, (program, *args) in commands.items():
            running[name] = subprocess.Popen(
                [Path(sys.executable).with_name(program), *args, *_COMMON],
                cwd=ROOT,
                env={**os.environ, "OPAC_HOME": str(settings.home)},
                pass_fds=[lock],
                process_group=0,
            )
        yield running
    finally:
        _stop(list(running.values()))


def _stop(services: list[subprocess.Popen[bytes]]) -> None:
    """Interrupt groups of processes, a refresh under way among them; kill what stays."""
    limit = time.monotonic() + _STOPPED
    alive = [service for service in services if _signalled(service, signal.SIGTERM)]
    while alive and time.monotonic() < limit:
        time.sleep(_PAUSE)
        alive = [service for service in alive if _signalled(service, 0)]
    for service in alive:
        _signalled(service, signal.SIGKILL)
    for service in services:
        service.wait()


def _signalled(service: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to all that a service started (0: none); tell whether any of it is left."""
    service.poll()  # a dead process counts as one of its group until it was asked for
    try:
        os.killpg(service.pid, number)
    except ProcessLookupError:
        return False
    return True


def _check_free(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((_HOST, port))
        except OSError as error:
            raise UsageError(
                f"Le port {port} ne peut pas être ouvert : choisissez-en un autre avec --port."
            ) from error


def _answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex((_HOST, port)) == 0
