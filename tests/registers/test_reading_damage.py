"""Any list, with any damage: no line is lost nor half-read, wherever blocks end."""

from __future__ import annotations

from dataclasses import dataclass
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.registers import reading
from tests.registers.reads import kept, lines_of, read, wanted
from tests.registers.rows import Row, mirror, row, wire

REPEAT = "Répétition exacte d'une ligne déjà lue."
TEXT = st.text(
    st.sampled_from('abÉœ";,\t ’&0P|') | st.characters(codec="utf-8", exclude_categories=["C"]),
    max_size=12,
).map(str.strip)
# A stray quote beside a value that itself holds `";` is a riddle nobody can solve.
PLAIN_TEXT = TEXT.filter(lambda text: '";' not in text)
DAMAGES = ("none", "broken", "quote", "lost", "extra", "cut", "repeat", "blank", "garbage")


@dataclass
class Written:
    """One thing written in a list: its text, what it held, the damage done to it."""

    text: str
    damage: str
    row: Row

    @property
    def lines(self) -> int:
        return 0 if self.damage == "blank" else self.text.count("\n") + 1


@st.composite
def written(draw: st.DrawFn, number: int, from_mirror: bool) -> list[Written]:
    damage = draw(st.sampled_from(DAMAGES))
    texts = TEXT if damage in {"none", "repeat", "blank"} else PLAIN_TEXT
    values: dict[str, str | None] = {
        name: draw(texts) for name in ("denomination", "ville", "libelle_specialite_2")
    }
    if damage == "broken":
        parts = draw(st.lists(st.text("ab; é", min_size=1), min_size=2, max_size=5))
        values["ville"] = "\n".join(f"x{part}x" for part in parts)
    line = row(number, **values)
    text = (mirror if from_mirror else wire)([line]).decode().split("\n", 1)[1]
    text = text.removesuffix("\n").removesuffix("\r")
    if damage == "repeat":
        return [Written(text, "none", line), Written(text, "repeat", line)]
    if damage == "blank":
        return [Written(draw(st.sampled_from(["", " ", "\t "])), "blank", line)]
    return [Written(*draw(damaged(text, damage)), line)]


@st.composite
def damaged(draw: st.DrawFn, text: str, damage: str) -> tuple[str, str]:
    """Damage a line; a delimiter inside a quoted value is a sign like any other."""
    place = draw(st.integers(0, len(text)))
    if damage == "lost":
        place = draw(st.sampled_from([p for p, sign in enumerate(text) if sign == ";"]))
    inside = " in a value" if text[:place].count('"') % 2 else ""
    match damage:
        case "garbage":
            return draw(PLAIN_TEXT.filter(bool)), damage
        case "quote":
            return f'{text[:place]}"{text[place:]}', damage
        case "lost":
            return text[:place] + text[place + 1 :], f"lost{inside}"
        case "extra":
            return f"{text[:place]};{text[place:]}", f"extra{inside}"
        case "cut":
            return text[: max(1, place - 1)], damage
    return text, damage


@st.composite
def lists(draw: st.DrawFn, from_mirror: bool) -> list[Written]:
    count = draw(st.integers(1, 8))
    return [entry for number in range(1, count + 1) for entry in draw(written(number, from_mirror))]


def numbered(entries: list[Written]) -> dict[int, Written]:
    """Give each thing written its line number."""
    found, number = {}, 2
    for entry in entries:
        found[number] = entry
        number += entry.text.count("\n") + 1
    return found


def check_row(entry: Written, values: tuple[str | None, ...], from_mirror: bool) -> None:
    """A kept row is what was written; of a stray sign, only the field it fell in shows it."""
    right = wanted(entry.row, from_mirror)
    if entry.damage in {"quote", "extra in a value", "lost in a value"}:
        different = [(v, w) for v, w in zip(values, right, strict=True) if v != w]
        sign = '"' if entry.damage == "quote" else ";"
        assert len(different) <= 1
        for value, want in different:
            assert (value or "").replace(sign, "").strip() == (want or "").replace(sign, "").strip()
    else:
        assert values == right


@settings(max_examples=150, deadline=None)
@given(data=st.data(), from_mirror=st.booleans(), ends=st.sampled_from(["\n", "\r\n"]))
def test_whatever_the_damage_no_line_is_lost_nor_half_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, from_mirror: bool, ends: str
) -> None:
    entries = data.draw(lists(from_mirror))
    header = lines_of((mirror if from_mirror else wire)([]))[0]
    text = "\n".join([header, *(entry.text for entry in entries)])
    if data.draw(st.booleans(), label="last line ended"):
        text += "\n"
    found = read(tmp_path_factory.getbasetemp(), text.replace("\n", ends).encode())
    by_line, rows_kept = numbered(entries), kept(found)
    aside = {rejected.ligne for rejected in found.rejected}
    assert len(aside) == len(found.rejected)
    assert not aside & rows_kept.keys()
    for line, entry in by_line.items():
        lines = set(range(line, line + entry.lines))
        if line in rows_kept:
            assert not lines & aside  # kept whole
            check_row(entry, rows_kept[line], from_mirror)
        else:
            assert lines <= aside  # set aside whole
    assert rows_kept.keys() <= by_line.keys()
    told = {rejected.ligne: rejected for rejected in found.rejected}
    for line, entry in by_line.items():
        if entry.damage in {"none", "broken"}:
            assert line in rows_kept
        if entry.damage == "repeat":
            assert told[line].motif == REPEAT
        # Cut in its last field, which is not read, a line of the mirror is whole.
        if entry.damage in {"lost", "extra"} or (entry.damage == "cut" and not from_mirror):
            assert told[line].texte == entry.text


@settings(max_examples=60, deadline=None)
@given(data=st.data(), block=st.sampled_from([1, 2, 150, 400, 1_000]))
def test_blocks_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, block: int
) -> None:
    entries = data.draw(lists(False))
    header = lines_of(wire([]))[0]
    text = "\n".join([header, *(entry.text for entry in entries)])
    folder = tmp_path_factory.getbasetemp()
    whole = read(folder, text.encode())
    with mock.patch.object(reading, "BLOCK", block):
        parts = read(folder, text.encode())
    assert_frame_equal(parts.rows, whole.rows)
    assert (parts.rejected, parts.repaired) == (whole.rejected, whole.repaired)
