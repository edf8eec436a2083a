-- One row per register snapshot and organisation code.
with epraccur as (

    select * from {{ source('feed', 'epraccur') }}

),

typed as (

    select
        period as snapshot_month,
        organisation_code as practice_code,
        name,
        postcode,
        open_date,
        close_date,
        commissioner_code,
        joined_commissioner_date,
        left_commissioner_date,
        -- both vocabularies of the register: letters until 2024, words since
        case upper(status_code)
            when 'A' then 'open'
            when 'ACTIVE' then 'open'
            when 'C' then 'closed'
            when 'CLOSED' then 'closed'
            when 'INACTIVE' then 'closed'
            when 'D' then 'dormant'
            when 'DORMANT' then 'dormant'
            when 'P' then 'proposed'
            when 'PROPOSED' then 'proposed'
        end as status,
        coalesce(prescribing_setting = '4' or prescribing_setting like '%RO76%', false) as is_gp_practice
    from epraccur

)

select * from typed
