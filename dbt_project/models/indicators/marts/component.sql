-- One row per component: what is counted, from which feed, by which code list.
with definitions as (

    select * from {{ ref('component_definition') }}

),

prefixes as (

    select * from {{ ref('component_bnf_prefix') }}

),

code_lists as (

    select
        component_id,
        {{ joined_text('case when not is_excluded then bnf_prefix end', 'bnf_prefix') }} as included,
        {{ joined_text('case when is_excluded then bnf_prefix end', 'bnf_prefix') }} as excluded
    from prefixes
    group by component_id

)

select
    cast(definitions.component_id as string) as component_id,
    cast(definitions.name as string) as name,
    cast(definitions.dataset as string) as dataset,
    cast(definitions.measure as string) as measure,
    cast(definitions.weight_set as string) as weight_set,
    cast(code_lists.included as string) as bnf_prefixes_included,
    cast(code_lists.excluded as string) as bnf_prefixes_excluded,
    cast(definitions.age_from as integer) as age_from,
    cast(definitions.age_to as integer) as age_to,
    cast(definitions.lookback_months as integer) as lookback_months,
    cast(definitions.unit as string) as unit,
    cast(definitions.is_patient_count as boolean) as is_patient_count,
    cast(definitions.owner as string) as owner,
    cast(definitions.source as string) as source
from definitions
left join code_lists on definitions.component_id = code_lists.component_id
