-- One row per vintage (null: what is in force), rule, measure, activity dataset, provider, specialty (empty: all) and
-- month: whether the rule fails. History is what is in force in the other months, so that the answer depends on the
-- files received and never on their order.
with observations as (

    select * from {{ ref('int_sus__quality_observation') }}

),

history as (

    select * from {{ ref('int_sus__quality_history') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}
    where issue like 'sus_%'

),

-- which measure a rule looks at, and how it compares
rule_measures as (

    select
        rule_values.issue,
        rule_values.measure,
        rule_values.comparison
    from (
        values
        ('sus_volume', 'volume', 'volume'),
        ('sus_volume_shift', 'volume', 'volume'),
        ('sus_duplicated_rows', 'duplicated', 'ceiling'),
        ('sus_split_month', 'unread_visits', 'ceiling'),
        ('sus_unknown_practice', 'unknown_practice', 'ceiling'),
        ('sus_practice_lost', 'unknown_practice', 'ceiling'),
        ('sus_practices_disagree', 'practices_disagree', 'ceiling'),
        ('sus_untraced', 'untraced', 'ceiling'),
        ('sus_ungrouped', 'ungrouped', 'ceiling'),
        ('sus_undiagnosed', 'undiagnosed', 'ceiling'),
        ('sus_diagnosis_lost', 'undiagnosed', 'ceiling'),
        ('sus_coding_drift', 'unknown_practice', 'rise_in_points'),
        ('sus_coding_drift', 'untraced', 'rise_in_points'),
        ('sus_coding_drift', 'ungrouped', 'rise_in_points'),
        ('sus_coding_drift', 'undiagnosed', 'rise_in_points'),
        ('sus_episode_inflation', 'episodes_per_spell', 'rise_in_share')
    ) as rule_values (issue, measure, comparison)

),

applied_rules as (

    select
        rule_measures.issue as rule,
        rule_measures.measure,
        rule_measures.comparison,
        rules.severity,
        cast(rules.threshold as double) as threshold,
        rules.minimum_count,
        rules.minimum_months,
        cast(rules.sigmas as double) as sigmas
    from rule_measures
    inner join rules on rule_measures.issue = rules.issue

),

indexed as (

    select
        observations.*,
        calendar.month_index
    from observations
    inner join calendar on observations.month = calendar.month

),

-- from two years of other months on, only those of the same season (a month more or less)
counted_history as (

    select
        *,
        count(*) over (
            partition by dataset, provider_code, treatment_function_code, measure, month_index
        ) as other_months
    from history

),

seasonal as (

    select *
    from counted_history
    where
        other_months < 24
        or abs(other_month_index - month_index) % 12 in (0, 1, 11)

),

medians as (

    select
        dataset,
        provider_code,
        treatment_function_code,
        measure,
        month_index,
        count(*) as months,
        median(seen) as usual
    from seasonal
    group by dataset, provider_code, treatment_function_code, measure, month_index

),

usual_values as (

    select
        medians.dataset,
        medians.provider_code,
        medians.treatment_function_code,
        medians.measure,
        medians.month_index,
        medians.months,
        medians.usual,
        median(abs(seasonal.seen - medians.usual)) as spread
    from medians
    inner join seasonal
        on
            medians.dataset = seasonal.dataset
            and medians.provider_code = seasonal.provider_code
            and medians.treatment_function_code = seasonal.treatment_function_code
            and medians.measure = seasonal.measure
            and medians.month_index = seasonal.month_index
    group by
        medians.dataset, medians.provider_code, medians.treatment_function_code, medians.measure,
        medians.month_index, medians.months, medians.usual

),

compared as (

    select
        indexed.vintage_id,
        indexed.dataset,
        indexed.feed,
        indexed.provider_code,
        indexed.treatment_function_code,
        indexed.month,
        indexed.measure,
        indexed.bad,
        indexed.judged,
        indexed.seen,
        coalesce(usual_values.months, 0) as months,
        usual_values.usual,
        usual_values.spread,
        applied_rules.rule,
        applied_rules.comparison,
        applied_rules.severity,
        applied_rules.threshold,
        applied_rules.minimum_count,
        applied_rules.minimum_months,
        applied_rules.sigmas
    from indexed
    inner join applied_rules on indexed.measure = applied_rules.measure
    left join usual_values
        on
            indexed.dataset = usual_values.dataset
            and indexed.provider_code = usual_values.provider_code
            and indexed.treatment_function_code = usual_values.treatment_function_code
            and indexed.measure = usual_values.measure
            and indexed.month_index = usual_values.month_index

),

specialties_judged as (

    select
        *,
        {{ quality_rule_fails() }} as is_failing
    from compared
    where treatment_function_code <> ''

),

-- what fails by itself is taken out before a provider is judged as a whole: one wrong or new specialty does not hold
-- the others. For a rule that withholds, falls that only warn stay in, so that many of them together are seen.
set_aside as (

    select distinct
        'warn' as rule_severity,
        vintage_id,
        dataset,
        feed,
        provider_code,
        treatment_function_code,
        month,
        measure,
        bad,
        judged,
        usual
    from specialties_judged
    where is_failing

    union all

    select distinct
        'withhold' as rule_severity,
        vintage_id,
        dataset,
        feed,
        provider_code,
        treatment_function_code,
        month,
        measure,
        bad,
        judged,
        usual
    from specialties_judged
    where
        is_failing
        and (comparison <> 'volume' or severity = 'withhold' or seen > usual)

),

failing_specialties as (

    select
        rule_severity,
        vintage_id,
        dataset,
        feed,
        provider_code,
        month,
        measure,
        sum(bad) as bad,
        sum(judged) as judged,
        sum(usual) as usual
    from set_aside
    group by rule_severity, vintage_id, dataset, feed, provider_code, month, measure

),

remainders as (

    select
        compared.vintage_id,
        compared.dataset,
        compared.feed,
        compared.provider_code,
        compared.treatment_function_code,
        compared.month,
        compared.measure,
        compared.bad - coalesce(failing_specialties.bad, 0) as bad,
        compared.judged - coalesce(failing_specialties.judged, 0) as judged,
        case
            when compared.measure = 'volume' then compared.seen - coalesce(failing_specialties.bad, 0)
            else
                cast(compared.bad - coalesce(failing_specialties.bad, 0) as double)
                / nullif(cast(compared.judged - coalesce(failing_specialties.judged, 0) as double), 0)
        end as seen,
        compared.months,
        case
            when compared.measure = 'volume'
                then greatest(compared.usual - coalesce(failing_specialties.usual, 0), 0)
            else compared.usual
        end as usual,
        compared.spread,
        compared.rule,
        compared.comparison,
        compared.severity,
        compared.threshold,
        compared.minimum_count,
        compared.minimum_months,
        compared.sigmas
    from compared
    left join failing_specialties
        on
            compared.severity = failing_specialties.rule_severity
            and compared.vintage_id is not distinct from failing_specialties.vintage_id
            and compared.dataset = failing_specialties.dataset
            and compared.feed = failing_specialties.feed
            and compared.provider_code = failing_specialties.provider_code
            and compared.month = failing_specialties.month
            and compared.measure = failing_specialties.measure
    where compared.treatment_function_code = ''

),

providers_judged as (

    select
        *,
        {{ quality_rule_fails() }} as is_failing
    from remainders

),

all_judged as (

    select * from specialties_judged
    union all
    select * from providers_judged

),

-- two specialties of one provider that trade rows
volumes as (

    select
        specialties_judged.*,
        specialties_judged.seen - specialties_judged.usual as moved,
        greatest(1.4826 * specialties_judged.spread, sqrt(greatest(specialties_judged.usual, 1))) as noise
    from specialties_judged
    where
        specialties_judged.rule = 'sus_volume'
        and specialties_judged.usual is not null

),

recodes as (

    select
        losing.vintage_id,
        losing.dataset,
        losing.feed,
        losing.provider_code,
        losing.treatment_function_code,
        losing.month,
        losing.measure,
        losing.bad,
        losing.judged,
        losing.seen,
        losing.months,
        losing.usual,
        losing.spread,
        rules.issue as rule,
        'recode' as comparison,
        rules.severity,
        cast(rules.threshold as double) as threshold,
        rules.minimum_count,
        rules.minimum_months,
        cast(rules.sigmas as double) as sigmas,
        gaining.treatment_function_code as other_specialty,
        row_number() over (
            partition by
                losing.vintage_id, losing.feed, losing.provider_code, losing.treatment_function_code, losing.month
            order by abs(losing.moved + gaining.moved) asc, gaining.treatment_function_code asc
        ) as turn
    from volumes as losing
    inner join rules on rules.issue = 'sus_specialty_recode'
    inner join volumes as gaining
        on
            losing.vintage_id is not distinct from gaining.vintage_id
            and losing.feed = gaining.feed
            and losing.provider_code = gaining.provider_code
            and losing.month = gaining.month
            and losing.moved < 0
            and gaining.moved > 0
    where
        losing.months >= rules.minimum_months
        and losing.usual >= rules.minimum_count
        and abs(losing.moved) >= cast(rules.threshold as double) * losing.usual
        and gaining.moved >= cast(rules.threshold as double) * least(losing.usual, gaining.usual)
        and abs(losing.moved) >= cast(rules.sigmas as double) * losing.noise
        and gaining.moved >= cast(rules.sigmas as double) * gaining.noise
        -- about as many rows: they differ by less than half of the larger move
        and abs(losing.moved + gaining.moved) <= 0.5 * greatest(abs(losing.moved), gaining.moved)

),

-- a withheld measure is not asked about a second time by a milder rule
ranked as (

    select
        *,
        max(case when is_failing and severity = 'withhold' then 1 else 0 end) over (
            partition by vintage_id, feed, provider_code, treatment_function_code, month, measure
        ) as is_withheld,
        max(case when is_failing and comparison = 'ceiling' then 1 else 0 end) over (
            partition by vintage_id, feed, provider_code, treatment_function_code, month, measure
        ) as is_over_ceiling
    from all_judged

),

final as (

    select
        vintage_id,
        rule,
        measure,
        dataset,
        feed,
        provider_code,
        treatment_function_code,
        month,
        cast(null as string) as other_specialty,
        bad,
        judged,
        seen,
        case when comparison = 'ceiling' then threshold else usual end as expected,
        severity,
        is_failing
        and (severity = 'withhold' or is_withheld = 0)
        and (comparison <> 'rise_in_points' or is_over_ceiling = 0) as is_failing
    from ranked

    union all

    select
        vintage_id,
        rule,
        measure,
        dataset,
        feed,
        provider_code,
        treatment_function_code,
        month,
        other_specialty,
        bad,
        judged,
        seen,
        usual as expected,
        severity,
        true as is_failing
    from recodes
    where turn = 1

)

select * from final
