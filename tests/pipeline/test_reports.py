"""Papers of a real release: every figure is that of the release, and they are written where readers look for them."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from publishing.reports.as_html import render
from publishing.reports.committee import committee_report
from publishing.reports.making import make_reports
from publishing.reports.packs import packs
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from tests.conftest import PROJECT
from tests.running import Deployed
from tests.unit.report_pages import page_figures
from tests.walking import figures_wrong, wrong

QUARTERS = (date(2016, 6, 1), date(2017, 3, 1), date(2017, 6, 1))


@pytest.fixture(scope="module")
def connection(released: Deployed) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(released.current.resolve()), read_only=True) as opened:
        yield opened


def texts(period: date) -> Texts:
    return Texts(PROJECT / "narrative", "99A", period)


@pytest.mark.parametrize("period", QUARTERS, ids=str)
def test_every_figure_of_the_committee_report_is_that_of_the_release(
    connection: duckdb.DuckDBPyConnection, period: date
) -> None:
    report = committee_report(Reader(connection), texts(period))
    assert len(list(report.figures())) > 200
    assert figures_wrong(report, connection) == []


def test_every_figure_of_every_pack_is_that_of_the_release(connection: duckdb.DuckDBPyConnection) -> None:
    found = dict(packs(Reader(connection), texts(QUARTERS[-1])))
    assert wrong([figure for document in found.values() for figure in document.figures()], connection) == []
    kinds = {path.partition("/")[0] for path in found}
    assert kinds == {"index", "frog", "moc", "access", "neighbourhood", "practice", "indicators"}
    practices = connection.execute(
        "select count(distinct practice_code) from practice_month "
        "where month = '2017-06-01' and commissioner_code = '99A' and has_list"
    ).fetchone()
    assert practices is not None
    assert sum(path.startswith("practice/") for path in found) == practices[0]


def test_the_page_says_of_each_figure_where_it_stands(connection: duckdb.DuckDBPyConnection) -> None:
    report = committee_report(Reader(connection), texts(QUARTERS[-1]))
    found = page_figures(render(report))
    assert [figure.text for figure in found] == [figure.text for figure in report.figures()]
    assert {source["table"] for figure in found for source in figure.sources} >= {
        *("indicator_result", "indicator_threshold", "finance_position", "cres_position", "risk_grade_count")
    }


@pytest.mark.slow
def test_a_report_is_the_same_bytes_each_time(released: Deployed, tmp_path: Path) -> None:
    first, again = (
        make_reports(released.current, PROJECT / "narrative", tmp_path / name, period=QUARTERS[-1])
        for name in ("first", "again")
    )
    assert [file.name for file in first.files] == [
        f"committee-report.{kind}" for kind in ("html", "pdf", "docx", "xlsx")
    ]
    assert [file.read_bytes() for file in first.files] == [file.read_bytes() for file in again.files]


def run(released: Deployed, *arguments: str) -> tuple[int, str]:
    with released.environment():
        done = CliRunner().invoke(app, ["report", *arguments])
    return done.exit_code, done.output if done.exception is None else f"{done.output}{done.exception}"


def test_the_command_writes_the_newest_quarter_and_says_where(released: Deployed, tmp_path: Path) -> None:
    code, said = run(released, "--out", str(tmp_path), "--kinds", "html")
    assert code == 0, said
    assert (tmp_path / "2017-06" / "committee-report.html").exists()
    assert "Report of June 2017 from release" in said
    assert "newest quarter" in said and "--period YYYY-MM" in said, "later months have figures, and no report unasked"
    assert "pcw report --packs" in said


def test_a_text_that_no_slot_has_is_told(released: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "narrative" / "99A" / "2017-06"
    folder.mkdir(parents=True)
    (folder / "conclusions.txt").write_text("Lost?", encoding="utf-8")
    monkeypatch.setenv("PCW_NARRATIVE", str(tmp_path / "narrative"))
    _, said = run(released, "--out", str(tmp_path), "--kinds", "html", "--period", "2017-06")
    assert "conclusions.txt is no text of this report" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--period", "2031-01"], "has results up to 2017-0"),
        (["--release", "20000101T000000Z-00000000"], "20000101T000000Z-00000000"),
        (["--as-at", "2017-08-29"], "pcw run --as-at 2017-08-29"),
    ],
)
def test_a_report_that_cannot_be_made_says_why(
    released: Deployed, tmp_path: Path, arguments: list[str], said: str
) -> None:
    code, output = run(released, "--out", str(tmp_path), *arguments)
    assert code != 0
    assert said in output


def test_the_asset_writes_the_papers_and_the_sensor_asks_once_for_each_release(copy_of_released: Deployed) -> None:
    from orchestration.build import build_defs
    from orchestration.report_assets import report_of_release

    with copy_of_released.environment(), dg.DagsterInstance.ephemeral() as instance:
        (request,) = [report_of_release()]
        assert isinstance(request, dg.RunRequest)
        assert (
            request.run_key == json.loads((copy_of_released.home.published / "current.json").read_text())["release_id"]
        )
        done = build_defs().resolve_job_def("report").execute_in_process(instance=instance)
        assert done.success
    assert (copy_of_released.home.reports / "committee" / "2017-06" / "committee-report.pdf").exists()
