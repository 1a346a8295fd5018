"""The gate: one report a build, its verdict, what a person may accept, and the refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import pipelines.quality.gate
from pipelines.errors import GatesRefused, UsageError
from pipelines.home import Home
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.quality.gate import (
    check_acceptations,
    checks_of,
    conclude,
    read_report,
    report_folder,
    require_publishable,
)
from pipelines.registers.archive import LOCAL, OFFICIAL
from pipelines.registers.sources import Request, acquire
from pipelines.settings import Settings
from pipelines.warehouse.build import Build, database_path, open_build, prepare
from pipelines.warehouse.release import Release
from tests.registers.rows import row, rows, wire

GOOD = Control(
    "comparaison.nb_lignes",
    "comparaison",
    "socle.organisme",
    None,
    Gravity.CRITIQUE,
    Status.CONFORME,
    "100 lignes",
    "au moins 98 %",
    "Nombre de lignes comparé à la version précédente",
)
LOST = replace(
    GOOD, statut=Status.NON_CONFORME, mesure="50 lignes", message="Vérifiez auprès de la source."
)
SHARE = replace(LOST, regle="comparaison.part_certifiee")
CONTRACT = replace(LOST, regle="contrat.organisme.nda.unique", famille="contrat")
UNKNOWN = replace(LOST, statut=Status.NON_EVALUE, mesure="erreur : x")
WARNED = replace(LOST, regle="comparaison.date_liste", gravite=Gravity.AVERTISSEMENT)
RULE = LOST.regle

Gate = Callable[..., tuple[Settings, Build]]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """Read a list to the end of staging, and pretend that its tables were built."""

    def call(*lines: Any, accepted: dict[str, str] | None = None) -> tuple[Settings, Build]:
        settings = Settings(home=tmp_path / "home", max_rejected_share=1.0)
        home = Home(settings.home)
        home.prepare()
        path = tmp_path / "of_2026-01-15.csv"
        path.write_bytes(wire(lines or rows(5)) + b"illisible;\n" * 2)
        build = open_build(home, acquire(settings, Request(path)), accepted or {})
        prepare(settings, build)
        database_path(home).write_bytes(b"the tables")
        return settings, build

    return call


def refusal(settings: Settings, build: Build) -> str:
    with pytest.raises(GatesRefused) as raised:
        require_publishable(Home(settings.home), build)
    return str(raised.value)


# --- The report -----------------------------------------------------------------------------


def test_old_reports_go_but_for_those_of_the_releases(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, build = gate(*rows(5))
    home = Home(settings.home)
    old = [f"2025{month:02}01T050000Z-0a0a0a0a" for month in range(1, 5)]
    for name in old:
        (home.reports / name).mkdir()
    released = Release("v", home.releases / "v", {"rapport": f"rapports/{old[0]}"}, courante=True)
    monkeypatch.setattr(pipelines.quality.gate, "releases", lambda home: [released])
    monkeypatch.setattr(pipelines.quality.gate, "_REPORTS_KEPT", 2)

    conclude(settings, build, [GOOD])

    assert {path.name for path in home.reports.iterdir()} == {old[0], old[3], build.version}


def test_a_report_tells_all_of_a_build(gate: Gate) -> None:
    settings, build = gate(*rows(5), row(6, siren=""), row(7, siren="", nda="1175"), row(1))
    report = conclude(settings, build, [GOOD, WARNED])
    assert report["construction"] == build.version
    assert report["publiable"] is True
    assert report["liste"] == {
        "sha256": build.liste.sha256,
        "date_contenu": "2026-01-15",
        "source": build.liste.adresse_finale,
        "lignes": 10,
        "mises_a_part": 3,
        "mise_en_page": "actuelle",
    }
    assert report["controles"] == [GOOD.as_dict(), WARNED.as_dict()]
    assert report["code"] == build.code
    assert report["rejets"] == [
        {"motif": "1 champs au lieu de 30.", "nombre": 2},
        {"motif": "Répétition exacte d'une ligne déjà lue.", "nombre": 1},
    ]
    assert [(a["regle"], a["nombre"]) for a in report["anomalies"]] == [
        ("SIREN_ABSENT", 2),
        ("NDA_FORME", 1),
    ]
    folder = report_folder(Home(settings.home), build)
    assert json.loads((folder / "rapport.json").read_text(encoding="utf-8")) == report
    assert (folder / "rapport.html").stat().st_size > 1_000
    assert read_report(Home(settings.home), build) == report


@pytest.mark.parametrize(
    ("controls", "publishable"),
    [
        ([GOOD], True),
        ([GOOD, WARNED], True),
        ([GOOD, SHARE], False),
        ([GOOD, CONTRACT], False),
        ([GOOD, UNKNOWN], False),
        ([], False),
    ],
)
def test_the_verdict_lets_a_build_through_or_not(
    gate: Gate, controls: list[Control], publishable: bool
) -> None:
    settings, build = gate()
    report = conclude(settings, build, controls)
    assert report["publiable"] is publishable
    if publishable:
        assert require_publishable(Home(settings.home), build) == report
    else:
        assert refusal(settings, build)


# --- What is accepted -----------------------------------------------------------------------


def test_an_accepted_finding_lets_its_list_through(gate: Gate) -> None:
    settings, build = gate(accepted={RULE: "purge annoncée"})
    report = conclude(settings, build, [LOST])
    assert report["publiable"] is True
    assert report["acceptations"] == [
        {"regle": RULE, "motif": "purge annoncée", "sha256": build.liste.sha256}
    ]
    assert require_publishable(Home(settings.home), build) == report


@pytest.mark.parametrize("other", [SHARE, CONTRACT, UNKNOWN])
def test_an_accepted_finding_does_not_let_others_pass(gate: Gate, other: Control) -> None:
    accepted = {RULE: "purge", CONTRACT.regle: "je veux", UNKNOWN.regle: "je veux"}
    settings, build = gate(accepted=accepted)
    conclude(settings, build, [LOST, other])
    assert f"refusée par {other.regle} " in refusal(settings, build)


def test_what_may_be_accepted_was_refused_for_this_very_list(gate: Gate) -> None:
    settings, build = gate()
    home, sha256 = Home(settings.home), build.liste.sha256
    with pytest.raises(UsageError) as raised:
        check_acceptations(home, sha256, [RULE])
    assert str(raised.value) == (
        f"Aucun écart « {RULE} » n'a été constaté pour cette liste ({sha256[:12]}…) : seul un "
        "écart de comparaison déjà refusé pour elle peut être accepté (aucun à ce jour)."
    )
    conclude(settings, build, [LOST, SHARE, CONTRACT, WARNED, GOOD])
    check_acceptations(home, sha256, [])
    check_acceptations(home, sha256, [SHARE.regle, RULE])
    with pytest.raises(UsageError, match="n'a été constaté pour cette liste"):
        check_acceptations(home, "b" * 64, [RULE])
    with pytest.raises(UsageError) as raised:
        check_acceptations(home, sha256, [RULE, CONTRACT.regle, WARNED.regle, "inventée"])
    assert str(raised.value).startswith(
        f"Aucun écart « {WARNED.regle}, {CONTRACT.regle}, inventée » n'a été constaté"
    )
    assert f"({RULE}, {SHARE.regle})" in str(raised.value)


@pytest.mark.parametrize("control", [GOOD, UNKNOWN, replace(LOST, gravite=Gravity.AVERTISSEMENT)])
def test_what_was_not_found_or_not_known_cannot_be_accepted(gate: Gate, control: Control) -> None:
    settings, build = gate()
    conclude(settings, build, [control, SHARE])
    with pytest.raises(UsageError, match=f"Aucun écart « {RULE} » n'a été constaté"):
        check_acceptations(Home(settings.home), build.liste.sha256, [RULE])


def test_a_finding_of_an_earlier_build_of_the_list_may_be_accepted(gate: Gate) -> None:
    settings, first = gate()
    conclude(settings, first, [LOST])
    settings, second = gate()
    second = replace(second, version=f"{second.version[:-1]}0")
    conclude(settings, second, [GOOD])
    assert len(list(Home(settings.home).reports.iterdir())) == 2
    check_acceptations(Home(settings.home), second.liste.sha256, [RULE])


# --- The release reads the report of this very build ----------------------------------------


def test_without_a_report_nothing_is_released(gate: Gate) -> None:
    settings, build = gate()
    assert refusal(settings, build) == (
        "Cette construction n'a pas été contrôlée : rien n'est publié sans rapport ; lancez les "
        "contrôles d'abord (ou « opac refresh »)."
    )


def test_the_report_of_another_build_is_no_report(gate: Gate) -> None:
    settings, build = gate()
    home = Home(settings.home)
    conclude(settings, build, [GOOD])
    other = replace(build, version="20260101T000000Z-00000000")
    assert "n'a pas été contrôlée" in refusal(settings, other)
    # Even where it was put in the other's place.
    report_folder(home, build).rename(report_folder(home, other))
    assert "ne permet pas de la publier" in refusal(settings, other)


def test_the_verdict_is_worked_out_again(gate: Gate) -> None:
    settings, build = gate()
    home = Home(settings.home)
    report = conclude(settings, build, [CONTRACT])
    path = report_folder(home, build) / "rapport.json"
    path.write_text(json.dumps({**report, "publiable": True}), encoding="utf-8")
    assert f"refusée par {CONTRACT.regle}" in refusal(settings, build)


def test_an_acceptance_for_another_list_does_not_count(gate: Gate) -> None:
    settings, build = gate(accepted={RULE: "purge"})
    home = Home(settings.home)
    report = conclude(settings, build, [LOST])
    report["acceptations"][0]["sha256"] = "b" * 64
    path = report_folder(home, build) / "rapport.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert f"refusée par {RULE}" in refusal(settings, build)


@pytest.mark.parametrize("change", ["made again", "gone"])
def test_tables_made_after_the_report_are_refused(gate: Gate, change: str) -> None:
    settings, build = gate()
    conclude(settings, build, [GOOD])
    path = database_path(Home(settings.home))
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(b"other tables")
    assert refusal(settings, build).startswith(
        "Les tables ne sont plus celles que le rapport a contrôlées"
    )


# --- The sentence ---------------------------------------------------------------------------


def test_the_refusal_names_the_check_its_figures_and_what_to_do(gate: Gate) -> None:
    settings, build = gate()
    conclude(settings, build, [GOOD, LOST, WARNED])
    page = report_folder(Home(settings.home), build) / "rapport.html"
    assert refusal(settings, build) == (
        "La liste du 2026-01-15 est refusée par comparaison.nb_lignes (non conforme : 50 lignes ; "
        "attendu : au moins 98 %) : Vérifiez auprès de la source. La version publiée reste en "
        f"place ; rapport : {page}"
    )


def test_the_refusal_names_the_other_checks_too(gate: Gate) -> None:
    settings, build = gate(accepted={RULE: "purge"})
    conclude(settings, build, [LOST, CONTRACT, SHARE, UNKNOWN])
    told = refusal(settings, build)
    assert f"refusée par {CONTRACT.regle} (non conforme : 50 lignes" in told
    assert f"; et aussi {SHARE.regle}, {UNKNOWN.regle} : " in told


def test_the_refusal_of_many_checks_stays_short(gate: Gate) -> None:
    settings, build = gate()
    conclude(settings, build, [replace(CONTRACT, regle=f"contrat.{n}") for n in range(9)])
    told = refusal(settings, build)
    assert "et aussi contrat.1, contrat.2, contrat.3, contrat.4, contrat.5… : " in told
    assert "contrat.6" not in told


# --- Which checks ---------------------------------------------------------------------------


def floor(settings: Settings, build: Build) -> dict[str, Any]:
    [check] = [
        check
        for check in checks_of(settings, build)["preparation"]
        if check.regle == "contrat.organisme.lignes"
    ]
    return check.kwargs


@pytest.mark.parametrize(
    ("origin", "date", "least"),
    [
        (LOCAL, "2026-01-15", 1),
        (OFFICIAL, "2026-05-14", 120_000),
        (OFFICIAL, "2026-05-15", 60_000),
        (OFFICIAL, "2026-07-31", 60_000),
        (OFFICIAL, "2026-08-01", 120_000),
    ],
)
def test_the_row_floor_is_that_of_the_official_list_on_its_date(
    gate: Gate, origin: str, date: str, least: int
) -> None:
    settings, build = gate()
    liste = replace(build.liste, origine=origin, date_contenu=date)
    assert floor(settings, replace(build, liste=liste)) == {"min_value": least}


def test_columns_that_a_layout_never_had_are_not_checked(gate: Gate, tmp_path: Path) -> None:
    settings, build = gate()
    by_rule = {check.regle: check for check in checks_of(settings, build)["preparation"]}
    assert by_rule["contrat.organisme.certifie_vae.valeurs"].sans_objet is None
    header = "raison_sociale;siren;num_etablissement;num_da;cfa;effectifs;code_specialite_1"
    path = tmp_path / "of_2021-01-15.csv"
    path.write_text(f"{header};nb_stagiaires_1\nOF;001000017;00010;11750000175;Non;4;413;30\n")
    build = open_build(Home(settings.home), acquire(settings, Request(path)), {})
    prepare(settings, build)
    by_rule = {check.regle: check for check in checks_of(settings, build)["preparation"]}
    why = by_rule["contrat.organisme.certifie_vae.valeurs"].sans_objet
    assert why == "la mise en page de cette liste n'a pas : certifie_vae"
