"""Further counts that are hidden so that no hidden one can be worked out from what is shown.

Belongs here: what an intruder knows of each cell of `publishing.linked`, and which cell is hidden next. It starts from
what is shown (a rounded count is known to within two, a hidden one to be small) and narrows by the links until nothing
moves. A hidden cell of which fewer than `CANDIDATES` values are left is protected: in its tightest link the smallest
cell is hidden too, months and providers before results, a zero last. Then all over again. Every choice of a round is
made from the same state, so that neither the order of rows nor of files has a say.

A release has thousands of cells for each that is opened, so that a round does not begin anew: it forgets what was
concluded, however far away, from cells that it hid, and looks at the links of these again. What is known in the end is
the same, as the narrowest bounds that all links leave are one set of bounds, wherever looking begins.
"""

from typing import TYPE_CHECKING

import duckdb

from pcw.errors import PcwError
from publishing.linked import GROUP, MONTH, POSITION, PRACTICE, PROVIDER

if TYPE_CHECKING:
    from publishing.suppression import Rule

CANDIDATES = 3
UNKNOWN = 1_000_000_000
ROUNDS = 200
_NO_END = (
    "Hidden patient counts could still be worked out when nothing was left to hide, so nothing was published. "
    "Look at the rule in the seed suppression_rule: can it be met?"
)


def protect(connection: duckdb.DuckDBPyConnection, rule: "Rule") -> None:
    """Leave the temporary table `protected_cell`: what is hidden beyond the rule.

    `is_small` is true where the rule hides the cell anyway and only the reason given for it changes: of a total of 1 to
    7 with six parts, each is 1 or 2, unless readers cannot tell that the total is small.

    Raises:
        PcwError: no end was found.
    """
    small = f"(exact between {rule.hide_from} and {rule.hide_to})"
    connection.execute("create or replace temp table protected_cell (cell_id bigint, is_small boolean)")
    wanted = min(CANDIDATES, rule.hide_to - rule.hide_from + 1)
    connection.execute(f"create or replace temp table bound as {_known(rule, small, 'linked_part')}")
    connection.execute("create or replace temp table concluded as select relation, cell_id from linked_part limit 0")
    connection.execute("create or replace temp table touched as select distinct relation from linked_part")
    for _ in range(ROUNDS):
        _narrow(connection)
        connection.execute(f"""
            create or replace temp table open_cell as
            select cell_id from bound join linked_cell using (cell_id)
            where {small} and kind > 0 and upper - lower + 1 < {wanted}
        """)
        if not _count(connection, "select count(*) from open_cell"):
            return
        while not _count(connection, f"insert into protected_cell {_choice(small, f'not {small} or {_IN_WORDS}')}"):
            if _count(connection, _WIDER):
                continue
            # What is left beside them is small and no whole: readers may then not tell that of any of these.
            if not _count(connection, f"insert into protected_cell {_choice(small, 'true')}"):
                raise PcwError(_NO_END)
            break
        _widen(connection, rule, small)
    raise PcwError(_NO_END)


def _narrow(connection: duckdb.DuckDBPyConnection) -> None:
    """Take from the cells of touched links what the others of a link leave no room for, until nothing moves.

    `concluded` holds which links ever said something of which cells.
    """
    while True:
        connection.execute(f"""
            create or replace temp table moving as
            with {_implied("touched")}
            select relation, cell_id, greatest(lower, known_lower) as lower, least(upper, known_upper) as upper
            from implied where lower > known_lower or upper < known_upper
        """)
        if not _count(connection, "insert into concluded select relation, cell_id from moving"):
            return
        connection.execute("""
            update bound set lower = closer.lower, upper = closer.upper
            from (select cell_id, max(lower) as lower, min(upper) as upper from moving group by cell_id) as closer
            where bound.cell_id = closer.cell_id
        """)
        connection.execute(_TOUCH.format(cells="moving"))


def _widen(connection: duckdb.DuckDBPyConnection, rule: "Rule", small: str) -> None:
    """Forget what is known of cells that were hidden now, and of all that was concluded from it."""
    connection.execute("""
        create or replace temp table widened as
        select cell_id, 0 as step from protected_cell join bound using (cell_id) where not is_protected
    """)
    step = 0
    while _count(
        connection,
        f"""
        insert into widened
        select distinct cell_id, {step + 1} from concluded
        where relation in (
            select relation from linked_part where cell_id in (select cell_id from widened where step = {step})
        ) and cell_id not in (select cell_id from widened)
        """,
    ):
        step += 1
    connection.execute("delete from concluded where cell_id in (select cell_id from widened)")
    connection.execute("delete from bound where cell_id in (select cell_id from widened)")
    connection.execute(f"insert into bound {_known(rule, small, 'widened')}")
    connection.execute(_TOUCH.format(cells="widened"))


_TOUCH = """
    create or replace temp table touched as
    select distinct relation from linked_part where cell_id in (select cell_id from {cells})
"""


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


# A small whole may be hidden in other words. Results say their words; components say nothing of why they are hidden, so
# that it helps less there: only where many parts would betray their total, and then for what that is part of.
_IN_WORDS = f"""
    (is_total or (is_wider and (
        kind in ({PRACTICE}, {GROUP}) or tightest.cell_id in (select cell_id from protected_cell where is_small)
    )))
"""
# Where nothing next to an open cell is left to hide, what is hidden beside it is worked out from elsewhere: look there.
_WIDER = """
    insert into open_cell
    select distinct beside.cell_id
    from open_cell
    join linked_part as own on own.cell_id = open_cell.cell_id
    join linked_part as beside using (relation)
    join protected_cell on protected_cell.cell_id = beside.cell_id
    where beside.cell_id not in (select cell_id from open_cell)
"""


def _known(rule: "Rule", small: str, cells: str) -> str:
    """What an intruder knows of each cell of a table from the cell alone."""
    half = f"(({rule.round_to} - 1) / 2.0)"
    shown = f"round(exact / {rule.round_to}) * {rule.round_to}"
    return f"""
        select
            cell_id,
            case
                when kind = 0 or protected_cell.cell_id is not null then if(kind = {PROVIDER}, 1, 0)
                when {small} then {rule.hide_from}
                when exact = 0 then 0
                else greatest(ceil({shown} - {half}), {rule.hide_to} + 1)
            end::bigint as lower,
            case
                when kind = 0 or protected_cell.cell_id is not null then {UNKNOWN}
                when {small} then {rule.hide_to}
                when exact = 0 then 0
                else floor({shown} + {half})
            end::bigint as upper,
            protected_cell.cell_id is not null as is_protected
        from linked_cell left join protected_cell using (cell_id)
        where cell_id in (select cell_id from {cells})
    """


def _implied(relations: str) -> str:
    """What the other cells of each link, of those in a table, leave to each cell."""
    return f"""
    known as (select linked_part.*, lower, upper from linked_part join bound using (cell_id)
        where relation in (select relation from {relations})
    ),
    sums as (
        select
            relation, sum(case when sign > 0 then lower else -upper end)::bigint as least_sum,
            sum(case when sign > 0 then upper else -lower end)::bigint as greatest_sum
        from known group by relation
    ),
    implied as (
        select
            relation, cell_id, known.lower as known_lower, known.upper as known_upper,
            case when sign > 0 then upper - greatest_sum else least_sum + upper end as lower,
            case when sign > 0 then lower - least_sum else greatest_sum + lower end as upper
        from known join sums using (relation)
    )
    """


def _choice(small: str, may_be_hidden: str) -> str:
    """For each cell that can be worked out one more to hide, of those that may be."""
    return f"""
        with asked as (select relation from linked_part where cell_id in (select cell_id from open_cell)),
        {_implied("asked")},
        tightest as (
            select
                implied.cell_id, relation,
                least(upper, known_upper + 1) - greatest(lower, known_lower - 1) as width
            from implied join open_cell using (cell_id)
        ),
        candidates as (
            select
                tightest.*, linked_part.cell_id as other_id, {small} as is_small,
                row_number() over (
                    partition by tightest.cell_id
                    order by width, relation, {small} and kind in ({PRACTICE}, {GROUP}) desc, {small}, exact = 0, kind,
                        exact, linked_part.cell_id
                ) as place
            from tightest
            join linked_part using (relation)
            join linked_cell on linked_cell.cell_id = linked_part.cell_id
            where kind > 0 and linked_part.cell_id not in (select cell_id from protected_cell)
                and ({may_be_hidden})
        )
        select distinct other_id, is_small from candidates where place = 1
    """


def hide_protected(connection: duckdb.DuckDBPyConnection, schema: str, costs: dict[str, str]) -> int:
    """Hide what was chosen in the tables of components, with what it cost, and in positions; returns how many.

    Results are left to who makes their rates, in the temporary table `protected_result`.
    """
    pairs = ", ".join(f"('{cost}', '{count}')" for cost, count in costs.items())
    connection.execute("""
        create or replace temp table protected as
        select name as component_id, linked_cell.* exclude (name), is_small
        from protected_cell join linked_cell using (cell_id)
    """)
    connection.execute(f"""
        create or replace temp table protected_result as
        select component_id, org_view, org_type, org_code, last_day(month) as period_end
        from protected where kind in ({PRACTICE}, {GROUP})
    """)
    hidden = 0
    for table, kind, same in (
        ("component_value", MONTH, ""),
        (
            "component_provider_value",
            PROVIDER,
            "and shown.provider_code = protected.provider_code "
            "and coalesce(shown.treatment_function_code, '') = protected.specialty",
        ),
    ):
        hidden += connection.execute(f"""
            update {schema}.{table} as shown set value = null
            from (
                select * from protected
                union all
                select protected.* replace (pairs.cost as component_id)
                from protected join (values {pairs}) as pairs (cost, counted) on component_id = counted
            ) as protected
            where kind = {kind} and not is_small and shown.component_id = protected.component_id
                and shown.practice_code = protected.org_code and shown.month = protected.month {same}
        """).fetchall()[0][0]
    for (name,) in connection.execute(
        f"select distinct component_id from protected where kind = {POSITION} and not is_small order by all"
    ).fetchall():
        table, column = name.split()
        key = "plan_id || ' ' || financial_year" if table == "activity_position" else "project_id"
        hidden += connection.execute(f"""
            update {schema}.{table} as shown set {column} = null
            from protected where protected.component_id = '{name}' and not is_small
                and {key} = protected.org_code and shown.month = protected.month
        """).fetchall()[0][0]
    return hidden


def drop_rows_below_hidden(
    connection: duckdb.DuckDBPyConnection, schema: str, rule: "Rule", costs: dict[str, str]
) -> int:
    """Leave out the providers of a hidden total: seven rows of a total of at most seven are one patient each."""
    pairs = ", ".join(f"('{cost}', '{count}')" for cost, count in costs.items())
    return int(
        connection.execute(f"""
            delete from {schema}.component_provider_value as shown
            using (
                select component_id as counted, practice_code, month from {schema}.component_value
                where component_id in (select component_id from patient_component)
                    and value between {rule.hide_from} and {rule.hide_to}
            ) as totals, (
                select component_id, component_id as counted from patient_component
                union all
                select cost, counted from (values {pairs}) as pairs (cost, counted)
            ) as components
            where shown.component_id = components.component_id and totals.counted = components.counted
                and totals.practice_code = shown.practice_code and totals.month = shown.month
        """).fetchall()[0][0]
    )
