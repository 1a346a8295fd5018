"""A home whose lists follow one another, night after night, and what its watchers are told."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import duckdb

from pipelines.history.state import Following
from pipelines.home import Home
from pipelines.notices.store import store
from pipelines.publication.database import run_judged
from pipelines.registers.archive import OFFICIAL, Archive, Sighting
from pipelines.settings import Settings
from pipelines.warehouse import release as releases
from pipelines.warehouse.models import CONTROLS, load_models, run_models, split_late
from pipelines.warehouse.release import Release
from pipelines.watch.arguments import Asked
from pipelines.watch.changes import post_changes
from pipelines.watch.schema import DDL
from pipelines.watch.store import Watched
from pipelines.watch.watchlist import Added, add, watched
from tests.history.lists import fingerprint, follow
from tests.warehouse.frames import CONTROLE, Row, flags, organisme, table, undocumented, workshop

FIRST, SECOND, THIRD = (dt.date(2026, 1, day) for day in (15, 16, 17))
STEADY, LOSER, GONE, OLD, NEW, LATE, GAINER = (f"9313{rank:05}13" for rank in range(1, 8))
SIRENS = dict(
    zip(
        (STEADY, LOSER, GONE, GAINER),
        ("900000019", "900000027", "900000035", "900000043"),
        strict=True,
    )
)
UNKNOWN = "93139999913"

BILAN, NOTHING = flags(True, True, False, False), flags(None, None, None, None)


def _row(nda: str, name: str, marks: Mapping[str, bool | None], **more: Any) -> Row:
    return organisme(nda, denomination=name, siren=SIRENS.get(nda), ville="Exempleville") | {
        **marks,
        **more,
    }


# The lists, by date. Between the first two: one loses a category, one leaves, one changes number,
# one appears. Then: the one who left comes back, the renumbered one loses all, one gains
# and is taken over.
LISTS: dict[str, list[Row]] = {
    FIRST.isoformat(): [
        _row(STEADY, "ATELIER CONSTANT", BILAN),
        _row(LOSER, "CABINET FICTIF", BILAN),
        _row(GONE, "ECOLE PASSAGERE", BILAN),
        _row(OLD, "INSTITUT MOBILE", BILAN),
        _row(GAINER, "MAISON NEUVE", NOTHING),
    ],
    SECOND.isoformat(): [
        _row(STEADY, "ATELIER CONSTANT", BILAN),
        _row(LOSER, "CABINET FICTIF", flags(True, False, False, False)),
        _row(NEW, "INSTITUT MOBILE", BILAN, ndas_precedents=[OLD]),
        _row(GAINER, "MAISON NEUVE", NOTHING),
        _row(LATE, "NOUVEAU VENU", BILAN),
    ],
    THIRD.isoformat(): [
        _row(STEADY, "ATELIER CONSTANT", BILAN),
        _row(LOSER, "CABINET FICTIF", flags(True, False, False, False)),
        _row(GONE, "ECOLE PASSAGERE", BILAN),
        _row(NEW, "INSTITUT MOBILE", NOTHING, ndas_precedents=[OLD]),
        _row(GAINER, "MAISON NEUVE", BILAN, siren="900000050"),
        _row(LATE, "NOUVEAU VENU", BILAN),
    ],
}
# All that a mission paid by the CPF asks for, held on the days of the tests.
DECLARED = {
    "financement": "CPF",
    "action": "BILAN_COMPETENCES",
    **dict.fromkeys(("dereference", "cascade"), "non"),
    **dict.fromkeys(
        (
            *("accepte_cgu", "regularite", "probite", "immatriculation"),
            *("titres", "contrat_ecrit", "consentement", "bilan_donnees"),
        ),
        "oui",
    ),
    "attestation_vigilance": "2026-01-10",
}
Notice = dict[str, Any]
_LEFT = {"octets", "lignes", "entetes", "avertissements"}


def build(lists: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Make the database of the last of these lists, its history made of all."""
    last = max(lists)
    published: dict[str, Any] = {
        "date_contenu": last,
        "sha256": fingerprint(lists[last]),
        "version": f"{last.replace('-', '')}T040000Z-aaaaaaaa",
    }
    with undocumented(), workshop(lists[last], real_references=True, **published) as con:
        follow(con, Following(con), lists, {})
        early, late = split_late(load_models())
        run_judged(con, early)
        table(con, CONTROLS, CONTROLE, ())
        run_models(con, late)
        con.execute(f"attach '{path}' as ecrite")
        con.execute("copy from database opac to ecrite")


@dataclass
class Nights:
    """A home; ``bases`` are the databases of its lists, by date."""

    root: Path
    bases: Mapping[dt.date, Path]
    told: int = 0
    home: Home = field(init=False)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.home = Home(self.root)
        self.home.prepare()
        self.settings = Settings(home=self.root)

    def release(self, date: dt.date, *changes: str) -> Release:
        """Release the list of a date, on which statements may have been run."""
        built = self.home.build / "opac.duckdb"
        if changes:
            shutil.copy(self.bases[date], built)
            built.chmod(0o644)
            with duckdb.connect(built) as con:
                for statement in changes:
                    con.execute(statement)
        else:
            os.link(self.bases[date], built)
        with duckdb.connect(built, read_only=True) as con:
            (sha256,) = con.execute("select sha256 from meta.publication").fetchall()[0]
        meta = {"sha256": sha256, "date_contenu": date.isoformat()}
        return releases.release(self.home, built, meta, kept=7)

    def see(self, on: dt.date) -> None:
        """Have the official source give the current list again, unchanged, on a day."""
        current = releases.current(self.home)
        assert current is not None
        texts: dict[str, Any] = dict.fromkeys(
            (one.name for one in fields(Sighting) if one.name not in _LEFT), ""
        )
        texts |= {name: current.meta[name] for name in ("sha256", "date_contenu")}
        texts |= {"vu": dt.datetime.combine(on, dt.time(4), dt.UTC).isoformat()}
        Archive(self.home).add(Sighting(**{**texts, "origine": OFFICIAL}, octets=0, lignes=0))

    def watch(self, *numbers: str, on: dt.date, pour: str = "local", **facts: str) -> Added:
        """Watch organisations with the facts given (all that a mission asks for, if none)."""
        current = releases.current(self.home)
        assert current is not None
        faits = facts or DECLARED
        return add(self.settings, current, pour, [Asked(n, dict(faits)) for n in numbers], on)

    def follow(self, *numbers: str, on: dt.date, pour: str = "local") -> Added:
        """Watch what the list says of organisations, without a mission."""
        current = releases.current(self.home)
        assert current is not None
        return add(self.settings, current, pour, [Asked(n, {}) for n in numbers], on)

    def round(self, on: dt.date) -> list[Notice]:
        """Go a round on a day; give what was queued."""
        with store(self.home, DDL) as con:
            posted = post_changes(self.settings, con, on)
        notices = self.notices()
        assert len(notices) == posted
        return notices

    def notices(self) -> list[Notice]:
        """Give what was queued since the last time."""
        with store(self.home, DDL) as con:
            rows = con.execute("select * from avis where rang > ?", (self.told,)).fetchall()
        self.told += len(rows)
        return [{**dict(row), "donnees": json.loads(row["donnees"])} for row in rows]

    def lines(self) -> list[Watched]:
        return watched(self.settings, None)


def changes(notice: Notice) -> dict[str, Any]:
    """Give what a notice tells of each number."""
    return {one["identifiant"]: one for one in notice["donnees"]["changements"]}
