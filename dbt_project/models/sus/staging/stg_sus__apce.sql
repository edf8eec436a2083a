-- One row per current record: consultant episode within a spell.
with apce as (

    select * from {{ source('feed', 'sus_apce') }}

),

renamed as (

    select
        period as month,
        der_provider_code as provider_code,
        der_pseudo_nhs_number,
        nhs_number_trace_status,
        nhs_number_is_valid,
        gp_practice_code,
        pds_general_practice_code,
        der_provider_code,
        der_provider_site_code,
        der_commissioner_code,
        generated_record_id,
        extract_date_time,
        sex,
        age,
        der_postcode_lsoa_2011_code,
        tariff_total_payment,
        tariff_mff_payment,
        grand_total_payment_mff,
        unbundled_payment_mff,
        unique_cds_identifier,
        update_type,
        report_period_start_date,
        report_period_end_date,
        apce_ident,
        der_provider_code || ' ' || apcs_ident as spell_key,
        apcs_ident,
        episode_number,
        episode_start_date,
        episode_end_date,
        admission_date,
        discharge_date,
        admission_method,
        primary_diagnosis_code,
        treatment_function_code,
        main_specialty_code,
        fce_hrg,
        activity_status,
        submission_id,
        source_row
    from apce

)

select * from renamed
