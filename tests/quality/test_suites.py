from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

from pipelines.quality.suites import suites
from pipelines.registers.contract import COLUMNS, FLAGS
from tests.quality.bases import CONTEXT


def test_rules_are_unique_and_stable_names() -> None:
    rules = Counter(check.regle for checks in suites(CONTEXT).values() for check in checks)
    assert [rule for rule, times in rules.items() if times > 1] == []
    assert {rule.split(".")[0] for rule in rules} == {"contrat", "modele"}


def test_each_floor_of_the_contract_has_its_check() -> None:
    floors = {
        check.colonne: check.kwargs["mostly"]
        for check in suites(CONTEXT)["preparation"]
        if check.regle.endswith(".remplissage")
    }
    assert floors == {c.name: c.fill for c in COLUMNS if c.fill and c.name != "nda"}


def test_the_row_floor_is_the_one_passed() -> None:
    checks = suites(replace(CONTEXT, plancher=120_000))["preparation"]
    assert [c.kwargs for c in checks if c.regle == "contrat.organisme.lignes"] == [
        {"min_value": 120_000}
    ]


def test_few_rows_are_not_judged_by_proportions() -> None:
    small = suites(replace(CONTEXT, nb_lignes=499))
    judged = {check.regle for check in small["preparation"] if check.sans_objet is None}
    assert judged == {
        "contrat.organisme.lignes",
        "contrat.organisme.nda.present",
        "contrat.organisme.nda.unique",
        "contrat.organisme.departement_source.valeurs",
        *(f"contrat.organisme.{flag}.valeurs" for flag in FLAGS),
    }
    assert all(check.sans_objet is None for check in small["socle"])
    assert all(check.sans_objet is None for check in suites(CONTEXT)["preparation"])


def test_columns_that_the_layout_lacks_are_not_asked_for() -> None:
    absent = suites(replace(CONTEXT, absentes=frozenset(FLAGS)))["preparation"]
    spared = {check.colonne for check in absent if check.sans_objet}
    assert spared == {*FLAGS, "certifications"}
    assert "certifie_vae" in next(c.sans_objet or "" for c in absent if c.colonne == FLAGS[2])
    assert not any(flag in (c.requete or "") for c in absent for flag in FLAGS if not c.sans_objet)


def test_the_main_process_never_imports_great_expectations() -> None:
    code = (
        "import sys, pipelines.quality.gx_client, pipelines.quality.suites, "
        "pipelines.quality.report; "
        "heavy = {'great_expectations', 'sqlalchemy', 'duckdb', 'pandas'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
