{#- Which rows of a feed with versions count. A file that states no version is a version of its own: older than any
    stated one, newer than those received before. -#}

{#- 1 for the rows of the newest version of a scope, 2 for those of the one before, and so on. -#}
{% macro version_age(scope, version) -%}
    dense_rank() over (
        partition by {{ scope | join(', ') }}
        order by
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
