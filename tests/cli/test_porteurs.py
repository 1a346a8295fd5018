"""``opac porteurs`` and ``opac plafond``: what users read, and what they get as JSON and files."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import fastexcel
import pytest

from pipelines.portage.cap.columns import facts
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
    start = lines.index("année factures CA CPF (€) sous-traité (€) part limite reste (€)")
    assert lines[start : start + 4] == [
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
    assert "Dont sous-traité sous_traite 500 | 1200 | 0 Ne dit pas si c'est le prix CPF" in text
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
    assert book.sheet_names == ["Années", "Lignes écartées", "Colonnes lues", "À savoir"]
    years, left_out = (book.load_sheet(name).to_polars() for name in book.sheet_names[:2])
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
    assert "Montant␣[2J" in out
    assert "\x1b" not in out


def test_nothing_to_count_is_said(opac: Opac, released: Released, tmp_path: Path) -> None:
    path = tmp_path / "factures.csv"
    path.write_text(HEADER + "bientôt;A;1;0\n" * 25, encoding="utf-8")
    out = plafond(opac, released, path).succeeded()
    assert "\nAucune facture n'a pu être comptée.\n" in out
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


def sentence(opac: Opac, released: Released, *options: object) -> str:
    return " ".join(plafond(opac, released, *options).succeeded().split())


def test_what_the_sub_contractor_bills_makes_a_least(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    path = tmp_path / "factures.csv"
    body = "12/05/2025;D;2000;1500\n12/06/2025;E;1000;0\n"
    path.write_text(HEADER.replace("Dont sous-traité", "Coût de la sous-traitance") + body)
    text = sentence(opac, released, path)
    assert "2025 2 3 000,00 1 500,00 ≥ 50 % 80 % 400,00" in text
    assert "« Coût de la sous-traitance », ce que le sous-traitant facture, faute du prix" in text
    path.write_text(path.read_text().replace("1000;0", "1000;900"))
    text = sentence(opac, released, path)
    assert "2 factures dont le prix CPF de la part sous-traitée n'est pas connu pourraient" in text
    assert "entre 80 % et 100 %, pour une limite de 80 % ; donnez ce prix pour conclure." in text
    # The header does not tell which: what it is taken for, and what the other would change.
    path.write_text(HEADER + "12/05/2025;D;2000;1500\n")
    found = told(opac, released, "plafond", path)
    assert (found["sous_traite_selon"], found["annees_a_confirmer"]) == ("PRIX_CPF_SUPPOSE", [2025])
    assert "Si c'est ce que le sous-traitant facture, 2025 ne se" in found["a_savoir"][0]
    assert "il restait 100,00 €" in sentence(opac, released, path)


def test_sub_contractors_are_told_by_year(opac: Opac, released: Released, tmp_path: Path) -> None:
    path = tmp_path / "factures.csv"
    lines = [f"12/05/2025;1000;{100 + n};Organisme {n};" for n in range(7)]
    lines += ["13/05/2025;1000;500;ACME;732829320", "14/05/2025;1000;1;acme;", "15/05/2025;9;9;;"]
    header = "Date;Montant;CA sous-traité;Sous-traitant;SIREN du sous-traitant"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    target = tmp_path / "r.xlsx"
    text = " ".join(plafond(opac, released, path, "--sortie", target).out.split())
    assert "2025 ACME * 732829320 1 500,00 5,55 % 2025 Organisme 6 1 106,00 1,18 %" in text
    assert "2025 et 5 autres 5 313,00" in text
    assert "* 2025, acme : ce nom a ailleurs un numéro (732829320)." in text
    rows = told(opac, released, "plafond", path)["sous_traitants"]
    assert sum(row["sous_traite"] for row in rows) == 500 + 721 + 1 + 9
    assert [row["sous_traitant"] for row in rows if row["numero"] is None][-2:] == [None, "acme"]
    book = fastexcel.read_excel(target)
    assert "Sous-traitants" in book.sheet_names
    sheet = book.load_sheet("Sous-traitants").to_polars()
    assert sheet["sous_traite"].to_list() == [row["sous_traite"] for row in rows]


def test_a_project_is_told_before_and_after(opac: Opac, released: Released, tmp_path: Path) -> None:
    path = tmp_path / "factures.csv"
    today = dt.date.today()
    header = "Date;Montant HT;CA sous-traité HT\n"
    path.write_text(f"{header}{today};10000;5000\n", encoding="utf-8")
    target = tmp_path / "r.xlsx"
    ran = plafond(opac, released, path, "--projet", "10k", "--sortie", target)
    text = " ".join(ran.out.split())
    assert "la part passerait de 50 % à 75 % : la limite de 80 % serait tenue" in text
    assert "il resterait 1 000,00 €. Le plus grand projet que la limite permet est de 15" in text
    found = told(opac, released, "plafond", path, "--projet", "20 000 €")["projet"]
    assert (found["annee"], found["avant"]["part_pct"]) == (today.year, 50)
    assert (found["limite_tenue"], found["plus_grand_projet"]) == (False, 15000)
    assert found["apres"]["chiffre_affaires_manquant"] == 1250
    rows = fastexcel.read_excel(target).load_sheet("Projet").to_polars()
    assert rows["part_pct"].to_list() == [50, 75]
    path.write_text(f"{header}{today};10000;5000\nbientôt;9000;9000\n", encoding="utf-8")
    assert "à vérifier. 1 ligne écartée" in sentence(opac, released, path, "--projet", "10k")
    found = told(opac, released, "plafond", path, "--projet", "10k")["projet"]
    assert (found["a_verifier"], found["limite_tenue"]) == (True, None)
    plafond(opac, released, path, "--projet", "beaucoup").refused(2, "ne se lit pas")


def test_how_columns_of_invoices_are_read_is_shown_and_set(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    path = tmp_path / "factures.csv"
    path.write_text("Date;Total (k€);Vers qui;Reçu\n12/05/2025;2;ACME;1500\n", encoding="utf-8")
    plafond(opac, released, path).refused(2, "Prix CPF de la part sous-traitée")
    options = [f"--colonne={one}" for one in ("Vers qui=sous_traitant", "Reçu=sous_traite")]
    shown = sentence(opac, released, path, *options, "--apercu", "--ecrire-colonnes", "lues.csv")
    assert "Reçu sous_traite 1500 Vous l'avez dit." in shown
    assert "Chaque nombre est lu en « k€ »." in shown
    assert "Part" not in shown
    by_file, by_options = (
        told(opac, released, "plafond", path, *given)
        for given in (["--colonnes", "lues.csv"], options)
    )
    assert by_file["annees"] == by_options["annees"]
    assert by_file["annees"][0]["chiffre_affaires"] == 2000
    assert by_file["sous_traite_selon"] == "PRIX_CPF"
    assert "Selon « lues.csv »" in sentence(opac, released, path, "--colonnes", "lues.csv")
    for option, words in (
        ("Absente=montant", "Aucune colonne ne s'appelle « Absente »"),
        ("Reçu=ca", "ne se lit pas comme « ca »"),
        ("Reçu", "ne dit pas comment lire"),
    ):
        plafond(opac, released, path, "--colonne", option).refused(2, words)
    plafond(opac, released, path, "--apercu", "--ecrire-colonnes", "lues.csv").refused(2, "existe")


def test_a_template_of_invoices_is_written_and_read_back(
    opac: Opac, released: Released, tmp_path: Path
) -> None:
    plafond(opac, released).refused(2, "--modele")
    assert "factures.xlsx" in plafond(opac, released, "--modele").succeeded()
    plafond(opac, released, "--modele").refused(2, "existe déjà")
    plafond(opac, released, "factures.xlsx").refused(2, "n'a que son en-tête")
    book = fastexcel.read_excel("factures.xlsx")
    labels = [fact.libelle for fact in facts().values()]
    explained = book.load_sheet("Explications", header_row=1, dtypes="string").to_polars()
    assert explained["Colonne"].to_list() == labels
    # The example that it gives, filled in.
    examples = [fact.exemple for fact in facts().values()]
    filled = tmp_path / "f.csv"
    filled.write_text("\n".join(map(";".join, (labels, examples))), encoding="utf-8")
    found = told(opac, released, "plafond", filled)
    assert found["colonnes"] == dict(zip(facts(), labels, strict=True))
    assert found["lignes_ecartees"] == []
    assert found["sous_traitants"][0]["doute"] is None
