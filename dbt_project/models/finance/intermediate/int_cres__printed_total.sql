-- One row per total that a savings plan or tracker prints, and column: beside it the sum of the schemes.
with plan_vintages as (

    select * from {{ ref('int_cres__plan_vintage') }}

),

tracker_vintages as (

    select * from {{ ref('int_cres__tracker_vintage') }}

),

trackers as (

    select
        *,
        -- null where nothing is reported at all
        coalesce(
            {% for number in range(1, 13) -%}
                case when ledger_period >= {{ number }} then actual_m{{ '%02d' % number }} end
                {%- if not loop.last %},
                {% endif -%}
            {% endfor %}
        ) is not null as is_reported,
        {% for number in range(1, 13) -%}
            case when ledger_period >= {{ number }} then coalesce(actual_m{{ '%02d' % number }}, 0) else 0 end
            {%- if not loop.last %}
                + {% endif -%}
        {% endfor %} as reported_ytd
    from tracker_vintages
    where version_age = 1

),

figures as (

    {% for column in ['gross_plan', 'investment', 'net_plan'] -%}
        select
            'cres_plan' as feed,
            entity_code,
            financial_year,
            cast(null as integer) as ledger_period,
            row_type,
            scheme_id,
            '{{ column }}' as measure,
            {{ column }} as figure
        from plan_vintages
        where version_age = 1

        union all

    {% endfor -%}
    select
        'cres_tracker' as feed,
        entity_code,
        financial_year,
        cast(ledger_period as integer) as ledger_period,
        row_type,
        scheme_id,
        'forecast_fy' as measure,
        forecast_fy as figure
    from trackers

    union all

    select
        'cres_tracker' as feed,
        entity_code,
        financial_year,
        cast(ledger_period as integer) as ledger_period,
        row_type,
        scheme_id,
        'actual_ytd' as measure,
        case when is_reported then reported_ytd end as figure
    from trackers

),

sums as (

    select
        feed,
        entity_code,
        financial_year,
        ledger_period,
        measure,
        sum(figure) as computed,
        count(figure) as summands
    from figures
    where row_type = 'line'
    group by feed, entity_code, financial_year, ledger_period, measure

),

totals as (

    select
        figures.feed,
        figures.entity_code,
        figures.financial_year,
        figures.ledger_period,
        case
            when figures.ledger_period is not null
                then {{ ledger_month('figures.financial_year', 'figures.ledger_period') }}
        end as month,
        figures.scheme_id as label,
        figures.measure,
        figures.figure as printed,
        sums.computed,
        coalesce(sums.summands, 0) as summands
    from figures
    left join sums
        on
            figures.feed = sums.feed
            and figures.entity_code = sums.entity_code
            and figures.financial_year = sums.financial_year
            and figures.ledger_period is not distinct from sums.ledger_period
            and figures.measure = sums.measure
    where
        figures.row_type = 'total'
        and figures.figure is not null

)

select * from totals
