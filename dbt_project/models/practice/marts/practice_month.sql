-- One row per practice code and month in which the practice has a list or is expected to be active.
with expected as (

    select * from {{ ref('int_practice__expected') }}

),

list_components as (

    select * from {{ ref('int_practice__list_component') }}

),

carr_hill_lists as (

    select * from {{ ref('stg_practice__carr_hill_list') }}

),

need_weighted as (

    select * from {{ ref('stg_practice__need_weighted_population') }}

),

snapshot_months as (

    select * from {{ ref('stg_ledger__snapshot_month') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

group_months as (

    select * from {{ ref('int_practice__group_month') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

list_values as (

    select
        month,
        practice_code,
        max(case when component_id = 'list_size' then value end) as list_size,
        max(case when component_id = 'hospital_weighted_population' then value end) as hospital_weighted_population,
        max(
            case when component_id = 'starpu_oral_antibacterial_items' then value end
        ) as starpu_oral_antibacterial_items,
        max(
            case when component_id = 'starpu_oral_antibacterial_items_1dp' then value end
        ) as starpu_oral_antibacterial_items_1dp,
        max(case when component_id = 'astropu_cost' then value end) as astropu_cost,
        max(case when component_id = 'astropu_items' then value end) as astropu_items
    from list_components
    group by month, practice_code

),

carr_hill_months as (

    select
        snapshot_months.month,
        carr_hill_lists.practice_code,
        carr_hill_lists.carr_hill_weighted_list
    from carr_hill_lists
    inner join snapshot_months
        on
            snapshot_months.dataset = 'carr_hill_list'
            and carr_hill_lists.snapshot_month = snapshot_months.snapshot_month

),

prescribing_weighted_months as (

    select
        snapshot_months.month,
        need_weighted.practice_code,
        need_weighted.weighted_population_prescribing as prescribing_weighted_population
    from need_weighted
    inner join snapshot_months
        on
            snapshot_months.dataset = 'need_weighted_population'
            and need_weighted.snapshot_month = snapshot_months.snapshot_month

),

groups_of_practice as (

    select
        month,
        practice_code,
        max(case when org_type = 'neighbourhood' then org_code end) as neighbourhood,
        max(case when org_type = 'locality' then org_code end) as locality,
        max(case when org_type = 'pcn' then org_code end) as pcn
    from group_months
    group by month, practice_code

),

with_list as (

    select distinct
        month,
        practice_code
    from list_components
    where dataset = 'gp_list_quin_age'

),

-- a list is shown in every month that it serves, also when its practice has closed and is expected no more
practice_months as (

    select
        coalesce(with_list.practice_code, expected.practice_code) as practice_code,
        coalesce(with_list.month, expected.month) as month,
        with_list.practice_code is not null as has_list,
        coalesce(expected.is_open_in_register, false) as is_open_in_register
    from with_list
    full outer join expected
        on
            with_list.month = expected.month
            and with_list.practice_code = expected.practice_code

),

final as (

    select
        practice_months.practice_code,
        practice_months.month,
        practice_months.has_list,
        practice_months.is_open_in_register,
        list_values.list_size,
        carr_hill_months.carr_hill_weighted_list,
        list_values.hospital_weighted_population,
        prescribing_weighted_months.prescribing_weighted_population,
        list_values.starpu_oral_antibacterial_items,
        list_values.starpu_oral_antibacterial_items_1dp,
        list_values.astropu_cost,
        list_values.astropu_items,
        commissioner_links.commissioner_code,
        groups_of_practice.neighbourhood,
        groups_of_practice.locality,
        groups_of_practice.pcn,
        coalesce(code_map.mapped_practice_code, practice_months.practice_code) as current_practice_code
    from practice_months
    left join list_values
        on
            practice_months.month = list_values.month
            and practice_months.practice_code = list_values.practice_code
    left join carr_hill_months
        on
            practice_months.month = carr_hill_months.month
            and practice_months.practice_code = carr_hill_months.practice_code
    left join prescribing_weighted_months
        on
            practice_months.month = prescribing_weighted_months.month
            and practice_months.practice_code = prescribing_weighted_months.practice_code
    left join commissioner_links
        on
            practice_months.practice_code = commissioner_links.practice_code
            and practice_months.month >= commissioner_links.valid_from
            and practice_months.month <= commissioner_links.valid_to
    left join groups_of_practice
        on
            practice_months.month = groups_of_practice.month
            and practice_months.practice_code = groups_of_practice.practice_code
    left join code_map
        on
            practice_months.month = code_map.month
            and practice_months.practice_code = code_map.practice_code
            and code_map.org_view = 'current'

)

select
    cast(practice_code as string) as practice_code,
    cast(month as date) as month,
    has_list,
    is_open_in_register,
    cast(list_size as decimal(28, 5)) as list_size,
    cast(carr_hill_weighted_list as decimal(28, 5)) as carr_hill_weighted_list,
    cast(hospital_weighted_population as decimal(28, 5)) as hospital_weighted_population,
    cast(prescribing_weighted_population as decimal(28, 5)) as prescribing_weighted_population,
    cast(starpu_oral_antibacterial_items as decimal(28, 5)) as starpu_oral_antibacterial_items,
    cast(starpu_oral_antibacterial_items_1dp as decimal(28, 5)) as starpu_oral_antibacterial_items_1dp,
    cast(astropu_cost as decimal(28, 5)) as astropu_cost,
    cast(astropu_items as decimal(28, 5)) as astropu_items,
    cast(commissioner_code as string) as commissioner_code,
    cast(neighbourhood as string) as neighbourhood,
    cast(locality as string) as locality,
    cast(pcn as string) as pcn,
    cast(current_practice_code as string) as current_practice_code
from final
