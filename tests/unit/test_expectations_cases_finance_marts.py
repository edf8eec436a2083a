"""The finance marts of a small build, and for each check of their gates the SQL that breaks it."""

from __future__ import annotations

MARTS = """
    create table finance_position as
        select '99A' as entity_code, '2017/18' as financial_year, period as ledger_period, vintage, level, level_code,
            date '2017-06-01' + to_months(period - 3) as month, false as is_adjustment,
            vintage = (case period when 3 then 2 else 1 end) as is_current, budget as ytd_budget, actual as ytd_actual,
            actual - budget as ytd_variance, 4 * budget as annual_budget, 4 * actual as forecast_outturn,
            4 * actual - 4 * budget as forecast_variance
        from (values (3, 1), (3, 2), (4, 1)) as reports (period, vintage),
            (values ('line', 'QOF', 60.0, 65.0), ('line', 'GMS', 40.0, 35.0), ('cost_centre', '946141', 100.0, 100.0),
                ('programme_area', 'Primary Care', 100.0, 100.0), ('total', 'total', 100.0, 100.0)
            ) as levels (level, level_code, budget, actual);
    update finance_position set month = month::date;
    create table finance_reconciliation as
        select 'paper-' || number as check_id, 'paper' as source, 'column_sum' as kind, 'Total' as subject,
            'GBP' as unit, 10.0::decimal(18, 6) as printed, 10.0::decimal(18, 6) as computed,
            0.0::decimal(18, 6) as difference, 5.0::decimal(18, 6) as tolerance, 'exact' as result, true as is_current,
            null::varchar as financial_year, null::int as ledger_period
        from range(108) as numbers (number);
    insert into finance_reconciliation values
        ('ledger-1', 'ledger', 'total', 'Total', 'GBP', 18173847, 18173848, -1, 9, 'within_rounding', true, '2017/18',
            2),
        ('ledger-2', 'ledger', 'total', 'Total', 'GBP', 100, 200, -100, 9, 'does_not_reconcile', false, '2017/18', 2);
    create table finance_forecast as
        select '99A' as entity_code, '2017/18' as financial_year, * from (values
            (date '2017-05-01', null::date, 2, null::decimal(18, 2), null::decimal(18, 5), null::decimal(18, 2), 1000.0,
                null::decimal(18, 2), null::decimal(18, 2), null::decimal(18, 2), null::boolean, 'not_started',
                'No month is due'),
            (date '2017-06-01', date '2017-04-01', 2, 110.0, 0.1, 1100.0, 1000.0, 100.0, null, null, null, 'ok', null),
            (date '2017-07-01', date '2017-05-01', 2, 190.0, 0.2, 950.0, 1000.0, -50.0, 100.0, -150.0, true, 'ok',
                null)
        ) as vintages (month, data_to, lag_months, actual_to_date, profile_share, forecast, annual_budget, variance,
            previous_variance, variance_change, has_changed_sign, state, state_reason);
    alter table finance_forecast add column ledger_variance decimal(18, 2);
    alter table finance_forecast add column previous_ledger_variance decimal(18, 2);
    alter table finance_forecast add column ledger_variance_change decimal(18, 2);
    alter table finance_forecast add column has_ledger_changed_sign boolean;
    alter table finance_forecast add column restated_from_variance decimal(18, 2);
    alter table finance_forecast add column has_restatement_changed_sign boolean;
    create table finance_accrual as
        select '99A' as entity_code, 'ACC1' as journal_reference, '2017/18' as financial_year, * from (values
            (3, 1000.0, 0.0, 0.0, 1000.0, 0, 'open'), (4, 1000.0, -1000.0, -1000.0, 0.0, 1, 'reversed')
        ) as periods (ledger_period, accrued, reversed_in_period, reversed_to_date, outstanding, periods_open, state);
"""


def _nulls(table: str, *columns: str) -> dict[str, str]:
    return {f"{column}_present": f"update {table} set {column} = null" for column in columns}


def _doubled(table: str) -> str:
    return f"insert into {table} select * from {table} limit 1"


BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("finance_position", "marts"): {
        **_nulls(
            "finance_position", "entity_code", "financial_year", "ledger_period", "vintage", "level", "level_code",
            "month", "is_current",
        ),
        "grain": _doubled("finance_position"),
        "one_current_vintage": "update finance_position set is_current = vintage = 1",
        "variances_recompute": "update finance_position set ytd_variance = -ytd_variance",
        "levels_add_up": "delete from finance_position where level_code = 'GMS' and ledger_period = 4",
        "adjustments_apart": "update finance_position set ledger_period = 13 where ledger_period = 4",
    },
    ("finance_reconciliation", "marts"): {
        **_nulls(
            "finance_reconciliation", "check_id", "source", "kind", "subject", "unit", "printed", "tolerance", "result",
            "is_current",
        ),
        "grain": _doubled("finance_reconciliation"),
        "result_follows": "update finance_reconciliation set result = 'exact' where check_id = 'ledger-1'",
        "papers_checked": "delete from finance_reconciliation where check_id = 'paper-7'",
        "current_reports_reconcile": "update finance_reconciliation set is_current = true",
    },
    ("finance_forecast", "marts"): {
        **_nulls("finance_forecast", "entity_code", "financial_year", "month", "lag_months", "state"),
        "grain": _doubled("finance_forecast"),
        "silent_unless_ok": "update finance_forecast set state = 'awaiting' where month = '2017-06-01'",
        "lag_kept": "update finance_forecast set data_to = '2017-06-01' where month = '2017-06-01'",
        "forecast_recomputes": "update finance_forecast set forecast = forecast + 1 where month = '2017-06-01'",
        "changes_recompute": "update finance_forecast set has_changed_sign = false where month = '2017-07-01'",
    },
    ("finance_accrual", "marts"): {
        **_nulls(
            "finance_accrual", "entity_code", "journal_reference", "financial_year", "ledger_period", "accrued",
            "outstanding", "state",
        ),
        "grain": _doubled("finance_accrual"),
        "outstanding_recomputes": "update finance_accrual set outstanding = accrued where ledger_period = 4",
        "reversals_add_up": "update finance_accrual set reversed_in_period = 0",
    },
}  # fmt: skip
