"""Everything that is landed or published has its gates, or stands in one list with the reason."""

from __future__ import annotations

from expectations.suites import load_suites
from publishing.tables import MARTS, VIEWS
from sources.contracts import load_contracts

# What a release adds to the marts, and why no suite of its own judges it.
NO_SUITE = {
    "waiver": "a copy of the waivers, each of which is refused when it is read unless it is whole",
    "gate_check": "a copy of the suites, each of which is refused when it is read unless it is whole",
    "gate_result": "publishing.gates refuses a release in which a declared check has no verdict; the release suite "
    "refuses it empty",
    "gate_history": "a copy of what manifests, refusals and earlier releases hold; the release suite refuses it empty",
    "feed_freshness": "counted from submission and the months of the build, which gate 3 judges (suite submission)",
    "feed_month": "computed from contracts and manifests, which are refused where they do not fit",
    "submission": "a copy of feed.submission, which gate 3 judges (suite submission); gate 5 refuses it empty",
    "release_change": "the difference of two files that both passed gate 5",
}


def _judged(*stages: str) -> set[str]:
    return {suite.relation.removeprefix("main.") for (_, stage), suite in load_suites().items() if stage in stages}


def test_every_mart_and_view_has_a_gate() -> None:
    assert {mart.name for mart in MARTS} | set(VIEWS) <= _judged("marts", "release")


def test_every_table_that_a_release_adds_has_a_gate_or_a_reason() -> None:
    from publishing import lineage, quality_tables

    named = {name.lower() for module in (lineage, quality_tables) for name in vars(module) if name.isupper()}
    added = {name for name in named if name not in ("utc", "release_stage")} | {"release_change"}
    assert added - _judged("marts", "release") == set(NO_SUITE)


def test_every_dataset_has_both_gates_of_a_submission() -> None:
    suites = load_suites()
    assert ("file", "file") in suites
    assert {dataset for dataset, stage in suites if stage == "rows"} == set(load_contracts())


def test_every_check_says_who_why_and_what_to_do() -> None:
    for suite in load_suites().values():
        assert suite.owner.strip()
        for check in suite.checks:
            assert check.why.strip(), (suite.suite, check.id)
            assert check.fix.strip() or check.message == "{examples}", (suite.suite, check.id)
