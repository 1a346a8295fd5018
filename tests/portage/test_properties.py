"""What holds of verdicts whatever the facts (hypothesis), and of the nightly table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.portage.facts import FAITS, Genre
from pipelines.portage.session import Session, Telling
from tests.portage.demands import (
    ABSENT,
    ACTIONS,
    CERTIFIED,
    DAY,
    DOCUMENTS,
    FALSE,
    FUNDINGS,
    LIST_DAY,
    NUMBERS,
    ORGANISATIONS,
    SISTER,
    STRENGTH,
    asking,
    verdicts,
)
from tests.warehouse.frames import built

Question = dict[str, str]

DATES = (
    *("2021-12-31", "2023-05-01", "2024-03-31", "2024-04-01", "2025-06-01"),
    *(DAY.isoformat(), (LIST_DAY + dt.timedelta(days=7)).isoformat()),
    *((LIST_DAY + dt.timedelta(days=8)).isoformat(), "2026-07-01"),
)
VALUES = {
    "micro": ["oui", "non"],
    "ca": ["0", "77700", "77700.01", "83600", "83600.01", "-5", "abc"],
    "forme_juridique": ["EI", "EURL", "SASU", "5710", "5499", "7383", "ASSOCIATION", "?"],
    "montant": ["4999.99", "5000"],
    "certificat": ["BILAN_COMPETENCES", "ACTION_FORMATION+VAE", "APPRENTISSAGE"],
    "certificat_debut": ["2023-02-01", "2025-02-01"],
    "certificat_fin": ["2025-12-31", "2028-01-31"],
    "partie": ["totale", "partielle"],
    "type_formation": ["certifiante", "action_de_droit", "permis", "creation_entreprise"],
    "fin_mission": ["2026-10-31", "2026-11-01"],
    "porteur_recepisse_nda_date": ["2025-11-01", (DAY - dt.timedelta(days=10)).isoformat()],
    "porteur_certificat": ["BILAN_COMPETENCES+ACTION_FORMATION+VAE+APPRENTISSAGE"],
    "porteur_certificat_fin": ["2028-01-31"],
    "heures": ["24", "24,5"],
    "part_sous_traitee": ["80", "80,01"],
    "annee_ca": ["2020", "2025"],
    "date_avenant": ["2024-02-01", "2024-05-01"],
}
BOOLEANS = [fait.nom for fait in FAITS if fait.genre is Genre.BOOLEEN and fait.nom not in DOCUMENTS]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question about an organisation of the small release, with facts drawn among the telling."""
    question = {
        "nda": draw(st.sampled_from(NUMBERS)),
        "financement": draw(st.sampled_from([*FUNDINGS, "OPCO+FAF", "CPF+OPCO"])),
        "action": draw(st.sampled_from(ACTIONS)),
        "date": draw(st.sampled_from(DATES)),
    }
    if draw(st.booleans()):
        question["porteur"] = draw(st.sampled_from(NUMBERS))
    for name, values in VALUES.items():
        if draw(st.integers(0, 3)) == 0:
            question[name] = draw(st.sampled_from(values))
    for name in BOOLEANS:
        if draw(st.integers(0, 4)) == 0:
            question[name] = draw(st.sampled_from(["oui", "non"]))
    for name, value in DOCUMENTS.items():
        if draw(st.booleans()):
            question[name] = value
    return question


many = st.lists(questions(), min_size=1, max_size=25)
quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with asking() as found:
        yield found


@pytest.fixture(scope="module")
def uncertified() -> Iterator[Session]:
    """The small release where nobody is certified for anything."""
    bare = [
        {
            **row,
            **{name: None if row[name] is None else False for name in row if "certifie_" in name},
        }
        for row in ORGANISATIONS
    ]
    with built(bare, real_references=True) as con:
        yield Session(con, DAY)


@pytest.fixture(scope="module")
def reordered() -> Iterator[Session]:
    """The small release with its rules, sentences and parameters in another order."""
    with asking() as other:
        for table, key in (("regle", "constat"), ("motif", "phrase"), ("parametre", "valeur")):
            other.con.execute(
                f"create or replace table portage.{table} as "
                f"from portage.{table} order by md5({key}::varchar)"
            )
        yield other


@quick
@given(found=many, name=st.sampled_from(sorted(DOCUMENTS)))
def test_a_further_document_in_date_never_worsens_a_verdict(
    session: Session, found: list[Question], name: str
) -> None:
    document = {name: DOCUMENTS[name]}
    if name == "attestation_vigilance":
        found = [q for q in found if q["date"] >= DOCUMENTS[name]] or [
            {**found[0], "date": str(DAY)}
        ]
    found = [q for q in found if q.get(name) in (None, DOCUMENTS[name])]
    with_it = verdicts(session, [*found, *({**q, **document} for q in found)])
    for before, after in zip(with_it[: len(found)], with_it[len(found) :], strict=True):
        assert STRENGTH.index(after) <= STRENGTH.index(before)


@quick
@given(found=many)
def test_a_certificate_in_date_worsens_nothing_but_a_request_for_it(
    session: Session, found: list[Question]
) -> None:
    """§3 bis: a certificate that the list does not show is a question, even if it was awaited."""
    bare = [{k: v for k, v in q.items() if not k.startswith("certificat")} for q in found]
    both = verdicts(session, [*bare, *({**q, **_certificate(q["date"])} for q in bare)])
    for before, after in zip(both[: len(bare)], both[len(bare) :], strict=True):
        worse = STRENGTH.index(after) > STRENGTH.index(before)
        assert not worse or (before, after) == ("PIECES_MANQUANTES", "A_VERIFIER")


def _certificate(day: str) -> Question:
    """A certificate of every category, given that day: it lasts three years at most."""
    fin = f"{int(day[:4]) + 2}-12-31"
    return {"certificat": "+".join(ACTIONS), "certificat_debut": day, "certificat_fin": fin}


@quick
@given(found=many)
def test_removing_a_certification_never_improves_a_verdict(
    session: Session, uncertified: Session, found: list[Question]
) -> None:
    # A sister certified elsewhere raises a question of its own (§3 bis), which goes with her.
    for question in found:
        if question["nda"] == SISTER or question.get("porteur") == SISTER:
            question["nda"] = CERTIFIED
    before = verdicts(session, found)
    after = verdicts(uncertified, found)
    for first, second in zip(before, after, strict=True):
        assert STRENGTH.index(second) >= STRENGTH.index(first)


@quick
@given(found=many, order=st.randoms(use_true_random=False))
def test_the_order_of_candidates_changes_nothing(
    session: Session, found: list[Question], order: object
) -> None:
    shuffled = list(range(len(found)))
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    straight = verdicts(session, found)
    mixed = verdicts(session, [found[place] for place in shuffled])
    assert [straight[place] for place in shuffled] == mixed


@quick
@given(found=many)
def test_the_order_of_rules_changes_nothing(
    session: Session, reordered: Session, found: list[Question]
) -> None:
    assert verdicts(reordered, found) == verdicts(session, found)


def unlisted(number: str, place: int, digit: str) -> str:
    """Change one digit of a listed number, until the list has no such number."""
    for step in range(10 * len(number)):
        at = (place + step // 10) % len(number)
        wrong = number[:at] + str((int(digit) + step) % 10) + number[at + 1 :]
        if wrong not in NUMBERS:
            return wrong
    raise AssertionError(number)


# What costs is to ask: few times, of many.
@settings(parent=quick, max_examples=6, suppress_health_check=[HealthCheck.large_base_example])
@given(
    found=st.lists(questions(), min_size=40, max_size=60),
    place=st.integers(0, 10),
    digit=st.sampled_from("0123456789"),
    name=st.sampled_from(["nda", "porteur"]),
)
def test_a_wrong_number_never_does_better_than_the_right_one(
    session: Session, found: list[Question], place: int, digit: str, name: str
) -> None:
    """What refuses a listed organisation is said of none unlisted: a question is the best of it."""
    right = [q for q in found if q.get(name, ABSENT) != ABSENT]
    wrong = [{**q, name: unlisted(q[name], place, digit)} for q in right]
    if not right:
        return
    both = verdicts(session, [*right, *wrong])
    question = STRENGTH.index("A_VERIFIER")
    for one, before, after in zip(wrong, both[: len(right)], both[len(right) :], strict=True):
        assert STRENGTH.index(after) >= min(STRENGTH.index(before), question), one


# All that makes an unlisted number pass for a new organisation.
_NEW = {"certificat": "+".join(ACTIONS), "certificat_debut": "2026-01-02", "bpf": "2026-01-02"}
_AS_NEW = {**DOCUMENTS, **_NEW, **{f"porteur_{name}": value for name, value in _NEW.items()}}


@pytest.mark.parametrize("name", ["nda", "porteur"])
@pytest.mark.parametrize(
    ("day", "financement"),
    [(str(DAY), "FRANCE_TRAVAIL"), (str(DAY), "CPF"), ("2026-07-01", "CPF")],
)
def test_a_wrong_number_hides_neither_the_same_entity_nor_a_list_of_before_june(
    session: Session, name: str, day: str, financement: str
) -> None:
    """The property, where chance seldom goes."""
    month = str(dt.date.fromisoformat(day) - dt.timedelta(days=30))
    question = {
        **{"nda": FALSE, "porteur": FALSE, "financement": financement, "date": day, **_AS_NEW},
        **{"action": "ACTION_FORMATION", "attestation_vigilance": month},
        **{"recepisse_nda_date": month, "porteur_recepisse_nda_date": month},
    }
    alone = [{k: v for k, v in question.items() if "porteur" not in k}]
    right = [question, *(alone if name == "nda" else [])]
    wrong = [{**q, name: unlisted(FALSE, 7, "5")} for q in right]
    found = verdicts(session, [*right, *wrong])
    for before, after in zip(found[: len(right)], found[len(right) :], strict=True):
        assert STRENGTH.index(after) >= min(STRENGTH.index(before), STRENGTH.index("A_VERIFIER"))


def test_the_nightly_table_is_the_answer_on_demand(session: Session) -> None:
    """At the date of the list, for every organisation, role, funding and category."""
    con = session.con
    for role, name in (("sous_traitant", "nda"), ("porteur", "porteur")):
        session.ask(
            f"select row_number() over () as ligne, '{role}' as role_juge, o.nda as {name}, "
            f"f.financement, a.action, '{LIST_DAY}' as date from socle.organisme as o "
            "cross join reference.financement as f cross join reference.categorie_action as a",
            Telling.EFFECTS,
        )
        differing = con.execute(
            f"select q.{name}, q.financement, q.action, k.verdict, e.verdict "
            "from demande.candidat as q join evaluation.conclusion as k on q.ligne = k.ligne "
            f"left join portage.eligibilite as e on e.nda = q.{name} and e.role = '{role}' "
            "and e.financement = q.financement and e.action = q.action "
            "where (k.verdict, k.statut_registre) is distinct from (e.verdict, e.statut_registre)"
        ).fetchall()
        assert differing == []
        # It reads as the answer does, which says of the porteur's that they are his.
        whose = "list_transform({}, lambda x: 'Porteur : ' || x)" if role == "porteur" else "{}"
        told = {"raisons": "raisons", "avertissements": "avertissements"}
        told["pieces"] = "pieces_manquantes"
        for name_here, name_there in told.items():
            there = whose.format(f"e.{name_there}")
            unlike = con.execute(
                f"select v.{name_here}, {there} from evaluation.verdict as v "
                "join demande.candidat as q on v.ligne = q.ligne "
                f"join portage.eligibilite as e on e.nda = q.{name} and e.role = '{role}' "
                "and e.financement = q.financement and e.action = q.action "
                f"where v.{name_here} <> {there} limit 1"
            ).fetchall()
            assert unlike == []
        asked = con.execute("select count(*) from evaluation.conclusion").fetchone()
        assert asked == (len(ORGANISATIONS) * len(FUNDINGS) * len(ACTIONS),)


@pytest.mark.parametrize("numbers", ["(1), (1)", "(null)"])
def test_questions_are_numbered(session: Session, numbers: str) -> None:
    with pytest.raises(ValueError, match="numbered"):
        session.ask(f"select ligne from (values {numbers}) as v (ligne)")


def test_no_question_gives_no_answer(session: Session) -> None:
    session.ask("select 1 as ligne, 'CPF' as financement limit 0")
    assert session.con.execute("select count(*) from evaluation.verdict").fetchone() == (0,)


def test_the_models_run_in_an_order_that_their_sql_implies() -> None:
    from pipelines.portage import session as module
    from pipelines.portage.session import FACTS, JUDGING, LINES, TELLING

    models = module._models()
    past = ("organisme_passe", "profil_passe", "retrouve_passe")
    done = {"evaluation.rapprochement"}
    for name in (*FACTS, *past, *JUDGING, *TELLING, *LINES):
        if name == "profil_passe":  # the model of portage.profil, over organisme_passe
            done.add(f"evaluation.{name}")
            continue
        model = models[name]
        read = {d for d in model.depends if d.startswith("evaluation.")}
        assert read <= done, name
        done.add(model.full_name)
