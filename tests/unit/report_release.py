"""Small made-up release files for tests of reports and packs, and their documents as plain text. No test is in here.

Tables have the columns that the models declare; a row gives those that a test needs, the others are null.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from publishing.reports.document import (
    Block,
    Bullets,
    Chart,
    Document,
    Heading,
    Pair,
    Paragraph,
    Slot,
    Table,
)
from publishing.suppression import Rule
from tests.conftest import PROJECT
from tests.report_text import plain, rows_of

Row = Mapping[str, object]
COMMISSIONER = "99A"
RELEASE = "20170801T090000Z-0a1b2c3d"
DISCLOSURE = Rule(1, 7, 5, 500).disclosure
# What a release adds to the marts (`publishing.lineage`).
BESIDE_MARTS: Mapping[str, str] = {
    "release": "release_id varchar, created_at timestamp, as_at timestamp, commissioner varchar, "
    "previous_release_id varchar, disclosure varchar",
    "release_change": "table_name varchar, change varchar, key varchar, month date, column_name varchar, "
    "before varchar, after varchar, cause varchar",
    "feed_month": "dataset varchar, supplier varchar, month date, due_on date, first_received_at timestamp",
    "submission": "dataset varchar, submission_id varchar, period date, is_current boolean, file_name varchar, "
    "file_sha256 varchar, received_at timestamp, rows_accepted bigint, rows_quarantined bigint, "
    "rows_in_period bigint",
    "gate_check": "suite varchar, stage varchar, check_id varchar",
    "gate_result": "suite varchar, stage varchar, check_id varchar, period date, submission_id varchar, passed boolean",
}


def make_release(path: Path, rows: Mapping[str, Sequence[Row]]) -> Path:
    """A release file with these rows; every table that reports may read is there."""
    schema = dict(_tables())
    with duckdb.connect(path) as connection:
        for table, columns in schema.items():
            connection.execute(f'create table "{table}" ({columns})')
        for table, given in {"release": [release()], **rows}.items():
            for row in given:
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" * len(row))
                connection.execute(f'insert into "{table}" ({names}) values ({marks})', list(row.values()))
    return path


@cache
def _tables() -> tuple[tuple[str, str], ...]:
    found = dict(BESIDE_MARTS)
    for file in sorted((PROJECT / "dbt_project" / "models").glob("*/marts/*.yml")):
        for model in yaml.safe_load(file.read_text(encoding="utf-8")).get("models", ()):
            columns = [column for column in model.get("columns", ()) if "data_type" in column]
            types = ((column["name"], column["data_type"].replace("string", "varchar")) for column in columns)
            if columns:
                found[model["name"]] = ", ".join(f'"{name}" {kind}' for name, kind in types)
    return tuple(found.items())


def release(**changed: object) -> Row:
    """The row that names the release."""
    return {
        **{"release_id": RELEASE, "created_at": "2017-08-01 09:00:00", "commissioner": COMMISSIONER},
        **{"disclosure": DISCLOSURE},
    } | changed


def definition(indicator: str, **changed: object) -> Row:
    """A definition; by default a rate of something per something, less is better, read from no feed that lags."""
    return {
        **{"indicator_id": indicator, "version": "2017-18", "name": f"Name of {indicator}", "domain": "prescribing"},
        **{"numerator_label": "Items", "denominator_label": "Patients", "unit": "items per patient", "multiplier": 1},
        **{"direction": "down", "decimals": 2, "period_basis": "rolling_12_months", "source_feeds": "gp_search"},
        **{"lookback_months": 0},
        **{"owner": "medicines", "valid_from": date(2017, 4, 1), "source": "A paper", "statistic": "rate"},
        **{"example_numerator": "1150", "example_denominator": "1000", "example_value": "1.15"},
    } | changed


def result(indicator: str, org: tuple[str, str], end: date, value: float | None, **changed: object) -> Row:
    """A headline result of an organisation as it was; a value makes it `ok`."""
    return {
        **{"indicator_id": indicator, "version": "2017-18", "variant": "standard", "is_headline": True},
        **{"org_view": "as_at", "org_type": org[0], "org_code": org[1], "period_end": end},
        **{"window_start": (end.replace(day=1) - timedelta(days=330)).replace(day=1), "value": value},
        **{"state": "ok" if value is not None else "awaiting"},
    } | changed


def comparison(indicator: str, practice: str, end: date, **changed: object) -> Row:
    """A practice beside the others."""
    return {"indicator_id": indicator, "version": "2017-18", "practice_code": practice, "period_end": end} | changed


def outlier(indicator: str, practice: str, end: date, rule: str, finding: str) -> Row:
    """A practice that is an outlier by a rule."""
    return {**comparison(indicator, practice, end), "rule": rule, "finding": finding}


def target(indicator: str, rule: str, figure: str, **changed: object) -> Row:
    """A target of everybody."""
    return {
        **{"indicator_id": indicator, "version": "2017-18", "kind": "target", "rule": rule, "figure": figure},
        **{"approved_by": "The committee", "source": "A paper"},
    } | changed


def organisation(kind: str, code: str, name: str) -> Row:
    """An organisation of the commissioner."""
    found: Row = {"org_type": kind, "org_code": code, "valid_from": date(2013, 4, 1), "name": name}
    return {**found, "commissioner_code": COMMISSIONER}


def listed(practice: str, month: date, patients: int | None, neighbourhood: str) -> Row:
    """A practice with patients in a month."""
    return {
        **{"practice_code": practice, "month": month, "has_list": True, "list_size": patients},
        **{"commissioner_code": COMMISSIONER, "neighbourhood": neighbourhood, "locality": "99A-NORTH"},
    }


def received(dataset: str, *months: date, by: str = "2017-08-01 08:00:00") -> list[Row]:
    """Months of a feed that came."""
    return [{"dataset": dataset, "supplier": "-", "month": month, "first_received_at": by} for month in months]


def submission(dataset: str, month: date) -> Row:
    """The one file of a feed in a month: its id is the feed and the month."""
    return {
        **{"dataset": dataset, "submission_id": f"{dataset}-{month:%Y-%m}", "period": month, "is_current": True},
        **{"file_name": f"{dataset}_{month:%Y%m}.csv", "file_sha256": "0" * 64, "received_at": "2017-08-01 08:00:00"},
        **{"rows_accepted": 8, "rows_quarantined": 0, "rows_in_period": 8},
    }


def table_of(document: Document, caption: str) -> list[list[str]]:
    """Cells of the table whose caption begins so, its header first."""
    for block in _all(document.blocks):
        if isinstance(block, Table) and block.caption.startswith(caption):
            return [[column.header for column in block.columns], *map(list, rows_of(block))]
    raise AssertionError(f"no table begins with {caption!r}")


def lines_of(document: Document) -> list[str]:
    """Headings, paragraphs and items of lists in reading order."""
    found: list[str] = []
    for block in _all(document.blocks):
        match block:
            case Heading():
                found.append(block.text)
            case Paragraph():
                found.append(plain(block.content))
            case Bullets():
                found += [plain(item) for item in block.items]
            case Slot():
                found.append(block.title)
            case _:
                pass
    return found


def charts_of(document: Document) -> list[Chart]:
    """Charts in reading order."""
    return [block for block in _all(document.blocks) if isinstance(block, Chart)]


def _all(blocks: tuple[Block, ...]) -> Iterator[Any]:
    for block in blocks:
        if isinstance(block, Pair):
            yield from _all((*block.left, *block.right))
        else:
            yield block
