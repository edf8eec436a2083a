-- One row per month of a report: the figures of cres_config in force on its first day.
with reports as (

    select * from {{ ref('int_cres__report') }}

),

config as (

    select * from {{ ref('cres_config') }}

),

reported_months as (

    select distinct month from reports

),

ranked as (

    select
        reported_months.month,
        config.parameter,
        config.value,
        row_number() over (
            partition by reported_months.month, config.parameter order by config.valid_from desc
        ) as age
    from reported_months
    inner join config on reported_months.month >= config.valid_from

),

in_force as (

    select
        month,
        {% for parameter in [
            'rag_green_from', 'rag_amber_from', 'below_plan_share', 'below_plan_amount', 'hockey_stick_share',
            'run_rate_months', 'run_rate_sigmas'
        ] -%}
            max(case when parameter = '{{ parameter }}' then value end) as {{ parameter }}
            {%- if not loop.last %},
            {% endif -%}
        {% endfor %}
    from ranked
    where age = 1
    group by month

)

select * from in_force
