"""The metrics that are made of the definitions: dbt reads them, and MetricFlow answers what the release shows.

MetricFlow has its own environment (the slow test makes it): nothing of the product needs it.
"""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from publishing.exports import semantic
from publishing.tables import attach, literal
from tests.running import Deployed

duckdb = pytest.importorskip("duckdb")
PROFILE = """\
scratch:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: {folder}/scratch.duckdb
      attach: [{{path: {release}, alias: release, read_only: true}}]
"""
DAYS = "date '2010-01-01', date '2031-01-01'"
SPINE = """\
models:
  - name: day
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
"""
NEEDS = ("dbt-metricflow[dbt-duckdb]==0.15.0", "dbt-core>=1.11,<1.12", "dbt-duckdb==1.11.1", "duckdb==1.5.5")
STARPU, PATHWAYS = "qp-antibacterial-items-per-starpu", "rtt-waiting-list-size"


@pytest.fixture(scope="module")
def project(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dbt project of somebody else, who put the file into it and did nothing more than it says."""
    folder = tmp_path_factory.mktemp("semantic")
    (folder / "models").mkdir()
    release = released.current.resolve()
    texts = {
        "dbt_project.yml": "name: scratch\nversion: '1.0'\nprofile: scratch\n",
        "profiles.yml": PROFILE.format(folder=folder, release=release),
        "models/indicator_result.sql": "select * from release.main.indicator_result",
        "models/day.sql": f"select cast(range as date) as day from range({DAYS}, interval 1 day)",
        "models/day.yml": SPINE,
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    with duckdb.connect() as connection:
        attach(connection, release, "release")
        # The small release is of one commissioner: the roll-up of all is there to be parsed, without rows.
        assert not semantic.has_roll_up(connection, "release")
        made = semantic.as_yaml(semantic.definitions(connection, "release"), "r1", with_roll_up=True)
    (folder / "models" / semantic.NAME).write_text(made)
    return folder


@pytest.mark.slow
def test_dbt_reads_a_metric_of_every_indicator_at_every_level(released: Deployed, project: Path) -> None:
    here = ["--project-dir", str(project), "--profiles-dir", str(project)]
    dbt = str(Path(sys.executable).with_name("dbt"))
    done = subprocess.run([dbt, "parse", *here], capture_output=True, text=True, cwd=project, check=False)
    assert done.returncode == 0, done.stdout
    metrics = json.loads((project / "target" / "semantic_manifest.json").read_text())["metrics"]
    named = {metric["name"] for metric in metrics}
    indicators = [name for (name,) in released.query("select distinct indicator_id from indicator")]
    suffixes = [*semantic.LEVELS, *semantic.TOGETHER]
    assert {name.replace("-", "_") + suffix for name in indicators for suffix in suffixes} <= named
    assert all(metric["label"] for metric in metrics if not metric["name"].startswith(("numerator", "denominator")))


def test_a_multiplier_is_that_of_the_indicator(released: Deployed) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(released.current.resolve()))} as release (read_only)")
        known = {one.indicator_id: one for one in semantic.definitions(connection, "release")}
    assert (known[STARPU].multiplier, known[STARPU].has_denominator) == (1, True)
    assert not known[PATHWAYS].has_denominator
    assert len(known) == len({one.metric for one in known.values()})


@pytest.mark.slow
def test_metricflow_answers_what_the_release_shows(released: Deployed, project: Path) -> None:
    environment = project / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *NEEDS], capture_output=True, check=False).returncode:
        pytest.skip("packages of MetricFlow cannot be had here")
    inside = {"PATH": f"{environment / 'bin'}:/usr/bin:/bin", "HOME": str(project), "DO_NOT_TRACK": "1"}
    inside |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_PROFILES_DIR": str(project)}

    def run(*command: str) -> None:
        done = subprocess.run(command, cwd=project, env=inside, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    run("dbt", "build")
    for indicator, level, suffix in (
        (STARPU, "commissioner", ""),
        (STARPU, "practice", "_by_practice"),
        (PATHWAYS, "commissioner", ""),
    ):
        metric, out = indicator.replace("-", "_") + suffix, project / "answer.csv"
        run("mf", "query", "--metrics", metric, "--group-by", "metric_time,result__org_code", "--csv", str(out))
        with out.open() as lines:
            answer = {
                (row["result__org_code"], row["metric_time__day"][:10]): float(row[metric])
                for row in csv.DictReader(lines)
                if row[metric] not in ("", "nan", "NaN", "None")
            }
        shown = released.query(
            "select org_code, period_end::varchar, value from indicator_result where indicator_id = ? and org_type = ? "
            "and org_view = 'as_at' and is_headline and value is not null",
            indicator,
            level,
        )
        assert len(shown) > 3 and answer == pytest.approx({(code, end): value for code, end, value in shown})
