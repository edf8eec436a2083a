"""Which submission is in force for a provider and month: worked by hand, and the same in any order of landing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_project.feeds import Inputs
from dbt_project.ledger_tables import write_submissions
from pcw.home import Home
from sources.ledger import current, scope_states, scopes_in_force
from sources.manifests import PeriodFacts, ScopeFacts, Submission
from sources.receipts import Receipt, is_nothing_new
from tests.unit.activity_feed import APRIL, CONTRACT, JUNE, MAY, submission

Q_APRIL, Q_MAY, M_APRIL = ("RQ6", APRIL), ("RQ6", MAY), ("REM", APRIL)


def day(month: int, number: int) -> datetime:
    return datetime(2017, month, number, 6)


def april(digit: str, extract: datetime, status: str, protocol: str = "bulk", **changes: object) -> Submission:
    return submission(digit, extract, (*Q_APRIL, status), protocol=protocol, **changes)


def places(*known: Submission, as_at: datetime | None = None) -> dict[tuple[str, object], str]:
    in_force = scopes_in_force(known, CONTRACT, as_at)
    return {scope: "".join(held.submission_id[0] for held in submissions) for scope, submissions in in_force.items()}


FLEX_1, FLEX_2 = april("a", day(5, 20), "flex"), april("b", day(5, 27), "flex")
FREEZE_1, FREEZE_2 = april("c", day(6, 20), "freeze"), april("d", day(7, 20), "freeze")
FINAL = april("e", day(8, 1), "final")


@pytest.mark.parametrize(
    ("known", "in_force"),
    [
        ((FLEX_1, FLEX_2), "b"),
        ((FLEX_1, FLEX_2, FREEZE_1), "c"),
        ((FREEZE_1, FREEZE_2), "c"),
        ((FLEX_1, FREEZE_2), "d"),
        ((FREEZE_1, april("f", day(7, 1), "flex")), "c"),
        ((FREEZE_1, FREEZE_2, FINAL), "e"),
        ((FREEZE_1, FINAL, april("f", day(9, 1), "freeze")), "e"),
        ((FINAL, april("f", day(9, 1), "final")), "f"),
        ((FLEX_1, april("f", day(6, 1), "estimate")), "f"),
        ((FLEX_1, april("n", day(5, 21), "flex", "net")), "an"),
        ((FLEX_1, april("m", day(5, 22), "flex", "net"), april("n", day(5, 21), "flex", "net")), "anm"),
        ((april("n", day(5, 19), "flex", "net"), FLEX_1), "a"),
        ((FLEX_1, april("n", day(5, 21), "flex", "net"), FLEX_2), "b"),
        ((april("n", day(5, 19), "flex", "net"), april("m", day(5, 20), "flex", "net")), "nm"),
        ((FREEZE_1, april("n", day(6, 21), "freeze", "net")), "c"),
        ((FLEX_1, april("n", day(6, 21), "freeze", "net")), "an"),
        ((FLEX_1, april("n", day(6, 21), "final", "net"), FREEZE_2), "d"),
    ],
    ids=[
        "flex then flex",
        "freeze after flex",
        "freeze is immutable",
        "late first freeze",
        "flex after freeze is drift",
        "final over freeze",
        "freeze after final is drift",
        "newest final",
        "estimate then counts like flex",
        "net after base",
        "nets in the order of extract",
        "net before base",
        "bulk takes nets in",
        "nets without a base",
        "net on frozen is drift",
        "net of a late extract on flex",
        "a net is no base",
    ],
)
def test_what_is_in_force_for_a_month(known: tuple[Submission, ...], in_force: str) -> None:
    assert places(*known) == {Q_APRIL: in_force}
    assert places(*reversed(known)) == {Q_APRIL: in_force}


def test_a_state_says_where_every_submission_is() -> None:
    net_before, net_after = april("n", day(6, 1), "flex", "net"), april("m", day(8, 2), "freeze", "net")
    state = scope_states([FREEZE_2, net_after, FLEX_1, FREEZE_1, net_before], CONTRACT)[Q_APRIL]
    assert (state.base, state.status, state.is_frozen, state.nets) == (FREEZE_1, "freeze", True, ())
    assert (state.superseded, state.drift) == ((FLEX_1, net_before), (FREEZE_2, net_after))
    open_state = scope_states([FLEX_1, net_before], CONTRACT)[Q_APRIL]
    assert (open_state.base, open_state.is_frozen, open_state.nets) == (FLEX_1, False, (net_before,))


def test_as_at_knows_only_what_was_received_by_then() -> None:
    late = april("b", day(5, 27), "flex", received_at=datetime(2017, 7, 1, tzinfo=UTC))
    assert places(FLEX_1, late, as_at=datetime(2017, 6, 1, tzinfo=UTC)) == {Q_APRIL: "a"}
    assert places(FLEX_1, late, as_at=datetime(2017, 7, 2, tzinfo=UTC)) == {Q_APRIL: "b"}
    assert places(FLEX_1, late, as_at=datetime(2017, 5, 1, tzinfo=UTC)) == {}


def test_the_extract_goes_before_the_receipt() -> None:
    late = april("a", day(5, 20), "flex", received_at=datetime(2017, 8, 1, tzinfo=UTC))
    assert places(late, FLEX_2) == {Q_APRIL: "b"}


def test_a_year_to_date_file_takes_only_its_providers_and_months() -> None:
    to_date = submission("a", day(6, 20), (*Q_APRIL, "freeze"), (*Q_MAY, "flex"), (*M_APRIL, "freeze"))
    restated = submission("b", day(7, 20), (*Q_APRIL, "freeze"), (*Q_MAY, "freeze"), ("RQ6", JUNE, "flex"))
    assert places(to_date, restated) == {Q_APRIL: "a", Q_MAY: "b", M_APRIL: "a", ("RQ6", JUNE): "b"}
    by_month = current([restated, to_date], {"activity": CONTRACT})["activity"]
    assert by_month == {APRIL: (to_date,), MAY: (restated,), JUNE: (restated,)}


def test_a_month_has_all_submissions_of_its_providers_in_order() -> None:
    other = submission("c", day(5, 1), (*M_APRIL, "flex"))
    net = april("n", day(5, 22), "flex", "net")
    assert current([net, FLEX_1, other], {"activity": CONTRACT})["activity"] == {APRIL: (other, FLEX_1, net)}


FACTS = st.tuples(
    st.sampled_from("abcdef"),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(["flex", "freeze", "final", "estimate"]),
    st.sampled_from(["bulk", "net"]),
    st.sets(st.sampled_from([Q_APRIL, Q_MAY, M_APRIL]), min_size=1),
)


@given(st.lists(FACTS, max_size=8), st.randoms())
def test_any_order_of_landing_gives_the_same(facts: list, random) -> None:
    known = [
        submission(
            digit,
            day(6, extract),
            *((*scope, status) for scope in sorted(scopes)),
            protocol=protocol,
            received_at=datetime(2017, 7, received, tzinfo=UTC),
            submission_id=f"{digit * 16}-{number}",
        )
        for number, (digit, extract, received, status, protocol, scopes) in enumerate(facts, start=2)
    ]
    shuffled = known.copy()
    random.shuffle(shuffled)
    assert scope_states(known, CONTRACT) == scope_states(shuffled, CONTRACT)
    for state in scope_states(known, CONTRACT).values():
        everyone = [*state.in_force, *state.superseded, *state.drift]
        assert len(everyone) == len({held.submission_id for held in everyone})


def test_a_manifest_keeps_scopes_protocol_and_terms() -> None:
    written = replace(FLEX_1, stated={"activity_status": "flex"}, scopes=(ScopeFacts("RQ6", APRIL, 0, "flex"),))
    assert Submission.from_json(written.to_json()) == written


def test_a_manifest_of_an_earlier_version_loads() -> None:
    values = FLEX_1.to_json()
    for key in ("protocol", "scopes", "stated"):
        del values[key]
    assert Submission.from_json(values) == replace(FLEX_1, protocol=None, scopes=())


def comes_again(tmp_path: Path, again: Submission, *known: Submission, **terms: object) -> bool:
    moment = datetime(2017, 10, 1, tzinfo=UTC)
    receipt = Receipt(tmp_path / "x", "x", again.file_sha256, 1, 5, moment, stated=terms)
    return is_nothing_new(Home(tmp_path), receipt, known, {"activity": CONTRACT}, left_in_place=False)


def test_bytes_that_would_change_nothing_are_nothing_new(tmp_path: Path) -> None:
    assert comes_again(tmp_path, FLEX_1, FLEX_1)
    assert comes_again(tmp_path, FLEX_1, FLEX_1, FLEX_2)  # its extract stays the older one
    assert comes_again(tmp_path, FREEZE_2, FREEZE_1, FREEZE_2)  # drift stays drift
    assert comes_again(tmp_path, FREEZE_1, FREEZE_1, FREEZE_2)
    assert not comes_again(tmp_path, FINAL, FREEZE_1)


def test_the_same_bytes_under_other_terms_are_new(tmp_path: Path) -> None:
    assert not comes_again(tmp_path, FREEZE_2, FREEZE_1, FREEZE_2, activity_status="final")


def test_the_newer_receipt_of_two_files_of_one_extract_counts(tmp_path: Path) -> None:
    first = april("a", day(5, 20), "flex", received_at=datetime(2017, 6, 1, tzinfo=UTC))
    second = april("b", day(5, 20), "flex", received_at=datetime(2017, 6, 2, tzinfo=UTC))
    assert places(first, second) == {Q_APRIL: "b"}
    assert not comes_again(tmp_path, first, first, second)


def test_a_nil_return_that_comes_again_is_as_new_as_its_receipt(tmp_path: Path) -> None:
    nil = april("a", day(5, 20), "flex", rows_accepted=0)
    assert comes_again(tmp_path, nil, nil)
    assert not comes_again(tmp_path, nil, nil, FLEX_2)


def test_rows_of_a_file_of_several_months_stand_in_the_month_that_they_are_of(tmp_path: Path) -> None:
    two = submission("a", day(5, 20), (*Q_APRIL, "flex"), (*Q_MAY, "flex"), (*M_APRIL, "flex"))
    two = replace(two, periods=(PeriodFacts(APRIL, 2, 1), PeriodFacts(MAY, 1, 1)))
    inputs = Inputs(tmp_path, {"activity": CONTRACT}, current([two], {"activity": CONTRACT}), "99A", (two,))
    with duckdb.connect() as connection:
        connection.execute("create schema feed")
        write_submissions(connection, inputs, [two])
        found = connection.execute("select period, rows_accepted, rows_in_period from feed.submission order by period")
        assert found.fetchall() == [(APRIL, 3, 2), (MAY, 3, 1)]
