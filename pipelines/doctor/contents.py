"""The archive: every content comes back whole, and what was seen of it is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.doctor.finding import Finding, Patient, broken, look, well
from pipelines.french import combien
from pipelines.jsonl import read_lines

_BACKUP = "restaurez le dossier « archive » depuis une sauvegarde"


def contents(patient: Patient) -> Iterator[Finding]:
    """Restore every content in memory and check its fingerprint."""
    sound, damaged, stranded = patient.archive.examine(patient.progress)
    if damaged:
        names = ", ".join(f"{sha256[:12]}…" for sha256 in damaged[:3])
        more = f", et {len(stranded)} qui s'y adossent" if stranded else ""
        yield broken(
            f"{combien(len(damaged), 'contenu abîmé', 'contenus abîmés')} ({names}){more}",
            f"{_BACKUP} ; si la source donne encore cette liste, « opac refresh » la redemande.",
        )
    elif stranded:
        yield broken(
            f"{combien(len(stranded), 'contenu adossé', 'contenus adossés')} à un contenu absent "
            f"({stranded[0][:12]}…)",
            f"{_BACKUP}.",
        )
    else:
        yield well(f"{combien(sound, 'contenu rendu', 'contenus rendus')} à l'octet près")


def sightings(patient: Patient) -> Iterator[Finding]:
    """See that sightings and admissions parse, and name contents that are held."""
    archive, folder = patient.archive, patient.home.archive
    try:
        seen = {sighting.sha256 for sighting in patient.sightings}
        admitted = archive.admitted()
    except (TypeError, KeyError) as error:
        yield broken(
            f"Une ligne d'« observations.jsonl » ou d'« admissions.jsonl » n'a pas la forme "
            f"attendue ({type(error).__name__})",
            f"{_BACKUP}.",
        )
        return
    missing = sorted(sha256 for sha256 in seen if not archive.holds(sha256))
    if missing:
        yield broken(
            f"{combien(len(missing), 'liste vue', 'listes vues')} dont le contenu manque "
            f"({missing[0][:12]}…)",
            f"{_BACKUP} ; si la source donne encore cette liste, « opac refresh » la redemande.",
        )
    forgotten = sorted(admitted - seen)
    if forgotten:
        yield broken(
            f"{combien(len(forgotten), 'liste admise', 'listes admises')} dans l'historique sans "
            f"observation ({forgotten[0][:12]}…)",
            f"{_BACKUP}, avant toute actualisation.",
        )
    orphans = sorted(archive.held() - seen - admitted)
    if orphans:
        yield look(
            f"{combien(len(orphans), 'contenu archivé', 'contenus archivés')} sans observation "
            f"({orphans[0][:12]}…), sans doute d'une actualisation interrompue",
            "rien ne s'appuie dessus : relancez l'actualisation qui l'apportait, ou laissez-le.",
        )
    torn = sum(_torn(folder / name) for name in ("observations.jsonl", "admissions.jsonl"))
    if torn:
        yield look(
            f"{combien(torn, 'ligne illisible', 'lignes illisibles')} dans les journaux de "
            "l'archive",
            f"si une liste manque à l'historique, {_BACKUP} ; sinon il n'y a rien à faire.",
        )
    if not (missing or forgotten or orphans or torn):
        yield well(
            f"{combien(len(patient.sightings), 'observation')} de {combien(len(seen), 'liste')}, "
            f"{combien(len(admitted), 'admise')} dans l'historique"
        )


def _torn(path: Path) -> int:
    """Count the lines that were cut."""
    if not path.exists():
        return 0
    lines = path.read_bytes().splitlines()
    return sum(map(bool, lines)) - len(list(read_lines(path)))
