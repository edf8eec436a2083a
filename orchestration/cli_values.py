"""Values of options of `pcw`, from what was typed: each says what it expects and what came. Exit code 2, as all usage.

Belongs here: texts into months, days, moments and numbers. Whether a value makes sense is for the room that uses it.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

import typer

from pcw.errors import PcwError

Value = TypeVar("Value")
PORTS = range(1, 65536)
# A hundred years: further back there is no calendar to count by.
MOST_DAYS = 36_500


def month(typed: str | date) -> date:
    """A month; a default is one already."""
    if isinstance(typed, date):
        return typed
    from sources.sidecars import month as parse

    return _fitting(parse, typed)


def moment(typed: str) -> datetime:
    """A date or time; without a zone it is UTC."""
    from sources.sidecars import moment as parse

    return _fitting(parse, typed)


def end_of_day(typed: str) -> datetime:
    """A moment; a date means its end: whatever was received on that day is known."""
    found = moment(typed)
    if len(typed) > len("2017-08-29"):
        return found
    return datetime.combine(found.date(), time.max, tzinfo=found.tzinfo)


def day(typed: str) -> date:
    """A day."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise typer.BadParameter(f"Expected a day like 2020-12-31, found {typed!r}.") from None


def days(typed: str | int) -> int:
    """A number of days, as `90` or `90d`."""
    found = re.fullmatch(r"(\d{1,6})d?", str(typed))
    if found is None:
        raise typer.BadParameter(f"Expected a number of days like 90 or 90d, found {typed!r}.")
    if int(found.group(1)) > MOST_DAYS:
        raise typer.BadParameter(f"Expected at most {MOST_DAYS} days (a hundred years), found {typed!r}.")
    return int(found.group(1))


def number(typed: str | int) -> int:
    """A whole number."""
    if not re.fullmatch(r"-?\d{1,18}", str(typed)):
        raise typer.BadParameter(f"Expected a whole number like 30, found {typed!r}.")
    return int(typed)


def port(typed: str | int) -> int:
    """A port of this machine."""
    if not re.fullmatch(r"\d{1,6}", str(typed)) or int(typed) not in PORTS:
        raise typer.BadParameter(f"Expected a port, a number from 1 to 65535 like 3000, found {typed!r}.")
    return int(typed)


def month_option(help: str, *names: str, shown: str | None = None) -> Any:
    """An option that takes a month; `shown` is its default in words."""
    return typer.Option(*names, parser=month, metavar="MONTH", help=help, show_default=shown or False)


def number_option(help: str) -> Any:
    """An option that takes a whole number."""
    return typer.Option(parser=number, metavar="NUMBER", help=help)


def _fitting(parse: Callable[[str], Value], typed: str) -> Value:
    try:
        return parse(typed)
    except PcwError as error:
        raise typer.BadParameter(str(error)) from None
