"""What changed since the previous list, as the report tells it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.home import Home
from pipelines.market.page import write_page
from pipelines.market.report import gather
from pipelines.warehouse.release import Release, releases
from tests.market.reports import DAY, FigureRead, PageRead, number, small_release, two_lists
from tests.pipeline.commands import release_of
from tests.warehouse.frames import Row, flags, organisme

SOUTH = "93"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, gx: None) -> Path:
    return two_lists(tmp_path_factory)


@pytest.fixture(scope="module")
def page(home: Path, tmp_path_factory: pytest.TempPathFactory) -> PageRead:
    target = tmp_path_factory.mktemp("changements") / "rapport.html"
    write_page(gather(Home(home), release_of(home)), target)
    return PageRead(target)


def test_changes_between_the_two_lists(page: PageRead, home: Path) -> None:
    before, now = sides(home)
    ((appeared,),) = both(
        before,
        now,
        "select count(*) from b.socle.organisme anti join a.socle.organisme using (nda)",
    )
    ((left,),) = both(
        before,
        now,
        "select count(*) from a.socle.organisme anti join b.socle.organisme using (nda)",
    )
    moves = page.figures["mouvements"]
    assert appeared > 0
    assert left > 0
    assert number(moves.row("Apparus")["Nombre"]) == appeared
    assert number(moves.row("Partis")["Nombre"]) == left
    totals = page.figures["totaux"].row("Organismes")
    assert number(totals["Écart"]) == appeared - left
    assert "1er\u00a0octobre 2025" in page.text
    for row in page.figures["certifications"].rows:
        was, gained, lost, came, went, others, now_has = (number(cell) or 0 for cell in row[1:])
        assert was + gained - lost + came - went + others == now_has, row
        assert others == 0, row


def sides(home: Path) -> tuple[Release, Release]:
    newest, oldest = releases(Home(home))
    return oldest, newest


def both(before: Release, now: Release, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as con:
        con.execute(f"attach '{before.path}' as a (read_only)")
        con.execute(f"attach '{now.path}' as b (read_only)")
        return con.execute(query).fetchall()


def crowd(*certified: bool, start: int = 0, region: str = "11") -> list[Row]:
    """Organisations in a region, certified for the bilan or not."""
    return [
        organisme(
            f"1175{start + rank:05d}75",
            code_region=region,
            code_departement={"11": "75", "93": "13"}[region],
            nb_stagiaires=10,
            effectif_formateurs=1,
            **(flags(False, True, False, False) if is_certified else flags(*[None] * 4)),
        )
        for rank, is_certified in enumerate(certified)
    ]


def report(home: Path, release: Release, region: str | None = None) -> dict[str, FigureRead]:
    target = home / "page.html"
    write_page(gather(Home(home), release, region), target)
    return PageRead(target).figures


def test_certifications_gained_lost_and_moved(tmp_path: Path) -> None:
    # The first gains, the second loses, the third moves south with its own, the fourth leaves.
    small_release(tmp_path, crowd(False, True, True, True), day=dt.date(2025, 12, 1), rank=1)
    later = [*crowd(True, False), *crowd(True, start=2, region="93"), *crowd(True, start=7)]
    now = small_release(tmp_path, later, rank=2)
    nation = report(tmp_path, now)["certifications"].row("Bilans de compétences")
    assert list(nation.values())[1:] == ["3", "1", "1", "1", "1", "0", "3"]
    south = report(tmp_path, now, SOUTH)
    assert list(south["certifications"].row("Bilans de compétences").values())[1:] == [
        *("0", "0", "0", "0", "0", "+1", "1")
    ]
    assert south["mouvements"].row("Venus d’une autre région")["Nombre"] == "1"
    north = report(tmp_path, now, "11")["mouvements"]
    assert north.row("Passés dans une autre région")["Nombre"] == "1"
    assert (north.row("Apparus")["Nombre"], north.row("Partis")["Nombre"]) == ("1", "1")


def test_no_earlier_list_is_said(tmp_path: Path) -> None:
    small_release(tmp_path, crowd(True), day=DAY + dt.timedelta(days=1), rank=1)
    now = small_release(tmp_path, crowd(True), rank=2)
    target = tmp_path / "page.html"
    write_page(gather(Home(tmp_path), now), target)
    told = PageRead(target)
    assert "Aucune version conservée ne vient d’une liste antérieure" in told.text
    assert "mouvements" not in told.figures


def test_same_list_built_again_is_not_compared_with_itself(tmp_path: Path) -> None:
    small_release(tmp_path, crowd(True), day=dt.date(2025, 12, 1), rank=1)
    rebuilt = small_release(tmp_path, crowd(True, True), rank=2)
    same = {**rebuilt.meta, "sha256": "1" * 64}
    assert "mouvements" in report(tmp_path, rebuilt)
    again = Release(rebuilt.version, rebuilt.path, same, courante=True)
    assert "mouvements" not in report(tmp_path, again)


def test_older_release_that_lacks_tables_is_not_comparable(tmp_path: Path) -> None:
    old = small_release(tmp_path, crowd(True), day=dt.date(2025, 12, 1), rank=1)
    with duckdb.connect(old.path) as con:
        con.execute("drop table marche.synthese")
        con.execute("create table marche.synthese as select 1 as nb_organismes, 1 as nb_certifies")
        con.execute("drop table marche.par_region")
    now = small_release(tmp_path, crowd(True, False), rank=2)
    totals = report(tmp_path, now)["totaux"]
    assert [row[0] for row in totals.rows] == ["Organismes", "Certifiés"]
    assert totals.row("Organismes")["Écart"] == "+1"
    region = report(tmp_path, now, "11")["totaux"]
    assert "Non comparable" in region.absence
    assert "marche.par_region" in region.absence
    with duckdb.connect(old.path) as con:
        con.execute("alter table socle.organisme drop column certifie_vae")
    figures = report(tmp_path, now)
    for slug in ("mouvements", "certifications"):
        assert "certifie_vae" in figures[slug].absence
        assert not figures[slug].drawn


def test_older_release_that_does_not_open_is_said(tmp_path: Path) -> None:
    old = small_release(tmp_path, crowd(True), day=dt.date(2025, 12, 1), rank=1)
    old.path.write_bytes(b"ce n'est pas une base")
    now = small_release(tmp_path, crowd(True), rank=2)
    target = tmp_path / "page.html"
    write_page(gather(Home(tmp_path), now), target)
    assert f"la version {old.version} ne s’ouvre pas" in PageRead(target).text
