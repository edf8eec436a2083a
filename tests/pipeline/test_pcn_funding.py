"""Funding of primary care networks: the printed table of 2019/20 from the printed lists, to the pound."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.dbt_support import build_models, run_dbt

PARTICIPATION_LIST, NETWORK_LIST, NETWORKS = 600442, 539988, 12
PRINTED = {"participation": 1056778, "core": 809982, "clinical_director": 208165, "roles": 863076}
COLUMNS = "practice_code, month, pcn, commissioner_code, list_size, carr_hill_weighted_list"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve networks of one practice, whose lists add up to the printed ones; one more practice has no list."""
    file = tmp_path_factory.mktemp("pcn") / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            f"create table practice_month as select code as practice_code, month, 'N' || number as pcn, "
            "'99A' as commissioner_code, "
            f"(({NETWORK_LIST} // {NETWORKS}) + if(number < {NETWORK_LIST % NETWORKS}, 1, 0))"
            "::decimal(28, 5) as list_size, "
            f"(({PARTICIPATION_LIST} // {NETWORKS}) + if(number < {PARTICIPATION_LIST % NETWORKS}, 1, 0))"
            "::decimal(28, 5) as carr_hill_weighted_list "
            f"from (select number, 'P' || number as code from range({NETWORKS}) as numbers (number)), "
            "(values (date '2019-04-01'), (date '2019-07-01')) as months (month)"
        )
        connection.execute(
            f"insert into practice_month ({COLUMNS}) values "
            "('Z1', '2019-07-01', 'other', '01X', 5, 5), ('Z2', '2019-07-01', 'open', '99A', 5, 5)"
        )
    build_models(file, "pcn_funding_rate")
    run_dbt(file, "run", "--select", "pcn_funding")
    return file


def test_printed_table_is_reproduced_to_the_pound(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select if(basis = 'per_network', 'roles', element), sum(amount) from pcn_funding where pcn <> 'open' "
            "group by all"
        ).fetchall()
    paid: dict[str, Decimal] = dict(rows)
    assert {element: round(amount) for element, amount in paid.items()} == PRINTED
    assert round(sum(paid.values())) == sum(PRINTED.values()) == 2938001


def test_a_network_whose_list_is_not_known_awaits_it(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select element, amount::int, state from pcn_funding where pcn = 'open' order by all"
        ).fetchall()
        others = connection.execute("select count(*) from pcn_funding where pcn = 'other'").fetchall()
    assert found == [
        ("clinical_director", None, "awaiting"),
        ("core", None, "awaiting"),
        ("participation", None, "awaiting"),
        ("role_reimbursement_1", 37810, "computed"),
        ("role_reimbursement_2", 34113, "computed"),
    ]
    assert others == [(0,)]
