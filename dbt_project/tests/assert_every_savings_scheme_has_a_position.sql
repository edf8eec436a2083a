-- Every scheme of the plan in force has a position in every month reported of its year, and a total stands beside them.
with schemes as (

    select * from {{ ref('cres_scheme') }}

),

positions as (

    select * from {{ ref('cres_position') }}

),

missing as (

    select
        totals.entity_code,
        totals.financial_year,
        totals.month,
        schemes.scheme_id
    from positions as totals
    inner join schemes
        on
            totals.entity_code = schemes.entity_code
            and totals.financial_year = schemes.financial_year
    left join positions
        on
            schemes.entity_code = positions.entity_code
            and schemes.financial_year = positions.financial_year
            and schemes.scheme_id = positions.scheme_id
            and totals.month = positions.month
    where
        totals.scheme_id = 'total'
        and positions.scheme_id is null

)

select * from missing
