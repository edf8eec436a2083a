-- One row per version of a charge for high-cost drugs, line and rule that it breaks. Credits (nothing, or less, is
-- charged) break none.
with charges as (

    select * from {{ ref('stg_finance__high_cost_drug_charge') }}

),

rules as (

    select * from {{ ref('drug_commissioning_rule') }}

),

dated_rules as (

    select
        *,
        lead(valid_from) over (partition by drug_group order by valid_from) as valid_before
    from rules

),

-- lines of earlier months as they stand: the same line of the same invoice is no second supply
earlier_lines as (

    select
        entity_code,
        provider_code,
        invoice_reference,
        line_number,
        product,
        min(month) as first_month
    from charges
    where
        version_age = 1
        and charged_amount > 0
    group by entity_code, provider_code, invoice_reference, line_number, product

),

judged as (

    select
        charges.*,
        dated_rules.drug_group is not null as has_rule,
        dated_rules.responsible,
        dated_rules.needs_approval,
        case
            when charges.is_biosimilar then dated_rules.biosimilar_reference_price
            else dated_rules.originator_reference_price
        end as reference_price,
        coalesce(earlier_lines.first_month < charges.month, false) as is_of_earlier_month,
        row_number() over (
            partition by
                charges.entity_code, charges.financial_year, charges.ledger_period, charges.provider_code,
                charges.version_age, charges.approval_reference, charges.product, charges.units, charges.charged_amount
            order by charges.invoice_reference, charges.line_number
        ) as turn
    from charges
    left join dated_rules
        on
            charges.drug_group = dated_rules.drug_group
            and charges.month >= dated_rules.valid_from
            and (dated_rules.valid_before is null or charges.month < dated_rules.valid_before)
    left join earlier_lines
        on
            charges.entity_code = earlier_lines.entity_code
            and charges.provider_code = earlier_lines.provider_code
            and charges.invoice_reference = earlier_lines.invoice_reference
            and charges.line_number = earlier_lines.line_number
            and charges.product = earlier_lines.product
    where charges.charged_amount > 0

),

broken as (

    select
        *,
        'wrong_commissioner' as reason,
        1 as reason_rank,
        charged_amount as challenged_amount
    from judged
    where responsible = 'nhse'

    union all

    select
        *,
        'charged_twice' as reason,
        2 as reason_rank,
        charged_amount as challenged_amount
    from judged
    where
        is_of_earlier_month
        or (approval_reference is not null and turn > 1)

    union all

    select
        *,
        'no_approval' as reason,
        3 as reason_rank,
        charged_amount as challenged_amount
    from judged
    where
        needs_approval
        and responsible = 'ccg'
        and approval_reference is null

    union all

    select
        *,
        'price_above_reference' as reason,
        4 as reason_rank,
        -- where the charge is less than units times price, no more than all of it
        least(
            cast(round((unit_price - reference_price) * units, 2) as decimal(18, 2)), charged_amount
        ) as challenged_amount
    from judged
    where
        unit_price > reference_price
        and responsible = 'ccg'
        -- a fraction of a penny is not asked for
        and round((unit_price - reference_price) * units, 2) > 0

),

-- of several reasons the first takes the amount, so that no line is challenged for more than it charges
final as (

    select
        entity_code,
        financial_year,
        ledger_period,
        month,
        provider_code,
        charge_version,
        version_age,
        invoice_reference,
        line_number,
        reason,
        drug_group,
        product,
        units,
        unit_price,
        reference_price,
        charged_amount,
        cast(challenged_amount as decimal(18, 2)) as challenged_amount,
        cast(
            case
                when
                    row_number() over (
                        partition by
                            entity_code, financial_year, ledger_period, provider_code, version_age, invoice_reference,
                            line_number
                        order by reason_rank
                    ) = 1
                    then challenged_amount
                else 0
            end as decimal(18, 2)
        ) as counted_amount
    from broken

)

select * from final
