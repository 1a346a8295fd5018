"""The page of a dossier, read back from its PDF."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import unicodedata
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from pipelines.portage.dossier.content import CONTRACT_ITEMS, content
from pipelines.portage.dossier.pdf import _UNDRAWN, drawable, render
from pipelines.portage.verdict import NO_ADVICE_OF_A_DOSSIER, VERDICTS, Verdict
from pipelines.settings import ROOT
from tests.portage.dossier.dossiers import (
    NUMBER,
    REVIEW,
    SEAL,
    SOURCE,
    answer,
    control,
    missing,
    pages,
    party,
    with_carrier,
)

MARKUP = '# * _ $ \\ @ < > " [x] `a` ~ -- ... = a // b #sys.inputs $x^2$ <y> @y https://exemple.fr'


def pdf_of(found: dict[str, Any]) -> bytes:
    return render(content(found, SOURCE, NUMBER, REVIEW, SEAL))


def reader(found: dict[str, Any]) -> PdfReader:
    return PdfReader(BytesIO(pdf_of(found)))


def many(count: int = 30) -> dict[str, Any]:
    """An answer with many controls, with sentences of all lengths."""
    controls = [
        control(regle, statut, constat=f"Constat {rank:02d}. " + "Un mot de plus. " * rank)
        for rank, (regle, statut) in enumerate(
            zip(
                ["ST_NDA", "ST_QUALIOPI", "ST_VIGILANCE"] * (count // 3),
                ["SATISFAIT", "NON_SATISFAIT", "INCONNU", "SANS_OBJET", "AVERTISSEMENT"]
                * (count // 5),
                strict=True,
            )
        )
    ]
    return answer("A_VERIFIER", controles=controls)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_all_that_an_auditor_looks_for_is_there(verdict: str) -> None:
    found = with_carrier(verdict, pieces_manquantes=[missing()])
    text = " ".join(pages(found, raisons=("Ce qui décide.",)))
    words = Verdict(verdict).words
    title, sign, meaning = words.title, words.sign, words.meaning
    for said in (
        *("Dossier de preuve d'une sous-traitance", "OPAC-2026-000123"),
        "émis le 2 mars 2026 à 09 h 05 (heure de Paris)",
        *("Sous-traitant et porteur", f"{sign} {title}", meaning),
        "Pièce nommée vigilance" if verdict == "PIECES_MANQUANTES" else "• Ce qui décide.",
        *("Compte personnel de formation", "bilans de compétences", "1er mars 2026"),
        *("ATELIER FICTIF", "93130000113", "732829320", "13001 MARSEILLE", "PORTEUR FICTIF"),
        "trouvé dans la liste par le numéro donné",
        "bilans de compétences : oui · VAE : non · apprentissage : rien d'indiqué",
        *("15 janvier 2026", "ab12" * 16, "20260116T040000Z-ab12ab12", "154 107"),
        *("officielle", "77d0" * 16, "42"),
        "ST_QUALIOPI : Un prestataire soutient l'inverse ; le Code tranche.",
        *("Exigence", "Résultat", "Constat et preuve", "Base légale", "✓ satisfait"),
        "Le sous-traitant a un numéro de déclaration d'activité. ST_NDA",
        "Dans la liste du 15 janvier 2026. Preuve : Liste publique du 15 janvier 2026",
        *("L.6323-9-2", "lu dans le Code"),
        "Pièce nommée vigilance à réunir · Écarte la solidarité du donneur d'ordre. · R.8222-1",
        "CV, titres et qualifications déclaré, non vu",
        *CONTRACT_ITEMS,
        "article R.6333-6-2 du Code du travail",
        "soutient que le bilan échappe au décret. CT_BILAN_LECTURE · L.6323-6 II 2°",
        "1er juillet 2026 Fin du certificat 15",
        "15 juillet 2026 Renouveler l'attestation",
        *("R.6316-2 ; arrêté du 6 juin 2019", "entre le 14e et le 22e mois"),
        *("Contrat du 1er mars 2026", "Montant HT 3 000,00 €", "Fin de la mission non déclaré"),
        *("Contrôlé par ……", "Date et signature", "exigé non satisfait, il pourrait"),
        "Indicateur 27 : comment le porteur maîtrise la qualité Guide de lecture V9.",
        "Satisfaction recueillie Indicateurs 27 et 30 · Pratique des porteurs",
        "Ministère du travail, liste publique des organismes de formation. Licence : Licence "
        "Ouverte 2.0.",
        NO_ADVICE_OF_A_DOSSIER,
        "Marque OPAC-2026-000123/3f9a1c2b",
        *("Empreinte 0123 4567 89ab cdef, au bas", "0123456789abcdef" * 4),
        " ".join(["fedc ba98"] * 8),
    ):
        assert said in text, said


def test_the_mission_comes_first() -> None:
    first = pages(answer("NON_ELIGIBLE"), raisons=("Ce qui décide.",))[0]
    assert first.index("La mission Financement") < first.index("✗ NON ÉLIGIBLE")
    assert first.index("✗ NON ÉLIGIBLE") < first.index("Qui a été contrôlé")


def test_without_a_carrier_it_is_headed_so() -> None:
    first = pages(answer())[0]
    assert "Sous-traitant seulement. Les conditions que le porteur doit remplir" in first
    assert "Le porteur Dénomination" not in first
    assert "Sous-traitant seulement" not in " ".join(pages(with_carrier()))


def test_each_page_bears_the_number_and_its_own() -> None:
    found = pages(many())
    assert len(found) > 3
    for rank, text in enumerate(found, start=1):
        assert "Dossier OPAC-2026-000123 · émis le 2 mars 2026" in text
        assert f"page {rank} sur {len(found)}" in text


def test_a_long_table_repeats_its_header_and_loses_no_row() -> None:
    found = pages(many())
    rows = [rank for rank in range(30) if any(f"Constat {rank:02d}." in text for text in found)]
    assert rows == list(range(30))
    for text in found:
        if "Constat " in text.replace("Constat et preuve", ""):
            assert "Exigence Résultat Constat et preuve Base légale" in text


@pytest.mark.parametrize("place", ["controles", "avertissements", "pieces_manquantes"])
def test_a_text_taller_than_a_page_goes_on_over_the_next(place: str) -> None:
    text = "Encore une phrase à lire. " * 400
    values: dict[str, dict[str, Any]] = {
        "controles": control("ST_NDA", constat=text),
        "avertissements": {"regle": "CT_BILAN", "message": text, "base_legale": ""},
        "pieces_manquantes": {**missing(), "pourquoi": text},
    }
    found = answer()
    found[place] = [values[place]]
    assert " ".join(pages(found)).count("phrase") == 400
    heights: list[float] = []

    def see(text: str, outer: list[float], inner: list[float], *_: Any) -> None:
        if text.strip():
            heights.append(inner[5] * outer[3] + outer[5])

    for page in reader(found).pages:
        page.extract_text(visitor_text=see)
    assert min(heights) > 20, "nothing runs off the page"


@pytest.mark.parametrize("place", ["denomination", "constat", "preuve", "libelle", "fait"])
def test_a_long_word_stays_in_its_cell(place: str) -> None:
    word = "W" * 200
    found = answer(pieces_manquantes=[missing()])
    if place == "denomination":
        found["organisme"]["denomination"] = word
    elif place == "fait":
        found["organisme"]["faits"]["ca"] = word
    elif place == "libelle":
        found["pieces_manquantes"][0]["libelle"] = word
    else:
        found["controles"][0][place] = word
    lines = [line for page in reader(found).pages for line in page.extract_text().splitlines()]
    held = [line.count("W") for line in lines if "WW" in line]
    assert sum(held) == 200, "nothing is added, nothing is lost"
    # The page is 17 cm of text: fifty of this letter, the widest, at the size of the text.
    assert max(held) <= 52, held
    narrow = {"constat", "preuve"}
    assert place not in narrow or max(held) <= 22, held


def test_what_was_written_is_never_markup() -> None:
    found = answer(
        pieces_manquantes=[missing()],
        avertissements=[{"regle": MARKUP, "message": MARKUP, "base_legale": MARKUP}],
    )
    found["organisme"]["denomination"] = MARKUP
    found["organisme"]["faits"]["ca"] = MARKUP
    found["organisme"]["rapprochement"]["message"] = MARKUP
    found["controles"][0] |= {"constat": MARKUP, "preuve": MARKUP, "base_legale": MARKUP}
    found["pieces_manquantes"][0] |= {"libelle": MARKUP, "pourquoi": MARKUP}
    found["instantane"] |= {"attribution": MARKUP, "licence": MARKUP, "origine": MARKUP}
    text = "".join(" ".join(pages(found)).split())
    assert text.count("".join(MARKUP.split())) == 14


def test_a_name_that_looks_like_a_path_or_json_reads_nothing() -> None:
    found = answer()
    for name in ("/etc/passwd", '","numero":"OPAC-2026-999999', '#read("dossier.typ")'):
        found["organisme"]["denomination"] = name
        text = " ".join(pages(found))
        assert name in text
        assert "root:" not in text


def test_the_same_content_gives_the_same_bytes() -> None:
    one = pdf_of(many())
    assert pdf_of(many()) == one
    script = (
        "import hashlib, json, sys\nfrom pipelines.portage.dossier.pdf import render\n"
        "print(hashlib.sha256(render(json.load(sys.stdin))).hexdigest())"
    )
    again = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(content(many(), SOURCE, NUMBER, REVIEW, SEAL)),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "TZ": "Pacific/Auckland", "LANG": "C", "SOURCE_DATE_EPOCH": "1"},
    )
    assert again.stdout.strip() == hashlib.sha256(one).hexdigest()
    other = answer()
    other["organisme"]["denomination"] = "ATELIER FICTIVE"
    assert pdf_of(other) != pdf_of(answer())


def test_it_is_titled_tagged_in_french_and_archivable() -> None:
    read = reader(answer())
    root: Any = read.root_object
    assert root["/Lang"] == "fr-FR"
    assert root["/MarkInfo"]["/Marked"]
    assert read.metadata is not None
    assert read.metadata.title == "Dossier de preuve OPAC-2026-000123"
    hashed = "json:" + "0123456789abcdef" * 4
    assert read.metadata.keywords == f"OPAC-2026-000123/3f9a1c2b, {hashed}"
    assert str(read.metadata.creation_date_raw).startswith("D:20260302080507")
    packet = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in packet
    assert "<pdfaid:part>2</pdfaid:part>" in packet


def test_its_fonts_are_inside_and_come_from_the_package() -> None:
    names: set[str] = set()
    for page in reader(answer("NON_ELIGIBLE")).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            real = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = real["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor)
            names.add(str(real["/BaseFont"]).split("+")[1].split("-")[0])
    assert names <= {"LibertinusSerif", "DejaVuSansMono", "NewCMMath", "NewComputerModernMath"}
    assert "LibertinusSerif" in names


def test_a_character_that_no_font_draws_is_named() -> None:
    assert drawable("中a\u0301😀\u202e gauche\n droite\x00 12\u00a0€") == (
        "[U+4E2D]á[U+1F600] gauche droite 12\u00a0€"
    )
    text = pages(answer(organisme=party(denomination="CAFÉ 中国 Ωмега ő 12\u202f€")))[0]
    assert "CAFÉ [U+4E2D][U+56FD] Ωмега ő 12 €" in text


def test_every_character_kept_can_be_drawn() -> None:
    kept = [
        letter
        for code in range(0x3000)
        if not _UNDRAWN.match(letter := chr(code)) and unicodedata.category(letter) != "Cn"
    ]
    assert len(kept) > 1500
    found = answer()
    # In the text, in bold and in the fixed-width font of a hash.
    found["organisme"]["denomination"] = " ".join(kept)
    found["instantane"]["sha256"] = " ".join(kept)
    found["pieces_manquantes"] = [{**missing(), "libelle": " ".join(kept)}]
    assert pdf_of(found).startswith(b"%PDF-")
