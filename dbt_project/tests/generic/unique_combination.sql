{#- Fails on every key that occurs twice, and on keys with a null: a null in a grain duplicates rows unseen. -#}
{% test unique_combination(model, columns, nullable=[]) %}

select
    {% for column in columns %}{{ column }}, {% endfor %}
    count(*) as row_count
from {{ model }}
group by {% for column in columns %}{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
having
    count(*) > 1
    {% for column in columns if column not in nullable %}
        or {{ column }} is null
    {% endfor %}

{% endtest %}
