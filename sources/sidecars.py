"""What a sidecar <name>.meta.json states about a file that the file itself may not say.

Belongs here: its keys and the sentences when they do not fit. Whether a dataset takes them belongs in `scopes`.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import read_json
from sources.identifiers import redacted

SIDECAR = ".meta.json"
KEYS = ("received_at", "dataset", "period", "activity_status", "protocol", "covers")
STATUSES = ("flex", "freeze", "final", "estimate")
PROTOCOLS = ("bulk", "net")
_EXAMPLE = '{"providers": ["RQ6"], "from": "2016-06", "to": "2017-05"}'


@dataclass(frozen=True)
class Cover:
    """Providers and months that a file stands for, although it may hold no row of them."""

    providers: tuple[str, ...]
    first: date
    last: date


@dataclass(frozen=True)
class Stated:
    """A sidecar; None or empty is what it does not state. `terms` are status, protocol and covers as written."""

    received_at: datetime | None = None
    dataset: str | None = None
    period: date | None = None
    activity_status: str | None = None
    protocol: str | None = None
    covers: tuple[Cover, ...] = ()
    terms: dict[str, Any] = field(default_factory=dict)


def read_sidecar(path: Path) -> Stated:
    """What the sidecar of a file states; nothing when there is none.

    Raises:
        PcwError: it does not fit, with the key and what is expected.
    """
    sidecar = path.with_name(path.name + SIDECAR)
    if not sidecar.exists():
        return Stated()
    name, found = redacted(sidecar.name), _read(sidecar)
    if not isinstance(found, dict):
        raise PcwError(f"{name} is not a JSON object with {_either(KEYS, 'or')}.")
    if unknown := sorted(set(found) - set(KEYS)):
        raise PcwError(f"{name} states {', '.join(unknown)}; known are {_either(KEYS, 'and')}.")
    return Stated(
        moment(_text(name, "received_at", found["received_at"])) if "received_at" in found else None,
        _text(name, "dataset", found["dataset"]) if "dataset" in found else None,
        _month(name, "period", found["period"]) if "period" in found else None,
        _one_of(name, "activity_status", found["activity_status"], STATUSES) if "activity_status" in found else None,
        _one_of(name, "protocol", found["protocol"], PROTOCOLS) if "protocol" in found else None,
        _covers(name, found["covers"], found.get("protocol")) if "covers" in found else (),
        {key: found[key] for key in ("activity_status", "protocol", "covers") if key in found},
    )


def _read(sidecar: Path) -> Any:
    try:
        return read_json(sidecar)
    except PcwError as error:
        raise PcwError(redacted(str(error))) from None


def moment(text: str) -> datetime:
    """A date or time; without a zone it is UTC.

    Raises:
        PcwError: neither.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise PcwError(f"Expected a date like 2017-08-29 or a time like 2017-08-29T09:00, found {text!r}.") from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def month(text: str) -> date:
    """The first day of a month like 2017-04.

    Raises:
        PcwError: not a month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise PcwError(f"Expected a month like 2017-04, found {text!r}.")
    return date.fromisoformat(f"{text}-01")


def _either(words: tuple[str, ...], joint: str) -> str:
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _text(name: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise PcwError(f"{name}: {key} is {value!r}; expected a text. Correct the sidecar.")
    return value


def _month(name: str, key: str, value: object) -> date:
    try:
        return month(_text(name, key, value))
    except PcwError as error:
        raise PcwError(f"{name}: {key} is {value!r}; expected a month like 2017-04. Correct the sidecar.") from error


def _one_of(name: str, key: str, value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise PcwError(f"{name}: {key} is {value!r}; expected {_either(known, 'or')}. Correct the sidecar.")
    return str(value)


def _covers(name: str, value: object, protocol: object) -> tuple[Cover, ...]:
    if protocol == "net":
        raise PcwError(f"{name}: a net file stands for its rows alone and states no covers. Remove them.")
    if not isinstance(value, list) or not value:
        raise PcwError(f"{name}: covers is no list like [{_EXAMPLE}]. Correct the sidecar.")
    return tuple(_cover(name, number, entry) for number, entry in enumerate(value, start=1))


def _cover(name: str, number: int, entry: object) -> Cover:
    key = f"covers, entry {number}"
    if not isinstance(entry, dict) or set(entry) != {"providers", "from", "to"}:
        raise PcwError(f"{name}: {key} is not like {_EXAMPLE}. Correct the sidecar.")
    providers = entry["providers"]
    if not isinstance(providers, list) or not providers:
        raise PcwError(f'{name}: {key}: providers is no list of provider codes like ["RQ6"]. Correct the sidecar.')
    if wrong := [provider for provider in providers if not _is_provider(provider)]:
        raise PcwError(
            f"{name}: {key}: provider {redacted(repr(wrong[0]))} is not three characters in capitals like RQ6: no row "
            "has such a provider, and nothing would be replaced. Of a site, state the provider that it belongs to."
        )
    first, last = (_month(name, f"{key}: {end}", entry[end]) for end in ("from", "to"))
    if last < first:
        raise PcwError(f"{name}: {key}: from {first:%Y-%m} is after to {last:%Y-%m}. Correct the sidecar.")
    return Cover(tuple(dict.fromkeys(providers)), first, last)


def _is_provider(value: object) -> bool:
    """Sites have five characters, practices six."""
    return isinstance(value, str) and re.fullmatch(r"[A-Z0-9]{3}", value) is not None
