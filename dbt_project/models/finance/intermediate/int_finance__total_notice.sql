-- One row per ledger month whose lines do not come to a printed total by the set amount or more, in its newest vintage:
-- what finance is told, once, until they do.
with reconciliations as (

    select * from {{ ref('finance_reconciliation') }}

),

config as (

    select * from {{ ref('int_finance__config') }}

),

differing as (

    select
        reconciliations.entity_code,
        reconciliations.financial_year,
        reconciliations.ledger_period,
        reconciliations.printed_row,
        reconciliations.figure,
        reconciliations.printed,
        reconciliations.computed,
        reconciliations.difference,
        count(*) over (
            partition by
                reconciliations.entity_code, reconciliations.financial_year, reconciliations.ledger_period
        ) as figures,
        row_number() over (
            partition by
                reconciliations.entity_code, reconciliations.financial_year, reconciliations.ledger_period
            order by
                abs(reconciliations.difference) desc, abs(reconciliations.printed) desc, reconciliations.check_id
        ) as place
    from reconciliations
    inner join config
        on
            config.parameter = 'total_alert_amount'
            and {{ ledger_month('reconciliations.financial_year', 'reconciliations.ledger_period') }}
            between config.valid_from and config.valid_to
            and abs(reconciliations.difference) >= cast(config.value as decimal(18, 2))
    where
        reconciliations.source = 'ledger'
        and reconciliations.kind = 'total'
        and reconciliations.is_current
        and reconciliations.result = 'does_not_reconcile'

),

notices as (

    select
        concat_ws(
            '|', 'ledger_total', entity_code, financial_year, cast(ledger_period as string)
        ) as notice_key,
        'finance' as owner,
        'ledger_total_differs' as kind,
        concat('Ledger ', entity_code, ' ', financial_year, ' period ', cast(ledger_period as string)) as subject,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        cast(difference as decimal(18, 2)) as amount,
        concat(
            printed_row, ': ', figure, ' is printed as ', {{ pounds('printed') }}, ' and its lines come to ',
            {{ pounds('computed') }}, ', ', {{ pounds('abs(difference)') }},
            case when difference > 0 then ' less' else ' more' end, ' (', cast(figures as string),
            ' printed figure(s) differ). The lines are released as they came. A line may be missing or changed: ask '
            'who made the report, and send it again with a higher version.'
        ) as message
    from differing
    where place = 1

)

select * from notices
