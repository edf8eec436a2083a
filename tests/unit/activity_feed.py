"""A small feed of hospital activity: its contract, its rows and its submissions. No tests belong here."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pcw.home import Home
from sources.contracts import Contract
from sources.manifests import PeriodFacts, ScopeFacts, Submission
from sources.receipts import receive
from sources.staging import Staged, stage

APRIL, MAY, JUNE, JULY = (date(2017, month, 1) for month in (4, 5, 6, 7))
COLUMNS = {
    "der_provider_code": ("text", False),
    "unique_cds_identifier": ("text", True),
    "activity_ident": ("text", False),
    "extract_date_time": ("timestamp", False),
    "ended_date": ("date", True),
    "arrival_time": ("time", True),
    "update_type": ("text", True),
    "treatment_function_code": ("text", True),
    "gp_practice_code": ("text", True),
    "report_period_start_date": ("date", True),
    "report_period_end_date": ("date", True),
}
OPTIONAL = ("arrival_time", "gp_practice_code", "report_period_start_date", "report_period_end_date")
HEADER = "Der_Provider_Code,UNIQUE_CDS_IDENTIFIER,activity_ident,Extract_Date_Time,Ended_Date,Update_Type,TFC"
CONTRACT_VALUES: dict[str, Any] = {
    "dataset": "activity",
    "title": "Activity",
    "description": "A feed of providers and months.",
    "family": "sus",
    "supplier": "a support unit",
    "owner": "business-intelligence",
    "version": 1,
    "identifiable": False,
    "cadence": "monthly",
    "calendar": [{"from": "2014-04", "every_months": 1, "due_days": 30}],
    "load_order": 90,
    "supersession": {
        "kind": "scope",
        "provider": "der_provider_code",
        "record": "unique_cds_identifier",
        "record_fallback": "activity_ident",
        "order": "extract_date_time",
        "deleted": "update_type = '1'",
    },
    "period": {"columns": ["ended_date", "extract_date_time"], "rule": "months"},
    "quarantine": {"max_share": 0.5},
    "key": ["activity_ident"],
    "profile": {"by": "treatment_function_code", "measures": {"ended": "ended_date is not null"}},
    "columns": [
        {"name": name, "type": kind, "nullable": nullable, "description": name}
        | ({"formats": ["%Y-%m-%d"]} if kind == "date" else {})
        for name, (kind, nullable) in COLUMNS.items()
    ],
    "layouts": [
        {
            "name": "plain",
            "header": True,
            "file_name": "^ACTIVITY",
            "names": {name: [name.upper()] for name in COLUMNS} | {"treatment_function_code": ["TFC"]},
            "optional": OPTIONAL,
        }
    ],
}
CONTRACT = Contract.model_validate(CONTRACT_VALUES)
# Extracts hold the freeze of a month from the 19th of the second month after it.
TIMETABLE = {
    APRIL: datetime(2017, 6, 19, 17),
    MAY: datetime(2017, 7, 19, 17),
    JUNE: datetime(2017, 8, 18, 17),
    JULY: datetime(2017, 9, 19, 17),
}


def row(
    provider: str = "RQ6",
    record: str = "a",
    ended: str = "2017-04-10",
    extract: str = "2017-05-20 06:00:00",
    update: str = "",
    specialty: str = "320",
) -> str:
    """One line under HEADER."""
    return f"{provider},{record},{record},{extract},{ended},{update},{specialty}"


def staged_file(
    home: Home,
    *rows: str,
    name: str = "ACTIVITY.csv",
    header: str = HEADER,
    received_at: datetime = datetime(2017, 9, 1, tzinfo=UTC),
    submissions: tuple[Submission, ...] = (),
    **sidecar: object,
) -> Staged:
    """Write a file with its sidecar, receive it and stage it."""
    path = home.root / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    beside = path.with_name(f"{name}.meta.json")
    beside.unlink(missing_ok=True)
    if sidecar:
        beside.write_text(json.dumps(sidecar), encoding="utf-8")
    receipt = receive(path, received_at)
    return stage(home, receipt, {"activity": CONTRACT}, submissions, "500MB", timetable=TIMETABLE)


def submission(
    digit: str,
    extract: datetime,
    *scopes: tuple[str, date, str],
    protocol: str = "bulk",
    received_at: datetime | None = None,
    **changes: Any,
) -> Submission:
    """A landed file of the provider-months given, each with its status and one row."""
    moment = received_at or extract.replace(tzinfo=UTC)
    values: dict[str, Any] = {
        "dataset": "activity",
        "submission_id": digit * 16,
        "contract_version": 1,
        "contract_hash": "",
        "layout": "plain",
        "supplier": "",
        "file_name": f"{digit}.csv",
        "file_sha256": digit * 64,
        "file_bytes": 1,
        "file_mtime_ns": 0,
        "members": (),
        "rows_read": len(scopes),
        "rows_accepted": len(scopes),
        "rows_quarantined": 0,
        "quarantine_examples": (),
        "periods": tuple(PeriodFacts(month, 1, 1) for month in sorted({month for _, month, _ in scopes})),
        "version_facts": {"extract_date_time": extract.isoformat()},
        "received_at": moment,
        "landed_at": moment,
        "activity_status": "flex",
        "verdicts": (),
        "suites_hash": "",
        "protocol": protocol,
        "scopes": tuple(ScopeFacts(provider, month, 1, status) for provider, month, status in scopes),
    }
    return Submission(**{**values, **changes})


def home_in(folder: Path) -> Home:
    """A home for one test."""
    return Home(folder / "home").create()
