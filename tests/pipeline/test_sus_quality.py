"""Quality of hospital activity: which rule fails where, what is withheld for it, who is told, and how it closes.

Belongs here: the rules on made-up counts (dbt alone), and the cardiology of one trust through the whole job.
Does not belong here: what counts as an admission or attendance (`test_sus_golden`, `test_sus_mistakes`).
"""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sources.synthetic.faults import FAULTS
from tests.pipeline.dbt_scenario import Built
from tests.pipeline.dbt_support import Feeds, run_dbt
from tests.running import Deployed, run_pipeline

MONTHS = [date(2016, 10, 1), date(2016, 11, 1), date(2016, 12, 1), *(date(2017, month, 1) for month in range(1, 6))]
MAY = MONTHS[-1]
FIRST, SECOND, THIRD = datetime(2017, 6, 20), datetime(2017, 7, 3), datetime(2017, 7, 5)

# What the rows of a feed have in common; every row is a patient of its own.
ROW = {
    "sus_opa": (
        "range::varchar as opa_ident, '5' as attendance_status, '020' as cds_type, 'C1' as consultant_code,"
        " period as appointment_date, 'WF01A' as core_hrg"
    ),
    "sus_aea": (
        "range::varchar as aea_ident, period as arrival_date, time '10:00' as arrival_time, 'VB01Z' as sus_hrg_code"
    ),
    "sus_ec": (
        "range::varchar as ec_ident, period as arrival_date, time '10:00' as arrival_time, 'VB01Z' as sus_hrg_code"
    ),
    "sus_apcs": (
        "range::varchar as apcs_ident, period as admission_date, period as discharge_date, 'DZ01Z' as spell_core_hrg"
    ),
    "sus_apce": (
        "range::varchar as apce_ident, range::varchar as apcs_ident, 1 as episode_number, period as episode_end_date,"
        " 'J440' as primary_diagnosis_code, 'DZ01Z' as fce_hrg"
    ),
}  # fmt: skip


class Activity:
    """Feeds of hospital activity made by counts."""

    def __init__(self, warehouse: Path) -> None:
        self.feeds = Feeds(warehouse)
        self.statements: list[str] = []
        self.number = 0

    def rows(self, dataset: str, provider: str, specialty: str | None, month: date, count: int, **other: str) -> None:
        """`count` rows; `other` gives columns as SQL, where `range` counts from 0."""
        self.number += 1
        given = {
            "der_pseudo_nhs_number": f"'{self.number}-' || range", "nhs_number_trace_status": "'01'",
            "gp_practice_code": "'A'", "submission_id": f"'{dataset}-{month}'", "source_row": "range",
            "extract_date_time": "timestamp '2017-06-20'", "der_provider_code": f"'{provider}'",
        }  # fmt: skip
        if specialty is not None:
            given["treatment_function_code"] = f"'{specialty}'"
        changed = [f"{sql} as {name}" for name, sql in other.items()]
        kept = [f"{sql} as {name}" for name, sql in given.items() if name not in other]
        common = [part for part in ROW[dataset].split(", ") if part.rsplit(" as ", 1)[1] not in other]
        columns = ", ".join([f"date '{month}' as period", *common, *kept, *changed])
        self.statements.append(f"insert into feed.{dataset} by name select {columns} from range({count})")

    def scope(
        self, dataset: str, provider: str, month: date, vintage: str = "", received: datetime = FIRST, **flags: bool
    ) -> None:
        """A submission of a provider's month; in force unless said otherwise; net (without a profile) unless `bulk`."""
        in_force = str(flags.get("in_force", True)).lower()
        protocol = "bulk" if flags.get("bulk") else "net"
        vintage = vintage or f"{dataset}-{month}"
        self.statements.append(
            f"insert into feed.sus_scope values ('{dataset}', '{provider}', '{month}', '{vintage}', '{protocol}',"
            f" 'flex', 0, '{received}', '{received}', {in_force}, {in_force})"
        )

    def profile(self, dataset: str, provider: str, specialty: str, month: date, vintage: str, **measures: int) -> None:
        """What landing counted in one submission."""
        for measure, value in measures.items():
            self.statements.append(
                f"insert into feed.sus_profile values"
                f" ('{dataset}', '{provider}', '{specialty}', '{month}', '{vintage}', '{measure}', {value})"
            )

    def write(self) -> None:
        """Run what was gathered, and close the ledger."""
        with duckdb.connect(str(self.feeds.warehouse)) as connection:
            for statement in self.statements:
                connection.execute(statement)
        self.feeds.close_ledger()


def fill(activity: Activity) -> None:
    """Eight months of five providers; in May 2017 each has something wrong."""
    for month in MONTHS:
        last = month == MAY
        # cardiology trebles; another specialty is as always, a small one swings, a new one begins
        for specialty, count in {
            "320": 240 if last else 80,
            "170": 50,
            "900": 15 if last else 2,
            "910": 40 * last,
        }.items():
            activity.rows("sus_opa", "RBQ", specialty, month, count)
        # most is lost in specialties none of which is large enough to be judged by itself
        for specialty in ("100", "101", "110", "120", "130", "140"):
            activity.rows("sus_opa", "RQ6", specialty, month, 2 if last else 18)
        # a third of one specialty is coded as another
        activity.rows("sus_opa", "REM", "320", month, 65 if last else 100)
        activity.rows("sus_opa", "REM", "300", month, 135 if last else 100)
        # replaced by a good submission, see below; and a practice lost to default codes
        activity.rows("sus_opa", "RBS", "171", month, 60, gp_practice_code=f"if(range < {40 * last}, 'V81999', 'A')")
        # coding, repeats and episodes
        activity.rows(
            "sus_apcs", "REP", "502", month, 300,
            spell_core_hrg=f"if(range < {12 if last else 2}, 'UZ01Z', 'NZ01Z')",
            nhs_number_trace_status=f"if(range < {27 if last else 3}, '02', '01')",
            der_pseudo_nhs_number=f"'p' || if(range < {30 * last}, range + 30, range)",
            pds_general_practice_code=f"case when range < {60 * last} then 'B' when range < 290 then 'a' end",
        )  # fmt: skip
        activity.rows("sus_apce", "REP", "502", month, 200)
        activity.rows(
            "sus_apce", "REP", "502", month, 250 if last else 100, episode_number="2",
            primary_diagnosis_code="null" if last else "'J440'",
        )  # fmt: skip
        # a nil return where the walk-in centre always has attendances
        activity.rows("sus_aea", "RY1", None, month, 0 if last else 70)
        # one department moves to ECDS on the 16th; another sends every second attendance there as well
        any_day = f"date '{month}' + (range % 28)::integer"
        first_half, second_half = (f"date '{month}' + ({first} + range % 15)::integer" for first in (0, 15))
        activity.rows("sus_aea", "RQ6", None, month, 400 if last else 820, arrival_date=first_half if last else any_day)
        activity.rows("sus_aea", "REM", None, month, 400, arrival_date=any_day)
        if last:
            activity.rows("sus_ec", "RQ6", None, month, 420, arrival_date=second_half)
            activity.rows("sus_ec", "REM", None, month, 200, arrival_date=any_day)
            for provider in ("RQ6", "REM"):
                activity.scope("sus_ec", provider, month)
        for dataset, providers in {
            "sus_opa": ("RBQ", "RQ6", "REM"), "sus_apcs": ("REP",), "sus_apce": ("REP",),
            "sus_aea": ("RY1", "RQ6", "REM"),
        }.items():  # fmt: skip
            for provider in providers:
                activity.scope(dataset, provider, month, bulk=last and provider == "RBQ")
        if not last:
            activity.scope("sus_opa", "RBS", month)
    # the vintages of May: RBQ sent it wrong twice, RBS wrong and then right
    activity.scope("sus_opa", "RBQ", MAY, "first", FIRST - timedelta(days=5), in_force=False, bulk=True)
    activity.profile("sus_opa", "RBQ", "320", MAY, "first", rows=200, counted=200, practice_known=200, traced=200)
    activity.profile("sus_opa", "RBQ", "170", MAY, "first", rows=50, counted=50, practice_known=50, traced=50)
    for specialty, count in {"320": 240, "170": 50, "900": 15, "910": 40}.items():
        activity.profile(
            "sus_opa", "RBQ", specialty, MAY, f"sus_opa-{MAY}", rows=count, counted=count, practice_known=count,
            traced=count,
        )  # fmt: skip
    activity.scope("sus_opa", "RBS", MAY, "wrong", SECOND, in_force=False, bulk=True)
    activity.profile("sus_opa", "RBS", "171", MAY, "wrong", rows=10, counted=10, practice_known=10, traced=10)
    activity.scope("sus_opa", "RBS", MAY, "right", THIRD, bulk=True)
    activity.profile("sus_opa", "RBS", "171", MAY, "right", rows=60, counted=60, practice_known=20, traced=60)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The rules applied to these counts."""
    warehouse = tmp_path_factory.mktemp("quality") / "warehouse.duckdb"
    activity = Activity(warehouse)
    fill(activity)
    activity.write()
    run_dbt(
        warehouse, "build", "--select", "+int_sus__quality_query", "data_quality_rate",
        "--exclude-resource-type", "unit_test", "test",
    )  # fmt: skip
    return Built(warehouse)


def failing(judged: Built, severity: str) -> set[tuple[str, str, str, str]]:
    """What fails with a severity: dataset, provider, specialty, rule. All of it is in May."""
    rows = judged.rows(
        "select dataset, provider_code, treatment_function_code, rule, month from intermediate.int_sus__quality"
        " where is_failing and severity = ?",
        severity,
    )
    assert {row[-1] for row in rows} == {MAY}
    return {row[:-1] for row in rows}


def test_what_cannot_stand_is_withheld_and_no_more(judged: Built) -> None:
    assert failing(judged, "withhold") == {
        ("sus_op", "RBQ", "320", "sus_volume"),  # not specialty 170, nor RBQ as a whole
        ("sus_op", "RQ6", "", "sus_volume"),  # its specialties are too small one by one
        ("sus_op", "RBS", "171", "sus_practice_lost"),
        ("sus_apc", "REP", "502", "sus_duplicated_rows"),
        ("sus_apc", "REP", "502", "sus_diagnosis_lost"),
        ("sus_ae", "RY1", "", "sus_volume"),  # a nil return where nil is no answer
        ("sus_ae", "RQ6", "", "sus_split_month"),  # half the days; not REM, half the visits of all days
    }


def test_what_is_unusual_is_asked_about(judged: Built) -> None:
    assert failing(judged, "warn") == {
        ("sus_op", "RBQ", "910", "sus_volume_shift"),  # new, and not held for being new
        ("sus_op", "REM", "320", "sus_volume_shift"),
        ("sus_op", "REM", "300", "sus_volume_shift"),
        ("sus_op", "REM", "320", "sus_specialty_recode"),
        ("sus_ae", "RQ6", "", "sus_volume_shift"),  # the half that is read
        ("sus_apc", "REP", "502", "sus_practices_disagree"),
        ("sus_apc", "REP", "502", "sus_ungrouped"),
        ("sus_apc", "REP", "502", "sus_coding_drift"),  # untraced 9%: below the ceiling, far above its own 1%
        ("sus_apc", "REP", "502", "sus_episode_inflation"),
    }


def test_the_reason_names_no_small_count(judged: Built) -> None:
    details = dict(
        judged.rows(
            "select provider_code || treatment_function_code || rule, detail from intermediate.int_sus__quality"
            " where is_failing"
        )
    )
    assert details["RBQ320sus_volume"] == "volume at about 300% of its usual"
    assert details["RBQ910sus_volume_shift"] == "volume where there usually is none"
    assert details["RY1sus_volume"] == "volume at about 0% of its usual"
    assert details["REM320sus_specialty_recode"] == "volume at about 70% of its usual, specialty 300 gained as much"
    assert details["RQ6sus_split_month"] == (
        "100.0% of the other emergency feed on days or of departments without any in this one against 10.0%"
    )
    assert details["REP502sus_practices_disagree"] == (
        "20.7% with another practice in the national register (PDS) against 10.0%"
    )
    assert details["REP502sus_ungrouped"] == "4.0% with a U code as HRG against 1.0%"


def test_every_rate_is_published_also_where_nothing_is_wrong(judged: Built) -> None:
    rates = (
        "select month, row_count, round(rate, 3) from main.data_quality_rate"
        " where (dataset, provider_code, measure) = ('sus_apc', 'REP', 'practices_disagree') order by month"
    )
    assert judged.rows(rates) == [*((month, 290, 0) for month in MONTHS[:-1]), (MAY, 290, 0.207)]
    measures = "select distinct measure from main.data_quality_rate where (dataset, provider_code) = ('sus_ae', 'RQ6')"
    assert {measure for (measure,) in judged.rows(measures)} == {
        "unknown_practice", "untraced", "ungrouped", "duplicated", "unread_visits",
    }  # fmt: skip


LAST_OF_RQ6, WINTER = date(2019, 9, 1), date(2020, 2, 1)


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """RQ6 became part of REM in October 2019; in February 2020 half of what REM does now is not there."""
    warehouse = tmp_path_factory.mktemp("merged") / "warehouse.duckdb"
    activity = Activity(warehouse)
    for number in range(15):
        month = date(2019 + number // 12, number % 12 + 1, 1)
        counts = {("sus_aea", "REM", None): 200, ("sus_opa", "REM", "320"): 100}
        own = {("sus_aea", "RQ6", None): 220, ("sus_opa", "RQ6", "320"): 120, ("sus_opa", "RQ6", "171"): 60}
        if month > LAST_OF_RQ6:
            counts = {("sus_aea", "REM", None): 420, ("sus_opa", "REM", "320"): 220, ("sus_opa", "REM", "171"): 60}
        if month == WINTER:
            counts = {("sus_aea", "REM", None): 200, ("sus_opa", "REM", "320"): 100, ("sus_opa", "REM", "171"): 60}
        for (dataset, provider, specialty), count in (counts | own if month <= LAST_OF_RQ6 else counts).items():
            activity.rows(dataset, provider, specialty, month, count)
        for dataset in ("sus_aea", "sus_opa"):
            for provider in ("REM", "RQ6") if month <= LAST_OF_RQ6 else ("REM",):
                activity.scope(dataset, provider, month)
    activity.write()
    run_dbt(warehouse, "build", "--select", "+int_sus__quality", "--exclude-resource-type", "unit_test", "test")
    return Built(warehouse)


def test_a_provider_is_compared_with_all_that_it_took_over(merged: Built) -> None:
    found = merged.rows(
        "select dataset, provider_code, treatment_function_code, rule, month, expected"
        " from intermediate.int_sus__quality where is_failing"
    )
    assert set(found) == {
        ("sus_ae", "REM", "", "sus_volume", WINTER, 420),
        ("sus_op", "REM", "320", "sus_volume", WINTER, 220),
    }


def test_a_question_opens_with_the_vintage_that_fails_and_closes_with_the_one_that_passes(judged: Built) -> None:
    asked = {
        row[:3]: row[3:]
        for row in judged.rows(
            "select issue, provider_code, treatment_function_code, seen, expected, is_open, opened_at, closed_at"
            " from intermediate.int_sus__quality_query"
            " where issue in ('sus_volume', 'sus_practice_lost', 'sus_split_month')"
        )
    }
    assert asked["sus_split_month", "RQ6", None] == (1, 0.1, True, FIRST, None)
    assert asked["sus_volume", "RBQ", "320"] == (240, 80, True, FIRST - timedelta(days=5), None)
    assert asked["sus_volume", "RBS", "171"] == (10, 60, False, SECOND, THIRD)
    assert asked["sus_practice_lost", "RBS", "171"] == (pytest.approx(40 / 60), 0.5, True, THIRD, None)
    missing = judged.rows(
        "select provider_code, month, is_open, opened_at from intermediate.int_sus__quality_query"
        " where issue = 'sus_provider_missing' and feed = 'sus_op' and month = ?",
        MAY,
    )
    assert missing == [("REP", MAY, True, None)]


# What reads cardiology outpatients, counted or paid: by its own specialty, among the nine, or among all.
READS_CARDIOLOGY = {
    "gpspec-outpatient-first-attendance-cost",
    "gpspec-outpatient-first-attendance-rate",
    "gp-referred-first-op-crude-rate",
    "op-first-attendance-cost",
    "op-first-attendance-rate",
    "op-gp-referred-first-attendance-rate-cardiology",
}
OTHER_SPECIALTIES = (
    "_dermatology", "_ent", "_rheumatology", "_gynaecology", "_urology", "_vascular", "_respiratory",
    "_gastroenterology",
)  # fmt: skip
FIGURES = (
    "select indicator_id, variant, org_view, org_type, org_code, period_end, state, value, band, rag, previous_value"
    " from indicator_result"
)


def figures(deployed: Deployed) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Every figure by its key."""
    return {row[:6]: row[6:] for row in deployed.exact(FIGURES)}


def told(deployed: Deployed, event: str) -> list[str]:
    """Titles of the alerts about RBQ."""
    lines = (
        (deployed.home.root / "alerts.log").read_text().splitlines()
        if (deployed.home.root / "alerts.log").exists()
        else []
    )
    entries = [json.loads(line) for line in lines]
    return [entry["title"] for entry in entries if entry["event"] == event and "RBQ" in entry["title"]]


@pytest.mark.slow
def test_one_wrong_specialty_holds_what_reads_it_and_nothing_else(
    copy_of_released: Deployed, small_sample: Path, tmp_path: Path
) -> None:
    deployed, may = copy_of_released, date(2017, 5, 1)
    before, content = figures(deployed), deployed.content_hash()
    sent = max(small_sample.glob("SEM_OPA_??????_M??.csv"))
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    shutil.copy(sent, wrong)
    FAULTS["sus_cardiology_wrong"].apply(wrong, may)
    code, lines = run_pipeline(deployed.settings, inbox=wrong)
    assert code == 0, lines

    held = figures(deployed)
    assert held.keys() == before.keys()
    changed = {key for key in held if held[key] != before[key]}
    ends = {date(2017, 5, 31), date(2017, 6, 30)}
    reading = {key for key in held if key[0] in READS_CARDIOLOGY and key[5] in ends}
    assert {key[0] for key in changed} == READS_CARDIOLOGY
    assert changed <= reading
    for key in reading:
        state, value, band, rag, previous = held[key]
        assert (state, value, band, rag) == ("withheld", None, None, None), key
        if key[5] == date(2017, 5, 31):
            assert previous == before[key][4], "the previous figure stays"
    assert {state for key, (state, *_) in held.items() if key not in reading} <= {"ok", "awaiting"}
    [(reason,)] = deployed.query(
        "select distinct state_reason from indicator_result where state = 'withheld' and org_type = 'commissioner'"
    )
    assert reason.startswith("withheld sus_op 2017-05 of provider RBQ, specialty 320 Cardiology (volume at about ")
    # of practices of other commissioners hospital activity is never complete
    incomplete = deployed.query(
        "select distinct component_id, month from component_value where not is_complete and practice_code in"
        " (select practice_code from practice_month where commissioner_code = '99A')"
    )
    assert {month for _, month in incomplete} == {may}
    assert {component for component, _ in incomplete} == {
        component
        for (component,) in deployed.query("select component_id from component where dataset = 'sus_op'")
        if not component.endswith(OTHER_SPECIALTIES)
    }

    question = (
        "select provider_code, treatment_function_code, month, owner, is_open, closed_at > opened_at"
        " from data_quality_query where issue = 'sus_volume'"
    )
    assert deployed.query(question) == [("RBQ", "320", may, "business-intelligence", True, None)]
    assert told(deployed, "problem") == ["sus_op, RBQ, specialty 320, 2017-05: check activity_stands failed"]
    [line] = [line for line in (deployed.home.root / "alerts.log").read_text().splitlines() if "RBQ" in line]
    [withheld] = [part for part in json.loads(line)["body"] if part.startswith("Withheld: ")]
    assert {name.strip() for name in withheld[10:].split(":")[0].split(" and ")[0].split(",")} <= READS_CARDIOLOGY
    assert withheld.endswith("2 month(s)")
    assert run_pipeline(deployed.settings, inbox=wrong)[0] == 0
    assert len(told(deployed, "problem")) == 1, "told once"

    # The provider sends it again, good: everything is as if nothing had happened, and the question is closed.
    good = tmp_path / "good"
    good.mkdir()
    shutil.copy(sent, good)
    code, lines = run_pipeline(deployed.settings, inbox=good)
    assert code == 0, lines
    assert figures(deployed) == before
    assert deployed.content_hash() == content
    assert deployed.query(question) == [("RBQ", "320", may, "business-intelligence", False, True)]
    assert told(deployed, "recovered") == told(deployed, "problem")
