"""The releases: the link, their sheets, that they open and answer, and the history they tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pipelines.doctor.finding import Finding, Patient, broken, look, well
from pipelines.errors import HomeUnusable, OpacError
from pipelines.french import combien
from pipelines.history.catch_up import untold
from pipelines.history.state import rules
from pipelines.quality.controls import Status
from pipelines.quality.queries import load_queries, run_queries
from pipelines.warehouse.release import Release, fault, open_readonly, releases

_BACK = "« opac rollback » revient à la version conservée la plus récente"
_REBUILD = "« opac historique reconstruire » le refait depuis l'archive."
# The queries of the gate that tell whether history holds together.
_HISTORY = "historique_"


def link(patient: Patient) -> Iterator[Finding]:
    """See that ``opac.duckdb`` leads to a version that was released to its end."""
    home = patient.home
    kept, sheets = _bases(patient), [*home.releases.glob("*.json")]
    for sheet in sheets:
        try:
            json.loads(sheet.read_text(encoding="utf-8"))
        except ValueError:
            yield broken(
                f"La fiche de version « {sheet.name} » est illisible",
                f"supprimez « {sheet} », puis {_BACK}.",
            )
            return
    try:
        current = patient.release
    except HomeUnusable as error:
        told, _, mend = str(error).partition(" : ")
        yield broken(told, mend)
        return
    if current is not None:
        yield well(
            f"Version {current.version}, liste du {current.meta['date_contenu']} ; "
            f"{combien(kept, 'version conservée', 'versions conservées')}"
        )
    elif kept:
        yield broken("« opac.duckdb » ne mène à aucune version complète", f"{_BACK}.")
    elif patient.sightings:
        yield broken("Rien n'est publié, alors que des listes sont archivées", "« opac refresh ».")
    else:
        yield look("Rien n'est encore publié", "« opac refresh » reçoit et publie la liste.")


def bases(patient: Patient) -> Iterator[Finding]:
    """See that every version kept opens, that its tables answer, and what list it is made from."""
    found = releases(patient.home)
    bad = 0
    for release in found:
        if (reason := _fault(patient, release)) is None:
            continue
        bad += 1
        if release.courante:
            other = "« opac rollback »" if len(found) > 1 else "« opac historique reconstruire »"
            yield broken(
                f"La version courante {release.version} {reason}",
                f"{other} en publie une autre ; puis supprimez « {release.path} » et sa fiche.",
            )
        else:
            yield look(
                f"La version {release.version} {reason}",
                f"elle n'est pas courante : supprimez « {release.path} » et sa fiche.",
            )
    if found and not bad:
        yield well(
            f"{combien(len(found), 'version ouverte', 'versions ouvertes')}, toutes les tables lues"
        )


def history(patient: Patient) -> Iterator[Finding]:
    """See that the history of the release is that of the archive, and holds together."""
    release = patient.release
    if release is None:  # said by another check
        return
    if release.meta.get("historique") != rules():
        yield look("L'historique a été fait par d'autres règles que celles de ce code", _REBUILD)
        return
    late, lost = untold(patient.home, release)
    if lost:
        yield broken(
            f"L'historique raconte {combien(len(lost), 'liste')} que l'archive ne nomme plus "
            f"({lost[0][0]})",
            "restaurez « archive/observations.jsonl » et « archive/admissions.jsonl » depuis une "
            "sauvegarde avant toute actualisation, qui les oublierait.",
        )
    if late:
        yield look(
            f"{combien(len(late), 'liste archivée', 'listes archivées')} que l'historique ne "
            f"raconte pas encore ({late[0][0]})",
            _REBUILD,
        )
    faults = _unsound(release)
    with open_readonly(release.path) as con:
        told = con.execute(
            "select (select count(*) from historique.instantane), "
            "(select count(*) from historique.evenement)"
        ).fetchone()
    if faults:
        yield broken(f"Historique incohérent : {' ; '.join(faults)}", _REBUILD)
    elif not lost and not late and told is not None:
        yield well(
            f"{combien(told[0], 'liste suivie', 'listes suivies')}, "
            f"{combien(told[1], 'événement')}, accordés à l'archive"
        )


def _bases(patient: Patient) -> int:
    return len([*patient.home.releases.glob("*.duckdb")])


def _fault(patient: Patient, release: Release) -> str | None:
    """Give what is wrong with a version, None if nothing is."""
    try:
        with open_readonly(release.path) as con:
            if (reason := fault(con)) is not None:
                return reason
            row = con.execute(
                "select version, sha256, lignes_liste from meta.publication"
            ).fetchone()
    except OpacError as error:
        inside = re.search(r"\((.*)\)", str(error))
        return f"ne s'ouvre pas ({inside[1]})" if inside else "ne s'ouvre pas"
    if row != (release.version, release.meta["sha256"], release.meta["lignes"]):
        return "ne dit pas la même liste que sa fiche"
    if release.meta["sha256"] not in {sighting.sha256 for sighting in patient.sightings}:
        return "vient d'une liste que l'archive ne nomme pas"
    return None


def _unsound(release: Release) -> list[str]:
    """Say what the gate would find wrong today with the history of a release."""
    queries = [query for query in load_queries() if query.name.startswith(_HISTORY)]
    controls = run_queries(release.path, queries)
    return [
        f"« {query.description.rstrip('.')} » ne se vérifie pas "
        f"({combien(control.nb_en_defaut, 'ligne') if control.nb_en_defaut else control.mesure})"
        for query, control in zip(queries, controls, strict=True)
        if control.statut is not Status.CONFORME
    ]
