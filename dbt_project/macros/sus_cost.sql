{#-
    What one record of a hospital feed costs: the payment with the market forces factor (where it is not printed, the
    tariff and the factor), and what is paid apart from it.
-#}
{% macro sus_cost() -%}
    coalesce(grand_total_payment_mff, coalesce(tariff_total_payment, 0) + coalesce(tariff_mff_payment, 0))
    + coalesce(unbundled_payment_mff, 0)
{%- endmacro %}
