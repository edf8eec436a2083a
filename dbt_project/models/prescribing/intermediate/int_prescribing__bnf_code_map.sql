-- One row per replaced presentation code and span of months: today's code of what was dispensed under it then.
-- A change applies to the months before it came into force, an undated change to every month; changes chain. Codes
-- that are absent here are today's codes. A chain that does not end is a cycle: the code stays itself.
with recursive changes as (

    select * from {{ ref('stg_prescribing__bnf_code_changes') }}

),

-- between two dates of change the same changes apply, so a span stands for all its months
span_starts as (

    select make_date(1900, 1, 1) as valid_from
    union
    select effective_from as valid_from
    from changes
    where effective_from is not null

),

spans as (

    select
        valid_from,
        coalesce(lead(valid_from) over (order by valid_from), make_date(9999, 12, 31)) as valid_before
    from span_starts

),

applicable as (

    select
        spans.valid_from,
        changes.old_code,
        changes.new_code,
        dense_rank() over (
            partition by spans.valid_from, changes.old_code order by changes.effective_from asc nulls last
        ) as turn
    from spans
    inner join changes on coalesce(changes.effective_from, make_date(9999, 12, 31)) > spans.valid_from

),

-- two new codes for one code on one day: neither is guessed
edges as (

    select
        valid_from,
        old_code,
        min(new_code) as new_code
    from applicable
    where turn = 1
    group by valid_from, old_code
    having count(*) = 1

),

chains as (

    select
        valid_from,
        old_code as bnf_code,
        new_code as mapped_bnf_code,
        1 as steps
    from edges

    union all

    select
        chains.valid_from,
        chains.bnf_code,
        edges.new_code as mapped_bnf_code,
        chains.steps + 1 as steps
    from chains
    inner join edges
        on
            chains.valid_from = edges.valid_from
            and chains.mapped_bnf_code = edges.old_code
    -- longer than any real chain of recodes: what reaches it goes round in a circle
    where chains.steps < 50

),

ends as (

    select
        valid_from,
        bnf_code,
        mapped_bnf_code,
        steps,
        row_number() over (partition by valid_from, bnf_code order by steps desc) as from_the_end
    from chains

),

mapped as (

    select
        spans.valid_from,
        spans.valid_before,
        ends.bnf_code,
        case when ends.steps >= 50 then ends.bnf_code else ends.mapped_bnf_code end as mapped_bnf_code,
        ends.steps >= 50 as is_cycle
    from ends
    inner join spans on ends.valid_from = spans.valid_from
    where ends.from_the_end = 1

)

select * from mapped
