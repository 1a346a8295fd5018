"""The worked cases of ``cas.csv``, written from the law: verdict, what is told, legal basis."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from pipelines.portage.answer import answer
from pipelines.portage.session import Session, Telling
from pipelines.settings import REFERENCE
from pipelines.warehouse.literals import rows
from tests.portage.cases import Case, facts, left, listed, load
from tests.warehouse.frames import ASKED, built

CASES = load()
VERDICTS = {"ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE"}
DECIDING = VERDICTS - {"ELIGIBLE"}
Answer = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """The answers by number, and each rule with an effect that decided one of them."""

    answers: dict[int, Answer]
    decided: set[tuple[str, str]]


@cache
def judged(list_date: str) -> Judged:
    """Answer all at once the cases that are asked on the list of one day."""
    cases = [case for case in CASES if case["date_liste"] == list_date]
    asked = {case.number: facts(case) for case in cases}
    names = sorted({name for said in asked.values() for name in said})
    types = {"ligne": "bigint", **dict.fromkeys(names, "varchar")}
    entries = [
        {"ligne": number, **{name: said.get(name) for name in names}}
        for number, said in asked.items()
    ]
    held = [row for case in cases for row in listed(case)]
    with built(held, of=ASKED, real_references=True, date_contenu=list_date) as con:
        for statement in left(cases):
            con.execute(statement)
        session = Session(con)
        session.ask(rows(entries, types), Telling.ALL)
        decided = con.execute(
            "select regle, effet from evaluation.controle "
            "inner join evaluation.conclusion using (ligne) where effet = verdict"
        ).fetchall()
        return Judged({number: answer(session, number) for number in asked}, set(decided))


def label(case: Case) -> str:
    return f"{case.number:03d}"


@pytest.mark.parametrize("case", CASES, ids=label)
def test_case(case: Case) -> None:
    found = judged(case["date_liste"]).answers[case.number]
    told = f"{case.number} {case['titre']} [{case['source']}]\n{decisive(found)}"
    assert found["verdict"] == case["verdict_attendu"], told
    words = case["mot_attendu"].replace("{autre_nda}", case.nda(2))
    assert one_of(words, everything(found)), f"{told}\nmot attendu : {words}"
    left_out = case["mot_exclu"]
    assert not (left_out and one_of(left_out, complaints(found))), f"{told}\nde trop : {left_out}"
    assert one_of(case["base_legale"], bases(found)), f"{told}\nbase : {case['base_legale']}"


def one_of(words: str, text: str) -> bool:
    """Tell whether one of the words (« a | b ») occurs; spaces and case do not count."""
    return any(plain(word) in plain(text) for word in words.split(" | "))


def plain(text: str) -> str:
    return "".join(text.split()).casefold()


def weighing(found: Answer) -> list[Answer]:
    """Give the controls that made the verdict what it is: when it is good, those satisfied too."""
    idle = {"SANS_OBJET"} if found["verdict"] == "ELIGIBLE" else {"SANS_OBJET", "SATISFAIT"}
    return [control for control in found["controles"] if control["statut"] not in idle]


def everything(found: Answer) -> str:
    """Give what the answer tells of the verdict, and of whom it is about."""
    who = found["organisme"]
    controls = [f"{control['constat']} {control['preuve']}" for control in weighing(found)]
    return "\n".join([*controls, complaints(found), str(who["nda"]), str(who["rapprochement"])])


def complaints(found: Answer) -> str:
    """Give what the answer warns of and asks for."""
    warnings = [f"{one['message']} {one['base_legale']}" for one in found["avertissements"]]
    papers = [f"{one['libelle']} {one['pourquoi']}" for one in found["pieces_manquantes"]]
    return "\n".join([*warnings, *papers])


def bases(found: Answer) -> str:
    told = [*weighing(found), *found["pieces_manquantes"], *found["avertissements"]]
    return "\n".join(str(one["base_legale"]) for one in told)


def decisive(found: Answer) -> str:
    """Give the controls that are not simply satisfied, for whoever reads a failure."""
    return f"rendu : {found['verdict']}\n" + "\n".join(
        f"  {control['regle']} [{control['role']}] {control['statut']} : {control['constat']}"
        for control in found["controles"]
        if control["statut"] not in ("SATISFAIT", "SANS_OBJET")
    )


def test_the_table_is_whole() -> None:
    assert len(CASES) >= 120
    numbers = [case.number for case in CASES]
    assert numbers == list(range(1, len(CASES) + 1))
    assert len({case["titre"] for case in CASES}) == len(CASES)
    assert {case["verdict_attendu"] for case in CASES} == VERDICTS
    for case in CASES:
        for column in ("titre", "source", "explication", "documents"):
            assert case[column], (case.number, column)
        for column in ("date_liste", "date"):
            dt.date.fromisoformat(case[column])
        assert case["inscrit"] in ("oui", "non", "sorti"), case.number
        assert case["drapeaux"] in ("", "vide", "faux", "illisible"), case.number


def test_every_line_of_the_decision_tables_has_a_case() -> None:
    sources = {case["source"] for case in CASES}
    # The ninth is of lists of the past, which history judges.
    lines = {f"§3 bis, ligne {line}" for line in range(1, 43) if line != 9}
    lines |= {f"§2, ligne {line}" for line in range(1, 10)}
    lines |= {f"§3, ligne {line}" for line in range(1, 11)}
    assert not lines - sources


def test_no_two_cases_ask_the_same() -> None:
    said = ("numero", "titre", "source", "explication", "mot_attendu", "mot_exclu", "base_legale")
    asked = [tuple(v for k, v in case.values.items() if k not in said) for case in CASES]
    assert len(set(asked)) == len(CASES)


def test_every_effect_of_every_rule_decides_a_case() -> None:
    decided = {
        pair for day in {case["date_liste"] for case in CASES} for pair in judged(day).decided
    }
    assert not effects_that_can_decide() - decided


def effects_that_can_decide() -> set[tuple[str, str]]:
    """Work out, from the rules and from what can be found, what each rule can make of a verdict."""
    states: dict[str, set[str]] = defaultdict(set)
    for finding in reference("portage_motif"):
        states[finding["constat"]].add(finding["etat"])
    # A school deemed certified is never refused for want of Qualiopi.
    states["qualiopi"].add("DOUTEUX")
    effects = set()
    for rule in reference("portage_regle"):
        reached = set(states[rule["constat"]])
        if "NON_SATISFAIT" in reached:
            for waiver in filter(None, rule["dispenses"].split("|")):
                reached |= states[f"dispense_{waiver}"]
        for state in reached & {"NON_SATISFAIT", "INCONNU", "DOUTEUX"}:
            effects.add((rule["regle"], rule[f"si_{state.lower()}"]))
    return {(rule, effect) for rule, effect in effects if effect in DECIDING}


def reference(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
