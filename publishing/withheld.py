"""Which figures a failed check withholds: ids of indicators, how many organisations and months. No figure is read.

The build database knows it (`int_indicators__gap` and the state of every result); a release does not keep the way from
a cause to its figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expectations.verdict import ScopeEntry

NAMED = 12
# A withheld result stands for a gap of its window; results of other causes in the same window are counted with it.
FIGURES = """
with hit as (select distinct alert, dataset, month, practice_code, provider_code, specialty from asked),

gap as (
    select hit.alert, gaps.*
    from hit
    inner join build.intermediate.int_indicators__gap as gaps
        on hit.dataset = gaps.dataset and hit.month = gaps.month
            and hit.provider_code is not distinct from gaps.provider_code
            and hit.specialty is not distinct from gaps.treatment_function_code
            and hit.practice_code is not distinct from gaps.practice_code
    where gaps.cause = 'withheld'
),

touched as (
    select distinct gap.alert, result.indicator_id, result.org_type, result.org_code, result.period_end
    from gap
    inner join build.intermediate.int_indicators__dataset_read as reads on gap.dataset = reads.dataset
    inner join build.main.indicator_result as result
        on reads.indicator_id = result.indicator_id and reads.version = result.version
            and reads.variant = result.variant
    inner join build.intermediate.int_practice__calendar as calendar on result.period_end = calendar.period_end
    left join build.intermediate.int_indicators__specialty_read as specialty
        on reads.indicator_id = specialty.indicator_id and reads.version = specialty.version
            and reads.variant = specialty.variant and reads.dataset = specialty.dataset
            and gap.treatment_function_code = specialty.treatment_function_code
    where result.state = 'withheld'
        and (gap.treatment_function_code is null or reads.reads_every_specialty
            or specialty.treatment_function_code is not null)
        and (reads.reads_codes or not coalesce(gap.is_of_codes, false))
        and (gap.org_type is null or (gap.org_view, gap.org_type, gap.org_code)
            = (result.org_view, result.org_type, result.org_code))
        and gap.month_index between calendar.month_index - reads.gap_window_months + 1 and calendar.month_index
)

select
    alert,
    list(distinct indicator_id order by indicator_id),
    count(distinct (org_type, org_code)),
    count(distinct period_end)
from touched
group by alert
"""


@dataclass(frozen=True)
class Figures:
    """What is withheld for one cause."""

    indicator_ids: tuple[str, ...]
    organisations: int
    months: int

    def __str__(self) -> str:
        named = ", ".join(self.indicator_ids[:NAMED])
        rest = len(self.indicator_ids) - NAMED
        more = f" and {rest} more" if rest > 0 else ""
        return f"{named}{more}: {self.organisations:,} organisation(s), {self.months} month(s)"


def withheld_figures(warehouse: Path, hits: Mapping[str, Sequence[ScopeEntry]]) -> dict[str, Figures]:
    """Figures of the build that are withheld for each alert; an alert is absent where none is, or none is built yet.

    Args:
        hits: fingerprint of an alert -> what its check hits, with the feed.
    """
    rows = [
        (alert, e.dataset, e.month, e.practice_code, e.provider_code, e.treatment_function_code)
        for alert, entries in hits.items()
        for e in entries
    ]
    if not rows or not warehouse.exists():
        return {}
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{str(warehouse).replace(chr(39), chr(39) * 2)}' as build (read_only)")
        built = connection.execute(
            "select count(*) from duckdb_tables() where database_name = 'build' "
            "and table_name in ('int_indicators__gap', 'indicator_result')"
        ).fetchall()
        if built != [(2,)]:
            return {}
        connection.execute(
            "create table asked (alert varchar, dataset varchar, month date, practice_code varchar, "
            "provider_code varchar, specialty varchar)"
        )
        connection.executemany("insert into asked values (?, ?, ?, ?, ?, ?)", rows)
        found = connection.execute(FIGURES).fetchall()
    return {alert: Figures(tuple(ids), orgs, months) for alert, ids, orgs, months in found}
