"""From a figure to its definition, its parts, the files that it was read from and the gates that they passed, as text.

Belongs here: what `pcw explain` says. Which files those are is in `publishing.origin`, and the site says the same as
pages.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from pcw.errors import PcwError
from publishing.origin import Origins
from publishing.reports.reader import Reader, Record

FORM = "indicator:organisation or indicator:organisation:period, like qp-antibacterial-items-per-starpu:99A:2017-06"


@dataclass(frozen=True)
class Asked:
    """A figure as somebody names it: the last month of its period, or the newest one."""

    indicator: str
    organisation: str
    period: date | None = None


def asked(figure: str) -> Asked:
    """A figure by its name.

    Raises:
        PcwError: it has another form.
    """
    parts = figure.split(":")
    try:
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueError
        return Asked(parts[0], parts[1], date.fromisoformat(f"{parts[2]}-01") if len(parts) == 3 else None)
    except ValueError:
        raise PcwError(f"Expected {FORM}, found {figure}.") from None


def explain(reader: Reader, figure: Asked, view: str = "as_at") -> Iterator[str]:
    """Lines that say where a figure comes from.

    Args:
        view: organisations as they were (`as_at`) or as they are now (`current`).

    Raises:
        PcwError: the release has no such figure; names what is nearest.
    """
    row = _row(reader, figure, view)
    [definition] = reader.records("indicator", "indicator_id = ? and version = ?", row["indicator_id"], row["version"])
    named = reader.records("organisation", "org_type = ? and org_code = ?", row["org_type"], row["org_code"])
    whose = f"{row['org_type']} {row['org_code']}"
    if named:
        name = max(named, key=lambda one: one["valid_from"] or date.min)["name"]
        whose = name if whose.lower() in name.lower() else f"{whose} {name}"
    yield f"{definition['name']}, {whose}, release {reader.release_id}"
    yield ""
    yield f"  value        {_value(row, definition)}"
    yield f"  numerator    {_shown(row['numerator'])}  {definition['numerator_label']}"
    if definition["denominator_label"]:
        yield f"  denominator  {_shown(row['denominator'])}  {definition['denominator_label']}"
    yield f"  period       {row['window_start']:%Y-%m} to {row['period_end']:%Y-%m} ({definition['period_basis']})"
    origins = Origins(reader)
    since = origins.since(row["indicator_id"], row["version"], row["window_start"])
    if since < row["window_start"]:
        yield f"  looks back   to {since:%Y-%m}"
    if row["data_month"] is not None:
        yield f"  data up to   {row['data_month']:%Y-%m}" + (
            f" ({row['activity_status']})" if row["activity_status"] else ""
        )
    if row["target"] is not None or row["rag"] is not None:
        yield f"  judged       target {_shown(row['target'])}, {row['band'] or 'no band'}, {row['rag'] or 'no colour'}"
    yield ""
    yield f"Definition {row['indicator_id']} {row['version']}, variant {row['variant']}, owner {definition['owner']}"
    yield f"  {definition['source']}"
    if definition["caveats"]:
        yield f"  Beware: {definition['caveats']}"
    yield from _files(origins, definition, since, row["period_end"])


def _row(reader: Reader, figure: Asked, view: str) -> Record:
    known = reader.column("select distinct indicator_id from indicator order by 1")
    if figure.indicator not in known:
        near = get_close_matches(figure.indicator, known, n=1, cutoff=0.4)
        raise PcwError(f"There is no indicator {figure.indicator}" + (f"; did you mean {near[0]}?" if near else "."))
    where, values = (
        "indicator_id = ? and org_code = ? and org_view = ? and is_headline",
        [
            figure.indicator,
            figure.organisation,
            view,
        ],
    )
    found = reader.records("indicator_result", where, *values, order="period_end desc, version desc")
    if not found:
        raise PcwError(f"Release {reader.release_id} has no {figure.indicator} of {figure.organisation}.")
    if figure.period is None:
        return next((row for row in found if row["state"] == "ok"), found[0])
    for row in found:
        if (row["period_end"].year, row["period_end"].month) == (figure.period.year, figure.period.month):
            return row
    ends = ", ".join(f"{row['period_end']:%Y-%m}" for row in found[:12])
    raise PcwError(f"{figure.indicator} of {figure.organisation} has no period {figure.period:%Y-%m}. It has {ends}.")


def _value(row: Record, definition: Record) -> str:
    if row["state"] != "ok" or row["value"] is None:
        return f"none: {row['state']}, {row['state_reason'] or 'no reason is stated'}"
    return f"{row['value']:.{definition['decimals']}f} {definition['unit']} (exactly {row['value']!r})"


def _shown(number: object) -> str:
    return "not shown" if number is None else f"{number:f}".rstrip("0").rstrip(".")


def _files(origins: Origins, definition: Record, since: date, until: date) -> Iterator[str]:
    """The files of each feed, and of each what its gates said."""
    for read in origins.read(origins.feeds_of(definition), since, until):
        yield ""
        contract = origins.contracts[read.dataset]
        yield f"Read from {read.dataset} ({contract.title}, sent by {contract.supplier})"
        if not read.submissions:
            yield "  no file of these months was received"
        for rows in _by_file(read.submissions):
            yield from _file(rows, origins)


def _by_file(rows: Sequence[Record]) -> Iterator[list[Record]]:
    """Rows of a file together: it has one for each month."""
    found: dict[str, list[Record]] = {}
    for row in rows:
        found.setdefault(row["submission_id"], []).append(row)
    yield from found.values()


def _file(rows: Sequence[Record], origins: Origins) -> Iterator[str]:
    file, last = rows[0], rows[-1]
    months = f"{file['period']:%Y-%m}" + (f" to {last['period']:%Y-%m}" if len(rows) > 1 else "")
    verdicts = Counter(bool(one["passed"]) for one in origins.verdicts.get(file["submission_id"], ()))
    failed = f", {verdicts[False]} did not hold" if verdicts[False] else ""
    yield f"  {months}  {file['file_name']}"
    yield (
        f"    received {file['received_at']:%Y-%m-%d %H:%M}, {file['rows_accepted']:,} rows, "
        f"{file['rows_quarantined']:,} set aside, {verdicts[True]} checks held{failed}"
    )
    yield f"    SHA-256 {file['file_sha256']}"
