-- Fails on a variant that has a denominator without an aggregation, or the reverse: its rate would be null or wrong.
select *
from {{ ref('indicator_variant') }}
where (denominator_component_id is null) is distinct from (denominator_aggregation is null)
