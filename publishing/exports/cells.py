"""Text of a CSV cell that a spreadsheet would take for something else: a formula, a number, a date, a boolean.

Belongs here: which text that is, how it is guarded, and how that is undone. Excel and LibreOffice guess what a cell is
and let no file say it; what they guess wrong is run (`=cmd|...`), or lost without a word (`0501` becomes 501, `1E5` and
`5E1` become 100000 and 50, `2011-12` a day in December).

The rule: such text, empty text, and text that begins with an apostrophe gets one apostrophe before it. So does, within
a text, what follows a semicolon, a tab or the end of a line and would be run there, or is an apostrophe. Undone: in
columns of text one apostrophe goes where the cell begins with it, and where it follows a semicolon, a tab or the end of
a line. So every text comes back as it was, and null, which is an empty cell, is told from empty text. Numbers, dates
and booleans are of columns that are no text: they are never guarded, so that `-5` stays a number. Codes of practices,
providers and commissioners (`N82001`, `RQ6`, `99A`) and financial years (`2017-18`) are no number, date or formula to
any spreadsheet, and are left as they are.

All text but plain codes is quoted: LibreOffice parts cells at commas, semicolons and tabs alike unless it is told not
to. Quotes do not hold where semicolons or tabs alone part them (as in Excel of many countries): a quote that does not
begin its field is none, and `Dr A;=1+1` is two cells, of which the second is run. Hence the apostrophe within.
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
# Where a cell may begin for who parts them otherwise, and what would be run there; a quote before it may be lost.
WITHIN = "([;\t\r\n])([ \f\v\u00a0\ufeff\"]*[=+\\-@'＝＋－＠−])"
# Text of these signs alone is not quoted.
CODE = "[A-Za-z0-9_.'/-]*"
_guarded, _free, _within, _code = map(re.compile, (GUARDED, FREE, WITHIN, CODE))
_undone = re.compile("(^|[;\t\r\n])'")

# What is written of each type, without its guard; of any other type nobody has decided how to write it.
PLAIN = ("BOOLEAN", "DATE", "TIMESTAMP", "INTEGER", "BIGINT", "SMALLINT", "DOUBLE", "DECIMAL")
TEXT = "VARCHAR"


def guarded(text: str) -> str:
    """A text with its guards."""
    is_guarded = not text or (_guarded.fullmatch(text) and not _free.fullmatch(text))
    within = _within.sub(rf"\1{GUARD}\2", text)
    return GUARD + within if is_guarded else within


def unguarded(cell: str) -> str | None:
    """The text of a cell of a text column; None where it is null."""
    return _undone.sub(r"\1", cell) if cell else None


def written(text: str) -> str:
    """A text cell as it is written: guarded, and quoted unless it is a plain code."""
    cell = guarded(text)
    return cell if _code.fullmatch(cell) else '"' + cell.replace('"', '""') + '"'


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the same rule known to a connection, as the macros `guarded_cell` and `written_cell`."""
    guarded, free, within, code = (pattern.replace("'", "''") for pattern in (GUARDED, FREE, WITHIN, CODE))
    connection.execute(
        "create or replace temp macro guarded_cell(cell) as case "
        f"when cell = '' or regexp_full_match(cell, '{guarded}') and not regexp_full_match(cell, '{free}') "
        rf"then '''' else '' end || regexp_replace(cell, '{within}', '\1''\2', 'g')"
    )
    connection.execute(
        "create or replace temp macro quoted_cell(cell) as case "
        f"""when regexp_full_match(cell, '{code}') then cell else '"' || replace(cell, '"', '""') || '"' end"""
    )
    connection.execute("create or replace temp macro written_cell(cell) as quoted_cell(guarded_cell(cell))")
