"""README, "Contracts, inspections and what figures are held against": each query answers on the released sample."""

import re

import pytest

from tests.conftest import PROJECT
from tests.running import Deployed

HEADING = "Contracts, inspections and what figures are held against"
SECTION = (PROJECT / "README.md").read_text(encoding="utf-8").split(f"\n## {HEADING}\n")[1].split("\n## ")[0]
QUERIES = re.findall(r"```sql\n(.*?)```", SECTION, re.S)
TABLES = {
    *("cqc_inspection", "practice_contract", "contract_event", "contract_event_coverage", "contract_visit_theme"),
    *("complaint_summary", "indicator_threshold", "indicator_reconciliation"),
}


def test_each_table_is_asked() -> None:
    assert {table for query in QUERIES for table in re.findall(r"(?:from|join) (\w+)", query)} >= TABLES


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.splitlines()[0].strip("- "))
def test_it_answers(released: Deployed, query: str) -> None:
    assert released.query(query)
