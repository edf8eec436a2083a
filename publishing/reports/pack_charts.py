"""The drawing of the practice page: one practice among all, for the few indicators that matter most.

Belongs here: the seam between the rows of all practices, read once, and the strips. What a mark means is the release's.
"""

from functools import cache

from publishing.charts import strip
from publishing.reports.charting import absence, outlier_meaning
from publishing.reports.document import Chart, Shown
from publishing.reports.pack_data import PackData
from publishing.reports.writing import file_name


class Strips:
    """The strips of the practice page; what is the same for every practice is made once."""

    def __init__(self, data: PackData) -> None:
        self._data = data
        self._rows = [row for row in data.layout.practice.rows if row.indicator in data.layout.practice.strips]
        self._strip = cache(self._made)

    def chart(self, practice: str) -> Chart | None:
        """One practice among all; none where the release has no result of any of them."""
        shows = [made for row in self._rows if (made := self._shows(row.indicator, row.name, practice))]
        if not shows:
            return None
        title = f"{practice} among all practices of the commissioner"
        drawn = strip.strips(shows, ident=f"strips-{file_name(practice)}", title=title)
        return Chart(title, drawn.svg, drawn.alternative)

    def _shows(self, indicator: str, name: str, practice: str) -> strip.Shows | None:
        metric = self._data.metric(indicator, ("practice", practice))
        if metric is None:
            return None
        row = metric.current
        beside = self._data.comparison(row)
        return strip.Shows(
            self._strip(indicator, name),
            row["value"],
            beside["ci_lower"] if beside else None,
            beside["ci_upper"] if beside else None,
            outlier_meaning(row, metric.direction),
            absence(row),
        )

    def _made(self, indicator: str, name: str) -> strip.Strip:
        found = [self._data.metric(indicator, ("practice", code)) for code in self._data.practices]
        metrics = [one for one in found if one is not None]
        together = self._data.metric(indicator, self._data.commissioner)
        known = [one.current["value"] for one in metrics if one.current["value"] is not None]
        shared = {one.current["target"] for one in metrics}
        return strip.Strip(
            name,
            metrics[0].how if metrics else Shown(),
            tuple(sorted(known)),
            together.current["value"] if together else None,
            # Practices with targets of their own have no line in common.
            shared.pop() if len(shared) == 1 else None,
        )
