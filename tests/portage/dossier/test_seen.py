"""Documents handed over: read, named, bounded, compared with what is declared."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.portage.dossier import seen as module
from pipelines.portage.dossier.documents import documents
from pipelines.portage.dossier.inventory import attachments
from pipelines.portage.dossier.issue import Target, issue
from pipelines.portage.dossier.numbers import reserved
from pipelines.portage.dossier.seen import Review, Seen, look, refuse_undeclared
from pipelines.portage.dossier.source import Held
from tests.portage.dossier.dossiers import MOMENT, SOURCE, answer, missing

TODAY = dt.date(2026, 3, 2)
URSSAF = b"%PDF-1.4 attestation"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "urssaf.pdf").write_bytes(URSSAF)
    return tmp_path


def looked(base: Path, *pieces: str) -> tuple[Seen, ...]:
    return look(pieces, None, TODAY, base)


def test_a_document_with_all_that_is_told_of_it(base: Path) -> None:
    told = "attestation_vigilance=urssaf.pdf,numero=ABC 123,date=15/01/2026,vérifié=1er mars 2026"
    (one,) = looked(base, told)
    assert one == Seen(
        "attestation_vigilance",
        "urssaf.pdf",
        hashlib.sha256(URSSAF).hexdigest(),
        len(URSSAF),
        "ABC 123",
        dt.date(2026, 1, 15),
        dt.date(2026, 3, 1),
        base / "urssaf.pdf",
    )
    assert one.packed == "documents/attestation_vigilance/urssaf.pdf"


def test_a_comma_in_the_name_of_a_file_is_its_own(base: Path) -> None:
    (base / "cv, titres.pdf").write_bytes(b"x")
    (one,) = looked(base, "titres=cv, titres.pdf, numero=7")
    assert (one.fichier, one.numero) == ("cv, titres.pdf", "7")


def test_a_document_goes_by_its_code_or_by_its_fact(base: Path) -> None:
    for name in ("non_dereferencement", "dereference", "non-dereferencement"):
        assert looked(base, f"{name}=urssaf.pdf")[0].document == "non_dereferencement"
    both = (
        looked(base, "recepisse_nda=urssaf.pdf")[0],
        looked(base, "recepisse_nda_date=urssaf.pdf")[0],
    )
    assert {one.document for one in both} == {"recepisse_nda"}


def test_a_folder_names_its_documents(base: Path) -> None:
    folder = base / "pieces"
    folder.mkdir()
    for name in (
        *("titres-cv.pdf", "titres-diplome.pdf", "Titres 3.pdf", ".DS_Store", "Thumbs.db"),
        *("Attestation vigilance,numero=A1,verifie=2026-03-01.pdf", "recepisse_nda.pdf"),
        "porteur_recepisse_nda.pdf",
    ):
        (folder / name).write_bytes(name.encode())
    found = look([], folder, TODAY)
    assert sorted((one.document, one.fichier) for one in found) == [
        ("attestation_vigilance", "Attestation vigilance,numero=A1,verifie=2026-03-01.pdf"),
        ("porteur_recepisse_nda", "porteur_recepisse_nda.pdf"),
        ("recepisse_nda", "recepisse_nda.pdf"),
        ("titres", "Titres 3.pdf"),
        ("titres", "titres-cv.pdf"),
        ("titres", "titres-diplome.pdf"),
    ]
    numbers = {one.document: (one.numero, one.verifie) for one in found}
    assert numbers["attestation_vigilance"] == ("A1", dt.date(2026, 3, 1))


def test_every_document_can_be_named_by_a_file(base: Path) -> None:
    for code in documents():
        (base / "x").mkdir(exist_ok=True)
        (base / "x" / f"{code}-1.pdf").write_bytes(b"x")
    assert {one.document for one in look([], base / "x", TODAY)} == documents().keys()


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        ("titres=rien.pdf", "il n'existe pas"),
        ("titres=.", "c'est un dossier"),
        ("titres=vide.pdf", "est vide"),
        ("titres=../ailleurs.pdf", "hors du dossier du fichier de candidats"),
        ("titres=/etc/passwd", "hors du dossier du fichier de candidats"),
        ("titres=lien", "hors du dossier du fichier de candidats"),
        ("titres=tube", "ce n'est pas un fichier"),
        ("titres=gros.pdf", "25 Mo au plus"),
        ("titres", "écrivez DOCUMENT=FICHIER"),
        ("titres=", "écrivez DOCUMENT=FICHIER"),
        ("titre=urssaf.pdf", "n'est le nom d'aucun document (proches : titres"),
        ("zzz=urssaf.pdf", "donnez consentement, "),
        ("titres=urssaf.pdf,date=hier", "« date=hier », de « urssaf.pdf », ne se lit pas"),
        ("titres=urssaf.pdf,date=2026-03-03", "est après aujourd'hui (02/03/2026)"),
        ("titres=urssaf.pdf,date=2026-02-02,verifie=2026-02-01", "avant d'être daté"),
        ("titres=urssaf.pdf,numero=" + "9" * 81, "trop long"),
    ],
)
def test_what_is_refused_in_one_sentence(base: Path, piece: str, told: str) -> None:
    (base / "vide.pdf").touch()
    os.mkfifo(base / "tube")
    (base / "lien").symlink_to("/etc/passwd")
    with (base / "gros.pdf").open("wb") as file:
        file.truncate(1_000_000_000)  # sparse: a gigabyte that takes no place
    with pytest.raises(UsageError) as error:
        looked(base, piece)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_the_command_names_may_be_anywhere(base: Path) -> None:
    assert look([f"titres={base / 'urssaf.pdf'}"], None, TODAY)[0].octets == len(URSSAF)
    with pytest.raises(UsageError, match="ce n'est pas un fichier"):
        look(["titres=/dev/zero"], None, TODAY)


def test_folders_that_are_refused(base: Path) -> None:
    for name in ("vide", "inconnu", "imbrique"):
        (base / name).mkdir()
    (base / "inconnu" / "facture.pdf").write_bytes(b"x")
    (base / "imbrique" / "titres").mkdir()
    for name, told in (
        ("vide", "est vide"),
        ("inconnu", "« facture.pdf » ne commence par celui d'aucun document"),
        ("imbrique", "c'est un dossier"),
        ("rien", "ne peut pas être lu"),
        ("urssaf.pdf", "ne peut pas être lu"),
    ):
        with pytest.raises(UsageError, match=told):
            look([], base / name, TODAY)


def test_bounds(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="est donné deux fois"):
        looked(base, "titres=urssaf.pdf", "titres=./urssaf.pdf")
    monkeypatch.setattr(module, "_MOST", 1)
    with pytest.raises(UsageError, match="2 documents sont donnés : c'est 1 au plus"):
        looked(base, "titres=urssaf.pdf", "probite=urssaf.pdf")
    monkeypatch.setattr(module, "_LARGEST_OF_ALL", len(URSSAF))
    monkeypatch.setattr(module, "_MOST", 2)
    with pytest.raises(UsageError, match="dépassent 100 Mo"):
        looked(base, "titres=urssaf.pdf", "probite=urssaf.pdf")


def test_a_document_seen_is_declared_too(base: Path) -> None:
    seen = looked(base, "probite=urssaf.pdf", "dereference=urssaf.pdf", "titres=urssaf.pdf")
    with pytest.raises(UsageError) as error:
        refuse_undeclared(seen, [Held("titres", "", "")])
    assert "(--probite et --pas-dereference)" in str(error.value)
    refuse_undeclared(seen[2:], [Held("titres", "", "")])


def test_its_date_is_the_one_declared(base: Path) -> None:
    held = [Held("attestation_vigilance", "", "15/01/2026")]
    refuse_undeclared(looked(base, "attestation_vigilance=urssaf.pdf,date=2026-01-15"), held)
    seen = looked(base, "attestation_vigilance=urssaf.pdf,date=2026-01-16")
    with pytest.raises(UsageError, match="daté du 16/01/2026, et déclaré du 15/01/2026 : donnez"):
        refuse_undeclared(seen, held)


def test_only_what_was_seen_is_told_seen(base: Path) -> None:
    seen = looked(base, "attestation_vigilance=urssaf.pdf,numero=A1,verifie=2026-03-01")
    told = attachments(answer(), SOURCE, Review(MOMENT, "A. Fictive", "Gérante", seen))
    assert [(one["document"], one["etat"]) for one in told] == [
        ("attestation_vigilance", "vu"),
        ("titres", "déclaré, non vu"),
    ]
    assert told[0]["detail"] == "« 15/01/2026 » · vu par A. Fictive le 2 mars 2026"
    (file,) = told[0]["fichiers"]
    assert file["dit"] == (
        "urssaf.pdf (20 octets) · code de sécurité A1 · vérifié sur urssaf.fr le 1er mars 2026"
    )
    assert file["sha256"] == hashlib.sha256(URSSAF).hexdigest()
    assert "place" not in file
    bare = attachments(answer(), SOURCE, Review(MOMENT))
    assert "code de sécurité : ……" in bare[0]["detail"], "a place to write it"


def test_one_out_of_date_is_seen_and_does_not_do(base: Path) -> None:
    review = Review(MOMENT, "A. Fictive", vus=looked(base, "attestation_vigilance=urssaf.pdf"))
    told = attachments(answer(pieces_manquantes=[missing()]), SOURCE, review)
    assert [one["etat"] for one in told] == ["à réunir", "vu", "déclaré, non vu"]
    assert "ne suffit pas : voyez ce qui reste à réunir" in told[1]["detail"]


def test_one_that_changes_meanwhile_issues_nothing(base: Path) -> None:
    home = Home(base / "maison")
    seen = looked(base, "titres=urssaf.pdf")
    (base / "urssaf.pdf").write_bytes(b"autre")
    review = Review(MOMENT, "A. Fictive", vus=seen)
    target = Target(base / "x.pdf", packed=True)
    with pytest.raises(UsageError, match="a changé pendant la commande"):
        issue(home, answer(), SOURCE, target, review)
    assert not home.root.exists() or reserved(home) == set()
    assert not (base / "x.pdf").exists()
    again = replace(review, vus=looked(base, "titres=urssaf.pdf"))
    assert issue(home, answer(), SOURCE, target, again).zip == base / "x.zip"
