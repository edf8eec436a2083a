"""A build database for tests of the dbt project: `feed.*` relations from rows or sample files, and a way to run dbt.

Belongs here: making the relations that landing would make, quickly and in plain sight, and starting dbt on them.
Does not belong here: expected figures (the tests), landing's rules (`sources/`), or anything that a run would use.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.dbt_assets import SETS, Parsed
from orchestration.dbt_program import DBT
from pcw.settings import Settings
from tests.pipeline import forked_dbt

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"

# Finance and what it reads: of the indicators only what the gates withhold.
FINANCE = (*SETS["components"], "path:models/indicators/staging", "path:models/finance")

# How many months a snapshot serves at most: the calendar of its contract, in short.
SNAPSHOT_MONTHS = {"gp_list_quin_age": 3, "gp_list_totals": 3, "carr_hill_list": 3, "need_weighted_population": 12}
MONTHLY = ("epd", "epact2_age_band", "sus_aea", "sus_ec", "sus_apcs", "sus_apce", "sus_opa")
SNAPSHOT_MONTHS |= {"gp_patient_survey": 12, "cqc_rating": 1}
MONTHLY += ("friends_and_family", "friends_and_family_submission")
MONTHLY += ("gp_search", "qof_prevalence", "qof_achievement")
MONTHLY += ("gp_appointments", "gp_appointments_commissioner", "ers_referrals")
MONTHLY += ("monthly_ae", "rtt_waiting_list", "diagnostic_waits", "cancer_waits", "iapt")
SNAPSHOT_MONTHS |= {"practice_contract": 3, "complaint": 12}
MONTHLY += ("risk_register", "published_indicator")

_SQL_TYPES = {"text": "VARCHAR", "integer": "BIGINT", "date": "DATE", "month": "DATE"}

_LEDGER = """
create table feed.submission (
    dataset varchar, submission_id varchar, file_name varchar, file_sha256 varchar, period date, supplier varchar,
    contract_version integer, layout varchar, rows_read bigint, rows_accepted bigint, rows_quarantined bigint,
    rows_in_period bigint, activity_status varchar, received_at timestamp, landed_at timestamp, is_current boolean,
    withdrawn_at timestamp, withdrawn_by varchar, withdrawn_reason varchar
);
create table feed.waiver (
    waiver_id varchar, suite varchar, stage varchar, check_id varchar, month date, provider_code varchar,
    treatment_function_code varchar, practice_code varchar, rule varchar, file_sha256 varchar, granted_by varchar,
    reason varchar, granted_at timestamp, valid_until date
);
create table feed.snapshot_month (dataset varchar, month date, period date);
create table feed.data_month (dataset varchar, month date, is_loaded boolean);
create table feed.withheld (
    dataset varchar, practice_code varchar, month date, reason varchar, provider_code varchar,
    treatment_function_code varchar
);
create table feed.sus_scope (
    dataset varchar, provider_code varchar, month date, submission_id varchar, protocol varchar,
    activity_status varchar, rows bigint, received_at timestamp, extract_at timestamp, is_base boolean,
    is_in_force boolean
);
create table feed.sus_displaced (dataset varchar, submission_id varchar, source_row bigint);
create table feed.sus_profile (
    dataset varchar, provider_code varchar, treatment_function_code varchar, month date, submission_id varchar,
    measure varchar, value bigint
);
create table feed.sus_drift (
    dataset varchar, provider_code varchar, month date, frozen_submission_id varchar, later_submission_id varchar,
    records_added bigint, records_removed bigint, records_changed bigint
);
create table feed.rebuild_month (month date);
"""


@cache
def contracts() -> dict[str, dict[str, Any]]:
    """The contracts of the feeds as plain data, by dataset."""
    read = (
        yaml.load(path.read_text(), Loader=yaml.CSafeLoader) for path in sorted((ROOT / "sources").glob("*/*.yaml"))
    )
    return {contract["dataset"]: contract for contract in read}


def columns_of(contract: Mapping[str, Any]) -> dict[str, str]:
    """Column name to DuckDB type, in the order of the contract."""
    return {column["name"]: _SQL_TYPES.get(column["type"], column["type"].upper()) for column in contract["columns"]}


class Feeds:
    """The schema `feed` of one build database, made where it is not there yet, filled by a test."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self.contracts = contracts()
        with duckdb.connect(str(warehouse)) as connection:
            if connection.execute("select 1 from duckdb_schemas() where schema_name = 'feed'").fetchone():
                return
            connection.execute("create schema feed")
            connection.execute(_LEDGER)
            for dataset, contract in self.contracts.items():
                columns = ", ".join(f"{name} {kind}" for name, kind in columns_of(contract).items())
                status = ", activity_status varchar" if contract["family"] == "sus" else ""
                status += ", received_at timestamp" if _has_receipts(contract) else ""
                connection.execute(
                    f"create table feed.{dataset}"
                    f" ({columns}, submission_id varchar, source_row bigint, period date{status})"
                )

    def add(self, dataset: str, period: date, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of one submission; columns that a row does not name are null."""
        names = [*columns_of(self.contracts[dataset]), "submission_id", "source_row", "period"]
        names += ["activity_status"] if self.contracts[dataset]["family"] == "sus" else []
        names += ["received_at"] if _has_receipts(self.contracts[dataset]) else []
        values = [
            tuple({"submission_id": f"{dataset}-{period}", "source_row": number, "period": period, **row}.get(name)
                  for name in names)
            for number, row in enumerate(rows, start=1)
        ]  # fmt: skip
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.executemany(f"insert into feed.{dataset} values ({', '.join('?' * len(names))})", values)

    def drop(self, dataset: str, period: date) -> None:
        """Withdraw a period of a dataset, as when its submission is no longer current."""
        self.execute(f"delete from feed.{dataset} where period = ?", [period])

    def withhold(
        self,
        dataset: str,
        month: date,
        practice_code: str | None,
        reason: str,
        provider_code: str | None = None,
        treatment_function_code: str | None = None,
    ) -> None:
        """What a gate would withhold."""
        self.execute(
            "insert into feed.withheld (dataset, practice_code, month, reason, provider_code, treatment_function_code)"
            " values (?, ?, ?, ?, ?, ?)",
            [dataset, practice_code, month, reason, provider_code, treatment_function_code],
        )

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run one statement on the build database."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute(sql, list(parameters))

    def close_ledger(self, rebuild: Sequence[date] | None = None) -> None:
        """Work out data_month, snapshot_month and rebuild_month (default: every month) from the rows."""
        with duckdb.connect(str(self.warehouse)) as connection:
            connection.execute("delete from feed.data_month; delete from feed.snapshot_month;")
            connection.execute("delete from feed.rebuild_month")
            datasets = [*MONTHLY, *SNAPSHOT_MONTHS]
            periods = " union all ".join(f"select '{name}' as dataset, period from feed.{name}" for name in datasets)
            connection.execute(f"create or replace temp table periods as select distinct * from ({periods})")
            connection.execute(
                "create or replace temp table months as select cast(unnest(generate_series("
                "(select min(period) from periods), (select max(period) from periods), interval 1 month)) as date)"
                " as month"
            )
            for dataset, months in SNAPSHOT_MONTHS.items():
                connection.execute(
                    f"insert into feed.snapshot_month select dataset, month, max(period) from periods, months"
                    f" where dataset = '{dataset}' and period <= month"
                    f" and month < period + interval {months} month group by dataset, month"
                )
            for dataset in datasets:
                source = "feed.snapshot_month" if dataset in SNAPSHOT_MONTHS else "periods"
                column = "month" if dataset in SNAPSHOT_MONTHS else "period"
                connection.execute(
                    f"insert into feed.data_month select '{dataset}', month, month in"
                    f" (select {column} from {source} where dataset = '{dataset}') from months"
                )
            if rebuild is None:
                connection.execute("insert into feed.rebuild_month select month from months")
            for month in rebuild or ():
                connection.execute("insert into feed.rebuild_month values (?)", [month])

    def load_sample(self, directory: Path) -> None:
        """Every file of a sample folder, read with DuckDB by the column names of the contracts."""
        with tempfile.TemporaryDirectory() as unpacked, duckdb.connect(str(self.warehouse)) as connection:
            for path in sorted(directory.iterdir()):
                if path.is_file():
                    self._load_file(connection, path, Path(unpacked))

    def _load_file(self, connection: duckdb.DuckDBPyConnection, path: Path, unpacked: Path) -> None:
        dataset = _dataset_of(path.name)
        contract = self.contracts[dataset]
        plain = unpacked / f"{path.name}.csv"
        plain.write_text(_text_of(path), encoding="utf-8")
        positional = dataset in ("epraccur", "practice_successors")
        reading = f"read_csv('{plain}', all_varchar = true, header = {str(not positional).lower()})"
        found = [row[0] for row in connection.execute(f"describe select * from {reading}").fetchall()]
        aliases = {
            alias: name
            for layout in reversed(contract["layouts"])
            for name, names in layout.get("names", {}).items()
            for alias in names
        }
        names = list(columns_of(contract)) if positional else [aliases.get(column, "") for column in found]
        source = {name: column for name, column in zip(names, found, strict=False) if name}
        expressions = {
            column["name"]: _typed(f'trim("{source[column["name"]]}")', column) if column["name"] in source else "null"
            for column in contract["columns"]
        }
        period = _period(contract, path.name, expressions)
        connection.execute(
            f"insert into feed.{dataset} select {', '.join(expressions.values())},"
            f" '{path.name}', row_number() over (), {period} from {reading}"
        )


def _has_receipts(contract: Mapping[str, Any]) -> bool:
    """Whether the models decide by the moment of receipt which rows count."""
    return contract["supersession"]["kind"] in ("versions", "upsert")


def _dataset_of(name: str) -> str:
    beginnings = {
        "EPD": "epd", "ePACT2": "epact2_age_band", "epraccur": "epraccur", "succ": "practice_successors",
        "practice_groups": "practice_groups", "bnf_code": "bnf_code_changes", "carr_hill": "carr_hill_list",
        "need_weighted": "need_weighted_population", "gp-reg-pat-prac-all": "gp_list_totals",
        "gp-reg-pat-prac-quin": "gp_list_quin_age",
    }  # fmt: skip
    for beginning, dataset in beginnings.items():
        if name.startswith(beginning):
            return dataset
    raise AssertionError(f"{name} is no sample file that the tests know")


def _text_of(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            content = archive.read(next(name for name in archive.namelist() if "__MACOSX" not in name))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _typed(expression: str, column: Mapping[str, Any]) -> str:
    text = f"nullif({expression}, '')"
    if column["type"] == "month":
        digits = f"replace(replace({text}, '_', ''), '-', '')"
        return f"cast(strptime({digits} || '01', '%Y%m%d') as date)"
    if column["type"] == "date":
        return f"cast(coalesce({', '.join(f'try_strptime({text}, {form!r})' for form in column['formats'])}) as date)"
    return text if column["type"] == "text" else f"cast({text} as {_SQL_TYPES.get(column['type'], column['type'])})"


def _period(contract: Mapping[str, Any], name: str, expressions: Mapping[str, str]) -> str:
    if contract["period"]["rule"] == "financial_year_in_name":
        year = next(part for part in name.replace(".", "_").split("_") if part[:2] == "20")[:4]
        return f"date '{year}-04-01'"
    if contract["period"]["rule"] == "single":
        return f"cast(date_trunc('month', {expressions[contract['period']['columns'][0]]}) as date)"
    return "date '2017-07-01'"


def invoke(
    warehouse: Path,
    arguments: Sequence[str],
    project: Path = PROJECT,
    commissioner: str | None = "99A",
    *,
    writes: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run dbt in its own process on a build database, whatever comes of it.

    `writes`: it leaves what it made and what came of it as JSON in its target, which takes seconds.
    """
    target = warehouse.parent / "target"
    variables = {"commissioner": commissioner} if commissioner else {}
    parsed = None  # edited copies are parsed anew
    if project == PROJECT and commissioner:
        parsed = Parsed(Settings(home=warehouse.parent, commissioner=commissioner), warehouse)
    is_parsed = parsed is not None and parsed.lend(target)
    line = [
        DBT, "--no-use-colors", *arguments, "--partial-parse" if is_parsed else "--no-partial-parse",
        "--write-json" if writes else "--no-write-json",
        "--project-dir", str(project), "--profiles-dir", str(project), "--target-path", str(target),
        "--log-path", str(target), "--vars", json.dumps(variables),
    ]  # fmt: skip
    environment = {
        **os.environ, "PCW_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1", "DBT_LOG_LEVEL_FILE": "none"
    }  # fmt: skip
    done = forked_dbt.run(line, environment, project)
    if parsed is not None:
        parsed.keep(target)
    return done


def run_dbt(warehouse: Path, command: str, *arguments: str, writes: bool = False) -> None:
    """Run dbt in its own process on a build database; fails with what dbt printed."""
    done = invoke(warehouse, [command, *arguments], writes=writes)
    if done.returncode != 0:
        raise AssertionError(f"dbt {command} ended with {done.returncode}:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")


def build_models(warehouse: Path, *models: str, writes: bool = False) -> None:
    """Build models and what they select, with their data tests.

    Unit tests and those of seeds, the same for every warehouse, run where everything is built (`test_dbt_indicators`).
    """
    left_out = ("--exclude", "resource_type:unit_test", "resource_type:test,path:seeds")
    run_dbt(warehouse, "build", "--select", *models, *left_out, writes=writes)


def failed_checks(warehouse: Path, command: str, *arguments: str, project: Path = PROJECT) -> set[str]:
    """Names of the data tests that fail or warn in a run that may end badly."""
    done = invoke(warehouse, [command, *arguments], project, writes=True)
    results = warehouse.parent / "target" / "run_results.json"
    assert results.exists(), f"dbt {command} ended with {done.returncode}:\n{done.stdout[-6000:]}"
    nodes = json.loads(results.read_text())["results"]
    return {node["unique_id"].split(".")[2] for node in nodes if node["status"] in ("fail", "warn")}


_LIST_TESTS = """
import json, sys
from dbt.cli.main import dbtRunner
folder, project, parse, *sets = json.loads(sys.argv[1])
common = ["--project-dir", project, "--profiles-dir", project, "--target-path", folder, "--log-path", folder,
          "--vars", "{commissioner: 99A}", "--quiet", "--no-write-json"]
manifest = dbtRunner().invoke(["parse", parse, *common]).result
listed = ["ls", "--resource-type", "test", "--output", "name", *common]
found = [dbtRunner(manifest=manifest).invoke([*listed, *(["--select", *one] if one else [])]).result for one in sets]
json.dump(found, open(folder + "/tests.json", "w"))
"""


def checks_of_sets(folder: Path) -> tuple[list[list[str]], list[str]]:
    """Names of the data tests that each of SETS would run, and of all data tests."""
    warehouse = folder / "warehouse.duckdb"  # named from its folder, as `pcw-dbt` does: then what is parsed fits
    is_parsed = Parsed(Settings(home=folder, commissioner="99A"), warehouse).lend(folder)
    environment = {**os.environ, "PCW_WAREHOUSE": warehouse.name, "DO_NOT_TRACK": "1"}
    parse = "--partial-parse" if is_parsed else "--no-partial-parse"
    asked = json.dumps([str(folder), str(PROJECT), parse, *SETS.values(), []])
    command = [sys.executable, "-c", _LIST_TESTS, asked]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    *by_set, declared = json.loads((folder / "tests.json").read_text())
    return by_set, declared
