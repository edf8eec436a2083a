-- One row per activity dataset, provider, specialty (empty: all), month, rule and measure: what is in force, judged.
with judged as (

    select * from {{ ref('int_sus__quality_judged') }}
    where vintage_id is null

),

-- a volume is told as a share of the usual one: a small count would be a patient's
worded as (

    select
        dataset,
        provider_code,
        treatment_function_code,
        month,
        rule,
        measure,
        seen,
        expected,
        is_failing,
        severity,
        case
            when measure = 'volume' and expected = 0 then 'volume where there usually is none'
            when measure = 'volume'
                then
                    concat(
                        -- to the nearest ten: seen must not be worked out from expected
                        'volume at about ',
                        cast(cast(round(10 * seen / nullif(expected, 0)) * 10 as integer) as string),
                        '% of its usual'
                    )
            when measure = 'episodes_per_spell'
                then
                    concat(
                        cast(round(seen, 2) as string), ' episodes per spell against ',
                        cast(round(expected, 2) as string)
                    )
            else
                concat(
                    cast(round(100 * seen, 1) as string), '% ',
                    case measure
                        when 'unknown_practice' then 'without a known practice'
                        when 'practices_disagree' then 'with another practice in the national register (PDS)'
                        when 'untraced' then 'with an untraced NHS number'
                        when 'ungrouped' then 'with a U code as HRG'
                        when 'duplicated' then 'repeat another row'
                        when 'unread_visits'
                            then 'of the other emergency feed on days or of departments without any in this one'
                        when 'undiagnosed' then 'of episodes without a primary diagnosis'
                    end,
                    ' against ', cast(round(100 * expected, 1) as string), '%'
                )
        end as wording,
        other_specialty
    from judged

),

final as (

    select
        dataset,
        provider_code,
        treatment_function_code,
        month,
        rule,
        measure,
        seen,
        expected,
        is_failing,
        severity,
        concat(
            wording,
            case
                when other_specialty is not null then concat(', specialty ', other_specialty, ' gained as much')
                else ''
            end
        ) as detail
    from worded

)

select * from final
