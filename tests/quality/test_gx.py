"""The suites on real DuckDB files, through the real process of Great Expectations."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Timer
from threading import enumerate as enumerate_threads

import duckdb
import pytest

from pipelines.french import nombre, taux
from pipelines.quality.checks import Check
from pipelines.quality.controls import Control, Status, verdict
from pipelines.quality.gx_client import GxWorker
from pipelines.quality.suites import suites
from pipelines.registers.contract import BY_NAME, COLUMNS, FLAGS
from tests.quality.bases import CONTEXT, ROWS, core, refused, staging

STAGING, CORE = suites(CONTEXT)["preparation"], suites(CONTEXT)["socle"]
BASE = "contrat.organisme"


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GxWorker]:
    """One process for the module, started where a file bears the name of a standard module."""
    folder, before = tmp_path_factory.mktemp("ailleurs"), Path.cwd()
    (folder / "json.py").write_text("raise RuntimeError('imported from the current folder')")
    os.chdir(folder)
    try:
        with GxWorker(folder / "gx.log") as started:
            os.chdir(before)
            yield started
    finally:
        os.chdir(before)


def by_rule(controls: list[Control]) -> dict[str, Control]:
    return {control.regle: control for control in controls}


def failures(controls: list[Control]) -> dict[str, int | None]:
    """Rules that the data fail, with their counts; all the others must hold."""
    assert {c.statut for c in controls} <= {Status.CONFORME, Status.NON_CONFORME}
    return {c.regle: c.nb_en_defaut for c in controls if c.statut is Status.NON_CONFORME}


def rules(checks: list[Check]) -> set[str]:
    return {check.regle for check in checks}


# What each statement breaks in staging: rule by rule, the number of rows at fault (None: a figure).
WRONG: dict[str, dict[str, int | None]] = {
    "update organisme set nda = (select min(nda) from organisme) where ligne = 12": {
        f"{BASE}.nda.unique": 2
    },
    "update organisme set nda_valide = false where ligne <= 14": {f"{BASE}.nda.valide": 13},
    "update organisme set siren_valide = false where ligne <= 21": {f"{BASE}.siren.valide": 20},
    # Unknown is not valid; a SIRET that is not there is neither.
    "update organisme set siret_valide = null where ligne <= 31": {
        f"{BASE}.siret_declarant.valide": 20
    },
    "update organisme set siret_declarant = null where ligne <= 11": {},
    "update organisme set code_region = '99' where ligne <= 14": {
        f"{BASE}.code_region.valeurs": 13
    },
    "update organisme set date_derniere_declaration = '2026-01-16' where ligne <= 14": {
        f"{BASE}.date_derniere_declaration.bornes": 13
    },
    "update organisme set debut_exercice = '1989-12-31' where ligne <= 15": {
        f"{BASE}.debut_exercice.bornes": 14
    },
    "update organisme set fin_exercice = '2027-02-01' where ligne <= 16": {
        f"{BASE}.fin_exercice.bornes": 15
    },
    "update organisme set effectif_formateurs = 2_000_000": {
        f"{BASE}.effectif_formateurs.bornes": ROWS,
        f"{BASE}.effectif_formateurs.mediane": None,
        f"{BASE}.nb_stagiaires.stagiaires_par_formateur": None,
    },
    "update organisme set nb_stagiaires = 10_000_001 where ligne <= 17": {
        f"{BASE}.nb_stagiaires.bornes": 16
    },
    "update organisme set nb_stagiaires_confies = -1 where ligne <= 18": {
        f"{BASE}.nb_stagiaires_confies.bornes": 17
    },
    "update organisme set departement_source = 'commune' where ligne = 12": {
        f"{BASE}.departement_source.valeurs": 1
    },
    "update organisme set ville = '3 rue X' where ligne <= 40": {
        f"{BASE}.ville.part_avec_numero": None
    },
    **{
        f"update organisme set {flag} = false where {flag}": {
            f"{BASE}.{flag}.nb_{flag}": None,
            f"{BASE}.certifications.part_certifiee": None,
            f"{BASE}.certifie_action_formation.part_des_certifies": None,
        }
        for flag in FLAGS
    },
    **{
        "insert into anomalie select nda, "
        f"'{rule}', '', '', '', '' from organisme limit {number}": {
            f"{BASE}.{column}.{rule.lower()}": None
        }
        for rule, column, number in (
            ("CODE_POSTAL_REGION", "code_postal", 16),  # of the 300 that have an address
            ("EXERCICE_INVERSE", "fin_exercice", 31),
            ("SPECIALITE_FORME", "code_specialite_1", 31),
            ("DRAPEAU_ILLISIBLE", "certifications", 31),
            ("DATE_ILLISIBLE", "dates", 31),
            ("NOMBRE_ILLISIBLE", "nombres", 31),
        )
    },
}
EMPTIED = {
    f"update organisme set {c.name} = null where ligne > {round(c.fill * ROWS)}": {
        f"{BASE}.{c.name}.remplissage": ROWS - round(c.fill * ROWS) + 1
    }
    for c in COLUMNS
    if c.fill and c.name not in (*FLAGS, "nda")
} | {"update organisme set nda = null where ligne = 12": {f"{BASE}.nda.present": 1}}


def test_conforming_data_conform(worker: GxWorker, tmp_path: Path) -> None:
    controls = [
        *worker.validate(staging(tmp_path), STAGING),
        *worker.validate(core(tmp_path), CORE),
    ]
    assert failures(controls) == {}
    assert [c.regle for c in controls] == [c.regle for c in (*STAGING, *CORE)]
    assert verdict(controls, [], "a" * 64)
    assert not any(isinstance(thread, Timer) for thread in enumerate_threads())


@pytest.mark.parametrize("damage", [WRONG, EMPTIED], ids=["wrong", "emptied"])
def test_each_defect_is_found_with_its_count(
    worker: GxWorker, tmp_path: Path, damage: dict[str, dict[str, int | None]]
) -> None:
    controls = worker.validate(staging(tmp_path, *damage), STAGING)
    expected = {rule: count for found in damage.values() for rule, count in found.items()}
    assert failures(controls) == expected
    assert all(c.bloquant for c in controls if c.regle in expected)


def test_just_within_the_bounds_is_accepted(worker: GxWorker, tmp_path: Path) -> None:
    damage = [
        *(
            f"update organisme set {c.name} = null where ligne > {round(c.fill * ROWS) + 1}"
            for c in COLUMNS
            if c.fill and c.name not in (*FLAGS, "nda")
        ),
        "update organisme set siren_valide = false where ligne <= 13",
    ]
    controls = worker.validate(staging(tmp_path, *damage), STAGING)
    assert set(failures(controls)) <= {f"{BASE}.siren.valide"}
    assert by_rule(controls)[f"{BASE}.denomination.remplissage"].nb_en_defaut == 12


def test_a_flag_emptied_is_found(worker: GxWorker, tmp_path: Path) -> None:
    found = failures(
        worker.validate(
            staging(tmp_path, *(f"update organisme set {flag} = null" for flag in FLAGS)), STAGING
        )
    )
    assert {rule: n for rule, n in found.items() if "remplissage" in rule} == {
        f"{BASE}.{flag}.remplissage": ROWS for flag in FLAGS
    }
    assert {f"{BASE}.{flag}.nb_{flag}" for flag in FLAGS} <= set(found)


def test_every_check_of_staging_can_fail() -> None:
    broken = {rule for damage in (WRONG, EMPTIED) for found in damage.values() for rule in found}
    elsewhere = {  # in the tests of emptied flags, of a flag of another type, of the row floor
        *(f"{BASE}.{flag}.remplissage" for flag in FLAGS),
        *(f"{BASE}.{flag}.valeurs" for flag in FLAGS),
        f"{BASE}.lignes",
    }
    assert rules(STAGING) == broken | elsewhere


def test_a_list_below_the_row_floor_is_found(worker: GxWorker, tmp_path: Path) -> None:
    floor = suites(replace(CONTEXT, plancher=ROWS + 1))["preparation"]
    controls = worker.validate(staging(tmp_path), floor)
    assert failures(controls) == {f"{BASE}.lignes": None}
    assert by_rule(controls)[f"{BASE}.lignes"].mesure == "600"


def test_each_defect_of_the_build_is_found(worker: GxWorker, tmp_path: Path) -> None:
    doubled = {
        f"modele.{table}.{key}.unique": f"insert into {table} from {table} limit 1"
        for table, key in (
            ("socle.organisme", "nda"),
            ("socle.entite", "siren"),
            ("socle.certification", "nda-categorie"),
            ("socle.specialite", "nda-rang"),
            ("socle.nda_precedent", "nda-nda_precedent"),
            ("reference.region", "code_region"),
            ("reference.departement", "code_departement"),
            ("portage.profil", "nda"),
            ("portage.regle", "regle"),
            ("portage.motif", "motif"),
            ("portage.verdict_profil", "profil-role-financement-action"),
        )
    }
    verdicts = (
        "(1, 'sous_traitant', 'FAF', 'VAE', 'REFUSE', 'SATISFAIT')",
        "(1, 'tiers', 'FAF', 'VAE', 'ELIGIBLE', 'SATISFAIT')",
        "(1, 'porteur', 'FAF', 'QUALIOPI', 'ELIGIBLE', 'SATISFAIT')",
        "(1, 'porteur', 'FAF', 'VAE', 'ELIGIBLE', 'PEUT_ETRE')",
    )
    others = [
        "insert into socle.certification values ('x', 'QUALIOPI', true)",
        "insert into socle.specialite values ('x', 4)",
        "insert into marche.synthese values (0)",
        *(f"insert into portage.verdict_profil values {values}" for values in verdicts),
    ]
    controls = worker.validate(core(tmp_path, *doubled.values(), *others), CORE)
    expected = {
        **dict.fromkeys(doubled, 2),
        "modele.socle.organisme.lignes": None,
        "modele.socle.certification.categorie.valeurs": 1,
        "modele.socle.specialite.rang.valeurs": 1,
        "modele.marche.synthese.lignes": None,
        "modele.portage.profil.lignes": None,
        **{
            f"modele.portage.verdict_profil.{column}.valeurs": 1
            for column in ("verdict", "role", "action", "statut_registre")
        },
    }
    assert failures(controls) == expected
    # Those that only an empty table fails: see the next test.
    elsewhere = {f"modele.reference.{name}.lignes" for name in ("region", "departement")}
    assert rules(CORE) == expected.keys() | elsewhere


def test_empty_tables_of_the_build_are_found(worker: GxWorker, tmp_path: Path) -> None:
    tables = {check.table for check in CORE}
    controls = worker.validate(core(tmp_path, *(f"delete from {t}" for t in tables)), CORE)
    assert set(failures(controls)) == {r for r in rules(CORE) if r.endswith(".lignes")}


def test_measures_are_those_of_plain_duckdb(worker: GxWorker, tmp_path: Path) -> None:
    base = staging(
        tmp_path,
        "update organisme set siren = null where ligne % 30 = 0",
        "update organisme set siret_valide = false where ligne % 100 = 0",
        "update organisme set certifie_vae = false where ligne % 2 = 0 and certifie_vae",
    )
    controls = by_rule(worker.validate(base, STAGING))
    with duckdb.connect(base, read_only=True) as connection:

        def figure(sql: str) -> float:
            row = connection.execute(f"select {sql} from organisme").fetchone()
            assert row is not None
            return float(row[0])

        for column in BY_NAME.values():
            control = controls.get(f"{BASE}.{column.name}.remplissage")
            assert control is None or control.nb_en_defaut == figure(
                f"count(*) - count({column.name})"
            )
        assert controls[f"{BASE}.siren.remplissage"].mesure == (
            f"{taux(1 - 20 / ROWS)} remplis (20 vides sur 600)"
        )
        assert controls[f"{BASE}.siret_declarant.valide"].mesure == (
            f"{nombre(figure('count_if(not siret_valide)'))} en défaut sur 600 ({taux(0.01)})"
        )
        assert controls[f"{BASE}.effectif_formateurs.mediane"].mesure == nombre(
            figure("median(effectif_formateurs)")
        )
        assert controls[f"{BASE}.certifie_vae.nb_certifie_vae"].mesure == nombre(
            figure("count_if(certifie_vae)")
        )
        assert controls[f"{BASE}.certifications.part_certifiee"].mesure == taux(
            figure("avg(case when certifie_action_formation then 1 else 0 end)")
        )
        assert controls[f"{BASE}.nb_stagiaires.stagiaires_par_formateur"].mesure == nombre(
            figure("sum(nb_stagiaires) / sum(effectif_formateurs)")
        )


def test_few_rows_and_absent_columns_have_no_object(worker: GxWorker, tmp_path: Path) -> None:
    context = replace(CONTEXT, nb_lignes=20, absentes=frozenset(FLAGS))
    base = staging(tmp_path, *(f"alter table organisme drop {f}" for f in FLAGS), rows=20)
    controls = worker.validate(base, suites(context)["preparation"])
    assert {c.statut for c in controls} == {Status.CONFORME, Status.SANS_OBJET}
    spared = [c for c in controls if c.statut is Status.SANS_OBJET]
    assert {f"{BASE}.{flag}.valeurs" for flag in FLAGS} < {c.regle for c in spared}
    assert not any(c.bloquant for c in spared)
    assert "20 lignes ne suffisent pas" in by_rule(spared)[f"{BASE}.siren.valide"].message


def test_a_missing_column_is_not_evaluated(worker: GxWorker, tmp_path: Path) -> None:
    base = staging(tmp_path, "alter table organisme rename adresse_voie to voie")
    controls = worker.validate(base, STAGING)
    wrong = [c for c in controls if c.statut is not Status.CONFORME]
    assert [c.regle for c in wrong] == [f"{BASE}.adresse_voie.remplissage"]
    assert refused(wrong[0], "adresse_voie")


def test_a_column_of_another_type_is_not_evaluated(worker: GxWorker, tmp_path: Path) -> None:
    base = staging(
        tmp_path,
        "alter table organisme alter certifie_vae type varchar using "
        "case when certifie_vae then 'Oui' end",
    )
    controls = worker.validate(base, STAGING)
    wrong = {c.regle for c in controls if c.statut is not Status.CONFORME}
    # The culprit, and the figures that one query reads with it.
    figures = {c.regle for c in STAGING if c.requete and "count_if" in c.requete}
    assert wrong == {f"{BASE}.certifie_vae.valeurs"} | figures
    assert all(refused(c, "") for c in controls if c.regle in wrong)


def test_a_missing_table_is_not_evaluated(worker: GxWorker, tmp_path: Path) -> None:
    controls = worker.validate(core(tmp_path, "drop table socle.entite"), CORE)
    wrong = [c for c in controls if c.statut is not Status.CONFORME]
    assert [c.regle for c in wrong] == ["modele.socle.entite.siren.unique"]
    assert refused(wrong[0], "entite does not exist")


def test_what_great_expectations_does_not_know_is_not_evaluated(
    worker: GxWorker, tmp_path: Path
) -> None:
    known = next(check for check in STAGING if check.regle == f"{BASE}.nda.unique")
    asked = [
        replace(known, expectation="expect_nothing"),
        replace(known, kwargs={"column": "nda", "colour": "blue"}),
        known,
    ]
    unknown, malformed, good = worker.validate(staging(tmp_path), asked)
    assert refused(unknown, "expect_nothing not found")
    assert refused(malformed, "colour")
    assert good.statut is Status.CONFORME


def test_a_file_that_cannot_be_read_is_not_evaluated(worker: GxWorker, tmp_path: Path) -> None:
    assert all(
        refused(c, "absente.duckdb") for c in worker.validate(tmp_path / "absente.duckdb", CORE)
    )
    base = core(tmp_path)
    with duckdb.connect(base):  # held by a writer, whose lock is exclusive
        assert all(refused(c, "lock") for c in worker.validate(base, CORE))


def test_the_file_is_let_go_of(worker: GxWorker, tmp_path: Path) -> None:
    """Even when a query failed: the next step writes to the same file."""
    base = core(tmp_path, "drop table socle.entite")
    worker.validate(base, CORE)
    with duckdb.connect(base) as connection:
        connection.execute("create table suite as select 1 as n")


def test_two_threads_may_ask_at_once(worker: GxWorker, tmp_path: Path) -> None:
    first, second = staging(tmp_path), core(tmp_path)
    with ThreadPoolExecutor() as pool:
        answers = [
            pool.submit(worker.validate, first, STAGING),
            pool.submit(worker.validate, second, CORE),
        ]
        assert [failures(answer.result()) for answer in answers] == [{}, {}]


def test_a_path_may_hold_what_addresses_escape(worker: GxWorker, tmp_path: Path) -> None:
    folder = tmp_path / "été $HOME %20 #&"
    folder.mkdir()
    assert failures(worker.validate(core(folder), CORE)) == {}
