"""The limits of a funnel worked out plainly from its benchmark: what `int_statistics__comparison` does in SQL.

No test is in here.
"""

import math

from publishing.charts.funnel import Limits


def of_proportion(
    benchmark: float, multiplier: float, alert_z: float, outlier_z: float, spread: float | None = None
) -> Limits:
    """Limits of a share, `multiplier` 100 for per cent."""
    error = math.sqrt(benchmark * max(multiplier - benchmark, 0))
    return Limits(benchmark, alert_z * error, outlier_z * error, spread or 1)


def of_rate(benchmark: float, multiplier: float, alert_z: float, outlier_z: float) -> Limits:
    """Limits of a rate per `multiplier` of the denominator."""
    error = math.sqrt(benchmark * multiplier)
    return Limits(benchmark, alert_z * error, outlier_z * error)
