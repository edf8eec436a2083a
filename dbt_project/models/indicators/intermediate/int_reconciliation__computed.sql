-- One row per reconciliation, organisation and period: the figure as computed here.
with definitions as (

    select * from {{ ref('int_reconciliation__definition') }}

),

results as (

    select * from {{ ref('indicator_result') }}
    where is_headline and org_view = 'as_at'

),

provider_components as (

    select * from {{ ref('int_sus__provider_component') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}
    where practice_code is null and treatment_function_code is null

),

-- results of practices are of every practice that prescribes; nobody sends us the searches of others
own_results as (

    select results.*
    from results
    where results.org_type <> 'practice'

    union all

    select results.*
    from results
    inner join memberships
        on
            results.org_code = memberships.practice_code
            and cast(date_trunc('month', results.period_end) as date) = memberships.month
    where results.org_type = 'practice'

),

of_results as (

    select
        definitions.reconciliation_id,
        own_results.org_type,
        own_results.org_code,
        own_results.period_end,
        own_results.window_start,
        own_results.data_month,
        own_results.state,
        own_results.state_reason,
        case definitions.figure
            when 'denominator' then own_results.denominator
            else own_results.numerator
        end as numerator,
        case when definitions.figure = 'value' then own_results.denominator end as denominator,
        case definitions.figure
            when 'numerator' then own_results.numerator
            when 'denominator' then own_results.denominator
            else own_results.value
        end as value
    from definitions
    inner join own_results
        on
            definitions.indicator_id = own_results.indicator_id
            and concat('|', definitions.org_types, '|') like concat('%|', own_results.org_type, '|%')
            and definitions.valid_from <= own_results.period_end
            and coalesce(definitions.superseded_from, date '9999-12-31') > own_results.period_end

),

-- of our practices alone, also under a code that was closed: who of others is in the same extract is not all of theirs
provider_sums as (

    select
        provider_components.component_id,
        provider_components.provider_code,
        provider_components.month,
        sum(provider_components.value) as activity
    from provider_components
    inner join memberships
        on
            provider_components.practice_code = memberships.practice_code
            and provider_components.month = memberships.month
    group by provider_components.component_id, provider_components.provider_code, provider_components.month

),

provider_reasons as (

    select
        provider_sums.provider_code,
        provider_sums.month,
        min(withheld.reason) as reason
    from provider_sums
    inner join withheld
        on
            withheld.dataset = 'sus_ae'
            and provider_sums.month = withheld.month
            and (withheld.provider_code is null or provider_sums.provider_code = withheld.provider_code)
    group by provider_sums.provider_code, provider_sums.month

),

of_providers as (

    select
        definitions.reconciliation_id,
        'provider' as org_type,
        provider_sums.provider_code as org_code,
        cast(last_day(provider_sums.month) as date) as period_end,
        provider_sums.month as window_start,
        provider_sums.month as data_month,
        case when provider_reasons.reason is null then 'ok' else 'withheld' end as state,
        provider_reasons.reason as state_reason,
        case when provider_reasons.reason is null then provider_sums.activity end as numerator,
        cast(null as decimal(28, 5)) as denominator,
        case when provider_reasons.reason is null then provider_sums.activity end as value
    from definitions
    inner join provider_sums
        on
            definitions.component_id = provider_sums.component_id
            and definitions.valid_from <= provider_sums.month
            and coalesce(definitions.superseded_from, date '9999-12-31') > provider_sums.month
    left join provider_reasons
        on
            provider_sums.provider_code = provider_reasons.provider_code
            and provider_sums.month = provider_reasons.month
    where definitions.kind = 'provider_attendances'

),

both_kinds as (

    select * from of_results
    union all
    select * from of_providers

),

typed as (

    select
        reconciliation_id,
        org_type,
        org_code,
        period_end,
        window_start,
        data_month,
        state,
        state_reason,
        cast(numerator as decimal(38, 10)) as numerator,
        cast(denominator as decimal(38, 10)) as denominator,
        cast(value as decimal(20, 8)) as value
    from both_kinds

)

select * from typed
