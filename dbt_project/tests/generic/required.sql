{#- Fails on every row in which one of the named columns is null: one query for all of them. -#}
{% test required(model, columns) %}

select *
from {{ model }}
where {% for column in columns %}{{ column }} is null{% if not loop.last %} or {% endif %}{% endfor %}

{% endtest %}
