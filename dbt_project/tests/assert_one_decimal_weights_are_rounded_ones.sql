-- Fails where a weight of a _1dp set is not the exact weight rounded to one decimal.
with weights as (

    select * from {{ ref('weight') }}

),

rounded as (

    select
        *,
        concat(weight_set, '_1dp') as rounded_set
    from weights
    where weight_set not like '%_1dp'

),

one_decimal as (

    select * from weights
    where weight_set like '%_1dp'

)

select
    one_decimal.*,
    rounded.weight as exact_weight
from one_decimal
left join rounded
    on
        one_decimal.weight_set = rounded.rounded_set
        and one_decimal.sex = rounded.sex
        and one_decimal.age_from = rounded.age_from
where one_decimal.weight is distinct from round(rounded.weight, 1)
