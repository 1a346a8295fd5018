"""A candidate file judged, its result written and read back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipelines.errors import UsageError
from pipelines.portage.candidates.answers import ANSWER, answers_of, free
from pipelines.portage.candidates.table import SHIFTED
from pipelines.portage.screening import files, judging
from pipelines.portage.screening.files import check_target, write_result
from pipelines.portage.screening.judging import Screening, check_mission, screen
from pipelines.portage.session import Telling
from tests.portage.candidates.files import MISSION, FakeSession, read, rezipped, sheet, write

FORMATS = (".xlsx", ".csv", ".parquet", ".json")
RISKY = ("=1+1", "+33 1", "-x", "@SOMME(A1)", "\tx", "\rx")


def screened(
    path: Path, tmp_path: Path, defaults: dict[str, str] | None = None, name: str = "travail"
) -> Screening:
    folder = tmp_path / name
    folder.mkdir()
    given = MISSION if defaults is None else defaults
    candidates = read(path, folder)
    check_mission(candidates, given)
    with (session := FakeSession()).con:
        return screen(session, candidates, given, folder)  # type: ignore[arg-type]


def back(path: Path) -> pl.DataFrame:
    """The result as its reader has it, all text; columns of ours under their names for machines."""
    if path.suffix == ".xlsx":
        book = fastexcel.read_excel(path)
        frame = book.load_sheet("Verdicts", dtypes="string").to_polars()
        places = answers_of(frame.columns)
        own = [name for rank, name in enumerate(frame.columns, 1) if rank not in places.values()]
        return frame.rename(
            {frame.columns[rank - 1]: free(name, own) for name, rank in places.items()}
        )
    if path.suffix == ".csv":
        return pl.read_csv(path, separator=";", infer_schema=False)
    if path.suffix == ".json":
        return pl.DataFrame(json.loads(path.read_text(encoding="utf-8")), infer_schema_length=None)
    return pl.read_parquet(path)


def listing(rows: int = 8) -> str:
    lines = (f"9313123451{n % 6};Nom {n};note {n}" for n in range(rows))
    return "NDA;Raison sociale;Note\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_rows_come_out_in_order_with_the_answers(tmp_path: Path, form: str) -> None:
    found = screened(write(tmp_path / "c.csv", listing()), tmp_path)
    target = tmp_path / f"resultat{form}"
    assert write_result(found, target, form) == []
    frame = back(target)
    asked = ("financement_retenu", "action_retenue")
    if form == ".xlsx":
        assert frame.columns == [
            *("verdict_dit", "a_faire", "NDA", "Raison sociale", "Note", "raisons"),
            *("pieces_manquantes", "avertissements", "organisme", "nda_retenu"),
            *("message_rapprochement", "prochaine_date", "prochaine_echeance", "date_liste"),
            *(*asked, "verdict", "qualite_rapprochement", "sha256_liste"),
        ]
        assert frame["verdict_dit"].to_list()[:3] == ["À vérifier", "Éligible", "Pièces manquantes"]
    else:
        assert frame.columns == ["NDA", "Raison sociale", "Note", *ANSWER, *asked]
    assert frame["Note"].to_list() == [f"note {n}" for n in range(8)]
    assert frame["verdict"].to_list() == [
        *("A_VERIFIER", "ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE"),
        *("A_VERIFIER", "A_VERIFIER", "ELIGIBLE"),
    ]
    row = frame.row(2, named=True)
    assert row["raisons"] == "Raison de 93131234512 ; Autre raison"
    assert row["pieces_manquantes"] == "Pièce A ; Pièce B"
    assert row["avertissements"] is None
    assert row["a_faire"] == "Demandez : Pièce A ; Pièce B."
    assert (row["organisme"], row["nda_retenu"]) == ("Modèle 93131234512", "93131234512")
    assert (row["qualite_rapprochement"], row["financement_retenu"]) == ("EXACT", "CPF")
    assert str(frame["prochaine_date"][1])[:10] == "2027-03-04"
    assert frame["prochaine_echeance"][1] == "Fin du certificat"
    assert found.verdicts == {
        "ELIGIBLE": 2,
        "PIECES_MANQUANTES": 1,
        "A_VERIFIER": 4,
        "NON_ELIGIBLE": 1,
    }
    assert found.strongest == "NON_ELIGIBLE"
    assert found.pieces == [("Pièce A", 1), ("Pièce B", 1)]


def test_rows_are_judged_by_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "c.csv", listing(25))
    whole = screened(path, tmp_path, name="entier")
    monkeypatch.setattr(judging, "BLOCK", 4)
    seen: list[int] = []
    folder = tmp_path / "blocs"
    folder.mkdir()
    session = FakeSession()
    blocks = screen(session, read(path, folder), MISSION, folder, seen.append)  # type: ignore[arg-type]
    assert seen == [4, 8, 12, 16, 20, 24, 25]
    assert len(session.asked) == 7
    for name, found in (("a.csv", whole), ("b.csv", blocks)):
        write_result(found, tmp_path / name, ".csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert whole.verdicts == blocks.verdicts


def test_a_verdict_that_lacks_is_no_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(self: FakeSession, query: str, telling: Telling, date: str | None = None) -> None:
        asked(self, query, telling, date)
        self.con.execute("delete from evaluation.verdict where ligne = 3")

    asked = FakeSession.ask
    monkeypatch.setattr(FakeSession, "ask", forgetful)
    with pytest.raises(RuntimeError, match="verdicts missing"):
        screened(write(tmp_path / "c.csv", listing()), tmp_path)


def test_a_shifted_row_is_to_be_checked(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "NDA;Nom\n93131234511;A;en trop\n93131234511;B\n")
    found = screened(path, tmp_path)
    write_result(found, tmp_path / "r.csv", ".csv")
    frame = back(tmp_path / "r.csv")
    assert frame["verdict"].to_list() == ["A_VERIFIER", "ELIGIBLE"]
    assert frame["raisons"][0] == SHIFTED
    assert frame["Hors colonnes"].to_list() == ["en trop", None]
    assert frame["nda_retenu"].to_list() == [None, "93131234511"]


def test_columns_named_like_ours_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "NDA;Verdict;raisons;raisons_opac\n93131234511;oui;car;donc\n")
    found = screened(path, tmp_path)
    assert found.titles[:3] == ["verdict_opac", "raisons_opac_2", "pieces_manquantes"]
    for form in FORMATS:
        write_result(found, tmp_path / f"r{form}", form)
        row = back(tmp_path / f"r{form}").row(0, named=True)
        assert (row["Verdict"], row["verdict_opac"]) == ("oui", "ELIGIBLE")
        assert (row["raisons"], row["raisons_opac"]) == ("car", "donc")


def test_two_columns_of_one_name_both_come_back(tmp_path: Path) -> None:
    found = screened(write(tmp_path / "c.csv", "NDA;Note;note;Note_2\n1;a;b;c\n"), tmp_path)
    for form in FORMATS:
        write_result(found, tmp_path / f"r{form}", form)
    for form in (".json", ".parquet"):
        row = back(tmp_path / f"r{form}").row(0)
        assert row[:4] == ("1", "a", "b", "c")
    header = (tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header.startswith("NDA;Note;note;Note_2;verdict;")


def test_nothing_is_run_by_a_spreadsheet(tmp_path: Path) -> None:
    body = io.StringIO()
    writer = csv.writer(body, delimiter=";")
    writer.writerow(["NDA", "=cmd|' /C calc'!A0", "Note"])
    for text in (*RISKY, "-150,5", "+3", "1e5"):
        writer.writerow(["93131234511", text, "x"])
    found = screened(write(tmp_path / "c.csv", body.getvalue()), tmp_path)
    told = write_result(found, tmp_path / "r.csv", ".csv")
    assert told == [
        "5 lignes ont une valeur qui commence comme une formule : une apostrophe la précède dans "
        "le CSV."
    ]
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0][1] == "'=cmd|' /C calc'!A0"
    assert [row[1] for row in rows[1:]] == [
        *("'=1+1", "'+33 1", "'-x", "'@SOMME(A1)", "'\tx", " x"),
        *("-150,5", "+3", "1e5"),
    ]
    write_result(found, tmp_path / "r.xlsx", ".xlsx")
    with zipfile.ZipFile(tmp_path / "r.xlsx") as made:
        cells = ET.fromstring(made.read("xl/worksheets/sheet1.xml"))
        assert all(
            b"<f>" not in made.read(name)
            for name in made.namelist()
            if name.startswith("xl/worksheets/sheet") and "sheet1" not in name
        )
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    assert cells.find(f".//{space}f") is None
    assert back(tmp_path / "r.xlsx").to_series(3).to_list()[:4] == list(RISKY[:4])


def test_a_workbook_takes_any_text(tmp_path: Path) -> None:
    odd = ["<a>&\"'</a>", "_x0041_", "a\x01b\x1fc\ufffe", "é\n😀", "  x  ", "y" * 40_000]
    body = io.StringIO()
    csv.writer(body, delimiter=";").writerows(
        [["NDA", "<b>&"], *(["93131234511", text] for text in odd)]
    )
    found = screened(write(tmp_path / "c.csv", body.getvalue()), tmp_path)
    told = write_result(found, tmp_path / "r.xlsx", ".xlsx")
    assert [text[:35] for text in told] == ["1 valeur de plus de 32767 caractère"]
    frame = back(tmp_path / "r.xlsx")
    assert frame.columns[3] == "<b>&"
    values = frame.to_series(3).to_list()
    assert values[:5] == ["<a>&\"'</a>", "_x0041_", "abc", "é\n😀", "  x  "]
    assert values[5] == "y" * 32_766 + "…"
    assert write_result(found, tmp_path / "r.parquet", ".parquet") == []
    assert back(tmp_path / "r.parquet").to_series(1).to_list()[5] == "y" * 40_000


def test_the_workbook_says_what_it_rests_on(tmp_path: Path) -> None:
    begun = dt.date.today()
    path = write(tmp_path / "c.csv", listing())
    found = screened(path, tmp_path)
    write_result(found, tmp_path / "r.xlsx", ".xlsx")
    book = fastexcel.read_excel(tmp_path / "r.xlsx")
    assert book.sheet_names == ["Verdicts", "Pièces à demander", "Synthèse", "Colonnes lues"]
    said = dict(
        book.load_sheet("Synthèse", header_row=None, dtypes="string").to_polars().iter_rows()
    )
    assert (said["Éligible"], said["Non éligible"], said["Total"]) == ("2", "1", "8")
    assert said["Pièce A"] == "1"
    assert said["Date de la liste"] == "15/01/2026"
    assert said["SHA-256 de la liste"] == "a" * 64
    assert said["Empreinte des règles"] == found.rules["empreinte"]
    assert len(found.rules["empreinte"]) == 64
    days = {f"{day:%d/%m/%Y}" for day in (begun, dt.date.today())}
    assert said["Date d'évaluation"] in days
    assert said["Attribution"] == "Ministère"
    assert "pas un conseil juridique" in str(said["Avertissement"])
    assert said["Portée"] == "sous-traitant seulement"
    assert said["Par défaut, financement"] == "CPF"
    columns = book.load_sheet("Colonnes lues", dtypes="string").to_polars().rows()
    assert columns[0][:2] == ("NDA", "nda")
    assert columns[0][3] == "En-tête de « Numéro de déclaration d'activité »."
    assert next(row for row in columns if row[0] == "Note") == (
        *("Note", "laissée de côté", "note 0 | note 1 | note 2"),
        "En-tête qui n'est celui d'aucun fait.",
    )
    body = zipfile.ZipFile(tmp_path / "r.xlsx").read("xl/worksheets/sheet1.xml")
    # The verdict, what is to be done, the number and the name stay in sight; codes are hidden.
    assert b'<pane xSplit="4" ySplit="1" topLeftCell="E2"' in body
    assert b'<autoFilter ref="A1:S9"/>' in body
    assert b'<dimension ref="A1:S9"/>' in body
    assert body.count(b"<cfRule") == 4
    assert body.count(b'hidden="1"') == 1  # columns alike are one range
    assert b'<col min="17" max="19"' in body
    heights = [int(text) for text in re.findall(rb'<row r="\d+" ht="(\d+)" customHeight', body)]
    assert len(heights) == 8
    assert min(heights) == 15
    assert max(heights) == 45  # a sentence of three lines


def test_a_porteur_given_changes_the_scope(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "NDA\n1\n")
    assert not screened(path, tmp_path, name="a").carrier
    assert screened(path, tmp_path, {**MISSION, "porteur": "93131234511"}, name="b").carrier
    own = write(tmp_path / "d.csv", "NDA;NDA porteur\n1;2\n")
    assert screened(own, tmp_path, name="c").carrier


def test_mission_must_be_said_somewhere(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "NDA;Financeur\n1;CPF\n2;\n")
    with pytest.raises(UsageError, match=r"Rien ne dit « Catégorie d'action ».*--action.*colonne"):
        screened(path, tmp_path, {}, name="a")
    found = screened(path, tmp_path, {"action": "VAE"}, name="b")
    assert found.ours == [*ANSWER, "action_retenue"]
    empty = write(tmp_path / "d.csv", "NDA;Financeur\n1; \n2;\n")
    with pytest.raises(UsageError, match="--financement"):
        screened(empty, tmp_path, {"action": "VAE"}, name="c")


def test_a_default_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "travail"
    folder.mkdir()
    session = FakeSession()
    session.faults = ["« Financement » ne se lit pas : « XX ».", "Autre."]
    candidates = read(write(tmp_path / "c.csv", "NDA\n1\n"), folder)
    with pytest.raises(UsageError, match=r"« XX ». Autre\."):
        screen(session, candidates, {**MISSION, "financement": "XX"}, folder)  # type: ignore[arg-type]
    assert session.asked == []


def test_the_format_comes_from_the_name_and_a_workbook_has_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("r.xlsx", "r.CSV", "r.parquet", "r.json"):
        check_target(Path(name), 5)
    for name in ("r", "r.xls", "r.txt"):
        with pytest.raises(UsageError, match=r"\.xlsx, \.csv"):
            check_target(Path(name))
    check_target(Path("r.xlsx"), 1_000_000)
    with pytest.raises(UsageError, match=r"1000001 lignes .*1000000 au plus.*\.parquet"):
        check_target(Path("r.xlsx"), 1_000_001)
    monkeypatch.setattr(files, "XLSX_ROWS", 4)
    with pytest.raises(UsageError):
        check_target(Path("r.xlsx"), 5)
    check_target(Path("r.csv"), 5)


def test_the_csv_keeps_the_separator_of_the_file(tmp_path: Path) -> None:
    found = screened(write(tmp_path / "c.csv", "NDA\tNom\n1\tA\n"), tmp_path, name="a")
    write_result(found, tmp_path / "r.csv", ".csv")
    assert (tmp_path / "r.csv").read_bytes().startswith(b"\xef\xbb\xbfNDA\tNom\tverdict")
    other = screened(sheet(tmp_path / "c.xlsx", [["NDA"], ["1"]]), tmp_path, name="b")
    write_result(other, tmp_path / "s.csv", ".csv")
    assert (tmp_path / "s.csv").read_text(encoding="utf-8-sig").startswith("NDA;verdict;")


def test_a_name_far_away_is_said_again_and_long_texts_make_tall_rows(tmp_path: Path) -> None:
    text = "Suivi;Téléphone;Notes;Nom;NDA\n" + "".join(
        f"{'x' * 60};0123456789;{'mot ' * 30};Atelier {n};9313123451{n}\n" for n in range(3)
    )
    found = screened(write(tmp_path / "c.csv", text), tmp_path)
    write_result(found, tmp_path / "r.xlsx", ".xlsx")
    frame = back(tmp_path / "r.xlsx")
    assert frame.columns[:4] == ["verdict_dit", "a_faire", "qui", "Suivi"]
    assert frame["qui"].to_list() == ["Atelier 0", "Atelier 1", "Atelier 2"]
    body = zipfile.ZipFile(tmp_path / "r.xlsx").read("xl/worksheets/sheet1.xml")
    assert b'<pane xSplit="3" ySplit="1"' in body
    assert b'<row r="2" ht="60" customHeight="1">' in body  # four lines of notes


def test_many_rows_are_written(tmp_path: Path) -> None:
    found = screened(write(tmp_path / "c.csv", listing(30_000)), tmp_path)
    write_result(found, tmp_path / "r.xlsx", ".xlsx")
    frame = back(tmp_path / "r.xlsx")
    assert frame["Note"].to_list() == [f"note {n}" for n in range(30_000)]
    assert frame["verdict"].value_counts().height == 4
    assert found.until == 30_000
    # Unlike the workbook of a stranger, ours is within the limits of what we read.
    assert screened(tmp_path / "r.xlsx", tmp_path, name="relu").candidates.rows == 30_000


def test_a_workbook_made_by_hand_is_screened(tmp_path: Path) -> None:
    plain = sheet(tmp_path / "c.xlsx", [["NDA"], ["93131234511"]])
    macros = rezipped(plain, tmp_path / "c.xlsm", {"xl/vbaProject.bin": b"x"})
    found = screened(macros, tmp_path)
    write_result(found, tmp_path / "r.xlsx", ".xlsx")
    with zipfile.ZipFile(tmp_path / "r.xlsx") as made:
        assert not [name for name in made.namelist() if "vba" in name]
