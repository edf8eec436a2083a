"""The month of a file that has no date inside: what its name says, or --period.

Belongs here: the rules month_in_name and year_in_name of contracts. Months that columns tell belong in `reader`.
"""

import re
from datetime import date

from sources.contracts import Contract
from sources.titles import read_title


def month_told(contract: Contract, name: str, stated: date | None, received: date) -> tuple[date | None, str | None]:
    """The month of the file, and the sentence where nobody says it, or says one that cannot be."""
    month_of_year = contract.period.month
    if stated is not None:
        told = {stated.replace(day=1)}
    elif month_of_year is not None:
        told = {date(int(year), month_of_year, 1) for year in re.findall(r"(?<!\d)20\d\d(?!\d)", name)}
    else:
        told = set(read_title(name).months)
    if len(told) != 1:
        wanted = "one month like 2017-05 or May_2017" if month_of_year is None else "one year like 2017"
        return None, (
            f"File {name} has no date inside and its name does not say {wanted}: "
            "state the month that it is of with --period YYYY-MM."
        )
    [month] = told
    if month_of_year not in (None, month.month):
        return None, (
            f"File {name} is stated to be of {month:%Y-%m}, but {contract.dataset} is of month {month_of_year} "
            f"of its year. State {month:%Y}-{month_of_year:02} with --period."
        )
    if month > received.replace(day=1):
        return None, (
            f"File {name} is of {month:%Y-%m}, which is after the month of receipt ({received:%Y-%m}). "
            "Correct its name, or state when it was received."
        )
    return month, None
