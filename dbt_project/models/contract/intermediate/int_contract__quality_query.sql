-- One row per question that the registers and logs of contracts raise.
with complaints as (

    select * from {{ ref('stg_contract__complaint') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

known_practices as (

    select distinct practice_code from commissioner_links

),

-- of one commissioner the file is its own; of several it is in no count. How many, and in which months, is not told.
complaint_unknown_practice as (

    select distinct
        'complaint_unknown_practice' as issue,
        'complaint' as feed,
        complaints.practice_code,
        cast(null as date) as month,
        complaints.financial_year as subject,
        cast(null as double) as amount,
        concat(
            'What was received in ', complaints.financial_year,
            ' about this practice is in the count of no commissioner, because no register says whose the practice is'
        ) as detail
    from complaints
    left join known_practices on complaints.practice_code = known_practices.practice_code
    where
        {{ only_own_code() }} is null
        and known_practices.practice_code is null

)

select * from complaint_unknown_practice
