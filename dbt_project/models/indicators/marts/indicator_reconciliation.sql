-- One row per reconciliation, organisation and period of which a side is known: computed here beside what is published.
-- Differences are recorded and never put right.
with definitions as (

    select * from {{ ref('int_reconciliation__definition') }}

),

computed_figures as (

    select * from {{ ref('int_reconciliation__computed') }}

),

published_figures as (

    select * from {{ ref('int_reconciliation__published') }}

),

published_periods as (

    select distinct
        reconciliation_id,
        period_end
    from published_figures
    where value is not null

),

sides as (

    select
        coalesce(computed_figures.reconciliation_id, published_figures.reconciliation_id) as reconciliation_id,
        coalesce(computed_figures.org_type, published_figures.org_type) as org_type,
        coalesce(computed_figures.org_code, published_figures.org_code) as org_code,
        coalesce(computed_figures.period_end, published_figures.period_end) as period_end,
        computed_figures.window_start,
        computed_figures.data_month as computed_month,
        computed_figures.state as computed_state,
        computed_figures.state_reason as computed_reason,
        computed_figures.numerator as computed_numerator,
        computed_figures.denominator as computed_denominator,
        computed_figures.value as computed_value,
        published_figures.published_month,
        published_figures.missing_reason as published_reason,
        published_figures.numerator as published_numerator,
        published_figures.denominator as published_denominator,
        published_figures.value as published_value
    from computed_figures
    full outer join published_figures
        on
            computed_figures.reconciliation_id = published_figures.reconciliation_id
            and computed_figures.org_type = published_figures.org_type
            and computed_figures.org_code = published_figures.org_code
            and computed_figures.period_end = published_figures.period_end
    where
        coalesce(computed_figures.org_code is not null or published_figures.is_expected, false)
        and (
            computed_figures.value is not null
            or published_figures.value is not null
            or computed_figures.state = 'withheld'
        )

),

-- of a month for which none is due only what was published is compared
defined as (

    select
        sides.*,
        definitions.name,
        definitions.kind,
        definitions.indicator_id,
        definitions.counterpart,
        definitions.published_dataset,
        definitions.unit,
        definitions.rule,
        definitions.least_count,
        definitions.tolerance_basis,
        definitions.counts_patients,
        definitions.issue,
        definitions.owner,
        published_periods.period_end is not null as is_published,
        cast(
            case definitions.tolerance_unit
                when 'share' then definitions.tolerance * abs(sides.published_value)
                else definitions.tolerance
            end as decimal(20, 8)
        ) as tolerance,
        sides.computed_value - sides.published_value as difference
    from sides
    inner join definitions
        on
            sides.reconciliation_id = definitions.reconciliation_id
            and sides.period_end >= definitions.valid_from
            and sides.period_end < coalesce(definitions.superseded_from, date '9999-12-31')
            and concat('|', definitions.org_types, '|') like concat('%|', sides.org_type, '|%')
    left join published_periods
        on
            sides.reconciliation_id = published_periods.reconciliation_id
            and sides.period_end = published_periods.period_end
    where
        published_periods.period_end is not null
        or definitions.due_month is null
        or extract(month from sides.period_end) = definitions.due_month

),

judged as (

    select
        *,
        case
            when computed_state = 'withheld' then 'not_compared'
            when computed_state = 'ok' and computed_value is null then 'not_compared'
            when published_value is null and published_reason is null and is_published then 'not_compared'
            when computed_value is null or published_value is null then 'awaiting'
            when least(computed_numerator, coalesce(published_numerator, computed_numerator)) < least_count
                then 'not_compared'
            when rule = 'at_most' and difference > tolerance then 'differs'
            when rule = 'equal' and abs(difference) > tolerance then 'differs'
            else 'agrees'
        end as state
    from defined

),

worded as (

    select
        *,
        case
            when state = 'awaiting' and computed_value is null then 'computed'
            when state = 'awaiting' then 'published'
        end as awaiting_side,
        case
            when computed_state = 'withheld'
                then concat('What is computed here is withheld: ', coalesce(computed_reason, 'a gate stopped it'), '.')
            when state = 'not_compared' and computed_value is null
                then 'What is computed here is of nobody: its denominator is zero.'
            when state = 'not_compared' and published_value is null
                then concat('What was published of the period (', published_dataset, ') has no row of it.')
            when state = 'not_compared'
                then
                    concat(
                        'On one side the numerator is below ', cast(least_count as string),
                        ': one more or less would be beyond the tolerance.'
                    )
            when state = 'awaiting' and computed_value is null
                then
                    concat(
                        'It is published, and not computed here: ',
                        coalesce(computed_reason, 'no figure of the period is made of what was received'), '.'
                    )
            when state = 'awaiting'
                then
                    concat(
                        'It is computed here, and not published: ',
                        coalesce(
                            published_reason,
                            concat('nothing of the period was received (', published_dataset, ')')
                        ), '.'
                    )
            when state = 'differs' and difference > 0
                then 'What is computed here is more than what is published, by more than the tolerance.'
            when state = 'differs'
                then 'What is computed here is less than what is published, by more than the tolerance.'
        end as state_reason
    from judged

)

select
    cast(reconciliation_id as string) as reconciliation_id,
    cast(name as string) as name,
    cast(kind as string) as kind,
    cast(indicator_id as string) as indicator_id,
    cast(counterpart as string) as counterpart,
    cast(published_dataset as string) as published_dataset,
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(period_end as date) as period_end,
    cast(window_start as date) as window_start,
    cast(computed_month as date) as computed_month,
    cast(published_month as date) as published_month,
    cast(unit as string) as unit,
    cast(computed_numerator as decimal(38, 10)) as computed_numerator,
    cast(computed_denominator as decimal(38, 10)) as computed_denominator,
    cast(computed_value as decimal(20, 8)) as computed_value,
    cast(published_numerator as decimal(38, 10)) as published_numerator,
    cast(published_denominator as decimal(38, 10)) as published_denominator,
    cast(published_value as decimal(20, 8)) as published_value,
    cast(difference as decimal(20, 8)) as difference,
    cast(cast(computed_value as double) / nullif(cast(published_value as double), 0) as double) as share_of_published,
    cast(rule as string) as rule,
    cast(tolerance as decimal(20, 8)) as tolerance,
    cast(tolerance_basis as string) as tolerance_basis,
    cast(state as string) as state,
    cast(awaiting_side as string) as awaiting_side,
    cast(state_reason as string) as state_reason,
    cast(counts_patients as boolean) as counts_patients,
    cast(issue as string) as issue,
    cast(owner as string) as owner
from worded
