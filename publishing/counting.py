"""What files hold and what of it counts, part by part: now, and ever since they came.

Belongs here: the ledger's order and the ledger's rules, asked of every part of every file that ever landed, for
`publishing.judgements`. The rules themselves are in `sources.ledger` and `sources.versions`.

A part is a holder and a month. Holders are providers where files stand for provider-months, the scope of a version
where every file is kept, and None where a file is replaced as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from publishing.lineage import utc
from sources.contracts import Contract, Whole
from sources.ledger import scope_states, standing, version_order
from sources.manifests import Scope, Submission, VersionFacts
from sources.versions import newest_versions

Part = tuple[str | None, date | None]
# The one part of a file that replaces every earlier one, whatever its month; of a build too.
WHOLE: Part = (None, None)
# What comes before receipt in the order of two files.
Facts = tuple[Any, ...]
# What is frozen stands before what may still change.
FIRMNESS = {"freeze": 1, "final": 2}


@dataclass(frozen=True)
class Counting:
    """Of one file: what it holds, with what orders it before its receipt, and of that what counts and ever counted.

    What it holds of a net kind is among `now`, since it counts, and never among `ever`: it replaces nothing.
    """

    order: tuple[Any, ...] = ()
    holds: Mapping[Part, Facts] = field(default_factory=dict)
    now: frozenset[Part] = frozenset()
    ever: frozenset[Part] = frozenset()


def replaces_all(contract: Contract | None) -> bool:
    """Whether a file of the feed replaces every earlier one."""
    return (
        contract is not None and isinstance(contract.supersession, Whole) and contract.supersession.scope == "dataset"
    )


def parts_of(
    contract: Contract | None,
    months: Iterable[date],
    scopes: Iterable[Scope],
    versions: Iterable[VersionFacts],
    facts: Facts,
) -> dict[Part, Facts]:
    """What a file holds; `facts` order it before its receipt, where versions of its parts do not."""
    if replaces_all(contract):
        return {WHOLE: facts}
    found: dict[Part, Facts] = dict.fromkeys(scopes, facts)
    for held in versions:
        part = (", ".join(held.scope), held.period)
        rank = (not held.is_summary, held.version is not None, held.version or 0)
        found[part] = max(found.get(part, rank), rank)
    known = {month for _, month in found}
    return found | {(None, month): facts for month in months if month not in known}


def counting(
    submissions: Iterable[Submission],
    contracts: Mapping[str, Contract],
    in_force: Mapping[str, Mapping[date, Iterable[Submission]]],
    as_at: datetime | None = None,
) -> dict[tuple[str, str], Counting]:
    """What counts of each file, by feed and id. `in_force` as the ledger has it, by feed and month."""
    by_feed: dict[str, list[Submission]] = defaultdict(list)
    for submission in submissions:
        by_feed[submission.dataset].append(submission)
    found: dict[tuple[str, str], Counting] = {}
    for dataset, own in by_feed.items():
        contract = contracts.get(dataset)
        holds, facts = {}, {}
        for one in own:
            facts[one.submission_id] = () if contract is None else version_order(one.version_facts, contract)
            months, scopes = [item.period for item in one.periods], [item.scope for item in one.scopes]
            holds[one.submission_id] = parts_of(contract, months, scopes, one.versions, facts[one.submission_id])
        stand = standing(own, as_at)
        now = _now(stand, contract, in_force.get(dataset, {}), as_at)
        ever = _ever(stand, contract, holds, facts)
        for one in own:
            name = one.submission_id
            held = holds[name]
            is_now, was = now[name] & held.keys(), ever[name] & held.keys()
            found[dataset, name] = Counting(_order(one), held, frozenset(is_now), frozenset(was))
    return found


def _order(submission: Submission) -> tuple[Any, ...]:
    """As the ledger orders files of the same facts; what was refused at the same moment comes before."""
    name = submission.submission_id
    return utc(submission.received_at), 1, submission.file_sha256, len(name), name


def _now(
    stand: list[Submission],
    contract: Contract | None,
    in_force: Mapping[date, Iterable[Submission]],
    as_at: datetime | None,
) -> dict[str, set[Part]]:
    found: dict[str, set[Part]] = defaultdict(set)
    if contract is not None and contract.scoped is not None:
        for scope, state in scope_states(stand, contract, as_at).items():
            for one in state.in_force:
                found[one.submission_id].add(scope)
    elif contract is not None and contract.versions is not None:
        for name, facts in newest_versions(stand, contract):
            found[name].add((", ".join(facts.scope), facts.period))
    else:
        for month, held in in_force.items():
            for one in held:
                found[one.submission_id].add(WHOLE if replaces_all(contract) else (None, month))
    return found


def _ever(
    stand: list[Submission],
    contract: Contract | None,
    holds: Mapping[str, Mapping[Part, Facts]],
    facts: Mapping[str, Facts],
) -> dict[str, set[Part]]:
    """What each file was put in force for when it came, of those that stand today."""
    found: dict[str, set[Part]] = defaultdict(set)
    best: dict[object, tuple[int, tuple[Any, ...]]] = {}
    versioned = contract is not None and contract.versions is not None
    for one in sorted(stand, key=lambda s: (s.received_at, facts[s.submission_id], _order(s))):
        if one.protocol == "net":
            continue
        status: dict[Part, str] = {item.scope: item.activity_status for item in one.scopes}
        places: dict[object, list[Part]] = defaultdict(list)
        for part in holds[one.submission_id]:
            places[part[0] if versioned and part[0] else part].append(part)  # a version replaces its whole scope
        for place, parts in places.items():
            order = (max(holds[one.submission_id][part] for part in parts), _order(one))
            firmness = FIRMNESS.get(status.get(parts[0], ""), 0)
            before = best.get(place)
            if before is None or _takes_over(firmness, order, before):
                best[place] = (firmness, order)
                found[one.submission_id].update(parts)
    return found


def _takes_over(firmness: int, order: tuple[Any, ...], before: tuple[int, tuple[Any, ...]]) -> bool:
    """As the ledger has it: the newest final file, else the oldest freeze, else the newest of what may change."""
    if firmness != before[0]:
        return firmness > before[0]
    return order < before[1] if firmness == FIRMNESS["freeze"] else order > before[1]
