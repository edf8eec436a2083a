-- One row per month, standard, type of cancer, provider and commissioner; the total of the types is one (is_total_row).
with cancer_waits as (

    select * from {{ source('feed', 'cancer_waits') }}

),

standards as (

    select * from {{ ref('cancer_standard') }}

),

named as (

    select
        cancer_waits.month,
        standards.code,
        cancer_waits.standard,
        cancer_waits.provider_code,
        cancer_waits.provider_name,
        cancer_waits.commissioner_code,
        cancer_waits.commissioner_name,
        cancer_waits.cancer_type,
        upper(cancer_waits.cancer_type) in (
            'ALL', 'ALL CANCER', 'ALL CANCERS', 'ALL TREATMENT', 'ALL TREATMENTS', 'ALL TYPES', 'TOTAL'
        ) as is_total_row,
        cancer_waits.total,
        cancer_waits.within_standard
    from cancer_waits
    left join standards on upper(cancer_waits.standard) = standards.standard

)

select * from named
