"""What dbt parsed is used again for exactly the same definitions, and dbt is started no more than it must be."""

from importlib.metadata import version
from pathlib import Path

import pytest
from dagster_dbt.core import resource

from orchestration import dbt_assets
from orchestration.dbt_assets import PARTIAL_PARSE, ROOM, Parsed, dbt_arguments, parsed_folder
from orchestration.dbt_program import DBT, DbtProgram
from pcw.settings import Settings


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a run has parsed; what is kept of it is kept in its parent."""
    monkeypatch.setattr(dbt_assets, "parsed_folder", lambda warehouse: tmp_path)
    target = tmp_path / "target"
    target.mkdir()
    (target / PARTIAL_PARSE).write_bytes(b"parsed")
    return target


def parsed(warehouse: str = "/srv/warehouse.duckdb", **settings: str) -> Parsed:
    return Parsed(Settings(home=Path("/srv"), **settings), Path(warehouse))


def test_it_is_lent_for_the_same_definitions_alone(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not parsed().lend(target / "first")
    parsed().keep(target)
    assert parsed(warehouse="/another/warehouse.duckdb").lend(target / "second")
    assert (target / "second" / PARTIAL_PARSE).read_bytes() == b"parsed"
    assert not parsed(warehouse="/srv/as-at.duckdb").lend(target / "third")
    assert not parsed(commissioner="01T").lend(target / "third")
    assert not parsed(memory_limit="1GB").lend(target / "third")
    with monkeypatch.context() as patched:  # seeds are loaded by their whole path
        patched.setattr(dbt_assets, "ROOM", Path("/srv/copied/dbt_project"))
        assert not parsed().lend(target / "third")
    with monkeypatch.context() as patched:
        patched.setattr(dbt_assets, "version", lambda package: "0.0")
        assert not parsed().lend(target / "third")

    monkeypatch.setattr(dbt_assets, "definitions_hash", lambda contracts: "of an edited model" * 4)
    assert not parsed().lend(target / "third")
    parsed().keep(target)
    assert len(list(target.parent.glob("*.msgpack"))) == 1


def test_what_dbt_parsed_anew_replaces_it(target: Path) -> None:
    parsed().keep(target)
    (target / PARTIAL_PARSE).write_bytes(b"parsed again, since that was damaged")
    parsed().keep(target)
    assert parsed().lend(target)
    assert (target / PARTIAL_PARSE).read_bytes() == b"parsed again, since that was damaged"


def test_definitions_that_were_edited_meanwhile_are_not_kept(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = parsed()
    with monkeypatch.context() as patched:
        patched.setattr(dbt_assets, "definitions_hash", lambda contracts: "of an edited model" * 4)
        before.keep(target)
    assert not parsed().lend(target)


def test_it_fails_no_build(target: Path) -> None:
    parsed().keep(target)
    [kept] = target.parent.glob("*.msgpack")
    kept.unlink()
    kept.mkdir()  # nobody, not even root, can read or replace it
    assert not parsed().lend(target)
    parsed().keep(target)
    (target / PARTIAL_PARSE).unlink()
    parsed().keep(target)


def test_it_lies_in_the_home() -> None:
    assert parsed_folder(Path("/srv/warehouse.duckdb")) == Path("/srv")


def test_without_it_everything_is_parsed() -> None:
    assert "--no-partial-parse" in dbt_arguments("99A", is_parsed=False)
    assert "--partial-parse" in dbt_arguments("99A", is_parsed=True)


def test_dbt_is_asked_for_its_version_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dbt --version` asks the package index, and a build must run where that cannot be reached."""
    monkeypatch.setattr(resource, "check_output", lambda *_: pytest.fail("dbt was started"))
    program = DbtProgram(project_dir=str(ROOM), profiles_dir=str(ROOM), dbt_executable=DBT)
    assert str(program._cli_version) == version("dbt-core")
    assert program._initialize_dbt_core_adapter(["build"]) is None
