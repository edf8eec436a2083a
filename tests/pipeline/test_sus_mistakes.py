"""The ten mistakes that analysts make with these feeds, each a test on the released sample.

Belongs here: one test per mistake, which shows that the sample holds what would make it, and that the release did not
make it. Does not belong here: whether all figures are right (`test_truth`), every order of submissions
(`test_sus_submissions`), the worked examples (`test_sus_golden`).

Figures are read from the exact marts; the rows behind them from the views of the build (`feed`).
"""

import csv
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.running import LATER, MUCH_LATER, Deployed, query, run_pipeline

#: Activity that has a practice to be counted for, and is not private.
OURS = (
    "gp_practice_code not in ('V81997', 'V81998', 'V81999') and administrative_category is distinct from '02'"
    " and gp_practice_code is not null"
)
ATTENDED = "attendance_status in ('5', '6') and cds_type is distinct from '021'"


def one(rows: list[tuple[Any, ...]]) -> Any:
    """The only value of the only row."""
    [[value]] = rows
    return value


def total(deployed: Deployed, *components: str) -> Decimal:
    """Sum of components over all practices and months."""
    names = ", ".join(f"'{name}'" for name in components)
    return Decimal(one(deployed.exact(f"select sum(value) from component_value where component_id in ({names})")))


def feed(deployed: Deployed, sql: str) -> Any:
    """The only value of a question to the rows that are current."""
    return one(query(deployed.home.warehouse, sql))


def truth(sample: Path, name: str) -> list[dict[str, str]]:
    with (sample / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_1_episodes_are_not_admissions(released: Deployed) -> None:
    spells = feed(
        released, f"select count(distinct apcs_ident) from feed.sus_apcs where {OURS} and discharge_date is not null"
    )
    episodes = feed(
        released,
        f"select count(*) from feed.sus_apce where apcs_ident in (select apcs_ident from feed.sus_apcs where {OURS})",
    )
    assert total(released, "sus_elective_spells", "sus_non_elective_spells") == spells
    assert spells < episodes


def test_2_what_was_not_attended_is_no_attendance(released: Deployed) -> None:
    came = feed(released, f"select count(*) from feed.sus_opa where {OURS} and {ATTENDED}")
    first = "first_attendance in ('1', '3')"
    firsts = feed(released, f"select count(*) from feed.sus_opa where {OURS} and {ATTENDED} and {first}")
    booked = feed(released, f"select count(*) from feed.sus_opa where {OURS} and {first}")
    assert total(released, "sus_op_attendances") == came
    assert total(released, "sus_op_firsts") == firsts < booked
    assert feed(released, "select count(*) from feed.sus_opa where cds_type = '021'")


@pytest.mark.parametrize("dataset", ["sus_aea", "sus_apcs", "sus_opa"])
def test_3_private_patients_are_not_ours(released: Deployed, dataset: str) -> None:
    counted = {
        "sus_aea": (("sus_ae_attendances",), "true"),
        "sus_apcs": (("sus_elective_spells", "sus_non_elective_spells"), "discharge_date is not null"),
        "sus_opa": (("sus_op_attendances",), ATTENDED),
    }
    components, condition = counted[dataset]
    ours = feed(released, f"select count(*) from feed.{dataset} where {OURS} and {condition}")
    private = feed(
        released, f"select count(*) from feed.{dataset} where administrative_category = '02' and {condition}"
    )
    assert total(released, *components) == ours
    assert private > 0


def rewritten(path: Path, target: Path, change: Callable[[list[dict[str, str]]], Iterable[dict[str, str]]]) -> Path:
    """A hospital file with other rows, under the name `target`, and with the sidecar of the old one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        rows, header = list(reader), reader.fieldnames or []
    with target.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))
    beside = path.with_name(f"{path.name}.meta.json")
    if beside.is_file():
        shutil.copy(beside, target.with_name(f"{target.name}.meta.json"))
    return target


def land(deployed: Deployed, path: Path, received_at: datetime) -> None:
    from orchestration.pipeline import land_files

    lines: list[str] = []
    with deployed.environment():
        code = land_files(deployed.settings, lines.append, [path], dataset=None, period=None, received_at=received_at)
    assert code == 0, lines


def outpatient_files(sample: Path) -> list[Path]:
    """The outpatient files of the sample."""
    found = []
    for path in sorted(sample.glob("*.csv")):
        with path.open(encoding="utf-8-sig") as handle:
            if "opa_ident" in handle.readline().lower():
                found.append(path)
    assert found
    return found


@pytest.mark.slow
def test_4_a_resubmission_is_not_added(copy_of_released: Deployed, small_sample: Path, tmp_path: Path) -> None:
    """Outpatients are taken away and come twice: the same rows upside down first, then the files as they were."""
    deployed, before = copy_of_released, copy_of_released.content_hash()
    shutil.rmtree(deployed.home.landing / "sus_opa")
    files = outpatient_files(small_sample)
    for path in files:
        land(deployed, rewritten(path, tmp_path / "again" / path.name, reversed), MUCH_LATER)
    for path in files:
        land(deployed, path, LATER)
    code, lines = run_pipeline(deployed.settings)
    assert code == 0, lines
    assert deployed.content_hash() == before


def test_5_merged_practices_keep_their_history_once(released: Deployed, small_sample: Path) -> None:
    with (small_sample / "succ.csv").open(encoding="utf-8", newline="") as handle:
        predecessor, successor, *_ = next(csv.reader(handle))
    with (small_sample / "epraccur.csv").open(encoding="utf-8", newline="") as handle:
        [closed] = [datetime.strptime(row[11], "%Y%m%d").date() for row in csv.reader(handle) if row[0] == predecessor]
    component, rate = "sus_ae_attendances", "ae-attendance-rate"
    values = {
        row[:2]: row[2]
        for row in released.exact(
            "select practice_code, month, value from component_value"
            " where component_id = ? and practice_code in (?, ?)",
            *(component, predecessor, successor),
        )
    }
    # What still comes under the closed code exists, and counts for the successor.
    assert [key for key, value in values.items() if key[0] == predecessor and key[1] > closed and value]
    results = {
        row[:3]: row[3]
        for row in released.exact(
            "select org_view, org_code, period_end, numerator from indicator_result"
            " where indicator_id = ? and state = 'ok' and org_code in (?, ?)",
            *(rate, predecessor, successor),
        )
    }
    ends = sorted({end for view, _, end in results if view == "current"})
    assert ends
    for end in ends:
        months = [month for _, month in values if date(end.year - 1, end.month, 28) < month <= end]
        before = sum(values.get((predecessor, month), 0) for month in set(months))
        after = sum(values.get((successor, month), 0) for month in set(months))
        assert results["current", successor, end] == before + after
    assert not [key for key in results if key[:2] == ("current", predecessor)]
    assert not [key for key in results if key[:2] == ("as_at", predecessor) and key[2] > closed]
    # Numerator and denominator merge on one day: the commissioner has the same sums in both views.
    sums = defaultdict(set)
    for end, *figures in released.exact(
        "select period_end, numerator, denominator from indicator_result"
        " where indicator_id = ? and org_type = 'commissioner' and state = 'ok'",
        rate,
    ):
        sums[end].add(tuple(figures))
    assert sums
    assert all(len(figures) == 1 for figures in sums.values())


def test_6_a_spell_falls_in_the_month_of_its_discharge(released: Deployed) -> None:
    rows = query(
        released.home.warehouse,
        "select date_trunc('month', discharge_date)::date, count(*),"
        " count(*) filter (where date_trunc('month', admission_date) < date_trunc('month', discharge_date))"
        f" from feed.sus_apcs where {OURS} and discharge_date is not null group by 1",
    )
    found = dict(
        released.exact(
            "select month, sum(value) from component_value"
            " where component_id in ('sus_elective_spells', 'sus_non_elective_spells') group by month"
        )
    )
    assert {month: count for month, count, _ in rows} == found
    assert sum(over for *_, over in rows)
    # Also over the end of a financial year: once, in the new one.
    over = "admission_date < date '2017-04-01' and discharge_date >= date '2017-04-01'"
    assert feed(released, f"select count(*) from feed.sus_apcs where {OURS} and {over}")


def test_7_a_part_of_a_year_is_a_mean_of_its_months(released: Deployed, small_sample: Path) -> None:
    """And the ALL rows of a list are not added to its men and women."""
    [path] = small_sample.glob("gp-reg-pat-prac-quin-age_*2017*05*.csv")
    sums: dict[tuple[str, str], int] = defaultdict(int)
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.DictReader(handle):
            if row["ORG_TYPE"] == "GP" and (row["SEX"] == "ALL") == (row["AGE_GROUP_5"] == "ALL"):
                sums[row["ORG_CODE"], "ALL" if row["SEX"] == "ALL" else "both"] += int(row["NUMBER_OF_PATIENTS"])
    lists = dict(released.exact("select practice_code, list_size from practice_month where month = date '2017-05-01'"))
    assert lists
    for code, patients in lists.items():
        assert patients == sums[code, "both"] == sums[code, "ALL"]
    part = released.exact(
        "select org_code, period_end, denominator, band, rag, state_reason from indicator_result"
        " where indicator_id = 'gp-referred-first-op-crude-rate' and org_type = 'practice' and org_view = 'as_at'"
        " and state = 'ok' and state_reason like 'open % of 12 months'"
    )
    assert part
    for code, end, denominator, band, rag, reason in part:
        count = int(reason.split()[1])
        months = released.exact(
            "select value from component_value where component_id = 'list_size' and practice_code = ? and month <= ?"
            " order by month desc limit ?",
            *(code, end, count),
        )
        assert len(months) == count
        assert denominator == pytest.approx(sum(value for (value,) in months) / count, abs=Decimal("1e-9"))
        assert (band, rag) == (None, None)


def test_8_what_was_spent_is_the_actual_cost(released: Deployed) -> None:
    """Net ingredient cost is neither in a headline figure nor in a component that is said to be cost or spend."""
    spent = feed(released, "select sum(actual_cost) from feed.epd")
    assert total(released, "rx_actual_cost") == spent != feed(released, "select sum(nic) from feed.epd")
    with (PROJECT / "dbt_project" / "seeds" / "indicator_variant.csv").open(encoding="utf-8", newline="") as handle:
        variants = list(csv.DictReader(handle))
    with (PROJECT / "dbt_project" / "seeds" / "component_definition.csv").open(encoding="utf-8", newline="") as handle:
        measures = {row["component_id"]: row["measure"] for row in csv.DictReader(handle)}
    headlines = {measures[row["numerator_component_id"]] for row in variants if row["is_headline"] == "true"}
    assert "actual_cost" in headlines
    assert "nic" not in headlines
    assert {name for name, measure in measures.items() if measure == "nic"} == {"rx_nic"}


def test_9_negative_items_are_netted_and_nothing_is_divided_by_zero(released: Deployed) -> None:
    """The adjustment of the worked example (198, not 200) is a unit test of int_prescribing__practice_component."""
    net = feed(released, "select sum(items) from feed.epd")
    assert feed(released, "select sum(items) from feed.epd where items > 0") > net
    assert total(released, "rx_items") == net
    # In the month in which they were adjusted.
    months = query(released.home.warehouse, "select period, sum(items) from feed.epd group by period order by period")
    assert months == released.exact(
        "select month, sum(value) from component_value where component_id = 'rx_items' group by month order by month"
    )
    assert released.exact("select * from indicator_result where denominator = 0 and value is not null") == []


@pytest.mark.slow
def test_10_missing_is_not_zero(copy_of_released: Deployed, small_sample: Path, tmp_path: Path) -> None:
    """A practice without rows awaits its own figure; a provider without a month makes everybody await what reads it."""
    deployed = copy_of_released
    silent = deployed.exact(
        "select distinct state, value from indicator_result"
        " where org_code = 'N83X03' and indicator_id = 'qp-antibacterial-items-per-starpu'"
    )
    assert silent == [("awaiting", None)]
    of_june = (
        "select indicator_id, state, value, state_reason from indicator_result"
        " where org_code = '99A' and org_view = 'as_at' and period_end = date '2017-06-30' and is_headline"
    )
    before = {row[0]: row[1:] for row in deployed.exact(of_june)}
    shutil.rmtree(deployed.home.landing / "sus_opa")

    def without(rows: list[dict[str, str]]) -> Iterable[dict[str, str]]:
        return (
            row
            for row in rows
            if row["Der_Provider_Code"] != "RBQ" or not row["Appointment_Date"].startswith("2017-03")
        )

    for path in outpatient_files(small_sample):
        land(deployed, rewritten(path, tmp_path / "less" / path.name, without), LATER)
    code, lines = run_pipeline(deployed.settings)
    assert code == 0, lines
    found = {row[0]: row[1:] for row in deployed.exact(of_june)}
    outpatients = {name: row for name, row in found.items() if "op-" in name or "outpatient" in name}
    assert len(outpatients) == 14
    assert {before[name][0] for name in outpatients} == {"ok"}
    assert {name for name in outpatients if name.endswith("-cost")} == {
        "op-first-attendance-cost",
        "gpspec-outpatient-first-attendance-cost",
    }
    for state, value, reason in outpatients.values():
        assert (state, value) == ("awaiting", None)
        assert "2017-03 of provider RBQ" in reason
    assert {name for name in before if found[name] != before[name]} == outpatients.keys()
    # What the other providers sent is there, and said to be incomplete.
    months = deployed.exact(
        "select distinct is_complete from component_value"
        " where component_id = 'sus_op_firsts' and month = date '2017-03-01'"
    )
    assert months == [(False,)]
