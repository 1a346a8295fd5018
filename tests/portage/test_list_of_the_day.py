"""A contract is judged on the list of its day: as on that day, when that list was the last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from pipelines.history.state import Following
from pipelines.portage.answer import answer
from pipelines.portage.session import Session, Telling
from pipelines.publication.database import run_judged
from pipelines.registers.normalise import TITLES
from pipelines.settings import SQL
from pipelines.warehouse.models import split_late
from tests.history.lists import fingerprint, follow
from tests.portage.demands import ACTIONS, DOCUMENTS, SIRENS
from tests.warehouse.frames import ASKED, Row, flags, needed, organisme, undocumented, workshop

# Far from one another: none is a slip of the pen for another.
GAINER, LOSER, LEAVER, COMER, OLD, NEW, SISTER, SISTER_CERTIFIED, PERSON, CARRIER, UNIVERSITY = (
    f"93{13 + n}{10101 * n:05d}{13 + n}" for n in range(1, 12)
)
STRANGER = "93998877699"
BILAN, NOTHING = flags(False, True, False, False), flags(None, None, None, None)
FIRST, SECOND, LAST = (dt.date(2026, 3, day) for day in (2, 9, 16))


def _lists() -> dict[str, list[Row]]:
    def one(
        nda: str, siren: str | None, name: str, certified: Mapping[str, Any], **more: Any
    ) -> Row:
        return organisme(nda, siren=siren, denomination=name, ville="VILLE", **certified, **more)

    person = {"personne_physique_presumee": True}
    steady = [
        one(PERSON, None, "Madame FICTIVE", NOTHING, **person),
        one(CARRIER, SIRENS[0], "PORTEUR EXEMPLE", flags(True, True, True, True)),
        one(UNIVERSITY, None, "Université de Démonstration", NOTHING),
    ]
    first = [
        one(GAINER, SIRENS[1], "MAISON NEUVE", NOTHING),
        one(LOSER, SIRENS[2], "CABINET FICTIF", BILAN),
        one(LEAVER, SIRENS[3], "ECOLE PASSAGERE", BILAN),
        one(OLD, None, "INSTITUT MOBILE", BILAN),
        one(SISTER, SIRENS[4], "GROUPE FICTIF", NOTHING),
        one(SISTER_CERTIFIED, SIRENS[4], "GROUPE FICTIF SUD", BILAN),
    ]
    second = [
        one(GAINER, SIRENS[1], "MAISON NEUVE", BILAN),
        one(LOSER, SIRENS[2], "CABINET FICTIF", flags(True, False, False, False)),
        one(NEW, None, "INSTITUT MOBILE", BILAN, ndas_precedents=[OLD]),
        one(SISTER, SIRENS[4], "GROUPE FICTIF", NOTHING),
        one(SISTER_CERTIFIED, SIRENS[4], "GROUPE FICTIF SUD", BILAN),
    ]
    last = [
        one(GAINER, SIRENS[1], "MAISON NEUVE", BILAN),
        one(LOSER, SIRENS[2], "CABINET RENOMME", NOTHING),
        one(NEW, None, "INSTITUT MOBILE", BILAN, ndas_precedents=[OLD]),
        one(SISTER, SIRENS[4], "GROUPE FICTIF", BILAN),
        one(COMER, None, "NOUVEAU VENU", BILAN),
    ]
    days = (FIRST, SECOND, LAST)
    return {
        day.isoformat(): [*steady, *rows]
        for day, rows in zip(days, (first, second, last), strict=True)
    }


LISTS = _lists()
SHA = {day: fingerprint(rows) for day, rows in LISTS.items()}


@contextmanager
def released(
    until: dt.date, today: dt.date = LAST, seen: Sequence[tuple[str, dt.date]] = ()
) -> Iterator[Session]:
    """A session on the release of the last list until a day, its history made of all of them."""
    lists = {day: rows for day, rows in LISTS.items() if day <= until.isoformat()}
    day = max(lists)
    published: dict[str, Any] = {"date_contenu": day, "sha256": SHA[day]}
    with undocumented(), workshop(lists[day], real_references=True, **published) as con:
        follow(con, Following(con), lists, {})
        early, _ = split_late(needed(ASKED))
        run_judged(con, early)
        session = Session(con, today, seen)
        yield session


@pytest.fixture(scope="module")
def now() -> Iterator[Session]:
    with released(LAST) as session:
        yield session


def question(day: dt.date, **facts: str) -> dict[str, str]:
    """All that the CPF asks for a bilan, in date on that day."""
    return {
        **DOCUMENTS,
        **{"financement": "CPF", "action": "BILAN_COMPETENCES", "date": day.isoformat()},
        "attestation_vigilance": (day - dt.timedelta(days=30)).isoformat(),
        "recepisse_nda_date": (day - dt.timedelta(days=400)).isoformat(),
        **facts,
    }


def told(session: Session, **facts: str) -> dict[str, Any]:
    session.ask_rows([facts])
    return answer(session, 1)


def reasons(found: Mapping[str, Any]) -> str:
    return " ".join(control["constat"] for control in found["controles"])


# --- As on that day --------------------------------------------------------------------------


def _questions(day: dt.date) -> list[dict[str, str]]:
    numbers = (GAINER, LOSER, LEAVER, OLD, SISTER, SISTER_CERTIFIED, PERSON, UNIVERSITY, STRANGER)
    named = [{"nda": number} for number in numbers]
    named += [{"siren": siren} for siren in SIRENS]
    named += [{"nda": LEAVER, "siren": SIRENS[3]}, {"identifiant": f"NDA n° {LOSER}"}]
    named += [{"nom": "MAISON NEUVE", "ville": "VILLE"}]
    named += [{"nda": GAINER, "porteur": carrier} for carrier in (CARRIER, LOSER, LEAVER, OLD)]
    situations: list[dict[str, str]] = [{}, {"forme_juridique": "SASU"}, {"financement": "OPCO"}]
    situations += [{"action": action} for action in ACTIONS if action != "BILAN_COMPETENCES"]
    return [question(day, **who, **what) for who in named for what in situations]


def verdicts(session: Session, asked: Sequence[dict[str, str]]) -> list[tuple[Any, ...]]:
    """What is concluded of each: verdict, reasons, documents, warnings but that of later lists."""
    session.ask_rows(asked, Telling.EFFECTS)
    return session.con.execute(
        "select v.verdict, v.statut_registre, v.nda, v.denomination, v.porteur_nda, v.raisons, "
        "list_sort(v.pieces), "
        "list_filter(v.avertissements, lambda a: not contains(a, 'Les listes parues depuis')), "
        "v.date_liste, v.sha256_liste from evaluation.verdict as v order by v.ligne"
    ).fetchall()


@pytest.mark.parametrize("day", [FIRST, SECOND])
def test_a_verdict_of_the_past_is_that_of_the_day(now: Session, day: dt.date) -> None:
    asked = _questions(day + dt.timedelta(days=1))
    with released(day, day + dt.timedelta(days=1)) as then:
        wanted = verdicts(then, asked)
    found = verdicts(now, asked)
    assert {row[-1] for row in found} == {SHA[day.isoformat()]}
    assert len({row[0] for row in found}) == 4  # every verdict is there
    for one, was, is_ in zip(asked, wanted, found, strict=True):
        assert is_ == was, one


# --- What is cited ---------------------------------------------------------------------------


def test_two_nightly_lists_and_a_contract_between_them(now: Session) -> None:
    day = FIRST + dt.timedelta(days=3)
    found = told(now, **question(day, nda=LOSER))
    assert found["verdict"] == "ELIGIBLE"
    used = found["instantane"]
    assert (used["date_contenu"], used["sha256"]) == (FIRST, SHA[FIRST.isoformat()])
    assert used["publiee"] == {"date_contenu": LAST, "sha256": SHA[LAST.isoformat()]}
    assert found["organisme"]["liste"]["sha256"] == SHA[FIRST.isoformat()]
    assert found["organisme"]["denomination"] == "CABINET FICTIF"
    assert found["organisme"]["certifications"]["BILAN_COMPETENCES"]
    (warning,) = [a["message"] for a in found["avertissements"] if "LISTE_DEPUIS" in a["regle"]]
    assert "il ne l'est plus depuis celle du 09/03/2026" in warning

    after = told(now, **question(SECOND, nda=LOSER, forme_juridique="SASU"))
    assert after["verdict"] == "NON_ELIGIBLE"
    assert after["instantane"]["sha256"] == SHA[SECOND.isoformat()]


@pytest.mark.parametrize(
    ("who", "word"),
    [
        (LEAVER, "il n'est plus dans celles parues depuis le 09/03/2026"),
        (GAINER, "celles parues depuis le 09/03/2026 le disent"),
        (COMER, "qui y paraît depuis le 16/03/2026"),
        (NEW, f"son numéro était {OLD}"),
    ],
)
def test_what_later_lists_say_is_told(now: Session, who: str, word: str) -> None:
    assert word in reasons(told(now, **question(FIRST, nda=who)))


def test_a_contract_of_today_is_judged_on_the_list_of_today(now: Session) -> None:
    found = told(now, **question(LAST, nda=GAINER))
    assert (found["verdict"], found["instantane"]["publiee"]) == ("ELIGIBLE", None)
    assert not [c for c in found["controles"] if c["preuve"] == "Listes suivies"]


# --- The age of the list of the day ----------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "seen", "used"),
    [
        (FIRST - dt.timedelta(days=1), [], None),  # before the first list
        (FIRST, [], FIRST),
        (SECOND - dt.timedelta(days=1), [], FIRST),
        (SECOND, [], SECOND),
    ],
)
def test_the_list_of_a_day_is_the_last_on_or_before_it(
    day: dt.date, seen: list[dt.date], used: dt.date | None
) -> None:
    with released(LAST) as session:
        found = told(session, **question(day, nda=CARRIER))
    assert found["instantane"]["date_contenu"] == (used or LAST)
    assert found["verdict"] == ("ELIGIBLE" if used else "A_VERIFIER")


@pytest.mark.parametrize(
    ("age", "seen_after", "covered"), [(7, 0, True), (8, 0, False), (30, 23, True), (30, 22, False)]
)
def test_in_a_gap_a_list_counts_for_seven_days_after_it_was_last_given(
    monkeypatch: pytest.MonkeyPatch, age: int, seen_after: int, covered: bool
) -> None:
    """A home that lacks months: what the source gave unchanged still stands, the rest does not."""
    old = dt.date(2026, 1, 5)
    rows = LISTS[FIRST.isoformat()]
    monkeypatch.setitem(LISTS, old.isoformat(), [*rows])
    monkeypatch.setitem(SHA, old.isoformat(), fingerprint(rows))
    monkeypatch.delitem(LISTS, FIRST.isoformat())
    seen = [(SHA[old.isoformat()], old + dt.timedelta(days=seen_after))]
    day = old + dt.timedelta(days=age)
    with released(LAST, seen=seen) as session:
        found = told(session, **question(day, nda=CARRIER))
    if covered:
        assert (found["verdict"], found["instantane"]["date_contenu"]) == ("ELIGIBLE", old)
    else:
        assert (found["verdict"], found["instantane"]["date_contenu"]) == ("A_VERIFIER", LAST)
        assert "la dernière liste suivie avant ce jour" in reasons(found)


def test_a_home_without_history_judges_as_before() -> None:
    published: dict[str, Any] = {"date_contenu": LAST.isoformat(), "sha256": SHA[LAST.isoformat()]}
    rows = LISTS[LAST.isoformat()]
    with undocumented(), workshop(rows, real_references=True, **published) as con:
        run_judged(con, split_late(needed(ASKED))[0])
        session = Session(con, LAST)
        before = told(session, **question(FIRST, nda=CARRIER))
        on = told(session, **question(LAST, nda=CARRIER))
    assert (before["verdict"], on["verdict"]) == ("A_VERIFIER", "ELIGIBLE")
    assert "aucune liste suivie n'est de ce jour ni d'avant" in reasons(before)


# --- The day of the convention ---------------------------------------------------------------


def carried(day: dt.date, **facts: str) -> dict[str, str]:
    papers = {"porteur_edof": "oui", "contrat_communique": "oui", "part_sous_traitee": "50"}
    return question(day, nda=CARRIER, porteur=LOSER, **papers, **facts)


def test_the_porteur_is_certified_on_the_day_of_the_convention(now: Session) -> None:
    """R.6316-8: certified when the funder agreed, no more when the subcontract was signed."""
    apart = told(now, **carried(SECOND, date_convention=FIRST.isoformat()))
    same = told(now, **carried(SECOND))
    late = told(now, **carried(FIRST, date_convention=SECOND.isoformat()))
    assert (apart["verdict"], same["verdict"], late["verdict"]) == (
        "ELIGIBLE",
        "NON_ELIGIBLE",
        "NON_ELIGIBLE",
    )
    assert apart["porteur"]["liste"]["sha256"] == SHA[SECOND.isoformat()]
    assert apart["porteur"]["liste_convention"]["sha256"] == SHA[FIRST.isoformat()]
    assert apart["organisme"]["liste"]["sha256"] == SHA[SECOND.isoformat()]
    assert same["porteur"]["liste_convention"] is None
    warned = " ".join(warning["message"] for warning in apart["avertissements"])
    assert "ne l'est plus depuis celle du 09/03/2026" in warned


def test_a_convention_before_every_list_is_a_question(now: Session) -> None:
    found = told(now, **carried(FIRST, date_convention="2025-06-02"))
    assert found["verdict"] == "A_VERIFIER"
    assert "postérieure à la convention du 02/06/2025" in reasons(found)


def test_the_porteur_still_needs_its_number_on_the_day_of_the_contract(now: Session) -> None:
    facts = carried(SECOND, date_convention=FIRST.isoformat()) | {"porteur": LEAVER}
    found = told(now, **facts)
    assert found["verdict"] == "A_VERIFIER"
    assert "Il a quitté la liste" in reasons(found)


def test_a_certificate_that_ended_between_the_two_days_is_told(now: Session) -> None:
    certificate = {
        "porteur_certificat": "BILAN_COMPETENCES",
        "porteur_certificat_fin": (FIRST + dt.timedelta(days=2)).isoformat(),
    }
    found = told(now, **carried(SECOND, date_convention=FIRST.isoformat(), **certificate))
    assert "avant le contrat du 09/03/2026 : demandez le suivant" in reasons(found)


def test_titles_of_natural_persons_are_those_of_the_list() -> None:
    sql = (SQL / "evaluation" / "organisme_passe.sql").read_text(encoding="utf-8")
    assert f"'{TITLES}'" in sql
