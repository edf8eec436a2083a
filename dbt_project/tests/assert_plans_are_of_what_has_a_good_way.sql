-- Fails on a plan of an indicator of which neither way is good: a month of a plan is a target
-- (int_indicators__reference), and nothing would say on which side of it to be.
with trajectories as (

    select * from {{ ref('trajectory') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

)

select
    trajectories.*,
    definitions.direction
from trajectories
inner join definitions on trajectories.indicator_id = definitions.indicator_id
where definitions.direction = 'neutral'
