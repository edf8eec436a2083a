-- One row per indicator version, variant, view, organisation and result month: the figure judged against its target.
with comparisons as (

    select * from {{ ref('int_indicators__comparison') }}

),

org_references as (

    select * from {{ ref('int_indicators__org_reference') }}

),

targets as (

    select * from {{ ref('int_indicators__reference') }}
    where kind = 'target'

),

bands as (

    select * from {{ ref('int_indicators__reference') }}
    where kind = 'band'

),

-- whose targets and bands judge it; null for those that everybody has who sends none
referenced as (

    select
        comparisons.*,
        org_references.commissioner_code
    from comparisons
    left join org_references
        on
            comparisons.org_view = org_references.org_view
            and comparisons.org_type = org_references.org_type
            and comparisons.org_code = org_references.org_code
            and comparisons.month = org_references.month

),

keys as (

    select distinct
        commissioner_code,
        indicator_id,
        version,
        org_type,
        org_code,
        period_end
    from referenced

),

-- the narrowest target that applies: of the organisation, of its kind, of everybody
ranked_targets as (

    select
        keys.*,
        targets.rule as target_rule,
        targets.figure as target_value,
        targets.reduction,
        targets.alternative_figure as alternative_target,
        row_number() over (
            partition by
                keys.commissioner_code, keys.indicator_id, keys.version, keys.org_type, keys.org_code, keys.period_end
            order by
                case
                    when targets.org_code is not null then 1
                    when targets.org_type is not null then 2
                    else 3
                end
        ) as turn
    from keys
    inner join targets
        on
            keys.commissioner_code is not distinct from targets.commissioner_code
            and keys.indicator_id = targets.indicator_id
            and keys.version = targets.version
            and (targets.org_type is null or keys.org_type = targets.org_type)
            and (targets.org_code is null or keys.org_code = targets.org_code)
            and keys.period_end >= coalesce(targets.valid_from, make_date(1900, 1, 1))
            and keys.period_end <= coalesce(targets.valid_to, make_date(9999, 12, 31))

),

applied as (

    select
        referenced.*,
        ranked_targets.target_rule,
        case
            -- twelve decimals: 0.95 * 47.64 is 45.258, not the 45.257999999999996 of binary arithmetic
            when ranked_targets.target_rule = 'baseline_reduction_or_national'
                then
                    greatest(
                        round(
                            cast(1 - ranked_targets.reduction as double) * coalesce(referenced.baseline_value, 0), 12
                        ),
                        cast(ranked_targets.target_value as double)
                    )
            else cast(ranked_targets.target_value as double)
        end as target,
        cast(ranked_targets.alternative_target as double) as alternative_target,
        referenced.state = 'ok' and referenced.months_open = referenced.window_months as is_bandable
    from referenced
    left join ranked_targets
        on
            referenced.commissioner_code is not distinct from ranked_targets.commissioner_code
            and referenced.indicator_id = ranked_targets.indicator_id
            and referenced.version = ranked_targets.version
            and referenced.org_type = ranked_targets.org_type
            and referenced.org_code = ranked_targets.org_code
            and referenced.period_end = ranked_targets.period_end
            and ranked_targets.turn = 1

),

-- unrounded figures; a figure that misses the national value has no verdict while its own baseline is unknown
judged as (

    select
        *,
        case target_rule
            -- of two figures either is enough
            when 'below' then value < greatest(target, coalesce(alternative_target, target))
            when 'at_or_below' then value <= greatest(target, coalesce(alternative_target, target))
            when 'at_or_above' then value >= least(target, coalesce(alternative_target, target))
            when 'baseline_reduction_or_national'
                then case when value <= target then true when baseline_value is not null then value <= target end
        end as is_met,
        coalesce(
            target_rule = 'baseline_reduction_or_national' and baseline_value is null and value > target, false
        ) as lacks_baseline
    from applied

),

-- cut-points where the specification prints them or the commissioner approved them; the first band in order that the
-- figure reaches
ranked_bands as (

    select
        judged.indicator_id,
        judged.version,
        judged.variant,
        judged.org_view,
        judged.org_type,
        judged.org_code,
        judged.period_end,
        bands.band,
        row_number() over (
            partition by
                judged.indicator_id, judged.version, judged.variant,
                judged.org_view, judged.org_type, judged.org_code, judged.period_end
            order by bands.band_order
        ) as turn
    from judged
    inner join bands
        on
            judged.commissioner_code is not distinct from bands.commissioner_code
            and judged.indicator_id = bands.indicator_id
            and judged.version = bands.version
            and judged.period_end >= coalesce(bands.valid_from, make_date(1900, 1, 1))
            and judged.period_end <= coalesce(bands.valid_to, make_date(9999, 12, 31))
            and case bands.rule
                when 'at_or_below' then judged.value <= cast(bands.figure as double)
                when 'at_or_above' then judged.value >= cast(bands.figure as double)
                when 'meets_target' then judged.is_met
                when 'otherwise' then judged.value is not null
            end

),

banded_indicators as (

    select distinct
        commissioner_code,
        indicator_id,
        version
    from bands

),

banded as (

    select
        judged.*,
        case
            when not judged.is_bandable then null
            when banded_indicators.indicator_id is not null then ranked_bands.band
            when judged.is_met then 'met'
            when not judged.is_met then 'not_met'
        end as band,
        -- also judged: a figure that misses the only band whose cut-point is printed
        coalesce(
            judged.is_bandable
            and judged.value is not null
            and (banded_indicators.indicator_id is not null or judged.is_met is not null), false
        ) as is_judged
    from judged
    left join banded_indicators
        on
            judged.commissioner_code is not distinct from banded_indicators.commissioner_code
            and judged.indicator_id = banded_indicators.indicator_id
            and judged.version = banded_indicators.version
    left join ranked_bands
        on
            judged.indicator_id = ranked_bands.indicator_id
            and judged.version = ranked_bands.version
            and judged.variant = ranked_bands.variant
            and judged.org_view = ranked_bands.org_view
            and judged.org_type = ranked_bands.org_type
            and judged.org_code = ranked_bands.org_code
            and judged.period_end = ranked_bands.period_end
            and ranked_bands.turn = 1

),

final as (

    select
        indicator_id,
        version,
        variant,
        is_headline,
        org_view,
        org_type,
        org_code,
        month,
        period_end,
        window_start,
        window_months,
        months_open,
        orgs_expected,
        numerator,
        denominator,
        value,
        target,
        alternative_target,
        band,
        is_judged,
        case
            when band in ('met', 'A') then 'green'
            when band = 'B' then 'yellow'
            when band is not null then 'red'
        end as rag,
        baseline_value,
        previous_value,
        trend,
        trend_meaning,
        state,
        case
            when is_bandable and lacks_baseline then concat_ws('; ', state_reason, 'no baseline')
            else state_reason
        end as state_reason
    from banded

)

select * from final
