"""The encoding of a text that is not in UTF-8, told by what it makes readable."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.portage.candidates.encodings import NAMES, retained
from tests.portage.candidates.files import cells, read, write

TEXTS = [
    "NDA;Déréférencé;Contrat écrit;À jour fiscal et social\n1;oui;non;oui\n",
    "NDA;Dénomination;Ville\n1;Atelier Démonstration;Orléans\n",
    "NDA;Nom\n1;ÉCOLE SPÉCIMEN À ÉVRY\n",
    "NDA;Nom\n1;HÔTEL DE L'ÎLE\n",
    "NDA;Nom\n1;Noël Fictif, Besançon\n",
    "NDA;Nom\n1;L’Œuvre fictive – été\n",
    "NDA;Nom\n1;« Modèle »\n",
    "NDA;Nom\n1;Müller & Söhne\n",
    "NDA;Nom\n1;Façade çà et là\n",
    "N°;Nom\n1;Ça alors\n",
]


def _writes(name: str, text: str) -> bool:
    return text == text.encode(name, errors="replace").decode(name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (name, text)
        for name in ("cp1252", "mac_roman", "cp850")
        for text in TEXTS
        if _writes(name, text)
    ],
)
def test_accents_are_read_as_they_were_written(text: str, name: str) -> None:
    lines = [line for line in text.encode(name).split(b"\n") if not line.isascii()]
    found = retained(lines, b"\n".join(lines))
    assert found.readable
    written = [line for line in text.split("\n") if not line.isascii()]
    assert [line.decode(found.name) for line in lines] == written


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mac_roman", "Fichier lu en Mac Roman (il n'est pas en UTF-8)."),
        ("cp850", "Fichier lu en MS-DOS (cp850) (il n'est pas en UTF-8)."),
        ("cp1252", "Fichier lu en Windows-1252 (il n'est pas en UTF-8)."),
        ("utf-16", "Fichier lu en UTF-16."),
        ("utf-16-be", "Fichier lu en UTF-16."),
    ],
)
def test_a_fact_under_an_accented_header_is_not_lost(
    tmp_path: Path, name: str, told: str, end: str
) -> None:
    text = "NDA;Déréférencé;Observations\n11750000175;oui;été\n11750000275;non;là\n"
    body = text.replace("\n", end).encode(name)
    found = read(write(tmp_path / "c.csv", body), tmp_path)
    assert found.names == ["NDA", "Déréférencé", "Observations"]
    assert found.facts == {"nda": 1, "dereference": 2}
    assert cells(found) == [("11750000175", "oui", "été"), ("11750000275", "non", "là")]
    assert told in found.remarks


def test_a_line_feed_within_a_cell_of_a_mac(tmp_path: Path) -> None:
    body = 'NDA;Nom\r11750000175;"deux\nlignes"\r11750000275;Été\r'.encode("mac_roman")
    found = read(write(tmp_path / "c.csv", body), tmp_path)
    assert cells(found) == [("11750000175", "deux\nlignes"), ("11750000275", "Été")]


def test_what_no_encoding_makes_readable_is_told(tmp_path: Path) -> None:
    body = b"NDA;Nom\n11750000175;" + bytes([0xC1, 0xD0, 0xB1, 0xAF, 0xB2] * 3) + b"\n"
    found = read(write(tmp_path / "c.csv", body), tmp_path)
    assert found.rows == 1
    assert any("ne se lisent dans aucun encodage connu" in remark for remark in found.remarks)
    assert not any(name in remark for remark in found.remarks for name in NAMES.values())


def test_the_encoding_is_told_by_lines_far_below(tmp_path: Path) -> None:
    lines = "".join(f"1175{n:07};Atelier\n" for n in range(5_000))
    body = f"NDA;Nom\n{lines}11750000175;Modèle à l'été\n".encode("mac_roman")
    found = read(write(tmp_path / "c.csv", body), tmp_path)
    assert cells(found)[-1][1] == "Modèle à l'été"
