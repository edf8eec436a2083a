"""`pcw explain` on the released sample: a figure, its definition, its files and their gates."""

import re

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from tests.running import Deployed

STARPU = "qp-antibacterial-items-per-starpu"


@pytest.fixture
def explain(released: Deployed, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("PCW_HOME", str(released.home.root))

    def asked(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["explain", *arguments])
        return done.exit_code, done.output + (str(done.exception) if done.exit_code else "")

    return asked


def test_a_figure_leads_to_its_files_and_their_gates(released: Deployed, explain: object) -> None:
    [(practice, value, numerator, window, end)] = released.query(
        "select org_code, value, numerator, window_start, period_end from indicator_result where indicator_id = ? "
        "and org_type = 'practice' and org_view = 'as_at' and is_headline and state = 'ok' "
        "order by period_end desc, org_code limit 1",
        STARPU,
    )
    code, said = explain(f"{STARPU}:{practice}:{end:%Y-%m}")  # type: ignore[operator]
    assert code == 0
    assert f"(exactly {value!r})" in said and f"numerator    {numerator:f}".rstrip("0").rstrip(".") in said
    files = released.query(
        "select distinct file_name, file_sha256 from submission where is_current and dataset = 'epd' "
        "and period between ? and ?",
        window,
        end,
    )
    assert len(files) > 1
    told = re.findall(
        r"  (\S+)\n    received .* checks held.*\n    SHA-256 (\w{64})\n", said.split("Read from epd ")[1]
    )
    assert told == sorted(files)
    [(checks,)] = released.query(
        "select count(*) from gate_result inner join submission using (submission_id) where file_name = ? and passed",
        files[0][0],
    )
    assert f", {checks} checks held\n" in said


def test_a_figure_without_a_value_says_why(released: Deployed, explain: object) -> None:
    [(indicator, org, end, reason)] = released.query(
        "select indicator_id, org_code, period_end, state_reason from indicator_result where state = 'awaiting' "
        "and org_type = 'commissioner' and org_view = 'as_at' and is_headline order by all limit 1"
    )
    code, said = explain(f"{indicator}:{org}:{end:%Y-%m}")  # type: ignore[operator]
    assert code == 0 and f"value        none: awaiting, {reason}" in said
    header = said.splitlines()[0].lower()
    assert header.count(f"commissioner {org.lower()}") == 1


@pytest.mark.parametrize(
    ("figure", "sentence"),
    [
        ("qp-antibacterial-item-per-starpu:99A", f"did you mean {STARPU}?"),
        (f"{STARPU}:ZZZ", f"has no {STARPU} of ZZZ."),
        (f"{STARPU}:99A:2031-01", "has no period 2031-01. It has 20"),
        (f"{STARPU}:99A:June", "Expected indicator:organisation or"),
        (STARPU, "Expected indicator:organisation or"),
    ],
)
def test_what_is_not_there_is_told(explain: object, figure: str, sentence: str) -> None:
    code, said = explain(figure)  # type: ignore[operator]
    assert code == 1 and sentence in said
