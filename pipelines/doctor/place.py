"""The folder itself: whose it is, its rights, its space, what was left in it, who holds it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pipelines.doctor.finding import Finding, Patient, broken, look, well
from pipelines.french import combien, instant, taille
from pipelines.lock import running

# Staging, build and release of a list stand side by side for a while.
_TIMES = 3
# A refresh takes a minute; a first one with a year of lists, ten.
_LONG = dt.timedelta(hours=3)


def rights(patient: Patient) -> Iterator[Finding]:
    """See that this account owns the home and may read and write all that is in it."""
    home, me = patient.home, os.geteuid()
    files = [path for path in (home.root, *_files(home.root)) if not path.is_symlink()]
    # A released base, an archived content: read-only on purpose.
    kept = {home.releases, home.archive / "contenus"}
    denied = [
        path
        for path in files
        if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0))
        or (not os.access(path, os.W_OK) and (path.is_dir() or not kept.intersection(path.parents)))
    ]
    others = [path for path in files if path.lstat().st_uid != me]
    give = f"rendez-le au compte qui actualise : « chown -R COMPTE {home.root} »"
    if denied:
        yield broken(
            f"Droits manquants sur {combien(len(denied), 'fichier', 'fichiers ou dossiers')}, "
            f"dont « {denied[0]} »",
            f"{give}, puis « chmod -R u+rwX {home.root} ».",
        )
    elif others:
        yield look(
            f"{combien(len(others), 'fichier appartient', 'fichiers appartiennent')} à un autre "
            f"compte (numéro {others[0].lstat().st_uid}, ici {me}), dont « {others[0]} »",
            f"lancez opac sous un seul compte, ou {give}.",
        )
    else:
        yield well("Tout appartient à ce compte, qui peut lire et écrire")


def space(patient: Patient) -> Iterator[Finding]:
    """See that a refresh would find the room it needs."""
    home = patient.home
    bases = [path.stat().st_size for path in home.releases.glob("*.duckdb")]
    lists = [sighting.octets for sighting in patient.sightings]
    needed = _TIMES * (max(bases, default=0) + max(lists, default=0))
    free = shutil.disk_usage(home.root).free
    told = f"{_size(free)} libres, une actualisation en demande {_size(needed)}"
    if free < needed:
        yield broken(told, "libérez de l'espace sur ce disque ou gardez moins de versions.")
    else:
        yield well(told)


def lock(patient: Patient) -> Iterator[Finding]:
    """Tell which process refreshes the home, and for how long."""
    holder = running(patient.home)
    if holder is None:
        yield well("Aucune actualisation n'est en cours")
        return
    if not holder:
        yield well("Une actualisation commence")
        return
    since = dt.datetime.fromisoformat(holder["depuis"])
    told = f"Actualisation en cours, processus {holder['pid']}, depuis le {instant(since)}"
    if dt.datetime.now(dt.UTC) - since > _LONG:
        yield look(
            told,
            f"voyez s'il avance (« ps -p {holder['pid']} ») ; sinon arrêtez-le par "
            f"« kill {holder['pid']} » : la version publiée n'y perd rien.",
        )
    else:
        yield well(told)


def leftovers(patient: Patient) -> Iterator[Finding]:
    """Find what killed refreshes left and what damaged contents were put aside."""
    home = patient.home
    if running(home) is not None:
        yield well("Non regardés pendant une actualisation")
        return
    torn = [
        *home.archive.rglob("*.partiel"),
        *home.root.glob("*.tmp"),
        *home.releases.glob("*.tmp"),
        *(path for path in home.releases.glob("*.json") if not _base(path).exists()),
        *(path for path in home.releases.glob("*.duckdb") if not _sheet(path).exists()),
    ]
    aside = [*home.archive.rglob("*.abime")]
    if torn:
        size = _size(sum(path.lstat().st_size for path in torn))
        yield look(
            f"{combien(len(torn), 'reste')} d'actualisations interrompues ({size}), dont "
            f"« {torn[0].relative_to(home.root)} »",
            "rien à faire, la prochaine actualisation les reprend ou les efface ; s'ils restent, "
            "supprimez-les.",
        )
    if aside:
        yield look(
            f"{combien(len(aside), 'contenu abîmé mis', 'contenus abîmés mis')} de côté, dont "
            f"« {aside[0].relative_to(home.root)} »",
            "une fois ces contenus restaurés ou reçus de nouveau, supprimez ces fichiers .abime.",
        )
    if not torn and not aside:
        yield well("Aucun reste d'actualisation interrompue")


def _size(size: int) -> str:
    return taille(size).replace(" ", "\u00a0")


def _base(sheet: Path) -> Path:
    return sheet.with_name(f"opac-{sheet.stem}.duckdb")


def _sheet(base: Path) -> Path:
    return base.with_name(f"{base.stem.removeprefix('opac-')}.json")


def _files(root: Path) -> Iterator[Path]:
    """Give what is in the home, but for Dagster's own files of each run, which are many."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "storage"]
        yield from (Path(folder, name) for name in (*folders, *names))
