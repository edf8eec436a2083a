{#-
    Whether a hospital activity quality rule fails. The columns in scope: comparison, severity, threshold, minimum_count,
    minimum_months, sigmas (the rule); seen, bad, judged (what was counted: a value, or `bad` of `judged`); usual, spread,
    months (median of the other months, its median absolute deviation, and how many there are).
    A median absolute deviation times 1.4826 is a standard deviation where values are normal; that of a count is at least
    the root of the count.
-#}
{% macro quality_rule_fails() -%}
    coalesce(
        case comparison
            when 'volume'
                then
                    months >= minimum_months
                    and (
                        usual >= minimum_count
                        -- activity that is new is asked about and not held: it would be new for a year
                        or (severity = 'warn' and seen - usual >= minimum_count)
                    )
                    and (
                        seen = 0
                        or (
                            abs(seen - usual) >= threshold * usual
                            and abs(seen - usual) >= sigmas * greatest(1.4826 * spread, sqrt(greatest(usual, 1)))
                        )
                    )
            when 'ceiling'
                then
                    judged >= minimum_count
                    and seen > threshold
                    and bad - threshold * judged >= coalesce(sigmas, 0) * sqrt(threshold * judged)
            when 'rise_in_points'
                then
                    months >= minimum_months
                    and judged >= minimum_count
                    and seen - usual >= threshold
                    and bad - usual * judged >= coalesce(sigmas, 0) * sqrt(greatest(usual * judged, 1))
            when 'rise_in_share'
                then
                    months >= minimum_months
                    and judged >= minimum_count
                    and seen >= usual * (1 + threshold)
        end, false
    )
{%- endmacro %}
