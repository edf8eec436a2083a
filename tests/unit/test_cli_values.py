"""What is typed at `pcw` and does not fit: what was expected, what came, and exit code 2; a port that is taken."""

from __future__ import annotations

import re
import socket
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration import cli_values
from orchestration.cli import app
from pcw.errors import PcwError
from pcw.ports import assert_free

A_MONTH, A_PORT = "Expected a month like 2017-04", "Expected a port, a number from 1 to 65535 like 3000"
A_MOMENT = "Expected a date like 2017-08-29 or a time like 2017-08-29T09:00"
DAYS, NUMBER = "Expected a number of days like 90 or 90d", "Expected a whole number like 30"


@pytest.mark.parametrize(
    ("command", "option", "expected", "typed"),
    [
        ("purge --dataset epd --reason x", "--older-than", DAYS, "abc"),
        ("purge --dataset epd --reason x", "--older-than", DAYS, "-1"),
        ("purge --dataset epd --reason x", "--older-than", DAYS, "3m"),
        ("purge --dataset epd --reason x", "--older-than", "Expected at most 36500 days (a hundred years)", "999999"),
        ("sample --out x", "--from", A_MONTH, "2017-13"),
        ("sample --out x", "--to", A_MONTH, "July"),
        ("sample --out x", "--finance-from", A_MONTH, "2019"),
        ("sample --out x", "--finance-to", A_MONTH, "2019"),
        ("sample --out x", "--practices", NUMBER, "few"),
        ("sample --out x", "--seed", NUMBER, "1.5"),
        ("run", "--as-at", A_MOMENT, "yesterday"),
        ("run", "--received-at", A_MOMENT, "31/12/2017"),
        ("land x", "--received-at", A_MOMENT, "2017"),
        ("land x", "--period", A_MONTH, "2017-4"),
        ("waive a.b", "--month", A_MONTH, "201704"),
        ("waive a.b", "--until", "Expected a day like 2020-12-31", "soon"),
        ("ui", "--port", A_PORT, "http"),
        ("ui", "--port", A_PORT, "99999"),
        ("webserver", "--port", A_PORT, "0"),
        ("health", "--serve", A_PORT, "65536"),
    ],
)
def test_what_does_not_fit_is_said_with_what_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, option: str, expected: str, typed: str
) -> None:
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    done = CliRunner().invoke(app, [*command.split(), option, typed])
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.output).split())
    assert done.exit_code == 2
    assert f"Invalid value for '{option}': {expected}, found '{typed}'." in said
    assert not (tmp_path / "home").exists()


def test_values_that_fit() -> None:
    assert (cli_values.days("90"), cli_values.days("90d"), cli_values.days("0")) == (90, 90, 0)
    assert (cli_values.number("-7"), cli_values.number(30), cli_values.port("65535")) == (-7, 30, 65535)
    assert cli_values.month("2017-04") == cli_values.month(date(2017, 4, 1)) == date(2017, 4, 1)
    assert cli_values.day("2020-12-31") == date(2020, 12, 31)
    assert cli_values.moment("2017-08-29") == datetime(2017, 8, 29, tzinfo=UTC)
    assert cli_values.end_of_day("2017-08-29") == datetime(2017, 8, 29, 23, 59, 59, 999999, tzinfo=UTC)
    assert cli_values.end_of_day("2017-08-29T09:00") == datetime(2017, 8, 29, 9, tzinfo=UTC)


@pytest.mark.parametrize("command", ["ui --port", "webserver --port", "health --serve"])
def test_a_port_that_is_taken_is_said_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, [*command.split(), str(port)])
    assert isinstance(done.exception, PcwError), done.output
    assert str(done.exception).startswith(f"Port {port} of 127.0.0.1 is taken by another program")
    assert str(done.exception).endswith(f"take another: pcw {command} {port + 1}")
    assert not (tmp_path / "home").exists()
    assert_free(port, "pcw ui --port")
