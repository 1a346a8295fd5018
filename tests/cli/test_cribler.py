"""``opac cribler``: a file of candidates in, the same rows and their verdicts out."""

from __future__ import annotations

import csv
import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import fastexcel
import polars as pl
import pytest
from rich.console import Console

from pipelines.portage.facts import FAITS
from pipelines.portage.screening import files
from pipelines.portage.verdict import Verdict
from tests.cli.conftest import Released
from tests.pipeline.commands import Opac, Ran
from tests.portage.candidates.files import BROUILLONS, sheet, write
from tests.portage.screening.test_judging import back

MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES")


class Screened:
    def __init__(self, opac: Opac, home: Path) -> None:
        self._opac = opac
        self._home = home

    def __call__(self, *args: object) -> Ran:
        return self._opac("cribler", *args, "--home", self._home)


@pytest.fixture
def cribler(opac: Opac, released: Released) -> Screened:
    return Screened(opac, released.home)


@pytest.fixture
def listed(released: Released) -> list[tuple[str, str]]:
    """Ten organisations of the list that no trap touched: number and name."""
    with duckdb.connect(released.release.path, read_only=True) as con:
        return con.execute(
            "select nda, denomination from socle.organisme where siren_valide "
            "and regexp_full_match(nda, '\\d{11}') and regexp_full_match(denomination, '[\\w ]+') "
            "order by hash(nda) limit 10"
        ).fetchall()


def refused(ran: Ran, *told: str) -> None:
    """See that the request was refused in one French sentence, and nothing else was said."""
    assert (ran.code, ran.out) == (2, ""), ran
    (sentence,) = ran.err.splitlines()
    assert sentence.startswith("Erreur : ")
    for words in told:
        assert words in sentence, sentence


def candidates(listed: list[tuple[str, str]]) -> Path:
    lines = "".join(f"{nda};{name};x{n}\n" for n, (nda, name) in enumerate(listed))
    return write(Path("portefeuille.csv"), "NDA;Raison sociale;Suivi\n" + lines)


def test_a_file_is_answered_beside_the_user(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    out = cribler(candidates(listed), *MISSION).succeeded()
    frame = back(Path("portefeuille-verdicts.xlsx"))
    assert frame["NDA"].to_list() == frame["nda_retenu"].to_list() == [nda for nda, _ in listed]
    assert frame["organisme"].to_list() == [name for _, name in listed]
    assert frame["Suivi"].to_list() == [f"x{n}" for n in range(10)]
    assert set(frame["qualite_rapprochement"]) == {"EXACT"}
    assert frame["raisons"].null_count() == 0
    assert "10 lignes (sous-traitant seulement)" in out
    read = [line.split() for line in out.splitlines()]
    assert ["NDA", "nda"] in [words[:2] for words in read]
    assert ["Raison", "sociale", "nom"] in [words[:3] for words in read]
    assert out.index("Colonnes lues") < out.index("10 lignes")
    assert "Non comprises, reprises telles quelles : « Suivi »" in out
    assert "Rapprochement : EXACT 10" in out
    assert "✓ portefeuille-verdicts.xlsx" in out
    assert "Liste du 15/10/2025. Ce verdict aide à décider" in out
    for verdict, count in frame["verdict"].value_counts().iter_rows():
        assert f"{Verdict(verdict).words.title:<17} {count:>2}".split() == [
            word
            for line in out.splitlines()
            if line.strip().startswith(Verdict(verdict).words.title)
            for word in line.split()
        ]


@pytest.mark.parametrize("form", ["csv", "parquet", "json", "xlsx"])
def test_the_name_of_the_result_says_its_format(
    cribler: Screened, listed: list[tuple[str, str]], form: str
) -> None:
    cribler(candidates(listed), *MISSION, "--sortie", f"dossier/r.{form}").succeeded()
    assert back(Path(f"dossier/r.{form}"))["verdict"].len() == 10
    assert [path.name for path in Path("dossier").iterdir()] == [f"r.{form}"]


def test_a_name_finds_its_organisation(
    cribler: Screened, released: Released, listed: list[tuple[str, str]]
) -> None:
    with duckdb.connect(released.release.path, read_only=True) as con:
        nda, name, town = con.execute(
            "select nda, denomination, ville from socle.organisme where ville is not null and "
            "denomination in (select denomination from socle.organisme group by 1 having count(*) "
            "= 1) and denomination not similar to '.*[;\"=@+].*' order by nda limit 1"
        ).fetchall()[0]
    write(Path("c.csv"), f"Organisme;Ville\n{name};{town}\nZéphyr Introuvable;{town}\n;{town}\n")
    cribler("c.csv", *MISSION, "--sortie", "r.csv").succeeded()
    rows = back(Path("r.csv")).rows(named=True)
    assert rows[0]["nda_retenu"] == nda
    assert [row["nda_retenu"] for row in rows[1:]] == [None, None]
    assert [row["verdict"] for row in rows[1:]] == ["A_VERIFIER", "A_VERIFIER"]
    assert all(row["raisons"] for row in rows)


@pytest.mark.parametrize(
    ("facts", "code"),
    [(["--dereference"], 13), (["--portage-salarial"], 12), ([], None)],
)
def test_strict_tells_the_strongest_verdict(
    cribler: Screened, listed: list[tuple[str, str]], facts: list[str], code: int | None
) -> None:
    path = candidates(listed)
    assert cribler(path, *MISSION, *facts, "--sortie", "a.csv").code == 0
    ran = cribler(path, *MISSION, *facts, "--strict", "--sortie", "b.csv")
    found = set(back(Path("b.csv"))["verdict"])
    order = ("ELIGIBLE", "PIECES_MANQUANTES", "A_VERIFIER", "NON_ELIGIBLE")
    assert ran.code == 10 + max(order.index(verdict) for verdict in found)
    assert ran.code == code or code in (None, 12)


def test_options_speak_for_the_lines_that_do_not(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    (first, _), (second, _), *_ = listed
    write(
        Path("c.csv"),
        f"NDA;Financeur;Déréférencé\n{first};OPCO;oui\n{second};;non\n{second};;\n",
    )
    facts = write(Path("faits.json"), '{"dereference": true}')
    cribler("c.csv", *MISSION, "--faits", facts, "--sortie", "r.csv").succeeded()
    frame = back(Path("r.csv"))
    assert frame["financement_retenu"].to_list() == ["OPCO", "CPF", "CPF"]
    assert ["déréférencé" in str(text) for text in frame["raisons"]] == [False, False, True]
    assert frame["verdict"][2] == "NON_ELIGIBLE"


def test_the_mission_must_be_said(cribler: Screened, listed: list[tuple[str, str]]) -> None:
    path = candidates(listed)
    refused(cribler(path), "--financement", "colonne « Financement »")
    refused(cribler(path, "--financement", "CPF"), "--action", "colonne")
    refused(cribler(path, *MISSION[:2], "--action", "cuisine"), "cuisine")
    assert not Path("portefeuille-verdicts.xlsx").exists()


def test_bad_values_are_reasons_not_stops(cribler: Screened, listed: list[tuple[str, str]]) -> None:
    """Absurd dates, negative amounts, facts that contradict each other."""
    nda = listed[0][0]
    header = "NDA;Date de signature;Montant HT;Auto-entrepreneur;Forme juridique;CA annuel"
    lines = {
        "31/02/2026;;;;": "Date du contrat",
        "12/03/1805;;;;": "Date du contrat",
        "2998-01-01;;;;": "Date du contrat",
        "bientôt;;;;": "Date du contrat",
        "2025-10-15;-150;;;": "Montant HT de l'opération",
        "2025-10-15;trois mille;;;": "Montant HT de l'opération",
        "2025-10-15;;peut-être;;": "Régime micro-social",
        "2025-10-15;;oui;SASU;": "se contredisent",
        "2025-10-15;;oui;EI;-1": "Chiffre d'affaires annuel",
    }
    write(Path("c.csv"), header + "\n" + "".join(f"{nda};{line}\n" for line in lines))
    cribler("c.csv", *MISSION, "--sortie", "r.csv").succeeded()
    frame = back(Path("r.csv"))
    for row, told in zip(frame.rows(named=True), lines.values(), strict=True):
        assert row["verdict"] in ("A_VERIFIER", "NON_ELIGIBLE"), row
        assert told in f"{row['raisons']} {row['avertissements']}", row


def test_a_future_date_is_said(cribler: Screened, listed: list[tuple[str, str]]) -> None:
    write(Path("c.csv"), f"NDA;Date du contrat\n{listed[0][0]};2059-01-01\n")
    cribler("c.csv", *MISSION, "--sortie", "r.csv").succeeded()
    row = back(Path("r.csv")).row(0, named=True)
    assert row["verdict"] == "A_VERIFIER"
    assert "jours à la date du contrat" in row["raisons"]


def test_a_file_made_by_hand(cribler: Screened) -> None:
    out = cribler(BROUILLONS, "--financement", "CPF", "--sortie", "r.xlsx", "--action", "VAE")
    frame = back(Path("r.xlsx"))
    assert frame.height == 12
    assert frame["verdict"].null_count() == frame["raisons"].null_count() == 0
    assert "ELIGIBLE" not in frame["verdict"].to_list()
    assert "12 lignes" in out.succeeded()
    for told in ("Encodages mêlés", "octets NUL", "guillemet", "décalées", "répétée"):
        assert told in out.out, told


def test_an_earlier_result_tells_what_changed(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    path = candidates(listed)
    cribler(path, *MISSION, "--sortie", "avant.xlsx").succeeded()
    shorter = write(Path("plus-court.csv"), "".join(path.read_text().splitlines(True)[:9]))
    ran = cribler(
        shorter, *MISSION, "--dereference", "--precedent", "avant.xlsx", "--sortie", "apres.xlsx"
    )
    out = ran.succeeded()
    frame = back(Path("apres.xlsx"))
    before = back(Path("avant.xlsx"))["verdict"].to_list()[:8]
    assert frame["verdict_precedent"].to_list() == before
    worse = [verdict != "NON_ELIGIBLE" for verdict in before]
    assert frame["changement"].to_list() == ["dégradé" if w else "inchangé" for w in worse]
    assert f"{sum(worse)} dégradé" in out
    assert "2 lignes n'y sont plus" in out
    refused(cribler(shorter, *MISSION, "--precedent", path), "--precedent")


def test_nothing_read_is_replaced(cribler: Screened, listed: list[tuple[str, str]]) -> None:
    path = candidates(listed)
    kept = path.read_bytes()
    refused(cribler(path, *MISSION, "--sortie", path), "remplacerait les candidats", "--sortie")
    cribler(path, *MISSION).succeeded()
    refused(
        cribler(path, *MISSION, "--precedent", "portefeuille-verdicts.xlsx"),
        "remplacerait le résultat précédent",
    )
    assert path.read_bytes() == kept


def test_a_template_is_written_and_can_be_filled(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    import fastexcel

    assert "candidats.xlsx" in cribler("--modele").succeeded()
    book = fastexcel.read_excel("candidats.xlsx")
    assert book.sheet_names == ["Candidats", "Explications", "Listes"]
    empty = book.load_sheet("Candidats", header_row=None, dtypes="string").to_polars()
    assert empty.rows() == [tuple(fact.libelle for fact in FAITS)]
    told = book.load_sheet("Explications", header_row=1, dtypes="string").to_polars()
    assert told["Colonne"].to_list() == [fact.libelle for fact in FAITS]
    assert told["Sens"].to_list() == [fact.aide for fact in FAITS]
    assert "CPF | OPCO" in told.row(by_predicate=pl.col("Colonne") == "Financement")[5]
    refused(cribler("--modele", "candidats.xlsx"), "existe déjà")
    refused(cribler("--modele", "candidats.ods"), ".xlsx")
    refused(cribler("candidats.xlsx", *MISSION), "n'a que son en-tête")
    values = {"nda": listed[0][0], "financement": "CPF", "action": "VAE", "micro": "non"}
    header = [fact.libelle for fact in FAITS]
    line = [values.get(fact.nom) for fact in FAITS]
    cribler(sheet(Path("rempli.xlsx"), [header, line]), "--sortie", "r.csv").succeeded()
    row = back(Path("r.csv")).row(0, named=True)
    assert (row["nda_retenu"], row["Catégorie d'action"]) == (listed[0][0], "VAE")


def test_the_lists_of_the_template_offer_what_is_understood(cribler: Screened) -> None:
    import zipfile

    cribler("--modele", "m.xlsx").succeeded()
    body = zipfile.ZipFile("m.xlsx").read("xl/worksheets/sheet1.xml").decode()
    kinds = {"list": 0, "date": 0, "decimal": 0}
    for kind in kinds:
        kinds[kind] = body.count(f'<dataValidation type="{kind}"')
    counted = {
        genre: sum(fact.genre == genre for fact in FAITS)
        for genre in ("booleen", "choix", "liste", "date", "montant")
    }
    assert kinds["list"] == counted["booleen"] + counted["choix"] + counted["liste"]
    assert (kinds["date"], kinds["decimal"]) == (counted["date"], counted["montant"])


def test_how_columns_are_read_is_shown_and_set(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    nda = listed[0][0]
    path = write(Path("c.csv"), f"NDA;N°;Total (k€);Hors cascade\n{nda};1;7;oui\n")
    shown = cribler(path, "--apercu").succeeded()
    assert "n'est celui d'aucun fait" in shown
    assert "« hors » : ce n'est pas" in shown
    assert not Path("c-verdicts.xlsx").exists()
    told = ("--colonne", "Total (k€)=montant", "--colonne", "Hors cascade=pas-cascade")
    shown = cribler(path, *told, "--ecrire-colonnes", "lues.csv", "--apercu").succeeded()
    assert "contraire de cascade" in shown
    assert "Chaque nombre est lu en « k€ », et converti." in shown
    lines = Path("lues.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(";")[:2] for line in lines] == [
        *(["colonne", "lue comme"], ["NDA", "nda"], ["N°", ""]),
        *(["Total (k€)", "montant"], ["Hors cascade", "pas-cascade"]),
    ]
    by_option = cribler(path, *MISSION, *told, "--sortie", "a.csv").succeeded()
    assert "Vous l'avez dit" in by_option
    by_file = cribler(path, *MISSION, "--colonnes", "lues.csv", "--sortie", "b.xlsx").succeeded()
    assert "Selon « lues.csv »" in by_file
    assert back(Path("a.csv"))["raisons"].to_list() == back(Path("b.xlsx"))["raisons"].to_list()
    # 7 k€ are more than 5,000 €: the attestation is asked for.
    assert "Attestation de vigilance" in back(Path("a.csv"))["pieces_manquantes"][0]
    said = fastexcel.read_excel("b.xlsx").load_sheet("Synthèse", header_row=None, dtypes="string")
    assert ("Lecture des colonnes", "lues.csv") in said.to_polars().rows()


def test_a_mapping_that_cannot_be_followed_is_refused(
    cribler: Screened, listed: list[tuple[str, str]]
) -> None:
    path = write(Path("c.csv"), f"NDA;Note;Note\n{listed[0][0]};a;b\n")
    for option, *words in (
        ("Absente=ca", "Aucune colonne ne s'appelle « Absente »", "« NDA », « Note »"),
        ("Note=ca", "2 colonnes s'appellent « Note »", "renommez"),
        ("NDA=chiffre", "le fait « chiffre » n'existe pas", "--modele"),
        ("NDA=pas-nda", "« nda » n'a pas de contraire"),
        ("NDA", "« NDA » ne dit pas comment lire", "Votre en-tête="),
        ("=ca", "ne dit pas comment lire"),
    ):
        refused(cribler(path, *MISSION, "--colonne", option), *words)
    refused(cribler(path, *MISSION, "--colonnes", "absent.csv"), "« absent.csv » ne se lit pas")
    refused(cribler(path, *MISSION, "--colonnes", path), "n'est pas un fichier de colonnes")
    write(Path("deux.csv"), "colonne;lue comme\nNDA;nda\nNDA;\n")
    refused(cribler(path, *MISSION, "--colonnes", "deux.csv"), "parle deux fois de « NDA »")
    refused(cribler(path, "--apercu", "--ecrire-colonnes", "deux.csv"), "existe déjà")
    refused(cribler(path, *MISSION, "--colonne", "NDA="), "ne dit de qui il s'agit", "--colonne")


def test_a_file_of_unknown_columns_is_shown(cribler: Screened) -> None:
    path = write(Path("c.csv"), f"{'x' * 5000};Couleur\n1;rouge\n")
    assert "Couleur" in cribler(path, "--apercu").succeeded()
    refused(cribler(path, *MISSION), "ne dit de qui il s'agit", "--colonne")


def test_requests_that_cannot_be_served(
    cribler: Screened, listed: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = candidates(listed)
    refused(cribler(*MISSION), "Il manque le fichier", "--modele")
    refused(cribler("absent.csv", *MISSION), "n'existe pas")
    refused(cribler(".", *MISSION), "est un dossier")
    refused(cribler(path, *MISSION, "--sortie", "r.doc"), ".xlsx, .csv, .parquet ou .json")
    refused(cribler(path, *MISSION, "--precedent", "absent.xlsx"), "n'existe pas")
    monkeypatch.setattr(files, "XLSX_ROWS", 9)
    refused(cribler(path, *MISSION), "10 lignes", "9 au plus", ".parquet")
    assert sorted(item.name for item in Path().iterdir()) == ["portefeuille.csv"]


def test_a_home_without_release_is_told(opac: Opac, tmp_path: Path) -> None:
    write(Path("c.csv"), "NDA\n1\n")
    refused(opac("cribler", "c.csv", *MISSION, "--home", tmp_path / "vide"), "opac refresh")


def test_a_full_disk_is_told(
    cribler: Screened, listed: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(csv, "writer", full)
    ran = cribler(candidates(listed), *MISSION)
    assert (ran.code, ran.out) == (6, "")
    assert "plus de place" in ran.err
    assert "libérez de l'espace" in ran.err


def test_progress_is_for_terminals_only(
    cribler: Screened, listed: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = candidates(listed)
    assert cribler(path, *MISSION, "--sortie", "a.csv").err == ""
    shown = io.StringIO()
    monkeypatch.setattr(
        "pipelines.cli.portfolio.ERR", Console(file=shown, force_terminal=True, width=100)
    )
    cribler(path, *MISSION, "--sortie", "b.csv").succeeded()
    for step in ("Lecture", "Verdicts", "Écriture", "10/10"):
        assert step in shown.getvalue(), step


def test_no_heavy_library_for_the_help() -> None:
    code = (
        "import sys, pipelines.cli.cribler\n"
        "print([m for m in ('duckdb', 'polars', 'xlsxwriter', 'rapidfuzz', 'pandas') "
        "if m in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert out.stdout == "[]\n"
