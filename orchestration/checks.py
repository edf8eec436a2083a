"""How verdicts show in Dagster: one check for each gate, and one for what only warns.

The verdicts themselves are made in `expectations`. One Dagster check for every declared check would be finer, but each
costs two rows of the event log: with forty checks a file of forty rows takes two seconds instead of one. The table in
the metadata holds every verdict.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from expectations.suites import Suite
from expectations.verdict import Verdict
from orchestration.page_links import page_address, page_value
from orchestration.quality import small_counts
from pcw.settings import Settings
from publishing.judgements import discreet
from publishing.quality_pages import FILE_STAGES

GATES = {
    "file": "gate_1_file",
    "rows": "gate_2_rows",
    "staged": "gate_3_staged",
    "marts": "gate_4_marts",
    "release": "gate_5_release",
}
WARNINGS = "warnings"


def check_specs(
    key: dg.AssetKey, suites: Iterable[Suite], partitions: dg.PartitionsDefinition | None = None
) -> list[dg.AssetCheckSpec]:
    """The checks of an asset whose gates are these suites."""
    suites = list(suites)
    specs = []
    for stage in dict.fromkeys(suite.stage for suite in suites):
        asked = [suite for suite in suites if suite.stage == stage]
        specs.append(
            dg.AssetCheckSpec(
                GATES[stage],
                asset=key,
                blocking=True,
                partitions_def=partitions,
                description=_description(asked, "block"),
            )
        )
    specs.append(
        dg.AssetCheckSpec(
            WARNINGS, asset=key, partitions_def=partitions, description=_description(suites, "withhold", "warn")
        )
    )
    return specs


def _description(suites: Iterable[Suite], *severities: str) -> str:
    return "\n".join(
        f"- {suite.suite}.{check.id}: {check.why}"
        for suite in suites
        for check in suite.checks
        if check.severity in severities
    )


def check_results(
    key: dg.AssetKey,
    suites: Iterable[Suite],
    verdicts: Sequence[Verdict],
    settings: Settings,
    *,
    owner: str | None = None,
    dataset: str | None = None,
) -> Iterator[dg.AssetCheckResult]:
    """A result for each check that `check_specs` declares. A gate that was not asked has not been passed.

    Args:
        owner: who is told of a refusal, whatever gate refused; else the owners of the suites.
        dataset: the feed of the file that was judged; its pages are named by it.
    """
    suites = list(suites)
    stages = list(dict.fromkeys(suite.stage for suite in suites))
    shown = _Shown(key, suites, settings, owner, dataset)
    for stage in stages:
        given = [verdict for verdict in verdicts if verdict.stage == stage and verdict.severity == "block"]
        yield shown.result(GATES[stage], stage, given, dg.AssetCheckSeverity.ERROR, asked=bool(given))
    rest = [verdict for verdict in verdicts if verdict.severity != "block"]
    declared = any(check.severity != "block" for suite in suites for check in suite.checks)
    yield shown.result(WARNINGS, stages[-1], rest, dg.AssetCheckSeverity.WARN, asked=bool(rest) or not declared)


@dataclass(frozen=True)
class _Shown:
    """What the results of one asset have in common."""

    key: dg.AssetKey
    suites: Sequence[Suite]
    settings: Settings
    owner: str | None
    dataset: str | None

    def result(
        self, name: str, stage: str, verdicts: Sequence[Verdict], severity: dg.AssetCheckSeverity, *, asked: bool
    ) -> dg.AssetCheckResult:
        # Analysts open the UI, and it keeps what it is given.
        verdicts = [discreet(verdict, small_counts()) for verdict in verdicts]
        failed = [verdict for verdict in verdicts if not verdict.passed]
        description = " ".join(verdict.message for verdict in failed)
        if not asked:
            description = "Not asked: the gate before was not passed."
        pages = {(v.stage, self._page(v.stage, v.suite)): None for v in failed}
        return dg.AssetCheckResult(
            asset_key=self.key,
            check_name=name,
            passed=asked and not failed,
            severity=severity,
            description=description or f"{len(verdicts)} check(s) hold.",
            metadata={
                "page": page_value(self.settings, stage, self._page(stage)),
                "pages of what failed": dg.MetadataValue.json([page_address(self.settings, *page) for page in pages]),
                "verdicts": dg.MetadataValue.md(_table([*failed, *(v for v in verdicts if v.passed)])),
                "failed": len(failed),
                "rows checked": max((verdict.rows_checked for verdict in verdicts), default=0),
                "examples": dg.MetadataValue.json([example for verdict in failed for example in verdict.examples][:5]),
                "owner": self.owner or ", ".join(sorted({verdict.owner for verdict in failed or verdicts})),
            },
        )

    def _page(self, stage: str, suite: str | None = None) -> str | None:
        """Name of the page: of the feed, of a suite; the index (None) where a gate has several."""
        if stage in FILE_STAGES:
            return self.dataset
        return suite


def _table(verdicts: Iterable[Verdict]) -> str:
    lines = ["| check | severity | verdict | unexpected | message |", "|---|---|---|---|---|"]
    for v in verdicts:
        message = v.message.replace("|", "\\|").replace("\n", " ")
        verdict = "passed" if v.passed else "FAILED"
        lines.append(f"| {v.suite}.{v.check} | {v.severity} | {verdict} | {v.unexpected_count:,} | {message} |")
    return "\n".join(lines)
