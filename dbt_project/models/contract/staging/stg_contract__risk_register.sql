-- One row per register and risk, as printed.
with registers as (

    select * from {{ source('feed', 'risk_register') }}

),

renamed as (

    select
        coalesce(nullif(upper(trim(commissioner_code)), ''), {{ only_own_code() }}) as commissioner_code,
        period as register_month,
        as_at,
        trim(ref) as ref,
        lower(trim(area)) as area,
        goal,
        date_entered,
        objective,
        description,
        controls,
        assurance,
        likelihood,
        consequence,
        current_score as printed_current_score,
        {{ yes_no('accepted') }} as is_accepted,
        actions,
        residual_likelihood,
        residual_consequence,
        residual_score as printed_residual_score,
        lead as lead_initials,
        completion,
        review,
        progress,
        lower(trim(status)) = 'closed' as is_closed
    from registers

)

select * from renamed
