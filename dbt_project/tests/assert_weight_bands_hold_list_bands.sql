-- Fails on a five-year list band that does not lie within exactly one band of a weight set for a sex: its patients
-- would be left out, or counted twice.
with weights as (

    select
        *,
        coalesce(age_to, 999) as last_age
    from {{ ref('weight') }}

),

age_bands as (

    select
        *,
        coalesce(age_to, 999) as last_age
    from {{ ref('quin_age_band') }}

),

sets as (

    select distinct
        weight_set,
        sex
    from weights

),

held as (

    select
        sets.weight_set,
        sets.sex,
        age_bands.age_group_5,
        count(weights.weight) as weight_count
    from sets
    cross join age_bands
    left join weights
        on
            sets.weight_set = weights.weight_set
            and sets.sex = weights.sex
            and age_bands.age_from >= weights.age_from
            and age_bands.last_age <= weights.last_age
    group by sets.weight_set, sets.sex, age_bands.age_group_5

)

select * from held
where weight_count is distinct from 1
