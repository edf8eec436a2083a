"""Filling in a check's SQL: parameters as literals, fragments as text.

Belongs here: text in, text out. Does not belong here: running SQL. `${name}` is a parameter or fragment, `{batch}` the
relation; every other brace is an ordinary character, so that a regular expression may say `[0-9]{6}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pcw.errors import PcwError

_NAME = re.compile(r"\$\{(\w+)\}")


def sql_literal(value: object) -> str:
    """A Python value as a DuckDB literal; a list becomes `('a', 'b')` for use after IN."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(sql_literal(item) for item in value) + ")"
    raise PcwError(f"A parameter of type {type(value).__name__} cannot be written into SQL; use text, number or date.")


def fill_sql(sql: str, fragments: Mapping[str, str], parameters: Mapping[str, object]) -> str:
    """The SQL with fragments, then parameters, filled in. Raises PcwError for a name that nobody declared."""

    def filled(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in fragments:
            return fill_sql(fragments[name].strip(), {k: v for k, v in fragments.items() if k != name}, parameters)
        if name in parameters:
            return sql_literal(parameters[name])
        raise PcwError(f"${{{name}}} is neither a parameter nor a fragment of the suite.")

    return _NAME.sub(filled, sql).strip().rstrip(";")


def for_relation(sql: str, relation: str) -> str:
    """The filled SQL as DuckDB runs it, with the relation in place of {batch}."""
    return sql.replace("{batch}", relation)


def for_gx(sql: str) -> str:
    """The filled SQL as GX takes it: one {batch}, every other brace doubled.

    GX puts `(select ...) as subselect` for {batch}, or no alias where it sees a join; a named common table spares the
    author that difference. It is not materialised: a wide file would be copied whole.
    """
    plain = for_relation(sql, "checked").replace("{", "{{").replace("}", "}}")
    return f"with checked as not materialized (select * from {{batch}}) select * from ({plain}) as offender"
