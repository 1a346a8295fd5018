"""What whoever watches is told: what changed for them, and what it does to verdicts."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.history.lists import fingerprint
from tests.watch.nights import (
    DECLARED,
    FIRST,
    GAINER,
    GONE,
    LATE,
    LISTS,
    LOSER,
    NEW,
    OLD,
    SECOND,
    SIRENS,
    STEADY,
    THIRD,
    UNKNOWN,
    Nights,
    Notice,
    changes,
)

TWO = """
[[destinataire]]
nom = "qualite"
canal = "fichier"

[[destinataire]]
nom = "achats"
canal = "fichier"
dossier = "achats"
recoit = ["veille"]
"""
DAY = dt.timedelta(days=1)


def test_a_lost_category_is_told_with_verdicts_reason_and_dates(nights: Nights) -> None:
    added = nights.watch(STEADY, LOSER, on=FIRST)
    assert [found.maintenant.verdict for _, found in added.nouvelles] == ["ELIGIBLE"] * 2
    assert nights.round(FIRST) == []

    nights.release(SECOND)
    [notice] = nights.round(SECOND)
    assert notice["objet"] == "Veille : le verdict d'un sous-traitant se dégrade"
    assert [notice["destinataire"], notice["genre"]] == ["local", "veille"]
    [(number, change)] = changes(notice).items()
    assert number == LOSER
    verdict = change["verdict"]
    assert (verdict["avant"], verdict["causes"]) == ("ELIGIBLE", ["liste"])
    assert verdict["apres"] in {"A_VERIFIER", "NON_ELIGIBLE"}
    [event] = change["evenements"]
    assert (event["type"], event["categorie"]) == ("CERTIFICATION_PERDUE", "BILAN_COMPETENCES")
    text = notice["texte"]
    for told in (
        "VERDICTS QUI SE DÉGRADENT (1)",
        f"• CABINET FICTIF — NDA {LOSER}, Exempleville",
        "Entre les listes du 15/01/2026 et du 16/01/2026 : certification perdue : bilans de "
        "compétences.",
        "CPF, bilans de compétences : Éligible → ",
        "le 16/01/2026 (nouvelle liste).",
        "La liste du 16/01/2026 ne le dit pas certifié",
        "  À faire : ",
        f"Liste publique du 16/01/2026 (SHA-256 {fingerprint(LISTS['2026-01-16'])})",
        "ils ne sont pas un conseil juridique",
    ):
        assert told in text, told
    assert "ATELIER CONSTANT" not in text
    assert nights.round(SECOND) == nights.round(SECOND + DAY) == []


def test_only_whoever_watches_is_told(nights: Nights) -> None:
    (nights.root / "avis.toml").write_text(TWO, encoding="utf-8")
    nights.watch(LOSER, STEADY, on=FIRST, pour="qualite")
    nights.watch(GONE, STEADY, on=FIRST, pour="achats")
    nights.release(SECOND)
    told = {notice["destinataire"]: list(changes(notice)) for notice in nights.round(SECOND)}
    assert told == {"qualite": [LOSER], "achats": [GONE]}


def test_leaving_and_coming_back(nights: Nights) -> None:
    nights.watch(GONE, on=FIRST)
    nights.release(SECOND)
    [left] = nights.round(SECOND)
    change = changes(left)[GONE]
    assert [event["type"] for event in change["evenements"]] == ["DISPARITION"]
    assert (change["nda"], change["dernier_nda"]) == (None, GONE)
    assert change["verdict"]["apres"] == "A_VERIFIER"
    assert f"• ECOLE PASSAGERE — NDA {GONE}" in left["texte"]
    assert "demandez-lui pourquoi il n'y est plus" in left["texte"]

    nights.release(THIRD)
    [back] = nights.round(THIRD)
    assert back["objet"] == "Veille : le verdict d'un sous-traitant s'améliore"
    assert changes(back)[GONE]["verdict"]["apres"] == "ELIGIBLE"
    assert "revient dans la liste" in back["texte"]


def test_a_line_goes_on_when_the_number_changes(nights: Nights) -> None:
    nights.watch(OLD, on=FIRST)
    nights.release(SECOND)
    [notice] = nights.round(SECOND)
    change = changes(notice)[OLD]
    assert [event["type"] for event in change["evenements"]] == ["CHANGEMENT_NDA"]
    assert change["nda"] == NEW
    assert (change["verdict"]["apres"], change["verdict"]["causes"]) == ("ELIGIBLE", [])
    assert f"change de numéro : {OLD} → {NEW}" in notice["texte"]
    assert "le verdict ne change pas (Éligible)" in notice["texte"]

    # The new number is the same line.
    again = nights.watch(NEW, on=SECOND)
    assert (again.nouvelles, len(again.connues)) == ([], 1)
    nights.release(THIRD)
    [lost] = nights.round(THIRD)
    assert changes(lost)[OLD]["verdict"]["avant"] == "ELIGIBLE"
    assert {event["type"] for event in changes(lost)[OLD]["evenements"]} == {"CERTIFICATION_PERDUE"}


def test_a_number_that_no_list_names_is_told_when_it_appears(nights: Nights) -> None:
    added = nights.watch(LATE, UNKNOWN, on=FIRST)
    assert [found.nda for _, found in added.nouvelles] == [None, None]
    nights.release(SECOND)
    [notice] = nights.round(SECOND)
    assert list(changes(notice)) == [LATE]
    assert [event["type"] for event in changes(notice)[LATE]["evenements"]] == ["APPARITION"]


def test_a_siren_is_followed_through_its_numbers(nights: Nights) -> None:
    nights.watch(SIRENS[LOSER], on=FIRST)
    nights.release(SECOND)
    [notice] = nights.round(SECOND)
    assert changes(notice)[SIRENS[LOSER]]["nda"] == LOSER
    assert changes(notice)[SIRENS[LOSER]]["evenements"][0]["type"] == "CERTIFICATION_PERDUE"


def test_an_organisation_that_leaves_a_siren_is_told_to_who_follows_it(nights: Nights) -> None:
    nights.follow(SIRENS[GAINER], on=FIRST)
    nights.release(THIRD)
    change = changes(*nights.round(THIRD))[SIRENS[GAINER]]
    assert {event["type"] for event in change["evenements"]} == {
        "CHANGEMENT_SIREN",
        "CERTIFICATION_OBTENUE",
    }
    assert (change["nda"], change["dernier_nda"]) == (None, GAINER)


def test_without_a_mission_only_the_list_is_told(nights: Nights) -> None:
    nights.follow(LOSER, GAINER, on=FIRST)
    nights.release(SECOND)
    [notice] = nights.round(SECOND)
    assert notice["objet"] == ("Veille : 1 sous-traitant quitte la liste ou perd une certification")
    assert changes(notice)[LOSER]["verdict"] is None
    assert "À faire : demandez-lui son certificat Qualiopi en cours." in notice["texte"]
    nights.release(THIRD)
    [notice] = nights.round(THIRD)
    assert notice["objet"] == "Veille : 1 sous-traitant change dans la liste"
    assert "certification obtenue : actions de formation, bilans de compétences" in notice["texte"]


def test_a_date_is_told_when_it_comes_near_and_when_it_has_passed(nights: Nights) -> None:
    # The attestation is of 10 January: it expires on 10 July. The list is seen every night.
    nights.watch(STEADY, on=FIRST)
    end = dt.date(2026, 7, 10)

    def night(on: dt.date) -> list[Notice]:
        nights.see(on)
        return nights.round(on)

    assert night(end - 31 * DAY) == []
    [near] = night(end - 30 * DAY)
    assert near["objet"] == "Veille : 1 date à surveiller"
    assert "10/07/2026 : L'attestation de vigilance expire" in near["texte"]
    assert night(end - 29 * DAY) == night(end - DAY) == []
    [ended] = night(end)  # six months to the day: it has expired
    change = changes(ended)[STEADY]
    assert change["verdict"]["avant"] == "ELIGIBLE"
    assert change["verdict"]["causes"] == ["date"]
    assert "(le temps a passé)" in ended["texte"]
    [passed] = night(end + DAY)
    assert changes(passed)[STEADY]["passees"][0]["date"] == "2026-07-10"
    assert "10/07/2026, date passée" in passed["texte"]
    assert night(end + 2 * DAY) == []


def test_a_list_that_grows_old_is_told_as_time_that_passes(nights: Nights) -> None:
    nights.watch(STEADY, on=FIRST)
    assert nights.round(FIRST + 7 * DAY) == []
    [notice] = nights.round(FIRST + 8 * DAY)
    verdict = changes(notice)[STEADY]["verdict"]
    assert (verdict["apres"], verdict["causes"]) == ("A_VERIFIER", ["date"])
    assert "elle n'a pas été revue depuis 8 jours" in notice["texte"]
    # The same day, the source is back and says that nothing has changed.
    nights.see(FIRST + 8 * DAY)
    [fresh] = nights.round(FIRST + 8 * DAY)
    verdict = changes(fresh)[STEADY]["verdict"]
    assert (verdict["apres"], verdict["causes"]) == ("ELIGIBLE", ["revue"])
    assert "(la source donne de nouveau la liste)" in fresh["texte"]


def test_a_new_list_after_an_outage_is_told_as_such(nights: Nights) -> None:
    nights.watch(STEADY, on=FIRST)
    assert len(nights.round(FIRST + 9 * DAY)) == 1
    nights.release(SECOND)
    [fresh] = nights.round(SECOND + 5 * DAY)
    verdict = changes(fresh)[STEADY]["verdict"]
    assert (verdict["apres"], verdict["causes"]) == ("ELIGIBLE", ["liste"])


def test_names_write_nothing_on_a_terminal(nights: Nights) -> None:
    name = "'A' || chr(27) || '[2J' || chr(10) || 'À faire : rien' || chr(8238) || 'B'"
    nights.release(SECOND, f"update historique.organisme_version set denomination = {name}")
    nights.follow(GAINER, on=SECOND)
    nights.release(
        THIRD,
        f"update socle.organisme set denomination = {name}",
        f"update historique.evenement set avant = {name} where avant is not null",
    )
    [notice] = nights.round(THIRD)
    assert "• A␣[2J␣À faire : rien␣B — NDA" in notice["texte"]
    told = notice["texte"] + str(notice["donnees"])
    assert not {"\x1b", "\u202e"} & set(told)


def test_rules_that_change_are_told_as_such(nights: Nights) -> None:
    nights.watch(STEADY, on=FIRST)
    nights.release(
        FIRST,
        "update portage.parametre set valeur = 0 where parametre = 'AGE_ATTESTATION_VIGILANCE'",
    )
    [notice] = nights.round(FIRST)
    verdict = changes(notice)[STEADY]["verdict"]
    assert (verdict["avant"], verdict["causes"]) == ("ELIGIBLE", ["règles"])
    assert "(nouvelles règles)" in notice["texte"]


def test_a_mission_that_is_over_contradicts_nothing(nights: Nights) -> None:
    nights.watch(STEADY, on=FIRST, **DECLARED, fin_mission=FIRST.isoformat())
    [near] = nights.round(FIRST)
    assert "15/01/2026 : Fin de la mission." in near["texte"]
    [passed] = nights.round(SECOND)
    change = changes(passed)[STEADY]
    assert [one["libelle"] for one in change["passees"]] == ["Fin de la mission."]
    assert (change["verdict"]["apres"], change["verdict"]["causes"]) == ("ELIGIBLE", [])


def test_nothing_is_asked_when_nothing_can_have_changed(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights.watch(STEADY, on=FIRST)
    nights.round(FIRST)

    def refuse(*args: object) -> object:
        raise AssertionError("asked")

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.watch.changes.look_up", refuse)
        assert nights.round(FIRST) == []
        with pytest.raises(AssertionError, match="asked"):
            nights.round(FIRST + DAY)
