-- One row per published figure that is not what is computed here, beyond the tolerance. Of patients no figure is told:
-- both sides stand in indicator_reconciliation, as readers may see them.
with reconciliations as (

    select * from {{ ref('indicator_reconciliation') }}
    where state = 'differs'

),

queries as (

    select
        issue,
        published_dataset as feed,
        case when org_type = 'practice' then org_code end as practice_code,
        case when org_type = 'provider' then org_code end as provider_code,
        cast(date_trunc('month', period_end) as date) as month,
        concat_ws('|', reconciliation_id, org_type, org_code, cast(period_end as string)) as subject,
        case when not counts_patients then cast(difference as double) end as amount,
        case when not counts_patients then cast(computed_value as double) end as expected,
        case when not counts_patients then cast(published_value as double) end as seen,
        concat(
            name, ', ', org_type, ' ', org_code, ', to ', cast(period_end as string), ': ',
            lower(left(state_reason, 1)), substr(state_reason, 2), ' ', tolerance_basis,
            '. Both sides: indicator_reconciliation, ', reconciliation_id
        ) as detail
    from reconciliations

)

select * from queries
