"""Tables of the market over random registers: what they hold, and what never changes it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.market.comparison import ORACLES, PUBLISHED, differences
from tests.market.partitions import broken
from tests.market.registers import (
    Register,
    crowd,
    market,
    market_models,
    registers,
    stall,
)
from tests.warehouse.frames import dicts, rows

# Each example makes every table. What differs is named by its row and figure: shrinking the whole
# register would take minutes to say no more.
quick = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with stall() as made:
        yield made


def test_every_table_of_the_market_has_an_oracle() -> None:
    tables = {model.full_name for model in market_models() if model.schema == "marche"}
    assert tables == {name for name in ORACLES if name.startswith("marche.")} | {PUBLISHED}


@settings(quick, max_examples=30)
@given(register=registers())
def test_tables_are_what_brute_force_finds(
    con: duckdb.DuckDBPyConnection, register: Register
) -> None:
    assert differences(con, *register) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_of_a_crowd_are_what_brute_force_finds(
    con: duckdb.DuckDBPyConnection, seed: int
) -> None:
    """Enough organisations for bounds to bite, ranks to be cut, and departments to be ranked."""
    assert differences(con, *crowd(seed, 1_600)) == []
    bounded = rows(con, "select mesure from socle.bornage where nb_organismes_bornes > 0")
    assert len(bounded) == 3
    [(main, most)] = rows(
        con,
        "select count(*), max(rang_national) from marche.sous_traitants_principaux",
    )
    assert 100 < main < most
    [(ranked,)] = rows(
        con,
        "select count(*) from marche.besoin_portage where rang is not null and not petit_effectif",
    )
    assert ranked > 10


@settings(quick, max_examples=8)
@given(register=registers(), seed=st.integers(0, 2**32))
def test_the_order_of_rows_changes_nothing(
    con: duckdb.DuckDBPyConnection, register: Register, seed: int
) -> None:
    straight = every_table(con, register)
    organisations, doubts = (list(part) for part in register)
    Random(seed).shuffle(organisations)
    Random(seed).shuffle(doubts)
    mixed = every_table(con, (organisations, doubts))
    assert [name for name in straight if straight[name] != mixed[name]] == []


def every_table(con: duckdb.DuckDBPyConnection, register: Register) -> dict[str, list[str]]:
    """The rows of each table, in no order."""
    market(con, *register)
    names = [model.full_name for model in market_models() if model.schema == "marche"]
    return {name: sorted(map(str, dicts(con, f"from {name}"))) for name in names}


@settings(quick, max_examples=8)
@given(register=registers())
def test_every_organisation_is_counted_once_and_once_only(
    con: duckdb.DuckDBPyConnection, register: Register
) -> None:
    market(con, *register)
    assert broken(con) == []
    [(counted,)] = rows(con, "select nb_organismes from marche.synthese")
    assert counted == len(register[0])
