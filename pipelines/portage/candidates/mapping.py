"""What the user says of a file: the sheet to read, and columns, an option each or a file of them.

In both, a column is called by its header, as it stands above it; what it is read as is the name of
a fact, ``pas-`` and that name for its contrary, or nothing to leave it aside.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import UsageError
from pipelines.portage.candidates.columns import CONTRARY
from pipelines.portage.facts import FAITS, PAR_NOM, Genre
from pipelines.portage.words import key

if TYPE_CHECKING:
    from pipelines.portage.candidates.columns import Column

# Gives the fact that a text names, or refuses it, naming where it stands.
Named = Callable[[str, str], str]
_TITLES = ("colonne", "lue comme", "pourquoi")
_SHOWN = 10


@dataclass(frozen=True)
class Said:
    """What the user says: the ``sheet`` of a workbook, and of ``columns``, by :func:`told`."""

    sheet: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def told(
    options: Sequence[str], path: Path | None = None, named: Named | None = None
) -> dict[str, str]:
    """Give what is said of each column, by its header; an option goes before the file.

    ``named`` gives the fact of a text, by default one of candidates.

    Raises:
        UsageError: an option has no « = », a fact does not exist, or the file cannot be read.
    """
    named = named or _fact
    found = _read(path, named) if path is not None else {}
    for option in options:
        header, sign, fact = option.rpartition("=")
        if not sign or not header.strip():
            raise UsageError(
                f"« {option} » ne dit pas comment lire une colonne : écrivez « Votre en-tête=fait »"
                ", ou « Votre en-tête= » pour la laisser de côté."
            )
        found[plain_header(header)] = named(fact, f"« {option} »")
    return found


def ranks_of(names: Sequence[str], chosen: Mapping[str, str]) -> dict[int, str]:
    """Give what is said of each column, by its rank from 1.

    Raises:
        UsageError: no column has the header told, or several do.
    """
    plain = [plain_header(name) for name in names]
    found = {}
    for header, fact in chosen.items():
        places = [rank for rank, name in enumerate(plain, start=1) if name == header]
        if not places:
            shown = ", ".join(f"« {' '.join(name.split())} »" for name in names[:_SHOWN])
            raise UsageError(
                f"Aucune colonne ne s'appelle « {header} » : corrigez l'en-tête donné "
                f"(colonnes : {shown}{'…' if len(names) > _SHOWN else ''})."
            )
        if len(places) > 1:
            raise UsageError(
                f"{len(places)} colonnes s'appellent « {header} » : renommez celle que vous visez."
            )
        found[places[0]] = fact
    return found


def write(columns: Sequence[Column], target: Path) -> None:
    """Write how columns are read, to be corrected and given again."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file, delimiter=";", lineterminator="\n")
        lines.writerow(_TITLES)
        for column in columns:
            lines.writerow((plain_header(column.name), said(column), column.why))


def said(column: Column) -> str:
    """Write what a column is read as, the way the user says it."""
    if column.fact is None:
        return ""
    return (CONTRARY if column.contrary else "") + column.fact


def _read(path: Path, named: Named) -> dict[str, str]:
    """Read a file of this command."""
    try:
        body = path.read_bytes()
        # A spreadsheet that wrote it again did so in its own encoding.
        text = body.decode("utf-8-sig" if _is_utf8(body) else "cp1252", errors="replace")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    except (OSError, csv.Error) as error:
        raise UsageError(
            f"Le fichier des colonnes « {path} » ne se lit pas : vérifiez son nom, ou écrivez-en "
            "un avec --ecrire-colonnes."
        ) from error
    if not rows or [cell.strip().lower() for cell in rows[0][:2]] != list(_TITLES[:2]):
        raise UsageError(
            f"« {path} » n'est pas un fichier de colonnes (« {_TITLES[0]} ; {_TITLES[1]} ») : "
            "écrivez-en un avec --ecrire-colonnes."
        )
    found: dict[str, str] = {}
    for row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        header = plain_header(row[0])
        if header in found:
            raise UsageError(f"« {path} » parle deux fois de « {header} » : gardez une ligne.")
        found[header] = named(row[1] if len(row) > 1 else "", f"« {path} »")
    return found


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fact(text: str, where: str) -> str:
    """See that a fact exists, whatever way it is written."""
    plain = text.strip()
    if not plain:
        return ""
    name = plain.removeprefix(CONTRARY)
    by_label = {key(label): fact.nom for fact in FAITS for label in (fact.nom, fact.libelle)}
    fact = by_label.get(key(name))
    if fact is None:
        near = difflib.get_close_matches(name, list(PAR_NOM), n=3)
        raise UsageError(
            f"{where} : le fait « {name} » n'existe pas"
            + (f" (proches : {', '.join(near)})" if near else "")
            + " ; la feuille « Explications » du modèle (--modele) les donne tous."
        )
    if name != plain and PAR_NOM[fact].genre is not Genre.BOOLEEN:
        raise UsageError(
            f"{where} : « {fact} » n'a pas de contraire, seuls les oui ou non en ont un."
        )
    return (CONTRARY if name != plain else "") + fact


def plain_header(header: str) -> str:
    """Give a header as it is compared: blanks as one."""
    return " ".join(header.split())
