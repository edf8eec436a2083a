"""Every bad input of the catalogue is stopped or set aside at its gate, named with its cause, and nothing else lands.

`python -m pytest tests/faults/test_catalogue.py` runs what is quick, with `-m ""` all of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.landing import land
from orchestration.submissions import submissions_of
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.ledger import current
from sources.manifests import Submission, parquet_files, remembered
from sources.receipts import receive
from tests.faults.catalogue import Case
from tests.faults.catalogue_runs import BEFORE, CASES, Ground, Tried, content_of, left_as_it_was, prepare, send
from tests.faults.good_files import FILES, Good, Rows, text_of


def _marked() -> list[object]:
    """One case of each kind belongs to every run, and with them one of each feed; the others to the slow ones."""
    of_kind: dict[str, list[Case]] = {}
    for case in CASES:
        of_kind.setdefault(case.kind, []).append(case)
    datasets, quick = set[str](), set[str]()
    for cases in sorted(of_kind.values(), key=len):  # those of many feeds serve the feeds that have none yet
        chosen = next((case for case in cases if case.dataset not in datasets), cases[0])
        datasets.add(chosen.dataset)
        quick.add(chosen.name)
    assert datasets == {case.dataset for case in CASES}
    return [pytest.param(case, id=case.name, marks=() if case.name in quick else pytest.mark.slow) for case in CASES]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """One home for all cases: each is to leave it as it was. What landed before them is parsed once, as in a run."""
    with remembered():
        yield prepare(tmp_path_factory.mktemp("catalogue"))


def in_force(home: Home) -> dict[str, object]:
    """What a release would be made of."""
    return dict(current(submissions_of(home), load_contracts()))


def test_the_catalogue_is_large_and_of_every_feed() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    count = Counter(case.dataset for case in CASES if case.gate != "warned")
    assert count.total() >= 150
    assert set(count) == set(load_contracts()) == set(FILES)
    assert min(count.values()) >= 3


@pytest.mark.slow
@pytest.mark.parametrize("dataset", [name for name in FILES if name not in ("epraccur", "cres_plan")])
def test_the_file_that_is_damaged_lands_when_it_is_not(dataset: str, ground: Ground, tmp_path: Path) -> None:
    good = ground.goods[dataset]
    (tmp_path / good.name).write_bytes(text_of(good.rows))
    with left_as_it_was(ground.home):
        submission = ground.land(tmp_path / good.name, BEFORE).submission
    assert submission is not None and submission.rows_quarantined == 0


@pytest.mark.parametrize("case", _marked())
def test_a_bad_input_is_stopped_at_its_gate(case: Case, ground: Ground, tmp_path: Path) -> None:
    home, good = ground.home, ground.goods[case.dataset]
    before, content = in_force(home), content_of(home)
    with left_as_it_was(home):
        tried = send(ground, case, tmp_path)

        assert tried.gate == case.gate, tried.message
        for text in (tried.name, *case.words(good)):
            assert text in tried.message, tried.message
        assert len(tried.message) < 2500
        if tried.counts is not None:
            read, kept, aside = tried.counts
            assert read == kept + aside
        after = in_force(home)
        if case.gate in ("file", "rows"):
            assert after == before  # and so no release changes
            _assert_refused(home, tried, is_identifiable=good.contract.identifiable)
            added = content_of(home).keys() - content.keys()
            assert all(path.is_relative_to(home.quarantine) for path in added)
        else:
            assert after | {case.dataset: None} == before | {case.dataset: None}
            _assert_only_good_rows_landed(home, tried, case)
        assert list(home.work.iterdir()) == []
        assert not list(home.root.parent.glob(f"*{good.name}")) and not list(home.root.glob(f"*{good.name}"))


def _with_target(good: Good, kind: str, code: str) -> Rows:
    """A target of one organisation beside the bands, in two columns more."""
    row = good.rows[good.first].copy()
    for column, text in {"kind": "target", "band": "", "band_order": "", "rule": "at_or_below", "figure": "9"}.items():
        row[good.place(column)] = text
    heads = [[*head, "org_type", "org_code"] for head in good.rows[: good.first]]
    return [*heads, *([*band, "", ""] for band in good.rows[good.first :]), [*row, kind, code]]


def test_a_target_of_a_group_that_there_is_not_is_refused(ground: Ground, tmp_path: Path) -> None:
    """Its code is looked for among the newest practice groups; before any has landed nobody can say."""
    groups, good = ground.goods["practice_groups"], ground.goods["indicator_reference"]
    kinds, codes = groups.place("org_type"), groups.place("org_code")
    known = next(row[codes] for row in groups.rows[groups.first :] if row[kinds] == "neighbourhood")

    def target(name: str, group: str) -> Path:
        path = tmp_path / name / good.name
        path.parent.mkdir()
        path.write_bytes(text_of(_with_target(good, "neighbourhood", group)))
        return path

    (tmp_path / groups.name).write_bytes(text_of(groups.rows))
    with left_as_it_was(ground.home):
        assert ground.land(target("before", "N1O"), BEFORE).submission is not None
    with left_as_it_was(ground.home):
        assert ground.land(tmp_path / groups.name, BEFORE).submission is not None
        assert ground.land(target("known", known), BEFORE).submission is not None
    with left_as_it_was(ground.home):
        assert ground.land(tmp_path / groups.name, BEFORE).submission is not None
        refusal = ground.land(target("unknown", "N1O"), BEFORE).refusal
    assert refusal is not None
    assert "org_type = neighbourhood, org_code = N1O" in refusal.message
    assert "not among the practice groups" in refusal.message


def test_a_target_of_a_commissioner_that_is_none_of_ours_is_refused(ground: Ground, tmp_path: Path) -> None:
    good = ground.goods["indicator_reference"]
    outcomes = {}
    for code in ("99A", "01J"):
        path = tmp_path / code / good.name
        path.parent.mkdir()
        path.write_bytes(text_of(_with_target(good, "commissioner", code)))
        with left_as_it_was(ground.home):
            outcomes[code] = ground.land(path, BEFORE)
    assert outcomes["99A"].submission is not None
    refusal = outcomes["01J"].refusal
    assert refusal is not None
    place = f"row {len(good.rows) + 1}, gpspec-ae-attendance-rate: 01J in a row of 99A, where 99A in both was expected"
    assert "column org_code" in refusal.message and place in refusal.message


def _assert_refused(home: Home, tried: Tried, *, is_identifiable: bool) -> None:
    """The whole file lies in quarantine under its reason, and none of its rows was accepted."""
    assert tried.outcome.submission is None and tried.outcome.refusal is not None
    folder = home.quarantine / tried.receipt.sha256[:16]
    stored = json.loads((folder / "refusal.json").read_text())
    assert stored["file_name"] == tried.name and stored["message"] == tried.message
    raw = folder / "raw"
    assert raw.is_dir() is (stored["raw"] == "kept") is ("Its bytes are not kept" not in tried.message)
    assert not (is_identifiable and raw.exists())


def _assert_only_good_rows_landed(home: Home, tried: Tried, case: Case) -> None:
    """Rows read are those accepted and those set aside; none that was set aside is among what a release reads."""
    submission = tried.outcome.submission
    assert submission is not None and tried.outcome.dataset == case.dataset
    assert submission.rows_read == submission.rows_accepted + submission.rows_quarantined
    landed = _source_rows(home, submission)
    assert len(landed) == len(set(landed)) == submission.rows_accepted
    rejected = home.landing / submission.dataset / submission.submission_id / "rejected.parquet"
    assert rejected.exists() is (case.gate == "quarantined")
    if case.gate == "quarantined":
        aside = _rows_of([str(rejected)])
        assert len(aside) == submission.rows_quarantined > 0
        assert not set(aside) & set(landed)


def _source_rows(home: Home, submission: Submission) -> list[int]:
    files = [file for facts in submission.periods for file in parquet_files(home.landing, submission, facts.period)]
    return _rows_of(files)


def _rows_of(files: list[str]) -> list[int]:
    return [row for (row,) in duckdb.sql("select source_row from read_parquet(?)", params=[files]).fetchall()]


@pytest.mark.parametrize("dataset", ["epd", "sus_opa"])
def test_a_file_that_still_grows_is_left_where_it_is(dataset: str, ground: Ground, tmp_path: Path) -> None:
    home, path = ground.home, tmp_path / ground.goods[dataset].name
    whole = text_of(ground.goods[dataset].rows)
    path.write_bytes(whole[: len(whole) // 2])
    receipt, before = receive(path, BEFORE), content_of(home)
    path.write_bytes(whole)
    with pytest.raises(PcwError, match=f"{path.name} changed while it was read"):
        land(home, Settings(home=home.root), receipt)
    assert path.read_bytes() == whole
    assert content_of(home) == before


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(A1)"])
def test_a_formula_is_kept_as_the_text_that_it_is(text: str, ground: Ground, tmp_path: Path) -> None:
    """What is kept is what came. An export to a spreadsheet has to write it so that nothing is calculated."""
    home, good = ground.home, ground.goods["practice_groups"]
    table = good.copy()
    table[1][good.place("org_name")] = text
    (tmp_path / good.name).write_bytes(text_of(table))
    with left_as_it_was(home):
        submission = ground.land(tmp_path / good.name, BEFORE).submission
        assert submission is not None
        files = parquet_files(home.landing, submission, submission.periods[0].period)
        rows = duckdb.sql("select org_name from read_parquet(?) where source_row = 2", params=[files]).fetchall()
    assert rows == [(text,)]
