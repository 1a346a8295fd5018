"""Recognising the layout of a list by its header, and refusing what is not one, by name."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
from dataclasses import dataclass, field

from pipelines.errors import NotTheList
from pipelines.french import date_courte
from pipelines.registers.contract import ALWAYS, BY_NAME, COLUMNS, MIRROR_UNUSED, NAMES

BOM = "\ufeff"
DELIMITERS = (";", ",", "\t", "|")
# Below this share of known names a header is not that of a changed list, but of something else.
_LEAST_KNOWN = 0.4
_SHOWN = 100

# The list of 2021 and before (public_ofs.csv). It had no certification, no region and no date.
# `cfa` says that an organisation was a CFA, which is not being certified for apprenticeship.
_2021_NAMES = {
    "num_da": "nda",
    "raison_sociale": "denomination",
    "siren": "siren",
    "num_etablissement": "nic",
    "effectifs": "effectif_formateurs",
    "code_specialite_1": "code_specialite_1",
    "code_specialite_2": "code_specialite_2",
    "code_specialite_3": "code_specialite_3",
    "libelle_specialite_1": "libelle_specialite_1",
    "libelle_specialite_2": "libelle_specialite_2",
    "libelle_specialite_3": "libelle_specialite_3",
}
_2021_REQUIRED = frozenset(
    {"num_da", "raison_sociale", "siren", "num_etablissement", "cfa", "effectifs"}
    | {"code_specialite_1", "nb_stagiaires_1"}
)
# Read into other columns: summed, or joined into the address.
TRAINEES_2021, ADDRESS_2021 = "nb_stagiaires_", "adresse_"


@dataclass(frozen=True)
class Layout:
    """How the columns of one file are laid out.

    ``targets`` holds, for each column of the file in order, our name or ``None`` (unused);
    ``absent`` our columns that this layout never had; ``new`` columns nobody knows yet.
    """

    name: str
    delimiter: str
    targets: tuple[str | None, ...]
    absent: frozenset[str] = frozenset()
    new: tuple[str, ...] = ()
    trailing: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def width(self) -> int:
        """Number of named columns; a trailing delimiter adds an empty one after them."""
        return len(self.targets)


def recognise_header(line: str, date: dt.date = ALWAYS) -> Layout:
    """Recognise the header line of a CSV list; ``date`` as for :func:`recognise_names`.

    Raises:
        NotTheList: unknown header, or columns missing, renamed or given twice; all are named.
    """
    line = line.removeprefix(BOM).rstrip("\r\n")
    try:
        readings = {
            delimiter: next(csv.reader([line], delimiter=delimiter), []) for delimiter in DELIMITERS
        }
    except csv.Error as error:
        raise NotTheList(_another_file(line)) from error
    known = _known_names()
    delimiter = max(DELIMITERS, key=lambda d: len(known & set(_bare(readings[d]))))
    names = readings[delimiter]
    trailing = bool(names) and names[-1].strip() == ""
    if trailing:
        names = names[:-1]
    layout = recognise_names(names, delimiter, date)
    return Layout(
        layout.name,
        delimiter,
        layout.targets,
        layout.absent,
        layout.new,
        trailing,
        layout.warnings,
    )


def recognise_names(raw_names: list[str], delimiter: str = "", date: dt.date = ALWAYS) -> Layout:
    """Recognise a list by the names of its columns (CSV header or Parquet schema).

    A list has every column that came before its ``date``, or no later than one that it has. Later
    ones may be absent. Without a date, its columns alone say how old it is.

    Raises:
        NotTheList: unknown header, or columns missing, renamed or given twice; all are named.
    """
    names = _bare(raw_names)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotTheList(
            f"L'en-tête donne plusieurs fois les mêmes colonnes ({_list(twice)}) : "
            "redemandez le fichier, il a été abîmé."
        )
    if set(names) >= _2021_REQUIRED:
        return _layout_2021(names, delimiter)
    namings = {
        "actuelle": {column.wire: column.name for column in COLUMNS},
        "opendatasoft (noms techniques)": {column.technical: column.name for column in COLUMNS},
        "opendatasoft (libellés)": {column.label: column.name for column in COLUMNS},
    }
    title, naming = max(namings.items(), key=lambda item: len(item[1].keys() & set(names)))
    found = naming.keys() & set(names)
    if len(found) < _LEAST_KNOWN * len(COLUMNS):
        raise NotTheList(_another_file(_list(names)))
    shown = max(BY_NAME[naming[name]].since for name in found)
    lacking = {name: BY_NAME[ours].since for name, ours in naming.items() if name not in found}
    missing = [name for name, since in lacking.items() if since <= max(shown, date)]
    new = [name for name in names if name not in naming and name not in MIRROR_UNUSED]
    if missing:
        first = min(lacking[name] for name in missing)
        raise NotTheList(_changed_columns(missing, new, first if first > shown else None))
    absent = frozenset(naming[name] for name in lacking)
    if title == "actuelle" and any(name != name.strip() for name in raw_names):
        title = "janvier 2022 (espaces en tête)"
    warnings = (f"Colonnes nouvelles dans la liste, non lues : {_list(new)}.",) if new else ()
    targets = tuple(naming.get(name) for name in names)
    return Layout(title, delimiter, targets, absent, tuple(new), warnings=warnings)


def _bare(names: list[str]) -> list[str]:
    return [name.strip().strip('"').strip() for name in names]


def _layout_2021(names: list[str], delimiter: str) -> Layout:
    targets: list[str | None] = []
    new: list[str] = []
    for name in names:
        target = _2021_NAMES.get(name)
        if target is None and (name.startswith((TRAINEES_2021, ADDRESS_2021))):
            target = name
        elif target is None and not _known_2021(name):
            new.append(name)
        targets.append(target)
    read = {target for target in targets if target in NAMES}
    read |= {"siret_declarant", "nb_stagiaires"}
    if any(name.startswith(ADDRESS_2021) for name in names):
        read |= {"adresse_voie", "code_postal", "ville"}
    warnings = (f"Colonnes nouvelles dans la liste, non lues : {_list(new)}.",) if new else ()
    return Layout(
        "2021 (public_ofs)",
        delimiter,
        tuple(targets),
        frozenset(set(NAMES) - read),
        tuple(new),
        warnings=warnings,
    )


def _known_2021(name: str) -> bool:
    """Columns of 2021 that are known and not used: later specialities, hours, the CFA mark."""
    prefixes = ("code_specialite_", "libelle_specialite_", "nb_heures_stagiaires_")
    return name == "cfa" or name.startswith(prefixes)


def _known_names() -> set[str]:
    known = {name for c in COLUMNS for name in (c.wire, c.technical, c.label)}
    return known | MIRROR_UNUSED | _2021_REQUIRED


def _another_file(header: str) -> str:
    shown = header[:_SHOWN] + ("…" if len(header) > _SHOWN else "")
    return (
        "Le fichier n'a pas les colonnes de la liste publique des organismes de formation "
        f"(son en-tête : « {shown} ») : vérifiez que c'est le bon fichier."
    )


def _changed_columns(missing: list[str], new: list[str], first: dt.date | None) -> str:
    """Say which columns are gone, which came, and which look renamed.

    ``first`` is the date before which a list may be without those that are gone.
    """
    renamed: list[str] = []
    gone, left = list(missing), list(new)
    for name in missing:
        near = difflib.get_close_matches(name, left, n=1, cutoff=0.6)
        if near:
            renamed.append(f"« {name} » semble devenue « {near[0]} »")
            gone.remove(name)
            left.remove(near[0])
    parts = []
    if gone:
        parts.append(f"manquantes : {_list(gone)}")
    if renamed:
        parts.append(f"renommées : {', '.join(renamed)}")
    if left:
        parts.append(f"nouvelles : {_list(left)}")
    older = ""
    if first is not None:
        older = f"si la liste est d'avant le {date_courte(first)}, donnez sa date (--date) ; sinon "
    return (
        f"Les colonnes de la liste ont changé ({' ; '.join(parts)}) : rien n'a été publié ; "
        f"{older}adaptez le contrat (pipelines/registers/contract.py) après "
        "vérification auprès de la source."
    )


def _list(names: list[str]) -> str:
    return ", ".join(names)
