-- Fails on a result that is awaited or withheld and yet shows a figure or a verdict.
select *
from {{ ref('indicator_result') }}
where
    state <> 'ok'
    and (
        numerator is not null
        or denominator is not null
        or value is not null
        or band is not null
        or rag is not null
        or numbers_achieving is not null
    )
