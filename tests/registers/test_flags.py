"""How flags are written by what saved the list, and how a spreadsheet is recognised."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from pipelines.errors import NotTheList
from pipelines.home import Home
from pipelines.quality.checks import advice
from pipelines.registers.archive import LOCAL, OFFICIAL, Sighting
from pipelines.registers.contract import COLUMNS, FLAGS
from pipelines.registers.profile import profile
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from tests.registers.acquiring import prepared, refusal, write
from tests.registers.reads import DATE, flags, only, read_file
from tests.registers.rows import row, rows, wire

WORDS = [
    ("true", "false"),
    ("VRAI", "FAUX"),
    ("Vrai", "Faux"),
    ("vrai", " faux "),
    ("TRUE", "FALSE"),
    ("1", "0"),
    ("1.0", "0,0"),
    ("oui", "NON"),
    ("O", "n"),
    ("WAHR", "FALSCH"),
    ("VERO", "FALSO"),
    ("VERDADERO", "FALSO"),
    ("t", "f"),
]


@pytest.mark.parametrize(("true", "false"), WORDS)
def test_a_flag_is_read_as_it_is_written(tmp_path: Path, true: str, false: str) -> None:
    found = only(tmp_path, **flags(true, false, None, ""))
    assert [found.value(flag) for flag in FLAGS] == [True, False, None, None]
    assert found.value("certification_connue")
    assert "DRAPEAU_ILLISIBLE" not in found.rules()


@pytest.mark.parametrize("mark", ["x", "✓", "-1", "2", "peut-être", "vraiment", "#REF!", "?"])
def test_any_other_mark_says_neither(tmp_path: Path, mark: str) -> None:
    found = only(tmp_path, **flags(mark, "VRAI", "FAUX", None))
    assert [found.value(flag) for flag in FLAGS] == [None, True, False, None]
    assert not found.value("certification_connue")
    assert ("DRAPEAU_ILLISIBLE", FLAGS[0], mark) in found.doubts()


@pytest.mark.parametrize("kind", [pl.Boolean, pl.Int64, pl.Float64])
def test_a_flag_of_any_type_of_parquet(tmp_path: Path, kind: type[pl.DataType]) -> None:
    line = row(4, **flags("1", "0", None, None))
    frame = pl.DataFrame({c.technical: [line[c.name]] for c in COLUMNS})
    technical = [c.technical for c in COLUMNS if c.name in FLAGS]
    typed = frame.with_columns(pl.col(technical).cast(pl.Int64).cast(kind))
    typed.write_parquet(tmp_path / "liste.parquet")
    found = read_file(tmp_path / "liste.parquet")
    assert found.values(FLAGS[0])[0] in {"1", "true"}
    assert found.values(FLAGS[1])[0] in {"0", "false"}


# --- A list that went through a spreadsheet ---------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (flags("VRAI", "FAUX", "FAUX", "FAUX"), "certifications écrites VRAI et FAUX"),
        (flags("TRUE", "FALSE", "FALSE", "FALSE"), "certifications écrites TRUE et FALSE"),
        (flags("WAHR", "FALSCH", None, None), "certifications écrites WAHR et FALSCH"),
        ({"siret_declarant": "5,86057E+13"}, "numéros écrits comme 5,86057E+13"),
        ({"siren": "5.8E+08"}, "numéros écrits comme 5.8E+08"),
    ],
)
def test_a_spreadsheet_is_recognised_by_its_marks(
    tmp_path: Path, changes: dict[str, str], told: str
) -> None:
    found = profile(
        write(tmp_path / "l.csv", wire([row(4, **changes), row(5, **changes), row(6)])), DATE
    )
    assert found.tableur == told
    (warning,) = found.avertissements
    assert warning.startswith(f"La liste a été enregistrée par un tableur ({told}), ")


@pytest.mark.parametrize("column", ["nda", "siren", "siret_declarant"])
def test_a_number_or_two_written_so_are_no_mark(tmp_path: Path, column: str) -> None:
    """The official list has some, as those whom they name typed them."""
    lines = [row(1, **flags("VRAI", None, None, None)), row(2, **{column: "4.46709E10"})]
    data = wire([*lines, *(row(number) for number in range(3, 43))])
    assert profile(write(tmp_path / "l.csv", data), DATE).tableur is None


@pytest.mark.parametrize("words", [("true", "false"), ("1", "0"), ("oui", "non"), ("vrai", "faux")])
def test_what_any_program_may_write_is_no_mark(tmp_path: Path, words: tuple[str, str]) -> None:
    data = wire([row(4, **flags(*words, None, None)), *rows(3)])
    assert profile(write(tmp_path / "l.csv", data), DATE).tableur is None


def test_what_is_advised_depends_on_where_the_list_comes_from(tmp_path: Path) -> None:
    home = prepared(tmp_path)
    settings = Settings(home=home.root)

    def seen(*lines: dict[str, str | None]) -> Sighting:
        return acquire(settings, Request(write(tmp_path / "of_2026-01-15.csv", wire(lines))))

    given = seen(*rows(3))
    assert given.origine == LOCAL
    assert advice(given).startswith("Le fichier donné est sans doute abîmé : redemandez-le")
    assert "attendez" not in advice(given)
    official = Sighting(**{**given.__dict__, "origine": OFFICIAL})
    assert "attendez la suivante" in advice(official)
    saved = seen(row(1, **flags("VRAI", "FAUX", None, None)))
    assert "enregistré par un tableur (certifications écrites VRAI et FAUX)" in advice(saved)


def test_a_workbook_is_named_for_what_it_is(tmp_path: Path) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    path = write(tmp_path / "of_2026-01-15.xlsx", body.getvalue())
    home: Home = prepared(tmp_path)
    told = refusal(NotTheList, acquire, Settings(home=home.root), Request(path))
    assert "« of_2026-01-15.xlsx » est un classeur Excel, pas la liste" in told
