"""How a flag of the list may be written, whatever program saved it last."""

from __future__ import annotations

import csv
from functools import cache

from pipelines.settings import REFERENCE

_SPREADSHEET = "tableur"


@cache
def flag_words() -> dict[str, bool]:
    """Give what each spelling, in small letters, means.

    What is not there says neither true nor false: a mark such as « x » is a doubt, not a flag.
    """
    return {word: value == "true" for word, value, _ in _read()}


@cache
def spreadsheet_words() -> frozenset[str]:
    """Give the spellings, as they are written, that only a spreadsheet gives.

    It writes booleans in its own language and in capitals; the source writes ``true``.
    """
    spreadsheets = {word.upper() for word, _, origin in _read() if origin.startswith(_SPREADSHEET)}
    return frozenset(spreadsheets | {"TRUE", "FALSE"})


def _read() -> list[tuple[str, str, str]]:
    with (REFERENCE / "drapeau_ecriture.csv").open(encoding="utf-8", newline="") as file:
        return [(row["ecriture"], row["valeur"], row["origine"]) for row in csv.DictReader(file)]
