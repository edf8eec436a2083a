-- One row per question that the data raise: what, where, how much; for the owner of the feed to answer.
with practice_queries as (

    select * from {{ ref('int_practice__quality_query') }}

),

prescribing_queries as (

    select * from {{ ref('int_prescribing__quality_query') }}

),

activity_queries as (

    select * from {{ ref('int_sus__quality_query') }}

),

ledger_queries as (

    select * from {{ ref('int_finance__quality_query') }}

),

savings_queries as (

    select * from {{ ref('int_cres__quality_query') }}

),

evidence_queries as (

    select * from {{ ref('int_evidence__quality_query') }}

),

project_queries as (

    select * from {{ ref('int_project__quality_query') }}

),

contract_queries as (

    select * from {{ ref('int_contract__quality_query') }}

),

reconciliation_queries as (

    select * from {{ ref('int_reconciliation__quality_query') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

waivers as (

    select * from {{ ref('stg_ledger__waiver') }}

),

state_queries as (

    select
        issue,
        feed,
        practice_code,
        month,
        subject,
        amount,
        detail
    from practice_queries

    union all

    select
        issue,
        feed,
        practice_code,
        month,
        subject,
        amount,
        detail
    from prescribing_queries

    union all

    select
        issue,
        feed,
        practice_code,
        month,
        subject,
        amount,
        detail
    from contract_queries

),

figure_queries as (

    select
        issue,
        feed,
        practice_code,
        provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from ledger_queries

    union all

    select
        issue,
        feed,
        practice_code,
        provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from savings_queries

    union all

    select
        issue,
        feed,
        practice_code,
        provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from evidence_queries

    union all

    select
        issue,
        feed,
        practice_code,
        provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from project_queries

    union all

    select
        issue,
        feed,
        practice_code,
        provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from reconciliation_queries

),

queries as (

    select
        issue,
        feed,
        practice_code,
        cast(null as string) as provider_code,
        cast(null as string) as treatment_function_code,
        month,
        subject,
        amount,
        cast(null as double) as expected,
        cast(null as double) as seen,
        detail,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from state_queries

    union all

    select
        issue,
        feed,
        cast(null as string) as practice_code,
        provider_code,
        treatment_function_code,
        month,
        concat_ws('|', provider_code, treatment_function_code, subject) as subject,
        amount,
        expected,
        seen,
        detail,
        opened_at,
        closed_at,
        is_open
    from activity_queries

    union all

    select
        issue,
        feed,
        practice_code,
        provider_code,
        cast(null as string) as treatment_function_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from figure_queries

),

-- of several that accept one question the one that lasts longest speaks
accepted as (

    select
        queries.issue,
        queries.feed,
        queries.practice_code,
        queries.month,
        queries.subject,
        max(waivers.valid_until) as accepted_until,
        max_by(waivers.granted_by, waivers.valid_until) as accepted_by,
        max_by(waivers.reason, waivers.valid_until) as accepted_reason
    from queries
    inner join waivers
        on
            queries.issue = waivers.rule
            and queries.month = waivers.month
            and (waivers.provider_code is null or queries.provider_code = waivers.provider_code)
            and (
                waivers.treatment_function_code is null
                or queries.treatment_function_code = waivers.treatment_function_code
            )
            and (waivers.practice_code is null or queries.practice_code = waivers.practice_code)
    where queries.is_open
    group by queries.issue, queries.feed, queries.practice_code, queries.month, queries.subject

)

select
    -- the same question has the same id in every build, whatever its amount
    cast(
        md5(
            concat_ws(
                '|', queries.issue, queries.feed, coalesce(queries.practice_code, ''),
                coalesce(cast(queries.month as string), ''), queries.subject
            )
        ) as string
    ) as query_id,
    cast(queries.feed as string) as feed,
    cast(queries.practice_code as string) as practice_code,
    cast(queries.provider_code as string) as provider_code,
    cast(queries.treatment_function_code as string) as treatment_function_code,
    cast(queries.month as date) as month,
    cast(queries.issue as string) as issue,
    cast(rules.severity as string) as severity,
    cast(queries.amount as double) as amount,
    cast(queries.expected as double) as expected,
    cast(queries.seen as double) as seen,
    cast(queries.detail as string) as detail,
    cast(rules.owner as string) as owner,
    cast(queries.is_open as boolean) as is_open,
    cast(queries.opened_at as timestamp) as opened_at,
    cast(queries.closed_at as timestamp) as closed_at,
    cast(accepted.accepted_by as string) as accepted_by,
    cast(accepted.accepted_until as date) as accepted_until,
    cast(accepted.accepted_reason as string) as accepted_reason
from queries
left join rules on queries.issue = rules.issue
left join accepted
    on
        queries.issue = accepted.issue
        and queries.feed = accepted.feed
        and queries.subject is not distinct from accepted.subject
        and queries.practice_code is not distinct from accepted.practice_code
        and queries.month is not distinct from accepted.month
