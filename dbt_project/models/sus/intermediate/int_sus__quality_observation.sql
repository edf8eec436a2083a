-- One row per vintage (null: what is in force), activity dataset, provider, specialty (empty: all), month and measure
-- that the quality rules compare: a count, or `bad` rows of those `judged`.
with profiles as (

    select * from {{ ref('int_sus__quality_profile') }}

),

vintages as (

    select * from {{ ref('stg_sus__profile') }}

),

scopes as (

    select * from {{ ref('stg_sus__scope') }}

),

emergency_feeds as (

    select * from {{ ref('int_sus__emergency_feed') }}

),

attributions as (

    select * from {{ ref('int_sus__attribution') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

smallest as (

    select min(minimum_count) as minimum_count
    from rules
    where issue like 'sus_%'

),

vintage_profiles as (

    select
        submission_id as vintage_id,
        dataset as feed,
        provider_code,
        coalesce(nullif(treatment_function_code, ''), 'none') as treatment_function_code,
        month,
        sum(case when measure = 'rows' then value else 0 end) as row_count,
        sum(case when measure = 'counted' then value else 0 end) as counted,
        sum(case when measure = 'practice_known' then value else 0 end) as practice_known,
        -- null in what was landed before it was counted
        sum(case when measure = 'practice_known_by_pds' then value end) as practice_known_by_pds,
        sum(case when measure = 'both_practices_known' then value else 0 end) as both_practices_known,
        sum(case when measure = 'practices_agree' then value else 0 end) as practices_agree,
        sum(case when measure = 'traced' then value else 0 end) as traced,
        sum(case when measure = 'ungrouped' then value else 0 end) as ungrouped,
        sum(case when measure = 'first_episode' then value else 0 end) as first_episode,
        sum(case when measure = 'diagnosis_coded' then value else 0 end) as diagnosis_coded,
        cast(null as bigint) as duplicated
    from vintages
    group by submission_id, dataset, provider_code, coalesce(nullif(treatment_function_code, ''), 'none'), month

),

both_profiles as (

    select
        cast(null as string) as vintage_id,
        feed,
        provider_code,
        treatment_function_code,
        month,
        row_count,
        counted,
        practice_known,
        practice_known_by_pds,
        both_practices_known,
        practices_agree,
        traced,
        ungrouped,
        first_episode,
        diagnosis_coded,
        duplicated
    from profiles

    union all

    select * from vintage_profiles

),

-- the practice that is judged is the one by which the month is attributed
all_profiles as (

    select
        both_profiles.vintage_id,
        both_profiles.feed,
        both_profiles.provider_code,
        both_profiles.treatment_function_code,
        both_profiles.month,
        both_profiles.row_count,
        both_profiles.counted,
        case
            when attributions.attribution = 'pds'
                then coalesce(both_profiles.practice_known_by_pds, both_profiles.practice_known)
            else both_profiles.practice_known
        end as practice_known,
        both_profiles.both_practices_known,
        both_profiles.practices_agree,
        both_profiles.traced,
        both_profiles.ungrouped,
        both_profiles.first_episode,
        both_profiles.diagnosis_coded,
        both_profiles.duplicated
    from both_profiles
    left join attributions on both_profiles.month = attributions.month

),

-- a specialty that never reaches the smallest count of any rule can never be judged by itself
material_specialties as (

    select
        feed,
        provider_code,
        treatment_function_code
    from all_profiles
    group by feed, provider_code, treatment_function_code
    having max(row_count) >= (select smallest.minimum_count from smallest)

),

scoped as (

    select distinct
        cast(null as string) as vintage_id,
        dataset as feed,
        provider_code,
        month
    from scopes
    where is_in_force

    union

    select
        submission_id as vintage_id,
        dataset as feed,
        provider_code,
        month
    from scopes
    where protocol = 'bulk'

),

-- of the two emergency feeds the one that is read; where neither has a record, one stands for both
ranked_scopes as (

    select
        scoped.vintage_id,
        scoped.feed,
        scoped.provider_code,
        scoped.month,
        emergency_feeds.feed as emergency_feed,
        row_number() over (
            partition by
                scoped.vintage_id, scoped.provider_code, scoped.month,
                case when scoped.feed in ('sus_aea', 'sus_ec') then 'emergency' else scoped.feed end
            order by case when scoped.feed = concat('sus_', emergency_feeds.feed) then 0 else 1 end, scoped.feed
        ) as turn
    from scoped
    left join emergency_feeds
        on
            scoped.provider_code = emergency_feeds.provider_code
            and scoped.month = emergency_feeds.month

),

relevant as (

    select
        vintage_id,
        feed,
        provider_code,
        month
    from ranked_scopes
    where
        turn = 1
        and (
            feed not in ('sus_aea', 'sus_ec')
            or emergency_feed is null
            or feed = concat('sus_', emergency_feed)
        )

),

-- a specialty that a provider submits in other months and not in this one has none, observed
specialty_grid as (

    select
        relevant.vintage_id,
        relevant.feed,
        relevant.provider_code,
        material_specialties.treatment_function_code,
        relevant.month
    from relevant
    inner join material_specialties
        on
            relevant.feed = material_specialties.feed
            and relevant.provider_code = material_specialties.provider_code
    where relevant.feed not in ('sus_aea', 'sus_ec')

),

specialty_counts as (

    select
        specialty_grid.vintage_id,
        specialty_grid.feed,
        specialty_grid.provider_code,
        specialty_grid.treatment_function_code,
        specialty_grid.month,
        coalesce(all_profiles.row_count, 0) as row_count,
        coalesce(all_profiles.counted, 0) as counted,
        coalesce(all_profiles.practice_known, 0) as practice_known,
        coalesce(all_profiles.both_practices_known, 0) as both_practices_known,
        coalesce(all_profiles.practices_agree, 0) as practices_agree,
        coalesce(all_profiles.traced, 0) as traced,
        coalesce(all_profiles.ungrouped, 0) as ungrouped,
        coalesce(all_profiles.first_episode, 0) as first_episode,
        coalesce(all_profiles.diagnosis_coded, 0) as diagnosis_coded,
        all_profiles.duplicated
    from specialty_grid
    left join all_profiles
        on
            specialty_grid.vintage_id is not distinct from all_profiles.vintage_id
            and specialty_grid.feed = all_profiles.feed
            and specialty_grid.provider_code = all_profiles.provider_code
            and specialty_grid.treatment_function_code = all_profiles.treatment_function_code
            and specialty_grid.month = all_profiles.month

),

provider_counts as (

    select
        relevant.vintage_id,
        relevant.feed,
        relevant.provider_code,
        '' as treatment_function_code,
        relevant.month,
        coalesce(sum(all_profiles.row_count), 0) as row_count,
        coalesce(sum(all_profiles.counted), 0) as counted,
        coalesce(sum(all_profiles.practice_known), 0) as practice_known,
        coalesce(sum(all_profiles.both_practices_known), 0) as both_practices_known,
        coalesce(sum(all_profiles.practices_agree), 0) as practices_agree,
        coalesce(sum(all_profiles.traced), 0) as traced,
        coalesce(sum(all_profiles.ungrouped), 0) as ungrouped,
        coalesce(sum(all_profiles.first_episode), 0) as first_episode,
        coalesce(sum(all_profiles.diagnosis_coded), 0) as diagnosis_coded,
        sum(all_profiles.duplicated) as duplicated
    from relevant
    left join all_profiles
        on
            relevant.vintage_id is not distinct from all_profiles.vintage_id
            and relevant.feed = all_profiles.feed
            and relevant.provider_code = all_profiles.provider_code
            and relevant.month = all_profiles.month
    group by relevant.vintage_id, relevant.feed, relevant.provider_code, relevant.month

),

all_counts as (

    select * from specialty_counts
    union all
    select * from provider_counts

),

measured as (

    select
        *,
        'volume' as measure,
        counted as bad,
        cast(null as bigint) as judged
    from all_counts
    where feed <> 'sus_apce'

    union all

    select
        *,
        'unknown_practice' as measure,
        row_count - practice_known as bad,
        row_count as judged
    from all_counts
    where feed <> 'sus_apce'

    union all

    select
        *,
        'practices_disagree' as measure,
        both_practices_known - practices_agree as bad,
        both_practices_known as judged
    from all_counts
    where feed <> 'sus_apce'

    union all

    select
        *,
        'untraced' as measure,
        row_count - traced as bad,
        row_count as judged
    from all_counts
    where feed <> 'sus_apce'

    union all

    select
        *,
        'ungrouped' as measure,
        ungrouped as bad,
        row_count as judged
    from all_counts
    where feed <> 'sus_apce'

    union all

    select
        *,
        'duplicated' as measure,
        duplicated as bad,
        row_count as judged
    from all_counts
    where
        duplicated is not null
        and feed <> 'sus_apce'

    union all

    -- of what is in force alone: a vintage is of one feed
    select
        all_counts.*,
        'unread_visits' as measure,
        emergency_feeds.unread_rows_apart as bad,
        emergency_feeds.unread_rows as judged
    from all_counts
    inner join emergency_feeds
        on
            all_counts.provider_code = emergency_feeds.provider_code
            and all_counts.month = emergency_feeds.month
            and all_counts.feed = concat('sus_', emergency_feeds.feed)
    where
        all_counts.vintage_id is null
        and all_counts.treatment_function_code = ''
        and emergency_feeds.unread_rows > 0

    union all

    select
        *,
        'undiagnosed' as measure,
        row_count - diagnosis_coded as bad,
        row_count as judged
    from all_counts
    where feed = 'sus_apce'

    union all

    select
        *,
        'episodes_per_spell' as measure,
        row_count as bad,
        first_episode as judged
    from all_counts
    where feed = 'sus_apce'

),

final as (

    select
        vintage_id,
        {{ activity_dataset('feed') }} as dataset,
        feed,
        provider_code,
        treatment_function_code,
        month,
        measure,
        cast(bad as bigint) as bad,
        cast(judged as bigint) as judged,
        case
            when measure = 'volume' then cast(bad as double)
            else cast(bad as double) / nullif(cast(judged as double), 0)
        end as seen
    from measured

)

select * from final
