-- One row per project with a quantified impact and month of its first year in force: admissions avoided against the
-- same months of the year before, and their value at the project's own tariff.
with benefits as (

    select * from {{ ref('int_project__benefit') }}

)

select
    cast(commissioner_code as string) as commissioner_code,
    cast(project_id as string) as project_id,
    cast(month as date) as month,
    cast(name as string) as name,
    cast(programme as string) as programme,
    cast(condition as string) as condition,
    cast(other_impact as string) as other_impact,
    cast(first_full_month as date) as first_full_month,
    cast(months_in_force as integer) as months_in_force,
    cast(planned_year as integer) as planned_year,
    cast(planned_to_date as integer) as planned_to_date,
    cast(actual_month as integer) as actual_month,
    cast(baseline_month as integer) as baseline_month,
    cast(actual_to_date as integer) as actual_to_date,
    cast(baseline_to_date as integer) as baseline_to_date,
    cast(avoided_to_date as integer) as avoided_to_date,
    cast(planned_value_year as decimal(18, 2)) as planned_value_year,
    cast(unit_tariff as decimal(18, 4)) as unit_tariff,
    cast(value_to_date as decimal(18, 2)) as value_to_date,
    cast(is_unit_cost_outlier as boolean) as is_unit_cost_outlier,
    cast(ae_attendances_avoided as integer) as ae_attendances_avoided,
    cast(ae_gbp as decimal(18, 2)) as ae_gbp,
    cast(is_shared as boolean) as is_shared,
    cast(state as string) as state,
    cast(state_reason as string) as state_reason
from benefits
