-- One row per reconciliation, organisation and period that somebody published, whosever organisation it is.
-- is_expected: it is one of ours, so that our figure is missed where there is none.
{% set printed_shares = ['q18_12pct'] %}
with definitions as (

    select * from {{ ref('int_reconciliation__definition') }}

),

results as (

    select * from {{ ref('indicator_result') }}
    where is_headline and org_view = 'as_at'

),

published_values as (

    select * from {{ ref('stg_performance__published_indicator') }}

),

codes as (

    select * from {{ ref('component_code') }}

),

survey as (

    select * from {{ ref('stg_experience__gp_patient_survey') }}

),

accidents as (

    select * from {{ ref('stg_performance__monthly_ae') }}
    where not is_total_row

),

appointments as (

    select * from {{ ref('int_experience__gp_appointments_commissioner_count') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

expected_providers as (

    select * from {{ ref('sus_provider') }}
    where {{ is_own('commissioner_code') }} and dataset = 'sus_ae'

),

own_orgs as (

    select distinct
        'practice' as org_type,
        practice_code as org_code
    from memberships

    union all

    select distinct
        org_type,
        org_code
    from memberships

),

of_publications as (

    select
        definitions.reconciliation_id,
        published_values.org_type,
        published_values.org_code,
        published_values.period_end,
        published_values.month as published_month,
        cast(null as string) as missing_reason,
        published_values.numerator,
        published_values.denominator,
        published_values.value
    from definitions
    inner join codes on definitions.published_component_id = codes.component_id
    inner join published_values
        on
            upper(codes.code) = published_values.indicator_code
            and definitions.valid_from <= published_values.period_end
            and coalesce(definitions.superseded_from, date '9999-12-31') > published_values.period_end
    where definitions.kind = 'published_indicator'

),

of_indicators as (

    select
        definitions.reconciliation_id,
        results.org_type,
        results.org_code,
        results.period_end,
        results.data_month as published_month,
        case
            when results.state <> 'ok' then results.state_reason
            when results.value is null then 'what is published is of nobody'
        end as missing_reason,
        results.numerator,
        results.denominator,
        results.value
    from definitions
    inner join results
        on
            definitions.counterpart = results.indicator_id
            and definitions.valid_from <= results.period_end
            and coalesce(definitions.superseded_from, date '9999-12-31') > results.period_end
    where definitions.kind = 'indicator'

),

printed as (

    {% for share in printed_shares %}
        select
            '{{ share }}' as counterpart,
            org_level,
            org_code,
            month,
            {{ share }} as share
        from survey
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

of_surveys as (

    select
        definitions.reconciliation_id,
        printed.org_level as org_type,
        printed.org_code,
        cast(last_day(printed.month) as date) as period_end,
        printed.month as published_month,
        case when printed.share is null then 'the file prints no percentage of it' end as missing_reason,
        cast(null as decimal(28, 5)) as numerator,
        cast(null as decimal(28, 5)) as denominator,
        printed.share * definitions.multiplier as value
    from definitions
    inner join printed
        on
            definitions.counterpart = printed.counterpart
            and definitions.valid_from <= printed.month
            and coalesce(definitions.superseded_from, date '9999-12-31') > printed.month
    where definitions.kind = 'survey_share'

),

of_accidents as (

    select
        definitions.reconciliation_id,
        'provider' as org_type,
        accidents.provider_code as org_code,
        cast(last_day(accidents.month) as date) as period_end,
        accidents.month as published_month,
        cast(null as string) as missing_reason,
        accidents.attendances as numerator,
        cast(null as decimal(28, 5)) as denominator,
        accidents.attendances as value
    from definitions
    inner join accidents
        on
            definitions.valid_from <= accidents.month
            and coalesce(definitions.superseded_from, date '9999-12-31') > accidents.month
    where definitions.kind = 'provider_attendances'

),

of_counts as (

    select
        definitions.reconciliation_id,
        'commissioner' as org_type,
        appointments.org_code,
        cast(last_day(appointments.month) as date) as period_end,
        appointments.month as published_month,
        cast(null as string) as missing_reason,
        appointments.value as numerator,
        cast(null as decimal(28, 5)) as denominator,
        appointments.value
    from definitions
    inner join codes on definitions.component_id = codes.component_id
    inner join appointments
        on
            definitions.counterpart = appointments.dataset
            and definitions.component_measure = appointments.measure
            and codes.code = appointments.code
            and definitions.valid_from <= appointments.month
            and coalesce(definitions.superseded_from, date '9999-12-31') > appointments.month
    where definitions.kind = 'published_count'

),

all_kinds as (

    select * from of_publications
    union all
    select * from of_indicators
    union all
    select * from of_surveys
    union all
    select * from of_accidents
    union all
    select * from of_counts

),

typed as (

    select
        reconciliation_id,
        org_type,
        org_code,
        period_end,
        published_month,
        missing_reason,
        cast(numerator as decimal(38, 10)) as numerator,
        cast(denominator as decimal(38, 10)) as denominator,
        case when missing_reason is null then cast(value as decimal(20, 8)) end as value
    from all_kinds

),

placed as (

    select
        typed.*,
        own_orgs.org_code is not null or expected_providers.provider_code is not null as is_expected
    from typed
    left join own_orgs
        on
            typed.org_type = own_orgs.org_type
            and typed.org_code = own_orgs.org_code
    left join expected_providers
        on
            typed.org_type = 'provider'
            and typed.org_code = expected_providers.provider_code
            and typed.period_end >= coalesce(expected_providers.valid_from, date '1900-01-01')
            and typed.period_end <= coalesce(expected_providers.valid_to, date '9999-12-31')

)

select * from placed
