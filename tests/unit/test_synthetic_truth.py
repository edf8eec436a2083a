"""The truth of a sample: the worked example of the domain sheet, and the rules where mistakes are made."""

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from sources.synthetic import write_sample
from sources.synthetic.truth_components import (
    DATASETS,
    code_of_today,
    components_of_code,
    list_components,
    prescribing_components,
)
from sources.synthetic.truth_feeds import Feeds, PracticeMonth, RegisterRow
from sources.synthetic.truth_indicators import INDICATORS
from sources.synthetic.truth_organisations import Organisations
from sources.synthetic.truth_results import Result, Results, _compare, decimal_text, rounded

MONTH = date(2017, 5, 1)
Row = dict[str, str]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("feeds") / "sample"
    write_sample(out, date(2016, 4, 1), date(2017, 9, 1), practices=25)
    return out / "truth"


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_worked_example() -> None:
    """G4 of the domain sheet."""
    cells = {("MALE", 0): 100, ("FEMALE", 0): 100, ("FEMALE", 25): 120, ("FEMALE", 30): 80}
    cells |= {("MALE", 75): 30, ("MALE", 95): 20, ("FEMALE", 80): 100}
    lists = list_components(cells)
    assert lists["list_size"] == 550
    assert lists["starpu_oral_antibacterial_items"] == Decimal("452.2455")
    assert lists["starpu_oral_antibacterial_items_1dp"] == Decimal("460.0")
    practice = PracticeMonth()
    items = {"0501013B0AAABAB": 198, "0501013K0AAAJAJ": 20, "0501080W0AAAEAE": 60, "0501130R0AAADAD": 40}
    for code, count in (items | {"0501120L0AAAFAF": 10, "0501090R0AAABAB": 30}).items():
        practice.items[code] = count
    values = prescribing_components(practice, MONTH, [])
    assert values["rx_items_antibacterial"] == 328
    assert values["rx_items_bnf_0501"] == values["rx_items"] == 358
    assert values["rx_items_broad_spectrum"] == 30
    assert round(values["rx_items_antibacterial"] / lists["starpu_oral_antibacterial_items"], 4) == Decimal("0.7253")
    assert round(100 * values["rx_items_broad_spectrum"] / values["rx_items_antibacterial"], 2) == Decimal("9.15")
    assert values["rx_items_trimethoprim"] / values["rx_items_nitrofurantoin"] == Decimal("1.50")


def test_baseline_rule_of_the_worked_example() -> None:
    volume = next(row for row in INDICATORS if row.indicator_id == "gpspec-antibiotic-prescribing")
    row = Result(volume, "as_at", ("practice", "P"), date(2017, 5, 31), "ok", value=Fraction("47.15"))
    march = replace(row, period_end=date(2017, 3, 31), value=Fraction("47.64"))
    _compare(row, {march.period_end: march})
    assert (row.target, row.band, row.rag) == (Fraction("45.258"), "not_met", "red")
    assert row.trend == "down"
    # Months that fill are no trend.
    row = replace(row, trend=None)
    _compare(row, {march.period_end: replace(march, months_expected=11)})
    assert (row.previous_value, row.trend) == (march.value, None)
    # Without a baseline only the national value counts, and above it nothing is said.
    row = Result(volume, "as_at", ("practice", "P"), date(2017, 5, 31), "ok", value=Fraction("47.15"))
    _compare(row, {})
    assert (row.target, row.band, row.rag, row.trend) == (Fraction("45.2"), None, None, None)
    row = Result(volume, "as_at", ("practice", "P"), date(2017, 5, 31), "ok", value=Fraction("45.2"))
    _compare(row, {})
    assert (row.band, row.rag) == ("met", "green")


def test_code_changes() -> None:
    changes = [("A", "B", date(2017, 1, 1)), ("B", "C", date(2018, 1, 1)), ("X", "Y", None), ("Y", "X", None)]
    assert code_of_today("A", date(2016, 12, 1), changes) == "C"
    assert code_of_today("A", date(2017, 1, 1), changes) == "A"  # a new drug may be given an old code
    assert code_of_today("B", date(2017, 1, 1), changes) == "C"
    assert code_of_today("B", date(2018, 1, 1), changes) == "B"
    assert code_of_today("X", date(2020, 1, 1), changes) == "X"
    assert components_of_code("0501100H0AAAAAA") == ["rx_items_bnf_0501"]


def test_rounding_and_text() -> None:
    assert [rounded(Fraction(text), 2) for text in ("1.165", "1.1649", "-1.165")] == [117, 116, -117]
    assert decimal_text(Decimal("100.50000")) == "100.5"
    assert decimal_text(Fraction(2, 3)) == "0.6666666667"
    assert decimal_text(Decimal(0)) == "0"
    assert decimal_text(None) == ""


def test_sums_agree_at_every_level(truth: Path) -> None:
    """The merger and the move lose and double nothing: each level sums to the commissioner, less who has no group."""
    rows = [row for row in read(truth / "indicator_result.csv") if row["variant"] == "nic" and row["state"] == "ok"]
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        sums[row["org_view"], row["period_end"]][row["org_type"]] += Decimal(row["numerator"])
    components = read(truth / "component_value.csv")
    groupless: dict[str, Decimal] = defaultdict(Decimal)
    for row in components:
        if row["component_id"] == "rx_nic" and row["practice_code"] == "Y0X901":
            groupless[row["month"]] += Decimal(row["value"])
    assert sums
    for (view, end), by_type in sums.items():
        window = [month for month in groupless if f"{int(end[:4]) - 1}{end[4:7]}" < month[:7] <= end[:7]]
        walk_in = sum(groupless[month] for month in window)
        assert by_type["neighbourhood"] == by_type["locality"] == by_type["commissioner"] - walk_in, (view, end)


def test_merger_in_both_views(truth: Path) -> None:
    with (truth.parent / "succ.csv").open(encoding="utf-8", newline="") as file:
        predecessor, successor, *_ = next(csv.reader(file))
    rows = [row for row in read(truth / "indicator_result.csv") if row["variant"] == "nic"]
    ends = {
        view: {row["period_end"] for row in rows if row["org_code"] == predecessor and row["org_view"] == view}
        for view in ("as_at", "current")
    }
    assert max(ends["as_at"]) == "2016-09-30"
    assert not ends["current"]
    value = {
        (row["practice_code"], row["month"]): Decimal(row["value"])
        for row in read(truth / "component_value.csv")
        if row["component_id"] == "rx_nic"
    }
    numerator = {
        row["org_view"]: Decimal(row["numerator"])
        for row in rows
        if row["org_code"] == successor and row["period_end"] == "2017-03-31"
    }
    months = [f"2016-{month:02d}-01" for month in range(4, 13)] + [f"2017-{month:02d}-01" for month in (1, 2, 3)]
    own = sum(value[successor, month] for month in months)
    assert numerator["as_at"] == own + value[predecessor, months[6]] + value[predecessor, months[7]]
    assert numerator["current"] == own + sum(value[predecessor, month] for month in months[:8])


def test_a_practice_that_opened_has_a_value_and_no_band(truth: Path) -> None:
    register = (truth.parent / "epraccur.csv").read_text(encoding="utf-8").splitlines()
    (code,) = (line.split('"')[1] for line in register if '"20161001",""' in line)
    found = {
        row["period_end"]: row
        for row in read(truth / "indicator_result.csv")
        if row["org_code"] == code and row["variant"] == "antibacterial_exact" and row["org_view"] == "as_at"
    }
    assert min(found) == "2016-10-31"
    assert found["2017-02-28"]["state"] == "awaiting"
    assert found["2017-08-31"]["value"]
    assert found["2017-08-31"]["state"] == "ok"
    assert not found["2017-08-31"]["band"]
    assert not found["2017-08-31"]["rag"]
    assert found["2017-09-30"]["band"] in ("met", "not_met")
    # Its denominator is the mean of the months in which it was open, not a twelfth of their sum.
    months = {
        row["month"]: Decimal(row["starpu_oral_antibacterial_items"])
        for row in read(truth / "practice_month.csv")
        if row["practice_code"] == code and row["month"] <= "2017-08-01"
    }
    assert len(months) == 11
    assert found["2017-08-31"]["denominator"] == decimal_text(Fraction(sum(months.values())) / 11)


def test_a_practice_without_rows_is_awaiting_and_not_zero(truth: Path) -> None:
    rows = [row for row in read(truth / "indicator_result.csv") if row["org_code"] == "N83X03"]
    results = [row for row in rows if row["indicator_id"].startswith("qp-")]
    assert results
    assert {(row["state"], row["value"]) for row in results} == {("awaiting", "")}
    components = {
        row["component_id"] for row in read(truth / "component_value.csv") if row["practice_code"] == "N83X03"
    }
    assert "list_size" in components
    assert "rx_items" not in components
    # No hospital activity is an observed zero where every provider sent its files.
    assert "sus_ae_attendances" in components


def test_a_practice_of_another_commissioner_has_no_figure_of_our_own_feeds(truth: Path) -> None:
    rows = [row for row in read(truth / "indicator_result.csv") if row["org_type"] == "practice"]
    others = {row["indicator_id"] for row in rows if row["org_code"].startswith("N83X")}
    ours = {row["indicator_id"] for row in rows if not row["org_code"].startswith("N83X")}
    assert {"qp-antibacterial-items-per-starpu", "fft-positive-responses", "qof-points-achieved"} <= others
    of_ours_alone = ours - others
    assert {"ae-attendance-rate", "emergency-readmission-30-day-rate", "gpspec-acs-admission-cost"} <= of_ours_alone
    assert {"complaints-total", "contract-visits-completed", "gpspec-warfarin-inr-4-months"} <= of_ours_alone


def test_hospital_activity_of_a_practice_waits_for_the_months_before_it_was_ours() -> None:
    """M came to 99A on 1 May; N, of 01J until it closed, is part of A since 1 June."""
    opened, joined, closed = date(1990, 1, 1), date(2016, 5, 1), date(2016, 5, 31)
    register = [
        RegisterRow("A", opened, None, "A", "99A", opened, None, "4"),
        RegisterRow("M", opened, None, "A", "01J", opened, date(2016, 4, 30), "4"),
        RegisterRow("M", opened, None, "A", "99A", joined, None, "4"),
        RegisterRow("N", opened, closed, "C", "01J", opened, closed, "4"),
    ]
    months = [date(2016 + (3 + n) // 12, (3 + n) % 12 + 1, 1) for n in range(14)]
    lists = {month: {code: {("FEMALE", 25): 100} for code in "AMN"} for month in months}
    feeds = Feeds(register, [("N", "A", date(2016, 6, 1))], [], [], lists, {}, {}, {}, set(lists), {})
    indicator = next(row for row in INDICATORS if row.indicator_id == "gp-referred-first-op-crude-rate")
    values = {"list_size": Decimal(100), indicator.numerator: Decimal(1)}
    components = {month: dict.fromkeys("AMN", values) for month in months}
    loaded = defaultdict(set, {"gp_list_quin_age": set(months), "sus_op": set(months)})
    results = Results(components, Organisations(feeds, "99A", months[-1]), loaded, set(months))
    found = {
        (row.org_view, row.org[1], row.period_end): row.state
        for row in results.rows()
        if row.indicator == indicator and row.period_end >= date(2017, 3, 31)
    }
    ends = [date(2017, 3, 31), date(2017, 4, 30), date(2017, 5, 31)]
    assert found == {
        **{("as_at", "A", end): "ok" for end in ends},
        **{("as_at", "99A", end): "ok" for end in ends},
        **dict(zip([("as_at", "M", end) for end in ends], ["awaiting", "ok", "ok"], strict=True)),
        **dict(zip([("current", "M", end) for end in ends], ["awaiting", "ok", "ok"], strict=True)),
        # N is in the figures of A from the first: what it did in May is not whole.
        **dict(zip([("current", "A", end) for end in ends], ["awaiting", "awaiting", "ok"], strict=True)),
        **dict(zip([("current", "99A", end) for end in ends], ["awaiting", "awaiting", "ok"], strict=True)),
    }


def test_a_closed_practice_is_expected_until_its_last_month_though_its_list_serves_longer() -> None:
    """P closed on 31 January without a successor; the list of January serves until March. Z is in no register."""
    opened, closed = date(1990, 1, 1), date(2017, 1, 31)
    register = [
        RegisterRow("A", opened, None, "A", "99A", opened, None, "4"),
        RegisterRow("P", opened, closed, "C", "99A", opened, closed, "4"),
    ]
    cells = {("FEMALE", 25): 100}
    lists = {date(2017, 1, 1): {"A": cells, "P": cells, "Z": cells}}
    feeds = Feeds(register, [], [], [], lists, {}, {}, {}, set(lists), {})
    organisations = Organisations(feeds, "99A", date(2017, 3, 1))
    for view in ("as_at", "current"):
        expected = [organisations.expected_in(view, date(2017, month, 1)) for month in (1, 2, 3)]
        assert expected == [{"A", "P", "Z"}, {"A", "Z"}, {"A", "Z"}]


def test_practices_are_counted_as_achieving_only_where_one_was_judged(truth: Path) -> None:
    rows = [row for row in read(truth / "indicator_result.csv") if row["period_end"] >= "2017-03-31"]
    own = {row.indicator_id for row in INDICATORS}
    counted = {row["indicator_id"] for row in rows if row["numbers_achieving"] and row["indicator_id"] in own}
    assert counted == {
        "qp-antibacterial-items-per-starpu",
        "qp-trimethoprim-nitrofurantoin-ratio",
        "gpspec-antibiotic-prescribing",
        "gpspec-high-risk-antibiotic-prescribing",
        "gpspec-ae-attendance-rate",
        "gpspec-acs-admission-rate",
        "gpspec-outpatient-first-attendance-rate",
    }
    assert {row["state"] for row in rows if row["numbers_achieving"]} == {"ok"}
    assert not [row for row in rows if row["org_type"] == "practice" and row["numbers_achieving"]]
    assert all(row["orgs_expected"] for row in rows if row["org_type"] != "practice")


def test_only_the_commissioner_is_rolled_up(truth: Path) -> None:
    results = read(truth / "indicator_result.csv")
    assert {row["org_code"] for row in results if row["org_type"] == "commissioner"} == {"99A"}
    assert "N83X01" in {row["org_code"] for row in results if row["org_type"] == "practice"}
    own = {row.indicator_id for row in INDICATORS}
    counted = {
        row["orgs_expected"]
        for row in results
        if row["org_type"] == "commissioner" and row["org_view"] == "as_at" and row["indicator_id"] in own
    }
    assert counted == {"25"}
    assert {
        row["target"] for row in results if row["org_type"] != "commissioner" and "age-70" in row["indicator_id"]
    } == {""}


def test_keys_are_unique_and_every_indicator_is_there(truth: Path) -> None:
    results = read(truth / "indicator_result.csv")
    keys = {tuple(row.values())[:7] for row in results}
    assert len(keys) == len(results)
    own = {row.indicator_id for row in INDICATORS}
    assert len(own) == 33
    assert own <= {row["indicator_id"] for row in results}
    assert len({(row["indicator_id"], row["variant"]) for row in results if row["indicator_id"] in own}) == 41
    values = read(truth / "component_value.csv")
    assert len({tuple(row.values())[:3] for row in values}) == len(values)
    assert len({row["component_id"] for row in values if row["component_id"] in DATASETS}) == 52
    months = read(truth / "practice_month.csv")
    assert len({tuple(row.values())[:2] for row in months}) == len(months)


def test_trend_and_previous_value(truth: Path) -> None:
    rows = [
        row
        for row in read(truth / "indicator_result.csv")
        if row["variant"] == "antibacterial_exact" and row["org_type"] == "commissioner" and row["org_view"] == "as_at"
    ]
    ok = [row for row in rows if row["state"] == "ok"]
    assert ok[0]["period_end"] == "2017-03-31"
    assert not ok[0]["previous_value"]
    assert not ok[0]["trend"]
    for before, now in pairwise(ok):
        assert now["previous_value"] == before["value"]
        assert now["trend"] in ("up", "down", "level")
