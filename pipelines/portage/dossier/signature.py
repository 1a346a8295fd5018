"""The signature of a PDF, inside it: a reader of PDF shows it, and whether a byte has changed.

A PAdES signature (ETSI EN 319 142-1, level B-B, ECDSA P-256 and SHA-256) appended as an incremental
update, which forbids any further change (DocMDP, P 1). Every byte is under it, but those of the
signature itself; these have one writing only (:func:`_cms`), to which they are compared.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.portage.dossier.key import Signer, fingerprint

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

# Of the signature, in bytes: a certificate takes some 500, the rest less.
_ROOM = 4096
_RANGE = b"/ByteRange[0 %010d %010d %010d]"
_RANGES = re.compile(rb"/ByteRange\[0 (\d{10}) (\d{10}) (\d{10})\]")
_TRAILER = re.compile(
    rb"trailer\n<</Size (\d+)/Root (\d+) 0 R(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*$", re.DOTALL
)
# What a signed dossier always has: one of them damaged, the others tell that it was signed.
_MARKS = (b"/ETSI.CAdES.detached", b"/ByteRange[", b"/DocMDP", b"/SigFlags 3")
# Outside the page, as PDF/UA wants of what is not tagged; printable, as PDF/A wants of all.
_WIDGET = b"/Type/Annot/Subtype/Widget/FT/Sig/T(Emission)/TU(Signature du dossier)/F 132/Rect[%s]"
_NOWHERE = b"-9999 -9999 -9999 -9999"
# The order of the curve P-256: of the two values that verify alike, the lower is the one written.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Signed:
    """What the signature of a file says: whether every byte is as it was, and whose key it is.

    ``key`` is the fingerprint of the public key, None when nothing can be said of it.
    """

    intact: bool
    key: str | None = None


def sign(pdf: bytes, by: Signer, moment: dt.datetime, reason: str) -> bytes:
    """Append the signature to a PDF that :func:`pipelines.portage.dossier.pdf.render` made.

    ``moment`` has a time zone; ``reason`` is ASCII.
    """
    update, holes = _update(pdf, moment.astimezone(dt.UTC), reason)
    data = pdf + update
    start = len(pdf) + holes
    end = start + 2 * _ROOM + 2
    asked = _RANGE % (start, end, len(data) - end)
    data = data.replace(_RANGE % (0, 0, 0), asked, 1)
    digest = hashlib.sha256(data[:start] + data[end:]).digest()
    cms = _cms(by.certificate, digest, _signature(by, digest))
    return data[: start + 1] + cms.hex().encode().ljust(2 * _ROOM, b"0") + data[end - 1 :]


def was_signed(data: bytes) -> bool:
    """Say whether a file bears the marks of a signature, be it damaged."""
    return any(mark in data for mark in _MARKS)


def signed(data: bytes) -> Signed:
    """Check the signature of a file that bears the marks of one: it covers every byte, or not."""
    ranges = _RANGES.findall(data)
    if len(ranges) != 1:
        return Signed(False)
    start, end, last = map(int, ranges[0])
    whole = end - start == 2 * _ROOM + 2 and end + last == len(data)
    if not whole or data[start : start + 1] != b"<" or data[end - 1 : end] != b">":
        return Signed(False)
    digest = hashlib.sha256(data[:start] + data[end:]).digest()
    return _verified(data[start + 1 : end - 1], digest)


def _verified(hole: bytes, digest: bytes) -> Signed:
    from asn1crypto import cms
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        content = cms.ContentInfo.load(bytes.fromhex(hole.decode("ascii")))["content"]
        certificate = x509.load_der_x509_certificate(content["certificates"][0].chosen.dump())
        signature = content["signer_infos"][0]["signature"].native
        rewritten = _cms(certificate, digest, signature)
        key = certificate.public_key()
        low = decode_dss_signature(signature)[1] <= _ORDER // 2
    except (ValueError, TypeError, KeyError, IndexError):
        return Signed(False)
    # The same certificate, digest and signature can be written in one way only.
    if rewritten.hex().encode().ljust(2 * _ROOM, b"0") != hole or not low:
        return Signed(False)
    if not isinstance(key, EllipticCurvePublicKey):
        return Signed(False)
    try:
        key.verify(signature, _attributes(certificate, digest), ECDSA(SHA256()))
    except InvalidSignature:
        return Signed(False)
    return Signed(True, fingerprint(certificate))


def _signature(by: Signer, digest: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )
    from cryptography.hazmat.primitives.hashes import SHA256

    made = by.key.sign(_attributes(by.certificate, digest), ECDSA(SHA256()))
    r, s = decode_dss_signature(made)
    return encode_dss_signature(r, min(s, _ORDER - s))


def _attributes(certificate: Certificate, digest: bytes) -> bytes:
    """Write what is signed (DER): the digest of the file, and whose certificate it is."""
    from asn1crypto import cms, tsp
    from cryptography.hazmat.primitives.serialization import Encoding

    der = certificate.public_bytes(Encoding.DER)
    named = tsp.SigningCertificateV2(
        {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(der).digest()})]}
    )
    attributes: bytes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [named]}),
        ]
    ).dump()
    return attributes


def _cms(certificate: Certificate, digest: bytes, signature: bytes) -> bytes:
    """Write the signature as a CMS (RFC 5652, DER): the only writing that is accepted."""
    from asn1crypto import cms, x509
    from cryptography.hazmat.primitives.serialization import Encoding

    own = x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    sha256 = {"algorithm": "sha256"}
    signer = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {"issuer": own.issuer, "serial_number": own.serial_number}
        },
        "digest_algorithm": sha256,
        "signed_attrs": cms.CMSAttributes.load(_attributes(certificate, digest)),
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    content = {
        "version": "v1",
        "digest_algorithms": [sha256],
        "encap_content_info": {"content_type": "data"},
        "certificates": [own],
        "signer_infos": [signer],
    }
    info = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})
    written: bytes = info.dump()
    return written


def _update(pdf: bytes, moment: dt.datetime, reason: str) -> tuple[bytes, int]:
    """Write the incremental update, its signature empty; give it and where its room begins."""
    if (found := _TRAILER.search(pdf, len(pdf) - 1000)) is None:
        raise ValueError("this PDF does not end as those that typst makes")
    size, root, rest, before = int(found[1]), int(found[2]), found[3], int(found[4])
    sig, field = size, size + 1
    catalogue = _object(pdf, before, root)
    pages = _object(pdf, before, _reference(catalogue, b"/Pages "))
    page_number = _reference(pages, b"/Kids[")
    page = _object(pdf, before, page_number)
    objects = {
        sig: _signature_dictionary(moment, reason),
        field: _WIDGET % _NOWHERE + b"/V %d 0 R/P %d 0 R" % (sig, page_number),
        root: catalogue
        + b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>/Perms<</DocMDP %d 0 R>>" % (field, sig),
        page_number: page + b"/Annots[%d 0 R]" % field,
    }
    written, offsets = b"\n", {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(pdf) + len(written)
        written += b"%d 0 obj\n<<%s>>\nendobj\n" % (number, body)
    start = len(pdf) + len(written)
    written += b"xref\n"
    for number, offset in offsets.items():
        written += b"%d 1\n%010d 00000 n \n" % (number, offset)
    written += b"trailer\n<</Size %d/Root %d 0 R%s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        *(size + 2, root, rest, before, start),
    )
    return written, written.index(b"/Contents<") + len(b"/Contents")


def _signature_dictionary(moment: dt.datetime, reason: str) -> bytes:
    return (
        b"/Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"
        + b"/M(D:%s+00'00')/Reason(%s)" % (f"{moment:%Y%m%d%H%M%S}".encode(), reason.encode())
        + b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
        + b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
        + _RANGE % (0, 0, 0)
        + b"/Contents<%s>" % (b"0" * 2 * _ROOM)
    )


def _object(pdf: bytes, table: int, number: int) -> bytes:
    """Give what is between the brackets of a dictionary, found by the table that starts there."""
    entry = pdf.index(b"\n", table + len(b"xref\n")) + 1 + 20 * number
    start = int(pdf[entry : entry + 10])
    head = b"%d 0 obj\n<<" % number
    if pdf[start : start + len(head)] != head:
        raise ValueError(f"no dictionary {number} in this PDF")
    return pdf[start + len(head) : pdf.index(b">>\nendobj\n", start)]


def _reference(dictionary: bytes, key: bytes) -> int:
    """Give the number of the object that a key names, the first of several."""
    return int(dictionary.split(key, 1)[1].split(b" ", 1)[0])
