"""Headers on several rows, titles, groups; and rows that are nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.portage.candidates.table import arrange
from tests.portage.candidates.files import book, cells, read, write

ONE, TWO = "11750000175", "11750000275"
Rows = list[list[str | None]]


@pytest.mark.parametrize(
    ("rows", "skip", "names"),
    [
        # Merged cells: the names across in the first, those down in both rows.
        (
            [
                ["NDA", "Attestation", None, "Certificat Qualiopi", None],
                ["NDA", "vigilance", "fiscale", "Début", "Fin"],
                [ONE, "2026-11-01", "oui", "2025-01-01", "2028-01-01"],
            ],
            2,
            [
                "NDA",
                "Attestation vigilance",
                "Attestation fiscale",
                "Certificat Qualiopi Début",
                "Certificat Qualiopi Fin",
            ],
        ),
        # The same without merged cells, as a text file has it.
        (
            [
                ["NDA", "Attestation de vigilance", "Certificat", ""],
                ["", "", "début", "fin"],
                [ONE, "2026-11-01", "2025-01-01", "2028-01-01"],
            ],
            2,
            ["NDA", "Attestation de vigilance", "Certificat début", "Certificat fin"],
        ),
        # Groups that say nothing above a whole header.
        (
            [
                ["Identification", None, None, "Documents", None],
                ["NDA", "Nom", "Ville", "B3", "CV"],
                [ONE, "A", "Paris", "oui", "oui"],
            ],
            2,
            ["NDA", "Nom", "Ville", "B3", "CV"],
        ),
        # The same above units, opposites, and what the group says something of.
        (
            [
                ["Identité", None, "Mission", None, "Pièces", None],
                ["NDA", "CA (k€)", "Prix (€)", "CA", "Non-déréférencement", "URSSAF (date)"],
                [ONE, "95", "1200", "3", "oui", "2026-10-01"],
            ],
            2,
            ["NDA", "CA (k€)", "Prix (€)", "Mission CA", "Non-déréférencement", "URSSAF (date)"],
        ),
        # Groups that say whose the names are.
        (
            [
                ["Organisme", None, "Contact", None],
                ["NDA", "Nom", "Nom", "Ville"],
                [ONE, "A", "Zoé Fictive", "Paris"],
            ],
            2,
            ["NDA", "Nom", "Contact Nom", "Contact Ville"],
        ),
        (
            [
                ["Sous-traitant", None, "Porteur", None],
                ["NDA", "Nom", "NDA", "Nom"],
                [ONE, "A", TWO, "B"],
            ],
            2,
            ["NDA", "Nom", "NDA Porteur", "Porteur Nom"],
        ),
        # Three rows; a name that no header says is not read under the one above it.
        (
            [
                ["Sous-traitant", None, "Certificat", None, None],
                [None, None, "Qualiopi", None, None],
                ["NDA", "Ville", "Début", "Fin", "Note"],
                [ONE, "Paris", "2025-01-01", "2028-01-01", "x"],
            ],
            3,
            [
                "NDA",
                "Ville",
                "Certificat Qualiopi Début",
                "Certificat Qualiopi Fin",
                "Certificat Qualiopi Note",
            ],
        ),
        # A day is of what stands above it; of something else than the contract, it is no fact.
        (
            [
                ["Identification", None, "Contrat", None, "Déclaration", None],
                ["NDA", "Nom", "Date", "Montant", "Date", "Lieu"],
                [ONE, "A", "2026-11-01", "1000", "2015-01-01", "x"],
            ],
            2,
            ["NDA", "Nom", "Date Contrat", "Montant", "Déclaration Date", "Déclaration Lieu"],
        ),
        # A title is no group.
        (
            [["Suivi 2026", None, None], ["NDA", "Nom", "Ville"], [ONE, "A", "Paris"]],
            2,
            ["NDA", "Nom", "Ville"],
        ),
        # Candidates by name alone are no header, whatever the header lacks.
        ([["Nom", None], ["Atelier Fictif", "Paris"], ["B", "Lyon"]], 1, ["Nom", None]),
        (
            [["Nom", "Ville", None], ["Formation Conseil", "Paris", "oui"], ["B", "Lyon", ""]],
            1,
            ["Nom", "Ville", None],
        ),
        ([["NDA", "Nom", None], [None, "Atelier Fictif", "Paris"]], 1, ["NDA", "Nom", None]),
        ([["NDA", "Nom"], ["NDA", "Nom"], [ONE, "A"]], 1, ["NDA", "Nom"]),
    ],
)
def test_a_header_is_what_stands_above_the_data(
    rows: Rows, skip: int, names: list[str | None]
) -> None:
    found, header = arrange(rows)
    assert (found, header) == (skip, names)


def test_a_header_on_two_rows_of_a_workbook(tmp_path: Path) -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 0, "NDA")
        sheet.merge_range(0, 1, 0, 2, "Attestation")
        sheet.write_row(1, 1, ["vigilance", "fiscale"])
        sheet.merge_range(0, 3, 1, 3, "Ville")
        sheet.write_row(2, 0, [ONE, "2026-11-01", "oui", "Paris"])

    found = read(book(tmp_path / "c.xlsx", fill), tmp_path)
    assert found.names == ["NDA", "Attestation vigilance", "Attestation fiscale", "Ville"]
    assert found.facts == {"nda": 1, "attestation_vigilance": 2, "ville": 4}
    assert cells(found) == [(ONE, "2026-11-01", "oui", "Paris")]
    assert "En-tête lu sur 2 lignes." in found.remarks
    assert found.numbers() == {1: 3}


# --- Rows that are nobody -----------------------------------------------------------------------


def rows_of(tmp_path: Path, *lines: str, header: str = "NDA;Nom;Ville;Montant") -> Any:
    body = "\n".join([header, *lines, ""]).encode()
    return read(write(tmp_path / "c.csv", body), tmp_path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("TOTAL;;;3 000,00 €", "1 ligne de total"),
        ("Total général :;;;12", "1 ligne de total"),
        (";;Sous-total;12", "1 ligne de total"),
        ("Région Sud;;;", "1 ligne de titre de groupe"),
        ("NDA;Nom;Ville;Montant", "1 ligne d'en-tête répété"),
    ],
)
def test_a_row_that_is_nobody_is_left_aside_and_told(tmp_path: Path, line: str, told: str) -> None:
    found = rows_of(tmp_path, f"{ONE};A;Paris;1000", line, f"{TWO};B;Lyon;2000")
    assert [row[0] for row in cells(found)] == [ONE, TWO]
    assert found.rows == 2
    assert found.numbers() == {1: 2, 2: 4}
    assert any(remark.startswith(told) and "fichier : 3)" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "line",
    [
        # Someone, or someone perhaps: never left aside.
        f"{TWO};Total Formation;Paris;12",
        ";Total Formation;Paris;",
        ";Région Sud;;",
        "93131;;;",
        f"{ONE};;;",
        "à demander;;;",
        "en cours;;;",
        "N/A;;;",
        "?;;;",
        ";Nom;;12",
    ],
)
def test_a_row_that_may_be_someone_stays(tmp_path: Path, line: str) -> None:
    found = rows_of(tmp_path, f"{ONE};A;Paris;1000", line, f"{TWO};B;Lyon;2000")
    assert len(cells(found)) == 3


def test_names_alone_are_candidates(tmp_path: Path) -> None:
    found = rows_of(tmp_path, "Atelier Fictif;;", "B;;", header="Nom;Ville;CV")
    assert found.rows == 2
