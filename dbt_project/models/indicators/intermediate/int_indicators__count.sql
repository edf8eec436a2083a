-- One row per feed of counts, organisation, month, what is counted and which count of it.
{% set feeds = [] %}
{% for feed in feeds %}
select
    dataset,
    org_code,
    month,
    code,
    measure,
    value
from {{ ref(feed) }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% if not feeds %}
    select
        cast(null as string) as dataset,
        cast(null as string) as org_code,
        cast(null as date) as month,
        cast(null as string) as code,
        cast(null as string) as measure,
        cast(null as decimal(28, 5)) as value
    where false
{% endif %}
