"""How sentences are laid out on a terminal, and what never reaches it."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from pipelines.cli.common import fitted, print_error
from pipelines.printable import printable


def terminal(width: int) -> Console:
    return Console(file=StringIO(), force_terminal=True, width=width)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Au-dessus de 5 000 € il faut une attestation", "5\u00a0000\u00a0€"),
        ("Une part de 80 % au plus est confiée", "80\u00a0%"),
        ("Le total de 1 234 567 € est dépassé", "1\u00a0234\u00a0567\u00a0€"),
        ("Pour aller plus loin lancez « opac plafond » ici", "«\u00a0opac plafond\u00a0»"),
        ("Voyez alors « opac dossier --help » ; puis recommencez", "«\u00a0opac dossier --help"),
    ],
)
@pytest.mark.parametrize("width", range(28, 46))
def test_figures_and_quotations_stay_whole(text: str, kept: str, width: int) -> None:
    told = fitted(terminal(width), text, indent=2)
    assert kept in told
    assert "".join(told.split()) == "".join(text.split())
    assert max(map(len, told.split("\n"))) <= width


def test_a_long_quotation_is_broken_rather_than_the_line() -> None:
    text = "Le fichier « " + "un nom bien long " * 8 + "» n'existe pas"
    assert max(map(len, fitted(terminal(40), text).split("\n"))) <= 40


def test_a_year_is_not_glued_to_a_number() -> None:
    assert fitted(terminal(80), "Le 31 12 2025 et 2026 aussi") == "Le 31 12 2025 et 2026 aussi"


def test_control_characters_are_shown_not_sent(capfd: pytest.CaptureFixture[str]) -> None:
    assert printable("a\x1b[2Jb\r\nc\x9bd") == "a␣[2Jb␣c␣d"
    assert printable("SARL \u202eecalp\u2028Suite") == "SARL ␣ecalp␣Suite"
    print_error("Erreur :", "« \x1b[31m » ne se lit pas")
    assert capfd.readouterr().err == "Erreur : « ␣[31m » ne se lit pas\n"
