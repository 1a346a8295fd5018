"""The sheet of documents to ask for: written, filled in, and given back with the next file."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import fastexcel
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.portage.candidates.answers import TITLES as OURS
from pipelines.portage.candidates.reading import read_candidates
from pipelines.portage.candidates.received import SHEET, TITLES, pieces
from pipelines.portage.facts import PAR_NOM, Genre
from pipelines.portage.screening.files import write_result
from pipelines.portage.screening.judging import screen
from pipelines.portage.session import Session
from tests.portage.candidates.files import write
from tests.portage.demands import (
    ABSENT,
    BLANK,
    CERTIFIED,
    DAY,
    FALSE,
    PERSON,
    SISTER_CERTIFIED,
    STRENGTH,
    asking,
)

MISSION = {
    "financement": "CPF",
    "action": "BILAN_COMPETENCES",
    "date": DAY.isoformat(),
    "porteur": SISTER_CERTIFIED,
}
TEXT = (
    "NDA;Nom;CV;Déréférencé;Suivi\n"
    f"{CERTIFIED};Atelier Exemple;;;a\n{BLANK};Société Fictive;oui;;b\n"
    f"{PERSON};Madame Fictive;;;c\n{FALSE};Exemple Formation;;oui;d\n{ABSENT};Inventé;;;e\n"
    ";Zéphyr Introuvable;;;f\n"
)
RECEIVED = DAY - dt.timedelta(days=5)
Rows = list[list[Any]]
Change = Callable[[str, Rows], None]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


class Judged:
    """A file screened: the verdicts, the reasons and the workbook that gives them."""

    def __init__(self, session: Session, path: Path, mission: Mapping[str, str] = MISSION) -> None:
        folder = Path(tempfile.mkdtemp(dir=path.parent))
        self.found = screen(session, read_candidates(path, folder), mission, folder)
        self.book = folder / "resultat.xlsx"
        self.told = write_result(self.found, self.book, ".xlsx")
        frame = fastexcel.read_excel(self.book).load_sheet("Verdicts", dtypes="string").to_polars()
        self.rows = frame.rows(named=True)
        self.verdicts = [str(row[OURS["verdict"]]) for row in self.rows]
        self.reasons = [str(row[OURS["raisons"]]) for row in self.rows]
        self.lacking = [str(row[OURS["pieces_manquantes"]] or "") for row in self.rows]

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The rows of the sheet of documents."""
        sheet = fastexcel.read_excel(self.book).load_sheet(SHEET, header_row=1, dtypes="string")
        return sheet.to_polars().rows(named=True)

    def changed(self, change: Change) -> Path:
        """The workbook as its owner saves it, once it is changed: ``change`` is told each sheet."""
        target = self.book.with_name(f"rempli-{len(list(self.book.parent.iterdir()))}.xlsx")
        book = fastexcel.read_excel(self.book)
        with xlsxwriter.Workbook(str(target)) as made:
            day = made.add_format({"num_format": "dd/mm/yyyy"})
            for name in book.sheet_names:
                frame = book.load_sheet(name, header_row=None, dtypes="string").to_polars()
                rows = [list(row) for row in frame.rows()]
                change(name, rows)
                sheet = made.add_worksheet(name)
                for rank, row in enumerate(rows):
                    for position, value in enumerate(row):
                        if value is not None:
                            style = day if isinstance(value, dt.date) else None
                            sheet.write(rank, position, value, style)
        return target


def at(name: str) -> int:
    return list(TITLES).index(name)


def filling(
    which: Callable[[list[Any]], bool] = lambda _: True, value: object = RECEIVED
) -> Change:
    """Fill in « Reçue le » of some rows, and the date of the document where it is what counts."""

    def change(name: str, rows: Rows) -> None:
        if name != SHEET:
            return
        for row in rows[2:]:
            if which(row):
                row[at("recue")] = value
                dated = ("vigilance", "Récépissé", "bilan pédagogique")
                asked = any(word in row[at("document")] for word in dated)
                row[at("du")] = RECEIVED if asked else None

    return change


def of_line(number: int, word: str) -> Callable[[list[Any]], bool]:
    return lambda row: row[at("ligne")] == str(number) and word in row[at("document")]


@pytest.fixture(scope="module")
def first(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    found = Judged(session, write(tmp_path_factory.mktemp("pieces") / "c.csv", TEXT))
    assert found.verdicts[0] == "PIECES_MANQUANTES"
    assert set(found.verdicts) == set(STRENGTH) - {"ELIGIBLE"}
    return found


@pytest.fixture(scope="module")
def filled(session: Session, first: Judged) -> Judged:
    return Judged(session, first.changed(filling()))


def test_one_row_a_candidate_a_document(first: Judged) -> None:
    named = [row for row in first.asked if row["Ligne"] == "2"]
    documents = [row["Document"] for row in named]
    assert first.lacking[0].split(" ; ") == documents
    titles = next(row for row in named if row["Document"].startswith("CV"))
    assert (titles["Qui"], titles["Son numéro"]) == ("Atelier Exemple", CERTIFIED)
    assert titles["Pourquoi"].startswith("Le porteur répond des titres")
    assert "Les intervenants ont les titres" in titles["Pourquoi"]
    assert titles["Base légale"] == "L.6352-1"
    assert (titles["Reçue le"], titles["À corriger ici"]) == (None, None)
    # Nothing is asked of who is refused.
    assert "5" not in {row["Ligne"] for row in first.asked}
    carrier = next(row for row in named if row["Document"].startswith("Porteur : Référencement"))
    assert carrier["Ce que la date déclare"] == (
        "Rien : à dire dans les candidats, colonne « Porteur référencé sur EDOF »."
    )


def test_given_back_unchanged_it_says_the_same(session: Session, first: Judged) -> None:
    again = Judged(session, first.book)
    assert again.rows == first.rows
    assert again.asked == first.asked


def test_what_was_received_is_declared_and_only_that(first: Judged, filled: Judged) -> None:
    assert all(
        STRENGTH.index(now) <= STRENGTH.index(then)
        for now, then in zip(filled.verdicts, first.verdicts, strict=True)
    )
    # Of the porteur, of a certificate or of a dispensation, a date says nothing.
    told = ("Porteur : ", "Certificat Qualiopi", "Attestation du régime micro-social")
    for number, lacking in enumerate(filled.lacking):
        if number != 3:
            assert all(one.startswith(told) for one in lacking.split(" ; ") if one), lacking
    assert filled.verdicts[0] == "PIECES_MANQUANTES"
    assert filled.lacking[0].startswith("Porteur : ")
    assert filled.lacking[3] == first.lacking[3]
    assert any(
        "à elle seule" in text or "à elles seules" in text
        for text in filled.found.candidates.remarks
    )


def test_a_candidate_passes_once_all_is_received(session: Session, first: Judged) -> None:
    alone = {name: value for name, value in MISSION.items() if name != "porteur"}
    before = Judged(session, write(first.book.parent / "seul.csv", TEXT), alone)
    after = Judged(session, before.changed(filling()), alone)
    assert (before.verdicts[0], after.verdicts[0]) == ("PIECES_MANQUANTES", "ELIGIBLE")
    # The dates are in the new result: given back, it says the same.
    assert Judged(session, after.book, alone).rows == after.rows
    less = Judged(session, after.changed(filling(of_line(2, "CV"), None)), alone)
    assert (less.verdicts[0], less.lacking[0]) == (
        "PIECES_MANQUANTES",
        "CV, titres et qualifications des intervenants",
    )


def test_rows_moved_and_added_change_nothing(session: Session, filled: Judged) -> None:
    def change(name: str, rows: Rows) -> None:
        top = {"Verdicts": 1, SHEET: 2}.get(name)
        if top is None:
            return
        below = rows[top:]
        Random(3).shuffle(below)
        added = [[None, None, "93139999913", "Nouveau", *[None] * (len(rows[0]) - 4)]]
        rows[top:] = below + (added if name == "Verdicts" else [])

    moved = Judged(session, filled.changed(change))
    by_note = {row["Suivi"]: row for row in moved.rows}
    for row in filled.rows:
        assert by_note[row["Suivi"]] == row


NO_DATES = {
    "bientôt": "« Reçue le » ne se lit pas (« bientôt »)",
    "oui": "(« oui ») : donnez une date",
    "mars 2026": "il y manque le jour",
    dt.date.today() + dt.timedelta(days=40): "c'est après aujourd'hui",
    "31/02/2026": "cette date n'existe pas",
}
NOTHING = ("-", "NC", "en attente", "à demander")


def test_a_date_that_is_none_is_a_question_and_nothing_is_none(
    session: Session, first: Judged
) -> None:
    def change(name: str, rows: Rows) -> None:
        for line, values in ((2, list(NO_DATES)), (3, list(NOTHING))):
            below = rows[2:] if name == SHEET else []
            named = [row for row in below if row[at("ligne")] == str(line)]
            for row, value in zip(named, values, strict=False):
                row[at("recue")] = value

    asked = Judged(session, first.changed(change))
    assert asked.verdicts == ["A_VERIFIER", *first.verdicts[1:]]
    assert asked.lacking == first.lacking
    assert asked.reasons[1:] == first.reasons[1:]
    shown = " ".join(row["À corriger ici"] or "" for row in asked.asked)
    for told in NO_DATES.values():
        assert told in asked.reasons[0]
        assert told in shown
    assert f"« {SHEET} », ligne " in asked.reasons[0]
    assert "la ligne 2 des candidats" in asked.reasons[0]
    assert Judged(session, asked.book).verdicts == asked.verdicts


def test_a_certificate_of_vigilance_counts_by_its_own_date(session: Session, first: Judged) -> None:
    """A case a line: its date unsaid, in date, too old, later than the day it came."""
    days = {2: None, 3: RECEIVED, 4: DAY - dt.timedelta(days=400)}
    late = {6: RECEIVED + dt.timedelta(days=1)}

    def change(name: str, rows: Rows) -> None:
        for row in rows[2:] if name == SHEET else []:
            for line, day in (days | late).items():
                if of_line(line, "vigilance")(row):
                    row[at("recue")], row[at("du")] = RECEIVED, day

    asked = Judged(session, first.changed(change))
    assert ["vigilance" in asked.lacking[line - 2] for line in days] == [True, False, True]
    assert asked.verdicts[0] == first.verdicts[0]
    assert asked.verdicts[4] == "A_VERIFIER"
    assert "avant sa propre date" in asked.reasons[4]


def test_a_cell_that_says_the_contrary_is_a_question(session: Session, first: Judged) -> None:
    def change(name: str, rows: Rows) -> None:
        filling(of_line(2, "CV"))(name, rows)
        if name == "Verdicts":
            rows[1][rows[0].index("CV")] = "non"

    asked = Judged(session, first.changed(change))
    assert asked.verdicts[0] == "A_VERIFIER"
    assert "« CV » et « « Pièces à demander », ligne " in asked.reasons[0].replace("\n", " ")
    option = Judged(session, first.changed(filling(of_line(2, "CV"))), {**MISSION, "titres": "non"})
    assert "« --titres »" in option.reasons[0]


def test_lines_alike_are_told_apart_or_asked(session: Session, tmp_path: Path) -> None:
    text = "NDA;Date du contrat;Suivi\n" + "".join(
        f"{CERTIFIED};{day};{note}\n" for day, note in (("", "a"), ("", "b"), (f"{DAY}", "c"))
    )
    first = Judged(session, write(tmp_path / "c.csv", text))
    assert len({row["Clé"] for row in first.asked if "CV" in row["Document"]}) == 2
    asked = Judged(session, first.changed(filling(lambda row: "CV" in row[at("document")])))
    assert asked.verdicts == ["A_VERIFIER", "A_VERIFIER", "PIECES_MANQUANTES"]
    assert "de la ligne 2 à la ligne 3" in asked.reasons[0]
    assert "CV" not in asked.lacking[2]


def _no_key(rows: Rows, place: int, _: int) -> None:
    rows[place][at("cle")] = None


def _doubled(rows: Rows, place: int, _: int) -> None:
    rows.append(list(rows[place]))


def _swapped(rows: Rows, place: int, other: int) -> None:
    if rows[place][at("cle")].partition("-")[0] != rows[other][at("cle")].partition("-")[0]:
        for row, key in ((place, rows[other][at("cle")]), (other, rows[place][at("cle")])):
            rows[row][at("cle")] = key
    else:
        _no_key(rows, place, other)


def _renamed(rows: Rows, place: int, _: int) -> None:
    rows[place][at("qui")] = "Quelqu'un d'autre"


def _renumbered(rows: Rows, place: int, _: int) -> None:
    rows[place][at("identifiant")] = "11111111111"


def _of_another_document(rows: Rows, place: int, _: int) -> None:
    rows[place][at("document")] = "Autre chose"


def _of_nobody(rows: Rows, place: int, _: int) -> None:
    rows[place][at("cle")] = "0" * 12 + "-titres"


SPOILED = (_no_key, _doubled, _swapped, _renamed, _renumbered, _of_another_document, _of_nobody)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(SPOILED), st.lists(st.integers(0, 20), min_size=7, max_size=7))
def test_a_row_that_cannot_be_trusted_asks_and_never_helps(
    session: Session,
    first: Judged,
    spoils: list[Callable[[Rows, int, int], None]],
    ranks: list[int],
) -> None:
    """Of each line, one row gets its date, and is spoiled."""
    lines = sorted({row["Ligne"] for row in first.asked})

    def change(name: str, rows: Rows) -> None:
        if name != SHEET:
            return
        places = {
            line: [place for place, row in enumerate(rows) if row[at("ligne")] == line]
            for line in lines
        }
        for line, spoil, rank in zip(lines, spoils, ranks, strict=False):
            place = places[line][rank % len(places[line])]
            other = places[lines[(lines.index(line) + 1) % len(lines)]][0]
            rows[place][at("recue")] = rows[place][at("du")] = RECEIVED
            spoil(rows, place, other)

    asked = Judged(session, first.changed(change))
    for now, then in zip(asked.verdicts, first.verdicts, strict=True):
        assert STRENGTH.index(now) >= STRENGTH.index(then)
    for line in lines:
        assert asked.verdicts[int(line) - 2] == "A_VERIFIER"
        assert f"« {SHEET} », ligne " in asked.reasons[int(line) - 2]


def test_a_line_that_became_another_gets_nothing(session: Session, filled: Judged) -> None:
    """The documents of the one are not those of the other, whose number took its place."""

    def change(name: str, rows: Rows) -> None:
        if name == "Verdicts":
            rows[1][rows[0].index("NDA")] = PERSON
            rows[1][rows[0].index("Nom")] = "Madame Fictive"

    asked = Judged(session, filled.changed(change))
    assert asked.verdicts[0] == "A_VERIFIER"
    assert "CV" in asked.lacking[0]


def test_what_a_date_says_of_each_document() -> None:
    for piece in pieces().values():
        fact = PAR_NOM[piece.fact]
        if piece.told:
            assert fact.genre in (Genre.BOOLEEN, Genre.DATE), piece.code
            assert piece.dated or piece.value in ("oui", "non"), piece.code
        assert all(name in PAR_NOM for name in piece.instead)
    # Of a document that may be one of two, or that must be read, a date says nothing.
    assert [piece.code for piece in pieces().values() if not piece.told] == [
        *("certificat_qualiopi", "attestation_micro_ou_certificat", "type_formation"),
        *("porteur_edof", "contrat_certificateur"),
    ]
    assert pieces()["non_dereferencement"].value == "non"
    assert pieces()["engagement_cascade"].value == "non"
