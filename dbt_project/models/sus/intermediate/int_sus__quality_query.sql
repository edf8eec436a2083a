-- One row per question that hospital activity raises, also of vintages that a good one has replaced: such a question is
-- closed and stays listed.
with judged as (

    select * from {{ ref('int_sus__quality_judged') }}

),

quality as (

    select * from {{ ref('int_sus__quality') }}

),

scopes as (

    select * from {{ ref('stg_sus__scope') }}

),

gaps as (

    select * from {{ ref('int_sus__gap') }}

),

unpriced as (

    select * from {{ ref('int_sus__unpriced') }}

),

undecided as (

    select * from {{ ref('int_sus__undecided') }}

),

drifts as (

    select * from {{ ref('stg_sus__drift') }}

),

numbered_scopes as (

    select
        dataset as feed,
        provider_code,
        month,
        submission_id,
        received_at,
        protocol,
        is_base,
        is_in_force,
        row_number() over (
            partition by dataset, provider_code, month order by extract_at, received_at, submission_id
        ) as vintage_number
    from scopes

),

in_force as (

    select
        feed,
        provider_code,
        month,
        max(received_at) as received_at,
        max(case when is_base then vintage_number end) as base_number
    from numbered_scopes
    where is_in_force
    group by feed, provider_code, month

),

-- vintages up to the one in force; what came after a freeze is drift and was never used
vintages as (

    select
        judged.feed,
        judged.provider_code,
        judged.treatment_function_code,
        judged.month,
        judged.rule,
        judged.measure,
        judged.is_failing,
        judged.seen,
        judged.expected,
        numbered_scopes.vintage_number,
        numbered_scopes.received_at
    from judged
    inner join numbered_scopes
        on
            judged.vintage_id = numbered_scopes.submission_id
            and judged.feed = numbered_scopes.feed
            and judged.provider_code = numbered_scopes.provider_code
            and judged.month = numbered_scopes.month
    inner join in_force
        on
            judged.feed = in_force.feed
            and judged.provider_code = in_force.provider_code
            and judged.month = in_force.month
            and numbered_scopes.vintage_number <= coalesce(in_force.base_number, numbered_scopes.vintage_number)

),

last_failing as (

    select
        feed,
        provider_code,
        treatment_function_code,
        month,
        rule,
        measure,
        max(vintage_number) as vintage_number
    from vintages
    where is_failing
    group by feed, provider_code, treatment_function_code, month, rule, measure

),

-- the newest run of failing vintages: when it began, and the first good one after it
last_run as (

    select
        last_failing.feed,
        last_failing.provider_code,
        last_failing.treatment_function_code,
        last_failing.month,
        last_failing.rule,
        last_failing.measure,
        max(case when vintages.vintage_number = last_failing.vintage_number then vintages.seen end) as seen,
        max(case when vintages.vintage_number = last_failing.vintage_number then vintages.expected end) as expected,
        max(
            case
                when vintages.vintage_number < last_failing.vintage_number and not vintages.is_failing
                    then vintages.vintage_number
            end
        ) as good_before,
        min(
            case
                when vintages.vintage_number > last_failing.vintage_number and not vintages.is_failing
                    then vintages.received_at
            end
        ) as passed_at
    from last_failing
    inner join vintages
        on
            last_failing.feed = vintages.feed
            and last_failing.provider_code = vintages.provider_code
            and last_failing.treatment_function_code = vintages.treatment_function_code
            and last_failing.month = vintages.month
            and last_failing.rule = vintages.rule
            and last_failing.measure = vintages.measure
    group by
        last_failing.feed, last_failing.provider_code, last_failing.treatment_function_code, last_failing.month,
        last_failing.rule, last_failing.measure

),

failed_at as (

    select
        last_run.feed,
        last_run.provider_code,
        last_run.treatment_function_code,
        last_run.month,
        last_run.rule,
        last_run.measure,
        last_run.seen,
        last_run.expected,
        last_run.passed_at,
        min(vintages.received_at) as opened_at
    from last_run
    inner join vintages
        on
            last_run.feed = vintages.feed
            and last_run.provider_code = vintages.provider_code
            and last_run.treatment_function_code = vintages.treatment_function_code
            and last_run.month = vintages.month
            and last_run.rule = vintages.rule
            and last_run.measure = vintages.measure
            and vintages.is_failing
            and vintages.vintage_number > coalesce(last_run.good_before, 0)
    group by
        last_run.feed, last_run.provider_code, last_run.treatment_function_code, last_run.month, last_run.rule,
        last_run.measure, last_run.seen, last_run.expected, last_run.passed_at

),

current_state as (

    select
        judged.dataset,
        judged.feed,
        judged.provider_code,
        judged.treatment_function_code,
        judged.month,
        judged.rule,
        judged.measure,
        judged.is_failing,
        judged.seen,
        judged.expected,
        quality.detail
    from judged
    inner join quality
        on
            judged.dataset = quality.dataset
            and judged.provider_code = quality.provider_code
            and judged.treatment_function_code = quality.treatment_function_code
            and judged.month = quality.month
            and judged.rule = quality.rule
            and judged.measure = quality.measure
    where judged.vintage_id is null

),

rule_queries as (

    select
        coalesce(current_state.rule, failed_at.rule) as issue,
        {{ activity_dataset('coalesce(current_state.feed, failed_at.feed)') }} as feed,
        coalesce(current_state.provider_code, failed_at.provider_code) as provider_code,
        coalesce(current_state.treatment_function_code, failed_at.treatment_function_code) as treatment_function_code,
        coalesce(current_state.month, failed_at.month) as month,
        coalesce(current_state.measure, failed_at.measure) as measure,
        case when current_state.is_failing then current_state.seen else failed_at.seen end as seen,
        case when current_state.is_failing then current_state.expected else failed_at.expected end as expected,
        case when current_state.is_failing then current_state.detail end as detail,
        -- what made it fail may be a net submission, which has no profile of its own
        coalesce(
            case when current_state.is_failing and failed_at.passed_at is not null then in_force.received_at end,
            failed_at.opened_at,
            in_force.received_at
        ) as opened_at,
        case
            when not coalesce(current_state.is_failing, false) then coalesce(failed_at.passed_at, in_force.received_at)
        end as closed_at,
        coalesce(current_state.is_failing, false) as is_open
    from current_state
    full outer join failed_at
        on
            current_state.feed = failed_at.feed
            and current_state.provider_code = failed_at.provider_code
            and current_state.treatment_function_code = failed_at.treatment_function_code
            and current_state.month = failed_at.month
            and current_state.rule = failed_at.rule
            and current_state.measure = failed_at.measure
    left join in_force
        on
            coalesce(current_state.feed, failed_at.feed) = in_force.feed
            and coalesce(current_state.provider_code, failed_at.provider_code) = in_force.provider_code
            and coalesce(current_state.month, failed_at.month) = in_force.month
    where
        coalesce(current_state.is_failing, false)
        or failed_at.rule is not null

),

missing_providers as (

    select
        'sus_provider_missing' as issue,
        dataset as feed,
        provider_code,
        cast(null as string) as treatment_function_code,
        month,
        '' as subject,
        cast(1 as double) as amount,
        cast(0 as double) as seen,
        cast(1 as double) as expected,
        reason as detail,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from gaps

),

unpriced_months as (

    select
        'sus_unpriced' as issue,
        dataset as feed,
        provider_code,
        cast(null as string) as treatment_function_code,
        month,
        '' as subject,
        cast(1 as double) as amount,
        cast(0 as double) as seen,
        cast(1 as double) as expected,
        reason as detail,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from unpriced

),

undecided_months as (

    select
        rule as issue,
        dataset as feed,
        provider_code,
        cast(null as string) as treatment_function_code,
        month,
        '' as subject,
        seen as amount,
        seen,
        expected,
        reason as detail,
        cast(null as timestamp) as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from undecided

),

frozen_drifts as (

    select
        'sus_frozen_drift' as issue,
        {{ activity_dataset('drifts.dataset') }} as feed,
        drifts.provider_code,
        cast(null as string) as treatment_function_code,
        drifts.month,
        concat(drifts.dataset, '|', drifts.later_submission_id) as subject,
        cast(drifts.records_added + drifts.records_removed + drifts.records_changed as double) as amount,
        cast(null as double) as seen,
        cast(null as double) as expected,
        concat(
            drifts.dataset, ' submission ', drifts.later_submission_id, ' against the frozen ',
            drifts.frozen_submission_id
        ) as detail,
        numbered_scopes.received_at as opened_at,
        cast(null as timestamp) as closed_at,
        true as is_open
    from drifts
    left join numbered_scopes
        on
            drifts.later_submission_id = numbered_scopes.submission_id
            and drifts.dataset = numbered_scopes.feed
            and drifts.provider_code = numbered_scopes.provider_code
            and drifts.month = numbered_scopes.month
    where drifts.records_added + drifts.records_removed + drifts.records_changed > 0

),

queries as (

    select
        issue,
        feed,
        provider_code,
        nullif(treatment_function_code, '') as treatment_function_code,
        month,
        measure as subject,
        seen as amount,
        seen,
        expected,
        coalesce(detail, 'Replaced by a good submission') as detail,
        opened_at,
        closed_at,
        is_open
    from rule_queries

    union all

    select * from missing_providers

    union all

    select * from unpriced_months

    union all

    select * from undecided_months

    union all

    select * from frozen_drifts

)

select * from queries
