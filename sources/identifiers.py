"""What identifies a patient, and how it is found: NHS numbers, and columns that hold names, birth dates or addresses.

Belongs here: recognising identifiers in headers, text and SQL expressions. Replacing them belongs in `pseudonyms`, what
follows for a file in `door`.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import comb

import duckdb

HIDDEN = "(hidden)"
# Ten digits, alone or written 3-3-4 with blanks (the narrow ones of print too), dashes, dots, strokes or underscores.
# Digits beside them make another number of them.
_BETWEEN = r" \u00a0\u2007\u2009\u202f\u2010-\u2015\u2212./_-"
_NUMBER = re.compile(rf"(?<![0-9])([0-9]{{3}})([{_BETWEEN}]?)([0-9]{{3}})([{_BETWEEN}]?)([0-9]{{4}})(?![0-9])")
_INSIDE_NUMBER = re.compile(rf"[0-9{_BETWEEN}]")
_BLANKS = str.maketrans("", "", " -\t\u00a0")
# Longer values are pseudonyms and lists; so many digits are in them that ten of them mean nothing.
_LONGEST_RECORD = 31
# Where ten digits may stand in a longer value, see `_cut_sql`.
_POSITIONS = ("ending", "first", "last", "long_ending", "long_first")
_FEW, _NO_CHANCE = 60, 1e-5  # of 60 numbers 20 are valid by chance in one file of six million
PROVIDER = "der_provider_code"
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
    return _NUMBER.sub(lambda found: HIDDEN if _is_number(found) else found.group(0), text)


def _is_number(found: re.Match[str]) -> bool:
    return is_valid_nhs_number(found[1] + found[3] + found[5])


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


def are_many(valid: int, shaped: int) -> bool:
    """Whether of so many numbers of ten digits more are valid than the one in eleven that chance gives."""
    return valid >= 5 and valid * 3 >= shaped


def are_no_chance(valid: int, shaped: int) -> bool:
    """The same of numbers cut from values longer than any key: of a hundred pseudonyms one begins with ten digits.

    Of fifteen such numbers five are valid in one file of a hundred. Of few so many must be valid that chance makes them
    in no file of a hundred thousand.
    """
    return are_many(valid, shaped) and (shaped > _FEW or _chance_of(valid, shaped) < _NO_CHANCE)


def _chance_of(valid: int, shaped: int) -> float:
    """How likely so many or more of some numbers are valid by chance."""
    likely: float = sum(comb(shaped, count) * 10 ** (shaped - count) for count in range(valid, shaped + 1)) / 11**shaped
    return likely


def columns_of_nhs_numbers(rows: Sequence[Sequence[str]]) -> list[int]:
    """Which columns of the first rows hold NHS numbers, counted from 1. The first row may be a header."""
    found = []
    for number, cells in _columns(rows):
        valid = sum(is_valid_nhs_number(cell) for cell in cells)
        body = len(cells) - (re.search(r"[0-9]", cells[0]) is None)
        if are_mostly_nhs_numbers(valid, body) or _hide_numbers(cells):
            found.append(number)
    return found


def _hide_numbers(cells: Iterable[str]) -> bool:
    """Whether many different cells begin or end with an NHS number, whatever stands beside it or in between."""
    known = set(cells)
    digits = [re.sub("[^0-9]", "", cell) for cell in known if len(cell) <= _LONGEST_RECORD]
    long = [cell for cell in known if len(cell) > _LONGEST_RECORD]
    for texts, judge in ((digits, are_many), (long, are_no_chance)):
        for numbers in ({text[:10] for text in texts}, {text[-10:] for text in texts}):
            shaped = [number for number in numbers if re.fullmatch("[0-9]{10}", number)]
            if judge(sum(map(is_valid_nhs_number, shaped)), len(shaped)):
                return True
    return False


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
    longest = connection.execute(f"select {', '.join(f'max(strlen({name}))' for name in columns)} from {table}")
    long = [name for name, length in zip(columns, longest.fetchall()[0], strict=True) if (length or 0) >= 10]
    if not long:
        return []
    provider = PROVIDER if PROVIDER in columns else "null"
    found = []
    for name in long:
        groups = connection.execute(_counts_sql(table, name, provider)).fetchall()
        filled, valid, named, *_ = map(sum, zip(*groups, strict=True))
        hidden = _hidden_in(connection, table, name, provider, [group[3:] for group in groups])
        if hidden or are_mostly_nhs_numbers(valid, filled):
            valid = max(valid, hidden)
            found.append(f"column {name} holds NHS numbers ({valid:,} of {filled:,} values)")
        elif named:
            found.append(f"column {name} names NHS numbers in {named:,} value(s)")
    return found


def _hidden_in(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, provider: str, groups: Sequence[Sequence[int]]
) -> int:
    """How many values hold an NHS number beside other things; 0 where it may be chance.

    `groups` are the numbers of ten digits and the valid ones of each position, for each provider. Each position is
    judged alone: together they would be valid by chance in every fourth value. Keys often begin with the same digits,
    so different numbers are counted where the first look finds many.
    """
    most = 0
    for place, position in enumerate(_POSITIONS):
        counts = [(group[2 * place + 1], group[2 * place]) for group in groups]
        valid, shaped = sum(valid for valid, _ in counts), sum(shaped for _, shaped in counts)
        judge = are_no_chance if position.startswith("long") else are_many
        if judge(valid, shaped) or any(map(_are_of_provider, counts)):
            is_sure = position == "ending" and judge(valid, shaped)
            if is_sure or _are_different(connection, _different_sql(table, name, provider, position), judge):
                most = max(most, valid)
    return most


def _are_different(connection: duckdb.DuckDBPyConnection, query: str, judge: Callable[[int, int], bool]) -> bool:
    whole, *providers = connection.execute(query).fetchall()
    return judge(*whole) or any(_are_of_provider(counts) for counts in providers)


def _are_of_provider(counts: tuple[int, int]) -> bool:
    """Valid and other numbers of one provider. There are hundreds of small ones: the bar is above that for a file."""
    valid, shaped = counts
    return valid >= 10 and valid * 2 >= shaped


def _cut_sql(table: str, name: str, provider: str) -> str:
    """SQL of the provider, each value, and the numbers of ten digits in it: all of it, its end, its first and its last.

    First and last are of its digits alone. Most values are keys and pseudonyms. Ten digits are told by a cast there and
    back, in a tenth of the time that a pattern takes; a pattern takes out what stands between the digits, of keys only,
    and blanks are taken out where there are any.
    """
    has_blanks = " or ".join(f"contains({name}, {blank})" for blank in ("' '", "'-'", "chr(9)", "chr(160)"))
    return f"""
        cut as (
            select
                {provider} as provider,
                {name} as value,
                case
                    when length({name}) = 10 then {name}
                    when length({name}) > 10 and ({has_blanks}) then {digits_sql(name)}
                end as whole,
                case
                    when length({name}) >= 10
                    then right(if(ends_with({name}, '.0'), left({name}, -2), {name}), 10)
                end as ending,
                case
                    when length({name}) > {_LONGEST_RECORD} then left({name}, 10)
                    when length({name}) > 10 then regexp_replace({name}, '[^0-9]+', '', 'g')
                end as digits,
                length({name}) > {_LONGEST_RECORD} as is_long
            from {table}
        ),
        numbered as (
            select
                provider,
                value,
                {_ten_digits_sql("whole")} as whole,
                case when not is_long then {_ten_digits_sql("ending")} end as ending,
                case when not is_long then {_ten_digits_sql("left(digits, 10)")} end as first,
                case when is_long then {_ten_digits_sql("ending")} end as long_ending,
                case when is_long then {_ten_digits_sql("left(digits, 10)")} end as long_first,
                case when length(digits) > 10 then {_ten_digits_sql("right(digits, 10)")} end as last
            from cut
        )
    """


def _counts_sql(table: str, name: str, provider: str) -> str:
    """SQL of how many values a column has, are NHS numbers, name one, and at each position are numbers and valid."""
    counts = ", ".join(
        f"count({position}), count(*) filter ({_is_valid_number_sql(position)})" for position in _POSITIONS
    )
    return f"""
        with {_cut_sql(table, name, provider)}
        select
            count(value),
            count(*) filter ({_is_valid_number_sql("whole")}),
            count(*) filter (
                case when contains(lower(value), 'nhs') then regexp_matches(value, '{NEAR_NHS}') else false end
            ),
            {counts}
        from numbered
        group by provider
    """


def _different_sql(table: str, name: str, provider: str, position: str) -> str:
    """SQL of how many different numbers are valid and are there: of the whole column first, then of each provider."""
    return f"""
        with {_cut_sql(table, name, provider)}
        select count(distinct {position}) filter ({_is_valid_number_sql(position)}), count(distinct {position})
        from numbered
        group by grouping sets ((), (provider))
        order by grouping(provider) desc
    """


def _ten_digits_sql(text: str) -> str:
    """SQL of the number that a text of ten digits is, null for any other text."""
    number = f"try_cast({text} as bigint)"
    is_ten = f"length({text}) = 10 and {number} >= 0 and lpad({number}::varchar, 10, '0') = {text}"
    return f"case when {is_ten} then {number} end"


def _is_valid_number_sql(number: str) -> str:
    """SQL of whether a number of ten digits is an NHS number.

    Weight k of the digit of 10**(k-1) comes to 2k - 1 modulo 11 for all that stands from it leftwards, so that no digit
    need be cut out: each of them costs a division.
    """
    total = " + ".join(f"{number} // {10 ** (weight - 1)} * {2 * weight - 1}" for weight in range(10, 0, -1))
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
        while cut and _INSIDE_NUMBER.match(text[cut - 1]):  # never inside a number
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
            if _is_number(found):
                self.valid += 1
                self.spaced = self.spaced or bool(found.group(2) and found.group(4))
                self.named = self.named or re.search(r"(?i)nhs[^0-9\n]{0,20}$", text[: found.start()][-30:]) is not None
