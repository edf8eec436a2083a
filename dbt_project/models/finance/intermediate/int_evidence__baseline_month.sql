-- One row per entity, financial year, savings scheme, month and month that it is compared with. A baseline that is
-- the contract plan has no month (null).
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

baselines as (

    select * from {{ ref('evidence_baseline') }}

),

digits as (

    select digit_values.digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digit_values (digit)

),

numbers as (

    select ones.digit + 10 * tens.digit as number
    from digits as ones
    cross join digits as tens

),

ranked as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        baselines.baseline_name,
        baselines.baseline_rule,
        baselines.is_list_adjusted,
        case baselines.baseline_rule
            when 'months_before' then {{ month_plus('claims.month', '-baselines.months_before') }}
            when 'span' then baselines.baseline_from
        end as first_month,
        case
            when baselines.baseline_rule = 'span'
                then
                    (extract(year from baselines.baseline_to) - extract(year from baselines.baseline_from)) * 12
                    + extract(month from baselines.baseline_to) - extract(month from baselines.baseline_from) + 1
            else 1
        end as baseline_months,
        -- the row of the scheme beats that of its method
        row_number() over (
            partition by claims.entity_code, claims.financial_year, claims.scheme_id, claims.month
            order by case when baselines.scheme_id is null then 1 else 0 end
        ) as turn
    from claims
    inner join baselines
        on
            claims.evidence_method = baselines.method
            and (baselines.scheme_id is null or claims.scheme_id = baselines.scheme_id)

),

final as (

    select
        ranked.entity_code,
        ranked.financial_year,
        ranked.scheme_id,
        ranked.month,
        ranked.baseline_name,
        ranked.baseline_rule,
        ranked.is_list_adjusted,
        cast(ranked.baseline_months as integer) as baseline_months,
        case
            when ranked.first_month is not null then {{ month_plus('ranked.first_month', 'numbers.number') }}
        end as baseline_month
    from ranked
    inner join numbers on ranked.baseline_months > numbers.number
    where ranked.turn = 1

)

select * from final
