"""A dossier verified where it was not issued, with nothing but its file and a key."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from pypdf import PdfReader, PdfWriter

from pipelines.errors import HomeUnusable, UsageError
from pipelines.home import Home
from pipelines.portage.dossier import archive, signature
from pipelines.portage.dossier.check import Checked, Status, check
from pipelines.portage.dossier.content import content
from pipelines.portage.dossier.issue import Issued, Target, issue
from pipelines.portage.dossier.key import (
    fingerprint,
    given_fingerprint,
    grouped,
    key_path,
    own_fingerprint,
    signer,
)
from pipelines.portage.dossier.numbers import issued, reserved
from pipelines.portage.dossier.pdf import render
from pipelines.portage.dossier.seen import look
from pipelines.settings import ROOT
from tests.portage.dossier.dossiers import MOMENT, NUMBER, REVIEW, SEAL, SOURCE, answer


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "maison")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Home:
    """A machine that has never issued anything."""
    return Home(tmp_path / "ailleurs")


@pytest.fixture
def made(home: Home, tmp_path: Path) -> Issued:
    (tmp_path / "cv.pdf").write_bytes(b"cv")
    seen = look(["titres=cv.pdf"], None, dt.date(2026, 3, 2), tmp_path)
    review = replace(REVIEW, par="A. Fictive", vus=seen)
    target = Target(tmp_path / "dossier.pdf", packed=True)
    return issue(home, answer(), SOURCE, target, review)


@pytest.fixture
def key(home: Home, made: Issued) -> str:
    return fingerprint(signer(home).certificate)


def seen(home: Home, path: Path, data: bytes, key: str | None = None) -> Checked:
    path.write_bytes(data)
    return check(home, path, key)


def test_with_the_key_without_it_and_with_another(
    made: Issued, elsewhere: Home, key: str, tmp_path: Path
) -> None:
    other = fingerprint(signer(Home(tmp_path / "autre")).certificate)
    for path in (made.pdf, made.json, made.zip):
        assert path is not None
        known = check(elsewhere, path, key)
        assert (known.statut, known.numero, known.cle) == (Status.AUTHENTIQUE, made.numero, key)
        assert "tel qu'il fut signé, par la clé donnée." in known.message
        unknown = check(elsewhere, path)
        assert unknown.statut is Status.INTACT
        assert f"par la clé {grouped(key)}, inconnue ici" in unknown.message
        wrong = check(elsewhere, path, other)
        assert wrong.statut is Status.AUTRE_CLE
        assert grouped(key) in wrong.message
        assert known.empreinte == unknown.empreinte == grouped(made.sha256_json[:16])
    assert not elsewhere.root.exists(), "to verify leaves nothing"


def test_the_home_that_lost_its_journal_knows_its_key(home: Home, made: Issued) -> None:
    (home.root / "dossiers.jsonl").unlink()
    found = check(home, made.pdf)
    assert found.statut is Status.AUTHENTIQUE
    assert "par la clé de ce dossier de travail" in found.message


def test_the_paper_bears_the_number_and_what_to_compare(made: Issued, elsewhere: Home) -> None:
    short = check(elsewhere, made.pdf).empreinte
    assert short is not None
    for page in PdfReader(made.pdf).pages:
        text = " ".join(page.extract_text().split())
        assert f"Dossier {made.numero} · émis le" in text
        assert f"empreinte {short}" in text


def test_one_bit_anywhere(made: Issued, elsewhere: Home, key: str, tmp_path: Path) -> None:
    data = made.pdf.read_bytes()
    chance = random.Random(7)
    start, end = data.index(b"/ByteRange["), data.index(b"\nxref\n", data.index(b"/ByteRange["))
    places = [chance.randrange(len(data)) for _ in range(150)]
    places += [chance.randrange(start, end) for _ in range(150)]
    places += [*range(start, start + 60), *range(len(data) - 40, len(data))]
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << chance.randrange(8)
        found = seen(elsewhere, tmp_path / "x.pdf", bytes(damaged), key)
        assert found.statut is Status.MODIFIE, place


def test_bytes_appended_cut_or_put_in(
    made: Issued, elsewhere: Home, key: str, tmp_path: Path
) -> None:
    data = made.pdf.read_bytes()
    hole = data.index(b"/Contents<") + len(b"/Contents<")
    for other in (
        *(data + b"\n", data + b"%%EOF\n", data[:-1], b"\n" + data),
        data[:hole] + b"00" + data[hole:],
        # The room left after the signature is not room for anything.
        data[: hole + 8000] + b"1" + data[hole + 8001 :],
        data[:hole] + data[hole : hole + 600].upper() + data[hole + 600 :],
    ):
        assert other != data
        assert seen(elsewhere, tmp_path / "x.pdf", other, key).statut is Status.MODIFIE


def test_the_other_value_that_verifies_alike_is_refused(
    made: Issued, elsewhere: Home, key: str, tmp_path: Path
) -> None:
    """Of (r, s) and (r, n − s), both of which ECDSA accepts, one is a file never issued."""
    data = made.pdf.read_bytes()
    hole = data.index(b"/Contents<") + len(b"/Contents<")
    info = cms.ContentInfo.load(bytes.fromhex(data[hole : hole + 8192].decode()))
    of = info["content"]["signer_infos"][0]
    r, s = decode_dss_signature(of["signature"].native)
    of["signature"] = encode_dss_signature(r, signature._ORDER - s)
    other = info.dump(force=True).hex().encode().ljust(8192, b"0")
    found = seen(elsewhere, tmp_path / "x.pdf", data[:hole] + other + data[hole + 8192 :], key)
    assert found.statut is Status.MODIFIE


def other_page(made: Issued, journal: str) -> bytes:
    """The page of another verdict, of the same number; the JSON would be the same."""
    seal = replace(SEAL, json=made.sha256_json)
    number = replace(NUMBER, numero=made.numero, journal=journal)
    return render(content(answer("NON_ELIGIBLE"), SOURCE, number, REVIEW, seal))


def test_only_the_visible_verdict_changed(
    made: Issued, home: Home, elsewhere: Home, key: str, tmp_path: Path
) -> None:
    """The JSON is left as it is: it proves nothing of the page, which the signature covers."""
    page = other_page(made, issued(home)[0]["journal"])
    forger = signer(Home(tmp_path / "faussaire"))
    forged = signature.sign(page, forger, MOMENT, f"Dossier {made.numero}")
    own, theirs = (
        pdf[pdf.index(b"/Contents<") :][: 10 + 8192] for pdf in (made.pdf.read_bytes(), forged)
    )
    mixed = forged.replace(theirs, own)
    assert mixed != forged
    for place, with_key in ((elsewhere, key), (elsewhere, None), (home, None)):
        assert seen(place, tmp_path / "x.pdf", mixed, with_key).statut is Status.MODIFIE
    # Signed again by the forger: intact, and of another key; to the home that issued, modified.
    assert seen(elsewhere, made.pdf, forged, key).statut is Status.AUTRE_CLE
    assert check(elsewhere, made.json, key).statut is Status.AUTRE_CLE
    assert check(home, made.pdf).statut is Status.MODIFIE


def test_a_pdf_of_another_program(elsewhere: Home, made: Issued, key: str, tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    blank = BytesIO()
    writer.write(blank)
    found = seen(elsewhere, tmp_path / "facture.pdf", blank.getvalue(), key)
    assert (found.statut, found.numero) == (Status.INCONNU, None)
    again = PdfWriter(clone_from=PdfReader(made.pdf))
    written = BytesIO()
    again.write(written)
    found = seen(elsewhere, tmp_path / "y.pdf", written.getvalue(), key)
    assert (found.statut, found.numero) == (Status.MODIFIE, made.numero)


def test_a_dossier_whose_signature_was_taken_away(
    elsewhere: Home, made: Issued, key: str, tmp_path: Path
) -> None:
    data = made.pdf.read_bytes()
    bare = data[: data.index(b"%%EOF") + 6]
    found = seen(elsewhere, tmp_path / "x.pdf", bare, key)
    assert found.statut is Status.INCONNU
    assert "n'a pas émis, et aucune signature" in found.message


def test_a_dossier_of_before_signatures_is_known_by_the_journal(
    home: Home, made: Issued, elsewhere: Home, tmp_path: Path
) -> None:
    journal = home.root / "dossiers.jsonl"
    bare = made.pdf.read_bytes()
    bare = bare[: bare.index(b"%%EOF") + 6]
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    lines[-1]["sha256_pdf"] = hashlib.sha256(bare).hexdigest()
    del lines[-1]["sha256_zip"]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    key = own_fingerprint(home)
    assert key is not None
    shutil.copy(made.json, tmp_path / "x.json")
    for given in (None, key):
        assert seen(home, tmp_path / "x.pdf", bare, given).statut is Status.AUTHENTIQUE
        assert check(home, tmp_path / "x.json", given).statut is Status.AUTHENTIQUE
        assert seen(elsewhere, tmp_path / "x.pdf", bare, given).statut is Status.INCONNU
        assert check(elsewhere, tmp_path / "x.json", given).statut is Status.INCONNU


def test_a_json_without_its_pdf_or_beside_another(
    made: Issued, elsewhere: Home, key: str, tmp_path: Path
) -> None:
    alone = tmp_path / "seul"
    alone.mkdir()
    shutil.copy(made.json, alone / "dossier.json")
    found = check(elsewhere, alone / "dossier.json", key)
    assert found.statut is Status.INCONNU
    assert "mettez à côté de lui « dossier.pdf »" in found.message
    shutil.copy(made.pdf, alone / "dossier.pdf")
    text = made.json.read_text("utf-8").replace('"ELIGIBLE"', '"NON_ELIGIBLE"', 1)
    (alone / "dossier.json").write_text(text, encoding="utf-8")
    found = check(elsewhere, alone / "dossier.json", key)
    assert found.statut is Status.MODIFIE
    assert "n'est pas celui que « dossier.pdf »" in found.message


# --- The archive ----------------------------------------------------------------------------


def packed(path: Path, source: Path, **changes: bytes | None) -> Path:
    """The same archive with other contents for some names; None takes one away."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = changes.pop(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in changes.items():
            new.writestr(name, data or b"")
    return path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"documents/titres/cv.pdf": b"autre"}, "« documents/titres/cv.pdf » a changé"),
        ({"documents/titres/cv.pdf": None}, "il y manque « documents/titres/cv.pdf »"),
        ({"documents/titres/plus.pdf": b"x"}, "« documents/titres/plus.pdf » y est de trop"),
        ({"dossier.json": b"{}"}, "son JSON n'est pas celui du PDF"),
    ],
)
def test_an_archive_whose_documents_are_not_those_it_tells(
    made: Issued, elsewhere: Home, key: str, tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    assert made.zip is not None
    found = check(elsewhere, packed(tmp_path / "x.zip", made.zip, **changes), key)
    assert found.statut is Status.MODIFIE
    assert told in found.message


def test_an_archive_as_it_was_issued(made: Issued, elsewhere: Home, key: str) -> None:
    assert made.zip is not None
    found = check(elsewhere, made.zip, key)
    assert found.message.endswith("Son JSON et 1 document sont ceux qu'il dit.")


def test_archives_that_are_none(
    made: Issued, elsewhere: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.zip is not None
    data = made.zip.read_bytes()
    for other in (data[:200], data[:60] + b"xx" + data[62:], b"PK\x03\x04rien"):
        with pytest.raises(UsageError, match="est abîmé, ou n'est pas un ZIP"):
            seen(elsewhere, tmp_path / "x.zip", other)
    with pytest.raises(UsageError, match="n'est pas le ZIP d'un dossier"):
        check(elsewhere, packed(tmp_path / "y.zip", made.zip, **{"dossier.json": None}))
    monkeypatch.setattr(archive, "_BYTES", 10)
    with pytest.raises(UsageError, match="n'est pas le ZIP d'un dossier"):
        check(elsewhere, made.zip)


# --- The key --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_signs_nothing(home: Home, tmp_path: Path, mode: int) -> None:
    signer(home)
    key_path(home).chmod(mode)
    with pytest.raises(HomeUnusable, match=rf"droits {mode:04o}\) : rendez-la à vous seul"):
        issue(home, answer(), SOURCE, Target(tmp_path / "x.pdf"), REVIEW)
    assert reserved(home) == set()
    assert not (tmp_path / "x.pdf").exists()
    key_path(home).chmod(0o600)
    issue(home, answer(), SOURCE, Target(tmp_path / "x.pdf"), REVIEW)


def test_it_is_made_for_its_owner_alone(home: Home) -> None:
    before = os.umask(0)
    try:
        signer(home)
    finally:
        os.umask(before)
    assert key_path(home).stat().st_mode & 0o777 == 0o600
    assert fingerprint(signer(home).certificate) == own_fingerprint(home), "made once"
    assert sorted(path.name for path in home.root.iterdir()) == ["dossiers.cle", "dossiers.jsonl"]


@pytest.mark.parametrize("data", [b"", b"rien", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key(home: Home, data: bytes) -> None:
    signer(home)
    key_path(home).write_bytes(data)
    with pytest.raises(HomeUnusable, match="n'est pas la clé qui signe les dossiers : remettez-la"):
        signer(home)
    assert own_fingerprint(home) is None


def test_the_certificate_of_another_is_refused(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "autre")
    signer(home)
    signer(other)
    mark = b"-----BEGIN CERTIFICATE-----"
    own, theirs = (key_path(one).read_bytes().split(mark) for one in (home, other))
    key_path(home).write_bytes(own[0] + mark + theirs[1])
    with pytest.raises(HomeUnusable, match="n'est pas la clé"):
        signer(home)


def test_two_at_once_make_one(home: Home) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipelines.home import Home\n"
        "from pipelines.portage.dossier.key import fingerprint, signer\n"
        "print(fingerprint(signer(Home(Path(sys.argv[1]))).certificate))"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home.root)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for _ in range(3)
    ]
    assert len({child.communicate(timeout=120)[0] for child in children}) == 1


def test_a_key_is_given_by_its_file_or_by_its_fingerprint(home: Home, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    certificate = signer(home).certificate
    known = fingerprint(certificate)
    shown = f"Empreinte (SHA-256) : {grouped(known)}\n".encode()
    (tmp_path / "cle.pem").write_bytes(shown + certificate.public_bytes(Encoding.PEM))
    for text in (str(tmp_path / "cle.pem"), known, known.upper(), grouped(known)):
        assert given_fingerprint(text) == known
    (tmp_path / "x.pem").write_text("rien")
    with pytest.raises(UsageError, match="n'est pas une clé publique : donnez à --cle"):
        given_fingerprint(str(tmp_path / "x.pem"))
    with pytest.raises(UsageError, match="ne peut pas être lu"):
        given_fingerprint(known[:-1])


def test_the_signed_pdf_stays_what_it_was(made: Issued) -> None:
    """Tagged, archivable, of as many pages; one signature field, that shows nothing."""
    reader = PdfReader(made.pdf)
    root: Any = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    packet = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in packet
    assert "<pdfaid:part>2</pdfaid:part>" in packet
    (field,) = root["/AcroForm"]["/Fields"]
    field = field.get_object()
    assert field["/P"].get_object() == reader.pages[0]
    assert field["/F"] & 0b111 == 0b100, "printed, not hidden"
    value = field["/V"]
    assert value["/SubFilter"] == "/ETSI.CAdES.detached"
    start, length, end, last = value["/ByteRange"]
    assert (start, end + last) == (0, made.pdf.stat().st_size)
    assert end - length == 2 * 4096 + 2
    assert root["/Perms"]["/DocMDP"]["/Reason"] == f"Dossier {made.numero}"
