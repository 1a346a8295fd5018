"""Telling the list from the other things that a server sends with status 200."""

from __future__ import annotations

from pipelines.registers.contract import COLUMNS
from pipelines.registers.http import Transient, Unlike

PARQUET = b"PAR1"
_BOM = b"\xef\xbb\xbf"
_SPACES = b" \t\r\n"
# Every name that a column of the list goes by; num_da is the key of the 2021 layout.
_NAMES = {name for c in COLUMNS for name in (c.wire, c.technical, c.label)} | {"num_da"}
_SIGNATURES = (
    (b"PK\x03\x04", "une archive ZIP ou un classeur"),
    (b"\x1f\x8b", "un fichier gzip"),
    (b"%PDF", "un document PDF"),
    (b"\xd0\xcf\x11\xe0", "un ancien classeur Excel"),
    (b"\xff\xfe", "un texte en UTF-16"),
    (b"\xfe\xff", "un texte en UTF-16"),
    (b"<", "une page web"),
    (b"{", "du JSON"),
    (b"[", "du JSON"),
)


def check_list(head: bytes, tail: bytes, line_ends: int, min_lines: int) -> None:
    """See that a body, known by its two ends and its number of line ends, can be the list.

    Raises:
        Unlike: it is something else, or too short; the clause names it.
        Transient: it is the list, cut in its last line.
    """
    if head.startswith(PARQUET):
        if not tail.endswith(PARQUET):
            raise Transient("fichier Parquet tronqué")
        return
    text = head.removeprefix(_BOM).lstrip(_SPACES)
    if not text:
        raise Unlike("une réponse vide")
    for signature, name in _SIGNATURES:
        if text.startswith(signature):
            raise Unlike(name)
    header = text.split(b"\n", 1)[0]
    _check_header(header.rstrip(b"\r"))
    last = tail.rpartition(b"\n")[2]
    skipped = head[: len(head) - len(text)].count(b"\n")
    lines = line_ends - skipped + bool(last) - 1
    if lines <= 0:
        raise Unlike("l'en-tête de la liste sans aucune ligne")
    if last and last.count(b";") < header.count(b";"):
        raise Transient("liste coupée au milieu de sa dernière ligne")
    if lines < min_lines:
        raise Unlike(f"une liste de {lines} lignes, au moins {min_lines} attendues")


def _check_header(header: bytes) -> None:
    if any(byte < ord(" ") and byte != ord("\t") for byte in header):
        raise Unlike("un fichier binaire")
    names = header.decode("utf-8", errors="replace").split(";")
    if len(names) == 1 or _NAMES.isdisjoint(name.strip().strip('"').strip() for name in names):
        raise Unlike("un texte sans l'en-tête de la liste")
