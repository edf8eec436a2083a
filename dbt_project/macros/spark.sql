{#- What Spark's dbt adapter does otherwise than this project needs. The SQL of models is translated by dialect.py. -#}

{#- Rows of a seed as typed literals: the adapter would write null as the text None, and end a text at its first quote. -#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for chunk in agate_table.rows | batch(1000) %}
        {% set rows -%}
            insert into {{ this.render() }} values
            {% for row in chunk -%}
                (
                    {%- for name in agate_table.column_names -%}
                        cast({{ spark_literal(row[name]) }} as {{ types[name] }}){{ '' if loop.last else ', ' }}
                    {%- endfor -%}
                ){{ '' if loop.last else ',' }}
            {% endfor %}
        {%- endset %}
        {% do adapter.add_query(rows, abridge_sql_log=True) %}
    {%- endfor %}
    {{ return('-- rows of ' ~ model['name']) }}
{% endmacro %}

{#- A text as a literal of Spark, in which a backslash escapes. -#}
{% macro spark_literal(value) -%}
    {%- if value is none -%}
        null
    {%- else -%}
        '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
    {%- endif -%}
{%- endmacro %}

{#- Models that DuckDB builds by month are whole tables on Spark, where a table of Parquet has no delete: docs/spark.md. -#}
{% materialization incremental, adapter = 'spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
