"""All submissions as they count today: the manifests, and what seeds say of them: what is frozen, what is defined."""

import csv
from datetime import date, datetime, time
from pathlib import Path

from dbt_project.feeds import ROOM as MODELS
from pcw.errors import PcwError
from pcw.home import Home
from sources.contracts import load_contracts
from sources.ledger import with_statuses
from sources.manifests import Submission, read_submissions

TIMETABLE = MODELS / "seeds" / "sus_timetable.csv"
INDICATORS = MODELS / "seeds" / "indicator_definition.csv"
# What providers have sent by then on the inclusion date is in the extract.
CUT_OFF = time(17)


def submissions_of(home: Home) -> list[Submission]:
    """Every submission ever landed, flex or freeze as the timetable of today says."""
    return with_statuses(read_submissions(home.landing), load_contracts(), read_timetable())


def read_timetable(path: Path = TIMETABLE) -> dict[date, datetime]:
    """For each month of hospital activity, the moment from which an extract holds its freeze.

    Raises:
        PcwError: the seed does not fit, with its line.
    """
    frozen_from = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for line, row in enumerate(csv.DictReader(handle), start=2):
            try:
                month, day = date.fromisoformat(row["activity_month"]), date.fromisoformat(row["postrec_inclusion"])
            except (KeyError, TypeError, ValueError) as error:
                raise PcwError(
                    f"Seed {path.name}, line {line}: activity_month and postrec_inclusion must be days like 2017-04-01."
                ) from error
            frozen_from[month] = datetime.combine(day, CUT_OFF)
    return frozen_from


def read_indicators(path: Path = INDICATORS) -> set[tuple[str, str]]:
    """Id and version of every indicator that is defined."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {(row["indicator_id"], row["version"]) for row in csv.DictReader(handle)}
