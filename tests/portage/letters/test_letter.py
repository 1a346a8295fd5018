"""A letter: what it says, and that nothing written in a file becomes more than words of it."""

from __future__ import annotations

import datetime as dt
import email
import unicodedata
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.portage.letters.letter import Letter, draft, file_name, one_line, write
from pipelines.portage.letters.missing import Demand, Line, Mission, Piece
from pipelines.portage.verdict import Verdict

TODAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
CPF = ("Compte personnel de formation",)
BILAN = Mission(CPF, "bilans de compétences", dt.date(2026, 4, 1), dt.date(2026, 6, 30))
FORMATION = Mission(CPF, "actions de formation", None, None)
TITRES = Piece("titres", "CV et titres", "Le porteur en répond.", "L.6352-1", ("De chacun.",))
PROBITE = Piece("probite", "Bulletin n° 3", "La loi l'exige.", "L.6352-2")
ANYTHING = st.text(st.characters(), max_size=400)
NASTY = st.sampled_from(
    [
        *(
            "a\r\nBcc: x@exemple.fr",
            "\u202e\u2066rtl",
            "../../etc/passwd",
            "a/b\\c",
            "=1+1",
            "\x00\x1b[2J",
        ),
        *(
            "x" * 300,
            "CON",
            "",
            " ",
            "é" * 200,
            "\ud800",
            "\u2028a\u2029b",
            "a\x0bb\x0cc\x85d",
            "{{ 1 }}",
        ),
    ]
)


def line(mission: Mission = BILAN, asked: tuple[Piece, ...] = (TITRES,), **values: object) -> Line:
    given = {
        **{
            "number": 2,
            "named": "ATELIER",
            "organisation": "ATELIER EXEMPLE",
            "nda": "93131234513",
        },
        **{"verdict": Verdict.PIECES_MANQUANTES, "mission": mission, "key": ("a", ""), "own": []},
        **{"porteur": "", "addresses": (), "asked": list(asked)},
        **values,
    }
    return Line(**given)  # type: ignore[arg-type]


def parsed(letter: Letter) -> EmailMessage:
    """A draft as a mail program reads it: nothing wrong in it."""
    found = email.message_from_bytes(draft(letter, NOON), policy=default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    assert [value.defects for value in found.values()] == [()] * len(found)
    return found


def test_one_mission_is_asked_for_in_one_letter() -> None:
    letter = write(Demand([line(porteur="PORTEUR FICTIF")]), TODAY)
    assert letter.subject == (
        "Documents à nous transmettre pour votre mission de sous-traitance (PORTEUR FICTIF)"
    )
    assert letter.body == Path(__file__).with_name("une_mission.txt").read_text("utf-8")


def test_several_missions_say_which_one_each_document_is_for() -> None:
    lines = [
        line(BILAN, (TITRES, PROBITE)),
        line(FORMATION, (TITRES,)),
        line(FORMATION, (TITRES,)),  # repeated in the file
    ]
    body = write(Demand(lines), TODAY).body
    assert body.count("- mission ") == 2
    assert "- mission 2 : actions de formation, financement : Compte personnel" in body
    assert "1. CV et titres\n" in body, "of all missions: none is named"
    assert "2. Bulletin n° 3 (mission 1)\n" in body
    assert body.count("CV et titres") == 1


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        (["2026-04-01"], "avant le 1er avril 2026"),
        (["2026-05-04", "2026-04-01", "2026-01-01"], "avant le 1er avril 2026"),
        (["2026-01-01"], "La date du contrat étant passée"),
        (["2026-03-02"], "La date du contrat étant passée"),
        ([None], "avant la signature du contrat"),
        (["2026-01-01", None], "avant la signature du contrat"),
    ],
)
def test_by_when(dates: list[str | None], told: str) -> None:
    days = [dt.date.fromisoformat(text) if text else None for text in dates]
    lines = [line(Mission(CPF, f"m{rank}", day, None)) for rank, day in enumerate(days)]
    assert told in write(Demand(lines), TODAY).body


def test_two_rules_for_one_document_make_one_line_with_both_grounds() -> None:
    again = Piece("titres", TITRES.label, TITRES.why, "L.1", ("Vite.",))
    body = write(Demand([line(asked=(TITRES, again))]), TODAY).body
    assert body.count("CV et titres") == 1
    assert "   De chacun.\n   Vite.\n" in body
    assert "Fondement : L.6352-1 ; L.1\n" in body


def test_nobody_is_named_who_is_unknown() -> None:
    letter = write(Demand([line(organisation="", nda="")]), TODAY)
    assert letter.body.startswith("Bonjour,\n")
    assert letter.body.endswith("Cordialement,\n")
    assert "()" not in letter.subject + letter.body


def test_a_draft_is_read_back() -> None:
    letter = write(Demand([line(addresses=("contact@exemple.fr",), porteur="É & <Cie>")]), TODAY)
    found = parsed(letter)
    assert found["To"] == "contact@exemple.fr"
    assert (found["X-Unsent"], found["From"]) == ("1", None)
    assert found["Date"].datetime == NOON
    assert found["Subject"] == letter.subject
    assert found.get_content_charset() == "utf-8"
    assert found.get_content().replace("\r\n", "\n") == letter.body


def test_several_addresses_are_for_the_porteur_to_choose_from() -> None:
    same = [line(addresses=("A@exemple.fr",)), line(addresses=("a@exemple.fr",))]
    assert write(Demand(same), TODAY).to.lower() == "a@exemple.fr"
    two = [line(addresses=("a@exemple.fr",)), line(addresses=("b@exemple.fr",))]
    assert write(Demand(two), TODAY).to == ""
    assert parsed(write(Demand(two), TODAY))["To"] is None


@given(NASTY | ANYTHING, NASTY | ANYTHING)
def test_a_name_never_becomes_a_header_or_a_line(name: str, porteur: str) -> None:
    letter = write(Demand([line(organisation=name, porteur=porteur)]), TODAY)
    found = parsed(letter)
    assert found.keys() == [
        *("Subject", "Date", "X-Unsent"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    ]
    plain = write(Demand([line(organisation="x", porteur="x" if one_line(porteur) else "")]), TODAY)
    missing = 0 if one_line(name) else 2  # the line of who it is for, and the one below
    assert letter.body.count("\n") == plain.body.count("\n") - missing


@given(NASTY | ANYTHING)
def test_one_line_is_one_line(name: str) -> None:
    told = one_line(name)
    assert len(told) <= 120
    assert not {unicodedata.category(char) for char in told} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert told == " ".join(told.split())


@given(NASTY | ANYTHING, st.integers(1, 99_999))
def test_a_file_name_is_plain_and_its_rank_makes_it_the_only_one(name: str, rank: int) -> None:
    made = file_name(rank, 5, name)
    assert made.startswith(f"{rank:05}-")
    assert made.endswith(".eml")
    assert len(made) <= 60
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert made.count(".") == 1
