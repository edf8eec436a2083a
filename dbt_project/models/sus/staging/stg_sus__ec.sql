-- One row per current record: attendance at an emergency department (emergency care data set, CDS 011).
with ec as (

    select * from {{ source('feed', 'sus_ec') }}

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
        ec_ident,
        ec_department_type,
        ec_attendancecategory,
        ec_attendance_source_snomed_ct,
        ec_arrival_mode_snomed_ct,
        ec_discharge_status_snomed_ct,
        ec_discharge_destination_snomed_ct,
        discharge_follow_up_snomed_ct,
        der_ec_investigation_all,
        der_ec_treatment_all,
        arrival_date,
        arrival_time,
        sus_hrg_code,
        der_dupe_flag,
        finished_indicator,
        administrative_category,
        activity_status,
        submission_id,
        source_row
    from ec

)

select * from renamed
