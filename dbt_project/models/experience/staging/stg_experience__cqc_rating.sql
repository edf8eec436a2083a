-- One row per month's file, location, group, domain and report. The file is a snapshot: a rating before the latest is
-- in the files of earlier months, with its own day and report.
with ratings as (

    select * from {{ source('feed', 'cqc_rating') }}

),

renamed as (

    select
        period as month,
        location_id,
        upper(trim(location_ods_code)) as org_code,
        location_name,
        inspection_category,
        service_population_group,
        domain,
        lower(trim(service_population_group)) = 'overall' and lower(trim(domain)) = 'overall' as is_overall,
        -- places of other kinds have ODS codes too; a file without categories is of practices
        coalesce(
            length(trim(location_ods_code)) = 6
            and lower(trim(coalesce(inspection_category, 'gp practices'))) = 'gp practices',
            false
        ) as is_practice,
        latest_rating as rating,
        case
            when lower(trim(latest_rating)) in ('outstanding', 'good') then true
            when lower(trim(latest_rating)) in ('requires improvement', 'inadequate') then false
        end as is_good_or_better,
        publication_date,
        report_type,
        inherited_rating,
        report_link,
        source_row
    from ratings

)

select * from renamed
