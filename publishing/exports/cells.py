"""Text of a CSV cell that a spreadsheet would take for something else: a formula, a number, a date, a boolean.

Belongs here: which text that is, how it is guarded, and how that is undone. Excel and LibreOffice guess what a cell is
and let no file say it; what they guess wrong is run (`=cmd|...`), or lost without a word (`0501` becomes 501, `1E5` and
`5E1` become 100000 and 50, `2011-12` a day in December).

The rule: such text, empty text, and text that begins with an apostrophe gets one apostrophe before it. Undone: where a
cell of a text column begins with an apostrophe, the first one goes. So every text comes back as it was, and null, which
is an empty cell, is told from empty text. Numbers, dates and booleans are of columns that are no text: they are never
guarded, so that `-5` stays a number. Codes of practices, providers and commissioners (`N82001`, `RQ6`, `99A`) and
financial years (`2017-18`) are no number, date or formula to any spreadsheet, and are left as they are.
"""

import re

import duckdb

GUARD = "'"
_BLANK = "[ \t\n\r\f\v\u00a0\ufeff]*"
# The last but two are the wide forms, which some programs take for the narrow ones, and U+2212 is a minus.
_STARTS = "[=+\\-@'#＝＋－＠−].*|[\t\r\n].*"
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_DAY = "(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[, ]+)?"
_DIGITS = "[0-9][-0-9/.:,' \u00a0]*"
_ENDS = "(?:t[0-9:.]+z?)?(?:e[+-]?[0-9]+)?(?: *[ap]\\.?m\\.?| +[ap])?[%£$€¥]?"
_NUMBER_OR_DATE = f"[(]?[£$€¥]?{_BLANK}[.,]?{_DIGITS}{_ENDS}{_BLANK}[)]?"
_DATE_IN_WORDS = f"{_DAY}(?:{_DIGITS}{_MONTH}[-/., 0-9:]*|{_MONTH}[-/., ]*{_DIGITS})"
# Both engines, Python's and DuckDB's, read these alike; both are asked whether all of the text fits.
GUARDED = f"(?is){_BLANK}(?:{_STARTS}|{_NUMBER_OR_DATE}|{_DATE_IN_WORDS}|true|false){_BLANK}"
# Years of finance, but for those that look like a month: 2011-12 is a December to Excel.
FREE = "[0-9]{4}[-/](?:00|1[3-9]|[2-9][0-9])"
_guarded, _free = re.compile(GUARDED), re.compile(FREE)

# What is written of each type, without its guard; of any other type nobody has decided how to write it.
PLAIN = ("BOOLEAN", "DATE", "TIMESTAMP", "INTEGER", "BIGINT", "SMALLINT", "DOUBLE", "DECIMAL")
TEXT = "VARCHAR"


def guarded(text: str) -> str:
    """A text cell as it is written."""
    is_guarded = not text or (_guarded.fullmatch(text) and not _free.fullmatch(text))
    return GUARD + text if is_guarded else text


def unguarded(cell: str) -> str | None:
    """The text of a cell of a text column; None where it is null."""
    return cell.removeprefix(GUARD) if cell else None


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the same rule known to a connection, as the macros `guarded_cell` and `quoted_cell`."""
    patterns = [pattern.replace("'", "''") for pattern in (GUARDED, FREE)]
    connection.execute(
        "create or replace temp macro guarded_cell(cell) as case "
        f"when cell = '' or regexp_full_match(cell, '{patterns[0]}') and not regexp_full_match(cell, '{patterns[1]}') "
        "then '''' || cell else cell end"
    )
    connection.execute(
        "create or replace temp macro quoted_cell(cell) as case "
        """when regexp_matches(cell, '[",\r\n]|^ | $') then '"' || replace(cell, '"', '""') || '"' else cell end"""
    )
