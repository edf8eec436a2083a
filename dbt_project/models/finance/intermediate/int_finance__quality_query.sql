-- One row per question that ledgers, journals and the papers' own arithmetic raise.
with reconciliations as (

    select * from {{ ref('finance_reconciliation') }}

),

unlikely_lines as (

    select * from {{ ref('int_finance__line_plausibility') }}

),

vintages as (

    select * from {{ ref('int_finance__ledger_vintage') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

journals as (

    select * from {{ ref('int_finance__journal') }}

),

accruals as (

    select * from {{ ref('finance_accrual') }}

),

left_out_lines as (

    select * from {{ ref('int_finance__line_left_out') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

named_reconciliations as (

    select
        *,
        case
            when kind in ('total', 'summary', 'column_sum', 'row_sum', 'breakdown') then 'printed_total_differs'
            else 'printed_figure_differs'
        end as issue
    from reconciliations

),

-- the savings models ask about plans, and a file is asked before the paper that prints the same two figures
asked_of_files as (

    select distinct
        printed,
        computed
    from named_reconciliations
    where
        source <> 'paper'
        and is_current
        and unit = 'GBP'
        and printed is distinct from computed

),

differing_figures as (

    select
        named_reconciliations.*,
        concat(
            coalesce(named_reconciliations.figure, named_reconciliations.subject), ': printed ',
            {{ plain_figure('named_reconciliations.printed') }}, ', computed ',
            coalesce({{ plain_figure('named_reconciliations.computed') }}, 'nothing'), ' ', named_reconciliations.unit
        ) as wording,
        case
            when named_reconciliations.source = 'paper' then named_reconciliations.check_id
            else named_reconciliations.printed_row
        end as asked_row,
        -- the amount asked about: the column that is furthest off, and one that cannot be computed last
        row_number() over (
            partition by
                named_reconciliations.source,
                case
                    when named_reconciliations.source = 'paper' then named_reconciliations.check_id
                    else named_reconciliations.printed_row
                end
            order by abs(named_reconciliations.difference) desc nulls last, named_reconciliations.check_id
        ) as place
    from named_reconciliations
    inner join rules on named_reconciliations.issue = rules.issue
    left join asked_of_files
        on
            named_reconciliations.source = 'paper'
            and named_reconciliations.unit = 'GBP'
            and named_reconciliations.printed = asked_of_files.printed
            and named_reconciliations.computed = asked_of_files.computed
    where
        named_reconciliations.is_current
        and named_reconciliations.source <> 'cres_plan'
        and asked_of_files.printed is null
        and (
            named_reconciliations.result = 'does_not_reconcile'
            or (
                named_reconciliations.source <> 'paper'
                and abs(named_reconciliations.difference) >= rules.threshold
            )
        )

),

-- one question of a printed row, with all of its columns that are off
differing as (

    select
        case
            when count(case when issue = 'printed_total_differs' then 1 end) > 0 then 'printed_total_differs'
            else 'printed_figure_differs'
        end as issue,
        source as feed,
        cast(null as string) as practice_code,
        case
            when financial_year is not null
                then {{ ledger_month('financial_year', 'coalesce(ledger_period, 1)') }}
        end as month,
        asked_row as subject,
        cast(max(case when place = 1 then difference end) as double) as amount,
        cast(max(case when place = 1 then computed end) as double) as expected,
        cast(max(case when place = 1 then printed end) as double) as seen,
        concat_ws(
            ', ', case when source <> 'paper' then printed_row end, {{ joined_text('wording', 'place', '; ') }}
        ) as detail
    from differing_figures
    group by source, asked_row, printed_row, financial_year, ledger_period

),

unlikely as (

    select
        issue,
        'ledger' as feed,
        cast(null as string) as practice_code,
        month,
        concat(entity_code, ' ', financial_year, ' period ', cast(ledger_period as string), ', ', level_code)
            as subject,
        amount,
        expected,
        seen,
        concat(level_code, ': ', wording) as detail
    from unlikely_lines

),

-- national form of a practice code; other analysis codes are no question of practices
unknown_practices as (

    select
        'ledger_unknown_practice' as issue,
        'ledger' as feed,
        vintages.analysis_1 as practice_code,
        vintages.month,
        concat(
            vintages.entity_code, ' ', vintages.financial_year, ' period ', cast(vintages.ledger_period as string)
        ) as subject,
        cast(sum(vintages.ytd_actual) as double) as amount,
        cast(null as double) as expected,
        cast(null as double) as seen,
        concat(cast(count(*) as string), ' rows of ', vintages.entity_code) as detail
    from vintages
    left join register on vintages.analysis_1 = register.practice_code
    where
        vintages.is_current
        and vintages.row_type = 'line'
        and left(vintages.analysis_1, 1) between 'A' and 'Z'
        and translate(vintages.analysis_1, '0123456789', '##########') like '_#####'
        and register.practice_code is null
    group by
        vintages.analysis_1, vintages.month, vintages.entity_code, vintages.financial_year, vintages.ledger_period

),

numbered_lines as (

    select
        *,
        row_number() over (
            partition by entity_code, financial_year, ledger_period
            order by abs(ytd_actual) desc nulls last, line_description asc, submission_id asc, source_row asc
        ) as place,
        count(*) over (partition by entity_code, financial_year, ledger_period) as line_count,
        sum(ytd_actual) over (partition by entity_code, financial_year, ledger_period) as kept_actual
    from left_out_lines

),

-- one question of a report, with its largest lines
lines_left_out as (

    select
        'ledger_line_left_out' as issue,
        'ledger' as feed,
        cast(null as string) as practice_code,
        month,
        concat(entity_code, ' ', financial_year, ' period ', cast(ledger_period as string)) as subject,
        cast(max(kept_actual) as double) as amount,
        cast(null as double) as expected,
        cast(null as double) as seen,
        concat(
            cast(max(line_count) as string), ' line(s) of version ', cast(max(report_version) as string), ' of ',
            entity_code, ' ', financial_year, ' period ', cast(ledger_period as string),
            ' stand as an earlier file of it has them; a newer one, which has others of its lines, left them out: ',
            {{ joined_text("coalesce(line_description, coding_string, 'no name')", 'place') }},
            case when max(line_count) > 3 then ', and others' else '' end
        ) as detail
    from numbered_lines
    where place <= 3
    group by entity_code, financial_year, ledger_period, month

),

reversed_twice as (

    select
        'accrual_reversed_twice' as issue,
        'ledger_journal' as feed,
        cast(null as string) as practice_code,
        month,
        concat(entity_code, ' ', journal_reference) as subject,
        cast(outstanding as double) as amount,
        cast(-accrued as double) as expected,
        cast(reversed_to_date as double) as seen,
        concat('Accrual ', journal_reference, ' reversed by ', reversal_references) as detail
    from accruals
    where
        is_latest
        and state = 'over_reversed'

),

known_journals as (

    select distinct
        entity_code,
        journal_reference
    from journals

),

unknown_reversals as (

    select
        'accrual_reversal_unknown' as issue,
        'ledger_journal' as feed,
        cast(null as string) as practice_code,
        journals.month,
        concat(
            journals.entity_code, ' ', journals.financial_year, ' period ', cast(journals.ledger_period as string), ' ',
            journals.journal_reference, ' ', coalesce(journals.reverses, '')
        ) as subject,
        cast(sum(journals.amount) as double) as amount,
        cast(null as double) as expected,
        cast(null as double) as seen,
        concat(
            'Reversal ', journals.journal_reference, ' names ', coalesce(journals.reverses, 'no journal'),
            case when journals.reverses is null then '' else ', which was not received' end
        ) as detail
    from journals
    left join known_journals
        on
            journals.entity_code = known_journals.entity_code
            and journals.reverses = known_journals.journal_reference
    where
        journals.entry_type = 'reversal'
        and known_journals.journal_reference is null
    group by
        journals.month, journals.entity_code, journals.financial_year, journals.ledger_period,
        journals.journal_reference, journals.reverses

),

queries as (

    select * from differing
    union all
    select * from unlikely
    union all
    select * from unknown_practices
    union all
    select * from lines_left_out
    union all
    select * from reversed_twice
    union all
    select * from unknown_reversals

),

described as (

    select
        issue,
        feed,
        practice_code,
        cast(null as string) as provider_code,
        month,
        subject,
        amount,
        expected,
        seen,
        detail
    from queries

)

select * from described
