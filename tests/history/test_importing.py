"""Real refreshes and imports: the same history, in whatever order lists came in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import NotTheList, UsageError
from pipelines.history.importing import import_lists
from pipelines.home import Home
from pipelines.refresh import rebuild
from pipelines.registers.archive import Archive
from pipelines.registers.generator import generate_sequence
from pipelines.settings import Settings
from pipelines.warehouse.release import current, open_readonly
from tests.light import lighten, released
from tests.registers.rows import row, wire

_HISTORY = ("instantane", "organisme_version", "evenement")
_FROM_HISTORY = ("synthese_historique", "evolution", "survie_nouveaux")


def told(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """All that the release tells of history."""
    release = current(Home(settings.home))
    assert release is not None
    with open_readonly(release.path) as con:
        tables = [f"historique.{name}" for name in _HISTORY]
        tables += [f"marche.{name}" for name in _FROM_HISTORY]
        return {name: con.execute(f"from {name} order by all").fetchall() for name in tables}


@pytest.fixture(autouse=True)
def _light(gx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    lighten(monkeypatch)


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four lists a week apart, and the truth about what happened between them."""
    folder = tmp_path_factory.mktemp("suite")
    return generate_sequence(folder, 600, 3, dt.date(2025, 10, 1), 4, 7)


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory, lists: list[Path], gx: None) -> Settings:
    """A home that received every list in its time."""
    settings = Settings(home=tmp_path_factory.mktemp("nuits") / "home")
    for path in lists:
        assert released(settings, path).changed
    return settings


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory, lists: list[Path], gx: None) -> Settings:
    """A home that received the last list, then the others, out of order."""
    settings = Settings(home=tmp_path_factory.mktemp("apres") / "home")
    import_lists(settings, lists[2], dt.date(2025, 10, 15))
    released(settings, lists[3])
    folder = tmp_path_factory.mktemp("anciennes")
    for path in lists[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    assert len(import_lists(settings, folder, None)) == 2
    with pytest.MonkeyPatch.context() as patch:
        lighten(patch)
        assert rebuild(settings).changed
    return settings


def test_planted_events_come_back_all_of_them_and_no_other(
    nightly: Settings, lists: list[Path]
) -> None:
    truth = json.loads((lists[0].parent / "verite.json").read_text(encoding="utf-8"))
    planted = [
        (
            pair["apres"],
            *(event[key] or "" for key in ("nda", "type", "categorie", "avant", "apres")),
        )
        for pair in truth["paires"]
        for event in pair["evenements"]
    ]
    assert len(planted) > 50
    release = current(Home(nightly.home))
    assert release is not None
    with open_readonly(release.path) as con:
        found = con.execute(
            "select date_constat::varchar, nda, type, coalesce(categorie, ''), "
            "coalesce(avant, ''), coalesce(apres, '') from historique.evenement"
        ).fetchall()
    assert sorted(found) == sorted(planted)


def test_lists_imported_later_give_the_history_of_lists_received_in_time(
    nightly: Settings, late: Settings
) -> None:
    assert told(late) == told(nightly)


def test_history_made_again_from_nothing_is_the_same(nightly: Settings) -> None:
    before = told(nightly)
    assert rebuild(nightly, from_nothing=True).changed
    assert told(nightly) == before


def test_figures_of_the_last_list_are_those_of_the_market(nightly: Settings) -> None:
    release = current(Home(nightly.home))
    assert release is not None
    names = "nb_organismes, nb_certifies, nb_certification_connue, nb_certifies_action_formation, "
    names += "nb_certifies_bilan_competences, nb_certifies_vae, nb_certifies_apprentissage, "
    names += "nb_actifs, nb_stagiaires, nb_stagiaires_confies, effectif_formateurs"
    with open_readonly(release.path) as con:
        last = con.execute(
            f"select {names} from marche.synthese_historique order by date_instantane desc limit 1"
        ).fetchall()
        assert last == con.execute(f"select {names} from marche.synthese").fetchall()
        assert con.execute("select count(*) from marche.synthese_historique").fetchall() == [(4,)]
        by_region = con.execute(
            "select e.code_region, e.nb_organismes, e.nb_certifies from marche.evolution as e "
            "where e.perimetre = 'REGION' and e.categorie = 'BILAN_COMPETENCES' "
            "and e.nb_organismes > 0 order by all"
        ).fetchall()
        assert (
            by_region
            == con.execute(
                "select code_region, nb_organismes, nb_certifies_bilan_competences "
                "from marche.par_region where nb_organismes > 0 order by all"
            ).fetchall()
        )


def test_a_list_damaged_on_disk_is_told_and_the_rest_is_used(
    late: Settings, lists: list[Path]
) -> None:
    before = told(late)
    archive = Archive(Home(late.home))
    first = next(s for s in archive.sightings() if s.date_contenu == "2025-10-01")
    path = archive.content_path(first.sha256)
    path.chmod(0o644)
    path.write_bytes(b"rien")
    # What is known of it stays known; made again, history does without what cannot be read.
    rebuild(late)
    assert told(late) == before
    rebuild(late, from_nothing=True)
    after = told(late)
    assert len(after["historique.instantane"]) < 4
    assert path.with_suffix(".abime").exists()


def test_a_later_list_is_no_history(nightly: Settings, lists: list[Path]) -> None:
    with pytest.raises(UsageError, match="n'est pas plus ancienne que celle de la version publiée"):
        import_lists(nightly, lists[3], dt.date(2025, 12, 1))


def test_a_list_where_a_number_comes_twice_is_no_history(tmp_path: Path, nightly: Settings) -> None:
    path = tmp_path / "of_2025-09-01.csv"
    path.write_bytes(wire([row(1), row(2), row(2, denomination="AUTRE")]))
    with pytest.raises(NotTheList, match=f"deux lignes différentes pour le NDA {row(2)['nda']}"):
        import_lists(nightly, path, None)


def test_nothing_says_the_date(tmp_path: Path, nightly: Settings) -> None:
    path = tmp_path / "liste.csv"
    path.write_bytes(wire([row(1)]))
    with pytest.raises(UsageError, match="Rien ne dit la date"):
        import_lists(nightly, path, None)
