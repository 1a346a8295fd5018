"""The catalogue of data.gouv.fr: what it says of the list's file, when it says anything."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import requests

from pipelines.registers.http import Failed, opened, receive, with_retries
from pipelines.settings import Settings

LICENCE = "Licence Ouverte / Open Licence"
ATTRIBUTION = "Ministère du Travail – DGEFP, liste publique des organismes de formation"

# The catalogue is a help: little is waited for it, and a dataset's entry is some tens of kilobytes.
_ATTEMPTS = 2
_MAX_SIZE = 20_000_000
_LICENCES = {"fr-lo": LICENCE, "lov2": f"{LICENCE} 2.0"}


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of the list. Size and checksum bind only a ``hosted`` file.

    data.gouv.fr holds the file itself (``filetype`` "file") or points to another server
    ("remote"); of the latter it learns from time to time, so that its figures lag.
    """

    hosted: bool
    size: int | None
    checksum: tuple[str, str] | None  # kind (as data.gouv.fr names it), hexadecimal value
    modified: dt.datetime | None
    latest: str | None
    licence: str
    attribution: str


def find(session: requests.Session, settings: Settings) -> tuple[Entry | None, list[str]]:
    """Look the list up; without an answer, or the list in it, say so and return no entry."""
    try:
        dataset = with_retries(
            settings, min(_ATTEMPTS, settings.attempts), lambda _: _read(session, settings)
        )
        entry = _entry(dataset, settings.resource_id)
    except Failed as failure:
        return None, [
            f"Le catalogue de data.gouv n'a pas décrit la liste ({failure}) : elle est demandée "
            "à son adresse stable, sans les contrôles qu'il permet."
        ]
    warnings = []
    if entry.latest is not None and entry.latest != settings.list_url:
        warnings.append(
            f"Le catalogue donne à la liste une autre adresse stable, {entry.latest} : "
            "vérifiez le réglage OPAC_LIST_URL."
        )
    return entry, warnings


def _read(session: requests.Session, settings: Settings) -> dict[str, Any]:
    body = bytearray()

    def keep(part: bytes) -> None:
        body.extend(part)
        if len(body) > _MAX_SIZE:
            raise Failed("réponse démesurée")

    with opened(session, settings, settings.catalogue_url, {}) as response:
        receive(response, settings, keep, lambda received, announced: None)
    try:
        dataset = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Failed("réponse qui n'est pas du JSON") from error
    return _dict(dataset)


def _entry(dataset: dict[str, Any], resource_id: str) -> Entry:
    listed = dataset.get("resources")
    resources = [_dict(item) for item in listed] if isinstance(listed, list) else []
    resource = next((item for item in resources if item.get("id") == resource_id), None)
    if resource is None:
        raise Failed(f"la ressource {resource_id} n'y est pas")
    hosted = resource.get("filetype") == "file"
    checksum = _dict(resource.get("checksum"))
    kind, value = _text(checksum.get("type")), _text(checksum.get("value"))
    size = resource.get("filesize")
    seen = _dict(resource.get("extras")).get("analysis:last-modified-at")
    licence = _text(dataset.get("license"))
    owner = _text(_dict(dataset.get("organization")).get("name"))
    return Entry(
        hosted=hosted,
        size=size if isinstance(size, int) else None,
        checksum=(kind.lower(), value.lower()) if kind and value else None,
        modified=_moment(None if hosted else seen) or _moment(resource.get("last_modified")),
        latest=_text(resource.get("latest")),
        licence=_LICENCES.get(licence, licence) if licence else LICENCE,
        attribution=f"{owner}, liste publique des organismes de formation"
        if owner
        else ATTRIBUTION,
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _moment(value: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
