-- One row per matter and owner who is told about it.
with savings_notices as (

    select * from {{ ref('int_cres__notice') }}

),

ledger_notices as (

    select * from {{ ref('int_finance__notice') }}

),

total_notices as (

    select * from {{ ref('int_finance__total_notice') }}

),

evidence_notices as (

    select * from {{ ref('int_evidence__notice') }}

),

notices as (

    select
        notice_key,
        owner,
        kind,
        subject,
        month,
        amount,
        message
    from savings_notices

    union all

    select
        notice_key,
        owner,
        kind,
        subject,
        month,
        amount,
        message
    from ledger_notices

    union all

    select
        notice_key,
        owner,
        kind,
        subject,
        month,
        amount,
        message
    from total_notices

    union all

    select
        notice_key,
        owner,
        kind,
        subject,
        month,
        amount,
        message
    from evidence_notices

)

select
    cast(notice_key as string) as notice_key,
    cast(owner as string) as owner,
    cast(kind as string) as kind,
    cast(subject as string) as subject,
    cast(month as date) as month,
    cast(amount as decimal(18, 2)) as amount,
    cast(message as string) as message
from notices
