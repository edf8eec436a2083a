-- One row per matter of savings that its owner is told, of the newest month reported of an entity; digests of all.
with positions as (

    select * from {{ ref('cres_position') }}

),

rules as (

    select * from {{ ref('int_cres__rule') }}

),

overlap_rows as (

    select * from {{ ref('cres_overlap') }}

),

-- a report of a year that nobody has planned puts nothing right: the newest planned year stays
newest_months as (

    select
        entity_code,
        coalesce(max(case when plan_fy is not null then month end), max(month)) as month,
        coalesce(max(case when plan_fy is not null then financial_year end), max(financial_year)) as financial_year
    from positions
    group by entity_code

),

-- a shortfall so far or of the year, beyond the tolerance of its plan
compared as (

    select
        positions.*,
        coalesce(
            positions.plan_ytd - positions.actual_ytd
            > greatest(rules.below_plan_share * abs(positions.plan_ytd), rules.below_plan_amount), false
        )
        or coalesce(
            positions.plan_fy - positions.forecast_fy
            > greatest(rules.below_plan_share * abs(positions.plan_fy), rules.below_plan_amount), false
        ) as is_below,
        -- most of the year is to come late, and the rate so far does not give it; without a rate nothing speaks for it
        coalesce(
            positions.is_hockey_stick
            and (
                positions.run_rate_fy is null
                or (
                    positions.forecast_fy > positions.run_rate_high
                    and positions.forecast_fy - positions.run_rate_fy
                    > greatest(rules.below_plan_share * abs(positions.plan_fy), rules.below_plan_amount)
                )
            ), false
        ) as is_beyond_rate
    from positions
    inner join rules on positions.month = rules.month
    where positions.scheme_id <> 'total'

),

last_fine as (

    select
        entity_code,
        financial_year,
        scheme_id,
        max(month) as month
    from compared
    where
        not is_below
        and is_complete
    group by entity_code, financial_year, scheme_id

),

below_since as (

    select
        compared.entity_code,
        compared.financial_year,
        compared.scheme_id,
        min(compared.month) as since
    from compared
    left join last_fine
        on
            compared.entity_code = last_fine.entity_code
            and compared.financial_year = last_fine.financial_year
            and compared.scheme_id = last_fine.scheme_id
    where
        compared.is_below
        and (last_fine.month is null or compared.month > last_fine.month)
    group by compared.entity_code, compared.financial_year, compared.scheme_id

),

-- what a month's tracker lacks is not put right: the last word on it stands
worded as (

    select
        compared.*,
        below_since.since,
        extract(month from newest_months.month) = 3 as is_year_over,
        extract(month from compared.month) = 3 as is_outturn,
        -- an outturn that the last tracker leaves out is not mitigated any more than one that it has
        case
            when extract(month from newest_months.month) <> 3 then compared.unmitigated_gap
            when compared.forecast_fy - compared.plan_fy is not null
                then greatest(compared.plan_fy - compared.forecast_fy, 0)
        end as gap_left,
        concat_ws('|', compared.entity_code, compared.financial_year, compared.scheme_id) as subject_key,
        concat(compared.scheme_id, ' ', compared.scheme_name) as subject,
        coalesce(compared.lead, 'finance') as told_lead,
        coalesce(compared.finance_lead, 'finance') as told_finance_lead,
        substr(cast(compared.month as string), 1, 7) as month_text,
        row_number() over (
            partition by compared.entity_code, compared.financial_year, compared.scheme_id
            order by case when compared.is_complete or compared.is_below then 0 else 1 end asc, compared.month desc
        ) as judged_age,
        row_number() over (
            partition by compared.entity_code, compared.financial_year, compared.scheme_id
            order by compared.schemes_reported desc, compared.month desc
        ) as reported_age
    from compared
    inner join newest_months
        on
            compared.entity_code = newest_months.entity_code
            and compared.financial_year = newest_months.financial_year
    left join below_since
        on
            compared.entity_code = below_since.entity_code
            and compared.financial_year = below_since.financial_year
            and compared.scheme_id = below_since.scheme_id

),

below_plan as (

    select
        concat_ws('|', 'cres_below_plan', subject_key) as notice_key,
        told_lead as owner,
        'cres_below_plan' as kind,
        subject,
        month,
        coalesce(gap_left, -variance_ytd) as amount,
        concat(
            'CRES scheme ', subject, ' (', entity_code, ', ', financial_year, ') ',
            case when is_outturn then 'ended the year below plan' else concat('is below plan at ', month_text) end,
            ', since ', substr(cast(since as string), 1, 7),
            case
                when is_outturn
                    then
                        concat(
                            '. Outturn: ', {{ money_or_unknown('forecast_fy') }}, ' saved of ',
                            {{ money_or_unknown('plan_fy') }}, ' planned'
                        )
                else
                    concat(
                        '. To date: ', {{ money_or_unknown('actual_ytd') }}, ' saved of ',
                        {{ money_or_unknown('plan_ytd') }}, ' planned. Year: forecast ',
                        {{ money_or_unknown('forecast_fy') }}, ' of ', {{ money_or_unknown('plan_fy') }}, ' planned'
                    )
            end,
            '. Mitigation on record: ', coalesce(mitigation, 'none'),
            case
                when mitigation_value is not null then concat(', worth ', {{ money_or_unknown('mitigation_value') }})
                else ''
            end,
            case
                when is_year_over and coalesce(mitigation, cast(mitigation_value as string)) is not null
                    then '; the year is over, so it is not deducted'
                else ''
            end,
            case when is_year_over then '. Shortfall of the year: ' else '. Gap of this year that is left: ' end,
            {{ money_or_unknown('gap_left') }},
            case
                when is_year_over
                    then
                        concat(
                            '. Opened for next year by the full-year effect: ', {{ money_or_unknown('next_year_gap') }},
                            '. What to do: confirm the outturn with ', told_finance_lead,
                            ' for the year-end accounts, and agree how the plan of next year finds again what is',
                            ' recurrent.'
                        )
                else
                    concat(
                        '. What to do: agree with ', told_finance_lead,
                        ' how the gap is closed, and record it in the tracker of next month.'
                    )
            end
        ) as message
    from worded
    where
        judged_age = 1
        and is_below

),

beyond_rate as (

    select
        concat_ws('|', 'cres_hockey_stick', subject_key) as notice_key,
        told_lead,
        told_finance_lead,
        subject,
        month,
        forecast_fy - run_rate_fy as amount,
        concat(
            'CRES scheme ', subject, ' (', entity_code, ', ', financial_year, ') is forecast to save ',
            {{ money_or_unknown('forecast_fy') }}, ' in the year at ', month_text, ', of which ',
            {{ money_or_unknown('forecast_last_quarter') }}, ' from January to March (planned: ',
            {{ money_or_unknown('plan_last_quarter') }}, '). To date: ', {{ money_or_unknown('actual_ytd') }},
            ' saved of ', {{ money_or_unknown('plan_ytd') }}, ' planned. ',
            case
                when run_rate_fy is null then concat('There is no run rate to hold it against: ', run_rate_reason)
                else
                    concat(
                        'The rate so far gives ', {{ money_or_unknown('run_rate_fy') }}, ' (',
                        {{ money_or_unknown('run_rate_low') }}, ' to ', {{ money_or_unknown('run_rate_high') }}, ')'
                    )
            end,
            '. Mitigation on record: ', coalesce(mitigation, 'none'), '. What to do: ', told_lead,
            case
                when told_lead = told_finance_lead
                    then ' settles what brings the rest and by when, or forecasts what the rate gives'
                else
                    concat(
                        ' and ', told_finance_lead,
                        ' agree what brings the rest and by when, or forecast what the rate gives'
                    )
            end,
            ', in the tracker of next month.'
        ) as message
    from worded
    where
        reported_age = 1
        and is_beyond_rate
        and not is_year_over

),

-- lead and finance lead are told the same; one who is both is told once
hockey_stick as (

    select
        notice_key,
        told_lead as owner,
        'cres_hockey_stick' as kind,
        subject,
        month,
        amount,
        message
    from beyond_rate

    union distinct

    select
        notice_key,
        told_finance_lead as owner,
        'cres_hockey_stick' as kind,
        subject,
        month,
        amount,
        message
    from beyond_rate

),

not_updated as (

    select
        concat_ws('|', 'cres_not_updated', subject_key) as notice_key,
        told_lead as owner,
        'cres_not_updated' as kind,
        subject,
        month,
        plan_fy as amount,
        concat(
            'CRES scheme ', subject, ' (', entity_code, ', ', financial_year, ') has no update for ', month_text, ': ',
            case
                when schemes_reported = 0 then 'it is not in the tracker of the month'
                when updated_on is null then 'its tracker gives no day of an update'
                else concat('last updated on ', cast(updated_on as string))
            end,
            '. Plan of the year: ', {{ money_or_unknown('plan_fy') }},
            case
                when is_outturn then '. What to do: report what the year saved to '
                else '. What to do: report what was saved and what is forecast to '
            end,
            told_finance_lead, ', who sends the tracker again.'
        ) as message
    from worded
    where
        is_latest
        and not is_updated

),

forecast_differs as (

    select
        concat_ws('|', 'cres_forecast_differs', subject_key) as notice_key,
        told_finance_lead as owner,
        'cres_forecast_differs' as kind,
        subject,
        month,
        stated_forecast_fy - forecast_fy as amount,
        concat(
            'The forecast of CRES scheme ', subject, ' (', entity_code, ', ',
            financial_year, ') contradicts itself in the tracker of ', month_text,
            ': it states ',
            {{ money_or_unknown('stated_forecast_fy') }},
            ' for the year, its months sum to ',
            {{ money_or_unknown('forecast_fy') }},
            ', which is what is published. What to do: settle it with ', told_lead,
            ' and send the tracker again.'
        ) as message
    from worded
    where
        reported_age = 1
        and stated_forecast_fy <> forecast_fy

),

-- each of two finance leads is told; one who counts both is told once
told_overlaps as (

    select
        *,
        coalesce(finance_lead_a, 'finance') as owner
    from overlap_rows

    union distinct

    select
        *,
        coalesce(finance_lead_b, 'finance') as owner
    from overlap_rows

),

overlap_pairs as (

    select told_overlaps.*
    from told_overlaps
    left join newest_months on told_overlaps.entity_code = newest_months.entity_code
    where
        newest_months.financial_year is null
        or told_overlaps.financial_year >= newest_months.financial_year

),

double_count as (

    select
        concat_ws('|', 'cres_double_count', entity_code, financial_year, scheme_id_a, scheme_id_b) as notice_key,
        owner,
        'cres_double_count' as kind,
        concat(scheme_id_a, ' and ', scheme_id_b) as subject,
        {{ ledger_month('financial_year', '1') }} as month,
        amount_at_risk as amount,
        concat(
            'Two CRES schemes of ',
            entity_code,
            ', ',
            financial_year,
            ' claim the same: ',
            scheme_id_a,
            ' ',
            scheme_name_a,
            ' (', {{ money_or_unknown('net_plan_a') }}, ') and ', scheme_id_b, ' ', scheme_name_b, ' (',
            {{ money_or_unknown('net_plan_b') }}, ') both claim ', shared_claims,
            '. What to do: decide which of them counts it, and restate the plan of the other or its claims.'
        ) as message
    from overlap_pairs

),

ranked_shortfalls as (

    select
        *,
        coalesce(variance_fy, variance_ytd) as shortfall,
        row_number() over (
            partition by entity_code, month order by coalesce(variance_fy, variance_ytd) asc, scheme_id asc
        ) as place
    from compared
    where coalesce(variance_fy, variance_ytd) < 0

),

worst as (

    select
        entity_code,
        month,
        {{ joined_text("concat(scheme_id, ' ', scheme_name, ' ', " ~ money_or_unknown('shortfall') ~ ")", 'place') }}
            as schemes
    from ranked_shortfalls
    where place <= 3
    group by entity_code, month

),

silent as (

    select
        entity_code,
        month,
        {{ joined_text("concat(scheme_id, ' ', scheme_name)", 'scheme_id') }} as schemes
    from compared
    where not is_updated
    group by entity_code, month

),

digest as (

    select
        concat_ws('|', 'cres_digest', totals.entity_code, totals.financial_year, cast(totals.month as string))
            as notice_key,
        'finance-committee' as owner,
        'cres_digest' as kind,
        totals.entity_code as subject,
        totals.month,
        totals.unmitigated_gap as amount,
        concat(
            'CRES of ',
            totals.entity_code,
            ', ',
            totals.financial_year,
            ', at ',
            substr(cast(totals.month as string), 1, 7),
            '. To date: ', {{ money_or_unknown('totals.actual_ytd') }}, ' saved of ',
            {{ money_or_unknown('totals.plan_ytd_reported') }}, ' planned. Year: ',
            case when extract(month from totals.month) = 3 then 'outturn ' else 'forecast ' end,
            {{ money_or_unknown('totals.forecast_fy') }}, ' of ', {{ money_or_unknown('totals.plan_fy_reported') }},
            ' planned; change of forecast since the month before: ', {{ money_or_unknown('totals.forecast_change') }},
            {{ of_some_schemes('totals.forecast_change_schemes', 'totals.schemes_expected') }},
            -- an outturn is no forecast that a rate could be held against
            case
                when extract(month from totals.month) = 3 then ''
                when totals.run_rate_fy is null
                    then concat('; run rate: not known', coalesce(concat(' (', totals.run_rate_reason, ')'), ''))
                else
                    concat(
                        '; run rate: ', {{ money_or_unknown('totals.run_rate_fy') }}, ' (',
                        {{ money_or_unknown('totals.run_rate_low') }}, ' to ',
                        {{ money_or_unknown('totals.run_rate_high') }}, ') of ',
                        cast(totals.run_rate_schemes as string), ' of ', cast(totals.schemes_expected as string),
                        ' schemes, of a plan of ', {{ money_or_unknown('totals.run_rate_plan_fy') }},
                        coalesce(concat(' (', totals.run_rate_reason, ')'), '')
                    )
            end,
            case
                when extract(month from totals.month) = 3 then '; shortfall, from which nothing is deducted any more: '
                else '; gap after mitigation: '
            end,
            {{ money_or_unknown('totals.unmitigated_gap') }},
            '; gap opened for next year: ',
            {{ money_or_unknown('totals.next_year_gap') }},
            {{ of_some_schemes('totals.next_year_gap_schemes', 'totals.schemes_expected') }},
            '. ', cast(totals.schemes_reported as string), ' of ',
            cast(totals.schemes_expected as string), ' schemes are in the tracker',
            case
                when totals.is_complete then ''
                else
                    concat(
                        '; sums are of the schemes whose figures are known, of a plan of ',
                        {{ money_or_unknown('totals.plan_fy') }}
                    )
            end,
            '. Furthest below plan: ', coalesce(worst.schemes, 'none'), '. Not updated this month: ',
            coalesce(silent.schemes, 'none'), '.'
        ) as message
    from positions as totals
    left join worst
        on
            totals.entity_code = worst.entity_code
            and totals.month = worst.month
    left join silent
        on
            totals.entity_code = silent.entity_code
            and totals.month = silent.month
    where totals.scheme_id = 'total'

),

notices as (

    select * from below_plan
    union all
    select * from hockey_stick
    union all
    select * from not_updated
    union all
    select * from forecast_differs
    union all
    select * from double_count
    union all
    select * from digest

),

typed as (

    select
        cast(notice_key as string) as notice_key,
        cast(owner as string) as owner,
        kind,
        subject,
        month,
        cast(amount as decimal(18, 2)) as amount,
        message
    from notices

)

select * from typed
