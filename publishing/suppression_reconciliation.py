"""Small patient counts in what is computed here beside what is published.

Belongs here: how the mart `indicator_reconciliation` changes under a rule, with the questions that it raises. It shows
what other tables of the file show, and nothing more: figures of indicators are those of `indicator_result`, attendances
at a provider are the sum of what `component_provider_value` shows of our practices. So it is done after both. What is
published beside them is public, and a difference of an exact count from it would be the count.
"""

import duckdb

from publishing.tables import update

RECONCILIATION, QUERY = "indicator_reconciliation", "data_quality_query"
NOT_SHOWN = "What is computed here is not shown"
_REASON = f"""
    state = case
        when {{value}} is null and compared.state in ('agrees', 'differs') then 'not_compared' else compared.state
    end,
    state_reason = case
        when {{value}} is null and compared.state in ('agrees', 'differs') then concat_ws(': ', '{NOT_SHOWN}', {{why}})
        else compared.state_reason
    end
"""


def suppress_reconciliation(connection: duckdb.DuckDBPyConnection, definitions: str, main: str) -> int:
    """Show of each side what is shown elsewhere in the file `main`; a hidden one is not compared either.

    Args:
        definitions: schema of the seeds.
    """
    table = f"{main}.{RECONCILIATION}"
    changed = update(
        connection,
        f"""
        update {table} as compared set computed_numerator = shown.numerator,
            computed_denominator = shown.denominator, computed_value = shown.value,
            {_REASON.format(value="shown.value", why="shown.state_reason")}
        from {main}.indicator_result as shown
        where compared.counts_patients and compared.computed_value is not null
            and shown.indicator_id = compared.indicator_id and shown.is_headline and shown.org_view = 'as_at'
            and shown.org_type = compared.org_type and shown.org_code = compared.org_code
            and shown.period_end = compared.period_end
        """,
    )
    changed += update(
        connection,
        f"""
        update {table} as compared set computed_numerator = shown.activity, computed_value = shown.activity,
            {_REASON.format(value="shown.activity", why="'counts of its practices are too small'")}
        from (
            select place.rowid as row_id, sum(parts.value) as activity
            from {table} as place
            left join (
                select distinct reconciliation_id, component_id from {definitions}.reconciliation
            ) as counted on counted.reconciliation_id = place.reconciliation_id
            left join (
                -- a closed code is still of the commissioner that it had
                select parts.*
                from {main}.component_provider_value as parts
                asof join {main}.practice_month as members
                    on members.practice_code = parts.practice_code and parts.month >= members.month
                where members.commissioner_code in (
                    select org_code from {main}.indicator_result where org_type = 'commissioner'
                )
            ) as parts on parts.component_id = counted.component_id and parts.provider_code = place.org_code
                and parts.month = date_trunc('month', place.period_end)
            where place.counts_patients and place.org_type = 'provider' and place.computed_value is not null
            group by all
        ) as shown
        where shown.row_id = compared.rowid
        """,
    )
    update(
        connection,
        f"""
        update {table} set difference = computed_value - published_value,
            share_of_published = computed_value::double / nullif(published_value::double, 0)
        where counts_patients
        """,
    )
    changed += update(
        connection,
        f"""
        delete from {main}.{QUERY} as asked using {table} as compared
        where starts_with(compared.state_reason, '{NOT_SHOWN}')
            and asked.issue = compared.issue and asked.month = date_trunc('month', compared.period_end)
            and case
                when compared.org_type in ('practice', 'provider')
                    then coalesce(asked.practice_code, asked.provider_code) = compared.org_code
                -- a question has columns for practices and providers only: whom else it is about is in its words
                else coalesce(asked.practice_code, asked.provider_code) is null
                    and contains(asked.detail, concat(', ', compared.org_type, ' ', compared.org_code, ', '))
            end
            and ends_with(asked.detail, concat(', ', compared.reconciliation_id))
        """,
    )
    return changed
