"""Compare ways to run Great Expectations on a month of prescribing: pandas, DuckDB through the shim, plain SQL.

Run: `python benchmarks/gx_paths.py [--rows 2000000]`. Data are generated (ten columns, seeded), one process per path so
that memory is its own; what counts is the ratio between paths of one run, not the seconds of one machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

NOT_NULL = ["practice_code", "bnf_code", "items", "nic", "actual_cost"]
ROW_RULES = {
    "bnf_shape": "not regexp_full_match(bnf_code, '[0-9]{2}[0-9A-Z]{13}|[0-9]{11}')",
    "cost": "abs(actual_cost) > 10 * abs(nic) + abs(items)",
    "quantity": "abs(quantity * items - total_quantity) > 0.0005 * greatest(abs(items), 1)",
}
PATHS = {
    "hand-written SQL, one query a check": "sql",
    "hand-written SQL, one pass": "one_pass",
    "GX on DuckDB, shim, view over Parquet": "gx_duckdb",
    "GX on pandas": "gx_pandas",
}


def generate(parquet: Path, rows: int) -> None:
    """Write `rows` rows shaped like the English Prescribing Dataset."""
    duckdb.sql(
        f"""copy (
            select 'P' || (10000 + i % 7000) as practice_code, '99A00' as pco_code,
                printf('%02d', 1 + i % 19) || printf('%07d', i % 9000) || 'AAAAAA' as bnf_code,
                (1 + hash(i) % 200)::decimal(18, 5) as quantity, (1 + hash(i + 1) % 30)::bigint as items,
                quantity * items as total_quantity, (items * (1 + hash(i + 2) % 900) / 100)::decimal(18, 5) as nic,
                (nic * 0.93)::decimal(18, 5) as actual_cost, 'N' as unidentified, i + 1 as source_row
            from range({rows}) r(i)
        ) to '{parquet}' (format parquet, compression zstd)"""
    )


def sql_rules() -> list[str]:
    """The ten checks as conditions of an offending row."""
    nulls = [f"{name} is null" for name in NOT_NULL]
    return [*nulls, "items not between -10000 and 100000", "unidentified not in ('Y', 'N')", *ROW_RULES.values()]


def run_sql(parquet: Path) -> int:
    """Ten queries; returns the number of checks that hold."""
    database = duckdb.connect()
    counts = [database.sql(f"select count(*) from '{parquet}' where {rule}").fetchall()[0][0] for rule in sql_rules()]
    return sum(count == 0 for count in counts)


def run_one_pass(parquet: Path) -> int:
    """The same ten checks as ten aggregates of one query."""
    aggregates = ", ".join(f"count(*) filter ({rule})" for rule in sql_rules())
    return sum(count == 0 for count in duckdb.sql(f"select {aggregates} from '{parquet}'").fetchall()[0])


def run_gx_duckdb(parquet: Path) -> int:
    """The same ten checks through the project's engine."""
    from expectations.gx_engine import Rule, open_relation

    database = parquet.with_suffix(".duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create or replace view staged as select * from '{parquet}'")
    rules = [Rule(name, "ExpectColumnValuesToNotBeNull", {"column": name}, None) for name in NOT_NULL]
    between = {"column": "items", "min_value": -10000, "max_value": 100000}
    rules.append(Rule("between", "ExpectColumnValuesToBeBetween", between, None))
    known = {"column": "unidentified", "value_set": ["Y", "N"]}
    rules.append(Rule("in_set", "ExpectColumnValuesToBeInSet", known, None))
    rules += [
        Rule(name, None, {}, f"select source_row from {{batch}} where {rule}") for name, rule in ROW_RULES.items()
    ]
    with open_relation(database, "staged") as relation:
        return sum(outcome.passed for outcome in relation.validate(rules).values())


def run_gx_pandas(parquet: Path) -> int:
    """The same ten checks on a data frame, loading included."""
    import great_expectations
    from great_expectations import expectations as gxe

    frame = duckdb.sql(f"select * from '{parquet}'").df()
    frame["absurd_cost"] = frame.actual_cost.abs() > 10 * frame.nic.abs() + frame["items"].abs()
    frame["off_total"] = (frame.quantity * frame["items"] - frame.total_quantity).abs() > 0.0005 * frame["items"].abs()
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("staged")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch(batch_parameters={"dataframe": frame})
    shape = "^([0-9]{2}[0-9A-Z]{13}|[0-9]{11})$"
    checks = [gxe.ExpectColumnValuesToNotBeNull(column=name) for name in NOT_NULL]
    checks.append(gxe.ExpectColumnValuesToBeBetween(column="items", min_value=-10000, max_value=100000))
    checks.append(gxe.ExpectColumnValuesToBeInSet(column="unidentified", value_set=["Y", "N"]))
    checks.append(gxe.ExpectColumnValuesToMatchRegex(column="bnf_code", regex=shape))
    checks += [gxe.ExpectColumnValuesToBeInSet(column=name, value_set=[False]) for name in ("absurd_cost", "off_total")]
    suite = great_expectations.ExpectationSuite(name="ten", expectations=checks)
    return sum(bool(result.success) for result in batch.validate(suite, result_format="BOOLEAN_ONLY").results)


def measure(path: str, parquet: Path) -> dict[str, float]:
    """Time one path in this process, imports apart (they are paid once per process)."""
    imported = time.perf_counter()
    if path.startswith("gx"):
        import great_expectations.expectations  # noqa: F401
    started = time.perf_counter()
    held = globals()[f"run_{path}"](parquet)
    seconds = time.perf_counter() - started
    if held != 10:
        raise SystemExit(f"{path}: {held} of 10 checks hold on data where all must; the path is broken")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    return {"import": started - imported, "seconds": seconds, "gigabytes": memory}


def main() -> None:
    """Generate, run each path in its own process, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--path", choices=PATHS.values(), help=argparse.SUPPRESS)
    parser.add_argument("--parquet", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.path:
        print(json.dumps(measure(options.path, options.parquet)))
        return
    with tempfile.TemporaryDirectory() as folder:
        parquet = Path(folder) / "month.parquet"
        generate(parquet, options.rows)
        print(f"10 checks on {options.rows:,} rows, duckdb {duckdb.__version__}")
        base = 0.0
        for title, path in PATHS.items():
            command = [sys.executable, __file__, "--path", path, "--parquet", str(parquet)]
            found = json.loads(
                subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            )
            base = base or found["seconds"]
            print(
                f"{title:<40} {found['seconds']:7.2f} s {found['seconds'] / base:6.1f} x  "
                f"peak {found['gigabytes']:.2f} GB  (import {found['import']:.1f} s)"
            )


if __name__ == "__main__":
    main()
