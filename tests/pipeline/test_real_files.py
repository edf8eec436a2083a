"""The same job on real public NHS files. Skips where they are not beside the project."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from pcw.settings import Settings
from tests.running import Deployed, run_pipeline

# Slow: a whole job of its own. What landing makes of each real file is tested in tests/contract.
pytestmark = pytest.mark.slow

# Published practice totals of September 2017.
EXPECTED = {
    "B85010": (10312, Decimal("76507.07501")),
    "B85054": (18241, Decimal("125801.96816")),
    "L84018": (11847, Decimal("77284.26693")),
    "L84073": (6495, Decimal("49315.41997")),
}


@pytest.fixture(scope="module")
def real(realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    folder = tmp_path_factory.mktemp("real")
    inbox = folder / "inbox"
    inbox.mkdir()
    for name in (
        "ods/epraccur_2017-03-label.csv.gz",
        "prescribing/EPD_201709_4practices.csv",
        "patients_registered/gp-reg-pat-prac-quin-age_2017-09_fixture.csv",
    ):
        shutil.copy(realdata / name, inbox)
    deployed = Deployed(Settings(home=folder / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=inbox)
    assert code == 0, "\n".join(lines)
    return deployed


def test_practice_totals_equal_the_published_ones(real: Deployed) -> None:
    rows = real.query("""
        select practice_code, max(value) filter (component_id = 'rx_items'),
            max(value) filter (component_id = 'rx_actual_cost')
        from component_value where component_id in ('rx_items', 'rx_actual_cost') group by practice_code
    """)
    assert {code: (int(items), cost) for code, items, cost in rows} == EXPECTED


def test_total_quantity_is_quantity_times_items(real: Deployed) -> None:
    assert real.query("select sum(value) from component_value where component_id = 'rx_total_quantity'") == [
        (Decimal(2852009),)
    ]


def test_practices_keep_their_rows_though_the_commissioner_is_another(real: Deployed) -> None:
    rows = real.query(
        "select distinct org_code, state from indicator_result "
        "where org_type = 'practice' and org_code in ('B85010', 'L84073')"
    )
    assert {code for code, _ in rows} == {"B85010", "L84073"}
    assert {state for _, state in rows} == {"awaiting"}


@pytest.mark.slow
def test_the_other_registers_and_lists_land_too(real: Deployed, realdata: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(real.home.root, home, symlinks=True)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in (
        "ods/epraccur_2015-11.csv.gz",
        "ods/practice_lineage_to_2020-04.csv",
        "patients_registered/gp-reg-pat-prac-all_2021-01.csv",
        "prescribing/bnf_code_changes.csv",
    ):
        shutil.copy(realdata / name, inbox)
    deployed = Deployed(Settings(home=home))
    code, lines = run_pipeline(deployed.settings, inbox=inbox)
    assert code == 0, "\n".join(lines)
    assert deployed.query("select count(*) from submission where is_current")[0][0] == 7
