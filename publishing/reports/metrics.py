"""What a report says of an indicator: which of its results count for the period, and against what.

Belongs here: choosing rows of the release. A report of a period reads each indicator up to the month its feeds had
reached (`DataUpTo`), and shows that result as it stands: one that is awaited is awaited, never an older one instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, assert_never

from publishing.charts.meanings import Direction, direction_of
from publishing.reports.document import Shown, Trend, TrendMeaning
from publishing.reports.formats import shown
from publishing.reports.reader import Reader, Record

# What a control chart has to find for a trend to be called that.
_BEYOND_CHANCE: Mapping[str, TrendMeaning] = {
    "improvement": "improving",
    "concern": "worsening",
}


def month_end(month: date) -> date:
    """Last day of a month."""
    return months_after(month, 1) - timedelta(days=1)


def months_after(month: date, months: int) -> date:
    """First day of the month so many months after."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def year_start(month: date) -> date:
    """April of the financial year."""
    return date(month.year - (month.month < 4), 4, 1)


def year_name(month: date) -> str:
    """The financial year as the feeds print it: 2017/18."""
    start = year_start(month).year
    return f"{start}/{(start + 1) % 100:02d}"


@dataclass(frozen=True)
class DataUpTo:
    """How far the data of a report goes: its period, and of each group of feeds a month that may lie before."""

    period: date
    groups: Mapping[str, date]

    def of(self, group: str) -> date:
        """The month up to which an indicator of the group is read."""
        return min(self.groups.get(group, self.period), self.period)


def received_up_to(reader: Reader, period: date, lags: Mapping[str, tuple[str, ...]]) -> DataUpTo:
    """How far each group of feeds was received, up to the period; one that never came is read to the period."""
    groups = {}
    for group, datasets in lags.items():
        # A month counts where every feed of the group that the release knows has it.
        months = reader.column(
            """
            select month from feed_month
            where list_contains(?, dataset) and month <= ?
            group by month having bool_and(first_received_at is not null) order by month desc limit 1
            """,
            list(datasets),
            period,
        )
        if months:
            groups[group] = months[0]
    return DataUpTo(period, groups)


@dataclass(frozen=True)
class Metric:
    """An indicator in a report. Results are headline rows in the view `as_at`; absent ones were never due.

    Attributes:
        current: the result of the newest period that the data reaches.
        year_end: that of the end of the financial year before.
        before: that of the report before.
        targets: thresholds in force for the current result.
        bands: bands in force, best first.
    """

    definition: Record
    current: Record
    year_end: Record | None
    before: Record | None
    targets: tuple[Record, ...]
    bands: tuple[Record, ...]

    @property
    def direction(self) -> Direction:
        """Which way is good."""
        return direction_of(self.definition["direction"])

    @property
    def how(self) -> Shown:
        """How a value of it is written."""
        is_share = self.definition["unit"] == "%"
        return Shown(self.definition["decimals"], after="%" if is_share else "", is_trimmed=is_share)

    @property
    def trend(self) -> Trend | None:
        """Current against the report before, at the decimals shown; none where one of them is not known.

        Of a survey or a year that both reports show it is the release's own: against the survey before.
        """
        if self.before is not None and self.before["period_end"] == self.current["period_end"]:
            now = self.current
            return None if now["trend"] is None else Trend(now["trend"], now["trend_meaning"])
        return trend_of(self.definition, self.current, self.before)

    @property
    def is_whole(self) -> bool:
        """Whether the practice was open in all months of its figure; else it is of fewer, and grows as they fill."""
        return _is_whole(self.current)

    @property
    def judged_trend(self) -> Trend | None:
        """The same for those who act: good or bad only where the control chart finds more than chance.

        None of a practice that was open for a part: its figure moves because its months fill. The committee's paper
        prints its trends as it always did.
        """
        is_whole = self.is_whole and (self.before is None or _is_whole(self.before))
        trend = self.trend if is_whole else None
        found = _BEYOND_CHANCE.get(self.current["spc_variation"] or "")
        is_said = trend is None or trend.meaning in ("level", "neutral", found)
        return trend if trend is None or is_said else replace(trend, meaning=None)


def _is_whole(row: Record) -> bool:
    return row["months_open"] is None or bool(row["months_open"] >= window_months(row))


def window_months(row: Record) -> int:
    """How many months a result is of."""
    end, start = row["period_end"], row["window_start"]
    return int((end.year - start.year) * 12 + end.month - start.month + 1)


def trend_of(definition: Record, now: Record, before: Record | None) -> Trend | None:
    """Which way a value went between two results, as displayed."""
    if before is None or now["value"] is None or before["value"] is None:
        return None
    how = Shown(definition["decimals"])
    new, old = (float(shown(row["value"], how).replace(",", "")) for row in (now, before))
    if new == old:
        return Trend("level", "level")
    way: Literal["up", "down"] = "up" if new > old else "down"
    return Trend(way, _meaning(way, direction_of(definition["direction"])))


def _meaning(way: Literal["up", "down"], good: Direction) -> TrendMeaning:
    """What a move means; `int_indicators__comparison` has the same rule for figures of the release itself."""
    match good:
        case "up" | "down":
            return "improving" if way == good else "worsening"
        case "neutral":
            return "neutral"
        case _:
            assert_never(good)


class Metrics:
    """Metrics of one organisation for a report, found once each."""

    def __init__(self, reader: Reader, data: DataUpTo, before: DataUpTo, *, org_type: str, org_code: str) -> None:
        self._reader, self._data, self._before = reader, data, before
        self._org = (org_type, org_code)

    def metric(self, indicator: str, group: str) -> Metric | None:
        """An indicator; None where the release has no result of it in or before the period."""
        current = self.result(indicator, self._data.of(group))
        if current is None:
            return None
        (definition,) = self._reader.records(
            "indicator", "indicator_id = ? and version = ?", indicator, current["version"]
        )
        end = current["period_end"]
        return Metric(
            definition=definition,
            current=current,
            year_end=alike(current, self.exact(indicator, year_start(self._data.period) - timedelta(days=1))),
            before=alike(current, self.result(indicator, self._before.of(group))),
            targets=self._thresholds("target", current, end),
            bands=self._thresholds("band", current, end),
        )

    def result(self, indicator: str, month: date) -> Record | None:
        """The newest result whose period ends in a month or before."""
        return self._reader.newest(
            "indicator_result",
            "period_end",
            f"{_HEADLINE} and period_end <= ?",
            indicator,
            *self._org,
            month_end(month),
        )

    def exact(self, indicator: str, period_end: date) -> Record | None:
        """The result of exactly this period end."""
        return self._reader.newest(
            "indicator_result", "period_end", f"{_HEADLINE} and period_end = ?", indicator, *self._org, period_end
        )

    def _thresholds(self, kind: str, result: Record, end: date) -> tuple[Record, ...]:
        return tuple(
            self._reader.records(
                "indicator_threshold",
                "kind = ? and indicator_id = ? and version = ? and (org_type is null or org_type = ?) "
                "and (org_code is null or org_code = ?) "
                "and coalesce(valid_from, ?) <= ? and coalesce(valid_to, ?) >= ? "
                "and commissioner_code is not distinct from "
                "(select max(commissioner_code) from indicator_threshold where commissioner_code = ?)",
                *(kind, *(result[name] for name in ("indicator_id", "version", "org_type", "org_code"))),
                *(end, end, end, end, self._reader.commissioner),
                order="band_order, org_code is null, org_type is null",
            )
        )


def alike(current: Record, earlier: Record | None) -> Record | None:
    """An earlier result of the same definition: figures of two definitions are not compared."""
    return earlier if earlier is not None and earlier["version"] == current["version"] else None


_HEADLINE = "indicator_id = ? and org_type = ? and org_code = ? and is_headline and org_view = 'as_at'"
