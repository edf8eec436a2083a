"""What a file that could not be read tells of itself by names: its own, and those of the members of an archive.

Belongs here: to which feed and months a refusal is tied, so that a good file closes it. Nothing lands by a name alone,
and nothing is kept of a file as harmless because of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sources.contracts import Contract, Whole
from sources.member_names import bare_name, month_or_year_in_name, year_end_in_name
from sources.named_months import month_told
from sources.recognition import named_like
from sources.titles import months_in_name


@dataclass(frozen=True)
class Told:
    """Feed and months by the names; `names` are those under which it may come again, without how it was packed."""

    dataset: str | None
    months: tuple[date, ...] = ()
    names: tuple[str, ...] = ()


NOTHING_TOLD = Told(None)


def told_by_names(
    name: str,
    members: Sequence[str],
    known: Contract | None,
    contracts: Mapping[str, Contract],
    stated: date | None,
    *,
    is_private: bool,
) -> Told:
    """What the names tell.

    Args:
        known: the feed, where the contents, the name of the file or a statement tell it.
        stated: the month that somebody stated.
        is_private: names of members may be those of patients, and are not kept.
    """
    like = [known] if known else _one_feed(members, contracts)
    contract = like[0] if like else None
    names = tuple(dict.fromkeys(map(bare_name, (name, *(() if is_private else members)))))
    if contract is None:
        return Told(None, (), names)
    of_feed = [member for member in members if contract in named_like(member, contracts.values())]
    return Told(contract.dataset, _months(contract, of_feed or [name], stated), names)


def _one_feed(members: Sequence[str], contracts: Mapping[str, Contract]) -> list[Contract]:
    """The feed that members are named like, where it is one."""
    found = {contract.dataset: contract for name in members for contract in named_like(name, contracts.values())}
    return list(found.values()) if len(found) == 1 else []


def _months(contract: Contract, names: Collection[str], stated: date | None) -> tuple[date, ...]:
    """The months by name, of a feed whose files are replaced by month and named by it.

    Elsewhere one body's file of a month must not settle another's, or the name tells when it was sent.
    """
    if not isinstance(contract.supersession, Whole):
        return ()
    if stated is not None:
        return (stated,)
    found: Iterable[date | None]
    if contract.period.rule == "financial_year_in_name":
        found = map(month_or_year_in_name, names)
    elif contract.period.rule == "financial_year_end_in_name":
        found = map(year_end_in_name, names)
    elif contract.period.is_told_by_name:
        found = (month_told(contract, name, None, date.max)[0] for name in names)
    elif contract.period.name_must_agree:
        found = (months[0] for months in map(months_in_name, names) if len(months) == 1)
    else:
        return ()
    return tuple(sorted({month for month in found if month is not None}))
