{#- Which row of a key counts where all files of a month count together: 1 for the greatest `order`, of equal ones that
    of the newest receipt. -#}
{% macro upsert_age(key, order) -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by {{ order }} desc, received_at desc, submission_id desc, source_row desc
    )
{%- endmacro %}
