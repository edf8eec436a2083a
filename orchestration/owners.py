"""Whose an asset is: the owner whom its contract or its suite names, as the alerts of it do.

Belongs here: from a dataset or mart to the owners that Dagster shows. Who is told of what is in `telling`.
"""

from expectations.suites import load_suites
from publishing.alerts import DEFAULT_OWNER as DEFAULT_OWNER
from sources.contracts import load_contracts


def team(owner: str) -> list[str]:
    """An owner as Dagster knows teams."""
    return [f"team:{owner}"]


def owner_of_feed(name: str) -> str:
    """Of a feed the owner of its contract; the ledger of landing is nobody's in particular."""
    contract = load_contracts().get(name)
    return contract.owner if contract is not None else DEFAULT_OWNER


def owner_of_mart(name: str) -> str:
    """Of a mart the owner of the suite that judges it; a model without one belongs to who builds it."""
    suite = load_suites().get((name, "marts"))
    return suite.owner if suite is not None else DEFAULT_OWNER
