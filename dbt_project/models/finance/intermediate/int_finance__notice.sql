-- One row per vintage of a commissioner's newest financial year in which a prescribing forecast changed sign or moved
-- by more than the set amount: what its owner is told, once.
with forecasts as (

    select * from {{ ref('finance_forecast') }}

),

newest_year as (

    select
        entity_code,
        max(financial_year) as financial_year
    from forecasts
    group by entity_code

),

changes as (

    select
        entity_code,
        financial_year,
        month,
        'actuals' as basis,
        'from actual cost and profile' as basis_name,
        previous_month,
        previous_variance,
        variance,
        variance_change,
        coalesce(has_changed_sign, false) as has_changed_sign,
        coalesce(has_moved, false) as has_moved,
        concat('; actual cost to ', substr(cast(data_to as string), 1, 7)) as data_note,
        cost_note
    from forecasts

    union all

    select
        entity_code,
        financial_year,
        month,
        'ledger' as basis,
        'of the ledger' as basis_name,
        previous_ledger_month as previous_month,
        previous_ledger_variance as previous_variance,
        ledger_variance as variance,
        ledger_variance_change as variance_change,
        coalesce(has_ledger_changed_sign, false) as has_changed_sign,
        coalesce(has_ledger_moved, false) as has_moved,
        '' as data_note,
        cast(null as string) as cost_note
    from forecasts

    union all

    select
        entity_code,
        financial_year,
        month,
        'restatement' as basis,
        'of the ledger, restated,' as basis_name,
        month as previous_month,
        restated_from_variance as previous_variance,
        ledger_variance as variance,
        ledger_variance - restated_from_variance as variance_change,
        coalesce(has_restatement_changed_sign, false) as has_changed_sign,
        coalesce(has_restatement_moved, false) as has_moved,
        '; both are versions of one report' as data_note,
        cast(null as string) as cost_note
    from forecasts

),

notices as (

    select
        concat_ws(
            '|', 'prescribing_forecast', changes.basis, changes.entity_code, changes.financial_year,
            cast(changes.month as string)
        ) as notice_key,
        'finance' as owner,
        case when changes.has_changed_sign then 'forecast_changed_sign' else 'forecast_moved' end as kind,
        concat('Prescribing forecast ', changes.financial_year, ', ', changes.basis) as subject,
        changes.month,
        cast(changes.variance_change as decimal(18, 2)) as amount,
        concat(
            'The prescribing forecast of ', changes.entity_code, ' for ', changes.financial_year, ' ',
            changes.basis_name,
            case when changes.has_changed_sign then ' changed sign: from ' else ' moved: from ' end,
            {{ pounds('abs(changes.previous_variance)') }},
            case when changes.previous_variance > 0 then ' over' else ' under' end,
            ' budget (vintage ', substr(cast(changes.previous_month as string), 1, 7), ') to ',
            {{ pounds('abs(changes.variance)') }},
            case when changes.variance > 0 then ' over' else ' under' end,
            ' budget (vintage ', substr(cast(changes.month as string), 1, 7), '), ',
            case when changes.variance_change > 0 then 'worse' else 'better' end,
            ' by ', {{ pounds('abs(changes.variance_change)') }}, changes.data_note, '. ',
            case when changes.cost_note is null then '' else concat(changes.cost_note, '. ') end,
            'Say what moved it, and restate the forecast in the next budget report if it does not stand.'
        ) as message
    from changes
    inner join newest_year
        on
            changes.entity_code = newest_year.entity_code
            and changes.financial_year = newest_year.financial_year
    where
        changes.has_changed_sign
        or changes.has_moved

)

select * from notices
