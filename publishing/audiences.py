"""Who may see what: the rules of `audiences.yaml`, read and checked.

Belongs here: the shape of the rules and their refusals. How a file is made from them and audited is in
`publishing.audience_files`. The commissioner has no rule: that file has every table.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pcw.errors import PcwError

COMMISSIONER = "commissioner"
RULES = Path(__file__).parent / "audiences.yaml"


class TableRule(BaseModel):
    """What of one table an audience gets: these columns, and the rows for which `rows` is true."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    why: str
    columns: tuple[str, ...] = Field(min_length=1)
    rows: str = "true"


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    why: str
    like: str | None = None
    views: tuple[str, ...] = ()
    tables: Mapping[str, TableRule]


class Audience(BaseModel):
    """An audience with a file of its own, and all that is in it."""

    model_config = ConfigDict(frozen=True)
    name: str = Field(pattern=r"^[a-z]+$")
    views: tuple[str, ...]
    tables: Mapping[str, TableRule]


def load_audiences(text: str | None = None) -> tuple[Audience, ...]:
    """The audiences beside the commissioner, in the order of the file.

    Raises:
        PcwError: the rules cannot be read, or one leans on an audience that does not stand before it.
    """
    try:
        loaded: Any = yaml.safe_load(RULES.read_text(encoding="utf-8") if text is None else text)
        rules = {name: _Rules.model_validate(rule) for name, rule in loaded.items()}
        found: dict[str, Audience] = {}
        for name, rule in rules.items():
            if rule.like is not None and rule.like not in found:
                raise PcwError(f"{RULES.name}: {name} is like {rule.like}, which must stand before it.")
            if name in (COMMISSIONER, "current"):
                raise PcwError(f"{RULES.name}: {name} has every table and takes no rule; remove it.")
            base = found[rule.like] if rule.like else None
            views = (*base.views, *rule.views) if base else rule.views
            tables = {**base.tables, **rule.tables} if base else dict(rule.tables)
            found[name] = Audience(name=name, views=views, tables=tables)
    except (OSError, yaml.YAMLError, AttributeError, ValidationError) as problem:
        raise PcwError(f"{RULES.name} cannot be read as rules of audiences: {problem}. Correct the file.") from problem
    return tuple(found.values())
