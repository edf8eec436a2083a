"""The catalogue of bad inputs: for each a name, the good file that is damaged, how, and what landing must say.

Belongs here: what is wrong with any file of any feed, made from the contracts. What is wrong with a feed of one family
belongs in `catalogue_families`, how a case is sent in `catalogue_runs`, what must become of it in `test_catalogue`.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from openpyxl import Workbook

from sources.contracts import load_contracts
from tests.faults.good_files import Good, Rows, text_of

Goods = Mapping[str, Good]
Sent = tuple[str, bytes]
# The gate that must stop it. `quarantined` lands without the bad rows; what is `warned` may be right and lands.
Gate = Literal["file", "rows", "quarantined", "warned"]


@dataclass(frozen=True)
class Case:
    """One bad input. `words` must stand in what is said, beside the name of the file."""

    kind: str
    dataset: str
    damage: Callable[[Goods, Good], Sent]
    gate: Gate
    words: Callable[[Good], tuple[str, ...]]

    @property
    def name(self) -> str:
        """Of the test."""
        return f"{self.kind}-{self.dataset}"


def rows(change: Callable[[Good], Rows]) -> Callable[[Goods, Good], Sent]:
    """A damage to the rows; the name stays."""
    return lambda _, good: (good.name, text_of(change(good)))


def content(change: Callable[[bytes], bytes]) -> Callable[[Goods, Good], Sent]:
    """A damage to the bytes; the name stays."""
    return lambda _, good: (good.name, change(text_of(good.rows)))


def every(step: int, column: str, value: str) -> Callable[[Good], Rows]:
    """The value in every so many-th row of a column."""

    def change(good: Good) -> Rows:
        table, place = good.copy(), good.place(column)
        for row in table[good.first :: step]:
            row[place] = value
        return table

    return change


def one(column: str, value: str | Callable[[str], str], number: int = 0) -> Callable[[Good], Rows]:
    """One cell changed, of row `number` of the data, from 0."""

    def change(good: Good) -> Rows:
        table, place = good.copy(), good.place(column)
        cell = table[good.first + number][place]
        table[good.first + number][place] = value if isinstance(value, str) else value(cell)
        return table

    return change


def all_of(column: str, change_of: Callable[[str], str]) -> Callable[[Good], Rows]:
    """Every cell of a column changed."""

    def change(good: Good) -> Rows:
        table, place = good.copy(), good.place(column)
        for row in table[good.first :]:
            row[place] = change_of(row[place])
        return table

    return change


def said(*words: str) -> Callable[[Good], tuple[str, ...]]:
    """The same words for every file."""
    return lambda _: words


def _needed(good: Good, *types: str) -> str:
    """A column of these types that may not be empty, the last that is there."""
    found = [
        c.name
        for c in good.contract.columns
        if c.type.startswith(types) and good.has(c.name) and c.name not in good.layout.absent
    ]
    needed = [name for name in found if not good.contract.column(name).nullable]
    return (needed or found)[-1]


def _key(good: Good) -> str:
    names = [name for name in good.contract.key if good.contract.column(name).type == "text" and good.has(name)]
    return next(name for name in names[::-1] if not good.contract.column(name).nullable)


def _missing(good: Good) -> Rows:
    place = good.place(_key(good))
    return [[cell for number, cell in enumerate(row) if number != place] for row in good.rows]


def _cut(data: bytes) -> bytes:
    """Ends in the second cell of the last row."""
    last = data.rstrip(b"\r\n").rindex(b"\r\n") + 2 if data.count(b"\r\n") > 1 else 0
    return data[: data.index(b",", last) + 2]


def _typed(good: Good) -> str:
    return _needed(good, "integer", "decimal", "date", "month")


def _unfit(good: Good) -> tuple[str, ...]:
    return "row", f"column {_called(good, _typed(good))}", "expected"


def _without_key(good: Good) -> tuple[str, ...]:
    return "row", f"column {_called(good, _key(good))}", "expected"


def _called(good: Good, column: str) -> str:
    return good.heading(column) if good.layout.header else column


def _unknown_column(good: Good) -> tuple[str, ...]:
    return (
        ("columns, ", "expected")
        if not good.layout.header
        else (f"column {good.layout.names[_key(good)][0]} is missing",)
    )


def _widened(good: Good) -> Rows:
    return [[*row, "NEW_COLUMN" if number < good.first else "1"] for number, row in enumerate(good.rows)]


def _renamed(good: Good) -> Rows:
    table = good.copy()
    table[0][good.place(_key(good))] = "something_else"
    return table


def _swapped(good: Good) -> Rows:
    """The values of a key and a typed column changed places; the header did not."""
    table, (one_place, other) = good.copy(), (good.place(_key(good)), good.place(_typed(good)))
    for row in table[good.first :]:
        row[one_place], row[other] = row[other], row[one_place]
    return table


def zipped(members: Mapping[str, bytes], flag: int = 0) -> bytes:
    """An archive; with a flag of 1 it says that it is encrypted."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    packed = bytearray(out.getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + place] |= flag
    return bytes(packed)


def _bomb(_: Goods, good: Good) -> Sent:
    return f"{good.name}.zip", zipped({good.name: b"0" * 300_000_000})


def _workbook(_: bytes) -> bytes:
    out, book = io.BytesIO(), Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Dear all", "please find attached"])
    book.save(out)
    return out.getvalue()


def _of_another(goods: Goods, good: Good) -> Sent:
    other = "gp_list_totals" if good.dataset != "gp_list_totals" else "carr_hill_list"
    return good.name, text_of(goods[other].rows)


def _mixed(goods: Goods, good: Good) -> Sent:
    other = goods["gp_list_totals" if good.dataset != "gp_list_totals" else "carr_hill_list"]
    return f"{good.name}.zip", zipped({good.name: text_of(good.rows), other.name: text_of(other.rows)})


def _member_called(start: str) -> Callable[[Goods, Good], Sent]:
    """The good file, under a name in its archive that leads elsewhere."""
    return lambda _, good: (f"{good.name}.zip", zipped({f"{start}{good.name}": text_of(good.rows)}))


def _member_told(start: str) -> Callable[[Good], tuple[str, ...]]:
    """The member, by its name where no patient's can be in it."""
    return lambda good: (
        "member 1: is called " + ("a name," if good.contract.identifiable else f"'{start}{good.name}'"),
        "leads out of",
    )


def _mixed_encodings(data: bytes) -> bytes:
    """UTF-8 until the last row, which somebody pasted from Windows."""
    first, rest = data.split(b"\r\n", 1)
    return first + b"\r\n" + "£é–".encode() + rest + "£".encode("cp1252") + b"\r\n"


def _enormous(good: Good) -> Rows:
    return one(_key(good), lambda cell: cell + "x" * 10_000_000, len(good.rows) - good.first - 1)(good)


ALL = (
    *("epraccur", "practice_successors", "practice_groups", "bnf_code_changes", "gp_list_quin_age", "gp_list_totals"),
    *("carr_hill_list", "need_weighted_population", "epd", "epact2_age_band"),
    *("sus_aea", "sus_ec", "sus_apcs", "sus_apce", "sus_opa"),
    *("ledger", "ledger_journal", "cres_plan", "cres_tracker", "programme_milestone", "contract_plan"),
    *("high_cost_drug_charge", "rebate_claim", "gp_payments", "spend_over_25k"),
    *("gp_patient_survey", "friends_and_family", "friends_and_family_submission", "gp_appointments"),
    *("gp_appointments_commissioner", "cqc_rating", "ers_referrals"),
    *("gp_search", "qof_prevalence", "qof_achievement", "practice_deprivation"),
    *("monthly_ae", "rtt_waiting_list", "diagnostic_waits", "cancer_waits", "iapt"),
    *("practice_contract", "contract_event", "complaint", "risk_register", "published_indicator"),
    "indicator_reference",
)
WITH_HEADER = tuple(name for name in ALL if name not in ("epraccur", "practice_successors"))
REPORTS = tuple(name for name in ALL if load_contracts()[name].layouts[0].report)
# Few enough bad rows for what the contract lets be set aside.
SET_ASIDE = {
    *(("cut_in_a_row", name) for name in ("programme_milestone", "high_cost_drug_charge")),
    *(("header_doubled", name) for name in ("epd", "epact2_age_band", "sus_opa")),
}
Damage = Callable[[Goods, Good], Sent]
Words = Callable[[Good], tuple[str, ...]]
# Of what is told apart before the feed is known: three feeds each, another three for the next kind.
PACKED: tuple[tuple[str, Damage, Words], ...] = (
    ("empty", content(lambda _: b""), said("is empty")),
    ("blank_lines", content(lambda _: b"\r\n\r\n\r\n"), said("no rows")),
    ("nul_byte", content(lambda data: data[:-4] + b"\x00" + data[-4:]), said("NUL bytes")),
    ("utf16_cut", content(lambda data: data.decode().encode("utf-16")[:-5]), said("utf-16 and is not")),
    ("mixed_encodings", content(_mixed_encodings), said("damaged bytes", "at byte")),
    ("web_page", content(lambda _: b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n"), said("web page", "row 1")),
    ("pdf", content(lambda _: b"%PDF-1.7\n1 0 obj\n"), said("document, picture")),
    ("workbook_named_csv", content(_workbook), said("row 1")),
    ("noise", content(lambda _: bytes(range(256)) * 50), said("NUL bytes")),
    ("another_feed", _of_another, said("named like", "row 1")),
    ("gzip_cut", content(lambda data: gzip.compress(data)[:-20]), said("breaks off")),
    ("zip_damaged", content(lambda data: zipped({"a.csv": data})[:-40]), said("damaged zip")),
    ("zip_with_password", lambda _, good: (good.name, zipped({good.name: text_of(good.rows)}, 1)), said("password")),
    ("zip_empty", lambda _, good: (f"{good.name}.zip", zipped({"folder/": b""})[:]), said("without a file")),
    ("zip_of_two_feeds", _mixed, said("of several datasets")),
    ("zip_climbs_out", _member_called("../../"), _member_told("../../")),
    ("zip_bomb", _bomb, said("unpacks to", "more than any")),
    ("zip_from_the_root", _member_called("/tmp/"), _member_told("/tmp/")),
    ("zip_of_a_drive", _member_called("C:"), _member_told("C:")),
    ("zip_with_backslashes", _member_called("..\\"), _member_told("..\\")),
)


def _gate(kind: str, dataset: str) -> Gate:
    return "quarantined" if (kind, dataset) in SET_ASIDE else "file"


def _rotated(position: int, count: int = 3) -> Iterable[str]:
    return [WITH_HEADER[(position * count + step * 8) % len(WITH_HEADER)] for step in range(count)]


def _generic() -> Iterable[Case]:
    for dataset in ALL:
        yield Case("column_missing", dataset, rows(_missing), "file", _unknown_column)
        yield Case("text_in_typed_column", dataset, rows(lambda g: every(3, _typed(g), "n/a")(g)), "file", _unfit)
        yield Case("key_empty", dataset, rows(lambda g: every(3, _key(g), "")(g)), "file", _without_key)
        yield Case("cut_in_a_row", dataset, content(_cut), _gate("cut_in_a_row", dataset), said("row"))
    for position, dataset in enumerate(WITH_HEADER):
        if position % 3 == 0:
            yield Case("column_added", dataset, rows(_widened), "file", said("NEW_COLUMN", "not in the contract"))
        if position % 3 == 1:
            yield Case("column_renamed", dataset, rows(_renamed), "file", _unknown_column)
        if position % 3 == 2:
            yield Case("header_only", dataset, rows(lambda g: g.rows[:1]), "file", said("no row"))
        if position % 3 == 0 and dataset not in REPORTS:  # a report repeats its header on every page
            gate = _gate("header_doubled", dataset)
            yield Case("header_doubled", dataset, rows(lambda g: [g.rows[0], *g.rows]), gate, said("row 2"))
        if position % 4 == 1:
            yield Case("values_swapped", dataset, rows(_swapped), "file", _unfit)
        if position % 4 == 2:
            yield Case("date_impossible", dataset, rows(lambda g: every(2, _typed(g), "31/02/2017")(g)), "file", _unfit)
        if position % 4 == 3:
            yield Case("field_enormous", dataset, rows(_enormous), "file", said("row"))
    for position, (kind, damage, words) in enumerate(PACKED):
        for dataset in _rotated(position):
            yield Case(kind, dataset, damage, "file", words)


GENERIC = tuple(_generic())
