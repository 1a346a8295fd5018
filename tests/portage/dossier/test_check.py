"""Checking dossiers: authentic, modified or unknown here, and what the list says since."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pypdf import PdfReader, PdfWriter

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.portage.dossier.check import (
    Checked,
    Status,
    changes,
    check,
    told_emission,
    withdrawn,
)
from pipelines.portage.dossier.issue import Issued, Target, issue
from pipelines.portage.dossier.key import own_fingerprint
from pipelines.portage.dossier.numbers import issued, journal_path, reserve
from pipelines.portage.dossier.source import state
from tests.portage.dossier.dossiers import (
    CARRIER,
    MOMENT,
    NDA,
    REVIEW,
    SIREN,
    SOURCE,
    STATE,
    answer,
)
from tests.warehouse.frames import ASKED, built, flags, organisme


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


@pytest.fixture
def made(home: Home, tmp_path: Path) -> Issued:
    return issue(home, answer(), SOURCE, Target(tmp_path / "dossier.pdf"), REVIEW)


def seen(home: Home, path: Path, data: bytes | str | None = None) -> Checked:
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return check(home, path)


def test_the_files_issued_are_authentic(home: Home, made: Issued) -> None:
    for path in (made.pdf, made.json):
        found = check(home, path)
        assert (found.statut, found.numero) == (Status.AUTHENTIQUE, made.numero)
        assert found.message == (
            "C'est le dossier OPAC-2026-000001, tel que ce dossier de travail l'a émis."
        )
        assert found.emission == issued(home)[0]
    assert check(home, made.pdf).sha256 == made.sha256_pdf
    assert check(home, made.json).sha256 == made.sha256_json


@pytest.mark.parametrize("name", ["preuve", "OPAC-2026-000007.pdf", "sans-extension.docx"])
def test_under_any_name_they_stay_authentic(
    home: Home, made: Issued, tmp_path: Path, name: str
) -> None:
    for path in (made.pdf, made.json):
        shutil.copy(path, tmp_path / name)
        found = check(home, tmp_path / name)
        assert (found.statut, found.numero) == (Status.AUTHENTIQUE, "OPAC-2026-000001")


def test_what_it_was_the_proof_of(home: Home, made: Issued) -> None:
    told = told_emission(issued(home)[0])
    assert told == (
        f"émis le 2 mars 2026, verdict ÉLIGIBLE pour {NDA} (CPF, BILAN_COMPETENCES), sur la liste "
        "du 15 janvier 2026"
    )


@pytest.mark.parametrize("place", [9, 2_000, -40])
def test_one_byte_changed_in_a_pdf(home: Home, made: Issued, tmp_path: Path, place: int) -> None:
    data = bytearray(made.pdf.read_bytes())
    data[place] ^= 1
    found = seen(home, tmp_path / "autre.pdf", bytes(data))
    assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)
    assert found.message == (
        "Ce fichier porte le numéro OPAC-2026-000001, mais ce n'est plus ce que ce dossier de "
        "travail a émis : ne vous fiez qu'à l'original."
    )
    assert found.emission is not None


def test_a_pdf_cut_short_or_gone_on(home: Home, made: Issued, tmp_path: Path) -> None:
    data = made.pdf.read_bytes()
    assert seen(home, tmp_path / "a.pdf", data + b"\n").statut is Status.MODIFIE
    assert seen(home, tmp_path / "b.pdf", data[: len(data) - 200]).statut is Status.MODIFIE


def test_a_pdf_written_again_by_another_program(home: Home, made: Issued, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(made.pdf))
    writer.compress_identical_objects()
    again = BytesIO()
    writer.write(again)
    found = seen(home, tmp_path / "x.pdf", again.getvalue())
    assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)


@pytest.mark.parametrize("coding", ["ascii", "utf-16-be"])
def test_a_number_packed_in_a_stream(home: Home, made: Issued, tmp_path: Path, coding: str) -> None:
    mark = f"OPAC-2026-000001/{issued(home)[0]['journal']}".encode(coding)
    data = b"%PDF-1.7\nstream\nxx\nendstream stream\r\n" + zlib.compress(b"(" + mark + b")")
    found = seen(home, tmp_path / "x.pdf", data)
    assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)


def test_a_pdf_without_its_number_is_known_by_its_name(
    home: Home, made: Issued, tmp_path: Path
) -> None:
    data = b"%PDF-1.4\nune impression"
    found = seen(home, tmp_path / "copie de Opac-2026-000001 (2).pdf", data)
    assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)
    assert "le numéro OPAC-2026-000001 (d'après son nom)" in found.message
    found = seen(home, tmp_path / "OPAC-2026-000002.pdf", data)
    assert (found.statut, found.numero) == (Status.INCONNU, "OPAC-2026-000002")
    found = seen(home, tmp_path / "facture.pdf", data)
    assert (found.statut, found.numero) == (Status.INCONNU, None)
    assert found.message == "Ce fichier ne porte le numéro d'aucun dossier."


def test_a_stream_that_swells_is_not_followed(home: Home, made: Issued, tmp_path: Path) -> None:
    mark = f"OPAC-2026-000001/{issued(home)[0]['journal']}".encode()
    bomb = zlib.compress(bytes(300_000_000) + mark, 9)
    assert seen(home, tmp_path / "x.pdf", b"%PDF-1.7\nstream\n" + bomb).numero is None


def change(path: Path, **values: Any) -> str:
    return json.dumps({**json.loads(path.read_text("utf-8")), **values})


def test_a_json_with_another_verdict(home: Home, made: Issued, tmp_path: Path) -> None:
    text = made.json.read_text("utf-8")
    for other in (
        text.replace('"verdict": "ELIGIBLE"', '"verdict": "NON_ELIGIBLE"'),
        text + " ",
        text.replace("\n", "\r\n"),
        text[: len(text) // 2],
        json.dumps(json.loads(text), separators=(",", ":")),
        change(made.json, portee="tout"),
    ):
        assert other != text
        found = seen(home, tmp_path / "x.json", other)
        assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)


def test_each_home_counts_from_one(home: Home, made: Issued, tmp_path: Path) -> None:
    """What another home issued under the same number is known by its signature."""
    other = Home(tmp_path / "autre")
    theirs = issue(other, answer(), SOURCE, Target(tmp_path / "leur.pdf"), REVIEW)
    assert theirs.numero == made.numero
    for path in (theirs.pdf, theirs.json):
        found = check(home, path)
        assert (found.statut, found.numero) == (Status.INTACT, made.numero)
        assert found.cle == own_fingerprint(other)
        assert "inconnue ici : demandez-la à son émetteur" in found.message
        assert check(other, path).statut is Status.AUTHENTIQUE


def test_a_number_given_and_never_issued(home: Home, made: Issued, tmp_path: Path) -> None:
    number = reserve(home, MOMENT)
    data = f"%PDF-1.7 ({number.mark})"
    found = seen(home, tmp_path / "x.pdf", data)
    assert found.statut is Status.INCONNU
    assert found.message == (
        "Le numéro OPAC-2026-000002 a été donné ici, mais l'émission de son dossier n'est pas "
        "allée à son terme : refaites-le."
    )


def test_a_torn_journal_keeps_what_came_before(home: Home, made: Issued, tmp_path: Path) -> None:
    other = issue(home, answer(), SOURCE, Target(tmp_path / "b.pdf"), REVIEW)
    path = journal_path(home)
    path.write_bytes(path.read_bytes()[:-30])
    assert check(home, made.pdf).statut is Status.AUTHENTIQUE
    assert "l'émission de son dossier n'est pas allée" in check(home, other.pdf).message
    third = issue(home, answer(), SOURCE, Target(tmp_path / "c.pdf"), REVIEW)
    assert third.numero == "OPAC-2026-000003"
    assert check(home, third.pdf).statut is Status.AUTHENTIQUE


def test_a_home_without_journal_knows_the_signature_only(made: Issued, tmp_path: Path) -> None:
    empty = Home(tmp_path / "vide")
    assert check(empty, made.pdf).statut is Status.INTACT
    assert not empty.root.exists()


@pytest.mark.parametrize(
    "data",
    [b"", b"bonjour", b"{}", b'{"numero": "OPAC-2026-000001"}', b"[1, 2]", b"\x00" * 50, b"PK\x03"],
)
def test_what_is_no_dossier(home: Home, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(
        UsageError, match="n'est ni un PDF, ni le JSON ni le ZIP d'un dossier : donnez"
    ):
        seen(home, tmp_path / "x.json", data)


def test_what_cannot_be_read(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"« .*rien\.pdf » ne peut pas être lu \(il n'existe pas"):
        check(home, tmp_path / "rien.pdf")
    with pytest.raises(UsageError, match=r"c'est un dossier\) : vérifiez"):
        check(home, tmp_path)
    with pytest.raises(UsageError, match=r"ce n'est pas un fichier\) : vérifiez"):
        check(home, Path("/dev/zero"))
    (tmp_path / "fichier").write_text("")
    with pytest.raises(UsageError, match=r"il n'existe pas\) : vérifiez"):
        check(home, tmp_path / "fichier" / "x.pdf")
    monkeypatch.setattr("pipelines.portage.dossier.check._LARGEST", 10)
    with pytest.raises(UsageError, match="trop gros pour un dossier : donnez"):
        seen(home, tmp_path / "x.pdf", b"%PDF-1.7 12")


# --- What the list says since -----------------------------------------------------------------

CERTIFIED = flags(True, True, False, None)
LISTED = organisme(NDA, siren=SIREN, denomination="ATELIER FICTIF", **CERTIFIED)


def emission(con: duckdb.DuckDBPyConnection, **values: Any) -> dict[str, Any]:
    """The line of a dossier issued on the list of this connection."""
    was = state(con, NDA, SIREN)
    return {"organismes": [{"role": "sous_traitant", "nda": NDA, "siren": SIREN, **was, **values}]}


def before() -> dict[str, Any]:
    with built([LISTED], of=ASKED) as con:
        return emission(con)


def since(*organismes: dict[str, Any], was: Mapping[str, Any] | None = None) -> list[str]:
    with built(organismes, of=ASKED) as con:
        return changes(con, was or before())


def test_the_state_of_a_listed_organisation() -> None:
    with built([LISTED], of=ASKED) as con:
        found = state(con, NDA, SIREN)
    assert found.keys() == {*STATE} - {"role", "nda", "siren"}
    assert found["liste"] is True
    assert found["certifications"] == STATE["certifications"]
    assert len(found["denomination_sha256"]) == 64


def test_a_list_withdrawn_since_is_told() -> None:
    with built([LISTED], of=[*ASKED, "historique", "meta"]) as con:
        (sha256,) = con.execute("select sha256 from meta.publication").fetchone() or ("",)
        cited = {"sha256_liste": sha256, "date_liste": "2026-01-15"}
        assert withdrawn(con, cited) == []
        assert withdrawn(con, {**cited, "sha256_liste": "0" * 64}) == [
            "la liste du 15 janvier 2026 n'est plus suivie ici : elle a été retirée, ou remplacée "
            "par une autre du même jour"
        ]
        con.execute("drop table historique.instantane")
        assert withdrawn(con, {**cited, "sha256_liste": "0" * 64}) == []


def test_nothing_changed() -> None:
    assert since(LISTED) == []
    assert since(LISTED, organisme(CARRIER, siren="356000000")) == []


def test_flags_that_changed() -> None:
    assert since({**LISTED, **flags(True, False, None, True)}) == [
        "sous-traitant : bilans de compétences : non certifié, et non plus certifié",
        "sous-traitant : VAE : sans certification indiquée, et non plus non certifié",
        "sous-traitant : apprentissage : certifié, et non plus sans certification indiquée",
    ]


def test_a_denomination_that_changed() -> None:
    assert since({**LISTED, "denomination": "ATELIER FICTIF ET FILS"}) == [
        "sous-traitant : sa dénomination a changé"
    ]


def test_an_organisation_that_left() -> None:
    assert since(organisme(CARRIER)) == [
        "sous-traitant : il ne figure plus dans la liste (ce qui n'est pas perdre Qualiopi)"
    ]


def test_an_organisation_under_a_new_number() -> None:
    moved = {**LISTED, "nda": "84130000169", "ndas_precedents": [NDA]}
    assert since(moved) == [
        "sous-traitant : il figure maintenant dans la liste sous le numéro 84130000169"
    ]


def test_an_organisation_that_came() -> None:
    with built([organisme(CARRIER)], of=ASKED) as con:
        was = emission(con)
    assert since(organisme(CARRIER), was=was) == []
    assert since(LISTED, was=was) == [
        "sous-traitant : il figure maintenant dans la liste",
        "sous-traitant : actions de formation : certifié, et non plus sans certification indiquée",
        "sous-traitant : bilans de compétences : certifié, et non plus sans certification indiquée",
        "sous-traitant : VAE : non certifié, et non plus sans certification indiquée",
    ]


def test_asked_by_siren_any_of_its_numbers_counts() -> None:
    with built([organisme(CARRIER)], of=ASKED) as con:
        was = {"organismes": [{"role": "porteur", "nda": None, "siren": SIREN}]}
        was["organismes"][0] |= state(con, None, SIREN)
    assert since(organisme("84130000169", siren=SIREN), was=was) == [
        "porteur : il figure maintenant dans la liste"
    ]


def test_certified_under_one_of_its_numbers() -> None:
    others = [
        organisme("84130000169", siren=SIREN, denomination="B", **flags(False, True, False, None)),
        organisme("93130000213", siren=SIREN, denomination="C", **flags(False, False, None, None)),
    ]
    with built(others, of=ASKED) as con:
        found = state(con, None, SIREN)
    assert list(found["certifications"].values()) == [False, True, False, None]


def test_an_organisation_without_a_number_is_not_looked_for() -> None:
    with built([LISTED], of=ASKED) as con:
        was = emission(con, nda=None, siren=None)
    assert since(was=was) == []
