"""Workbooks of every format, the sheet that is meant, and the numbers that rows have in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.portage.candidates import archives
from pipelines.portage.candidates.mapping import Said
from pipelines.portage.candidates.reading import read_candidates
from tests.portage.candidates.books import OLD, ods, ods_cell, xlsb
from tests.portage.candidates.files import book, cells, facts, read

ONE, TWO = "11750000175", "11750000275"
HEADER = ["NDA", "Ville", "Contrat écrit"]
NOTICE = [["Champ", "Comment le remplir"], ["SIRET", "quatorze chiffres"], ["Nom", "en entier"]]
ROWS = [HEADER, [ONE, "PARIS 11", "oui"], [TWO, "Évry", "non"]]


def xlsx(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    def fill(made: Any, first: Any) -> None:
        first.name = next(iter(sheets))
        for rank, (name, rows) in enumerate(sheets.items()):
            sheet = made.add_worksheet(name) if rank else first
            for number, row in enumerate(rows):
                for place, text in enumerate(row):
                    if text:
                        sheet.write_string(number, place, text)

    return book(path, fill)


WRITERS: dict[str, Callable[[Path, dict[str, list[list[str]]]], Path]] = {
    "xlsx": xlsx,
    "xlsb": xlsb,
    "ods": ods,
}
any_format = pytest.mark.parametrize("kind", WRITERS)


def made(folder: Path, kind: str, **sheets: list[list[str]]) -> Path:
    return WRITERS[kind](folder / f"c.{kind}", sheets)


@any_format
def test_any_format_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    found = read(made(tmp_path, kind, Feuille=ROWS), tmp_path)
    assert cells(found) == [tuple(row) for row in ROWS[1:]]
    assert found.facts == {"nda": 1, "ville": 2, "contrat_ecrit": 3}
    assert found.remarks == []


def test_an_old_workbook_is_read_with_its_days(tmp_path: Path) -> None:
    found = read(OLD, tmp_path)
    assert found.sheet == "Candidats"
    assert [row["date"] for row in facts(found)] == ["2026-11-29", "2026-11-30"]
    assert [row["montant"] for row in facts(found)] == ["1500", "1600.5"]
    assert list(found.numbers().values()) == [4, 5]


@pytest.mark.parametrize("share", [0.3, 0.9])
@pytest.mark.parametrize("kind", ["ods", "xlsb", "xls"])
def test_a_truncated_workbook_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    whole = OLD if kind == "xls" else made(tmp_path, kind, Feuille=ROWS * 50)
    body = whole.read_bytes()
    cut = tmp_path / f"d.{kind}"
    cut.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(UsageError, match="abîmé ou incomplet"):
        read(cut, tmp_path)


# --- The sheet that is meant ------------------------------------------------------------------


@any_format
@pytest.mark.parametrize(
    "cover",
    [
        NOTICE,
        [["Suivi des sous-traitants 2026"]],
        [["Version", "Auteur"], ["1", "A. Fictive"]],
        # A notice may name several columns in a row, and show what they look like.
        [["NDA", "Nom"], ["onze chiffres", "en entier"]],
    ],
)
def test_the_sheet_of_the_candidates_is_found(
    tmp_path: Path, kind: str, cover: list[list[str]]
) -> None:
    found = read(made(tmp_path, kind, Notice=cover, Candidats=ROWS), tmp_path)
    assert (found.sheet, found.rows) == ("Candidats", 2)
    assert "Feuille lue : « Candidats » ; non lue : Notice." in found.remarks


def test_numbers_of_lines_are_nobody_s(tmp_path: Path) -> None:
    invoices = [["N°", "Date", "Montant"], ["1", "2026-11-01", "1500"]]
    names = [["Nom", "Ville"], ["Atelier Fictif", "Paris"]]
    found = read(made(tmp_path, "xlsx", Factures=invoices, Candidats=names), tmp_path)
    assert found.sheet == "Candidats"


@any_format
def test_of_several_sheets_of_candidates_the_first_is_read_and_the_others_named(
    tmp_path: Path, kind: str
) -> None:
    path = made(tmp_path, kind, Notice=NOTICE, Nord=ROWS, Sud=[HEADER, [TWO, "Nice", "oui"]])
    found = read(path, tmp_path)
    assert found.sheet == "Nord"
    assert "Feuille lue : « Nord » ; non lues : Notice, Sud." in found.remarks
    for asked in ("Sud", " sud "):
        other = read_candidates(path, tmp_path, said=Said(asked))
        assert (other.sheet, other.rows) == ("Sud", 1)


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    path = made(tmp_path, "xlsx", Notice=NOTICE, Candidats=ROWS)
    with pytest.raises(UsageError, match=r"« Est » \(feuilles : « Notice », « Candidats »\)"):
        read_candidates(path, tmp_path, said=Said("Est"))
    plain = tmp_path / "c.csv"
    plain.write_text("NDA\n1\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"n'est pas un classeur : --feuille n'y désigne rien"):
        read_candidates(plain, tmp_path, said=Said("Est"))


def test_when_no_sheet_says_who_all_are_named(tmp_path: Path) -> None:
    path = made(tmp_path, "xlsx", Garde=[["Suivi", "2026"]], Couleurs=[["Teinte"], ["rouge"]])
    with pytest.raises(UsageError) as raised:
        read(path, tmp_path)
    assert "« Garde »" in str(raised.value)
    assert "« Couleurs »" in str(raised.value)


def test_candidates_by_name_are_candidates_too(tmp_path: Path) -> None:
    names = [["Nom", "Ville"], ["Atelier Fictif", "Paris"]]
    found = read(made(tmp_path, "xlsx", Notice=[["Lisez-moi"]], Liste=names), tmp_path)
    assert found.sheet == "Liste"


# --- The numbers that rows have -----------------------------------------------------------------


@any_format
def test_rows_are_numbered_as_their_owner_sees_them(tmp_path: Path, kind: str) -> None:
    rows = [[], ["Suivi 2026"], [], *ROWS[:2], [], ROWS[2]]
    found = read(made(tmp_path, kind, Feuille=rows), tmp_path)
    assert found.numbers() == {1: 5, 2: 7}


@pytest.mark.parametrize("above", ["", "sep=;\n"])
def test_rows_of_a_text_are_numbered_as_a_spreadsheet_shows_them(
    tmp_path: Path, above: str
) -> None:
    path = tmp_path / "c.csv"
    text = f'Suivi\n\nNDA;Nom\n{ONE};"sur deux\nlignes"\n;;\n{TWO};B\n'
    path.write_text(above + text, encoding="utf-8")
    found = read(path, tmp_path)
    assert found.numbers() == {1: 4, 2: 6}


# --- What would take the memory of the machine --------------------------------------------------


def test_what_is_repeated_without_end_is_refused(tmp_path: Path) -> None:
    line = f"<table:table-row table:number-rows-repeated='9'>{ods_cell('x')}</table:table-row>"
    many = line.replace("'9'", '"1048000"')
    path = ods(tmp_path / "a.ods", {"F": ROWS}, more=many)
    with pytest.raises(UsageError, match="jusqu'à la cellule A1048000"):
        read(path, tmp_path)
    wide = f"<table:table-row>{ods_cell('x', 16_000)}</table:table-row>"
    with pytest.raises(UsageError, match="étend une feuille jusqu'à la cellule"):
        read(ods(tmp_path / "b.ods", {"F": ROWS}, more=wide), tmp_path)


def test_a_cell_far_away_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = xlsb(tmp_path / "c.xlsb", {"F": ROWS}, far=(1_048_575, 16_383))
    with pytest.raises(UsageError, match="jusqu'à la cellule XFD1048576"):
        read(path, tmp_path)
    monkeypatch.setattr(archives, "MAX_CELLS", 3)
    with pytest.raises(UsageError, match="jusqu'à la cellule C3"):
        read(xlsb(tmp_path / "d.xlsb", {"F": ROWS}), tmp_path)


def test_a_locked_workbook_is_told(tmp_path: Path) -> None:
    path = ods(tmp_path / "c.ods", {"F": ROWS}, manifest="<manifest:encryption-data/>")
    with pytest.raises(UsageError, match="protégé par un mot de passe"):
        read(path, tmp_path)


def test_another_document_is_no_workbook(tmp_path: Path) -> None:
    path = ods(tmp_path / "c.odt", {"F": ROWS}, kind="text")
    with pytest.raises(UsageError, match="un document, pas un classeur"):
        read(path, tmp_path)
