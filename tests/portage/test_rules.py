"""The rule base is whole: no overlap, no gap, an answer for every question, a source for each."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise, product

import pytest

from pipelines.portage.answer import UNIDENTIFIED
from pipelines.portage.facts import FAITS, PAR_NOM, Genre, Groupe, choices
from pipelines.portage.letters.missing import WORDS
from pipelines.settings import REFERENCE, SQL
from pipelines.warehouse.models import parse_model
from tests.portage.demands import ACTIONS, FUNDINGS

Row = dict[str, str]

# What a training may be; « non_dite » when nothing is said of it.
NATURES = (*choices("type_formation"), "non_dite")
ROLES = ("sous_traitant", "contrat", "porteur")
EFFECTS = {"", "AVERTISSEMENT", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE"}
STATES = {"SATISFAIT", "NON_SATISFAIT", "INCONNU", "DOUTEUX", "SANS_OBJET"}
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def table(name: str) -> list[Row]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


RULES, MOTIFS, PIECES = (table(f"portage_{name}") for name in ("regle", "motif", "piece"))
PARAMETERS = table("portage_parametre")
JUDGING = SQL / "evaluation"


def period(row: Row) -> tuple[dt.date, dt.date]:
    start, end = row["valide_du"], row["valide_au"]
    return (
        dt.date.fromisoformat(start) if start else FIRST,
        dt.date.fromisoformat(end) if end else LAST,
    )


def listed(cell: str, every: tuple[str, ...]) -> tuple[str, ...]:
    return every if cell == "*" else tuple(cell.split("|"))


def overlaps(rules: list[Row]) -> Iterator[str]:
    """Rules of one role and one constat that apply to a same question on a same day."""
    cells: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for rule in rules:
        for funding, action, nature in product(
            listed(rule["financements"], FUNDINGS),
            listed(rule["actions"], ACTIONS),
            listed(rule["natures"], NATURES),
        ):
            cells[rule["role"], rule["constat"], funding, action, nature].append(rule)
    for cell, found in cells.items():
        # Periods of one date would leave days twice, or never, covered by those of another.
        assert len({rule["date_de_reference"] for rule in found}) == 1, cell
        for before, after in pairwise(sorted(found, key=period)):
            if period(after)[0] <= period(before)[1]:
                yield f"{before['regle']} et {after['regle']} : {cell}"


def unanswered(rules: list[Row], role: str) -> Iterator[str]:
    """Days on which a question has no rule of its own, beside those that hold for all."""
    edges = {FIRST, LAST}
    for rule in rules:
        start, end = period(rule)
        edges |= {start, start - dt.timedelta(days=1), end, end + dt.timedelta(days=1)}
    days = sorted(day for day in edges if day <= LAST)
    for funding, action, nature, day in product(FUNDINGS, ACTIONS, NATURES, days):
        if not any(
            rule["role"] == role
            and rule["financements"] != "*"
            and funding in rule["financements"].split("|")
            and action in listed(rule["actions"], ACTIONS)
            and nature in listed(rule["natures"], NATURES)
            and period(rule)[0] <= day <= period(rule)[1]
            for rule in rules
        ):
            yield f"{funding} × {action} ({nature}) le {day}"


def test_no_two_rules_answer_the_same_question_on_the_same_day() -> None:
    assert list(overlaps(RULES)) == []
    twice = next(rule for rule in RULES if rule["regle"] == "ST_QUALIOPI_CPF_BILAN")
    assert list(overlaps([*RULES, {**twice, "regle": "ENCORE", "valide_du": "2025-01-01"}]))


@pytest.mark.parametrize("role", ["sous_traitant", "porteur"])
def test_every_question_has_an_answer_every_day_since_2022(role: str) -> None:
    """Before 2022 one rule answers for all; own funds ask nothing more of a porteur than a NDA."""
    mission = [{**rule, "role": role} for rule in RULES if rule["role"] in (role, "contrat")]
    open_ = {
        cell.split(" le ")[0]
        for cell in unanswered(mission, role)
        if dt.date.fromisoformat(cell.split(" le ")[1]) >= dt.date(2022, 1, 1)
    }
    assert open_ == set()
    without = [rule for rule in mission if rule["regle"] != "CT_APPRENTISSAGE_CPF"]
    without = [rule for rule in without if rule["regle"] != "PO_APPRENTISSAGE_CPF"]
    assert any("CPF × APPRENTISSAGE" in cell for cell in unanswered(without, role))


def test_a_requirement_told_by_funding_forgets_none() -> None:
    """What several fundings ask is asked, or said otherwise, of every other but these."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in RULES:
        if rule["financements"] != "*":
            named[rule["role"], rule["constat"]] |= set(rule["financements"].split("|"))
    forgotten = {
        asked: set(FUNDINGS) - fundings for asked, fundings in named.items() if fundings != {"CPF"}
    }
    assert {asked: fundings for asked, fundings in forgotten.items() if fundings} == {
        ("porteur", "qualiopi"): {"FONDS_PROPRES"},
        ("contrat", "exigences_rnq"): {"FONDS_PROPRES"},
        ("sous_traitant", "habilitation_hors_cpf"): {"CPF"},
        ("porteur", "habilitation_hors_cpf"): {"CPF"},
        ("contrat", "apprentissage_autre"): {"CPF", "OPCO"},
        ("porteur", "apprentissage_autre"): {"CPF", "OPCO"},
    }


def test_before_2022_one_rule_answers_for_all() -> None:
    old = [rule for rule in RULES if rule["valide_au"] == "2021-12-31"]
    assert [(rule["regle"], rule["financements"], rule["actions"]) for rule in old] == [
        ("CT_AVANT_2022", "*", "*")
    ]
    assert old[0]["si_douteux"] == "A_VERIFIER"


def test_periods_of_one_requirement_follow_one_another_without_gap() -> None:
    """What CPF asks since April 2024 begins the day after what it asked before ends."""
    ends = {rule["valide_au"] for rule in RULES if "AVANT_2024" in rule["regle"]}
    assert ends == {"2024-03-31"}
    begin = {
        rule["valide_du"]
        for rule in RULES
        if re.match(r"(ST_QUALIOPI|PO_QUALIOPI|CT_ECRIT)_CPF(?!_AVANT)", rule["regle"])
    }
    assert begin == {"2024-04-01"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["regle"])
def test_a_rule_says_all_that_it_must(rule: Row) -> None:
    for name in ("exigence", "base_legale", "source"):
        assert rule[name].strip(), name
    assert rule["exigence"].endswith(".")
    assert rule["role"] in ROLES
    assert rule["confiance"] in {"CODE", "SOURCE", "DEDUIT", "INCERTAIN"}
    assert rule["date_de_reference"] in {"contrat", "mission", "convention"}
    assert set(listed(rule["natures"], NATURES)) <= set(NATURES)
    assert rule["etabli_par"] in {"REGISTRE", "DECLARATION", "DOCUMENT"}
    assert set(listed(rule["financements"], FUNDINGS)) <= set(FUNDINGS)
    assert set(listed(rule["actions"], ACTIONS)) <= set(ACTIONS)
    assert {rule[f"si_{state}"] for state in ("non_satisfait", "inconnu", "douteux")} <= EFFECTS
    assert rule["constat"] in {motif["constat"] for motif in MOTIFS}
    for waiver in filter(None, rule["dispenses"].split("|")):
        assert f"dispense_{waiver}" in {motif["constat"] for motif in MOTIFS}
    assert rule["si_parametre"] in {"", *(p["parametre"] for p in PARAMETERS)}
    assert period(rule)[0] <= period(rule)[1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["regle"])
def test_a_rule_names_no_effect_that_nothing_can_cause(rule: Row) -> None:
    waivers = {f"dispense_{name}" for name in rule["dispenses"].split("|")}
    # For a VAE or a licence the waiver is read from the motifs of the general one as well.
    if waivers & {"dispense_micro_vae", "dispense_micro_permis"}:
        waivers |= {"dispense_micro", "dispense_micro_vae"}
    found = {m["etat"] for m in MOTIFS if m["constat"] in {rule["constat"], *waivers}}
    for state in ("NON_SATISFAIT", "INCONNU", "DOUTEUX"):
        assert not rule[f"si_{state.lower()}"] or state in found, state


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["regle"])
def test_a_rule_rests_on_what_a_model_finds(rule: Row) -> None:
    """Without it the rule would be passed over in silence."""
    models = {rule["role"], "contrat" if rule["role"] == "contrat" else "partie"}
    paths = [JUDGING / f"motif_{name}.sql" for name in models]
    found = {name for path in paths for name in parse_model(path).columns}
    waivers = {f"dispense_{name}" for name in filter(None, rule["dispenses"].split("|"))}
    assert {rule["constat"], *waivers} <= found


def test_every_motif_and_parameter_is_used_by_a_model() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in JUDGING.glob("*.sql"))
    assert [motif["motif"] for motif in MOTIFS if f"'{motif['motif']}'" not in text] == []
    names = {row["parametre"] for row in PARAMETERS} - {rule["si_parametre"] for rule in RULES}
    assert [name for name in sorted(names) if f"'{name}'" not in text] == []


def test_identifiers_are_unique() -> None:
    for rows, key in ((RULES, "regle"), (MOTIFS, "motif"), (PIECES, "piece"), (RULES, "ordre")):
        names = [row[key] for row in rows]
        assert len(names) == len(set(names)), key


@pytest.mark.parametrize("motif", MOTIFS, ids=lambda motif: motif["motif"])
def test_a_motif_is_used_and_whole(motif: Row) -> None:
    assert motif["etat"] in STATES

    assert motif["piece"] in {"", *(piece["piece"] for piece in PIECES)}
    assert motif["phrase"].rstrip()[-1] in ".?}"
    wanted = {rule["constat"] for rule in RULES}
    wanted |= {f"dispense_{w}" for rule in RULES for w in rule["dispenses"].split("|") if w}
    assert motif["constat"] in wanted
    words = set(re.findall(r"\{(\w+)\}", motif["phrase"] + motif["preuve"]))
    told = (JUDGING / "controle_dit.sql").read_text(encoding="utf-8")
    assert words <= set(re.findall(r"'(\w+)':", told))


def test_what_is_found_is_not_told_as_what_is_asked() -> None:
    asked = {rule["exigence"] for rule in RULES}
    assert [motif["motif"] for motif in MOTIFS if motif["phrase"] in asked] == []


def test_a_missing_document_is_asked_for_by_name() -> None:
    """Whatever is unknown and asked for says which document would settle it."""
    for rule in RULES:
        if rule["si_inconnu"] == "PIECES_MANQUANTES":
            unknown = [
                m for m in MOTIFS if m["constat"] == rule["constat"] and m["etat"] == "INCONNU"
            ]
            assert all(motif["piece"] for motif in unknown), rule["regle"]
    for piece in PIECES:
        assert piece["fait"] in PAR_NOM
        assert piece["libelle"]
        assert piece["pourquoi"].endswith(".")
    used = {motif["piece"] for motif in MOTIFS}
    assert {piece["piece"] for piece in PIECES} <= used


def test_parameters_follow_one_another() -> None:
    by_name: dict[str, list[Row]] = defaultdict(list)
    for parameter in PARAMETERS:
        assert parameter["statut"] in {"CONFIRME", "SOURCE"}
        assert parameter["source"]
        assert parameter["base_legale"]
        assert float(parameter["valeur"]) > 0
        by_name[parameter["parametre"]].append(parameter)
    for found in by_name.values():
        for before, after in pairwise(sorted(found, key=period)):
            assert period(after)[0] == period(before)[1] + dt.timedelta(days=1)
    ceilings = {p["valide_du"]: p["valeur"] for p in by_name["PLAFOND_MICRO_SOCIAL"]}
    assert ceilings == {"2020-01-01": "72600", "2023-01-01": "77700", "2026-01-01": "83600"}
    unread = [p for p in by_name["PLAFOND_MICRO_SOCIAL"] if p["statut"] != "CONFIRME"]
    assert [(p["valeur"], p["statut"]) for p in unread] == [("83600", "SOURCE")]
    assert "décret n° 2026-562" in unread[0]["base_legale"]


def test_the_reading_that_diverges_is_kept_with_its_rule() -> None:
    notes = {rule["regle"]: rule["note"] for rule in RULES}
    for name in ("ST_QUALIOPI_CPF_BILAN", "CT_BILAN_LECTURE"):
        assert "Le Code dit l'inverse" in notes[name]


def test_facts_are_told_and_have_one_name_each() -> None:
    names = [fait.nom for fait in FAITS]
    assert len(names) == len(set(names))
    lists = {row["liste"] for row in table("portage_ecriture")} | {"financement", "action"}
    for fait in FAITS:
        assert fait.aide.endswith(".")
        assert "{" not in fait.aide
        assert bool(fait.valeurs) == (fait.genre in (Genre.CHOIX, Genre.LISTE))
        assert fait.valeurs in {"", *lists}


def test_a_fact_is_declared_to_the_models() -> None:
    """All but who is who (``rapprochement``) is a column of ``declare``."""
    declared = parse_model(JUDGING / "declare.sql").columns
    who = {fait.nom for fait in FAITS if fait.groupe is Groupe.CANDIDAT} | {"porteur"}
    assert [fait.nom for fait in FAITS if fait.nom not in {*declared, *who}] == []


def test_a_fact_that_stands_for_a_document_says_what_the_document_says() -> None:
    """A document asked for is declared held by its fact; a choice is made, not held."""
    for fait in FAITS:
        assert fait.document in {"", "oui", "non"}, fait.nom
        assert fait.document != "non" or fait.genre is Genre.BOOLEEN, fait.nom
    for piece in PIECES:
        fait = PAR_NOM[piece["fait"]]
        assert bool(fait.document) is (fait.genre is not Genre.CHOIX), piece["piece"]


def test_a_fact_of_the_carrier_has_the_genre_of_its_like() -> None:
    likes = [fait for fait in FAITS if fait.pareil]
    assert len({fait.pareil for fait in likes}) == len(likes) > 3
    for fait in likes:
        like = PAR_NOM[fait.pareil]
        assert fait.groupe is Groupe.PORTEUR is not like.groupe
        assert (fait.genre, fait.valeurs, fait.document) == (
            like.genre,
            like.valeurs,
            like.document,
        )


def test_a_document_asked_of_the_sub_contractor_says_how_it_is_given() -> None:
    """Letters tell it (``portage_demande``): always, and more for some motifs of that document."""
    asked = table("portage_demande")
    of_him = {rule["constat"] for rule in RULES if rule["role"] == "sous_traitant"}
    of_him |= {
        f"dispense_{waiver}"
        for rule in RULES
        if rule["role"] == "sous_traitant"
        for waiver in filter(None, rule["dispenses"].split("|"))
    }
    wanted = {m["piece"] for m in MOTIFS if m["piece"] and m["constat"] in of_him}
    assert {row["piece"] for row in asked if not row["motif"]} == wanted
    pieces = {motif["motif"]: motif["piece"] for motif in MOTIFS}
    for row in asked:
        assert not row["motif"] or pieces[row["motif"]] == row["piece"], row
        assert row["phrase"].endswith("."), row
        assert set(re.findall(r"\{(\w+)\}", row["phrase"])) <= set(WORDS), row
    assert len({(row["piece"], row["motif"]) for row in asked}) == len(asked)


def test_what_is_to_be_done_is_said_of_all_that_can_decide() -> None:
    told = {(row["motif"], row["qualite"]): row["a_faire"] for row in table("portage_a_faire")}
    assert len(told) == len(table("portage_a_faire"))
    effects = {"NON_SATISFAIT": "si_non_satisfait", "DOUTEUX": "si_douteux"}
    deciding = set()
    for rule in RULES:
        exempting = {f"dispense_{name}" for name in rule["dispenses"].split("|")}
        for motif in MOTIFS:
            state = motif["etat"]
            own = motif["constat"] == rule["constat"]
            if (own and state in effects) or (motif["constat"] in exempting and state == "DOUTEUX"):
                effect = rule[effects[state]]
                deciding |= {motif["motif"]} if effect in ("A_VERIFIER", "NON_ELIGIBLE") else set()
    assert {motif for motif, quality in told if not quality} == deciding
    # A situation names nobody: there is nobody to be found.
    assert {quality for _, quality in told if quality} == UNIDENTIFIED - {"PROFIL"}
    for sentence in told.values():
        assert sentence.endswith(".")
        assert len(sentence) <= 110, sentence


# §6 of the facts corrected on 30 November 2026: what each rule cites, and how sure it is.
CITED = {
    "ST_DEREFERENCEMENT_CPF": ("R.6333-6-2 al. 4", "CODE"),
    "PO_PART_80_CPF": ("R.6333-6-2 ; arrêté du 3 janvier 2024", "CODE"),
    "ST_REGULARITE_CPF": ("L.6323-9-1 3°", "CODE"),
    "ST_CGU_CPF": ("L.6323-9-1 5°", "CODE"),
    "ST_HABILITATION_CPF": ("L.6323-9-1 2°", "CODE"),
    "PO_HABILITATION_CPF": ("L.6323-9-1 2°", "CODE"),
    "PO_EDOF_CPF": ("R.6333-6-2 al. 1", "CODE"),
    "PO_COMMUNICATION_CDC": ("Caisse des dépôts", "SOURCE"),
    "CT_COMMUNICATION_CDC": ("R.6333-6-2", "CODE"),
    "CT_BILAN_5_ANS": ("D.6323-6", "CODE"),
    "CT_BILAN_PLAFOND": ("D.6323-1 A", "CODE"),
    "ST_IMMATRICULATION": ("D.8222-5 2°", "CODE"),
    "CT_TEXTE_2026": ("loi n° 2026-534", "INCERTAIN"),
    "CT_EXIGENCES_RNQ": ("décret n° 2026-728", "SOURCE"),
}


@pytest.mark.parametrize("name", CITED)
def test_a_rule_cites_its_article_and_says_how_sure_it_is(name: str) -> None:
    rule = next(rule for rule in RULES if rule["regle"] == name)
    base, sure = CITED[name]
    assert base in rule["base_legale"]
    assert rule["confiance"] == sure


def test_no_rule_cites_what_its_article_does_not_say() -> None:
    cited = {rule["regle"]: rule["base_legale"] for rule in RULES}
    cited |= {p["parametre"]: p["base_legale"] for p in PARAMETERS}
    wrong = {
        "ST_DEREFERENCEMENT_CPF": r"R\.6333-6(?!-)",
        "PO_EDOF_CPF": r"R\.6333-6(?!-)",
        "PO_PART_80_CPF": r"R\.6333-6-5",
        "PART_SOUS_TRAITEE_MAX": r"R\.6333-6-5",
        "ST_REGULARITE_CPF": r"R\.6333-6-2",
        "ST_HABILITATION_CPF": r"R\.6333-6-[34]",
        "PO_HABILITATION_CPF": r"R\.6333-6-[34]",
        "PO_COMMUNICATION_CDC": r"R\.6333",
    }
    assert [name for name, base in wrong.items() if re.search(base, cited[name])] == []
    # There is no D.6323-1.
    assert [name for name, base in cited.items() if re.search(r"D\.6323-1(?![ \d]*A)", base)] == []


def test_an_article_is_cited_from_the_day_it_is_in_force() -> None:
    for rule in RULES:
        if "R.6113-16-2" in rule["base_legale"]:
            assert rule["valide_du"] == "2025-06-09", rule["regle"]
        if "2026-728" in rule["base_legale"]:
            assert (rule["valide_du"], rule["date_de_reference"]) == ("2026-11-01", "mission")
    old = [
        rule
        for rule in RULES
        if "guide V9" in rule["source"] or "ndicateur 27" in rule["base_legale"]
    ]
    for rule in old:
        ended = rule["valide_au"] and rule["valide_au"] <= "2026-10-31"
        assert ended or "2026-728" in rule["base_legale"], rule["regle"]


def test_a_rule_whose_text_was_not_read_says_so() -> None:
    for rule in RULES:
        if "non lu" in rule["source"]:
            assert rule["confiance"] == "INCERTAIN", rule["regle"]
            assert re.search(r"n'a (été )?chang|n'ont pas changé", rule["note"]), rule["regle"]
