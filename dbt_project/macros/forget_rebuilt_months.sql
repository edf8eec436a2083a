{#-
    Pre-hook of the incremental models: removes the months that this run rebuilds, also those that the feed no longer
    holds (delete+insert alone would leave a withdrawn month standing). Runs in the model's own transaction.
-#}
{% macro forget_rebuilt_months() -%}
    {% if is_incremental() %}
        delete from {{ this }} where month in (select rebuild.month from {{ source('feed', 'rebuild_month') }} as rebuild)
    {% endif %}
{%- endmacro %}
