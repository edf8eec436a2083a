"""Pages that a person can read: what each gate asks of each feed and table, and what it said.

Belongs here: what is on a page and how it is written. One page per stage and feed or table, `<stage>/<name>.html`, and
an index: plain HTML with its style inside, no script, nothing fetched. Whatever came with a file is escaped. Which
pages are written when is in `publishing.gate_history` (of a release) and `orchestration.quality` (the newest).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.waivers import Waiver
from pcw.errors import PcwError
from pcw.files import read_json
from publishing.alerts import CONSEQUENCE, EVERY_ROW_FITS, FILE_SUITE, SET_ASIDE
from publishing.judgements import OPEN, HistoryRow
from publishing.missing import counted, singly, span
from publishing.page_lines import (
    RECENT,
    anchor_of,
    calendar_of,
    lines_of,
    missing_of,
    nothing_open,
    recent,
    waiver_line,
)
from sources.calendar import FeedMonth, not_yet_received
from sources.contracts import load_contracts

if TYPE_CHECKING:
    import jinja2

    from publishing.quality_tables import Declared

TEMPLATES = Path(__file__).parent / "pages"
INDEX, SUMMARY = "index.html", "summary.json"
UNRECOGNISED = "unrecognised"
# Open findings and missing months that are shown at once; the others unfold, as all that is closed does.
SHOWN = 6
FILE_STAGES = ("file", "rows")
STAGES = {
    "file": ("Gate 1: files", "Can it be read, and is it what it says?", "Gate 1 asks every file whether it is whole."),
    "rows": ("Gate 2: rows", "Rows of each feed", "Gate 2 asks what the rows of a file must hold."),
    "staged": ("Gate 3: feeds together", "Feeds against each other", "Gate 3 holds feeds against each other."),
    "marts": ("Gate 4: tables", "Tables against what was landed", "Gate 4 judges a table before it is released."),
    "release": ("Gate 5: release", "The finished files", "Gate 5 opens the finished file as a reader does."),
}


@dataclass(frozen=True)
class Summary:
    """What the index says of one page."""

    stage: str
    name: str
    about: str
    owner: str
    checks: int
    open: int
    missing: int
    missing_months: str
    judged: str


@dataclass(frozen=True)
class Page:
    """All that one page shows: the checks of a suite, and the verdicts on one feed or table."""

    stage: str
    name: str
    about: str
    declared: Sequence["Declared"]
    rows: Sequence[HistoryRow]
    waivers: Sequence[Waiver] = ()
    months: Sequence[FeedMonth] = ()

    @property
    def summary(self) -> Summary:
        """Its line of the index."""
        return Summary(
            stage=self.stage,
            name=self.name,
            about=self.about,
            owner=", ".join(sorted({check.owner for check in self.declared})),
            checks=len(self.declared),
            open=len({(row.check_id, row.month) for row in self.rows if row.state == OPEN}),
            missing=len(missing := [month.month for month in self.months if month.state == "missing"]),
            missing_months=", ".join(map(span, singly(missing, (month.month for month in self.months)))),
            judged=f"{max(row.judged_at for row in self.rows):%Y-%m-%d}" if self.rows else "",
        )


def page_file(folder: Path, stage: str, name: str) -> Path:
    """Where a page is, below the folder of all pages."""
    return folder / stage / f"{name}.html"


def pages_of(
    declared: Iterable["Declared"],
    rows: Iterable[HistoryRow],
    waivers: Sequence[Waiver],
    months: Iterable[FeedMonth],
    titles: Mapping[str, str],
) -> list[Page]:
    """Every page there is: of each suite, and of the first gate, which is the same for all files, of each feed."""
    checks: dict[tuple[str, str], list[Declared]] = defaultdict(list)
    for check in declared:
        checks[check.stage, check.suite].append(check)
    found: dict[tuple[str, str], list[HistoryRow]] = defaultdict(list)
    for row in rows:
        found[row.stage, row.dataset or UNRECOGNISED].append(row)
    calendar: dict[str, list[FeedMonth]] = defaultdict(list)
    for month in months:
        calendar[month.dataset].append(month)
    return [
        Page(
            stage=stage,
            name=name,
            about=titles.get(name, "Files of no known feed" if name == UNRECOGNISED else ""),
            declared=checks[stage, suite],
            rows=found[stage, name],
            waivers=[waiver for waiver in waivers if (waiver.stage, waiver.suite) == (stage, suite)],
            months=calendar[name] if stage == "rows" else (),
        )
        for stage, name, suite in names_of(checks, titles)
    ]


def names_of(suites: Iterable[tuple[str, str]], titles: Iterable[str]) -> list[tuple[str, str, str]]:
    """Stage, name and suite of every page there is, from (stage, suite) of the declared checks."""
    names = [("file", name, "file") for name in (*titles, UNRECOGNISED)]
    return names + [(stage, suite, suite) for stage, suite in dict.fromkeys(suites) if stage != "file"]


def write_release_pages(
    folder: Path,
    declared: Sequence["Declared"],
    rows: Sequence[HistoryRow],
    waivers: Sequence[Waiver],
    months: Sequence[FeedMonth],
    titles: Mapping[str, str],
    as_at: str,
) -> None:
    """Every page and the index, into a folder that nobody sees yet."""
    pages = pages_of(declared, rows, waivers, months, titles)
    for page in pages:
        _write(page_file(folder, page.stage, page.name), render_page(page, as_at))
    _write(folder / INDEX, render_index([page.summary for page in pages], as_at))
    _write(folder / SUMMARY, summary_json(page.summary for page in pages))


def summary_json(summaries: Iterable[Summary]) -> str:
    """What the index is made from, by page."""
    return json.dumps({f"{summary.stage}/{summary.name}": asdict(summary) for summary in summaries}, indent=1)


def read_summaries(folder: Path) -> dict[str, Summary]:
    """The same, as it was written; empty where there is none, or none that can be read: then all pages are due."""
    try:
        found = {name: Summary(**entry) for name, entry in read_json(folder / SUMMARY).items()}
    except (OSError, PcwError, TypeError, AttributeError, ValueError):
        return {}
    return found if all(map(_is_whole, found.values())) else {}


def _is_whole(summary: Summary) -> bool:
    counts = {"checks", "open", "missing"}
    return summary.stage in STAGES and all(
        isinstance(getattr(summary, field.name), int if field.name in counts else str) for field in fields(summary)
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def render_index(summaries: Iterable[Summary], as_at: str, readers: str = "") -> str:
    """The index: what is open, then what is missing, then every page. `readers`: which release they see."""
    summaries = list(summaries)
    by_stage: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for summary in sorted(summaries, key=lambda s: s.name):
        by_stage[summary.stage].append({**asdict(summary), "href": f"{summary.stage}/{summary.name}.html"})
    stages = [
        {"id": stage, "title": title, "about": about, "pages": by_stage[stage]}
        for stage, (title, about, _) in STAGES.items()
    ]
    lines = [{**line, "gate": title} for stage, (title, _, _) in STAGES.items() for line in by_stage[stage]]
    # A feed that misses a month is news; one that stopped years ago is not.
    missing = sorted((line for line in lines if line["missing"]), key=lambda line: (line["missing"], line["name"]))
    return _template("index.html.j2").render(
        css=_style(),
        as_at=as_at,
        readers=readers,
        stages=stages,
        shown=SHOWN,
        open=[line for line in lines if line["open"]],
        missing=missing,
    )


def render_page(page: Page, as_at: str) -> str:
    """One page as HTML: what is open, and of the rest the latest months."""
    is_file = page.stage in FILE_STAGES
    shown = recent(page.rows)
    by_check: dict[str, list[HistoryRow]] = defaultdict(list)
    for row in shown:
        by_check[row.check_id].append(row)
    checks = [_check(check, by_check.pop(check.check_id, [])) for check in page.declared]
    checks += [_undeclared(check_id, rows) for check_id, rows in by_check.items()]
    open_rows = [row for row in page.rows if row.state == OPEN]
    opened = [line for check in groupby(open_rows, lambda row: row.check_id) for line in lines_of(list(check[1]))]
    opened.sort(key=lambda line: line["severity"] != "block")  # what stopped something before what only warns
    title, _, gate = STAGES[page.stage]
    return _template("suite.html.j2").render(
        css=_style(),
        as_at=as_at,
        title=f"{page.name} - {title}",
        about=f"{page.about}." if page.about else "",
        gate=gate,
        subject="File" if is_file else "Release",
        moment="Received" if is_file else "Built",
        counted="Files" if page.stage == "file" else "Rows",
        open=opened,
        nothing_open=nothing_open(page.rows),
        omitted=len(page.rows) - len(shown),
        recent=RECENT,
        checks=checks,
        shown=SHOWN,
        missing=missing_of(page.months),
        never=_never(page),
        months=calendar_of(page.months),
        waivers=[waiver_line(waiver) for waiver in page.waivers],
    )


def _check(check: "Declared", rows: Sequence[HistoryRow]) -> dict[str, Any]:
    return {
        "id": check.check_id,
        "anchor": anchor_of(check.check_id),
        "severity": check.severity,
        "consequence": CONSEQUENCE.get(
            _consequence_of(check),
            "It is shown here and in `pcw status`, and stops nothing.",
        ),
        "owner": check.owner,
        "why": check.why,
        "fix": check.fix or "What the message of the verdict says.",
        "rule": check.rule,
        "lines": lines_of(rows),
        "stands": _stands(rows),
    }


def _consequence_of(check: "Declared") -> str:
    if check.stage in FILE_STAGES and check.severity == "block":
        return "refused"
    return SET_ASIDE if (check.suite, check.check_id) == (FILE_SUITE, EVERY_ROW_FITS) else check.severity


def _undeclared(check_id: str, rows: Sequence[HistoryRow]) -> dict[str, Any]:
    return {
        "id": check_id,
        "anchor": anchor_of(check_id),
        "severity": rows[0].severity,
        "consequence": "",
        "owner": rows[0].owner,
        "why": "It stands in no suite of today.",
        "fix": "What the message of the verdict says.",
        "rule": "",
        "lines": lines_of(rows),
        "stands": _stands(rows),
    }


def _stands(rows: Sequence[HistoryRow]) -> str:
    """How a check stands, for the line under which the rest of it is folded."""
    if not rows:
        return "not judged yet"
    if opened := sum(row.state == OPEN for row in rows):
        return f"{opened:,} open"
    failed = sum(not row.passed for row in rows)
    return f"nothing open; {failed:,} closed" if failed else "held"


def _never(page: Page) -> str:
    """The months before the first that came, in one line; of a feed of which nothing came, that it did not."""
    contract = load_contracts().get(page.name) if page.stage == "rows" else None
    if contract is None or contract.cadence == "register":
        return ""
    if not page.months:
        unsent = "Not yet received: any month of this feed. None is expected until the first has come."
        return "" if page.rows else unsent
    months = not_yet_received(contract, min(month.month for month in page.months))
    return (
        f"Not yet received: {counted(months)}. They are before the first that came; nobody is asked." if months else ""
    )


@cache
def _style() -> str:
    import markupsafe

    return markupsafe.Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))


@cache
def _template(name: str) -> "jinja2.Template":
    return _environment().get_template(name)


@cache
def _environment() -> "jinja2.Environment":
    # Imported where it is needed: learning that nothing changed takes a second or two, and needs no page.
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
