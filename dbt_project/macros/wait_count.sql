{#- The counts of a national publication of waits, by commissioner, month and code: its providers summed, a row per
    measure. `measures` names for each measure the column of int_performance__provider_wait that it is summed of. -#}
{% macro wait_count(dataset, measures) -%}
with waits as (

    select * from {{ ref('int_performance__provider_wait') }}
    where dataset = '{{ dataset }}'

),

measures as (

    {% for measure, column in measures.items() %}
        select
            commissioner_code,
            month,
            code,
            '{{ measure }}' as measure,
            sum({{ column }}) as value
        from waits
        group by commissioner_code, month, code
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    cast('{{ dataset }}' as string) as dataset,
    cast(commissioner_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
{%- endmacro %}
