from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipelines.french import nombre, taux
from pipelines.quality.controls import Acceptation, Control, Gravity, Status, verdict

SHA = "a" * 64
GOOD = Control(
    "comparaison.lignes",
    "comparaison",
    "socle.organisme",
    None,
    Gravity.CRITIQUE,
    Status.CONFORME,
    "100,00 %",
    "au moins 98,00 %",
    "Le nombre de lignes est stable.",
)
LOST = replace(GOOD, statut=Status.NON_CONFORME)
ACCEPTED: Acceptation = {"regle": LOST.regle, "motif": "purge annoncée", "sha256": SHA}


def test_a_build_whose_controls_are_good_is_publishable() -> None:
    warned = replace(LOST, gravite=Gravity.AVERTISSEMENT)
    without = replace(LOST, statut=Status.SANS_OBJET)
    assert verdict([GOOD, warned, without], [], SHA)


def test_a_critical_failure_refuses() -> None:
    assert not verdict([GOOD, LOST], [], SHA)


def test_no_control_at_all_refuses() -> None:
    assert not verdict([], [], SHA)


@pytest.mark.parametrize("gravity", list(Gravity))
def test_what_was_not_evaluated_refuses_whatever_its_gravity(gravity: Gravity) -> None:
    unknown = replace(LOST, statut=Status.NON_EVALUE, gravite=gravity)
    assert not verdict([GOOD, unknown], [ACCEPTED], SHA)


def test_a_comparison_is_accepted_for_its_own_list_only() -> None:
    assert verdict([GOOD, LOST], [ACCEPTED], SHA)
    assert not verdict([GOOD, LOST], [ACCEPTED], "b" * 64)
    assert not verdict([replace(LOST, regle="comparaison.part_certifiee")], [ACCEPTED], SHA)


@pytest.mark.parametrize("family", ["contrat", "modele", "execution"])
def test_nothing_else_is_accepted(family: str) -> None:
    assert not verdict([replace(LOST, famille=family)], [ACCEPTED], SHA)


def test_controls_go_through_json() -> None:
    control = replace(LOST, colonne="nda", nb_en_defaut=3)
    assert Control.from_dict(json.loads(json.dumps(control.as_dict()))) == control


def test_figures_are_written_the_french_way() -> None:
    assert nombre(154_107) == "154\u202f107"
    assert nombre(2.5) == "2,50"
    assert taux(0.97996) == "98,00\u00a0%"
