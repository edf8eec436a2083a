-- One row per line of the charges that count and reason for which the commissioner can challenge it.
with checks as (

    select * from {{ ref('int_evidence__charge_check') }}
    where version_age = 1

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(ledger_period as integer) as ledger_period,
    cast(month as date) as month,
    cast(provider_code as string) as provider_code,
    cast(invoice_reference as string) as invoice_reference,
    cast(line_number as integer) as line_number,
    cast(reason as string) as reason,
    cast(drug_group as string) as drug_group,
    cast(product as string) as product,
    cast(units as decimal(18, 2)) as units,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(reference_price as decimal(18, 4)) as reference_price,
    cast(charged_amount as decimal(18, 2)) as charged_amount,
    cast(challenged_amount as decimal(18, 2)) as challenged_amount,
    cast(counted_amount as decimal(18, 2)) as counted_amount,
    cast(charge_version as integer) as charge_version
from checks
