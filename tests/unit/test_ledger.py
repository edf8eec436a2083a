"""What is current is computed: order, supersession, as-at, snapshots and the calendar."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.calendar import overdue
from sources.contracts import load_contracts
from sources.ledger import current, serving_period
from sources.manifests import PeriodFacts, Submission

CONTRACTS = load_contracts()
APRIL, MAY = date(2017, 4, 1), date(2017, 5, 1)


def submission(dataset: str = "epd", digit: str = "a", day: int = 1, *months: date) -> Submission:
    facts = tuple(PeriodFacts(month, 1, 1, {"items": Decimal(1)}) for month in months or (APRIL,))
    moment = datetime(2017, 7, day, tzinfo=UTC)
    return Submission(
        dataset,
        digit * 16,
        1,
        "",
        "",
        "",
        f"{digit}.csv",
        digit * 64,
        1,
        0,
        (),
        1,
        1,
        0,
        (),
        facts,
        {},
        moment,
        moment,
        "final",
        (),
        "",
    )


def digits(known: list[Submission], dataset: str) -> dict[date, str]:
    return {month: held.file_sha256[0] for month, [held] in current(known, CONTRACTS)[dataset].items()}


def test_a_manifest_reads_back_as_it_was_written() -> None:
    written = submission()
    assert Submission.from_json(written.to_json()) == written


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_newer_supersedes_in_any_order_of_landing(order: tuple[int, ...]) -> None:
    three = [submission(digit="a", day=1), submission(digit="b", day=3), submission(digit="c", day=2)]
    assert current([three[i] for i in order], CONTRACTS)["epd"][APRIL][0].file_sha256[0] == "b"


def test_as_at_knows_only_what_was_received_by_then() -> None:
    both = [submission(digit="a", day=1), submission(digit="b", day=3)]
    assert current(both, CONTRACTS, datetime(2017, 7, 2, tzinfo=UTC))["epd"][APRIL][0].file_sha256[0] == "a"
    assert current(both, CONTRACTS, datetime(2017, 6, 1, tzinfo=UTC))["epd"] == {}


def test_a_newer_file_replaces_only_its_months_unless_the_dataset_is_whole() -> None:
    two = [submission("epd", "a", 1, APRIL, MAY), submission("epd", "b", 2, MAY)]
    assert digits(two, "epd") == {APRIL: "a", MAY: "b"}
    groups = [submission("practice_groups", "a", 1, APRIL), submission("practice_groups", "b", 2, MAY)]
    assert digits(groups, "practice_groups") == {MAY: "b"}


def test_every_version_of_a_month_counts_also_one_that_holds_other_months_too() -> None:
    both = [submission("ledger", "a", 1, APRIL, MAY), submission("ledger", "b", 2, MAY)]
    held = {month: [s.file_sha256[0] for s in found] for month, found in current(both, CONTRACTS)["ledger"].items()}
    assert held == {APRIL: ["a"], MAY: ["a", "b"]}


@given(
    st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abcdef"), st.sampled_from([APRIL, MAY])), max_size=8),
    st.randoms(),
)
def test_the_current_view_does_not_depend_on_the_order(facts: list[tuple[int, str, date]], random) -> None:
    known = [submission("epd", digit, day, month) for day, digit, month in facts]
    shuffled = known.copy()
    random.shuffle(shuffled)
    assert current(known, CONTRACTS) == current(shuffled, CONTRACTS)


@pytest.mark.parametrize(
    ("month", "served_by"),
    [
        (date(2017, 1, 1), date(2017, 1, 1)),
        (date(2017, 3, 1), date(2017, 1, 1)),
        (date(2017, 4, 1), None),
        (date(2017, 5, 1), date(2017, 5, 1)),
        (date(2017, 6, 1), None),
        (date(2016, 12, 1), None),
    ],
)
def test_a_list_serves_until_the_next_is_due_never_longer(month: date, served_by: date | None) -> None:
    periods = [date(2017, 1, 1), date(2017, 5, 1)]
    assert serving_period(CONTRACTS["gp_list_quin_age"], periods, month) == served_by


def test_overdue_months_are_named_and_a_restated_month_hides_none() -> None:
    held = [submission("epd", "a", 1, date(2017, 1, 1)), submission("epd", "b", 2, date(2017, 3, 1))]
    late = overdue(CONTRACTS, current(held, CONTRACTS), date(2017, 6, 20))
    assert [(item.dataset, item.month) for item in late] == [("epd", date(2017, 2, 1))]
    late = overdue(CONTRACTS, current(held, CONTRACTS), date(2017, 7, 15))
    assert [item.month for item in late] == [date(2017, 2, 1), APRIL]


def test_nothing_is_overdue_of_a_feed_that_nobody_sent_yet() -> None:
    assert overdue(CONTRACTS, current([], CONTRACTS), date(2026, 1, 1)) == []


def test_the_same_bytes_received_twice_are_two_receipts() -> None:
    first = submission(digit="a", day=1)
    again = replace(submission(digit="a", day=5), submission_id="a" * 16 + "-2")
    between = submission(digit="b", day=3)
    assert current([first, between, again], CONTRACTS)["epd"][APRIL] == (again,)
