"""A result compared with an earlier one of the same portfolio."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.portage.screening.comparison import compare, read_earlier
from pipelines.portage.screening.files import write_result
from pipelines.portage.screening.judging import Screening
from tests.portage.candidates.files import MISSION, VERDICT_BY_DIGIT, sheet, write
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


@pytest.mark.parametrize("form", [".xlsx", ".csv", ".parquet"])
@pytest.mark.parametrize("names", ["NDA;Raison sociale;Note", "NDA;Verdict;À faire"])
def test_a_result_screened_again_has_the_new_answers_in_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, names: str
) -> None:
    text = listing().replace("NDA;Raison sociale;Note", names)
    first = screened(write(tmp_path / "c.csv", text), tmp_path, name="a")
    write_result(first, tmp_path / f"r{form}", form)
    monkeypatch.setitem(VERDICT_BY_DIGIT, "1", "NON_ELIGIBLE")
    second = screened(tmp_path / f"r{form}", tmp_path, name="b")
    assert second.candidates.facts.keys() == first.candidates.facts.keys()
    # What is theirs stays, in order, whatever it is called; what was ours does not pile up.
    assert second.own == first.own == names.split(";")
    assert second.titles == first.titles
    write_result(second, tmp_path / f"s{form}", form)
    assert back(tmp_path / f"s{form}").columns == back(tmp_path / f"r{form}").columns
    third = screened(tmp_path / f"s{form}", tmp_path, name="c")
    compared(third, tmp_path / f"s{form}")
    assert third.changes == {"inchangé": 8, "amélioré": 0, "dégradé": 0, "nouveau": 0}


# As results were written before: the columns of the file, then ours, their names for machines.
OLD = (
    "NDA;Verdict;verdict_opac;raisons;pieces_manquantes;avertissements;organisme;nda_retenu;"
    "qualite_rapprochement;message_rapprochement;prochaine_date;prochaine_echeance;"
    "financement_retenu;action_retenue\n"
    "93131234511;oui;PIECES_MANQUANTES;;;;Modèle;93131234511;EXACT;;;;CPF;BILAN_COMPETENCES\n"
)


def test_a_result_of_before_is_an_earlier_result(tmp_path: Path) -> None:
    rows = [line.split(";") for line in OLD.splitlines()]
    for number, earlier in enumerate(
        (write(tmp_path / "avant.csv", OLD), sheet(tmp_path / "avant.xlsx", rows))
    ):
        path = write(tmp_path / "c.csv", "NDA;Verdict\n93131234511;oui\n")
        found = screened(path, tmp_path, name=f"a{number}")
        compared(found, earlier)
        assert (found.changes or {})["amélioré"] == 1
        again = screened(earlier, tmp_path, name=f"b{number}")
        assert (again.own, again.candidates.facts) == (["NDA", "Verdict"], {"nda": 1})


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
