"""Settings: official values by default, each overridden by an ``OPAC_<NAME>`` variable."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"
REFERENCE = ROOT / "data" / "reference"
SAMPLE = ROOT / "data" / "sample"
# The time of the source, of its readers and of its nights.
PARIS = ZoneInfo("Europe/Paris")

_DATASET = "582c8978c751df788ec0bb7e"
_RESOURCE = "ac59a0f5-fa83-4b82-bf12-3c5806d4f19f"
_MIRROR = (
    "https://dgefp.opendatasoft.com/api/explore/v2.1/catalog/datasets/liste-publique-des-of-v2"
)


@dataclass(frozen=True)
class Settings:
    """All that an operator may set. Sizes in bytes, times in seconds, shares from 0 to 1."""

    home: Path = ROOT / "data" / "home"
    # Where the list is: catalogue entry, resource in it, stable address, second route.
    catalogue_url: str = f"https://www.data.gouv.fr/api/1/datasets/{_DATASET}/"
    resource_id: str = _RESOURCE
    list_url: str = f"https://www.data.gouv.fr/api/1/datasets/r/{_RESOURCE}"
    mirror_url: str = f"{_MIRROR}/exports/csv?lang=fr&timezone=Europe%2FParis&delimiter=%3B"
    # How it is asked for.
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    attempts: int = 5
    backoff: float = 1.0
    max_wait: float = 120.0
    # What is believed to be the list.
    max_received: int = 500_000_000
    max_unpacked: int = 2_000_000_000
    min_lines: int = 1_000
    # What is accepted.
    max_rejected_share: float = 0.001
    # What is kept and when it is stale.
    releases_kept: int = 7
    stale_hours: float = 36.0

    @classmethod
    def load(cls, home: Path | None = None) -> Settings:
        """Read the environment; ``home`` (from ``--home``) wins over ``OPAC_HOME``.

        Raises:
            UsageError: a variable does not hold a value of its type.
        """
        values: dict[str, object] = {}
        for field in fields(cls):
            variable = f"OPAC_{field.name.upper()}"
            text = os.environ.get(variable)
            if text is None or text == "":
                continue
            kind = type(getattr(cls, field.name))
            try:
                values[field.name] = Path(text) if issubclass(kind, Path) else kind(text)
            except ValueError as error:
                raise UsageError(
                    f"La variable {variable} vaut « {text} », qui n'est pas une valeur valide : "
                    "corrigez-la ou retirez-la."
                ) from error
        if home is not None:
            values["home"] = home
        settings = cls(**values)  # type: ignore[arg-type]
        return settings if settings.home.is_absolute() else settings.with_home(settings.home)

    def with_home(self, home: Path) -> Settings:
        """Return the same settings for another home, made absolute."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return Settings(**{**values, "home": home.absolute()})
