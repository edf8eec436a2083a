"""The month of a file without a date inside: its name tells a financial year, or somebody states the month.

Belongs here: what the year stands for and the sentences where it cannot be told. Which years a name tells belongs in
`member_names`.
"""

import re
from datetime import date

from sources.member_names import year_end_in_name

NAMED_YEARS = ("financial_year_in_name", "financial_year_end_in_name")


def month_of_named_year(
    rule: str, name: str, stated: date | None, received: date
) -> tuple[date, None] | tuple[None, str]:
    """The month by this rule of the contract; else None and the sentence that says why."""
    return _end(name, stated, received) if rule == "financial_year_end_in_name" else _start(name, stated)


def _start(name: str, stated: date | None) -> tuple[date, None] | tuple[None, str]:
    year = re.search(r"(20\d\d)[-_/](\d\d)(?!\d)", name)
    in_name = date(int(year.group(1)), 4, 1) if year and int(year.group(2)) == (int(year.group(1)) + 1) % 100 else None
    if (month := stated or in_name) is not None:
        return month, None
    return None, (
        f"File {name} has no date inside and its name no financial year like 2016-17: "
        "state the first month that it serves with --period YYYY-MM."
    )


def _end(name: str, stated: date | None, received: date) -> tuple[date, None] | tuple[None, str]:
    in_name = year_end_in_name(name)
    month = stated or in_name
    if month is None:
        return None, (
            f"File {name} has no date inside and its name no financial year like 2016-17, 1617 or 2021 (for 2020-21; "
            "a year alone may be either of its two): state the March that ends its year with --period YYYY-03."
        )
    march = date(month.year + (month.month > 3), 3, 1)
    if month != march:
        return None, (
            f"File {name} counts at the end of a financial year, and --period says {month:%Y-%m}: "
            f"state the March that ends the year, as {march:%Y-%m}."
        )
    if in_name not in (None, month):
        return None, (
            f"File {name}: --period says {month:%Y-%m}, but its name a year that ends in {in_name:%Y-%m}. "
            "Send the right file; if only its name is wrong, rename it."
        )
    if month > received.replace(day=1):
        return None, (
            f"File {name}: its financial year ends in {month:%Y-%m}, after the month of receipt ({received:%Y-%m}). "
            "Correct its name or --period, or state when it was received."
        )
    return month, None
