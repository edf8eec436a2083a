"""Small patient counts in control charts, comparisons of practices and lists of outliers.

Belongs here: which of their published columns tell a count, and what is left of them. It is done after the results,
whose shown figures they repeat. A chart of a practice is twelve months of counts and tells each of them, so that of
patients only its icon is shown; limits and means of groups, made of many, are rounded as the figure is displayed.
"""

import duckdb

from publishing.tables import literal

CHARTS, COMPARISONS, OUTLIERS = "indicator_spc", "indicator_comparison", "practice_outlier"
_POINTS = ("value", "mean", "average_moving_range", "lower_limit", "upper_limit")
_OF_ALL = ("benchmark", "alert_lower", "alert_upper", "outlier_lower", "outlier_upper", "peer_median")
_OF_ONE = ("ci_lower", "ci_upper", "outlier", "place", "best_place", "worst_place")


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
        select indicator_id, version, org_code as practice_code, period_end, value, denominator
        from {main}.indicator_result
        where is_headline and org_view = 'as_at' and org_type = 'practice'
    """)
    known = "known.indicator_id = compared.indicator_id and known.version = compared.version"
    shown = (
        "shown.indicator_id = compared.indicator_id and shown.version = compared.version "
        "and shown.practice_code = compared.practice_code and shown.period_end = compared.period_end"
    )
    of_patients = f"from patient_indicator as known where {known}"
    rounded = ", ".join(f"{column} = round({column}, known.decimals)" for column in _POINTS)
    nothing = ", ".join(f"{column} = null" for column in (*_POINTS, "point_flags"))
    changed = _update(
        connection,
        f"update {main}.{CHARTS} as compared set {rounded} {of_patients} and org_type <> 'practice'",
    )
    changed += _update(
        connection,
        f"update {main}.{CHARTS} as compared set {nothing} {of_patients} and org_type = 'practice'",
    )
    figures = ", ".join(f"{column} = round({column}, known.decimals)" for column in _OF_ALL)
    changed += _update(connection, f"update {main}.{COMPARISONS} as compared set {figures} {of_patients}")
    of_one = ", ".join(f"{column} = case when shown.value is not null then compared.{column} end" for column in _OF_ONE)
    changed += _update(
        connection,
        f"""
        update {main}.{COMPARISONS} as compared
        set {of_one}, value = shown.value, denominator = shown.denominator
        from shown_practice as shown
        where {shown}
            and (compared.value is distinct from shown.value or compared.denominator is distinct from shown.denominator)
        """,
    )
    changed += _update(
        connection,
        f"""
        delete from {main}.{OUTLIERS} as compared using shown_practice as shown, patient_indicator as known
        where {shown} and {known} and shown.value is null
        """,
    )
    connection.execute("drop table temp.patient_indicator")
    connection.execute("drop table temp.shown_practice")
    return changed


def _update(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
