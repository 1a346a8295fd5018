"""The new build beside the last release: each finding at both sides of its threshold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from pipelines.quality.comparison import compare
from pipelines.quality.controls import Control, Gravity, Status
from pipelines.registers.contract import FLAGS

Base = Callable[..., Path]
WINTER, CAMPAIGN = dt.date(2026, 1, 15), dt.date(2026, 6, 15)
EDGES = [
    (dt.date(2026, 5, 14), False),
    (dt.date(2026, 5, 15), True),
    (dt.date(2026, 7, 31), True),
    (dt.date(2026, 8, 1), False),
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """Give a base of ``rows`` organisations, so many of which are filled or certified."""
    folder = tmp_path_factory.mktemp("bases")

    @cache
    def make(
        rows: int, date: dt.date = WINTER, without: tuple[str, ...] = (), **counts: int
    ) -> Path:
        columns = {
            "nda": "i::varchar",
            "ville": f"case when i < {counts.get('ville', rows)} then 'V' end",
            "est_certifie": f"i < {counts.get('est_certifie', rows // 2)}",
            **{flag: f"i < {counts.get(flag, rows // 2)}" for flag in FLAGS},
        }
        listed = ", ".join(
            f"{sql} as {name}" for name, sql in columns.items() if name not in without
        )
        return write(
            folder / f"{len(list(folder.iterdir()))}.duckdb",
            f"create table socle.organisme as select {listed} from range({rows}) t(i)",
            f"create table meta.publication as select date '{date}' as date_contenu",
        )

    return make


def write(path: Path, *statements: str) -> Path:
    with duckdb.connect(path) as con:
        con.execute("create schema if not exists socle; create schema if not exists meta")
        for statement in statements:
            con.execute(statement)
    return path


def finding(controls: list[Control], name: str) -> Control:
    [found] = [control for control in controls if control.regle == f"comparaison.{name}"]
    return found


def failed(controls: list[Control]) -> set[str]:
    return {
        control.regle.removeprefix("comparaison.")
        for control in controls
        if control.statut is Status.NON_CONFORME
    }


def test_without_a_release_there_is_nothing_to_compare_with(base: Base) -> None:
    [found] = compare(base(10), None, WINTER)
    assert found.statut is Status.SANS_OBJET
    assert not found.bloquant
    assert found.message == "Première version de ce dossier : rien à quoi la comparer."


def test_the_same_base_has_no_finding(base: Base) -> None:
    controls = compare(base(100), base(100), WINTER)
    assert failed(controls) == set()
    assert {c.regle.removeprefix("comparaison.") for c in controls} == {
        "nb_lignes",
        *(f"remplissage.{name}" for name in ("nda", "ville", "est_certifie", *FLAGS)),
        "part_certifiee",
        *(f"certifies.{flag.removeprefix('certifie_')}" for flag in FLAGS),
        "colonnes_interverties",
        "date_liste",
    }
    assert {c.famille for c in controls} == {"comparaison"}
    # Each can be named by whoever accepts it.
    assert len({c.regle for c in controls}) == len(controls)


@pytest.mark.parametrize(("day", "campaign"), EDGES)
def test_rows_lost(base: Base, day: dt.date, campaign: bool) -> None:
    least = 60 if campaign else 98
    old = base(100)
    for rows, good in ((least, True), (least - 1, False), (200, True)):
        found = finding(compare(base(rows), old, day), "nb_lignes")
        assert found.statut is (Status.CONFORME if good else Status.NON_CONFORME)
        assert found.bloquant is not good
        assert found.mesure == f"{rows} lignes, 100 dans la version précédente"
        assert found.attendu == f"au moins {least} % des lignes de la version précédente"


def test_a_finding_says_what_to_do(base: Base) -> None:
    controls = compare(base(97), base(100), WINTER)
    assert failed(controls) == {"nb_lignes"}
    found = finding(controls, "nb_lignes")
    assert found.message == (
        "Nombre de lignes comparé à la version précédente : vérifiez auprès de la source, puis "
        "acceptez cet écart pour cette liste avec « opac refresh --accepter "
        'comparaison.nb_lignes --motif "…" » s\'il est réel.'
    )
    assert (found.table, found.colonne) == ("socle.organisme", None)
    assert finding(compare(base(98), base(100), WINTER), "nb_lignes").message == (
        "Nombre de lignes comparé à la version précédente"
    )


@pytest.mark.parametrize("day", [WINTER, CAMPAIGN])
@pytest.mark.parametrize(
    ("before", "after", "good"),
    [
        # 1.0 - 0.95 is more than 0.05 for a float: five points are allowed all the same.
        (100, 95, True),
        (100, 94, False),
        (60, 55, True),
        (60, 54, False),
        (30, 100, True),
        (5, 0, True),
        (6, 0, False),
    ],
)
def test_a_column_that_empties(
    base: Base, day: dt.date, before: int, after: int, good: bool
) -> None:
    controls = compare(base(100, ville=after), base(100, ville=before), day)
    assert failed(controls) == (set() if good else {"remplissage.ville"})
    found = finding(controls, "remplissage.ville")
    assert found.mesure == f"{after},00\u00a0%, {before},00\u00a0% dans la version précédente"
    assert (found.attendu, found.colonne) == ("une baisse de 5 points au plus", "ville")
    assert found.gravite is Gravity.CRITIQUE


def test_shares_and_not_counts_are_compared(base: Base) -> None:
    controls = compare(base(99, ville=94), base(100, ville=95), WINTER)
    assert failed(controls) == set()


def test_columns_that_only_one_base_has_are_not_compared(base: Base) -> None:
    for new, old in (
        (base(100), base(100, without=("ville",))),
        (base(100, without=("ville",)), base(100)),
    ):
        controls = compare(new, old, WINTER)
        assert failed(controls) == set()
        assert "comparaison.remplissage.ville" not in {c.regle for c in controls}


@pytest.mark.parametrize(("day", "campaign"), EDGES)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_certified_share_moves(base: Base, day: dt.date, campaign: bool, sign: int) -> None:
    most = 20 if campaign else 5
    old = base(100, est_certifie=35)
    for change, good in ((most, True), (most + 1, False)):
        controls = compare(base(100, est_certifie=35 + sign * change), old, day)
        assert failed(controls) == (set() if good else {"part_certifiee"})
        found = finding(controls, "part_certifiee")
        assert found.attendu == f"un écart de {most} points au plus"


@pytest.mark.parametrize(("day", "campaign"), EDGES)
def test_a_category_loses_its_certified(base: Base, day: dt.date, campaign: bool) -> None:
    least = 15 if campaign else 27  # of thirty
    old = base(100, certifie_vae=30)
    for count, good in ((least, True), (least - 1, False), (100, True)):
        controls = compare(base(100, certifie_vae=count), old, day)
        assert failed(controls) == (set() if good else {"certifies.vae"})


@pytest.mark.parametrize("flag", FLAGS)
def test_each_category_is_compared(base: Base, flag: str) -> None:
    name = f"certifies.{flag.removeprefix('certifie_')}"
    controls = compare(base(100, **{flag: 44}), base(100), WINTER)
    assert failed(controls) == {name}
    assert finding(controls, name).colonne == flag


def test_all_blank_flags_of_one_category_are_found_by_two_comparisons(
    base: Base, tmp_path: Path
) -> None:
    new = write(Path(copy(base(100), tmp_path)), "update socle.organisme set certifie_vae = null")
    assert failed(compare(new, base(100), WINTER)) == {"certifies.vae", "remplissage.certifie_vae"}


def test_half_of_the_rows_is_a_matter_of_rows_alone(base: Base) -> None:
    assert failed(compare(base(50), base(100), WINTER)) == {"nb_lignes"}


def test_a_category_without_certified_before_has_none_to_lose(base: Base) -> None:
    controls = compare(base(100, certifie_vae=0), base(100, certifie_vae=0), WINTER)
    assert failed(controls) == set()


def test_empty_bases_are_compared(base: Base) -> None:
    assert failed(compare(base(0), base(0), WINTER)) == set()
    assert failed(compare(base(100), base(0), WINTER)) == {"part_certifiee"}
    lost = failed(compare(base(0), base(100), WINTER))
    assert {"nb_lignes", "part_certifiee", "remplissage.nda"} <= lost


def test_an_older_list_is_only_a_warning(base: Base) -> None:
    old = base(100, WINTER)
    for days, good in ((0, True), (1, True), (-1, False)):
        controls = compare(base(100, WINTER + dt.timedelta(days)), old, WINTER)
        found = finding(controls, "date_liste")
        assert found.statut is (Status.CONFORME if good else Status.NON_CONFORME)
        assert found.gravite is Gravity.AVERTISSEMENT
        assert not found.bloquant
    assert found.mesure == "2026-01-14, 2026-01-15 dans la version précédente"


@pytest.mark.parametrize(
    ("column", "before", "after"),
    [
        ("certifie_vae", 10, 9),
        ("certifie_vae", 80, 72),
        ("ville", 14, 9),
        ("ville", 26, 21),
        ("est_certifie", 20, 15),
        ("est_certifie", 34, 29),
    ],
)
def test_the_threshold_itself_is_allowed_whatever_floats_say(
    base: Base, column: str, before: int, after: int
) -> None:
    """0.14 - 0.09 is more than 0.05 for a float, and 0.9 times 0.1 more than 0.09."""
    old = base(100, **{column: before})
    assert failed(compare(base(100, **{column: after}), old, WINTER)) == set()
    assert len(failed(compare(base(100, **{column: after - 1}), old, WINTER))) == 1


def test_the_date_of_a_base_must_be_known(base: Base, tmp_path: Path) -> None:
    new = write(Path(copy(base(10), tmp_path)), "delete from meta.publication")
    with pytest.raises(TypeError, match="holds no content date"):
        compare(new, base(10), WINTER)
