"""README, "Add an indicator": at most five lines of seeds, nothing else, and the figure is right."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.running import Deployed, query

ROWS = {
    "indicator_definition.csv": (
        "rx-nitrofurantoin,2017-18,Nitrofurantoin items,prescribing,Nitrofurantoin items,Registered patients,"
        '"items per 1,000 patients per month",1000,down,2,rolling_12_months,,medicines-optimisation,2017-04-01,,Example'
        ",rate,Choice of the drug,An example,"
    ),
    "indicator_variant.csv": (
        "rx-nitrofurantoin,2017-18,standard,true,Items,rx_items_nitrofurantoin,list_size,sum,Worked example"
    ),
    "indicator_target.csv": "rx-nitrofurantoin,2017-18,,,,,at_or_below,3.5,,,Worked example",
    "indicator_example.csv": "rx-nitrofurantoin,2017-18,60,12000,5.00",
}


@pytest.fixture(scope="module")
def extended(released: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build database of the sample, built again by a project with four more lines."""
    folder = tmp_path_factory.mktemp("indicator")
    project = folder / "project"
    shutil.copytree(PROJECT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "__pycache__", "logs"))
    for name, row in ROWS.items():
        with (project / "seeds" / name).open("a", encoding="utf-8") as seed:
            seed.write(row + "\n")
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(released.home.warehouse, warehouse)
    command = [str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test"]
    command += ["--select", "path:seeds", "path:models/indicators", "--vars", "{commissioner: 99A}"]
    environment = {**os.environ, "PCW_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1", "DBT_LOG_PATH": str(folder)}
    done = subprocess.run(
        [*command, "--project-dir", str(project), "--profiles-dir", str(project)],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return warehouse


@pytest.mark.slow
def test_four_lines_make_an_indicator(extended: Path) -> None:
    assert len(ROWS) <= 5
    [(value, band, expected)] = query(
        extended,
        """
        select result.value, result.band,
            (
                select 1000 * sum(value) filter (component_id = 'rx_items_nitrofurantoin')
                    / sum(value) filter (component_id = 'list_size')
                from main.component_value
                where practice_code = result.org_code and month between date '2016-06-01' and date '2017-05-01'
            )
        from main.indicator_result as result
        where indicator_id = 'rx-nitrofurantoin' and org_type = 'practice' and org_view = 'as_at'
            and period_end = date '2017-05-31' and months_open = 12 and state = 'ok'
            and org_code not in (select distinct successor_code from main.organisation where successor_code is not null)
        order by org_code limit 1
        """,
    )
    assert abs(value - float(expected)) < 1e-9
    assert band == ("met" if value <= 3.5 else "not_met")
