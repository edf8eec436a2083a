-- One row per feed of counts, organisation, month, what is counted and which count of it. What a register says stands
-- until the next one, in the months that the ledger says.
{% set feeds = [
    'int_quality__gp_search_count',
    'int_quality__qof_prevalence_count',
    'int_quality__qof_achievement_count',
    'int_experience__gp_patient_survey_count',
    'int_experience__friends_and_family_count',
    'int_experience__gp_appointments_count',
    'int_experience__access_count',
    'int_experience__cqc_rating_count',
    'int_experience__ers_referrals_count',
    'int_contract__practice_contract_count',
    'int_indicators__event_count',
    'int_performance__published_indicator_count',
    'int_performance__rtt_waiting_list_count',
    'int_performance__diagnostic_waits_count',
    'int_performance__cancer_waits_count',
    'int_performance__iapt_count',
] %}
with snapshot_months as (

    select * from {{ ref('stg_ledger__snapshot_month') }}

),

standing_feeds as (

    select * from {{ ref('counted_feed') }}
    where not has_own_months

),

counts as (

    {% for feed in feeds %}
        select
            dataset,
            org_code,
            month,
            code,
            measure,
            value
        from {{ ref(feed) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

served as (

    select
        counts.dataset,
        counts.org_code,
        coalesce(snapshot_months.month, counts.month) as month,
        counts.code,
        counts.measure,
        counts.value
    from counts
    left join standing_feeds on counts.dataset = standing_feeds.dataset
    left join snapshot_months
        on
            standing_feeds.dataset = snapshot_months.dataset
            and counts.month = snapshot_months.snapshot_month

)

select * from served
