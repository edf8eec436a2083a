"""The same receipts in any order of landing, again and again, withdrawn and reinstated: one current view.

Belongs here: every kind of supersession together. Whether that view is right belongs in `test_sus_submissions`,
`test_versions` and `test_ledger`; whole releases in another order in `test_sus_submissions` and `test_whole_job`.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import dbt_project.feeds
from dbt_project.feeds import Inputs, prepare_feeds
from pcw.home import Home
from sources.contracts import load_contracts
from sources.ledger import current, standing
from sources.manifests import Submission, Withdrawal, read_submissions
from sources.receipts import Receipt, is_nothing_new
from tests.pipeline.sus_files import File, Row
from tests.pipeline.test_sus_submissions import Warehouse
from tests.unit import test_ledger, test_versions

CONTRACTS = load_contracts()
APRIL, MAY, JUNE = date(2017, 4, 1), date(2017, 5, 1), date(2017, 6, 1)
LANDED = ("sus_opa", "ledger")


@dataclass(frozen=True)
class Pool:
    """What was landed once, of which every order is made."""

    home: Home
    submissions: tuple[Submission, ...]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """Flex, freeze, final, nets, a move and a deletion; a report in versions and parts; months and whole lists."""
    warehouse = Warehouse(tmp_path_factory.mktemp("pool"))
    april = (Row("A", "RQ6", date(2017, 4, 3)), Row("B", "RQ6", date(2017, 4, 30)))
    may = (Row("C", "RQ6", date(2017, 5, 3)), Row("M", "REM", date(2017, 5, 4)))
    for file in (
        File(datetime(2017, 5, 16), april),
        File(datetime(2017, 5, 18), (Row("B", "RQ6", date(2017, 4, 30), True),), "net"),
        File(datetime(2017, 6, 20), (*april, *may)),
        File(datetime(2017, 6, 29), (Row("C", "RQ6", date(2017, 5, 9), practice="N82002"),), "net"),
        File(datetime(2017, 7, 15), (Row("A", "RQ6", date(2017, 5, 1)), *may)),
        File(datetime(2018, 5, 20), april[:1], status="final"),
    ):
        warehouse.land("sus_opa", file)
    start = test_versions.START
    for name, version, amounts, hours in (
        ("first", 1, ((0, 100), (1, 200)), 0),
        ("second_a", 2, ((0, 110),), 1),
        ("second_b", 2, ((1, 210), (2, 310)), 1),
        ("corrected", 2, ((1, 215),), 2),
        ("unstated", None, ((3, 400),), 3),
    ):
        rows = test_versions.File(version, amounts, hours).rows()
        problem = test_versions.put(warehouse.home, name, rows, start + timedelta(hours=hours))
        assert problem is None, problem
    by_hand = [
        test_ledger.submission("epd", "a", 1, APRIL, MAY),
        test_ledger.submission("epd", "b", 9, MAY),
        test_ledger.submission("epd", "c", 5, MAY, JUNE),
        test_ledger.submission("practice_groups", "d", 2, APRIL),
        test_ledger.submission("practice_groups", "e", 8, APRIL),
    ]
    landed = read_submissions(warehouse.home.landing)
    assert {s.dataset for s in landed} == set(LANDED) and len(landed) == 11
    return Pool(warehouse.home, (*landed, *by_hand))


@pytest.fixture(autouse=True)
def _models_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody changes a model meanwhile; reading all of them a thousand times proves nothing."""
    monkeypatch.setattr(dbt_project.feeds, "definitions_hash", lambda _contracts: "the same")


def receipt_of(submission: Submission) -> Receipt:
    """What arrives when its file is sent again, as it was sent."""
    return Receipt(
        path=Path(submission.file_name),
        name=submission.file_name,
        sha256=submission.file_sha256,
        byte_count=submission.file_bytes,
        mtime_ns=submission.file_mtime_ns,
        received_at=submission.received_at,
        stated=submission.stated,
    )


def land_in(pool: Pool, order: Sequence[Submission]) -> list[Submission]:
    """The ledger after these files came, one after the other."""
    landed: list[Submission] = []
    for submission in order:
        if not is_nothing_new(pool.home, receipt_of(submission), landed, CONTRACTS, left_in_place=False):
            landed.append(submission)
    return landed


def inputs(pool: Pool, landed: Sequence[Submission]) -> Inputs:
    known = standing(landed)
    return Inputs(pool.home.landing, CONTRACTS, current(landed, CONTRACTS), "99A", tuple(known))


def some_order(pool: Pool, chance: random.Random, gone: frozenset[str]) -> list[Submission]:
    """All files, some sent up to three times; `gone` are withdrawn and stay so, others were and are reinstated."""
    moment = datetime(2018, 8, 1, tzinfo=UTC)
    order = []
    for submission in pool.submissions:
        spans = []
        if chance.random() < 0.3:
            spans.append(Withdrawal(moment, "somebody", "an error", moment + timedelta(days=chance.randint(1, 9))))
        if submission.submission_id in gone:
            spans.append(Withdrawal(moment + timedelta(days=10), "somebody", "the wrong file"))
        order += [replace(submission, withdrawals=tuple(spans))] * chance.choice((1, 1, 2, 3))
    chance.shuffle(order)
    return order


def converge(pool: Pool, count: int) -> None:
    """`count` random orders; every tenth of them starts another set of withdrawn files."""
    chance = random.Random(20171127)
    seen = set()
    for number in range(count):
        if number % 10 == 0:
            withdrawn = chance.sample(pool.submissions, chance.randint(0, 4))
            gone = frozenset(s.submission_id for s in withdrawn)
            in_order = sorted(some_order(pool, chance, gone), key=lambda s: (s.received_at, s.submission_id))
            expected = inputs(pool, land_in(pool, in_order))
            states = {dataset: vintages.states for dataset, vintages in expected.vintages.items()}
            fingerprint = expected.fingerprint()
            seen.add(fingerprint)
        found = inputs(pool, land_in(pool, some_order(pool, chance, gone)))
        assert found.in_force == expected.in_force, number
        assert {dataset: vintages.states for dataset, vintages in found.vintages.items()} == states, number
        assert found.fingerprint() == fingerprint, number
    assert len(seen) > count // 20, "what is withdrawn shows in the fingerprint"


def test_200_random_orders_converge(pool: Pool) -> None:
    converge(pool, 200)


@pytest.mark.slow
def test_1000_random_orders_converge(pool: Pool) -> None:
    converge(pool, 1000)


def rows_of(pool: Pool, landed: Sequence[Submission], warehouse: Path) -> list[object]:
    """What a build would read of these files."""
    contracts = {dataset: CONTRACTS[dataset] for dataset in LANDED}
    in_force = current(landed, contracts)
    made = Inputs(pool.home.landing, contracts, in_force, "99A", tuple(standing(landed)))
    prepare_feeds(warehouse, made, landed, "1GB")
    relations = (*LANDED, "sus_scope", "sus_drift", "sus_displaced", "version", "submission", "control_total")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [connection.execute(f"from feed.{name} order by all").fetchall() for name in relations]


def test_the_current_rows_are_the_same_in_any_order(pool: Pool, tmp_path: Path) -> None:
    own = [s for s in pool.submissions if s.dataset in LANDED]
    expected = rows_of(pool, sorted(own, key=lambda s: s.received_at), tmp_path / "sorted.duckdb")
    assert all(expected[:2]), "neither feed is empty"
    chance = random.Random(7)
    for number in range(10):
        order = land_in(pool, chance.sample(own * 2, len(own) * 2))
        assert rows_of(pool, order, tmp_path / f"{number}.duckdb") == expected, number


def test_a_file_sent_a_hundred_times_adds_nothing(pool: Pool) -> None:
    once = inputs(pool, pool.submissions)
    landed = land_in(pool, [s for s in pool.submissions for _ in range(101)])
    assert landed == list(pool.submissions)
    assert inputs(pool, landed).fingerprint() == once.fingerprint()
