"""A result compared with an earlier one of the same portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.portage.screening.comparison import compare, read_earlier
from pipelines.portage.screening.files import write_result
from pipelines.portage.screening.judging import Screening
from tests.portage.candidates.files import MISSION, VERDICT_BY_DIGIT, write
from tests.portage.screening.test_judging import FORMATS, back, listing, screened


def compared(found: Screening, earlier: Path) -> None:
    compare(found, read_earlier(earlier, found.folder, found.candidates))


EARLIER = "NDA;Nom\n93131234511;A\n93131234512;B\n93131234514;D\n93131234511;A\n93131234513;Parti\n"
LATER = (
    "Nom;N° de déclaration\nD;93 13 12345 14\nB;93131234512\nA;93131234511\nA;93131234511\n"
    "A;93131234511\nE;\n"
)


@pytest.mark.parametrize("form", FORMATS)
def test_an_earlier_result_tells_what_changed(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = screened(write(tmp_path / "c.csv", EARLIER), tmp_path, name="avant")
    write_result(before, tmp_path / f"avant{form}", form)
    # Since then, what ended in 2 passes and what ended in 4 is to be checked; 1 is refused.
    later = {"2": "ELIGIBLE", "4": "A_VERIFIER", "1": "NON_ELIGIBLE"}
    for digit, verdict in later.items():
        monkeypatch.setitem(VERDICT_BY_DIGIT, digit, verdict)
    found = screened(write(tmp_path / "d.csv", LATER), tmp_path, name="apres")
    compared(found, tmp_path / f"avant{form}")
    assert found.changes == {"inchangé": 0, "amélioré": 2, "dégradé": 2, "nouveau": 2}
    assert found.gone == ["93131234513 Parti (A_VERIFIER)"]
    write_result(found, tmp_path / f"apres{form}", form)
    frame = back(tmp_path / f"apres{form}")
    assert frame["Nom"].to_list() == ["D", "B", "A", "A", "A", "E"]
    assert frame["changement"].to_list() == [
        *("amélioré", "amélioré", "dégradé", "dégradé", "nouveau", "nouveau")
    ]
    assert frame["verdict_precedent"].to_list() == [
        *("NON_ELIGIBLE", "PIECES_MANQUANTES", "ELIGIBLE", "ELIGIBLE", None, None)
    ]
    again = screened(write(tmp_path / "d.csv", LATER), tmp_path, name="encore")
    compared(again, tmp_path / f"apres{form}")
    assert again.changes == {"inchangé": 6, "amélioré": 0, "dégradé": 0, "nouveau": 0}
    assert again.gone == []


def test_another_mission_is_another_row(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "NDA\n93131234511\n")
    before = screened(path, tmp_path, name="a")
    write_result(before, tmp_path / "avant.xlsx", ".xlsx")
    found = screened(path, tmp_path, {**MISSION, "financement": "OPCO"}, name="b")
    compared(found, tmp_path / "avant.xlsx")
    assert (found.changes or {})["nouveau"] == 1
    assert found.gone == ["93131234511 (ELIGIBLE)"]
    column = write(
        tmp_path / "d.csv", "NDA;Financeur;Prestation\n93131234511;cpf;bilan competences\n"
    )
    same = screened(column, tmp_path, {}, name="c")
    compared(same, tmp_path / "avant.xlsx")
    assert (same.changes or {})["inchangé"] == 1


def test_a_result_screened_again_answers_beside_its_old_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = screened(write(tmp_path / "c.csv", listing()), tmp_path, name="a")
    write_result(first, tmp_path / "r.xlsx", ".xlsx")
    monkeypatch.setitem(VERDICT_BY_DIGIT, "1", "NON_ELIGIBLE")
    second = screened(tmp_path / "r.xlsx", tmp_path, name="b")
    assert second.candidates.facts == first.candidates.facts
    assert second.titles[0] == "verdict_opac"
    write_result(second, tmp_path / "s.xlsx", ".xlsx")
    third = screened(tmp_path / "s.xlsx", tmp_path, name="c")
    compared(third, tmp_path / "s.xlsx")
    # The last answer counts, not the one before.
    assert third.changes == {"inchangé": 8, "amélioré": 0, "dégradé": 0, "nouveau": 0}


def test_files_that_name_organisations_differently_are_compared_in_order(tmp_path: Path) -> None:
    before = screened(
        write(tmp_path / "c.csv", "Nom;Financeur\nA;CPF\nB;CPF\n"), tmp_path, name="a"
    )
    write_result(before, tmp_path / "avant.csv", ".csv")
    numbers = "NDA;Financeur\n93131234511;OPCO\n93131234514;\n"
    found = screened(write(tmp_path / "d.csv", numbers), tmp_path, name="b")
    compared(found, tmp_path / "avant.csv")
    assert found.changes == {"inchangé": 1, "amélioré": 0, "dégradé": 1, "nouveau": 0}
    longer = screened(write(tmp_path / "e.csv", numbers + "3;\n"), tmp_path, name="c")
    with pytest.raises(UsageError, match="--precedent"):
        compared(longer, tmp_path / "avant.csv")


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", listing())
    found = screened(path, tmp_path)
    broken = write(tmp_path / "r.json", '[{"nda": ')
    for earlier in (path, write(tmp_path / "v.csv", "x;verdict\n1;ELIGIBLE\n"), broken):
        with pytest.raises(UsageError, match="--precedent"):
            compared(found, earlier)
        for left in (found.folder / "precedent").glob("*"):
            left.unlink() if left.is_file() else None
        (found.folder / "precedent").rmdir()
    with pytest.raises(UsageError, match="n'existe pas"):
        compared(found, tmp_path / "absent.json")
