"""The page of a dossier: typst sets it out, with the fonts that its package carries.

Data go to the template as JSON, never as text of it: nothing that a register or a user wrote is
read as markup. The same content gives the same bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import OpacError

if TYPE_CHECKING:
    from typst import PDFStandard

_TEMPLATE = Path(__file__).parent / "templates" / "dossier.typ"
# Tagged, titled and in a language, for those who listen to it; fonts inside, for archives.
_STANDARDS: list[PDFStandard] = ["ua-1", "a-2a"]
# A glyph that the fonts lack would fail the whole page. These ranges they can draw (a test draws
# them all): Latin, Greek and Cyrillic letters, punctuation, currencies.
_UNDRAWN = re.compile(
    "[^ -~\u00a0-\u00ac\u00ae-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff"
    "\u2010-\u2027\u202f-\u203f\u20a0-\u20bf\u2190-\u21ff\u2200-\u22ff\u2713\u2717]"
)


def render(content: Mapping[str, Any]) -> bytes:
    """Give the PDF of a dossier (see :func:`pipelines.portage.dossier.content.content`).

    Raises:
        OpacError: the page cannot be set out.
    """
    import typst

    try:
        pdf: bytes = typst.compile(
            _TEMPLATE,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"contenu": json.dumps(drawable(content), ensure_ascii=False)},
            pdf_standards=_STANDARDS,
        )
    except typst.TypstError as error:
        raise OpacError(
            f"La page du dossier n'a pas pu être composée ({error}) : signalez-le, avec ce qui "
            "était demandé."
        ) from error
    return pdf


def drawable(value: Any) -> Any:
    """Give the same texts with what a page can show; a character no font has is named.

    Line breaks become spaces; marks that only steer the display (reversed writing, joiners) go.
    """
    if isinstance(value, str):
        text = re.sub(r"\s+", _space, unicodedata.normalize("NFC", value))
        return _UNDRAWN.sub(_named, text)
    if isinstance(value, Mapping):
        return {name: drawable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(item) for item in value]
    return value


def _space(found: re.Match[str]) -> str:
    # The spaces that do not break stay as they are.
    return found[0] if found[0] in "\u00a0\u202f" else " "


def _named(found: re.Match[str]) -> str:
    steers = unicodedata.category(found[0]) in {"Cf", "Cc"}
    return "" if steers else f"[U+{ord(found[0]):04X}]"
