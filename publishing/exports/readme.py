"""What lies beside the files of an export: which release, for whom, what empty and suppressed mean, how to read it.

Belongs here: the words. Whoever gets a file by mail has nothing else.
"""

from collections.abc import Sequence
from textwrap import fill

from publishing.audiences import COMMISSIONER
from publishing.exports.described import Table
from publishing.shelf import Release
from publishing.suppression import EXACT

FOR = {
    COMMISSIONER: "the commissioner's own staff. Not to be passed on: it names practices, files, owners and charges, "
    "and its money is not all public.",
    "practice": "the practices of the commissioner. Not for publication.",
    "public": "anybody.",
}
LICENCE = {
    "public": "Figures made of national publications (NHS England, NHS Digital, NHS Business Services Authority, "
    "CQC) are public sector information under the Open Government Licence v3.0: name those sources and this release. "
    "The licence of the other figures is the commissioner's to state.",
}
CLOSED = "None is given: use it for the purpose it was given to you for."

TEXT = """\
Primary Care Warehouse: export of a release

Release    {release_id}
Made       {created} UTC{as_at}
For        {audience}
Licence    {licence}

What is here
  parquet/<table>.parquet        every table, with types and descriptions; for Python, R, DuckDB, Power BI
  csv.zip                        the same tables as CSV, with datapackage.json (Frictionless)
{indicators}\
  dictionary.csv, .html          every table and column: type, key, description; views are made of them and not here
  semantic.yml                   every indicator as a metric of dbt (MetricFlow)

How to read it
  pandas   pandas.read_parquet("parquet/indicator.parquet")      (needs pyarrow)
  Polars   polars.read_parquet("parquet/indicator.parquet")
  R        arrow::read_parquet("parquet/indicator.parquet")
  Excel    Data > Get Data > From File > From Parquet, or open a CSV

What a figure means
  Which figure stands says the column state: ok, awaiting (something was not received) or withheld (a gate stopped it).
  Empty is not known or not shown. It is never zero.
{disclosure}
  Rates are made of summed numerators and denominators. To compare groups, sum both and divide: never average rates.
  Money is decimal, in pounds, unless its description says otherwise.

How CSV is written
  UTF-8 with a byte order mark, commas, lines end with CRLF. Days are 2017-06-30, moments 2017-06-30 12:00:00 and UTC.
  Null is an empty cell.
  Text that a spreadsheet would run as a formula, or turn into a number, a day or TRUE (0501, 1E5, 2011-12, -, =SUM(1)),
  text that begins with an apostrophe, and empty text has ONE APOSTROPHE before it. So has, within a text, what would be
  run after a semicolon, a tab or the end of a line, and an apostrophe there. To undo that: in columns of text
  (dictionary.csv: type VARCHAR) remove one apostrophe at the beginning, and one right after each semicolon, tab or end
  of a line. Numbers and days have none.
    pandas   frame[c] = frame[c].str.replace(r"(^|[;\\t\\r\\n])'", r"\\1", regex=True)
    R        x <- gsub("(^|[;\\t\\r\\n])'", "\\\\1", x, perl = TRUE)
    Excel    =SUBSTITUTE(IF(LEFT(A2,1)="'",MID(A2,2,32767),A2),";'",";")
  Cells are parted by commas; a program that is told of semicolons alone runs nothing, and shows no columns.
  Read columns of text as text, and no word as missing:
    pandas   pandas.read_csv(f, dtype=str, keep_default_na=False, na_values=[""])
    R        readr::read_csv(f, na = "", col_types = readr::cols(.default = "c"))
  Parquet has none of this: text there is as it is.
"""
INDICATORS = """\
  indicators_by_practice_*.csv   all indicators by practice, of the newest month in which a practice has a figure
  indicators_by_practice.parquet the same of every month
  indicators_by_practice.zip     the same of every month, a CSV for each
                                 One row per practice, indicator, version and period end, numerator and denominator
                                 beside the value. A month has the periods that end in it: rolling and year-to-date
                                 figures each month, quarters and yearly ones where they end. A later release may
                                 restate any month: take all of them from one release.
"""


def text(release: Release, audience: str, tables: Sequence[Table], disclosure: str, has_indicators: bool) -> bytes:
    """`README.txt`, as editors of Windows like it: a byte order mark, CRLF."""
    as_at = f", as known at {release.as_at:%Y-%m-%d %H:%M} UTC" if release.as_at else ""
    said = TEXT.format(
        release_id=release.release_id,
        created=f"{release.created_at:%Y-%m-%d %H:%M}",
        as_at=as_at,
        audience=f"{audience}: {FOR.get(audience, 'those whom the commissioner named for it.')}",
        licence=LICENCE.get(audience, CLOSED),
        disclosure="\n".join(
            fill(line, 120, initial_indent="  ", subsequent_indent="  ") for line in _of_patients(disclosure)
        ),
        indicators=INDICATORS if has_indicators else "",
    )
    listed = "\n".join(f"  {table.name:<28} {table.rows:>10,} rows" for table in tables)
    whole = f"{said}\nTables\n{listed}\n"
    return ("\ufeff" + whole).replace("\n", "\r\n").encode()


def _of_patients(disclosure: str) -> tuple[str, ...]:
    """Lines on counts of patients; of a file in which they are exact nothing is said of hidden ones."""
    if disclosure == EXACT:
        return (disclosure,)
    return (f"Suppressed: {disclosure}", "Of a figure that is hidden state_reason says so.")
