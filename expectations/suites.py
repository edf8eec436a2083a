"""Suites as data: what `expectations/suites/<suite>.<stage>.yaml` may say, and how it is read.

Belongs here: the shape of a suite and its refusals. Does not belong here: Great Expectations (importing it takes
seconds; `declared_checks` must stay cheap) and anything about the data that is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_serializer, field_validator, model_validator

from expectations.template import fill_sql
from expectations.verdict import Severity
from pcw.errors import PcwError

SUITES = Path(__file__).parent / "suites"
Stage = Literal["file", "rows", "staged", "marts", "release"]
Parameter = str | int | float | date | list[str] | list[int] | None
MESSAGE_FIELDS = frozenset({"unexpected_count", "rows_checked", "file", "examples", "relation", "period"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Check(_Strict):
    """One declared check. Either a named GX expectation with its kwargs, or SQL that returns the offending rows."""

    id: str
    severity: Severity
    why: str
    message: str
    # Whether a person may accept the finding (`expectations.waivers`). What is withheld always; what blocks only where
    # its suite says so: a plausibility against history may be true, a broken key never is.
    waivable: bool = False
    fix: str = ""  # empty only where the message is a sentence of landing, which says itself what to do
    expectation: str | None = None
    kwargs: dict[str, Any] = {}
    unexpected_rows: str | None = None
    columns: tuple[str, ...] = ()
    example: str | None = None
    example_length: int = 80

    @field_validator("kwargs")
    @classmethod
    def _no_tolerance(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        # A tolerated share once hid a hundred doubled rows: a tolerance is written into the SQL, with its reason.
        if "mostly" in kwargs:
            raise ValueError("`mostly` is not used here; write the tolerated share into the SQL, with its reason")
        return kwargs

    @model_validator(mode="after")
    def _one_rule(self) -> Check:
        if (self.expectation is None) == (self.unexpected_rows is None):
            raise ValueError(f"check {self.id}: give either `expectation` or `unexpected_rows`")
        if not self.fix and self.message != "{examples}":
            raise ValueError(f"check {self.id}: say in `fix` what the reader is to do")
        if self.waivable and self.severity != "block":
            raise ValueError(f"check {self.id}: `waivable` is said of checks that block; what is withheld always is")
        if self.unexpected_rows is not None and self.kwargs:
            raise ValueError(f"check {self.id}: `kwargs` go with `expectation`, not with `unexpected_rows`")
        return self

    @property
    def example_columns(self) -> tuple[str, ...]:
        """The columns an example shows beside its source row."""
        column = self.kwargs.get("column")
        return self.columns or ((column,) if isinstance(column, str) else ())


class Suite(_Strict):
    """The checks of one dataset or table at one stage.

    `parameters` are literals for `${name}` in SQL and messages; `fragments` are pieces of SQL used by several checks;
    the values of the columns in `redact` are never shown in a verdict. Suites of rows about patients give
    `redact_all_but` instead: only its columns are shown, also of computed ones; a new column is hidden until somebody
    decides.
    """

    suite: str
    stage: Stage
    owner: str
    relation: str
    redact: frozenset[str] = frozenset()
    redact_all_but: frozenset[str] | None = None
    parameters: dict[str, Parameter] = {}
    fragments: dict[str, str] = {}
    checks: tuple[Check, ...]

    @field_serializer("redact", "redact_all_but")
    def _in_order(self, columns: frozenset[str] | None) -> list[str] | None:
        """Sets have another order in every process; as text a suite is the same in all, or its hash would change."""
        return None if columns is None else sorted(columns)

    @field_validator("checks", mode="before")
    @classmethod
    def _spread(cls, declared: Any) -> Any:
        """A check with `each: [a, b]` stands for one check per name, with `<each>` replaced."""
        if not isinstance(declared, list):
            return declared
        spread: list[Any] = []
        for check in declared:
            names = check.pop("each", None) if isinstance(check, dict) else None
            spread += [check] if names is None else [_replaced(check, str(name)) for name in names]
        return spread

    @model_validator(mode="after")
    def _consistent(self) -> Suite:
        ids = [check.id for check in self.checks]
        doubled = sorted({name for name in ids if ids.count(name) > 1})
        if doubled:
            raise ValueError(f"check ids must be unique, doubled: {', '.join(doubled)}")
        if not ids:
            raise ValueError("a suite without checks proves nothing")
        known = MESSAGE_FIELDS | set(self.parameters)
        for check in self.checks:
            used = {name for _, name, _, _ in Formatter().parse(check.message) if name is not None}
            if used - known:
                raise ValueError(f"check {check.id}: message uses unknown {', '.join(sorted(used - known))}")
            if "{batch}" not in self.sql(check, "{batch}"):
                raise ValueError(f"check {check.id}: the SQL of `unexpected_rows` must read from {{batch}}")
        return self

    def hides(self, column: str) -> bool:
        """Whether the values of a column stay out of verdicts."""
        return column in self.redact or (self.redact_all_but is not None and column not in self.redact_all_but)

    @property
    def is_discreet(self) -> bool:
        """Whether there are values that must not be shown, so that texts of drivers may not be quoted either."""
        return bool(self.redact) or self.redact_all_but is not None

    def sql(self, check: Check, default: str = "") -> str:
        """The check's SQL with fragments and the suite's own parameters; ValueError for a name that is neither."""
        if check.unexpected_rows is None:
            return default
        try:
            return fill_sql(check.unexpected_rows, self.fragments, self.parameters)
        except PcwError as problem:
            raise ValueError(f"check {check.id}: {problem}") from problem

    def check(self, check_id: str) -> Check:
        """The check of that id; KeyError when the suite does not declare it."""
        for check in self.checks:
            if check.id == check_id:
                return check
        raise KeyError(check_id)


def _replaced(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return value.replace("<each>", name)
    if isinstance(value, dict):
        return {key: _replaced(item, name) for key, item in value.items()}
    return [_replaced(item, name) for item in value] if isinstance(value, list) else value


class DeclaredCheck(NamedTuple):
    """One row per declared check."""

    suite: str
    stage: str
    check: str
    severity: Severity
    owner: str


class _UniqueKeys(yaml.CSafeLoader):
    """YAML keeps the last of two equal keys without a word; a suite must not lose a line that way."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubled:
            raise yaml.YAMLError(f"doubled key {', '.join(doubled)}{node.start_mark}")
        return super().construct_mapping(node, deep)


def read_suite(path: Path) -> Suite:
    """Read one suite file. Raises PcwError with the file and what is wrong in it."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
        suite = Suite.model_validate(loaded)
    except (OSError, yaml.YAMLError) as problem:
        raise PcwError(f"{path.name} cannot be read as a suite: {problem}") from problem
    except ValidationError as problem:
        errors = problem.errors(include_url=False)
        found = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}".lstrip(": ") for error in errors)
        raise PcwError(f"{path.name} is not a valid suite: {found}. Correct the file.") from problem
    if path.name != f"{suite.suite}.{suite.stage}.yaml":
        raise PcwError(f"{path.name} declares suite {suite.suite}, stage {suite.stage}: name and content must agree.")
    return suite


@cache
def load_suites(folder: Path = SUITES) -> Mapping[tuple[str, str], Suite]:
    """All suites of the folder by (suite, stage), read once per process."""
    suites = [read_suite(path) for path in sorted(folder.glob("*.yaml"))]
    return {(suite.suite, suite.stage): suite for suite in suites}


def load_suite(suite: str, stage: str) -> Suite:
    """One suite by name and stage. Raises PcwError when nobody declared it: an unchecked feed is never let through."""
    try:
        return load_suites()[suite, stage]
    except KeyError:
        missing = f"expectations/suites/{suite}.{stage}.yaml"
        raise PcwError(f"There is no suite {missing}: write it, even if short, before data flows through.") from None


def declared_checks() -> list[DeclaredCheck]:
    """Every declared check of every suite, from the YAML files alone."""
    return [
        DeclaredCheck(suite.suite, suite.stage, check.id, check.severity, suite.owner)
        for suite in load_suites().values()
        for check in suite.checks
    ]
