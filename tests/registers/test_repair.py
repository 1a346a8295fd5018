"""Stray quotes: the row is kept when one reading makes sense, set aside when several might."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.registers.contract import NAMES
from pipelines.registers.layout import recognise_header
from pipelines.registers.repair import MAX_LINES, mend
from tests.registers.reads import read
from tests.registers.rows import mirror_rows, row, wire, wire_rows

UNGUESSED = "Guillemet mal placé : les colonnes ne se laissent pas séparer sans deviner."
NAME = "ORGANISME FICTIF 00001"
HEADER, LINE = wire_rows(1).decode().splitlines()
LAYOUT = recognise_header(HEADER)


def alone(line: str, number: int = 2) -> dict[str, str] | tuple[int, str, str]:
    """Mend one line: its values by column, or what is told of it."""
    mended = mend([(number, line)], LAYOUT)
    if mended.rejected:
        assert not mended.rows
        return mended.rejected[0]
    [(kept, values)] = mended.rows
    assert kept == number
    return dict(zip(NAMES, values, strict=True))


def named(field: str) -> str:
    """The line with another denomination, as it is written."""
    return LINE.replace(f'"{NAME}"', field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ('"UFORCA "NANTES"', 'UFORCA "NANTES'),
        ('"UFORCA "NANTES""', 'UFORCA "NANTES"'),
        ('"UFORCA "NANTES" SUD"', 'UFORCA "NANTES" SUD'),
        ('""UFORCA" NANTES"', '"UFORCA" NANTES'),
        ('""UFORCA"', '"UFORCA'),
        ('"UFORCA"" "NANTES"', 'UFORCA" "NANTES'),
        ('"A, "B", C"', 'A, "B", C'),
        ('"', ""),
        ('"UFORCA', "UFORCA"),
        ('UFORCA"', 'UFORCA"'),
        ('UFORCA "NANTES', 'UFORCA "NANTES'),
    ],
)
def test_a_stray_quote_is_kept_exactly_and_moves_nothing(field: str, value: str) -> None:
    right = {name: text or "" for name, text in row(1).items()}
    assert alone(named(field)) == right | {"denomination": value}


def test_a_delimiter_in_a_value_is_kept_beside_a_stray_quote() -> None:
    line = named('"UFORCA "NANTES"').replace('"PARIS"', '"PARIS ; LYON"')
    found = alone(line)
    assert isinstance(found, dict)
    assert (found["denomination"], found["ville"]) == ('UFORCA "NANTES', "PARIS ; LYON")


def test_a_stray_quote_in_a_bare_field_is_dropped() -> None:
    found = alone(LINE.replace(";false;", ';false";', 1))
    assert isinstance(found, dict)
    assert found["certifie_bilan_competences"] == "false"


@pytest.mark.parametrize(
    "line",
    [
        # Where does the denomination end?
        named('"UFORCA; NANTES'),
        named('"UFORCA";"NANTES";"B"'),
        named('"UFORCA; "NANTES'),
        # A lost delimiter, hidden by one inside a value: the columns between would shift.
        LINE.replace('"413";', '"413"').replace('"PARIS"', '"PARIS;"'),
        LINE.replace("false;;", "false;").replace('"PARIS"', '"PARIS;LYON"'),
        LINE.replace('";;;;;41;', '";";";;;41;'),
        # The right number of fields, but a date is not a number.
        LINE.replace("41;1;2;", '41;01/01/2023;2";'),
    ],
)
def test_what_can_be_read_in_several_ways_is_set_aside(line: str) -> None:
    number, motif, texte = alone(line)
    assert (number, texte) == (2, line)
    assert motif == UNGUESSED or "champs au lieu de 30" in str(motif)


@pytest.mark.parametrize(
    ("line", "motif"),
    [
        (LINE.replace('"PARIS";', ""), "29 champs au lieu de 30."),
        (f"{LINE}3;", "31 champs au lieu de 30."),
        (named('"UFORCA; NANTES'), UNGUESSED),
        (LINE.removesuffix(";"), "Ligne coupée : elle ne finit pas par « ; » comme l'en-tête."),
        (LINE[:100], "Ligne coupée : elle ne finit pas par « ; » comme l'en-tête."),
        ("bonjour", "Ligne coupée : elle ne finit pas par « ; » comme l'en-tête."),
    ],
)
def test_why_a_line_is_set_aside_is_told(line: str, motif: str) -> None:
    assert alone(line) == (2, motif, line)


def test_a_lost_delimiter_is_not_hidden_by_the_last_one(tmp_path: Path) -> None:
    """« 40;3;2; » without its first delimiter would read 403, 2 and nothing."""
    data = wire([row(1), row(2, nb_stagiaires="40", nb_stagiaires_confies="3"), row(3)])
    found = read(tmp_path, data.replace(b";40;3;", b";403;"))
    assert found.values("ligne") == [2, 4]
    assert [r.motif for r in found.rejected] == ["29 champs au lieu de 30."]


def test_without_a_last_delimiter_in_the_header_none_is_asked_of_rows(tmp_path: Path) -> None:
    header, *lines = wire_rows(3).decode().splitlines()
    lines = [line.removesuffix(";") for line in lines]
    found = read(tmp_path, "\n".join([header.removesuffix(";"), *lines]).encode())
    assert (found.rows.height, found.rejected) == (3, [])
    lines[1] += ";"
    found = read(tmp_path, "\n".join([header.removesuffix(";"), *lines]).encode())
    assert [(r.ligne, r.motif) for r in found.rejected] == [(3, "31 champs au lieu de 30.")]


# --- Values over several lines --------------------------------------------------------------


def broken(lines: int) -> list[str]:
    value = "\n".join(str(n) for n in range(lines))
    return wire([row(1, ville=value)]).decode().splitlines()[1:]


@pytest.mark.parametrize("lines", [2, 3, MAX_LINES])
def test_a_value_over_several_lines_is_joined(lines: int) -> None:
    mended = mend(list(enumerate(broken(lines), start=2)), LAYOUT)
    [(number, values)] = mended.rows
    assert number == 2
    assert values[NAMES.index("ville")] == "\n".join(str(n) for n in range(lines))
    assert mended.rejected == []


def test_a_value_over_too_many_lines_is_a_lost_quote() -> None:
    lines = list(enumerate(broken(MAX_LINES + 1), start=2))
    mended = mend(lines, LAYOUT)
    assert mended.rows == []
    assert [(number, texte) for number, _, texte in mended.rejected] == lines


def test_lines_that_do_not_follow_are_not_joined() -> None:
    first, second = broken(2)
    mended = mend([(2, first), (4, second)], LAYOUT)
    assert mended.rows == []
    assert [number for number, _, _ in mended.rejected] == [2, 4]


def test_an_empty_line_inside_a_value_sets_both_parts_aside(tmp_path: Path) -> None:
    found = read(tmp_path, wire([row(1, ville="A\n\nB"), row(2)]))
    assert found.values("ligne") == [5]
    assert [r.ligne for r in found.rejected] == [2, 4]


def test_a_record_is_left_open_only_where_the_next_block_may_complete_it() -> None:
    first, second = broken(2)
    assert mend([(2, first)], LAYOUT, following=3).open_from == 2
    assert mend([(2, first)], LAYOUT, following=4).rejected[0][0] == 2
    assert mend([(2, first)], LAYOUT, following=None).rejected[0][0] == 2
    whole = mend([(2, first), (3, second)], LAYOUT, following=4)
    assert (whole.open_from, len(whole.rows)) == (None, 1)
    many = [(2 + n, "illisible") for n in range(MAX_LINES)]
    held = mend(many, LAYOUT, following=2 + MAX_LINES)
    assert (held.open_from, len(held.rejected)) == (3, 1)


def test_repaired_rows_are_named(tmp_path: Path) -> None:
    data = wire_rows(4).replace(b'"ORGANISME FICTIF 00002"', b'"ORGANISME "FICTIF" 2"')
    found = read(tmp_path, data)
    assert found.repaired == [3]
    assert found.values("denomination")[1] == 'ORGANISME "FICTIF" 2'
    assert found.values("ligne") == [2, 3, 4, 5]


def test_a_bare_layout_is_mended_too(tmp_path: Path) -> None:
    lines = mirror_rows(3).decode().splitlines()
    lines[2] = lines[2].replace("ORGANISME FICTIF 00002", 'ORGANISME "FICTIF" 2')
    found = read(tmp_path, "\n".join(lines).encode())
    assert found.values("denomination")[1] == 'ORGANISME "FICTIF" 2'
    assert (found.repaired, found.rejected) == ([3], [])
