-- One row per practice and financial year: payments to general practice, newest edition.
with payments as (
    select * from {{ source('feed', 'gp_payments') }}
),

aged as (
    select
        *,
        {{ version_age(['financial_year'], 'edition') }} as version_age,
        {{ receipt_age(['financial_year'], 'edition', ['practice_code']) }} as receipt_age
    from payments
),

newest as (
    select
        financial_year,
        practice_code,
        commissioner_code,
        contract_type,
        is_dispensing,
        registered_patients,
        weighted_patients,
        global_sum,
        correction_factor,
        pms_balance,
        qof,
        national_enhanced_services,
        local_services,
        premises,
        seniority,
        locums,
        information_technology,
        prescribing_fees,
        dispensing_fees,
        drug_reimbursement,
        other_payments,
        total_payments,
        deductions,
        net_payments,
        submission_id,
        source_row
    from aged
    where version_age = 1 and receipt_age = 1
)

select * from newest
