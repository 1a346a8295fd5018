"""Asking for verdicts: the models of ``sql/evaluation``, run over questions beside a release.

The same models judge the whole register at night and a candidate file on demand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from pipelines.portage.facts import FAITS, Groupe
from pipelines.portage.matching import match
from pipelines.portage.past import look_back
from pipelines.portage.written import Understood, understand
from pipelines.registers.archive import Archive
from pipelines.registers.seen import seen_days
from pipelines.settings import SQL
from pipelines.warehouse.literals import literal, rows, texts
from pipelines.warehouse.models import EVALUATION, QUESTIONS, Model, parse_model
from pipelines.warehouse.release import Release, open_beside, require_table

if TYPE_CHECKING:
    import duckdb

# In the order in which each reads those before (a test compares with their SQL).
FACTS = ("fait", "declare", "parametre", "liste", "cas", "partie_liste")
JUDGING = (
    *("partie", "depuis", "motif_partie", "motif_sous_traitant", "motif_contrat", "motif_porteur"),
    *("constat", "controle", "conclusion"),
)
TELLING = ("controle_dit", "echeance")
# One row a question, in words: for files of candidates and for the grid.
LINES = ("verdict",)
# Of a question, what is to be settled: no fact, told as it stands (``fait.defaut``).
DOUBT = "doute"
# A question about a situation: it names nobody, and says so.
PROFILE = "profil"


class Telling(StrEnum):
    """What is written in words.

    Nothing; what weighs on the verdict of a profile, whose organisations' own numbers are left in
    braces; what weighs on each verdict, with one line a question (``evaluation.verdict``); or every
    control.
    """

    NOTHING = "rien"
    PROFILES = "profils"
    EFFECTS = "effets"
    ALL = "tout"


# What verdicts are made by, beside the facts and the list.
RULES = (
    *("portage.regle", "portage.parametre", "portage.motif", "portage.piece"),
    *("portage.ecriture", "reference.financement", "reference.forme_juridique"),
)


class Session:
    """Questions put to one release; ``con`` has it as its current catalogue.

    Tables, remade by each :meth:`ask`: ``demande.candidat`` (the questions, as text),
    ``demande.declaration`` (the same, one row a fact), ``demande.lecture`` (what each of its texts
    means) and those that ``sql/evaluation`` documents, in the catalogue ``evaluation``.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        today: dt.date | None = None,
        seen: Iterable[tuple[str, dt.date]] = (),
    ) -> None:
        """Open questions; ``seen`` are the days on which each list (SHA-256) was given."""
        self.con = con
        for catalogue in (QUESTIONS, EVALUATION):
            con.execute(f"attach ':memory:' as {catalogue}")
        facts = [
            {
                **{"fait": f.nom, "genre": f.genre, "groupe": f.groupe.name},
                **{"liste": f.valeurs, "libelle": f.libelle},
            }
            for f in FAITS
            if f.groupe is not Groupe.CANDIDAT and f.nom != "porteur"  # those are for the matching
        ]
        doubt = {
            "fait": DOUBT,
            "genre": "texte",
            "groupe": "MISSION",
            "liste": "",
            "libelle": DOUBT,
        }
        types = dict.fromkeys(("fait", "genre", "groupe", "liste", "libelle"), "varchar")
        con.execute(f"create table {QUESTIONS}.fait as {rows([*facts, doubt], types)}")
        columns = ("sha256", "jour")
        days = [(sha256, day.isoformat()) for sha256, day in seen]
        con.execute(
            f"create table {QUESTIONS}.vue as "
            f"select sha256, jour::date as jour from ({texts(columns, days)})"
        )
        self._today = today or dt.date.today()

    def ask(self, query: str, telling: Telling = Telling.EFFECTS, date: str | None = None) -> None:
        """Judge the questions that ``query`` gives: ``ligne``, and facts as text.

        A column that is not a fact of the catalogue is passed over; ``role_juge`` limits a
        question to one role, ``profil`` says that it names nobody, ``doute`` is a sentence: what
        must be settled before the line can be believed. ``date``, as it is written, is that of the
        questions whose own is not said or not read: today without it.

        Raises:
            ValueError: a question has no number, or that of another.
        """
        day = (understand("date", date).value if date else None) or self._today.isoformat()
        self.con.execute(
            f"create or replace table {QUESTIONS}.contexte as "
            f"select {literal(day)}::date as aujourd_hui, "
            f"{literal(telling is Telling.ALL)} as tout_dire, "
            f"{literal(telling is Telling.PROFILES)} as par_profil"
        )
        self.con.execute(f"create or replace temp table question as {query}")
        self._refuse_twins()
        given = {row[0] for row in self.con.execute("describe question").fetchall()}
        columns = ", ".join(
            f"nullif(trim({name}::varchar), '') as {name}"
            if name in given
            else f"null::varchar as {name}"
            for name in ("role_juge", PROFILE, DOUBT, *(fait.nom for fait in FAITS))
        )
        self.con.execute(
            f"create or replace table {QUESTIONS}.candidat as "
            f"select ligne::bigint as ligne, {columns} from question"
        )
        told = (*(fait.nom for fait in FAITS), DOUBT)
        declared = ", ".join(name for name in told if name in given) or "nda"
        self.con.execute(
            f"create or replace table {QUESTIONS}.declaration as "
            f"unpivot {QUESTIONS}.candidat on {declared} into name fait value texte"
        )
        self._understand()
        self._run(FACTS)
        match(self.con)
        look_back(self.con)
        self._run(JUDGING)
        if telling is Telling.PROFILES:
            self._run(("controle_dit",))
        elif telling is not Telling.NOTHING:
            self._run(TELLING)
        if telling is Telling.EFFECTS:
            self._run(LINES)

    @cached_property
    def rules(self) -> Mapping[str, Any]:
        """Which rules are applied: ``nombre``, and the SHA-256 (``empreinte``) of all they are."""
        parts = " || ".join(
            f"(select string_agg(t::varchar, chr(10) order by t) from {name} as t)"
            for name in RULES
        )
        (row,) = self.con.execute(
            f"select sha256({parts}), (select count(*) from portage.regle)"
        ).fetchall()
        return dict(zip(("empreinte", "nombre"), row, strict=True))

    def _understand(self) -> None:
        """Make ``demande.lecture``: what each text declared means, each understood once."""
        written = self.con.execute(
            f"select distinct d.fait, d.texte from {QUESTIONS}.declaration as d "
            f"inner join {QUESTIONS}.fait as f on d.fait = f.fait"
        ).fetchall()
        read = [
            (name, text, Understood(fault=text) if name == DOUBT else understand(name, text))
            for name, text in written
        ]
        told = [
            (name, text, found.value, found.fault)
            for name, text, found in read
            if not found.nothing
        ]
        columns = ("fait", "texte", "valeur", "defaut")
        self.con.execute(f"create or replace table {QUESTIONS}.lecture as {texts(columns, told)}")

    def _refuse_twins(self) -> None:
        """See that each question has a number of its own: answers are joined by it."""
        twins = self.con.execute("select count(*) - count(distinct ligne) from question").fetchone()
        if twins != (0,):
            raise ValueError("questions must be numbered, each by its own « ligne »")

    def ask_rows(
        self, questions: Sequence[Mapping[str, str]], telling: Telling = Telling.ALL
    ) -> None:
        """Judge a few questions, numbered from 1."""
        names = sorted({name for question in questions for name in question})
        entries = [
            {"ligne": number, **{name: question.get(name) for name in names}}
            for number, question in enumerate(questions, start=1)
        ]
        # A second thread has no work in a few rows, and spins while it waits.
        self.con.execute("set threads = 1")
        try:
            self.ask(rows(entries, {"ligne": "bigint", **dict.fromkeys(names, "varchar")}), telling)
        finally:
            self.con.execute("reset threads")

    def close(self) -> None:
        """Leave the connection as it was found."""
        self.con.execute("drop table if exists question")
        for catalogue in (QUESTIONS, EVALUATION):
            self.con.execute(f"detach {catalogue}")

    def _run(self, names: Sequence[str]) -> None:
        for name in names:
            model = _models()[name]
            self.con.execute(f"create or replace table {model.full_name} as {model.sql}")


@contextmanager
def portage_session(release: Release, today: dt.date | None = None) -> Iterator[Session]:
    """Open a release for questions, its list being as old as the last time it was seen.

    Raises:
        OpacError: it was made before the rules of portage were part of it.
    """
    with open_beside(release.path) as con:
        require_table(con, "portage.repute_certifie", "les règles du portage")
        yield Session(con, today, seen_days(Archive(release.home)))


@lru_cache(maxsize=1)
def _models() -> dict[str, Model]:
    return {path.stem: parse_model(path) for path in sorted((SQL / EVALUATION).glob("*.sql"))}
