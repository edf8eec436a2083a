{#- Which rows of a feed with versions count. A file that states no version is a version of its own: older than any
    stated one, newer than those received before. -#}

{#- 1 for the rows of the newest version of a scope, 2 for those of the one before, and so on. Rows of which `is_summary`
    is true sum up another report of the scope: they are older than all others. -#}
{% macro version_age(scope, version, is_summary=none) -%}
    dense_rank() over (
        partition by {{ scope | join(', ') }}
        order by
            {% if is_summary %}{{ is_summary }},
            {% endif -%}
            {{ version }} desc nulls last,
            case when {{ version }} is null then received_at end desc nulls last,
            case when {{ version }} is null then submission_id end desc nulls last
    )
{%- endmacro %}

{#- 1 for the row of a key that counts within its version: that of the newest receipt. -#}
{% macro receipt_age(scope, version, key) -%}
    row_number() over (
        partition by
            {{ (scope + key) | join(', ') }},
            {{ version }},
            case when {{ version }} is null then submission_id end
        order by received_at desc, submission_id desc, source_row desc
    )
{%- endmacro %}
