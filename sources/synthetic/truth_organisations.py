"""Who belongs where: successions, commissioners, groups, and which practices are expected in a month.

Belongs here: both views of the map, `as_at` and `current`. Does not belong here: values and rates.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from functools import cached_property

from .truth_components import list_month
from .truth_feeds import Feeds

VIEWS = ("as_at", "current")
Org = tuple[str, str]


def month_end(month: date) -> date:
    """Last day of a month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class Organisations:
    """Answers about the organisations of one sample, for its commissioners, up to the last data month.

    Several commissioners have a roll-up of them all, kind `system`, where a code for it stands before the equals sign.
    """

    def __init__(self, feeds: Feeds, commissioner: str, last: date) -> None:
        self._feeds = feeds
        together, _, codes = commissioner.rpartition("=")
        self.own = tuple(codes.split(","))
        self._together = together
        self._last = last
        self._code_cache: dict[tuple[str, date], str] = {}
        self._orgs_cache: dict[tuple[str, date], list[Org]] = {}

    @cached_property
    def _successors(self) -> dict[str, dict[date, set[str]]]:
        result: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
        for predecessor, successor, day in self._feeds.successions:
            result[predecessor][day].add(successor)
        return result

    def _day(self, view: str, month: date) -> date:
        """The day whose truth holds: the first of the month as at, the first of the last month in the current view."""
        return month if view == "as_at" else self._last

    def code(self, view: str, code: str, month: date) -> str:
        """The code to which what `code` did in `month` belongs."""
        key = (code, self._day(view, month))
        if key not in self._code_cache:
            self._code_cache[key] = self._follow(*key)
        return self._code_cache[key]

    def _follow(self, code: str, day: date) -> str:
        seen = [code]
        while True:
            dated = [(since, names) for since, names in self._successors.get(seen[-1], {}).items() if since <= day]
            if not dated:
                return seen[-1]
            names = max(dated)[1]
            # Two successors on one day, or a circle: not followed.
            if len(names) > 1:
                return seen[-1]
            (new,) = names
            if new in seen:
                return code
            seen.append(new)

    def commissioner(self, code: str, day: date) -> str | None:
        """The commissioner of a code on a day; where no link covers the day, the earliest known one."""
        links = [row for row in self._feeds.register if row.code == code]
        for row in links:
            if (row.joined is None or row.joined <= day) and (row.left is None or row.left >= day):
                return row.commissioner
        return min(links, key=lambda row: row.joined or date.min).commissioner if links else None

    def opened_after(self, code: str, day: date) -> bool:
        """Whether the register shows a code opened after a day; a code that it does not name was always there."""
        return min((row.opened for row in self._feeds.register if row.code == code), default=date.min) > day

    def groups(self, code: str, day: date) -> dict[str, str]:
        """Kind of group -> code of the group that `code` is in on a day."""
        return {
            row.org_type: row.org_code
            for row in self._feeds.memberships
            if row.practice == code and row.valid_from <= day and (row.valid_to is None or row.valid_to >= day)
        }

    def orgs(self, view: str, code: str, month: date) -> list[Org]:
        """Every organisation that counts a (mapped) practice in `month`: itself, groups, commissioner, all of them."""
        key = (code, self._day(view, month))
        if key not in self._orgs_cache:
            found: list[Org] = [("practice", code)]
            commissioner = self.commissioner(code, key[1])
            if commissioner in self.own:
                found += list(self.groups(code, key[1]).items())
                found.append(("commissioner", commissioner))
                found += [("system", self._together)] if self._together else []
            self._orgs_cache[key] = found
        return self._orgs_cache[key]

    def expected(self, month: date) -> set[str]:
        """Codes from which activity is expected: on the month's list, or an open GP practice of the commissioner.

        A list outlives a practice that closed between two lists: from the next month on it is not expected any more.
        """
        closed = {row.code for row in self._feeds.register if row.closed is not None and row.closed < month}
        listed = set(self._feeds.lists.get(list_month(month), {})) - closed
        for row in self._feeds.register:
            is_practice = row.setting == "4" or "RO76" in row.setting
            is_open = row.opened <= month_end(month) and (row.closed is None or row.closed >= month)
            if is_practice and is_open and row.status in ("A", "ACTIVE") and row.commissioner in self.own:
                listed.add(row.code)
        return listed

    def expected_in(self, view: str, month: date) -> set[str]:
        """The expected codes as the view maps them."""
        return {self.code(view, code, month) for code in self.expected(month)}
