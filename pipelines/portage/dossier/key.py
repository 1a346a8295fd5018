"""The key that signs the dossiers of a home, made with its first dossier, and those of others.

``dossiers.cle`` holds the private key and its certificate (PEM, mode 0600): whoever has it can sign
in the home's name. Whoever receives dossiers needs the certificate only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# cryptography is imported where it is used: a question, which signs nothing, does without it.
from pipelines.errors import HomeUnusable, UsageError
from pipelines.home import Home, home_errors
from pipelines.portage.dossier.numbers import held
from pipelines.portage.dossier.reading import bytes_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, KeyUsage

# Longer than dossiers are kept: a reader of PDF would call an expired certificate a fault.
_YEARS = 30
_OTHERS = 0o077
_LARGEST = 100_000
_TOO_BIG = "pour une clé : donnez le fichier que « opac dossier --cle » a montré."
_FINGERPRINT = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class Signer:
    """The private key of a home and its certificate."""

    key: EllipticCurvePrivateKey
    certificate: Certificate


@dataclass(frozen=True)
class Seal:
    """What a page tells of its own proof: the SHA-256 of its JSON, and of the key that signs."""

    json: str
    cle: str


def key_path(home: Home) -> Path:
    """Give the place of the key."""
    return home.root / "dossiers.cle"


def signer(home: Home) -> Signer:
    """Give the key of a home; it is made, once, when there is none.

    Raises:
        HomeUnusable: others may read it, it is not a key, or it cannot be read or written.
    """
    path = key_path(home)
    if not path.exists():
        # The journal is held: of two commands, the second finds the key of the first.
        with held(home):
            if not path.exists():
                _write(path, _made())
    with home_errors(home.root):
        mode = path.stat().st_mode & 0o777
        data = path.read_bytes()
    if mode & _OTHERS:
        raise HomeUnusable(
            f"La clé qui signe les dossiers, « {path} », peut être lue par d'autres (droits "
            f"{mode:04o}) : rendez-la à vous seul (chmod 600), ou, si elle a pu être copiée, "
            "gardez-la ailleurs et relancez la commande, qui en fera une autre."
        )
    return _read(path, data)


def own_fingerprint(home: Home) -> str | None:
    """Give the fingerprint of the key of a home; None without one, or of one that is damaged.

    Raises:
        HomeUnusable: it cannot be read.
    """
    from cryptography import x509

    path = key_path(home)
    with home_errors(home.root):
        data = path.read_bytes() if path.exists() else b""
    try:
        return fingerprint(x509.load_pem_x509_certificate(data))
    except ValueError:  # what it cannot sign any more, it cannot recognise either
        return None


def fingerprint(certificate: Certificate) -> str:
    """Give the SHA-256 of a public key (DER, SubjectPublicKeyInfo), in hexadecimal."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = certificate.public_key()
    return hashlib.sha256(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def grouped(hexadecimal: str) -> str:
    """Write a fingerprint in groups of four, to be compared by eye."""
    return " ".join(re.findall(".{1,4}", hexadecimal))


def short(sha256_json: str) -> str:
    """Give the hash that pages bear, to be compared by eye: how the SHA-256 of the JSON begins."""
    return grouped(sha256_json[:16])


def given_fingerprint(text: str) -> str:
    """Read the key that a user gives: its fingerprint, or a file of its certificate.

    Raises:
        UsageError: it is neither.
    """
    from cryptography import x509

    if _FINGERPRINT.fullmatch(bare := re.sub(r"[\s:]", "", text)):
        return bare.lower()
    data = bytes_of(Path(text), _LARGEST, _TOO_BIG)
    try:
        return fingerprint(x509.load_pem_x509_certificate(data))
    except ValueError as error:
        raise UsageError(
            f"« {text} » n'est pas une clé publique : donnez à --cle le fichier, ou l'empreinte, "
            "que « opac dossier --cle » montre là où le dossier a été émis."
        ) from error


def _made() -> bytes:
    """Make a key (ECDSA, P-256, which readers of PDF know) and a certificate signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # Nobody's name: the porteur is known by where the key was given, not by what it says of itself.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"opac, dossiers {serial:x}"[:32])])
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        # A clock set right a day later must not have it not begun yet.
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now.replace(year=now.year + _YEARS, day=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_to_sign(), critical=True)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def _to_sign() -> KeyUsage:
    from cryptography import x509

    others = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, content_commitment=True, **others)


def _write(path: Path, data: bytes) -> None:
    """Write the key whole or not at all, readable by nobody else from its first byte."""
    part = path.with_name(f".{path.name}.partiel")
    part.unlink(missing_ok=True)
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    part.replace(path)


def _read(path: Path, data: bytes) -> Signer:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
        paired = key.public_key() == certificate.public_key()
    except (ValueError, TypeError):
        key, paired = None, False
    if not isinstance(key, EllipticCurvePrivateKey) or not paired:
        raise HomeUnusable(
            f"« {path} » n'est pas la clé qui signe les dossiers : remettez-la d'une sauvegarde, "
            "ou gardez ce fichier ailleurs et relancez la commande, qui en fera une autre."
        )
    return Signer(key, certificate)
