-- Fails on a baseline rule without a reduction, on a reduction that no rule reads, and on a rule about a baseline for
-- an indicator that has none.
with targets as (

    select * from {{ ref('indicator_target') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

)

select targets.*
from targets
inner join definitions
    on
        targets.indicator_id = definitions.indicator_id
        and targets.version = definitions.version
where
    (targets.target_rule = 'baseline_reduction_or_national') is distinct from (targets.reduction is not null)
    or (targets.target_rule = 'baseline_reduction_or_national' and definitions.baseline_rule is null)
