"""Where pages of the site lie, and to which of them a figure leads.

Belongs here: addresses. A path is relative to the folder of the site and has no ending; a link is made of two paths.
Which periods of an indicator are shown is noted as figures are led: their pages of origin have these and no others.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from posixpath import dirname, join, normpath, relpath

from publishing.reports.document import Figure, Source
from publishing.reports.reader import Record
from publishing.reports.writing import file_name

INDEX, LETTERS, CHANGES, QUALITY, SAVINGS, MEDICINES, ACCESS, LINEAGE = (
    *("index", "a-z", "changes", "data-quality", "savings", "medicines", "access", "lineage/index"),
)
# First parts of the paths of pages that are of the whole release: several commissioners share them.
SHARED = frozenset({QUALITY, "feeds", "submissions", "gates"})
# Columns that say of which period a row is, in the tables of indicators.
PERIODS = ("period_end", "month")
# Figures of an earlier period in a row of a later one: the row does not say of which.
OF_EARLIER = ("previous_value", "baseline_value")
OF_FEEDS = ("feed_month", "feed_freshness", "data_quality_rate")
OF_GATES = ("gate_check", "gate_history", "gate_result")
# Submissions on one page: about 2.5 kB each, and a page stays under 300 kB.
MOST_SUBMISSIONS = 60
# Feed and id of a submission -> its page, and the heading on it.
Filed = Mapping[tuple[str, str], tuple[str, str]]


def href(here: str, there: str, anchor: str = "") -> str:
    """The link from one page to another."""
    path = relpath(f"{there}.html", here.rpartition("/")[0] or ".")
    return f"{path}#{anchor}" if anchor else path


def led(here: str, link: str) -> str:
    """A link of a page of one of several commissioners: what all share lies one folder above theirs.

    Everything else makes links as if there were one site alone, so that this is the one place that knows.
    """
    target = link.partition("#")[0].removesuffix(".html")
    is_page = link.partition("#")[0].endswith(".html") and ":" not in link
    there = normpath(join(dirname(here), target))
    return f"../{link}" if is_page and there.partition("/")[0] in SHARED else link


def indicator(indicator_id: str) -> str:
    """The page that defines an indicator."""
    return f"indicators/{file_name(indicator_id)}"


def practice(code: str) -> str:
    """The page of a practice."""
    return f"practice/{file_name(code)}"


def neighbourhood(code: str) -> str:
    """The page of a neighbourhood."""
    return f"neighbourhood/{file_name(code)}"


def scheme(scheme_id: str) -> str:
    """The page of a savings scheme."""
    return f"scheme/{file_name(scheme_id)}"


def feed(dataset: str) -> str:
    """The page of a feed."""
    return f"feeds/{file_name(dataset)}"


def filed(submissions: Mapping[str, Sequence[Record]]) -> Filed:
    """Where each submission stands: on a page of its feed and the year of its first month.

    A page of its own for each would be nine times as heavy; of a feed with very many a year has several pages.

    Args:
        submissions: by feed, the oldest month first.
    """
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for dataset, rows in submissions.items():
        years: dict[str, int] = defaultdict(int)
        for row in rows:
            if (dataset, row["submission_id"]) in found:
                continue
            year = f"{row['period']:%Y}"
            part, years[year] = years[year] // MOST_SUBMISSIONS + 1, years[year] + 1
            page = f"submissions/{file_name(dataset)}/{year}" + (f"-{part}" if part > 1 else "")
            found[dataset, row["submission_id"]] = page, f"file-{file_name(row['submission_id'])}"
    return found


def gate(suite: str) -> str:
    """The page of the checks on a feed or table."""
    return f"gates/{file_name(suite)}"


def origin_of_indicator(indicator_id: str) -> str:
    """Where the figures of an indicator come from."""
    return f"lineage/{file_name(indicator_id)}"


def origin_of_table(table: str) -> str:
    """Where the figures of a table come from that is not of indicators."""
    return f"lineage/table-{file_name(table)}"


class Origin:
    """Leads figures to the pages of their origin, and notes which of these are needed.

    Args:
        feeds: those that have a page.
        filed: where each submission stands.

    Attributes:
        periods: months (`2017-06`) by indicator that figures were led to.
        tables: tables that figures were led to.
    """

    def __init__(self, feeds: Collection[str], filed: Filed) -> None:
        self._feeds, self._filed = feeds, filed
        self.periods: dict[str, set[str]] = defaultdict(set)
        self.tables: set[str] = set()

    def of(self, here: str, figure: Figure) -> str:
        """The link of a figure on a page; none where it stands on the page of its origin."""
        there, anchor = self._place(figure.sources[0])
        return "" if there == here else href(here, there, anchor)

    def _place(self, source: Source) -> tuple[str, str]:
        key = source.key
        if indicator_id := key.get("indicator_id"):
            periods = () if source.column in OF_EARLIER else PERIODS
            month = next((text[:7] for name in periods if (text := key.get(name))), "")
            self.periods[indicator_id] |= {month} - {""}
            return origin_of_indicator(indicator_id), month
        if source.table == "submission":
            place = self._filed.get((key.get("dataset") or "", key.get("submission_id") or ""))
            if place:
                return place
        # What is said of an activity (of hospitals) is of several feeds.
        if source.table in OF_FEEDS and (dataset := key.get("dataset")) in self._feeds:
            return feed(dataset or ""), ""
        if source.table in OF_GATES and (suite := key.get("suite")):
            return gate(suite), ""
        self.tables.add(source.table)
        return origin_of_table(source.table), ""
