"""The evidence feeds of a sample: what they hold, that they leave the others alone, and a saving that was not made."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pcw.errors import PcwError
from sources.synthetic import EVIDENCE_FAULTS, write_sample
from sources.synthetic.evidence_charges import charge_files
from sources.synthetic.evidence_faults import CLAIMED
from sources.synthetic.finance_bodies import Body
from sources.synthetic.months import months_between

OWN = ("contract_plan", "high_cost_drug_charges", "rebate_claims")


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evidence") / "s"
    return write_sample(out, date(2016, 4, 1), date(2017, 6, 1), practices=5, seed=3).out


def test_the_other_feeds_are_the_same_without_them(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.synthetic.sample.write_evidence", lambda *arguments: None)
    without = write_sample(
        tmp_path / "s", date(2016, 4, 1), date(2017, 6, 1), practices=5, seed=3, with_truth=False
    ).out
    own = {name: digest for name, digest in digests(sample).items() if name.startswith(OWN)}
    assert len(own) == 9
    assert {name: digest for name, digest in digests(sample).items() if name not in own} == digests(without)


def test_the_same_arguments_give_the_same_bytes() -> None:
    months = months_between(date(2016, 4, 1), date(2017, 6, 1))
    assert charge_files(months, 3, Body()) == charge_files(months, 3, Body())
    assert charge_files(months, 3, Body()) != charge_files(months, 4, Body())


def test_every_rule_is_broken_and_one_claim_is_short(sample: Path) -> None:
    truth = {
        name: rows((sample / "truth" / f"{name}.csv").read_bytes())
        for name in ("drug_charge_challenge", "rebate_position", "contract_tolerance")
    }
    assert {row["reason"] for row in truth["drug_charge_challenge"]} == {
        "wrong_commissioner", "charged_twice", "no_approval", "price_above_reference",
    }  # fmt: skip
    assert [(row["rebate_term_id"], row["month"]) for row in truth["rebate_position"] if row["state"] != "claimed"] == [
        ("RT-STRIPS", "2016-04-01")
    ]
    assert {row["position"] for row in truth["contract_tolerance"]} == {"within", "above", "below", "awaiting"}
    # what NHS England pays was charged in April 2016 and corrected; in the newest months it still stands
    wrong = [row["month"] for row in truth["drug_charge_challenge"] if row["reason"] == "wrong_commissioner"]
    assert wrong and min(wrong) > "2016-10-01"


def test_the_switch_saves_what_the_plan_of_2019_delivers() -> None:
    """13,438 in April to 201,599 in March: the plan of 3,225,581 as it was phased and delivered."""
    files = charge_files(months_between(date(2019, 4, 1), date(2020, 3, 1)), 3, Body())
    units: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    cost: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for name, content in files.items():
        for row in rows(content) if name.endswith("_v1.csv") else []:
            if row["Drug Group"] == "adalimumab":
                units[row["Financial Year"], row["Period"]] += Decimal(row["Units"])
                cost[row["Financial Year"], row["Period"]] += Decimal(row["Charged Amount"])
    delivered = [0.2, 0.25, 0.3, 0.32, 0.35, 0.38, 0.4, 0.42, 0.45, 0.5, 0.5, 0.5]
    for period, (share, phased) in enumerate(zip(delivered, (2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 12, 12), strict=True), 1):
        now, then = ("2019/20", str(period)), ("2018/19", str(period))
        saved = units[now] * cost[then] / units[then] - cost[now]
        assert 0.95 < float(saved) / (3_225_581 * phased / 96 * share) < 1.3


def test_a_run_begins_with_the_year_before_it_and_a_gap_begins_another() -> None:
    months = [*months_between(date(2016, 4, 1), date(2016, 6, 1)), *months_between(date(2019, 4, 1), date(2019, 5, 1))]
    years = {name.split("_")[4] for name in charge_files(months, 3, Body())}
    assert years == {"2015-16", "2016-17", "2018-19", "2019-20"}


def _savings_files(folder: Path) -> None:
    (folder / "cres_plan_2017-18_v1.csv").write_text(
        "Financial Year,Scheme ID,Evidence Method\r\n2017/18,A,none\r\n2017/18,B,drug_switch\r\n"
    )
    for period in (2, 3, 4):
        (folder / f"cres_tracker_2017-18_M{period:02d}_v1.csv").write_text(
            "Financial Year,Month,Row Type,Scheme ID,Actual Apr,Actual May,Actual Jun,Actual Jul,Forecast Full Year\r\n"
            f"2017/18,{period},line,A,1.00,2.00,3.00,,9.00\r\n2017/18,{period},line,B,1.00,2.00,3.00,,9.00\r\n"
            f"2017/18,{period},total,TOTAL,2.00,4.00,6.00,,18.00\r\n"
        )


def test_the_fault_claims_what_charges_do_not_show(tmp_path: Path) -> None:
    _savings_files(tmp_path)
    before = digests(tmp_path)
    changed = EVIDENCE_FAULTS["contradicted_saving"].apply(tmp_path, date(2017, 6, 1))
    assert changed == "cres_tracker_2017-18_M03_v1.csv"
    assert [name for name, digest in digests(tmp_path).items() if digest != before[name]] == [changed]
    found = {row["Scheme ID"]: row for row in rows((tmp_path / changed).read_bytes())}
    assert [Decimal(found[name]["Actual Jun"]) for name in ("A", "B", "TOTAL")] == [3, 3 + CLAIMED, 6 + CLAIMED]
    assert [Decimal(found[name]["Forecast Full Year"]) for name in ("A", "B")] == [9, 9 + CLAIMED]
    assert found["B"]["Actual May"] == "2.00" and found["B"]["Actual Jul"] == ""


def test_the_fault_needs_a_tracker_and_a_scheme(tmp_path: Path) -> None:
    fault = EVIDENCE_FAULTS["contradicted_saving"]
    with pytest.raises(PcwError, match="contradicted_saving needs"):
        fault.apply(tmp_path, date(2017, 6, 1))
    _savings_files(tmp_path)
    with pytest.raises(PcwError, match="tracker of 2016-06 or before"):
        fault.apply(tmp_path, date(2016, 6, 1))
    (tmp_path / "cres_plan_2017-18_v1.csv").unlink()
    with pytest.raises(PcwError, match="a scheme of 2017/18"):
        fault.apply(tmp_path, date(2017, 6, 1))
