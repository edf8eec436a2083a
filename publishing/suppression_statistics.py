"""Small patient counts in control charts, comparisons of practices and lists of outliers.

Belongs here: which of their published columns tell a count, and what is left of them. It is done after the results,
whose shown figures they repeat. A chart is twelve months of counts, and a published population turns each point back
into its count: of patients only the icon is shown, at every level. What all practices together have in common (the
spread) is a fingerprint of their exact counts; ranks beside a hidden practice leave its place. The benchmark is of the
practices open in all of the period: the figure of all less it is what the others had, so that where one of these is
hidden there is no benchmark and no limit.
"""

import duckdb

from publishing.tables import literal, update

CHARTS, COMPARISONS, OUTLIERS = "indicator_spc", "indicator_comparison", "practice_outlier"
_POINTS = ("value", "mean", "average_moving_range", "lower_limit", "upper_limit", "point_flags")
_OF_ALL = ("benchmark", "alert_lower", "alert_upper", "outlier_lower", "outlier_upper")
_OF_ONE = ("ci_lower", "ci_upper", "outlier")
_PLACES = ("place", "best_place", "worst_place")


def suppress_statistics(
    connection: duckdb.DuckDBPyConnection, definitions: str, main: str, costs: tuple[str, ...]
) -> int:
    """Hide what tells a count of patients; the results of the file `main` are hidden already.

    Args:
        definitions: schema of the seeds; table `patient_component` names what counts patients.
        costs: components of what patients cost.
    """
    connection.execute(f"""
        create or replace temp table patient_indicator as
        select distinct indicator_id, version, decimals
        from {definitions}.indicator_variant join {main}.indicator using (indicator_id, version)
        where numerator_component_id in (select component_id from patient_component)
            or coalesce(denominator_component_id in (select component_id from patient_component), false)
            or numerator_component_id in ({", ".join(map(literal, costs))})
    """)
    connection.execute(f"""
        create or replace temp table shown_practice as
        select indicator_id, version, org_code as practice_code, period_end, value, denominator, peer_group,
            is_hidden, max(is_hidden) over of_all as hides_places,
            max(is_hidden and not coalesce(is_whole, false)) over of_all as hides_limits,
            max(is_hidden) over peers as hides_peers, median(value) over peers as peer_median
        from (
            select results.*, compared.peer_group,
                months_open = date_diff('month', window_start, results.period_end) + 1 as is_whole,
                compared.practice_code is not null and results.value is null as is_hidden
            from {main}.indicator_result as results
            left join {main}.{COMPARISONS} as compared
                on compared.indicator_id = results.indicator_id and compared.version = results.version
                and compared.practice_code = results.org_code and compared.period_end = results.period_end
            where is_headline and org_view = 'as_at' and org_type = 'practice'
        )
        window of_all as (partition by indicator_id, version, period_end),
            peers as (partition by indicator_id, version, period_end, peer_group)
    """)
    known = "known.indicator_id = compared.indicator_id and known.version = compared.version"
    shown = (
        "shown.indicator_id = compared.indicator_id and shown.version = compared.version "
        "and shown.practice_code = compared.practice_code and shown.period_end = compared.period_end"
    )
    nothing = ", ".join(f"{column} = null" for column in _POINTS)
    changed = update(
        connection, f"update {main}.{CHARTS} as compared set {nothing} from patient_indicator as known where {known}"
    )
    rounded = ", ".join(
        f"{column} = case when not shown.hides_limits then round({column}, known.decimals) end" for column in _OF_ALL
    )
    of_one = ", ".join(f"{column} = case when not shown.is_hidden then compared.{column} end" for column in _OF_ONE)
    places = ", ".join(f"{column} = case when not shown.hides_places then compared.{column} end" for column in _PLACES)
    changed += update(
        connection,
        f"""
        update {main}.{COMPARISONS} as compared
        set {rounded}, {of_one}, {places}, spread = null, value = shown.value, denominator = shown.denominator,
            peer_median = case
                when compared.peer_median is not null and not shown.hides_peers then shown.peer_median
            end
        from shown_practice as shown, patient_indicator as known
        where {shown} and {known}
        """,
    )
    changed += update(
        connection,
        f"""
        delete from {main}.{OUTLIERS} as compared using shown_practice as shown, patient_indicator as known
        where {shown} and {known} and shown.is_hidden
        """,
    )
    connection.execute("drop table temp.patient_indicator")
    connection.execute("drop table temp.shown_practice")
    return changed
