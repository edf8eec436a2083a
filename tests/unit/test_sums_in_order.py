"""Doubles are added in the order of their values: the same rows give the same last digit, however they come."""

import random
import re

import duckdb
import jinja2
import pytest

from tests.conftest import PROJECT

ROOM = PROJECT / "dbt_project"
MACRO = (ROOM / "macros" / "in_order.sql").read_text()


def in_order(aggregate: str, expression: str) -> str:
    """As dbt writes it."""
    module = jinja2.Environment().from_string(MACRO).module
    return str(module.in_order(aggregate, expression)).strip()  # type: ignore[attr-defined]


@pytest.mark.parametrize("aggregate", ["sum", "avg", "stddev_samp"])
@pytest.mark.parametrize("threads", [1, 2])
def test_any_order_of_rows_gives_the_same_digits(aggregate: str, threads: int) -> None:
    chance = random.Random(7)
    rows = [(group, chance.gauss(0, 1)) for group in range(40) for _ in range(90)]
    answers, plain = set(), set()
    with duckdb.connect(config={"threads": threads}) as connection:
        for _ in range(6):
            chance.shuffle(rows)
            groups, values = zip(*rows, strict=True)
            connection.execute(
                "create or replace table seen as select unnest(?) as place, unnest(?) as figure", [groups, values]
            )
            for found, expression in ((answers, in_order(aggregate, "figure")), (plain, f"{aggregate}(figure)")):
                sql = f"select place, {expression} from seen group by place order by place"
                found.add(str(connection.execute(sql).fetchall()))
    assert len(answers) == 1
    assert len(plain) > 1, "a plain aggregate would do: this test sees nothing"


def test_no_model_averages_doubles_as_they_come() -> None:
    """Sums of doubles cannot be told by their text from those of decimals; averages are always doubles."""
    plain = re.compile(r"\b(avg|mean|favg|fsum|stddev\w*|var_\w+|variance|corr|covar\w*|regr_\w+)\(")
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOM.rglob("*.sql"))}
    assert [name for name, text in texts.items() if plain.search(text)] == []
    assert plain.search("select avg(value) from points")
