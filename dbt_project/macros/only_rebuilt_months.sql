{#- Filter of the incremental models: in an incremental run only the months that the run rebuilds. -#}
{% macro only_rebuilt_months(month_column) -%}
    {% if is_incremental() %}
        {{ month_column }} in (select rebuild.month from {{ source('feed', 'rebuild_month') }} as rebuild)
    {% else %}
        true
    {% endif %}
{%- endmacro %}
