-- One row per current record: hospital spell, also one that has not ended.
with apcs as (

    select * from {{ source('feed', 'sus_apcs') }}

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
        der_provider_code || ' ' || apcs_ident as spell_key,
        apcs_ident,
        admission_method,
        admission_date,
        discharge_date,
        patient_classification,
        administrative_category,
        treatment_function_code,
        main_specialty_code,
        der_diagnosis_all,
        der_procedure_all,
        der_spell_los,
        spell_primary_diagnosis,
        spell_core_hrg,
        activity_status,
        submission_id,
        source_row
    from apcs

)

select * from renamed
