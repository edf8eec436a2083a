"""What the packs read of a release: each table once for all pages, so that a page costs no query.

Belongs here: which rows count for a period. Like the committee report, a pack reads each indicator up to the month its
feeds had reached; every organisation is shown at the same period end, so that the figures of a row can be compared.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

from publishing.reports.charting import IndicatorCharts
from publishing.reports.committee import data_of, data_statement, report_before
from publishing.reports.document import Figure, Shown, Source
from publishing.reports.formats import figure, key_text
from publishing.reports.layout import committee_layout
from publishing.reports.metrics import DataUpTo, Metric, alike, month_end
from publishing.reports.pack_layout import PackLayout, pack_layout
from publishing.reports.reader import Reader, Record
from publishing.reports.texts import Texts

Org = tuple[str, str]
_HEADLINE = """
    is_headline and org_view = 'as_at' and (indicator_id, period_end) in (
        select found.indicator_id, max(found.period_end)
        from indicator_result as found
        inner join (select unnest(?) as indicator_id, unnest(?) as up_to) as wanted
            on found.indicator_id = wanted.indicator_id and found.period_end <= wanted.up_to
        where found.is_headline and found.org_view = 'as_at'
        group by found.indicator_id
    )
"""


class PackData:
    """The rows of one release for packs of the period of `texts`."""

    def __init__(self, reader: Reader, texts: Texts) -> None:
        self.reader, self.texts, self.period = reader, texts, texts.period
        self.layout: PackLayout = pack_layout()
        self.data, self._before, _ = data_of(reader, committee_layout(), texts)
        self.before_words = report_before(self._before)
        versions = reader.records("indicator", order="indicator_id, valid_from, version")
        self.versions: Mapping[str, Sequence[Record]] = _by(versions, "indicator_id")
        self._definitions = {(row["indicator_id"], row["version"]): row for row in versions}
        self.results = self._results(self.data)
        self._earlier = self._results(self._before)

    @property
    def statement(self) -> str:
        """Up to when the data goes."""
        return data_statement(self.data)

    def is_newest(self, metric: Metric) -> bool:
        """Whether a metric is of the month that the statement gives for its feeds."""
        group = self._group(metric.definition["indicator_id"])
        return bool(metric.current["period_end"] == month_end(self.data.of(group)))

    @property
    def before_period(self) -> date:
        """Period of the report that trends are against."""
        return self._before.period

    @property
    def commissioner(self) -> Org:
        """The commissioner of the release."""
        return ("commissioner", self.reader.commissioner)

    def metric(self, indicator: str, org: Org) -> Metric | None:
        """An indicator of an organisation; None where the release has no result of it at this period end."""
        current = self.results.get((indicator, *org))
        if current is None:
            return None
        definition = self._definitions[indicator, current["version"]]
        return Metric(
            definition=definition,
            current=current,
            year_end=None,
            before=alike(current, self._earlier.get((indicator, *org))),
            targets=self._thresholds("target", current),
            bands=self._thresholds("band", current),
        )

    def alone(self, result: Record) -> Metric:
        """Any result by itself, without what it is compared with."""
        definition = self._definitions[result["indicator_id"], result["version"]]
        return Metric(definition, result, year_end=None, before=None, targets=(), bands=())

    def last_known(self, result: Record) -> Record | None:
        """The result that the release compares one with: the last known before; None where the release lacks it."""
        found = self._last_known.get(tuple(result[name] for name in _SERIES))
        same = found is not None and found["value"] == result["previous_value"]
        return found if same else None

    def definition(self, indicator: str) -> Record | None:
        """The version that is shown: the one of the newest result, else the newest."""
        for org, row in self.results.items():
            if org[0] == indicator:
                return self._definitions[indicator, row["version"]]
        found = self.versions.get(indicator)
        return found[-1] if found else None

    def comparison(self, result: Record) -> Record | None:
        """A practice's result beside those of the others; None where it has none."""
        return self._comparisons.get(tuple(result[name] for name in ("indicator_id", "version", "org_code")))

    def like(self, comparison: Record) -> Figure:
        """How many practices its group of peers has at the same indicator, itself among them.

        The figure names none of them: they may be another commissioner's.
        """
        alike = [row for row in self._comparisons.values() if all(row[name] == comparison[name] for name in _GROUP)]
        key = key_text({name: comparison[name] for name in _GROUP})
        return figure(len(alike), Shown(), Source(comparison.table, key, "*"), operation="count")

    def outliers_of(self, practice: str) -> Sequence[Record]:
        """Why a practice is an outlier, by indicator, at the period ends that are shown."""
        return self._outliers.get(practice, ())

    def outliers_in(self, indicator: str) -> Sequence[Record]:
        """Which practices of the commissioner are outliers in an indicator."""
        return [row for row in self._outliers_in.get(indicator, ()) if row["practice_code"] in self.practices]

    def practices_in(self, neighbourhood: str) -> Sequence[Record]:
        """Practices of a neighbourhood."""
        return [row for row in self.practices.values() if row["neighbourhood"] == neighbourhood]

    def name(self, kind: str, code: str | None) -> str:
        """Newest name of an organisation, its code where it has none."""
        return "none" if code is None else self._names.get((kind, code)) or code

    @cached_property
    def practices(self) -> Mapping[str, Record]:
        """Practices of the commissioner with a list in the period, by code: their row of that month."""
        rows = self.reader.records(
            "practice_month",
            "has_list and commissioner_code = ? and month = "
            "(select max(month) from practice_month where has_list and commissioner_code = ? and month <= ?)",
            *(self.reader.commissioner, self.reader.commissioner, self.period),
            order="practice_code",
        )
        return {row["practice_code"]: row for row in rows}

    @property
    def neighbourhoods(self) -> Sequence[str]:
        """Neighbourhoods that have practices."""
        return sorted({row["neighbourhood"] for row in self.practices.values() if row["neighbourhood"]})

    @cached_property
    def contracts(self) -> Mapping[str, Record]:
        """Contracts of practices by the newest register up to the period; empty where none was received."""
        rows = self.reader.records(
            "practice_contract",
            "month = (select max(month) from practice_contract where month <= ?)",
            self.period,
            order="practice_code",
        )
        return {row["practice_code"]: row for row in rows}

    @cached_property
    def ratings(self) -> Mapping[str, Record]:
        """The newest CQC rating of each practice published up to the end of the period."""
        rows = self.reader.records(
            "cqc_inspection", "publication_date <= ?", month_end(self.period), order="publication_date"
        )
        return {row["practice_code"]: row for row in rows}

    def received(self, dataset: str) -> Collection[date]:
        """Months of a feed that came, whenever they did; none where it never came."""
        return self._received.get(dataset, ())

    def is_judged(self, practice: str) -> bool:
        """Whether a figure of the practice is shown: what has none is judged by no rule."""
        return practice in self._judged

    @cached_property
    def queries(self) -> Mapping[str, Sequence[Record]]:
        """Open questions about the data of practices, of months up to the period."""
        rows = self.reader.records(
            "data_quality_query",
            "is_open and practice_code is not null and (month is null or month <= ?)",
            self.period,
            order="feed, issue, month, query_id",
        )
        return _by(rows, "practice_code")

    @cached_property
    def control_charts(self) -> Mapping[str, Record]:
        """The commissioner's control chart of the month that is shown, by indicator."""
        rows = self.reader.records(
            "indicator_spc", f"org_type = ? and org_code = ? and {_AT_ENDS}", *self.commissioner, *self._ends
        )
        return {row["indicator_id"]: row for row in rows}

    def charts(self, metric: Metric) -> IndicatorCharts:
        """The drawings that the committee report has too; each asks the release."""
        return IndicatorCharts(self.reader, metric, self._called)

    def thresholds(self, indicator: str) -> Sequence[Record]:
        """All thresholds of an indicator, of every version."""
        return self._all_thresholds.get(indicator, ())

    def _group(self, indicator: str) -> str:
        return self.layout.group_of(indicator, self.versions[indicator][-1]["source_feeds"])

    def _results(self, data: DataUpTo) -> Mapping[tuple[str, str, str], Record]:
        ends = {indicator: month_end(data.of(self._group(indicator))) for indicator in self.versions}
        rows = self.reader.records("indicator_result", _HEADLINE, list(ends), list(ends.values()))
        return {(row["indicator_id"], row["org_type"], row["org_code"]): row for row in rows}

    def _thresholds(self, kind: str, result: Record) -> tuple[Record, ...]:
        end = result["period_end"]
        return tuple(
            row
            for row in self.thresholds(result["indicator_id"])
            if row["kind"] == kind
            and row["version"] == result["version"]
            and row["org_type"] in (None, result["org_type"])
            and row["org_code"] in (None, result["org_code"])
            and (row["valid_from"] or end) <= end <= (row["valid_to"] or end)
        )

    @cached_property
    def _all_thresholds(self) -> Mapping[str, Sequence[Record]]:
        # A commissioner that sent a set of its own has that; the others have the set of all.
        rows = self.reader.records(
            "indicator_threshold",
            "commissioner_code is not distinct from "
            "(select max(commissioner_code) from indicator_threshold where commissioner_code = ?)",
            self.reader.commissioner,
            order="indicator_id, kind, band_order, org_code is null, org_type is null, valid_from",
        )
        return _by(rows, "indicator_id")

    @cached_property
    def _ends(self) -> tuple[list[str], list[date]]:
        """Period ends of practices that are shown."""
        found = {row["indicator_id"]: row["period_end"] for row in self.results.values()}
        return list(found), list(found.values())

    @cached_property
    def _last_known(self) -> Mapping[tuple[object, ...], Record]:
        rows = self.reader.records(
            "indicator_result",
            f"""
            is_headline and org_view = 'as_at' and ({", ".join(_SERIES)}, period_end) in (
                select {", ".join(f"found.{name}" for name in _SERIES)}, max(found.period_end)
                from indicator_result as found
                inner join (select unnest(?) as indicator_id, unnest(?) as shown_end) as wanted
                    on found.indicator_id = wanted.indicator_id and found.period_end < wanted.shown_end
                where found.is_headline and found.org_view = 'as_at' and found.state = 'ok'
                group by all
            )
            """,
            *self._ends,
        )
        return {tuple(row[name] for name in _SERIES): row for row in rows}

    @cached_property
    def _comparisons(self) -> Mapping[tuple[object, ...], Record]:
        rows = self.reader.records("indicator_comparison", _AT_ENDS, *self._ends)
        return {(row["indicator_id"], row["version"], row["practice_code"]): row for row in rows}

    @cached_property
    def _received(self) -> Mapping[str, Collection[date]]:
        rows = self.reader.records("feed_month", "first_received_at is not null")
        return {dataset: {row["month"] for row in months} for dataset, months in _by(rows, "dataset").items()}

    @cached_property
    def _judged(self) -> Collection[str]:
        return {
            row["org_code"]
            for row in self.results.values()
            if row["org_type"] == "practice" and row["state"] == "ok" and row["value"] is not None
        }

    @cached_property
    def _outlier_rows(self) -> Sequence[Record]:
        return self.reader.records(
            "practice_outlier", _AT_ENDS, *self._ends, order="practice_code, rule, indicator_id, version"
        )

    @cached_property
    def _outliers(self) -> Mapping[str, Sequence[Record]]:
        return _by(self._outlier_rows, "practice_code")

    @cached_property
    def _outliers_in(self) -> Mapping[str, Sequence[Record]]:
        return _by(self._outlier_rows, "indicator_id")

    @cached_property
    def _called(self) -> Mapping[str, str]:
        return {code: name or code for (_, code), name in self._names.items()}

    @cached_property
    def _names(self) -> Mapping[Org, str | None]:
        rows = self.reader.records("organisation", order="org_type, org_code, valid_from")
        return {(row["org_type"], row["org_code"]): row["name"] for row in rows}


_SERIES = ("indicator_id", "version", "variant", "org_type", "org_code")
_GROUP = ("indicator_id", "version", "period_end", "peer_group")
_AT_ENDS = "(indicator_id, period_end) in (select unnest(?), unnest(?))"


def _by(rows: Iterable[Record], column: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return dict(found)
