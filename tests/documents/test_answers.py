"""``docs/analystes.md``: each query prints what the document says, on the demonstration base."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pipelines.cli.common import OUT
from pipelines.documents import answers
from pipelines.documents.answers import QUESTION, WIDTH, answered, printed
from pipelines.errors import UsageError
from pipelines.settings import ROOT
from tests.demonstration import demonstration
from tests.pipeline.commands import Opac, release_of

TEXT = (ROOT / "docs" / "analystes.md").read_text(encoding="utf-8")
SECTIONS = re.split(r"^## (?=\d)", TEXT, flags=re.MULTILINE)[1:]


def title(section: str) -> str:
    return section.partition("\n")[0]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return demonstration(tmp_path_factory)


@pytest.fixture(scope="module")
def release(home: Path) -> Path:
    return release_of(home).path


def test_the_document_prints_what_its_queries_answer(release: Path) -> None:
    assert answered(TEXT, release) == TEXT, "run « make docs »"


def test_there_are_ten_questions_numbered_in_order() -> None:
    assert len(SECTIONS) >= 10
    numbers = [int(section.partition(".")[0]) for section in SECTIONS]
    assert numbers == list(range(1, len(SECTIONS) + 1))
    assert len(list(QUESTION.finditer(TEXT))) == TEXT.count("```sql") == len(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=title)
def test_a_question_is_explained_and_its_answer_fits_the_page(section: str) -> None:
    assert title(section).endswith(" ?")
    found = QUESTION.search(section)
    assert found is not None
    said = section[: found.start()].partition("\n")[2].split()
    assert len(said) > 20
    head, *rows = found["printed"].splitlines()
    assert head.split()
    assert 1 <= len(rows) <= 12
    assert max(map(len, [head, *rows, *found["sql"].splitlines()])) <= WIDTH


def test_what_the_issue_asks_is_asked() -> None:
    asked = " ".join(found["sql"] for found in QUESTION.finditer(TEXT))
    assert {
        *("marche.par_region", "marche.sous_traitants_principaux", "marche.concentration"),
        *("marche.par_specialite", "marche.couple_specialites", "marche.besoin_portage"),
        *("marche.micro_structures", "marche.combinaison_certifications", "socle.bornage"),
    } <= set(re.findall(r"\w+\.\w+", asked))


def test_the_answer_is_that_of_the_command(
    opac: Opac, home: Path, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", WIDTH)
    for found in QUESTION.finditer(TEXT):
        told = opac("query", found["sql"], "--home", home).succeeded()
        assert [line.rstrip() for line in told.splitlines()] == found["printed"].splitlines()
    assert printed(release, "select 1 as un, 'é' as lettre") == "un      1\nlettre  é\n"


@pytest.fixture
def opac(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Opac:
    return Opac(capfd, monkeypatch)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("from range(51)", "50 premières lignes"),
        ("select repeat('x', 40) as a, a as b, a as c from range(2)", "colonnes non montrées : c"),
        ("select 1 as n where false", "aucune ligne"),
        ("from marche.absente", "cite ce qui n'existe pas"),
    ],
)
def test_an_answer_that_is_not_whole_is_refused(release: Path, sql: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        printed(release, sql)


def test_answers_are_written_anew(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = QUESTION.sub(lambda found: found["asked"] + "autre chose\n", TEXT)
    assert stale != TEXT
    document = tmp_path / "analystes.md"
    document.write_text(stale, encoding="utf-8")
    monkeypatch.setattr(answers, "HOME", home)
    monkeypatch.setattr(sys, "argv", ["answers", str(document)])
    monkeypatch.setenv("DAGSTER_HOME", "")
    answers.main()
    assert document.read_text(encoding="utf-8") == TEXT
