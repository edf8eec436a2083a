"""Which file is said to have come in place of one of which rows were set aside."""

from dataclasses import replace
from datetime import UTC, date, datetime

from publishing.set_aside import Lacking, became
from sources.contracts import load_contracts
from sources.ledger import current
from sources.manifests import PeriodFacts, Submission
from tests.unit.test_judgements import JUNE, activity, report

MAY = date(2017, 5, 1)


def said_of(lacking: Submission, *others: Submission) -> str:
    """What became of a file that was told and lacks 3 of 40 rows, once these landed."""
    lacking = replace(lacking, rows_read=40, rows_quarantined=3)
    known = [lacking, *others]
    contracts = load_contracts()
    mark = Lacking(lacking, ()).fingerprint
    return became([], [(mark, "set_aside")], known, current(known, contracts), contracts)[mark]


def successors(name: str, day: int, month: date) -> Submission:
    """A list of successors, which replaces every earlier one, received on a day of July."""
    found = activity(name, True, day, day, scopes=[])
    periods = (PeriodFacts(month, 1, 1),)
    return replace(found, dataset="practice_successors", protocol=None, version_facts={}, periods=periods, scopes=())


def test_only_a_later_file_of_the_same_provider_took_its_place() -> None:
    lacking = activity("a", True, 3, 3)
    older_of_another = activity("b", True, 2, 2, scopes=[("RBT", JUNE, "flex")])
    later_of_another = activity("c", True, 4, 4, scopes=[("RBT", JUNE, "flex")])
    update = activity("n", True, 6, 6, protocol="net")
    own = activity("d", True, 5, 5)
    others = (older_of_another, later_of_another, own, update)
    assert said_of(lacking, *others) == "d.csv came and landed whole"
    assert said_of(lacking, *others[:2]) == "the file counts no more"


def test_only_a_later_version_of_the_same_body_took_its_place() -> None:
    lacking = report("ledger", "a", True, 3, "99A", version=1)
    others = (
        report("ledger", "b", True, 4, "98B", version=2),
        report("ledger", "c", True, 5, "99A", version=2),
        report("ledger", "e", True, 2, "99A", version=1),
    )
    assert said_of(lacking, *others) == "c.csv came and landed whole"


def test_the_newest_of_a_feed_that_replaces_all_took_the_place_of_one_of_another_month() -> None:
    lacking, newest = successors("a", 3, MAY), successors("b", 5, JUNE)
    assert said_of(lacking, successors("old", 1, MAY), newest) == "b.csv came and landed whole"
    aside = replace(newest, rows_read=1000, rows_quarantined=2)
    assert said_of(lacking, aside).startswith("b.csv came and landed, but 2 of its 1,000 rows were set aside")


def test_a_file_of_the_same_month_took_its_place_and_an_older_one_did_not() -> None:
    def monthly(name: str, day: int, *months: date) -> Submission:
        found = successors(name, day, JUNE)
        return replace(
            found, dataset="epd", periods=tuple(PeriodFacts(month, 1, 1) for month in months),
            received_at=datetime(2017, 7, day, tzinfo=UTC),
        )  # fmt: skip

    lacking = monthly("a", 3, MAY, JUNE)
    assert said_of(lacking, monthly("b", 4, JUNE), monthly("c", 5, MAY)) == (
        "b.csv came and landed whole; c.csv came and landed whole"
    )
    assert said_of(lacking, monthly("old", 2, date(2017, 4, 1)), monthly("b", 4, JUNE)) == "b.csv came and landed whole"
