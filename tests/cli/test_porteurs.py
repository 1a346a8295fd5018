"""``opac porteurs`` and ``opac plafond``: what users read, and what they get as JSON and files."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import fastexcel
import pytest

from pipelines.portage.carriers import CRITERIA, ENTRUSTED, LIMITS
from pipelines.warehouse.release import open_readonly
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran

HEADER = "Date de facture;Client;Montant HT;Dont sous-traité\n"
LINES = (
    "15/03/2024;A;1000;500",
    "02/04/2024;B;1 500,00 €;1200",
    "30/12/2024;C;1500;0",
    "12/05/2025;D;2000;1900",
    ";TOTAL;999999;",
    "01/02/2026;H;900;",
)


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    path = tmp_path / "factures.csv"
    path.write_text(HEADER + "\n".join(LINES) + "\n", encoding="utf-8")
    return path


def porteurs(opac: Opac, released: Released, *options: object) -> Ran:
    return opac("porteurs", *options, "--home", released.home)


def plafond(opac: Opac, released: Released, *options: object) -> Ran:
    return opac("plafond", *options, "--home", released.home)


def told(opac: Opac, released: Released, *options: object) -> Any:
    return json.loads(opac(*options, "--json", "--home", released.home).succeeded())


def test_carriers_are_shown_with_the_order_in_words(opac: Opac, released: Released) -> None:
    out = porteurs(opac, released, "--action", "BILAN_COMPETENCES", "--limite", 3).succeeded()
    found = told(opac, released, "porteurs", "--action", "BILAN_COMPETENCES", "--limite", 3)
    title, _, head, *rows = out.splitlines()
    assert title.startswith(
        f"{found['nombre']} organismes certifiés pour les bilans de compétences"
    )
    assert "les 3 premiers (liste du 15/10/2025)" in title
    names = "organisme ville dép. NDA stagiaires déclaré le confiés formateurs"
    assert " ".join(head.split()) == names
    for row, one in zip(rows, found["organismes"], strict=False):
        assert row.startswith(str(one["rang"]))
        assert one["nda"] in row
        assert re.sub(r"\s+", " ", one["denomination"]) in row
    for words in (*CRITERIA.values(), ENTRUSTED, LIMITS):
        assert words in out


def test_the_answer_is_the_one_of_the_register(opac: Opac, released: Released) -> None:
    found = told(opac, released, "porteurs", "--action", "VAE", "--region", "11", "--limite", 999)
    with open_readonly(released.release.path) as con:
        expected = con.execute(
            "select nda from socle.organisme where certifie_vae and code_region = '11'"
        ).fetchall()
    assert sorted(one["nda"] for one in found["organismes"]) == sorted(row[0] for row in expected)
    assert found["nombre"] == len(expected) > 0
    assert found["region"] == {"code": "11", "nom": "Île-de-France"}
    assert {one["code_region"] for one in found["organismes"]} == {"11"}
    assert found["action"] == "VAE"


def test_nobody_is_said_with_where_to_look(opac: Opac, released: Released) -> None:
    with open_readonly(released.release.path) as con:
        row = con.execute(
            "select d.code_departement from reference.departement d where not exists (from "
            "socle.organisme o where o.certifie_vae and o.code_departement = d.code_departement) "
            "and exists (from socle.organisme o where o.certifie_vae and o.code_region = "
            "d.code_region) order by all limit 1"
        ).fetchone()
    assert row is not None
    out = porteurs(opac, released, "--action", "VAE", "--departement", row[0]).succeeded()
    assert out.startswith(f"Aucun organisme n'est certifié pour la VAE, département {row[0]} (")
    assert "élargissez à la région avec « --region " in out
    found = told(opac, released, "porteurs", "--action", "VAE", "--departement", row[0])
    assert (found["nombre"], found["organismes"]) == (0, [])
    assert [scope["portee"] for scope in found["elargir"]] == ["region", "france"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--action", "BILAN"), "--action ne peut pas valoir « BILAN »"),
        ((), "Il manque --action : choisissez parmi ACTION_FORMATION, BILAN_"),
        (("--action", "VAE", "--region", "39"), "93 (Provence-Alpes-Côte d'Azur)"),
        (("--action", "VAE", "--departement", "999"), "Le département « 999 » n'existe pas"),
        (("--action", "VAE", "--region", "11", "--departement", "13"), "donnez l'un des deux"),
        (("--action", "VAE", "--limite", "0"), "--limite doit valoir au moins 1"),
    ],
)
def test_wrong_requests(
    opac: Opac, released: Released, options: tuple[str, ...], words: str
) -> None:
    ran = porteurs(opac, released, *options)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_shares_are_shown_by_year(opac: Opac, released: Released, invoices: Path) -> None:
    out = plafond(opac, released, invoices).succeeded()
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:4] == [
        "année factures CA CPF (€) sous-traité (€) part limite reste (€)",
        "2024 2 3 000,00 1 200,00 40 % 80 % 1 200,00",
        "2025 1 2 000,00 1 900,00 95 % 80 % 0,00",
        "2026 1 900,00 0,00 0 % 80 % 720,00",
    ]
    text = " ".join(lines)
    assert "2024 (du 01/04/2024 au 31/12/2024) : il restait 1 200,00 € à sous-traiter" in text
    assert "2025 : la limite de 80 % est dépassée ; il aurait fallu 375,00 € de chiffre" in text
    assert "2 lignes écartées" in text
    assert "ligne 2 : aucune limite ne vaut le 15/03/2024 (elle commence le 01/04/2024)" in text
    assert "ligne 6 : c'est un total, non une facture" in text
    assert "« Date de facture » ; « Montant HT » ; « Dont sous-traité »" in text
    assert "1 facture sans montant sous-traité : compté pour zéro." in text


def test_a_line_left_out_that_could_turn_the_year_is_told(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    path = tmp_path / "factures.csv"
    path.write_text(HEADER + "12/05/2025;D;1000;750\nbientôt;E;1000;1000\n", encoding="utf-8")
    out = " ".join(plafond(opac, released, path).succeeded().split())
    assert "2025 1 1 000,00 750,00 75 % 80 % à vérifier" in out
    assert "la part est entre 75 % et 87,5 %, pour une limite de 80 %" in out
    assert "il restait" not in out
    assert "Aucune colonne ne dit le financeur" in out
    (year,) = told(opac, released, "plafond", path)["annees"]
    assert (year["a_verifier"], year["depasse"], year["reste_a_sous_traiter"]) == (True, None, None)
    assert (year["part_min_pct"], year["part_max_pct"]) == (75, 87.5)


def test_shares_as_json(opac: Opac, released: Released, invoices: Path) -> None:
    found = told(opac, released, "plafond", invoices)
    year = found["annees"][1]
    assert year["base_legale"] == "R.6333-6-2 ; arrêté du 3 janvier 2024"
    assert (year["part_pct"], year["depasse"], year["chiffre_affaires_manquant"]) == (95, True, 375)
    assert [one["ligne"] for one in found["lignes_ecartees"]] == [2, 6]
    counted = sum(year["factures"] for year in found["annees"])
    assert counted + len(found["lignes_ecartees"]) == found["lignes"] == len(LINES)


def test_shares_written_in_files(
    opac: Opac, released: Released, invoices: Path, tmp_path: Path
) -> None:
    targets = {ending: tmp_path / f"plafond.{ending}" for ending in ("csv", "xlsx", "json")}
    for target in targets.values():
        ran = plafond(opac, released, invoices, "--sortie", target)
        assert (ran.code, ran.err) == (0, f"✓ {target}\n")
    with targets["csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["annee"], row["part_pct"], row["depasse"]) for row in rows] == [
        ("2024", "40.00", "non"),
        ("2025", "95.00", "oui"),
        ("2026", "0.00", "non"),
    ]
    book = fastexcel.read_excel(targets["xlsx"])
    assert book.sheet_names == ["Années", "Lignes écartées"]
    years, left_out = (book.load_sheet(name).to_polars() for name in book.sheet_names)
    assert years["sous_traite"].to_list() == [1200, 1900, 0]
    assert left_out["ligne"].to_list() == [2, 6]
    assert json.loads(targets["json"].read_text("utf-8")) == told(
        opac, released, "plafond", invoices
    )


def test_cells_do_not_drive_the_terminal(opac: Opac, released: Released, tmp_path: Path) -> None:
    path = tmp_path / "factures.csv"
    lines = "Date;Montant\x1b[2J;Sous-traité\n\x1b[31mhier;1;0\n" + "01/02/2026;1;0\n" * 20
    path.write_text(lines, encoding="utf-8")
    out = plafond(opac, released, path).succeeded()
    assert "« ␣[31mhier » ne se lit pas" in out
    assert "« Montant␣[2J »" in out
    assert "\x1b" not in out


def test_nothing_to_count_is_said(opac: Opac, released: Released, tmp_path: Path) -> None:
    path = tmp_path / "factures.csv"
    path.write_text(HEADER + "bientôt;A;1;0\n" * 25, encoding="utf-8")
    out = plafond(opac, released, path).succeeded()
    assert out.startswith("Aucune facture n'a pu être comptée.\n")
    assert "25 lignes écartées" in out
    assert "  ligne 20 : la date « bientôt » ne se lit pas" in out
    assert "… et 5 autres" in out


def test_a_year_without_turnover_reaches_no_limit(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    path = tmp_path / "factures.csv"
    path.write_text(HEADER + "01/02/2025;A;0;0\n", encoding="utf-8")
    out = plafond(opac, released, path).succeeded()
    assert "2025 : aucun chiffre d'affaires compté.\n" in out
    assert "atteinte" not in out


@pytest.mark.parametrize(
    ("content", "target", "words"),
    [
        ("Client;Ville\nA;B\n", None, "Aucune colonne de "),
        ("", None, "est vide"),
        (HEADER + "01/02/2026;A;1;0\n", "r.ods", "ne dit pas son format"),
        (HEADER + "01/02/2026;A;1;0\n", "factures.csv", "est la liste des factures elle-même"),
    ],
)
def test_files_that_cannot_be_used(
    opac: Opac, released: Released, tmp_path: Path, content: str, target: str | None, words: str
) -> None:
    path = tmp_path / "factures.csv"
    path.write_text(content, encoding="utf-8")
    options = ("--sortie", tmp_path / target) if target else ()
    plafond(opac, released, path, *options).refused(2, words)
    assert path.read_text("utf-8") == content


def test_a_file_that_is_not_there(opac: Opac, released: Released, tmp_path: Path) -> None:
    plafond(opac, released, tmp_path / "absent.csv").refused(2, "n'existe pas")
