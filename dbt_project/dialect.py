"""The SQL of the models, written for DuckDB, in the words of Spark: the same rows from both engines.

Belongs here: where Spark means another thing by the same words, or says the same thing in other ones. sqlglot
translates what it knows; each rule below is for what it does not, or takes wrongly. What can be written in a model so
that both engines mean the same is written so there.

Spark must run in ANSI mode, so that a bad cast fails as it does in DuckDB and never turns into null, in UTC, and with
timestamps without a time zone (`SESSION`).
"""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

SESSION = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.timeType.enabled": "true",
    # A decimal that has no room is an error, as in DuckDB; else Spark would drop digits behind the point.
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
}


def to_spark(query: str | exp.Expr) -> str:
    """One query of DuckDB, as text or as sqlglot has parsed it, as one query of Spark.

    Raises:
        sqlglot.errors.SqlglotError: the query cannot be read, or Spark has no words for it.
        ValueError: it asks for what was not held against both engines.
    """
    tree = sqlglot.parse_one(query, read="duckdb") if isinstance(query, str) else query.copy()
    for node in tree.walk():
        assert_known(node)
    for rule in RULES:
        for node in reversed(list(tree.walk())):  # what is inside first
            if (said := rule(node)) is not node:
                node.replace(said)
    text: str = tree.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE, comments=False, pretty=True)
    return text


def assert_known(node: exp.Expr) -> None:
    """Let through only what both engines were asked (`pipeline/test_spark`): a name may mean another thing to each.

    `weekday` counts from Sunday in DuckDB and from Monday in Spark, a list in an order would lose it without a word.
    """
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
    part = node.this.name if isinstance(node, exp.Extract) else str(node.args.get("unit") or "")
    if (isinstance(node, exp.Func) and name not in KNOWN and not isinstance(node, WORDS)) or (
        isinstance(node, exp.TryCast)
        or (isinstance(node, exp.ArrayAgg) and isinstance(node.this, exp.Order))
        or part.upper() not in KNOWN.get(name, {part.upper()})
    ):
        raise ValueError(
            f"{node.sql('duckdb')!r}: nobody has asked whether Spark means the same by it. Say it otherwise, or add a "
            "rule or a name to dbt_project/dialect.py and ask both engines in tests/pipeline/test_spark.py."
        )


def _double(value: exp.Expr) -> exp.Expr:
    return exp.cast(value.unnest(), exp.DataType.Type.DOUBLE)


def _call(name: str, *arguments: exp.Expr | str | int) -> exp.Expr:
    """A function of Spark that is written as it is named."""
    return exp.Anonymous(this=name, expressions=[exp.convert(argument) for argument in arguments])


def quotient(node: exp.Expr) -> exp.Expr:
    """`/` divides as doubles in DuckDB, whatever it divides; decimals as rounded decimals in Spark."""
    if isinstance(node, exp.Div):
        return exp.Div(this=_double(node.this), expression=_double(node.expression), typed=False, safe=False)
    return node


def ordered_aggregate(node: exp.Expr) -> exp.Expr:
    """An aggregate of doubles in the order of its values (macro `in_order`) is one over a sorted list.

    The sum of an empty list is 0, that of no rows null.
    """
    if not isinstance(node, exp.Sum | exp.Avg | exp.StddevSamp) or not isinstance(node.this, exp.Order):
        return node
    value = node.this.this.sql(dialect="spark")
    values = f"array_sort(collect_list(cast({value} as double)))"
    added = f"aggregate({values}, cast(0 as double), (t_, v_) -> t_ + v_)"
    found, least = added, 1
    if isinstance(node, exp.Avg):
        found = f"{added} / count({value})"
    if isinstance(node, exp.StddevSamp):
        found, least = f"aggregate({values}, {WELFORD})", 2
    return sqlglot.parse_one(f"case when count({value}) >= {least} then {found} end", read="spark")


# One pass over the values, as DuckDB does it: how many, their mean, the sum of their squared distances from it.
WELFORD = """
    named_struct('n', cast(0 as double), 'mean', cast(0 as double), 'squares', cast(0 as double)),
    (t_, v_) -> named_struct(
        'n', t_.n + 1,
        'mean', t_.mean + (v_ - t_.mean) / (t_.n + 1),
        'squares', t_.squares + (v_ - t_.mean) * (v_ - (t_.mean + (v_ - t_.mean) / (t_.n + 1)))
    ),
    t_ -> sqrt(t_.squares / (t_.n - 1))
"""


def mean(node: exp.Expr) -> exp.Expr:
    """The mean of decimals is a double in DuckDB, a rounded decimal in Spark."""
    if isinstance(node, exp.Avg) and not isinstance(node.this, exp.Order):
        return exp.Avg(this=_double(node.this))
    return node


def exact_percentile(node: exp.Expr) -> exp.Expr:
    """sqlglot would take the approximate one."""
    if isinstance(node, exp.WithinGroup) and isinstance(node.this, exp.PercentileCont):
        return _call("percentile", node.expression.expressions[0].this, node.this.this)
    return node


def of_the_greatest(node: exp.Expr) -> exp.Expr:
    """`max_by` and `min_by` pass over rows whose value is null in DuckDB; Spark would give that null."""
    if isinstance(node, exp.Filter) and isinstance(node.this, exp.ArgMax | exp.ArgMin):
        known = exp.and_(node.expression.this, node.this.this.is_(exp.null()).not_())
        return exp.Filter(this=node.this, expression=exp.Where(this=known))
    if isinstance(node, exp.ArgMax | exp.ArgMin) and not isinstance(node.parent, exp.Filter):
        return exp.Filter(this=node.copy(), expression=exp.Where(this=node.this.copy().is_(exp.null()).not_()))
    return node


def collected(node: exp.Expr) -> exp.Expr:
    """A list of no rows is null in DuckDB, and empty in Spark."""
    if isinstance(node, exp.ArrayAgg) and not isinstance(node.parent, exp.Filter):
        return _if_any(node)
    return _if_any(node) if isinstance(node, exp.Filter) and isinstance(node.this, exp.ArrayAgg) else node


def _if_any(values: exp.Expr) -> exp.Expr:
    asked = exp.GT(this=_call("size", values.copy()), expression=exp.Literal.number(0))
    return exp.If(this=asked, true=values.copy(), false=exp.null())


def joined(node: exp.Expr) -> exp.Expr:
    """`concat` leaves nulls out in DuckDB, whatever the types of its parts."""
    if type(node) is exp.Concat:
        parts = [
            part if part.is_string else exp.func("coalesce", exp.cast(part, "text"), exp.Literal.string(""))
            for part in node.expressions
        ]
        return _call("concat", *parts)
    return node


def pattern(node: exp.Expr) -> exp.Expr:
    """A backslash in a pattern is a character like others in DuckDB; in Spark it would escape the next one."""
    if not isinstance(node, exp.Like | exp.ILike) or isinstance(node.parent, exp.Escape):
        return node
    if not node.expression.is_string or "\\" in node.expression.name:
        return exp.Escape(this=node.copy(), expression=exp.Literal.string(NO_CHARACTER))
    return node


def whole_number(node: exp.Expr) -> exp.Expr:
    """A cast to a whole number rounds in DuckDB and cuts in Spark: halves of decimals away from zero, those of doubles
    to the even one. What is text or whole already stays as it is.
    """
    if type(node) is not exp.Cast or node.to.this not in exp.DataType.INTEGER_TYPES:
        return node
    value = node.this
    to_even = exp.cast(_call("rint", value.copy()), node.to)
    if is_double(value):
        return to_even
    if isinstance(value, MAY_BE_DECIMAL):
        return _if_double(value, to_even, exp.cast(_call("round", value.copy(), 0), node.to))
    return node


def is_double(value: exp.Expr) -> bool:
    """Whether a value is a double by the words themselves; of a column the words say nothing."""
    if isinstance(value, exp.Div | exp.Avg | exp.Sqrt | exp.Pow | exp.Stddev | exp.StddevSamp | exp.Median):
        return True
    if type(value) is exp.Cast:
        return bool(value.to.this == exp.DataType.Type.DOUBLE)
    parts: list[exp.Expr] = []
    if isinstance(value, exp.Case):
        parts = [branch.args["true"] for branch in value.args["ifs"]] + [value.args.get("default")]
    elif isinstance(value, exp.Binary) and not isinstance(value, exp.Predicate):
        parts = [value.this, value.expression]
    elif isinstance(value, exp.Coalesce | exp.Least | exp.Greatest):
        parts = [value.this, *value.expressions]
    elif isinstance(value, exp.Paren | exp.Abs | exp.Sum | exp.Max | exp.Min | exp.Nullif | exp.Neg | exp.Round):
        parts = [value.this]
    return any(is_double(part) for part in parts if part is not None)


def _rounded_double(value: exp.Expr, places: exp.Expr) -> exp.Expr:
    """As DuckDB rounds a double: the whole number that is nearest to it times a power of ten.

    Spark rounds the shortest decimal that stands for it: 1.005 to 1.01, which is in truth less than 1.005.
    """
    if places.is_int:
        unit: exp.Expr = exp.Literal.number(f"1e{places.to_py()}")
    else:
        unit = exp.func("power", exp.Literal.number(10), places.copy())
    whole = _call("round", exp.Mul(this=exp.paren(_double(value.copy())), expression=unit), 0)
    return exp.Div(this=whole, expression=unit.copy(), typed=False, safe=False)


def rounded(node: exp.Expr) -> exp.Expr:
    """What is a double, and what is rounded to places that differ from row to row, which Spark does not do."""
    if not isinstance(node, exp.Round) or (places := node.args.get("decimals")) is None:
        return node
    return _rounded_double(node.this, places) if is_double(node.this) or not places.is_int else node


def rounded_by_cast(node: exp.Expr) -> exp.Expr:
    """A cast to decimal rounds a double, and so does `round` below a cast: where only Spark knows the type, it asks.

    A decimal stays one all the way: money never becomes a double.
    """
    if type(node) is not exp.Cast:
        return node
    value, is_decimal = node.this, node.to.this == exp.DataType.Type.DECIMAL
    scale = node.to.expressions[1].this if is_decimal and len(node.to.expressions) > 1 else None
    if isinstance(value, exp.Round) and (places := value.args.get("decimals")) is not None and places.is_int:
        return _if_double(value.this, exp.cast(_rounded_double(value.this, places), node.to), node)
    if scale is None or not (is_double(value) or isinstance(value, exp.Column)):
        return node
    as_double = exp.cast(_rounded_double(value, scale), node.to)
    return as_double if is_double(value) else _if_double(value, as_double, node)


def _if_double(value: exp.Expr, then: exp.Expr, other: exp.Expr) -> exp.Expr:
    asked = exp.EQ(this=_call("typeof", value.copy()), expression=exp.Literal.string("double"))
    return exp.If(this=asked, true=then, false=other.copy())


def days(node: exp.Expr) -> exp.Expr:
    """Days between two dates, whatever the hour."""
    if isinstance(node, exp.DateDiff) and node.unit and node.unit.name.upper() == "DAY":
        return _call("datediff", exp.cast(node.this, "date"), exp.cast(node.expression, "date"))
    return node


def money_in_words(node: exp.Expr) -> exp.Expr:
    """A number as a sentence says it: 1,234 or GBP 1,234.50."""
    if not isinstance(node, exp.Format):
        return node
    before, _, rest = node.this.name.partition("{")
    places = {":,}": 0, ":,.2f}": 2}.get(rest)
    if places is None:
        raise ValueError(f"format {node.this.name!r} is none that Spark is told of in dbt_project/dialect.py")
    return _call("concat", before, _call("format_number", node.expressions[0], places))


def letters(node: exp.Expr) -> exp.Expr:
    """One letter stays one letter in DuckDB, whatever its case; in Spark ß becomes SS, and İ an i with a dot above.

    Of ligatures and a few letters of Greek and Armenian the engines' upper case still differs.
    """
    if type(node) is exp.Upper:
        return exp.Upper(this=_call("translate", node.this, "ß", "ẞ"))
    if type(node) is exp.Lower:
        return exp.Lower(this=_call("translate", node.this, "İΣ", "iσ"))
    return node


def trimmed(node: exp.Expr) -> exp.Expr:
    """`trim` takes every blank off in DuckDB, the one that breaks no line too; in Spark the plain one alone."""
    if type(node) is exp.Trim and node.expression is None and not node.args.get("position"):
        return _call("regexp_replace", node.this, r"^\p{Zs}+|\p{Zs}+$", "")
    return node


def time_of_day(node: exp.Expr) -> exp.Expr:
    """Spark has times of day since 4.1; sqlglot takes them for moments, which have a day: that of the run."""
    if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.TIME:
        return type(node)(this=node.this, to=exp.DataType(this=exp.DataType.Type.USERDEFINED, kind="time(6)"))
    return node


def lists(node: exp.Expr) -> exp.Expr:
    """What the macros of code lists ask of lists."""
    if isinstance(node, exp.ArrayOverlaps):
        return _call("arrays_overlap", node.this, node.expression)
    if not isinstance(node, exp.Anonymous):
        return node
    name = node.name.lower()
    if name == "list_has_all":
        allowed, asked = node.expressions
        return exp.EQ(this=_call("size", _call("array_except", asked, allowed)), expression=exp.Literal.number(0))
    if name == "list_extract":
        values, place = node.expressions
        return _call("get", values, exp.Sub(this=place, expression=exp.Literal.number(1)))
    return node


NO_CHARACTER = chr(1)  # one that no pattern has
MAY_BE_DECIMAL = (
    exp.Column, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Paren, exp.Coalesce, exp.Sum, exp.Neg, exp.Abs,
    exp.Case, exp.If, exp.Nullif, exp.Min, exp.Max, exp.Least, exp.Greatest,
)  # fmt: skip
RULES: tuple[Callable[[exp.Expr], exp.Expr], ...] = (
    collected, ordered_aggregate, mean, rounded, rounded_by_cast, quotient, exact_percentile, of_the_greatest, joined,
    pattern, whole_number, days, money_in_words, letters, lists, time_of_day, trimmed,
)  # fmt: skip
# No functions, though sqlglot takes them for such.
WORDS = (exp.And, exp.Or, exp.Case, exp.If, exp.Exists, exp.Cast)
# Functions that both engines were asked, as sqlglot calls them; of some those parts of a date.
_FUNCTIONS = """
    Abs ArgMax ArgMin Array ArrayAgg ArrayContains ArrayFilter ArrayOverlaps Avg Coalesce Concat ConcatWs Count
    DateDiff DateFromParts Day DenseRank Explode Extract Floor Format Greatest GroupConcat LastDay Lag Lead Least
    Left Length Lower MD5 Max Median Min Month Nullif Pad PercentileCont Pow Rank ReadParquet Replace Right Round
    RowNumber Sign Split SplitPart Sqrt StddevSamp Substring Sum TimestampTrunc Translate Trim Upper Year
    list_extract list_has_all list_value
"""
KNOWN: dict[str, set[str]] = {name: {""} for name in _FUNCTIONS.split()} | {
    "DateDiff": {"DAY"}, "Extract": {"YEAR", "MONTH"}, "TimestampTrunc": {"MONTH"},
}  # fmt: skip
