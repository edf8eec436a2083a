"""Partitions: one per calendar month. Which months are expected belongs in the contracts."""

from datetime import date

import dagster as dg

# Up to and including the month that is running: a list of registered patients is published in its own month.
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2013-04-01", end_offset=1)


def partition_key(month: date) -> str:
    """Key of the partition of a month."""
    return month.replace(day=1).isoformat()
