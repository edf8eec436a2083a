"""Which files land at the same time, in how many processes, and what each of those may take."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from orchestration import landing_beside
from orchestration.landing_turn import Waiting, waves
from orchestration.peeking import Peek
from sources.contracts import load_contracts
from sources.receipts import Receipt

MOMENT = datetime(2017, 8, 1, tzinfo=UTC)


def waiting(dataset: str | None, size: int = 10, month: str = "2017-06-01") -> Waiting:
    path = Path(f"{dataset}_{month}.csv")
    content = hashlib.sha256(f"{path}".encode()).hexdigest()
    return Waiting(Peek(dataset, month), Receipt(path, path.name, content, size, 0, MOMENT))


def feeds(lane: object) -> list[str | None]:
    return [file.found.dataset for file in lane]  # type: ignore[attr-defined]


def test_registers_come_first_and_what_nobody_knows_last() -> None:
    every = [waiting(dataset) for dataset in [*load_contracts(), None]]
    first, beside, last = waves(every)
    assert [feeds(lane) for lane in first] == [["epraccur", "practice_groups"]]
    assert [feeds(lane) for lane in last] == [[None]]
    assert sorted(feed or "" for lane in beside for feed in feeds(lane)) == sorted(
        set(load_contracts()) - {"epraccur", "practice_groups"}
    )


def test_a_feed_keeps_its_order_and_a_tracker_lands_after_its_plan() -> None:
    months = [waiting("epd", month=f"2017-0{number}-01") for number in (1, 2, 3)]
    plan, tracker = waiting("cres_plan"), waiting("cres_tracker")
    [lanes] = waves([months[0], plan, months[1], tracker, months[2]])
    assert sorted(map(tuple, lanes), key=len) == [(plan, tracker), tuple(months)]


def test_what_takes_longest_is_begun_first() -> None:
    large, many = waiting("epd", 900_000_000), [waiting("iapt") for _ in range(40)]
    [lanes] = waves([*many, waiting("cancer_waits"), large])
    assert [feeds(lane)[0] for lane in lanes] == ["epd", "iapt", "cancer_waits"]


def of_lanes(files: int, lanes: int) -> list[list[list[Waiting]]]:
    """One wave of so many files."""
    return [[[waiting("epd")] * (files // lanes + (lane < files % lanes)) for lane in range(lanes)]]


@pytest.mark.parametrize(("asked", "files", "lanes", "processes"), [
    (8, 30, 10, 0), (8, 31, 10, 8), (8, 40, 2, 2), (8, 40, 1, 0), (1, 400, 40, 0), (None, 400, 1, 0),
])  # fmt: skip
def test_processes_are_started_for_many_files_of_many_feeds(
    asked: int | None, files: int, lanes: int, processes: int
) -> None:
    assert landing_beside.processes_for(asked, of_lanes(files, lanes)) == processes


@pytest.mark.parametrize(("cores", "processes"), [(1, 0), (2, 2), (64, 4)])
def test_without_a_setting_there_are_as_many_as_cores_and_at_most_four(
    cores: int, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(cores)))
    assert landing_beside.processes_for(None, of_lanes(400, 40)) == processes


def test_the_same_bytes_under_names_of_several_feeds_come_last() -> None:
    """They are refused into one folder."""
    pages = [
        replace(waiting(feed), receipt=replace(waiting(feed).receipt, sha256="f" * 64)) for feed in ("epd", "iapt")
    ]
    good = [waiting("epd", month="2017-05-01"), waiting("iapt", month="2017-05-01")]
    beside, last = waves([*good, *pages])
    assert sorted(map(list, beside), key=str) == sorted([[file] for file in good], key=str)
    assert last == [pages]


@pytest.mark.parametrize(("limit", "share"), [
    ("4GB", "2.000GB"), ("1500 MB", "750.000MB"), ("3.7GiB", "1.850GiB"), ("8000000KB", "4000000.000KB"),
    ("none", "none"),
])  # fmt: skip
def test_the_memory_limit_is_that_of_all_of_them(limit: str, share: str) -> None:
    assert landing_beside.share_of(limit, 2) == share
    if limit != "none":
        duckdb.connect(":memory:", config={"memory_limit": share}).close()  # DuckDB takes it
