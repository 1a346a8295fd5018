"""Lists that are empty, maimed or absurd: every table stays well formed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.market.comparison import differences, grain
from tests.market.partitions import broken
from tests.market.registers import Register, crowd, market, market_models, stall
from tests.warehouse.frames import A, Row, dicts, flags, organisme, rows, specialities

SOUTH = "93"
# Rows that are always there, whatever the list: places of the reference (13 and 93 and the four
# others of registers.py), categories, classes, definitions, measures.
ALWAYS = {
    "marche.synthese": 1,
    "marche.territoire": 1 + 5 + 6,
    "marche.par_region": 5,
    "marche.par_departement": 6,
    "marche.par_categorie": 4,
    "marche.par_taille": 8,
    "marche.par_volume": 9,
    "marche.micro_structures": 4,
    "marche.besoin_portage": 4 * 6,
}
# Tables whose rows are those met in the list.
MET = {
    "marche.combinaison_certifications",
    "marche.par_specialite",
    "marche.couple_specialites",
    "marche.concentration",
    "marche.lorenz",
    "marche.distribution",
    "marche.sous_traitance",
    "marche.sous_traitants_principaux",
    "marche.anciennete_declaration",
    "marche.anomalies_declarees",
}


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with stall() as made:
        yield made


def changed(**values: Any) -> Callable[[Row], Row]:
    """What gives these values to an organisation."""
    return lambda row: {**row, **values}


def every(change: Callable[[Row], Row]) -> Register:
    """A crowd of which every organisation was changed."""
    organisations, doubts = crowd(7, 120)
    return [change(row) for row in organisations], doubts


ALONE = organisme(A)
UNKNOWN = {
    **dict.fromkeys(("nb_stagiaires", "nb_stagiaires_confies", "effectif_formateurs")),
    **dict.fromkeys(("date_derniere_declaration", "code_region", "code_departement", "siren")),
    **dict.fromkeys(("denomination", "code_postal")),
    **specialities((None, None), (None, None), (None, None)),
    **flags(None, None, None, None),
    "siren_valide": False,
    "certification_connue": False,
}
NO_TRAINEE = {"nb_stagiaires": 0, "nb_stagiaires_confies": 0, "effectif_formateurs": 0}
ELSEWHERE = {"code_region": "999", "code_departement": "XX"}
ONE_NUMBER = {"siren": "732829320", "siren_valide": True}
BAD: dict[str, Register] = {
    "empty": ([], []),
    "one organisation of which nothing is known": ([ALONE], []),
    "one organisation": (
        [
            organisme(
                A,
                code_region=SOUTH,
                code_departement="13",
                nb_stagiaires=5,
                nb_stagiaires_confies=7,
                effectif_formateurs=1,
                **flags(True, False, False, False),
                **specialities(("413", "Dév.")),
            )
        ],
        [],
    ),
    "no trainee": every(changed(**NO_TRAINEE)),
    "everything unknown": every(changed(**UNKNOWN)),
    "a place of no reference": every(changed(**ELSEWHERE)),
    "no certification known": every(
        changed(certification_connue=False, **flags(None, None, None, None))
    ),
    "nobody certified": every(
        changed(certification_connue=True, **flags(False, False, None, None))
    ),
    "all certified": every(changed(**flags(True, True, True, True))),
    "one legal entity": every(changed(**ONE_NUMBER)),
    "all of one giant size": every(
        changed(nb_stagiaires=10**9, nb_stagiaires_confies=10**9, effectif_formateurs=10**9)
    ),
}


@pytest.mark.parametrize("register", BAD.values(), ids=list(BAD))
def test_tables_are_well_formed_and_right(
    con: duckdb.DuckDBPyConnection, register: Register
) -> None:
    assert differences(con, *register) == []
    assert broken(con) == []
    assert malformed(con) == []


def malformed(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Rows without their grain, figures that are not numbers, shares out of bounds."""
    told = []
    for model in market_models():
        if model.schema != "marche":
            continue
        name = model.full_name
        found = dicts(con, f"from {name}")
        keys = {tuple(row[key] for key in grain(name)) for row in found}
        if len(keys) < len(found):
            told.append(f"{name}: a grain twice")
        told += [
            f"{name}.{column}: {value}"
            for row in found
            for column, value in row.items()
            if _wrong(column, value)
        ]
    return told


# Counts that may be unknown: what an organisation declares, what has no month to be counted from,
# a combination that is not known. Rates for 100,000 inhabitants are no counts.
_MAY_BE_UNKNOWN = {"nb_stagiaires", "nb_cumule", "nb_categories"}


def _wrong(column: str, value: Any) -> bool:
    counted = column.startswith("nb_") and not column.endswith("_100k")
    if value is None:
        return counted and column not in _MAY_BE_UNKNOWN
    if isinstance(value, float) and not math.isfinite(value):
        return True
    if column.startswith("part_"):
        return not 0 <= value <= 100
    if column.startswith("gini"):
        return not 0 <= value <= 1
    if column.startswith("hhi"):
        return not 0 <= value <= 10_000
    return column.startswith(("nb_", "rang", "mediane_", "moyenne_", "indice_")) and value < 0


def test_an_empty_list_has_the_rows_that_are_always_there(con: duckdb.DuckDBPyConnection) -> None:
    market(con, [])
    counts = {
        model.full_name: rows(con, f"select count(*) from {model.full_name}")[0][0]
        for model in market_models()
        if model.schema == "marche"
    }
    assert counts.pop("marche.chiffre_publie") > 0
    assert counts == ALWAYS | dict.fromkeys(MET, 0)
    for name in ALWAYS:
        for row in dicts(con, f"from {name}"):
            assert row["nb_organismes"] == 0, name
            shares = {row[column] for column in row if column.startswith(("part_", "moyenne_"))}
            assert shares <= {None, 33.33}, name


def test_an_emptied_region_keeps_its_rows_at_zero(con: duckdb.DuckDBPyConnection) -> None:
    organisations, _ = crowd(7, 300)
    left = [row for row in organisations if row["code_region"] != SOUTH]
    left = [row for row in left if row["code_departement"] not in ("13", "06")]
    assert differences(con, left) == []
    [region] = dicts(con, f"from marche.par_region where code_region = '{SOUTH}'")
    departments = dicts(con, f"from marche.par_departement where code_region = '{SOUTH}'")
    needs = dicts(con, f"from marche.besoin_portage where code_region = '{SOUTH}'")
    assert (region["region"], region["population"]) == ("Provence", 2_500_000)
    assert sorted(row["code_departement"] for row in departments) == ["06", "13"]
    for row in (region, *departments):
        assert row["nb_organismes"] == row["nb_stagiaires"] == row["nb_organismes_pour_100k"] == 0
        assert row["part_certifies_pct"] is row["indice_part_certifies"] is None
        assert row["rang_part_certifies"] is None
        assert row["petit_effectif"]
    assert len(needs) == 4 * 2
    for row in needs:
        assert (row["nb_candidats"], row["nb_porteurs"], row["sans_porteur"]) == (0, 0, False)
        assert row["candidats_par_porteur"] is row["indice_tension"] is row["rang"] is None
    [(others,)] = rows(con, "select sum(nb_organismes) from marche.par_region")
    assert others == len(left)


def test_a_department_that_the_reference_lacks_is_told(con: duckdb.DuckDBPyConnection) -> None:
    market(con, [organisme(A, code_region="999", code_departement="XX")])
    [region] = dicts(con, "from marche.par_region where nb_organismes > 0")
    [department] = dicts(con, "from marche.par_departement where nb_organismes > 0")
    assert (region["region"], region["officielle"]) == ("Code inconnu (999)", False)
    assert department["departement"] == "Code inconnu (XX)"
    assert department["population"] is department["nb_organismes_pour_100k"] is None
    assert department["rang_densite"] is department["indice_densite"] is None


def test_real_references_have_all_their_places() -> None:
    with stall(real_references=True) as con:
        market(con, [organisme(A, code_region=SOUTH, code_departement="13")])
        [(regions, official, people)] = rows(
            con,
            "select count(*), count(*) filter (where officielle), sum(population) "
            "from marche.par_region",
        )
        assert (regions, official) == (25, 24)
        assert rows(con, "select sum(population) from marche.par_departement") == [(people,)]
        assert rows(con, "select population from marche.territoire where niveau = 'NATION'") == [
            (people,)
        ]
        assert broken(con) == []
        assert malformed(con) == []
