"""The four categories of article L.6313-1, that the list certifies: their codes and their names.

One source, ``data/reference/categorie_action.csv``, in the order in which they are shown. The
columns of the list that certify them are in the contract.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from pipelines.settings import REFERENCE


@dataclass(frozen=True)
class Category:
    """A category under its code, e.g. ``BILAN_COMPETENCES``.

    Its names: « bilans de compétences » (``label``), « les bilans de compétences »
    (``with_article``), « bilan » (``short``).
    """

    code: str
    label: str
    with_article: str
    short: str

    @property
    def title(self) -> str:
        """Its name at the head of a line: « Bilans de compétences »."""
        return self.label[0].upper() + self.label[1:]

    @property
    def flag(self) -> str:
        """The column that says whether an organisation is certified for it."""
        return f"certifie_{self.code.lower()}"

    @property
    def count(self) -> str:
        """The column that says how many organisations are."""
        return f"nb_certifies_{self.code.lower()}"


def _read() -> dict[str, Category]:
    with (REFERENCE / "categorie_action.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["ordre"]))
    return {
        row["action"]: Category(row["action"], row["libelle"], row["avec_article"], row["court"])
        for row in rows
    }


BY_CODE = _read()
