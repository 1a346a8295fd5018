"""What changing headers does to verdicts: nothing, or something that is named."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.portage.candidates.reading import read_candidates
from pipelines.portage.candidates.table import Candidates
from pipelines.portage.qualifiers import Role, qualifiers
from pipelines.portage.session import Session, Telling
from tests.portage.demands import BLANK, CERTIFIED, DAY, PERSON, STRENGTH, asking

MISSION = {"financement": "CPF", "action": "BILAN_COMPETENCES"}
# Headers as people write them; of each row, one thing may be missing, wrong or against the rules.
GOOD = {
    **{"NDA": CERTIFIED, "Date de signature": f"{DAY:%d/%m/%Y}", "Montant HT": "1 500,00 €"},
    "Protection des résultats du bilan": "oui",
    **{"Contrat écrit": "signé", "CV": "✓", "B3": "vierge", "Déréférencé": "non", "CGU": "oui"},
    **{"Sous-traitance en cascade": "non", "À jour fiscal et social": "à jour", "Micro": "non"},
    **{"Procédure collective": "non", "CA": "42 000", "Durée": "20 h", "K-bis": "reçu"},
}
ROWS = [
    GOOD,
    GOOD | {"CV": "-"},
    GOOD | {"Déréférencé": "oui"},
    GOOD | {"Sous-traitance en cascade": "oui"},
    GOOD | {"B3": "?", "Montant HT": "NC"},
    GOOD | {"Durée": "35 h"},
    GOOD | {"Montant HT": "beaucoup"},
    GOOD | {"NDA": BLANK},
    GOOD | {"NDA": PERSON, "Micro": "oui", "CA": "95000"},
    GOOD | {"NDA": PERSON, "Micro": "oui"},
]
HEADERS = list(GOOD)
# Without these no row is eligible.
NEEDED = (
    *("Contrat écrit", "CV", "B3", "Déréférencé", "CGU", "Sous-traitance en cascade"),
    *("À jour fiscal et social", "Protection des résultats du bilan"),
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


def written(headers: Mapping[str, str], order: Sequence[str], top: Sequence[str] = ()) -> str:
    """The rows under ``headers``, a name for each of those of GOOD."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";")
    for title in top:
        lines.writerow([title])
    lines.writerow([headers.get(name, name) for name in order])
    lines.writerows([row.get(name, f"note {n}") for name in order] for n, row in enumerate(ROWS))
    return text.getvalue()


def judged(session: Session, text: str) -> tuple[Candidates, list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.csv"
        path.write_text(text, encoding="utf-8")
        found = read_candidates(path, Path(folder))
        session.ask(found.question(MISSION, 1, found.rows), Telling.NOTHING)
        rows = session.con.execute(
            "select verdict from evaluation.conclusion order by ligne"
        ).fetchall()
    return found, [row[0] for row in rows]


@pytest.fixture(scope="module")
def before(session: Session) -> list[str]:
    found = judged(session, written({}, HEADERS))[1]
    # Each verdict is there: none of what follows holds for want of one.
    assert set(found) == set(STRENGTH)
    return found


few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(
    st.permutations(HEADERS),
    st.lists(st.sampled_from(["Notes", "Suivi", "N°", "Téléphone", "Priorité"]), unique=True),
    st.lists(st.sampled_from(["Suivi 2026", "Fichier des prestataires", ""]), max_size=2),
)
def test_order_further_columns_and_titles_change_no_verdict(
    session: Session, before: list[str], order: list[str], further: list[str], top: list[str]
) -> None:
    assert judged(session, written({}, [*further, *order], top))[1] == before


_ALTERING = [
    " ".join(words)
    for words, one in qualifiers().items()
    if one.role in (Role.NEGATION, Role.WHOSE, Role.END)
]


@few
@given(st.sampled_from(HEADERS[1:]), st.sampled_from([*_ALTERING, "Xyz"]), st.booleans())
def test_no_verdict_gets_better_by_a_header_without_a_word(
    session: Session, before: list[str], name: str, word: str, after: bool
) -> None:
    """Altered, or made to mean nothing: what is no more read is named with its reason."""
    header = word if word == "Xyz" else f"{name} {word}" if after else f"{word} {name}"
    found, verdicts = judged(session, written({name: header}, HEADERS))
    (column,) = [column for column in found.columns if column.name == header]
    better = [
        STRENGTH.index(now) < STRENGTH.index(then)
        for now, then in zip(verdicts, before, strict=True)
    ]
    assert column.fact is None or column.turned is not None, column
    assert not any(better) or (column.refused or word == "Xyz")
    # What all must show is no longer shown: the row that had everything lacks it.
    assert verdicts[0] != "ELIGIBLE" or name not in NEEDED


@few
@given(
    st.sampled_from(["Montant HT", "CA", "Durée"]),
    st.sampled_from([one for one in qualifiers().values() if one.role is Role.UNIT]),
)
def test_a_unit_is_converted_or_asked(
    session: Session, before: list[str], name: str, unit: object
) -> None:
    from pipelines.portage.qualifiers import Qualifier

    assert isinstance(unit, Qualifier)
    found, verdicts = judged(session, written({name: f"{name} ({unit.word})"}, HEADERS))
    if verdicts != before:
        (column,) = [column for column in found.columns if column.name.startswith(f"{name} (")]
        assert column.units or column.fact is None
        assert column.notable or column.refused


def test_a_date_that_does_not_read_leaves_that_of_the_command(session: Session) -> None:
    """It is asked, and the rest is judged at the date given, not today."""
    old = {"nda": BLANK, "date": "au printemps", "attestation_vigilance": "2021-06-01", **MISSION}
    names = ", ".join(f"'{value}' as {name}" for name, value in old.items())
    session.ask(f"select 1 as ligne, {names}", Telling.NOTHING, date="15/06/2021")
    row = session.con.execute("select date, fait.defauts from evaluation.cas").fetchone()
    assert row is not None
    assert str(row[0]) == "2021-06-15"
    assert "« Date du contrat » ne se lit pas (« au printemps »)" in row[1][0]
    session.ask(f"select 1 as ligne, {names}", Telling.NOTHING)
    row = session.con.execute("select date from evaluation.cas").fetchone()
    assert row == (DAY,)
