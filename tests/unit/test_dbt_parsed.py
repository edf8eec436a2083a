"""What dbt parsed is used again for exactly the same definitions."""

from pathlib import Path

import pytest

from orchestration import dbt_assets
from orchestration.dbt_assets import PARTIAL_PARSE, Parsed, dbt_arguments


def test_it_is_lent_for_the_same_definitions_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse, target = tmp_path / "warehouse.duckdb", tmp_path / "target"
    target.mkdir()
    (target / PARTIAL_PARSE).write_bytes(b"parsed")
    assert not Parsed(warehouse).lend(tmp_path / "first")
    Parsed(warehouse).keep(target)
    assert Parsed(warehouse).lend(tmp_path / "second")
    assert (tmp_path / "second" / PARTIAL_PARSE).read_bytes() == b"parsed"
    assert not Parsed(tmp_path / "as-at.duckdb").lend(tmp_path / "third")

    monkeypatch.setattr(dbt_assets, "definitions_hash", lambda contracts: "of an edited model" * 4)
    assert not Parsed(warehouse).lend(tmp_path / "fourth")
    Parsed(warehouse).keep(target)
    assert len(list(tmp_path.glob("*.msgpack"))) == 1


def test_without_it_everything_is_parsed() -> None:
    assert "--no-partial-parse" in dbt_arguments("99A", is_parsed=False)
    assert "--partial-parse" in dbt_arguments("99A", is_parsed=True)
