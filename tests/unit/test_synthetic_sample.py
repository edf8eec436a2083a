"""The sample feeds: the paper's figures, and rows that real files could hold."""

import csv
import gzip
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml

from sources.synthetic import SampleSummary, write_sample
from sources.synthetic.truth_feeds import text_of

# All 92 practices over sixteen months take most of a minute; every other test has a small sample.
pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
FINANCE = ("ledger_", "budget_report_", "journals_", "cres_", "milestones_")
# Counts that others make.
COUNTED = (
    *("gp_search_", "PREVALENCE_", "ACHIEVEMENT_", "IMD_", "GPPS_", "GP_FFT_", "CQRS_", "access_return_", "ers_"),
    *("appointments_practice_", "Regional_CSV_"),
    *("practice_contract_", "contract_event_", "complaint_", "risk_register_", "quality_premium_", "Monthly-AE-"),
    *("DM01-", "Cancer-Waits-", "iapt-", "indicator_reference_"),
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return write_sample(tmp_path_factory.mktemp("feeds") / "sample", FIRST, LAST)


def rows(path: Path) -> Iterator[dict[str, str]]:
    for row in csv.DictReader(text_of(path).splitlines()):
        yield {name: (value or "").strip() for name, value in row.items()}


def contract(dataset: str) -> dict:
    (path,) = (ROOT / "sources").glob(f"*/{dataset}.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def canonical(path: Path, dataset: str, layout: str) -> Iterator[dict[str, str]]:
    """Rows under the contract's names; fails where a column is missing or unknown."""
    (names,) = (found["names"] for found in contract(dataset)["layouts"] if found["name"] == layout)
    alias = {printed: name for name, printed_names in names.items() for printed in printed_names}
    for row in rows(path):
        renamed = {alias[printed]: value for printed, value in row.items()}
        assert set(renamed) == set(names)
        yield renamed


@cache
def _of_commissioners(truth: Path) -> list[dict[str, str]]:
    """The expected results that are no practice's and no group's: few of the many, and asked for often."""
    return [row for row in rows(truth / "indicator_result.csv") if row["org_type"] == "commissioner"]


def results(sample: SampleSummary, **wanted: str) -> list[dict[str, str]]:
    """Expected results of commissioners."""
    found = _of_commissioners(sample.out / "truth")
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


# -- files -------------------------------------------------------------------------------------------------------------


def test_size_and_packaging(sample: SampleSummary) -> None:
    hospital = sum(path.stat().st_size for path in sample.out.iterdir() if path.name.startswith("SEM_"))
    finance = sum(path.stat().st_size for path in sample.out.iterdir() if path.name.startswith(FINANCE))
    counted = sum(
        path.stat().st_size
        for path in sample.out.iterdir()
        if path.name.startswith(COUNTED) or "-RTT-" in path.name or path.name.endswith("_Latest_ratings.csv")
    )
    assert sample.byte_count - hospital - finance - counted < 45_000_000
    assert counted < 6_000_000
    assert finance < 6_000_000
    assert hospital < 360_000_000
    months = [f"{month:%Y%m}" for month in (date(2016 + n // 12, n % 12 + 1, 1) for n in range(3, 19))]
    assert [re.search(r"\d{6}", name).group() for name in sample.files if name.startswith("EPD")] == months
    packages = Counter(Path(name).suffix for name in sample.files if name.startswith("EPD"))
    assert packages == {".csv": 14, ".gz": 1, ".zip": 1}
    (zipped,) = sample.out.glob("EPD*.zip")
    with zipfile.ZipFile(zipped) as archive:
        assert sum(name.startswith("__MACOSX") for name in archive.namelist()) == 1
    plain = [path.read_bytes() for path in sorted(sample.out.glob("EPD*.csv"))]
    assert sum(text.startswith(b"\xef\xbb\xbf") for text in plain) == 1
    assert sum("Pâtisserie".encode("latin-1") in text for text in plain) == 1
    (packed,) = sample.out.glob("EPD*.csv.gz")
    assert gzip.decompress(packed.read_bytes()).startswith(b"YEAR_MONTH,")


# -- the paper's figures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("indicator", "variant", "at_march", "at_may"),
    [
        ("qp-antibacterial-items-per-starpu", "antibacterial_exact", 1.17, 1.15),
        ("gpspec-antibiotic-prescribing", "standard", 47.64, 47.15),
        ("gpspec-high-risk-antibiotic-prescribing", "standard", 4.04, 3.99),
    ],
)
def test_commissioner_figures_are_those_of_the_paper(
    sample: SampleSummary, indicator: str, variant: str, at_march: float, at_may: float
) -> None:
    for view in ("as_at", "current"):
        found = results(sample, indicator_id=indicator, variant=variant, org_code="99A", org_view=view)
        values = {row["period_end"]: float(row["value"]) for row in found if row["value"]}
        assert [round(values[end], 2) for end in ("2017-03-31", "2017-05-31")] == [at_march, at_may]


@pytest.mark.parametrize(
    ("indicator", "variant", "at_march", "at_may", "achieving"),
    [
        ("gpspec-ae-attendance-rate", "standard", 9.2, 8.5, (30, 39)),
        ("gpspec-acs-admission-rate", "six_conditions", 9.2, 9.2, (38, 36)),
        # of outpatients the paper prints no figures
        ("gpspec-outpatient-first-attendance-rate", "standard", 90.1, 90.1, None),
    ],
)
def test_hospital_figures_are_those_of_the_paper(
    sample: SampleSummary,
    indicator: str,
    variant: str,
    at_march: float,
    at_may: float,
    achieving: tuple[int, int] | None,
) -> None:
    found = results(sample, indicator_id=indicator, variant=variant, org_code="99A", org_view="as_at")
    by_end = {row["period_end"]: row for row in found}
    march, may = by_end["2017-03-31"], by_end["2017-05-31"]
    assert [round(float(row["value"]), 1) for row in (march, may)] == [at_march, at_may]
    found_achieving = tuple(int(row["numbers_achieving"]) for row in (march, may))
    assert found_achieving == achieving if achieving else all(45 < number < 56 for number in found_achieving)
    # One of the 92 opened in October 2016: it has no whole year, and so is in no band.
    assert [(row["orgs_judged"], row["orgs_expected"]) for row in (march, may)] == [("91", "92")] * 2


def test_other_figures_are_plausible(sample: SampleSummary) -> None:
    def at(indicator: str, variant: str, column: str, end: str) -> float:
        (row,) = results(
            sample,
            indicator_id=indicator,
            variant=variant,
            org_view="as_at",
            period_end=end,
        )
        return float(row[column])

    ends = ("2017-03-31", "2017-05-31", "2017-07-31")
    ratios = [at("qp-trimethoprim-nitrofurantoin-ratio", "standard", "value", end) for end in ends]
    assert 1.65 < ratios[2] < ratios[1] < ratios[0] < 1.75
    aged = [at("qp-trimethoprim-items-age-70-plus", "standard", "value", end) for end in ends]
    assert 8_836 < aged[2] < aged[1] < aged[0] < 9_300
    cost = at("prescribing-cost-per-astropu", "actual_cost", "numerator", "2017-03-31")
    assert cost == pytest.approx(86_400_000, rel=0.01)
    nic = at("prescribing-cost-per-astropu", "nic", "numerator", "2017-03-31")
    assert cost / nic == pytest.approx(0.93, abs=0.003)
    items = sum(
        Decimal(row["value"])
        for row in rows(sample.out / "truth" / "component_value.csv")
        if row["component_id"] == "rx_items"
        and row["month"] < "2017-04"
        and row["practice_code"].startswith(("N82", "Y0"))
    )
    assert 7 < cost / float(items) < 8


def test_some_practices_meet_the_targets_and_some_miss_them(sample: SampleSummary) -> None:
    for indicator in ("qp-antibacterial-items-per-starpu", "gpspec-antibiotic-prescribing"):
        (row, *_) = results(
            sample,
            indicator_id=indicator,
            org_view="as_at",
            period_end="2017-05-31",
        )
        assert row["orgs_expected"] == "92"
        assert 20 < int(row["numbers_achieving"]) < 72


# -- practice feeds ----------------------------------------------------------------------------------------------------


def test_register(sample: SampleSummary) -> None:
    with (sample.out / "epraccur.csv").open(encoding="utf-8", newline="") as file:
        register = list(csv.reader(file))
    assert {len(row) for row in register} == {27}
    assert len({row[0] for row in register}) == len(register)
    patterns = next(layout["recognise"] for layout in contract("epraccur")["layouts"])
    for row in register:
        assert re.fullmatch(patterns["organisation_code"], row[0])
        assert "X" in row[0]  # no real practice has such a code
    own = [row for row in register if row[14] == "99A" and row[25] == "4"]
    assert sum(row[12] == "A" for row in own) == 92
    (closed,) = (row for row in own if row[12] == "C")
    with (sample.out / "succ.csv").open(encoding="utf-8", newline="") as file:
        (succession,) = csv.reader(file)
    assert succession[0] == closed[0]
    assert closed[11] == "20160930"
    assert succession[3] == "20161001"
    assert sum(row[25] != "4" for row in register) >= 4
    assert sum(row[14] == "01J" for row in register) == 3


def test_new_register_vocabulary_and_networks_appear_in_their_years(tmp_path: Path) -> None:
    write_sample(tmp_path / "s", date(2025, 2, 1), date(2025, 4, 1), practices=20)
    with (tmp_path / "s" / "epraccur.csv").open(encoding="utf-8", newline="") as file:
        register = list(csv.reader(file))
    assert {row[12] for row in register} == {"ACTIVE", "INACTIVE"}
    assert any("RO76" in row[25] for row in register)
    types = Counter(row["org_type"] for row in rows(tmp_path / "s" / "practice_groups.csv"))
    assert set(types) == {"neighbourhood", "locality", "pcn"}
    assert types["pcn"] == 20
    old = next(iter(canonical(tmp_path / "s" / "EPD_202502.csv", "epd", "bnf_26")))
    new = next(iter(canonical(tmp_path / "s" / "EPD_SNOMED_202503.csv", "epd", "snomed_27")))
    for row in (old, new):
        assert row["chemical_substance_code"] == row["bnf_code"][:9]
        assert row["chemical_substance_name"] == "Co-amoxiclav"


def test_groups(sample: SampleSummary) -> None:
    memberships = list(canonical(sample.out / "practice_groups.csv", "practice_groups", "long"))
    assert len({row["org_code"] for row in memberships if row["org_type"] == "neighbourhood"}) == 12
    assert {row["org_name"] for row in memberships if row["org_type"] == "locality"} == {"North", "Central", "South"}
    keys = Counter((row["practice_code"], row["org_type"], row["valid_from"]) for row in memberships)
    assert set(keys.values()) == {1}
    moves = defaultdict(list)
    for row in memberships:
        if row["org_type"] == "neighbourhood":
            moves[row["practice_code"]].append(row)
    (moved,) = (spans for spans in moves.values() if len(spans) > 1)
    assert [moved[0]["valid_to"], moved[1]["valid_from"]] == ["2016-12-31", "2017-01-01"]
    # Every neighbourhood lies in one locality, also after the move.
    locality = {row["practice_code"]: row["org_code"] for row in memberships if row["org_type"] == "locality"}
    of_neighbourhood = defaultdict(set)
    for practice, spans in moves.items():
        for span in spans:
            of_neighbourhood[span["org_code"]].add(locality[practice])
    assert {len(found) for found in of_neighbourhood.values()} == {1}


def test_lists_agree_with_their_all_rows(sample: SampleSummary) -> None:
    periods = [path.stem[-7:] for path in sorted(sample.out.glob("gp-reg-pat-prac-quin-age_*.csv"))]
    assert periods == ["2016-04", "2016-07", "2016-10", "2017-01", "2017-04", "2017-05", "2017-06", "2017-07"]
    commissioner = {}
    with (sample.out / "epraccur.csv").open(encoding="utf-8", newline="") as file:
        commissioner = {row[0]: row[14] for row in csv.reader(file)}
    for period in periods:
        by_age = list(canonical(sample.out / f"gp-reg-pat-prac-quin-age_{period}.csv", "gp_list_quin_age", "long"))
        keys = Counter((row["org_type"], row["org_code"], row["sex"], row["age_group_5"]) for row in by_age)
        assert set(keys.values()) == {1}
        patients = {key[1:]: 0 for key in keys}
        for row in by_age:
            patients[row["org_code"], row["sex"], row["age_group_5"]] = int(row["number_of_patients"])
        for code in {row["org_code"] for row in by_age}:
            for sex in ("MALE", "FEMALE"):
                bands = sum(n for (org, s, band), n in patients.items() if (org, s) == (code, sex) and band != "ALL")
                assert bands == patients[code, sex, "ALL"]
            assert patients[code, "ALL", "ALL"] == patients[code, "MALE", "ALL"] + patients[code, "FEMALE", "ALL"]
        practices = {row["org_code"] for row in by_age if row["org_type"] == "GP"}
        own = [patients[code, "ALL", "ALL"] for code in practices if commissioner[code] == "99A"]
        assert sum(own) == patients["99A", "ALL", "ALL"]
        assert sum(own) == pytest.approx(505_000, rel=0.006)
        assert (min(own), max(own), len(own)) == (1_422, 34_888, 92)
        totals = canonical(sample.out / f"gp-reg-pat-prac-all_{period}.csv", "gp_list_totals", "totals")
        assert {row["code"]: int(row["number_of_patients"]) for row in totals} == {
            code: patients[code, "ALL", "ALL"] for code in practices
        }


def test_weighted_lists(sample: SampleSummary) -> None:
    for path in sample.out.glob("carr_hill_list_*.csv"):
        codes = [row["practice_code"] for row in canonical(path, "carr_hill_list", "quarter")]
        assert len(codes) == len(set(codes)) == 95
    names = sorted(path.name for path in sample.out.glob("need_weighted_population_*.csv"))
    assert names == [f"need_weighted_population_{year}.csv" for year in ("2016-17", "2017-18")]
    for name, practices in zip(names, (96, 95), strict=True):
        codes = [
            row["practice_code"] for row in canonical(sample.out / name, "need_weighted_population", "allocations")
        ]
        # The practice that opens in the course of the year has a weight from the start.
        assert len(codes) == len(set(codes)) == practices


def test_a_span_that_begins_between_two_lists_has_the_one_that_serves_it(tmp_path: Path) -> None:
    write_sample(tmp_path / "s", date(2016, 5, 1), date(2016, 6, 1), practices=3)
    assert [path.name for path in (tmp_path / "s").glob("*quin-age*")] == ["gp-reg-pat-prac-quin-age_2016-04.csv"]


# -- prescribing feeds -------------------------------------------------------------------------------------------------


def test_epd_rows(sample: SampleSummary) -> None:
    prices: dict[str, set[Decimal]] = defaultdict(set)
    key_columns = contract("epd")["key"]
    seen = Counter()
    months = []
    for path in sorted(sample.out.glob("EPD_*")):
        keys = set()
        count = 0
        header = text_of(path).split("\r\n", 1)[0]
        months.append((path.name[4:10], "AREA_TEAM_NAME" in header, "STP_NAME" in header))
        for row in canonical(path, "epd", "bnf_26"):
            count += 1
            keys.add(tuple(row.get(column, "") for column in key_columns))
            quantity, items, total = (Decimal(row[name]) for name in ("quantity", "items", "total_quantity"))
            nic, cost = Decimal(row["nic"]), Decimal(row["actual_cost"])
            assert quantity * items == total
            assert -nic.as_tuple().exponent <= 5
            assert -cost.as_tuple().exponent <= 5
            assert abs(cost - nic * Decimal("0.93")) <= abs(nic) * Decimal("0.004") + Decimal("0.00001")
            assert re.fullmatch(r"[0-9]{2}[0-9A-Z]{13}|[0-9]{11}", row["bnf_code"])
            assert re.sub(r"\D", "", row["year_month"]) == path.name[4:10]
            prices[row["bnf_code"]].add(nic / total)
            seen["negative"] += items < 0
            seen["unidentified"] += row["unidentified"] == "Y"
            seen["-"] += row["practice_code"] == "-"
            seen["dummy"] += row["practice_code"] == "Q59998"
            seen["appliance"] += len(row["bnf_code"]) == 11
            seen["underscore"] += "_" in row["year_month"]
            seen["plain month"] += "_" not in row["year_month"]
        assert len(keys) == count
        assert 90 < count / 95 < 180
    assert all(len(found) == 1 for found in prices.values())
    assert all(seen[name] for name in seen)
    assert seen["negative"] > 50
    assert [area for _, area, _ in months] == [month <= "201612" for month, _, _ in months]
    assert [stp for _, _, stp in months] == [month > "201612" for month, _, _ in months]
    assert re.search(rb"[0-9A-Z]{15}  ,", (sample.out / "EPD_201604.csv").read_bytes())


def test_the_merged_practice_dispenses_for_two_months_after_closing(sample: SampleSummary) -> None:
    with (sample.out / "succ.csv").open(encoding="utf-8", newline="") as file:
        predecessor = next(csv.reader(file))[0]
    found = [path.name[4:10] for path in sorted(sample.out.glob("EPD_*")) if f",{predecessor}" in text_of(path)]
    assert found == [f"2016{month:02d}" for month in range(4, 12)]


def test_an_unmapped_recode_would_move_the_measures(sample: SampleSummary) -> None:
    old_codes = {row["old_code"] for row in rows(sample.out / "bnf_code_changes.csv")}
    new_codes = {row["new_code"] for row in rows(sample.out / "bnf_code_changes.csv")}
    assert old_codes & new_codes  # a chain of two steps
    before, after = (
        Counter(row["BNF_CODE"] for row in rows(sample.out / f"EPD_{month}.csv")) for month in ("201612", "201701")
    )
    moved = {code for code in old_codes if before[code]}
    assert {code[:7] for code in moved} == {"0501022", "0501081"}
    assert not any(after[code] for code in moved)


def test_epact2_is_the_0501_of_epd_with_some_of_unknown_age(sample: SampleSummary) -> None:
    unknown = everything = 0
    for name in ("201604", "201704", "201707"):
        items: Counter[tuple[str, str]] = Counter()
        for row in canonical(sample.out / f"EPD_{name}.csv", "epd", "bnf_26"):
            if row["bnf_code"].startswith("0501"):
                items[row["practice_code"], row["bnf_code"]] += int(row["items"])
        aged: Counter[tuple[str, str]] = Counter()
        path = next(sample.out.glob(f"ePACT2_age_band_{name}.csv*"))
        keys = set()
        count = 0
        for row in canonical(path, "epact2_age_band", "export"):
            count += 1
            keys.add((row["practice_code"], row["bnf_code"], row["age_band"]))
            aged[row["practice_code"], row["bnf_code"]] += int(row["items"])
            everything += int(row["items"])
            unknown += int(row["items"]) if row["age_band"] == "UNKNOWN" else 0
            assert re.fullmatch(r"\d+-\d+|90\+|UNKNOWN", row["age_band"])
        assert len(keys) == count
        assert +aged == +items
    assert 0.02 < unknown / everything < 0.05
