-- One row per figure that a ledger, a savings plan or a paper prints and that can be computed from others it prints.
-- Differences are recorded and never put right.
with ledger_checks as (

    select * from {{ ref('int_finance__ledger_check') }}

),

summary_checks as (

    select * from {{ ref('int_finance__summary_check') }}

),

cres_plan_checks as (

    select * from {{ ref('int_finance__cres_plan_check') }}

),

paper_checks as (

    select * from {{ ref('int_finance__paper_check') }}

),

checks as (

    select
        check_id,
        'ledger' as source,
        kind,
        concat(
            entity_code, ' ', financial_year, ' period ', cast(ledger_period as string), ', ', line_description
        ) as printed_row,
        replace(measure, '_', ' ') as figure,
        'GBP' as unit,
        cast(printed as decimal(18, 6)) as printed,
        cast(computed as decimal(18, 6)) as computed,
        cast(tolerance as decimal(18, 6)) as tolerance,
        'GBP 1 a line' as tolerance_basis,
        cast(null as string) as note,
        cast(null as string) as paper_table,
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        is_current
    from ledger_checks

    union all

    select
        check_id,
        'ledger' as source,
        'summary' as kind,
        concat(
            entity_code, ' ', financial_year, ' period ', cast(ledger_period as string),
            ', budget report beside the ledger extract'
        ) as printed_row,
        replace(measure, '_', ' ') as figure,
        'GBP' as unit,
        cast(printed as decimal(18, 6)) as printed,
        cast(computed as decimal(18, 6)) as computed,
        cast(tolerance as decimal(18, 6)) as tolerance,
        'GBP 1 a line' as tolerance_basis,
        cast(null as string) as note,
        cast(null as string) as paper_table,
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        -- the newest of both is compared
        true as is_current
    from summary_checks

    union all

    select
        check_id,
        'cres_plan' as source,
        'total' as kind,
        concat(entity_code, ' ', financial_year, ', ', scheme_id) as printed_row,
        replace(measure, '_', ' ') as figure,
        'GBP' as unit,
        cast(printed as decimal(18, 6)) as printed,
        cast(computed as decimal(18, 6)) as computed,
        cast(tolerance as decimal(18, 6)) as tolerance,
        'GBP 1 a scheme' as tolerance_basis,
        cast(null as string) as note,
        cast(null as string) as paper_table,
        entity_code,
        financial_year,
        cast(null as integer) as ledger_period,
        vintage,
        is_current
    from cres_plan_checks

    union all

    select
        check_id,
        'paper' as source,
        kind,
        subject as printed_row,
        cast(null as string) as figure,
        unit,
        printed,
        computed,
        tolerance,
        tolerance_basis,
        note,
        paper_table,
        cast(null as string) as entity_code,
        cast(null as string) as financial_year,
        cast(null as integer) as ledger_period,
        cast(null as integer) as vintage,
        true as is_current
    from paper_checks

),

judged as (

    select
        *,
        concat_ws(': ', printed_row, figure) as subject,
        printed - computed as difference,
        case
            when printed = computed then 'exact'
            when abs(printed - computed) <= tolerance then 'within_rounding'
            -- also what cannot be computed, because a line lacks the figure
            else 'does_not_reconcile'
        end as result
    from checks

)

select
    cast(check_id as string) as check_id,
    cast(source as string) as source,
    cast(kind as string) as kind,
    cast(subject as string) as subject,
    cast(printed_row as string) as printed_row,
    cast(figure as string) as figure,
    cast(unit as string) as unit,
    cast(printed as decimal(18, 6)) as printed,
    cast(computed as decimal(18, 6)) as computed,
    cast(difference as decimal(18, 6)) as difference,
    cast(tolerance as decimal(18, 6)) as tolerance,
    cast(tolerance_basis as string) as tolerance_basis,
    cast(result as string) as result,
    cast(coalesce(note, case when computed is null then 'A line lacks the figure' end) as string) as note,
    cast(paper_table as string) as paper_table,
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(ledger_period as integer) as ledger_period,
    cast(vintage as integer) as vintage,
    cast(is_current as boolean) as is_current
from judged
