"""``opac dossier``: made, then checked, by the command."""

from __future__ import annotations

import json
import re
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from pipelines.home import Home
from pipelines.portage.dossier.numbers import issued, reserved
from pipelines.warehouse.release import open_readonly
from tests.cli.conftest import DAY, Released
from tests.pipeline.commands import Opac, Ran, ended, start

MISSION = ("--financement", "CPF", "--action", "BILAN_COMPETENCES", "--date", DAY)
# All that a sub-contractor of a bilan under CPF can be asked for.
HELD = (
    *("--attestation-vigilance", DAY, "--immatriculation", "--titres", "--probite"),
    *("--pas-dereference", "--accepte-cgu", "--pas-cascade", "--regularite", "--contrat-ecrit"),
    "--bilan-donnees",
)


@pytest.fixture
def home(released: Released, tmp_path: Path) -> Path:
    """A home of its own: its journal starts empty."""
    shutil.copytree(released.home, tmp_path / "maison", symlinks=True)
    return tmp_path / "maison"


def one(home: Path, where: str) -> str:
    """The number of an organisation of the list, the only one of its SIREN."""
    with open_readonly(home / "opac.duckdb") as con:
        row = con.execute(
            "select min(nda) from (select *, count(*) over (partition by siren) as ndas "
            f"from socle.organisme where siren_valide) where ndas = 1 and {where}"
        ).fetchone()
    assert row is not None
    return str(row[0])


CERTIFIED = "certifie_bilan_competences and not personne_physique_presumee"
PLAIN = "est_certifie = false and not personne_physique_presumee"
PERSON = "personne_physique_presumee and est_certifie = false"


def make(opac: Opac, home: Path, nda: str, *options: object) -> dict[str, Any]:
    ran = opac("dossier", nda, *MISSION, *options, "--home", home, "--json")
    told: dict[str, Any] = json.loads(ran.succeeded())
    return told


def verify(opac: Opac, home: Path, path: object, *options: str) -> Ran:
    return opac("dossier", "--verifier", path, "--home", home, *options)


def text_of(path: object) -> str:
    pages = PdfReader(BytesIO(Path(str(path)).read_bytes())).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_made_then_checked(opac: Opac, home: Path) -> None:
    nda = one(home, CERTIFIED)
    ran = opac("dossier", nda, *MISSION, *HELD, "--home", home)
    assert ran.succeeded().splitlines() == [
        "✓ OPAC-" + ran.out[7:18] + " : ÉLIGIBLE",
        f"  {ran.out[2:18]}.pdf",
        f"  {ran.out[2:18]}.json",
    ]
    number = ran.out[2:18]
    text = text_of(f"{number}.pdf")
    for said in (number, nda, "✓ ÉLIGIBLE", "Sous-traitant seulement", "15 octobre 2025"):
        assert said in text
    assert "Un prestataire de portage soutient que le bilan" in text, "the divergent reading"
    for path in (f"{number}.pdf", f"{number}.json"):
        lines = verify(opac, home, path).succeeded().splitlines()
        assert lines[0] == (
            f"authentique — C'est le dossier {number}, tel que ce dossier de travail l'a émis."
        )
        assert lines[1].startswith("  dossier : émis le ")
        assert f"verdict ÉLIGIBLE pour {nda} (CPF, BILAN_COMPETENCES)" in lines[1]
        assert lines[2] == (
            "  depuis  : rien n'a changé pour les organismes du dossier (liste du 15 octobre 2025)"
        )


def test_the_json_is_the_answer_that_verifier_gives(opac: Opac, home: Path) -> None:
    nda = one(home, CERTIFIED)
    made = make(opac, home, nda)
    asked = json.loads(opac("verifier", nda, *MISSION, "--home", home, "--json").succeeded())
    sheet = json.loads(Path(made["json"]).read_text("utf-8"))
    for party in (asked["organisme"], sheet["reponse"]["organisme"]):
        party["rapprochement"].pop("proches", None)
    assert sheet["reponse"] == asked
    assert sheet["numero"] == made["numero"]
    assert made["verdict"] == asked["verdict"] == "PIECES_MANQUANTES"
    missing = [item["libelle"] for item in sheet["documents"] if item["etat"] == "à réunir"]
    assert missing == [piece["libelle"] for piece in asked["pieces_manquantes"]]


def test_numbers_of_two_organisations_are_the_proof_of_neither(opac: Opac, home: Path) -> None:
    with open_readonly(home / "opac.duckdb") as con:
        found = con.execute(
            "select nda, siren from socle.organisme where siren_valide order by nda limit 2"
        ).fetchall()
    (nda, _), (_, siren) = found
    opac("dossier", "--nda", nda, "--siren", siren, *MISSION, "--home", home).succeeded()
    (entry,) = issued(Home(home))
    assert [(one["nda"], one["siren"]) for one in entry["organismes"]] == [(None, None)]
    told = verify(opac, home, f"{entry['numero']}.json").succeeded()
    assert "verdict À VÉRIFIER pour organisme non identifié (CPF" in told
    assert "il n'y a rien à comparer" in told


def test_a_blank_mission_is_no_mission(opac: Opac, home: Path) -> None:
    given = ("dossier", "93131234513", "--financement", "CPF", "--action", " ", "--home", home)
    opac(*given).refused(2, "donnez --action")
    assert reserved(Home(home)) == set()


def test_the_file_of_facts_may_say_who(opac: Opac, home: Path, tmp_path: Path) -> None:
    nda = one(home, CERTIFIED)
    (tmp_path / "faits.json").write_text(json.dumps({"identifiant": nda}), encoding="utf-8")
    opac("dossier", "--faits", "faits.json", *MISSION, "--home", home).succeeded()
    assert issued(Home(home))[0]["organismes"][0]["nda"] == nda


@pytest.mark.parametrize(
    ("where", "options", "code"),
    [
        (CERTIFIED, HELD, 10),
        (CERTIFIED, (), 11),
        (PLAIN, HELD, 12),
        (PLAIN, ("--forme-juridique", "SASU"), 13),
    ],
)
def test_strict_tells_the_verdict(
    opac: Opac, home: Path, where: str, options: tuple[str, ...], code: int
) -> None:
    asked = ("dossier", one(home, where), *MISSION, *options, "--home", home)
    assert opac(*asked).code == 0
    assert opac(*asked, "--strict").code == code


def test_what_decided_is_told_first(opac: Opac, home: Path) -> None:
    made = make(opac, home, one(home, PLAIN), "--forme-juridique", "SASU")
    (reason,) = json.loads(Path(made["json"]).read_text("utf-8"))["raisons"]
    assert re.search(r"\bSASU\)? ne peut pas relever du régime micro-social", reason)
    text = text_of(made["pdf"])
    assert "✗ NON ÉLIGIBLE Une exigence au moins n'est pas remplie" in text
    assert text.index(reason[:40]) < text.index("Qui a été contrôlé")
    assert "DÉCISIF" in text


def test_what_is_declared_is_told_and_not_ticked(opac: Opac, home: Path) -> None:
    options = (
        *("--titres", "--attestation-vigilance", DAY, "--pas-probite", "--rc-pro"),
        *("--pas-dereference", "--pas-cascade", "--attestation-micro"),
        *("--type-formation", "certifiante"),  # a fact, no document
    )
    made = make(opac, home, one(home, CERTIFIED), *options)
    sheet = json.loads(Path(made["json"]).read_text("utf-8"))
    declared = {
        item["libelle"]: item["detail"]
        for item in sheet["documents"]
        if item["etat"] == "déclaré, non vu"
    }
    assert declared == {
        "CV, titres et qualifications des intervenants": "",
        "Attestation de vigilance de l'URSSAF": (
            f"« {DAY} » · code de sécurité : …………………… · vérifié sur urssaf.fr le : ……………"
        ),
        "Attestation de non-déréférencement de Mon Compte Formation": "",
        "Engagement de ne pas sous-traiter à son tour": "",
        "Attestation du régime micro-social et du chiffre d'affaires": "",
        "Assurance responsabilité professionnelle": "",
    }
    text = text_of(made["pdf"])
    documents = text[text.index("Documents à joindre") : text.index("Les huit mentions")]
    assert "✓" not in documents


def test_what_is_seen_is_ticked(opac: Opac, home: Path) -> None:
    nda = one(home, CERTIFIED)
    Path("cv.pdf").write_bytes(b"cv")
    seen = ("--piece", "titres=cv.pdf", "--titres")
    ran = opac("dossier", nda, *MISSION, *seen, "--home", home)
    ran.refused(2, "dites par qui avec --par")
    ran = opac("dossier", nda, *MISSION, *seen[:2], "--par", "A. Fictive", "--home", home)
    ran.refused(2, "dites aussi ce que vous y avez lu (--titres)")
    assert reserved(Home(home)) == set()
    before = make(opac, home, nda, "--titres")
    made = make(opac, home, nda, *seen, "--par", "A. Fictive", "--fonction", "Gérante", "--zip")
    assert made["verdict"] == before["verdict"], "the verdict rests on what is declared"
    text = text_of(made["pdf"])
    documents = text[text.index("Documents à joindre") : text.index("Les huit mentions")]
    assert documents.count("✓") == 1
    assert "vu par A. Fictive le" in documents
    assert Path(made["zip"]).is_file()
    assert verify(opac, home, made["zip"]).succeeded().startswith("authentique — ")


def test_documents_of_a_file_are_in_its_column(opac: Opac, home: Path) -> None:
    Path("c.csv").write_text("NDA\n93130000113\n", encoding="utf-8")
    ran = opac("dossier", "--fichier", "c.csv", "--piece", "titres=x", *MISSION, "--home", home)
    ran.refused(2, "dans une colonne « Pièces »")


def test_with_a_carrier_both_are_told(opac: Opac, home: Path) -> None:
    nda, carrier = one(home, CERTIFIED), one(home, CERTIFIED + " and certifie_vae")
    assert nda != carrier
    made = make(opac, home, nda, "--porteur", carrier)
    text = text_of(made["pdf"])
    assert "Sous-traitant et porteur" in text
    assert "Le porteur Dénomination" in text
    assert carrier in text
    assert [who["role"] for who in issued(Home(home))[0]["organismes"]] == [
        "sous_traitant",
        "porteur",
    ]
    assert verify(opac, home, made["pdf"]).out.count(carrier) == 1


def test_a_natural_person_is_named_and_not_located(opac: Opac, home: Path) -> None:
    made = make(opac, home, one(home, PERSON), "--ville", "Marseille", "--code-postal", "13001")
    assert "Dénomination M" in text_of(made["pdf"])
    for path in (made["pdf"], made["json"]):
        told = text_of(path) if path.endswith("pdf") else Path(path).read_text("utf-8")
        assert "13001" not in told
    assert "Fictif" not in (home / "dossiers.jsonl").read_text("utf-8")


def test_facts_may_come_from_a_file(opac: Opac, home: Path) -> None:
    Path("faits.json").write_text(
        json.dumps({"financement": "OPCO", "action": "VAE", "date": DAY.isoformat()})
    )
    nda = one(home, CERTIFIED)
    asked = ("dossier", nda, "--faits", "faits.json", "--sortie", "a/b.pdf", "--home", home)
    assert opac(*asked).succeeded().splitlines()[1:] == ["  a/b.pdf", "  a/b.json"]
    assert "Opérateur de compétences" in text_of("a/b.pdf")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "donnez --financement"),
        (("--financement", "CPF"), "donnez --action"),
        ((*MISSION, "--montant", "beaucoup"), "ne se lit pas"),
        ((*MISSION, "--sortie", "x.docx"), "un nom qui finit par .pdf"),
    ],
)
def test_what_makes_no_dossier_takes_no_number(
    opac: Opac, home: Path, options: tuple[str, ...], told: str
) -> None:
    ran = opac("dossier", one(home, CERTIFIED), *options, "--home", home)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert reserved(Home(home)) == set()
    assert list(Path.cwd().glob("*.pdf")) == []


def test_nobody_named(opac: Opac, home: Path) -> None:
    ran = opac("dossier", *MISSION, "--home", home)
    assert (ran.code, ran.out) == (2, "")
    assert "--nom avec --ville" in ran.err


@pytest.mark.parametrize(
    "more", [("93130000113",), ("--titres",), ("--sortie", "x.pdf"), ("--financement", "CPF")]
)
def test_a_check_takes_a_file_alone(opac: Opac, home: Path, more: tuple[str, ...]) -> None:
    ran = opac("dossier", *more, "--verifier", "x.pdf", "--home", home)
    assert (ran.code, ran.out) == (2, "")
    assert "Un dossier se vérifie seul : donnez --verifier FICHIER" in ran.err


def test_strict_tells_what_a_file_is(opac: Opac, home: Path) -> None:
    made = make(opac, home, one(home, CERTIFIED))
    data = Path(made["pdf"]).read_bytes()
    Path("change.pdf").write_bytes(data + b" ")
    Path("autre.pdf").write_bytes(b"%PDF-1.7")
    for path, word, code in (
        (made["pdf"], "authentique", 0),
        (made["json"], "authentique", 0),
        ("autre.pdf", "inconnu ici", 11),
        ("change.pdf", "modifié", 13),
    ):
        assert verify(opac, home, path).succeeded().startswith(f"{word} — ")
        ran = verify(opac, home, path, "--strict", "--json")
        told = json.loads(ran.out)
        assert (ran.code, told["statut"]) == (code, word)
        assert (told["emission"] is None) == (word == "inconnu ici"), told
        assert told["changements"] == (None if word == "inconnu ici" else [])
        assert told["liste_actuelle"] == (None if word == "inconnu ici" else "2025-10-15")


def test_verified_elsewhere_with_nothing_but_the_file_and_the_key(
    opac: Opac, home: Path, tmp_path: Path
) -> None:
    made = make(opac, home, one(home, CERTIFIED))
    shown = opac("dossier", "--cle", "--home", home).succeeded()
    assert shown.startswith("Empreinte (SHA-256) : ")
    Path("cle.pem").write_text(shown, encoding="utf-8")
    told = json.loads(opac("dossier", "--cle", "--json", "--home", home).succeeded())
    elsewhere = tmp_path / "ailleurs"
    for key in ("cle.pem", told["empreinte"]):
        ran = verify(opac, elsewhere, made["pdf"], "--cle", key)
        assert ran.succeeded().startswith("authentique — ")
        assert "papier  : empreinte " in ran.out
    ran = verify(opac, elsewhere, made["pdf"], "--strict")
    assert (ran.code, ran.out.split(" — ")[0]) == (12, "intact")
    Path("change.pdf").write_bytes(Path(made["pdf"]).read_bytes() + b" ")
    ran = verify(opac, elsewhere, "change.pdf", "--cle", "cle.pem", "--strict")
    assert (ran.code, ran.out.split(" — ")[0]) == (13, "modifié")
    opac("dossier", "--cle", "--home", elsewhere).succeeded()  # it has a key of its own now
    other = opac("dossier", "--cle", "--home", elsewhere, "--json").succeeded()
    ran = verify(opac, home, made["pdf"], "--cle", json.loads(other)["empreinte"], "--strict")
    assert (ran.code, ran.out.split(" — ")[0]) == (13, "signé par une autre clé")


def test_the_key_is_asked_for_alone(opac: Opac, home: Path) -> None:
    opac("dossier", "--cle", "abc", "--home", home).refused(2, "donnez --verifier FICHIER")
    opac("dossier", "93130000113", "--cle", "--home", home).refused(2, "donnez --verifier FICHIER")
    made = make(opac, home, one(home, CERTIFIED))
    verify(opac, home, made["pdf"], "--cle", "rien.pem").refused(2, "« rien.pem »")
    verify(opac, home, made["pdf"], "--cle").refused(2, "donnez après --cle la clé")
    (home / "dossiers.cle").chmod(0o644)
    ran = opac("dossier", one(home, CERTIFIED), *MISSION, "--home", home)
    ran.refused(6, "peut être lue par d'autres", "chmod 600")
    assert len(issued(Home(home))) == 1
    assert verify(opac, home, made["pdf"]).succeeded().startswith("authentique")


def test_neither_a_pdf_nor_its_json(opac: Opac, home: Path) -> None:
    Path("lettre.txt").write_text("bonjour")
    for path in ("lettre.txt", "absent.pdf", home):
        ran = verify(opac, home, path)
        ran.refused(2, f"« {path} »")


# Root is bound by rights as anyone else once these two are gone.
_UNPRIVILEGED = """
import ctypes, os
for capability in (1, 2) if os.geteuid() == 0 else ():
    if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
        raise SystemExit("prctl")
"""


def test_a_file_or_a_home_without_rights(opac: Opac, home: Path) -> None:
    nda = one(home, CERTIFIED)
    made = make(opac, home, nda)
    secret = Path(made["pdf"]).resolve()
    secret.chmod(0o000)
    checked = ("dossier", "--verifier", secret, "--home", home)
    ended(start(*checked, before=_UNPRIVILEGED)).refused(2, "accès refusé")
    journal = home / "dossiers.jsonl"
    journal.chmod(0o444)
    target = secret.parent / "x.pdf"
    asked = ("dossier", nda, *MISSION, "--sortie", target, "--home", home)
    ended(start(*asked, before=_UNPRIVILEGED)).refused(6, "accès refusé", "--home")
    assert not target.exists()


def test_what_changed_since_is_told(opac: Opac, home: Path) -> None:
    made = make(opac, home, one(home, CERTIFIED))
    journal = home / "dossiers.jsonl"
    # As if the list had been another then.
    text = journal.read_text("utf-8")
    assert text.count('"BILAN_COMPETENCES": true') == 1
    journal.write_text(text.replace('"BILAN_COMPETENCES": true', '"BILAN_COMPETENCES": false'))
    told = verify(opac, home, made["pdf"]).succeeded().splitlines()[2]
    change = "sous-traitant : bilans de compétences : certifié, et non plus non certifié"
    assert told == f"  depuis  : {change} (liste du 15 octobre 2025)"
    found = json.loads(verify(opac, home, made["pdf"], "--json").out)
    assert found["changements"] == [change]


def test_without_a_release_a_dossier_is_known_all_the_same(
    opac: Opac, home: Path, tmp_path: Path
) -> None:
    made = make(opac, home, one(home, CERTIFIED))
    bare = tmp_path / "nue"
    bare.mkdir()
    shutil.copy(home / "dossiers.jsonl", bare)
    told = verify(opac, bare, made["pdf"]).succeeded()
    assert told.startswith("authentique — ")
    assert "rien n'est comparé : lancez « opac refresh »" in told
    ran = opac("dossier", "93130000113", *MISSION, "--home", bare)
    assert (ran.code, ran.out) == (2, "")
    assert "Aucune version n'est publiée" in ran.err


def test_an_organisation_that_was_not_identified(opac: Opac, home: Path) -> None:
    asked = ("--nom", "Aucun organisme ainsi nommé", "--ville", "Nulle-Part", *MISSION)
    ran = opac("dossier", *asked, "--sortie", "x.pdf", "--strict", "--home", home)
    assert ran.code == 12
    text = text_of("x.pdf")
    assert "Demandé par nom Aucun organisme ainsi nommé" in text
    assert "aucun dans la liste" in text
    told = verify(opac, home, "x.pdf").succeeded().splitlines()
    assert "pour organisme non identifié" in told[1]
    assert told[2] == ("  depuis  : aucun organisme n'y était identifié : il n'y a rien à comparer")


def test_as_a_process(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "dossier.pdf"
    asked = (one(home, CERTIFIED), *MISSION, "--sortie", target, "--home", home)
    told = ended(start("dossier", *asked)).succeeded()
    assert told.splitlines()[1:] == [f"  {target}", f"  {target.with_suffix('.json')}"]
    ran = ended(start("dossier", "--verifier", target, "--strict", "--home", home))
    assert ran.succeeded().startswith("authentique — ")


def test_help_says_what_the_codes_are(opac: Opac) -> None:
    told = " ".join(opac("dossier", "--help").out.replace("│", " ").split())
    assert "10 éligible, 11 pièces manquantes, 12 à vérifier, 13 non éligible" in told
    assert "0 authentique, 11 inconnu ici, 12 intact, 13 modifié" in told


def test_a_dossier_for_each_line_of_a_file(opac: Opac, home: Path) -> None:
    nda = one(home, CERTIFIED)
    Path("c.csv").write_text(
        f"NDA;Raison sociale;CV\n{nda};=1+1;oui\n12345678;;\n{nda};x\x07/../y\u202e;ni\n"
    )
    ran = opac("dossier", "--fichier", "c.csv", *MISSION, "--home", home)
    out = ran.succeeded()
    assert "1 dossier pour 3 lignes" in out
    assert "2 lignes sans dossier : index.csv dit pourquoi" in out
    assert "✓ c-dossiers" in out
    (entry,) = issued(Home(home))
    number = entry["numero"]
    assert sorted(path.name for path in Path("c-dossiers").iterdir()) == [
        *(f"{number}.json", f"{number}.pdf", "index.csv")
    ]
    assert verify(opac, home, f"c-dossiers/{number}.pdf").succeeded().startswith("authentique")
    alone = json.loads(Path(make(opac, home, nda, "--titres")["json"]).read_text("utf-8"))
    filed = json.loads(Path(f"c-dossiers/{number}.json").read_text("utf-8"))
    for sheet in (alone, filed):
        sheet["reponse"]["organisme"].pop("rapprochement")
        sheet["reponse"]["organisme"].pop("faits")
    assert filed["reponse"] == alone["reponse"], "the same answer, asked alone or in a file"


def test_a_file_of_lines_says_its_rows_in_json_and_its_strongest_verdict(
    opac: Opac, home: Path
) -> None:
    nda = one(home, CERTIFIED)
    Path("c.csv").write_text(f"NDA\n{nda}\n")
    args = ("--fichier", "c.csv", *MISSION, *HELD, "--home", home)
    told = json.loads(opac("dossier", *args, "--json").succeeded())
    (row,) = told["lignes"]
    assert (row["ligne"], row["verdict"], row["pourquoi pas de dossier"]) == (2, "ELIGIBLE", "")
    assert Path(told["sortie"], row["fichier"]).is_file()
    assert Path(told["index"]).is_file()
    assert opac("dossier", *args, "--strict", "--sortie", "b").code == 10
    Path("c.csv").write_text(f"NDA\n{nda}\n12345678\n")
    assert opac("dossier", *args, "--strict", "--sortie", "d").code == 12, "without a dossier, too"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("123", "--fichier", "c.csv"), "retirez l'identifiant"),
        (("--nom", "X", "--nda", "1", "--fichier", "c.csv"), "retirez --nda et --nom"),
        (("--verifier", "x.pdf", "--fichier", "c.csv"), "pas les deux"),
        (("--feuille", "A"), "--fichier"),
        (("--fichier", "absent.csv", *MISSION), "absent.csv"),
        (("--fichier", "c.csv"), "Rien ne dit « Financement »"),
        (("--fichier", "c.csv", *MISSION, "--sortie", "plein"), "n'est pas vide"),
        (("--fichier", "c.csv", *MISSION, "--sortie", "c.csv"), "un fichier a ce nom"),
        (("--fichier", "c.csv", *MISSION, "--montant", "beaucoup"), "ne se lit pas"),
    ],
)
def test_a_file_of_lines_badly_asked_for(
    opac: Opac, home: Path, args: tuple[str, ...], told: str
) -> None:
    Path("c.csv").write_text("NDA\n93139999913\n")
    Path("plein").mkdir()
    Path("plein/x").touch()
    ran = opac("dossier", *args, "--home", home)
    assert (ran.code, ran.out) == (2, ""), ran
    (sentence,) = ran.err.splitlines()
    assert told in sentence
    assert sorted(path.name for path in Path().iterdir()) == ["c.csv", "maison", "plein"]
    assert issued(Home(home)) == []
