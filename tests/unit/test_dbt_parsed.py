"""What dbt parsed is used again for exactly the same definitions, and dbt is started no more than it must be."""

from importlib.metadata import version
from pathlib import Path

import pytest
from dagster_dbt.core import resource

from orchestration import dbt_assets
from orchestration.dbt_assets import PARTIAL_PARSE, ROOM, Parsed, dbt_arguments
from orchestration.dbt_program import DBT, DbtProgram
from pcw.settings import Settings


def test_it_is_lent_for_the_same_definitions_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / PARTIAL_PARSE).write_bytes(b"parsed")

    def parsed(warehouse: str = "home/warehouse.duckdb", **settings: str) -> Parsed:
        return Parsed(Settings(home=tmp_path, **settings), tmp_path / warehouse, folder=tmp_path)

    assert not parsed().lend(tmp_path / "first")
    parsed().keep(target)
    assert parsed(warehouse="another/warehouse.duckdb").lend(tmp_path / "second")
    assert (tmp_path / "second" / PARTIAL_PARSE).read_bytes() == b"parsed"
    assert not parsed(warehouse="home/as-at.duckdb").lend(tmp_path / "third")
    assert not parsed(commissioner="01T").lend(tmp_path / "fourth")
    assert not parsed(memory_limit="1GB").lend(tmp_path / "fourth")

    monkeypatch.setattr(dbt_assets, "definitions_hash", lambda contracts: "of an edited model" * 4)
    assert not parsed().lend(tmp_path / "fifth")
    parsed().keep(target)
    assert len(list(tmp_path.glob("*.msgpack"))) == 1


def test_without_it_everything_is_parsed() -> None:
    assert "--no-partial-parse" in dbt_arguments("99A", is_parsed=False)
    assert "--partial-parse" in dbt_arguments("99A", is_parsed=True)


def test_dbt_is_asked_for_its_version_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dbt --version` asks the package index, and a build must run where that cannot be reached."""
    monkeypatch.setattr(resource, "check_output", lambda *_: pytest.fail("dbt was started"))
    program = DbtProgram(project_dir=str(ROOM), profiles_dir=str(ROOM), dbt_executable=DBT)
    assert str(program._cli_version) == version("dbt-core")
    assert program._initialize_dbt_core_adapter(["build"]) is None
