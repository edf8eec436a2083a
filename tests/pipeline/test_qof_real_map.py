"""QOF 2020-21 as published, with the map from practices to commissioners of that year, against SQL on the files.

The map that was published beside the prevalence is written as a register of the Organisation Data Service, the feed by
which the warehouse learns of commissioners; the sums are asked of the two published files and of nothing of ours.
Skips where the real files are not beside the project.
"""

from __future__ import annotations

import csv
import io
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pcw.settings import Settings
from tests.running import Deployed, run_pipeline

pytestmark = pytest.mark.slow

OWN, NEIGHBOUR = "99A", "01J"
PREVALENCE = "qof/PREVALENCE_2021_v2.csv.gz"
MAPPING = "qof/MAPPING_NHS_GEOGRAPHIES_2021.csv.gz"
# The registers of 2020-21 and the indicator that shows each: written down here, not asked of the seeds.
INDICATORS = {
    "AF": "atrial-fibrillation", "AST": "asthma", "CAN": "cancer", "CHD": "coronary-heart-disease",
    "CKD": "chronic-kidney-disease", "COPD": "copd", "DEM": "dementia", "DEP": "depression", "DM": "diabetes",
    "EP": "epilepsy", "HF": "heart-failure", "HYP": "hypertension", "LD": "learning-disability",
    "MH": "severe-mental-illness", "NDH": "non-diabetic-hyperglycaemia", "OB": "obesity", "OST": "osteoporosis",
    "PAD": "peripheral-arterial-disease", "PC": "palliative-care", "RA": "rheumatoid-arthritis", "STIA": "stroke-tia",
}  # fmt: skip

Links = dict[str, tuple[str, str]]
Sums = dict[str, tuple[int, int]]


def links_of(mapping: Path) -> Links:
    """Commissioner and name of each practice in 2020-21."""
    rows = duckdb.execute(
        "select PRACTICE_CODE, CCG_ODS_CODE, PRACTICE_NAME from read_csv(?, all_varchar = true)", [str(mapping)]
    ).fetchall()
    return {code: (commissioner, name) for code, commissioner, name in rows}


def moved(links: Links) -> Links:
    """The map as a later year may have it: every tenth practice of the commissioner is its neighbour's."""
    own = sorted(code for code, (commissioner, _) in links.items() if commissioner == OWN)
    return links | {code: (NEIGHBOUR, links[code][1]) for code in own[::10]}


def write_register(path: Path, links: Links, joined: dict[str, str]) -> None:
    """The map in the 27 columns of epraccur; `joined` is since when, by commissioner."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for code, (commissioner, name) in sorted(links.items()):
        row = [""] * 27
        row[0], row[1], row[10], row[12], row[13], row[25] = code, name, "19740401", "A", "B", "4"
        row[14], row[15] = commissioner, joined[commissioner]
        writer.writerow(row)
    path.write_text(text.getvalue(), encoding="utf-8")


def sums_of_files(prevalence: Path, links: Links, commissioner: str = OWN) -> Sums:
    """Register and list by group: a join of the published prevalence with a map, in one query."""
    with duckdb.connect() as connection:
        connection.execute("create table map (practice varchar, commissioner varchar)")
        connection.executemany("insert into map values (?, ?)", [(code, of) for code, (of, _) in links.items()])
        rows = connection.execute(
            "select GROUP_CODE, sum(REGISTER::bigint), sum(PRACTICE_LIST_SIZE::bigint)"
            " from read_csv(?, all_varchar = true) join map on practice = PRACTICE_CODE"
            " where commissioner = ? group by GROUP_CODE",
            [str(prevalence), commissioner],
        ).fetchall()
    return {group: (int(register), int(patients)) for group, register, patients in rows}


def results(deployed: Deployed, org_view: str) -> dict[str, tuple[Any, ...]]:
    """What the warehouse makes of each register for the commissioner at 31 March 2021, exactly."""
    rows = deployed.exact(
        "select replace(indicator_id, 'qof-prevalence-', ''), numerator, denominator, value, state"
        " from indicator_result where indicator_id like 'qof-prevalence-%' and org_view = ?"
        " and org_type = 'commissioner' and org_code = ? and period_end = date '2021-03-31'",
        org_view,
        OWN,
    )
    return {name: tuple(rest) for name, *rest in rows}


def sums_of(found: dict[str, tuple[Any, ...]]) -> Sums:
    """Numerator and denominator of each register; every one must stand."""
    assert {row[3] for row in found.values()} == {"ok"}
    return {group: (int(found[name][0]), int(found[name][1])) for group, name in INDICATORS.items()}


@pytest.fixture(scope="module")
def period_map(realdata: Path) -> Links:
    return links_of(realdata / MAPPING)


@pytest.fixture(scope="module")
def at_the_period(realdata: Path, period_map: Links, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Prevalence and the map of 2020-21, released."""
    folder = tmp_path_factory.mktemp("qof")
    inbox = folder / "inbox"
    inbox.mkdir()
    shutil.copy(realdata / PREVALENCE, inbox)
    since = dict.fromkeys({commissioner for commissioner, _ in period_map.values()}, "20200401")
    write_register(inbox / "epraccur_2020.csv", period_map, since)
    return run(folder / "home", inbox)


def run(home: Path, inbox: Path) -> Deployed:
    """All of the inbox, released."""
    deployed = Deployed(Settings(home=home))
    code, lines = run_pipeline(deployed.settings, inbox=inbox)
    assert code == 0, "\n".join(lines)
    return deployed


def with_register(before: Deployed, tmp_path: Path, links: Links, joined: dict[str, str]) -> Deployed:
    """The same deployment when one more register came."""
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    shutil.copytree(before.home.root, home, symlinks=True)
    inbox.mkdir()
    write_register(inbox / "epraccur_later.csv", links, joined)
    return run(home, inbox)


def test_every_register_equals_the_sums_of_the_published_files(
    at_the_period: Deployed, realdata: Path, period_map: Links
) -> None:
    expected = sums_of_files(realdata / PREVALENCE, period_map)
    assert set(expected) == set(INDICATORS) and sum(of == OWN for of, _ in period_map.values()) == 85
    found = results(at_the_period, "as_at")
    assert sums_of(found) == expected
    for group, name in INDICATORS.items():
        register, patients = expected[group]
        assert abs(Decimal(found[name][2]) - Decimal(100) * register / patients) < Decimal("0.000001"), group
    assert sums_of(results(at_the_period, "current")) == expected


def test_a_later_map_is_noticed(realdata: Path, at_the_period: Deployed, period_map: Links, tmp_path: Path) -> None:
    """A register that says that the later map always held replaces that of the period, and every sum differs."""
    later = moved(period_map)
    of_period, of_later = (sums_of_files(realdata / PREVALENCE, links) for links in (period_map, later))
    assert all(of_later[group] != of_period[group] for group in INDICATORS)
    since = dict.fromkeys({commissioner for commissioner, _ in later.values()}, "20200401")

    deployed = with_register(at_the_period, tmp_path, later, since)
    found = sums_of(results(deployed, "as_at"))
    assert found == of_later
    assert all(found[group] != of_period[group] for group in INDICATORS)


def test_a_move_after_the_period_changes_nothing_of_it(
    realdata: Path, at_the_period: Deployed, period_map: Links, tmp_path: Path
) -> None:
    """The same later map with its day of joining: the sums stay those of the map as at the period."""
    later = moved(period_map)
    since = dict.fromkeys({commissioner for commissioner, _ in later.values()}, "20200401")
    deployed = with_register(at_the_period, tmp_path, later, since | {NEIGHBOUR: "20210701"})
    assert sums_of(results(deployed, "as_at")) == sums_of_files(realdata / PREVALENCE, period_map)
