"""Which published patient counts can be worked out from each other: cells, and the sums that link them.

Belongs here: the temporary tables `linked_cell` (every published count with its exact value) and `linked_part` (signed
cells that add up to nothing, one relation after the other). What is hidden because of them is in
`publishing.protection`; a link that does not hold in the exact figures is no link, so it is left out.
"""

import duckdb

from publishing.tables import literal

PROVIDER, MONTH, PRACTICE, GROUP, POSITION = 1, 2, 3, 4, 5
# A part never counts more than its whole; asked of months and results, where it is a tenth of the work.
NESTED = (
    ("sus_ae_gp_spec_attendances", "sus_ae_gp_spec_attendances_wide"),
    ("sus_ae_gp_spec_attendances_wide", "sus_ae_attendances"),
    ("sus_acs_admissions", "sus_acs_admissions_with_j189"),
    ("sus_acs_admissions_with_j189", "sus_emergency_admissions"),
    ("sus_acs_admissions_national_19", "sus_emergency_admissions"),
    ("sus_emergency_zero_day_stays", "sus_emergency_admissions"),
    ("sus_emergency_readmissions_30d", "sus_emergency_admissions"),
    ("sus_emergency_admissions", "sus_non_elective_spells"),
    ("sus_op_gp_referred_firsts", "sus_op_gp_referred_firsts_with_dental"),
    ("sus_op_gp_referred_firsts_with_dental", "sus_op_firsts"),
    ("sus_op_gp_referred_firsts", "sus_op_gp_referred_firsts_all_specialties"),
    ("sus_op_gp_referred_firsts_all_specialties", "sus_op_firsts"),
    ("sus_op_firsts", "sus_op_attendances"),
)
# Components of one specialty each, which add up to the one before the last underscore.
SPECIALTIES_OF = "sus_op_gp_referred_firsts"
SPECIALTIES = (
    "dermatology", "ent", "rheumatology", "gynaecology", "urology", "vascular", "cardiology", "respiratory",
    "gastroenterology",
)  # fmt: skip
# Tables with a month and what it brings the year to: (table, key of the series, month, to date).
TO_DATE = (
    ("activity_position", "plan_id || ' ' || financial_year", "actual_month", "actual_ytd"),
    ("project_benefit", "project_id", "actual_month", "actual_to_date"),
    ("project_benefit", "project_id", "baseline_month", "baseline_to_date"),
)
# Links that are a total and its parts. "Nested" ones are a wider count and what it contains; others are equals, steps.
SUMS = ("window", "specialties", "practices", "neighbourhoods", "localities", "networks", "commissioners", "moved")
SAME_PLACE = ("kind", "org_view", "org_type", "org_code", "provider_code", "specialty", "month", "window_start")


def link(connection: duckdb.DuckDBPyConnection, definitions: str, schema: str) -> None:
    """Write both tables from an exact copy of the marts. Table `patient_component` names what counts patients."""
    connection.execute(f"create or replace temp table linked_cell as {_cells(definitions, schema)}")
    connection.execute("create or replace temp table linked_part (relation varchar, cell_id bigint, sign tinyint)")
    for name, sql in _relations(schema).items():
        _add(connection, name, sql)
    _add(connection, "moved", _groups_of_months(schema))
    connection.execute(_STEPS)
    connection.execute(f"""
        insert into linked_cell by name
        select 1000000000 + row_number() over (order by part.cell_id, whole.cell_id) as cell_id, 0 as kind,
            whole.exact - part.exact as exact, part.cell_id as narrow_id, whole.cell_id as wide_id
        from (values {", ".join(f"({literal(part)}, {literal(whole)})" for part, whole in NESTED)}) as nested (a, b)
        join linked_cell as part on part.name = a
        join linked_cell as whole on whole.name = b and {_same("part", "whole")}
        where whole.exact >= part.exact and part.kind > {PROVIDER}
    """)
    connection.execute("""
        insert into linked_part
        select 'nested ' || cell_id, unnest([cell_id, narrow_id, wide_id]), unnest([1, 1, -1])
        from linked_cell where kind = 0
    """)
    connection.execute(f"""
        create or replace temp table linked_part as
        select dense_rank() over (order by relation) as relation, cell_id, sign,
            sign < 0 and split_part(relation, ' ', 1) in ({", ".join(map(literal, SUMS))}) as is_total,
            sign < 0 and starts_with(relation, 'nested ') as is_wider
        from linked_part
    """)


# One window less the window before it is the month that came less the month that went.
_STEPS = f"""
    insert into linked_part
    with steps as (
        select
            before.cell_id as before_id, after.cell_id as after_id, gone.cell_id as gone_id, come.cell_id as come_id
        from linked_cell as before
        join linked_cell as after on before.kind = {PRACTICE} and after.kind = {PRACTICE} and before.name = after.name
            and before.org_view = after.org_view and before.org_code = after.org_code
            and after.month = before.month + interval 1 month
            and after.window_start = before.window_start + interval 1 month
        join linked_cell as gone on gone.kind = {MONTH} and gone.name = before.name
            and gone.org_code = before.org_code and gone.month = before.window_start
        join linked_cell as come on come.kind = {MONTH} and come.name = before.name
            and come.org_code = before.org_code and come.month = after.month
        where after.exact + gone.exact = before.exact + come.exact
    )
    select 'step ' || after_id, unnest([after_id, gone_id, before_id, come_id]), unnest([1, 1, -1, -1]) from steps
"""


def _add(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    """Add relations: `sql` gives total_id and part_id. Only those stay whose parts add up to their total."""
    connection.execute(f"""
        insert into linked_part
        with pairs as ({sql}),
        held as (
            select total_id
            from pairs
            join linked_cell as part on part.cell_id = part_id
            join linked_cell as total on total.cell_id = total_id
            group by total_id, total.exact having sum(part.exact) = total.exact
        )
        select {literal(name + " ")} || total_id, total_id, -1 from held
        union all
        select {literal(name + " ")} || total_id, part_id, 1 from pairs join held using (total_id)
    """)


def _cells(definitions: str, schema: str) -> str:
    to_date = "\nunion all\n".join(
        f"""select {POSITION}, {literal(f"{table} {column}")}, {key}, null, null, null, null, month, null, {column}
        from {schema}.{table} where {column} is not null {condition}"""
        for table, key, *columns in TO_DATE
        for column in columns
        for condition in [
            "and component_id in (select component_id from patient_component)" if table == "activity_position" else ""
        ]
    )
    return f"""
        with results as (
            select distinct
                numerator_component_id as name, org_view, org_type, org_code, period_end, window_start, numerator
            from {schema}.indicator_result
            join {definitions}.indicator_variant using (indicator_id, version, variant)
            where numerator is not null and numerator_component_id in (select component_id from patient_component)
            union
            select denominator_component_id, org_view, org_type, org_code, period_end, window_start, denominator
            from {schema}.indicator_result
            join {definitions}.indicator_variant using (indicator_id, version, variant)
            where denominator is not null and denominator_component_id in (select component_id from patient_component)
        ),
        cells (kind, name, org_code, org_view, org_type, provider_code, specialty, month, window_start, exact) as (
            select {PROVIDER}, component_id, practice_code, null, null, provider_code,
                coalesce(treatment_function_code, ''), month, null, value
            from {schema}.component_provider_value
            where value is not null and component_id in (select component_id from patient_component)
            union all
            select {MONTH}, component_id, practice_code, null, null, null, null, month, null, value
            from {schema}.component_value
            where value is not null and component_id in (select component_id from patient_component)
            union all
            select case when org_type = 'practice' then {PRACTICE} else {GROUP} end, name, org_code, org_view, org_type,
                null, null, date_trunc('month', period_end)::date, window_start, numerator
            from results
            union all
            {to_date}
        )
        select
            row_number() over (
                order by kind, name, org_code, org_view, org_type, provider_code, specialty, month, window_start
            ) as cell_id,
            cells.* replace (cast(exact as bigint) as exact, cast(month as date) as month),
            cast(null as bigint) as narrow_id, cast(null as bigint) as wide_id
        from cells
    """


def _same(left: str, right: str, *without: str) -> str:
    """SQL condition that two cells are of one place and time."""
    return " and ".join(
        f"{left}.{name} is not distinct from {right}.{name}" for name in SAME_PLACE if name not in without
    )


def _relations(schema: str) -> dict[str, str]:
    windows = """
        select total.cell_id as total_id, part.cell_id as part_id
        from linked_cell as total
        join {months} as part
            on total.kind = {practice} and part.kind = {month} and total.name = part.name
            and total.org_code = part.org_code and part.month between total.window_start and total.month
    """
    # What is materialized here is made before it is joined with the third table: with thousands of practices DuckDB put
    # each cell beside those of all of them, until the disk was full.
    successors = f"""
        with succeeded as materialized (
            select part.cell_id, part.kind, part.name, part.month, codes.current_practice_code as org_code
            from linked_cell as part
            join {schema}.practice_month as codes on part.month = codes.month and part.org_code = codes.practice_code
            where part.kind = {MONTH}
        )
    """
    sums = """
        select total.cell_id as total_id, part.cell_id as part_id from linked_cell as total
        join linked_cell as part on {same}
    """
    specialties = ", ".join(literal(f"{SPECIALTIES_OF}_{name}") for name in SPECIALTIES)
    of_members = f"""
        with {_members(schema)},
        wholes as materialized (
            select distinct
                total.cell_id, total.name, total.org_view, total.org_type, total.month, {{lower}} as part_code
            from linked_cell as total
            join members on total.kind = {GROUP} and {{lower}} is not null and members.org_view = total.org_view
                and members.org_type = total.org_type and members.org_code = total.org_code
                and members.month = total.month
        )
        select total.cell_id as total_id, part.cell_id as part_id
        from wholes as total
        join linked_cell as part on part.org_type = {{type}} and part.org_code = total.part_code
            and part.name = total.name and part.org_view = total.org_view and part.month = total.month
        group by all
    """
    relations = {
        "providers": f"""
            select total.cell_id as total_id, part.cell_id as part_id
            from linked_cell as part join linked_cell as total
                on part.kind = {PROVIDER} and total.kind = {MONTH} and total.name = part.name
                and total.org_code = part.org_code and total.month = part.month
            where total.exact > 0
        """,
        "window": windows.format(months="linked_cell", practice=PRACTICE, month=MONTH),
        "window of successors": successors
        + windows.format(months="succeeded", practice=PRACTICE, month=MONTH)
        + " group by all",
        "specialties": sums.format(same=_same("part", "total"))
        + f"where total.kind <> {PROVIDER} and part.name in ({specialties}) and total.name = {literal(SPECIALTIES_OF)}",
        "specialty": sums.format(same=_same("part", "total"))
        + f"where total.kind = {PROVIDER} and part.name in ({specialties}) and total.name = {literal(SPECIALTIES_OF)}",
        "views": sums.format(same=_same("part", "total", "org_view") + " and part.name = total.name")
        + "where part.org_view = 'as_at' and total.org_view = 'current'",
        "practices": of_members.format(lower="members.practice_code", type="'practice'"),
        "neighbourhoods": of_members.format(lower="members.neighbourhood", type="'neighbourhood'"),
        "localities": of_members.format(lower="members.locality", type="'locality'"),
        "commissioners": of_members.format(
            lower="members.commissioner_code", type="'commissioner' and total.org_type = 'system'"
        ),
        "networks": of_members.format(lower="members.pcn", type="'pcn'"),
    }
    for table, _, month, to_date in TO_DATE:
        relations[f"{table} {to_date}"] = f"""
            select total.cell_id as total_id, part.cell_id as part_id
            from linked_cell as total
            join linked_cell as part on part.org_code = total.org_code and (
                (part.name = {literal(f"{table} {month}")} and part.month = total.month)
                or (part.name = total.name and part.month = total.month - interval 1 month)
            )
            where total.name = {literal(f"{table} {to_date}")}
        """
    return relations


def _members(schema: str) -> str:
    """CTEs: which practice belonged to which group in which month, as readers see it in `practice_month`."""
    return f"""
        own as (
            select list(distinct org_code) filter (org_type = 'commissioner') as codes,
                any_value(org_code) filter (org_type = 'system') as together
            from {schema}.indicator_result
        ),
        places as (
            select *, max(month) over () as last_month from {schema}.practice_month where commissioner_code is not null
        ),
        both_views as (
            select 'as_at' as org_view, month, practice_code, neighbourhood, locality, pcn, commissioner_code
            from places
            union all
            select 'current', months.month, practice_code, neighbourhood, locality, pcn, commissioner_code
            from places cross join (select distinct month from places) as months
            where places.month = last_month
        ),
        members as (
            select *, unnest(['neighbourhood', 'locality', 'pcn', 'commissioner', 'system']) as org_type,
                unnest([
                    neighbourhood, locality, pcn, commissioner_code,
                    case when list_contains(own.codes, commissioner_code) then own.together end
                ]) as org_code
            from both_views cross join own
        )
    """


def _groups_of_months(schema: str) -> str:
    """Groups whose practices joined or left within the window: the months in which they were members."""
    return f"""
        with {_members(schema)},
        known as (select cell_id from linked_part where sign = -1 and starts_with(relation, 'practices ')),
        wholes as materialized (
            select total.cell_id, total.name, members.month, members.practice_code
            from linked_cell as total
            join members on total.kind = {GROUP} and total.org_type not in ('commissioner', 'system')
                and members.org_view = total.org_view
                and members.org_type = total.org_type and members.org_code = total.org_code
                and members.month between total.window_start and total.month
            where total.cell_id not in (from known)
        )
        select total.cell_id as total_id, part.cell_id as part_id
        from wholes as total
        join linked_cell as part on part.kind = {MONTH} and part.name = total.name and part.month = total.month
            and part.org_code = total.practice_code
    """
