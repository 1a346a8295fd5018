"""Dagster's tables of runs and schedules in the home, wherever the home is.

Dagster puts the path of a file in an address as it is, and SQLAlchemy reads the address: a « ? »
begins its options, « %20 » is a blank. Here the path is quoted. The function replaced is
Dagster's own and each of its modules holds it by name: were it renamed, importing this module
would fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, cast
from urllib.parse import quote

from dagster import StringSource
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._serdes import ConfigurableClassData

_BY_NAME = "create_db_conn_string"


def address(base_dir: str, db_name: str) -> str:
    """Give the address of a file of Dagster's, which SQLAlchemy reads back to its path."""
    return f"sqlite:///{quote(str(Path(base_dir).absolute()))}/{db_name}.db"


for _module in (sqlite_run_storage, sqlite_schedule_storage, sqlite_event_log):
    if not hasattr(_module, _BY_NAME):
        raise ImportError(f"{_module.__name__} has no {_BY_NAME} to replace")
    setattr(_module, _BY_NAME, address)


class InHome:
    """A storage of Dagster's, at its own place below the home that ``dagster.yaml`` names.

    A path written down would not follow a moved home.
    """

    folder: ClassVar[str]

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Describe what ``dagster.yaml`` says of it."""
        return {"dagster_home": StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Any:
        """Open it where Dagster itself would keep it."""
        folder = Path(config_value["dagster_home"]) / cls.folder
        return cast(Any, cls).from_local(str(folder), inst_data)


class RunStorage(InHome, sqlite_run_storage.SqliteRunStorage):
    """Dagster's runs."""

    folder = "history"


class ScheduleStorage(InHome, sqlite_schedule_storage.SqliteScheduleStorage):
    """Dagster's schedules."""

    folder = "schedules"
