-- Fails where a figure of a narrative is held against another column than the one it speaks of: a forecast variance of
-- 0.24m is not the variance to date.
with checks as (

    select * from {{ ref('paper_check') }}

),

operands as (

    select * from {{ ref('paper_operand') }}

)

select
    checks.check_id,
    narratives.figure as narrative_figure,
    operands.figure as table_figure
from checks
inner join operands as narratives
    on
        checks.check_id = narratives.check_id
        and narratives.role = 'printed'
left join operands
    on
        checks.check_id = operands.check_id
        and operands.role = 'term'
where
    checks.kind = 'text_vs_table'
    and narratives.figure is distinct from operands.figure
