"""What identifies a patient, and how it is found: NHS numbers, and columns that hold names, birth dates or addresses.

Belongs here: recognising identifiers in headers, text and SQL expressions. Replacing them belongs in `pseudonyms`, what
follows for a file in `door`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

HIDDEN = "(hidden)"
# Ten digits, alone or written 3-3-4 with blanks or dashes. Digits beside them make another number of them.
_NUMBER = re.compile(r"(?<![0-9])([0-9]{3})([ \u00a0-]?)([0-9]{3})([ \u00a0-]?)([0-9]{4})(?![0-9])")
_BLANKS = str.maketrans("", "", " -\t\u00a0")
# The same in SQL; chr(160) is the blank that web pages and Word put in.
_SQL_BLANKS = "' -' || chr(9) || chr(160)"
NEAR_NHS = r"(?i)nhs[^0-9]{0,20}[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}([^0-9]|$)"

_NHS_HEADER = re.compile(r"(^|_)NHS_?(NO|NUM|NUMB|NUMBER|NBR)(_|$)|^NHS$")
_NOT_A_NUMBER = re.compile(r"PSEUDO|STATUS|TRACE|VALID|INDICATOR|COUNT|HASH")
_PERSON = "(PATIENT|PERSON|PT|CLIENT|CARER|NEXT_OF_KIN)S?_?"
_IDENTIFYING_HEADER = re.compile(
    "|".join(
        (
            r"(^|_)(DOB|D_O_B|DATE_?OF_?BIRTH|BIRTH_?DATE)(_|$)",
            rf"^({_PERSON})?(FULL_?)?(FORENAMES?|FIRST_?NAMES?|SURNAME|LAST_?NAME|FAMILY_?NAME|GIVEN_?NAMES?|MIDDLE_?NAMES?)(_|$)",
            rf"^{_PERSON}(FULL_?)?(NAME|ADDRESS|POST_?CODE|TELEPHONE|PHONE|MOBILE|EMAIL)",
            r"(^|_)(HOME|USUAL)_(ADDRESS|POST_?CODE)|POST_?CODE_(OF_USUAL|USUAL)|USUAL_ADDRESS",
            r"LOCAL_PATIENT_ID|^(HOSPITAL|CASE_?NOTES?|PATIENT|PAS|MEDICAL_RECORD)_?(ID|NO|NUM|NUMBER|IDENTIFIER)$|^MRN$",
        )
    )
)
_DATE = re.compile(r"(?:(\d{4})[-/]?\d{2}[-/]?\d{2}|\d{1,2}[-/ ](?:\d{1,2}|[A-Za-z]{3})[-/ ](\d{4}))(?:[ T].*)?")
# The NHS began on 5 July 1948: no organisation, activity or price of it is older, and many of its patients are.
_FIRST_YEAR = 1948
_PLACEHOLDER_YEARS = {1, 1582, 1600, 1753, 1800, 1899, 1900, 1901}


def is_valid_nhs_number(text: str) -> bool:
    """Ten digits whose check digit (modulus 11, weights 10 to 2) is right, and not all the same digit."""
    if len(text) < 10:
        return False
    digits = text.translate(_BLANKS)
    if not re.fullmatch(r"[0-9]{10}", digits) or len(set(digits)) == 1:
        return False
    return sum(int(digit) * weight for digit, weight in zip(digits, range(10, 0, -1), strict=True)) % 11 == 0


def digits_sql(text: str) -> str:
    """SQL of a text without the blanks and dashes in which NHS numbers are written."""
    return f"translate({text}, {_SQL_BLANKS}, '')"


def is_valid_sql(text: str) -> str:
    """SQL of `is_valid_nhs_number`, on whole columns; false for null."""
    return f"coalesce({_is_valid_number_sql(_ten_digits_sql(digits_sql(text)))}, false)"


def redacted(text: str) -> str:
    """The text with every valid NHS number hidden; other numbers stay."""
    return _NUMBER.sub(lambda found: HIDDEN if is_valid_nhs_number(found.group(0)) else found.group(0), text)


def normal_header(header: str) -> str:
    """A header in capitals, words joined by underscores: `NHS Number` and `nhs-number` are alike."""
    return re.sub(r"[^A-Z0-9]+", "_", header.strip().lstrip("\ufeff").upper()).strip("_")


def identifying_headers(headers: Iterable[str]) -> list[str]:
    """Those header names that promise an NHS number, a name, a birth date, an address or a local patient number."""
    return [header for header in headers if _is_identifying(normal_header(header))]


def _is_identifying(name: str) -> bool:
    if _NHS_HEADER.search(name) or name in ("NHSNUMBER", "NHSNO"):
        return not _NOT_A_NUMBER.search(name)
    return _IDENTIFYING_HEADER.search(name) is not None


def are_mostly_nhs_numbers(valid: int, filled: int) -> bool:
    """Whether so many valid numbers among the filled cells are no chance.

    One in eleven numbers of ten digits is valid by chance, so half of a column never is, and hardly ever both of two
    cells. A single cell may be: there we would rather be wrong than keep a patient's number.
    """
    return valid * 2 >= filled and (valid >= 3 or valid == filled > 0)


def columns_of_nhs_numbers(rows: Sequence[Sequence[str]]) -> list[int]:
    """Which columns of the first rows hold NHS numbers, counted from 1. The first row may be a header."""
    found = []
    for number, cells in _columns(rows):
        valid = sum(is_valid_nhs_number(cell) for cell in cells)
        body = len(cells) - (re.search(r"[0-9]", cells[0]) is None)
        if are_mostly_nhs_numbers(valid, body):
            found.append(number)
    return found


def columns_of_birth_dates(rows: Sequence[Sequence[str]]) -> list[int]:
    """Which columns of the first rows hold dates as old as people, counted from 1."""
    return [number for number, cells in _columns(rows) if _are_birth_dates(cells)]


def _columns(rows: Sequence[Sequence[str]]) -> Iterable[tuple[int, list[str]]]:
    for position in range(max((len(row) for row in rows), default=0)):
        cells = [row[position].strip() for row in rows if position < len(row) and row[position].strip()]
        if cells:
            yield position + 1, cells


def nhs_numbers_in(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> list[str]:
    """Which of these text columns of a table hold NHS numbers: parts of a sentence, with columns and counts.

    Codes are shorter than ten characters: the longest value of each column tells which ones need a closer look.
    """
    if not columns:
        return []
    longest = connection.execute(f"select {', '.join(f'max(length({name}))' for name in columns)} from {table}")
    long = [name for name, length in zip(columns, longest.fetchall()[0], strict=True) if (length or 0) >= 10]
    if not long:
        return []
    found = []
    for name in long:
        filled, valid, named, shaped, ending = connection.execute(_counts_sql(table, name)).fetchall()[0]
        # Behind a prefix, or in some rows only: of values that end in ten digits one in eleven is valid by chance.
        if are_mostly_nhs_numbers(valid, filled) or (ending >= 5 and ending * 3 >= shaped):
            valid = max(valid, ending)
            found.append(f"column {name} holds NHS numbers ({valid:,} of {filled:,} values)")
        elif named:
            found.append(f"column {name} names NHS numbers in {named:,} value(s)")
    return found


def _counts_sql(table: str, name: str) -> str:
    """SQL of how many values a column has, are NHS numbers, name one, end in ten digits, end in an NHS number.

    Most values are keys and pseudonyms. Ten digits are told by a cast there and back, in a tenth of the time that a
    pattern takes.
    """
    return f"""
        with cut as (
            select
                {name} as value,
                {digits_sql(name)} as whole,
                right(if(ends_with({name}, '.0'), left({name}, -2), {name}), 10) as ending
            from {table}
        ),
        numbered as (
            select value, {_ten_digits_sql("whole")} as whole, {_ten_digits_sql("ending")} as ending from cut
        )
        select
            count(value),
            count(*) filter ({_is_valid_number_sql("whole")}),
            count(*) filter (
                case when contains(lower(value), 'nhs') then regexp_matches(value, '{NEAR_NHS}') else false end
            ),
            count(ending),
            count(*) filter ({_is_valid_number_sql("ending")})
        from numbered
    """


def _ten_digits_sql(text: str) -> str:
    """SQL of the number that a text of ten digits is, null for any other text."""
    number = f"try_cast({text} as bigint)"
    is_ten = f"length({text}) = 10 and {number} >= 0 and lpad({number}::varchar, 10, '0') = {text}"
    return f"case when {is_ten} then {number} end"


def _is_valid_number_sql(number: str) -> str:
    """SQL of whether a number of ten digits is an NHS number. The check digit is the term of weight 1."""
    total = " + ".join(f"{number} // {10 ** (weight - 1)} % 10 * {weight}" for weight in range(10, 0, -1))
    return f"{number} % 1111111111 != 0 and ({total}) % 11 = 0"


def _are_birth_dates(cells: Sequence[str]) -> bool:
    """Dates of which one in twenty, and at least two, lie before there was an NHS."""
    matches = [found for cell in cells if (found := _DATE.fullmatch(cell))]
    if len(matches) * 2 < len(cells) or len(matches) < 2:
        return False
    years = [int(found.group(1) or found.group(2)) for found in matches]
    early = [year for year in years if 1850 < year < _FIRST_YEAR and year not in _PLACEHOLDER_YEARS]
    return len(early) >= 2 and len(early) * 20 >= len(years)


@dataclass
class TextScan:
    """Counts numbers that look like NHS numbers in running text; ask `finding` when all of it was given."""

    numbers: int = 0
    valid: int = 0
    spaced: bool = False
    named: bool = False
    _rest: str = field(default="", repr=False)

    def add(self, text: str) -> None:
        """Count in the next piece of text. A number that two pieces share is seen with the second."""
        text = self._rest + text
        cut = max(text.rfind("\n"), len(text) - 200) if len(text) > 200 else 0
        while cut and text[cut - 1] in "0123456789 -\u00a0":  # never inside a number
            cut -= 1
        self._count(text[:cut])
        self._rest = text[cut:]

    def finding(self) -> str | None:
        """Part of a sentence about what was found; None unless more numbers are valid than chance gives."""
        self._count(self._rest)
        self._rest = ""
        if self.named:
            return "a value beside the letters NHS is an NHS number"
        if self.spaced:
            return "it holds NHS numbers, written with blanks or dashes"
        return "it holds NHS numbers" if self.valid * 3 >= self.numbers > 0 else None

    def _count(self, text: str) -> None:
        for found in _NUMBER.finditer(text):
            self.numbers += 1
            if is_valid_nhs_number(found.group(0)):
                self.valid += 1
                self.spaced = self.spaced or bool(found.group(2) and found.group(4))
                self.named = self.named or re.search(r"(?i)nhs[^0-9\n]{0,20}$", text[: found.start()][-30:]) is not None
