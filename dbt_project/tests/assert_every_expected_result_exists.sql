-- Fails where an expected practice has not exactly one result per variant and result month: a practice that a feed
-- leaves out must show as awaiting, never vanish. Of what covers our own practices alone others have none.
with expected_orgs as (

    select * from {{ ref('int_practice__expected_org') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

own_practices as (

    select * from {{ ref('int_practice__membership') }}
    where org_type = 'commissioner'

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}
    where org_level = 'practice' and not is_observation

),

result_months as (

    select * from {{ ref('int_indicators__result_month') }}

),

results as (

    select * from {{ ref('indicator_result') }}

),

variant_count as (

    select
        result_months.month,
        count(*) as variants,
        count(case when not definitions.covers_own_only then 1 end) as variants_of_others
    from definitions
    inner join result_months
        on
            definitions.indicator_id = result_months.indicator_id
            and definitions.version = result_months.version
    group by result_months.month

),

expected as (

    select
        expected_orgs.org_view,
        expected_orgs.practice_code as org_code,
        calendar.period_end,
        case
            when own_practices.practice_code is null then variant_count.variants_of_others
            else variant_count.variants
        end as variants
    from expected_orgs
    inner join calendar on expected_orgs.month = calendar.month
    inner join variant_count on expected_orgs.month = variant_count.month
    left join own_practices
        on
            expected_orgs.org_view = own_practices.org_view
            and expected_orgs.month = own_practices.month
            and expected_orgs.practice_code = own_practices.practice_code

),

present as (

    select
        org_view,
        org_code,
        period_end,
        count(*) as variants
    from results
    where org_type = 'practice'
    group by org_view, org_code, period_end

)

select
    coalesce(expected.org_code, present.org_code) as org_code,
    coalesce(expected.period_end, present.period_end) as period_end,
    expected.variants as expected_variants,
    present.variants as present_variants
from expected
full outer join present
    on
        expected.org_view = present.org_view
        and expected.org_code = present.org_code
        and expected.period_end = present.period_end
where expected.variants is distinct from present.variants
