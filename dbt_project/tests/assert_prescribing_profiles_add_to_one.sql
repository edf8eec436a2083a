-- Fails where the months of a profile do not add to one year: a forecast would be of another year than this.
with profiles as (

    select * from {{ ref('prescribing_profile') }}

)

select
    valid_from,
    count(*) as month_count,
    sum(share) as share
from profiles
group by valid_from
having
    count(*) <> 12
    or sum(share) is distinct from 1
