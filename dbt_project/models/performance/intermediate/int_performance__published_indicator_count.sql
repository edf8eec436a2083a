-- One row per organisation, month, indicator (code) and which figure of it was published (measure).
with published as (

    select * from {{ ref('stg_performance__published_indicator') }}

),

figures as (

    select
        org_code,
        month,
        indicator_code,
        'numerator' as measure,
        numerator as figure
    from published
    union all
    select
        org_code,
        month,
        indicator_code,
        'denominator' as measure,
        denominator as figure
    from published
    union all
    select
        org_code,
        month,
        indicator_code,
        'value' as measure,
        value as figure
    from published

),

shaped as (

    select
        'published_indicator' as dataset,
        org_code,
        month,
        indicator_code as code,
        measure,
        cast(figure as decimal(28, 5)) as value
    from figures
    where figure is not null

)

select * from shaped
