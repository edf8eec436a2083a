-- One row per own commissioner, register and risk: its scores as computed, and the register before.
with risks as (

    select * from {{ ref('stg_contract__risk_register') }}
    where {{ is_own('commissioner_code') }}

),

register_months as (

    select distinct
        commissioner_code,
        register_month
    from risks

),

registers as (

    select
        commissioner_code,
        register_month,
        lag(register_month) over (
            partition by commissioner_code order by register_month
        ) as previous_register_month
    from register_months

),

scored as (

    select
        risks.*,
        registers.previous_register_month,
        risks.likelihood * risks.consequence as current_score,
        risks.residual_likelihood * risks.residual_consequence as residual_score
    from risks
    inner join registers
        on
            risks.commissioner_code = registers.commissioner_code
            and risks.register_month = registers.register_month

)

select * from scored
