"""Which submissions can have caused a change between two releases.

Belongs here: what came or went between them, and which of it feeds a row. What a change is belongs in
`publishing.diff`; how far the rows of a table look around their month stands with it in `publishing.tables`.
"""

import duckdb

from publishing.tables import Mart, literal, quote
from sources.contracts import Contract, Whole, load_contracts

# Indicators name the activity that they read; these feeds bring it.
ACTIVITY = {"sus_aea": "sus_ae", "sus_ec": "sus_ae", "sus_apcs": "sus_apc", "sus_apce": "sus_apc", "sus_opa": "sus_op"}
# Where both releases tell their submissions, and none of what came or went feeds the row.
NO_FILE = "no file: definitions, code, waivers or the day of the release changed"
DEFINITION = "no file: definitions or code changed"
NOT_KNOWN = "select cast(null as date) as month, '' as indicator_id, cast(null as varchar) as cause where false"


def collect_moved(connection: duckdb.DuckDBPyConnection, before: str, after: str) -> None:
    """Temporary table of submissions that became current or stopped being so, with the months they serve.

    A submission serves from its own month until the next month its feed has: a list size of April serves June as well.
    What is stated of a period of a financial year is of that period alone.
    """
    contracts = load_contracts()
    of_period = [literal(name) for name, feed in contracts.items() if "ledger_period" in feed.period.columns]
    current = "select dataset, submission_id, period from {}.main.submission where is_current"
    old, new = current.format(quote(before)), current.format(quote(after))
    connection.execute(
        f"""
        create or replace temp table moved_submission as
        with moved as (({new} except {old}) union ({old} except {new})),
        periods as (select dataset, period from ({old}) union select dataset, period from ({new})),
        served as (select *, lead(period) over (partition by dataset order by period) as next_period from periods)
        select
            moved.*,
            if(dataset in ({", ".join(of_period)}), period + interval 1 month, served.next_period)::date as next_period
        from moved join served using (dataset, period)
        """
    )


def forget_moved(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove what `collect_moved` made."""
    connection.execute("drop table if exists temp.moved_submission")


def causes_sql(mart: Mart, after: str) -> str:
    """Submissions that can have caused a change: (month, indicator_id, cause), for the rows of the table `differing`.

    They are of feeds that the mart is made of, serve a month that its rows read and, for a result, belong to a feed
    that its indicator reads, or to one that no indicator names: a register of practices or codes can move them all. A
    register can move any month, because its newest file stands for all, and each file a row about no month. If none of
    these did, a file before the window may have: a row may be held against a month long ago (a baseline), and what is
    withheld is judged by history. At last, a row that came or went may be of a month that a later file made one to tell
    of. Rather a submission too many is named than none where one did it.
    """
    contracts = load_contracts()
    of_mart = [literal(name) for name, feed in contracts.items() if feed.family in mart.families]
    of_every_month = [literal(name) for name, feed in contracts.items() if stands_for_all(feed)]
    reads = of_family = f"moved.dataset in ({', '.join(of_mart) or 'null'})"
    if mart.name == "indicator_result":
        activities = " ".join(f"when {literal(feed)} then {literal(activity)}" for feed, activity in ACTIVITY.items())
        read_as = f"case moved.dataset {activities} else moved.dataset end"
        read_by = f"""
            select 1 from {quote(after)}.main.indicator as definition
            where contains(cast(definition.source_feeds as varchar), {read_as})
        """
        reads = f"""{of_family} and (
            exists ({read_by} and definition.indicator_id = changed.indicator_id)
            or not exists ({read_by})
        )"""
    until = "true" if mart.reads_later else "moved.period <= changed.month"
    since = "true"
    if mart.window is not None:
        since = f"moved.next_period > changed.month - interval {mart.window} month"
    in_window = f"({until} and {since}) or moved.dataset in ({', '.join(of_every_month)})"
    came_or_went = f"changed.came_or_went and {str(mart.until_last).lower()}"
    listed = "string_agg(concat(moved.dataset, ' ', moved.submission_id), ', ' order by dataset, submission_id)"
    return f"""
        select
            changed.month, changed.indicator_id,
            coalesce({listed} filter (where {in_window}), {listed} filter (where {until}), {listed}) as cause
        from (
            select month, indicator_id, bool_or(old_row is null or new_row is null) as came_or_went
            from differing where month is not null group by month, indicator_id
        ) as changed
        join (
            select
                dataset, submission_id, min(period) as period,
                max(coalesce(next_period, date '9999-12-31')) as next_period
            from moved_submission group by dataset, submission_id
        ) as moved
            on ({until} or moved.dataset in ({", ".join(of_every_month)}) or {came_or_went}) and {reads}
        group by changed.month, changed.indicator_id
        union all
        select null, '', string_agg(concat(dataset, ' ', submission_id), ', ' order by dataset, submission_id)
        from (select distinct dataset, submission_id from moved_submission as moved where {of_family})
    """


def stands_for_all(contract: Contract) -> bool:
    """Whether the newest file of a feed stands for every month."""
    return contract.cadence == "register" or (
        isinstance(contract.supersession, Whole) and contract.supersession.scope == "dataset"
    )
