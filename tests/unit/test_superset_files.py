"""Superset's settings refuse what is not safe, and the files of its dashboard fit together."""

import re
import stat
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from tests.conftest import PROJECT
from tests.superset_reading import FOLDER, datasets, files, module

KEY = "k" * 64


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "secret_key"
    file.write_text(KEY)
    file.chmod(0o600)
    monkeypatch.setenv("PCW_HOME", str(tmp_path))
    monkeypatch.setenv("PCW_SUPERSET_SECRET_KEY_FILE", str(file))
    return file


@pytest.fixture
def config(key: Path) -> ModuleType:
    return module("superset_config")


def test_settings_have_the_key_of_the_file(config: ModuleType) -> None:
    assert config.SECRET_KEY == KEY and config.GUEST_TOKEN_JWT_SECRET == KEY


@pytest.mark.parametrize("name", ["PCW_HOME", "PCW_SUPERSET_SECRET_KEY_FILE"])
def test_without_a_setting_there_is_a_sentence(key: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SystemExit, match=rf"Superset is not started: {name} is not set. Start it with `make superset`"):
        module("superset_config")


def test_a_key_that_is_missing_short_or_read_by_others_is_refused(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(SystemExit, match=r"others may read its key.*mode 640.*chmod 600"):
        module("superset_config")
    key.chmod(0o600)
    key.write_text("thisISaSECRET")
    with pytest.raises(SystemExit, match="has 13 characters, expected are at least 32"):
        module("superset_config")
    key.unlink()
    with pytest.raises(SystemExit, match=r"its key cannot be read.*`make superset` writes one"):
        module("superset_config")


def test_a_connection_reads_the_release_alone(config: ModuleType, tmp_path: Path) -> None:
    url = make_url(f"duckdb:///{tmp_path}/published/current.duckdb")
    asked = {"connect_args": {"read_only": False, "config": {"enable_external_access": "true"}}}
    seen, params = config.DB_CONNECTION_MUTATOR(url, asked, "ann", None, None)
    assert seen == url and params["connect_args"] == config.READ_ONLY and params["poolclass"].__name__ == "NullPool"
    assert config.READ_ONLY == {"read_only": True, "config": {"enable_external_access": "false"}}
    for other in ("private/current.duckdb", "warehouse.duckdb", "published/current.duckdb?access_mode=read_write"):
        with pytest.raises(ValueError, match="Superset opens the release alone"):
            config.DB_CONNECTION_MUTATOR(make_url(f"duckdb:///{tmp_path}/{other}"), {}, "ann", None, None)
    with pytest.raises(ValueError, match="Superset opens the release alone"):
        config.DB_CONNECTION_MUTATOR(make_url("duckdb:///:memory:"), {}, "ann", None, None)
    postgres = make_url("postgresql://reader@bi/pcw")
    assert config.DB_CONNECTION_MUTATOR(postgres, {"a": 1}, "ann", None, None) == (postgres, {"a": 1})


def test_pages_may_ask_no_other_host(config: ModuleType) -> None:
    policy = config.TALISMAN_CONFIG["content_security_policy"]
    assert not [value for value in policy.values() if re.search(r"https?:|\*", str(value))]
    assert config.TALISMAN_ENABLED and not config.MAPBOX_API_KEY


def test_secrets_are_made_once_and_are_the_owners_own(tmp_path: Path) -> None:
    serve = module("serve")
    file = tmp_path / "admin_password"
    made = serve.secret_file(file)
    assert len(made) >= 60 and serve.secret_file(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert serve.secret_file(tmp_path / "another") != made


def test_without_a_release_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no release. Make one first: `make run`"):
        module("serve").prepared_home(tmp_path)


def references(found: Any) -> set[str]:
    """Every id of a chart or dataset in a dashboard."""
    return set(re.findall(r"(?:datasetUuid|uuid): ([0-9a-f-]{36})", yaml.safe_dump(found)))


def test_ids_are_one_each_and_lead_somewhere() -> None:
    [database], [dashboard] = files("databases"), files("dashboards")
    charts, sets = files("charts"), list(datasets().values())
    every = [one["uuid"] for one in (database, dashboard, *charts, *sets)]
    assert len(set(every)) == len(every)
    assert {one["database_uuid"] for one in sets} == {database["uuid"]}
    assert {one["dataset_uuid"] for one in charts} == {one["uuid"] for one in sets}
    assert references(dashboard["position"]) == {one["uuid"] for one in charts}
    assert references(dashboard["metadata"]) <= {one["uuid"] for one in sets}
    position = dashboard["position"]
    reached, left = set(), ["ROOT_ID"]
    while left:
        reached.add(left[0])
        left += position[left.pop(0)].get("children", [])
    assert reached == set(position) - {"DASHBOARD_VERSION_KEY", "HEADER_ID"}


def test_the_database_writes_nothing_and_names_no_machine() -> None:
    [database] = files("databases")
    assert database["sqlalchemy_uri"] == "duckdb:///current.duckdb"
    assert not any(value for name, value in database.items() if name.startswith("allow_"))
    assert database["extra"]["engine_params"]["connect_args"]["read_only"] is True


def test_charts_name_columns_that_there_are() -> None:
    columns = {one["uuid"]: {column["column_name"] for column in one["columns"]} for one in datasets().values()}
    for chart in files("charts"):
        asked, there = chart["params"], columns[chart["dataset_uuid"]]
        named = {*asked.get("all_columns", []), *asked.get("groupby", []), *asked.get("column_config", {})}
        assert named <= there and asked.get("x_axis", min(there)) in there, chart["slice_name"]
    [dashboard] = files("dashboards")
    for one in dashboard["metadata"]["native_filter_configuration"]:
        [target] = one["targets"]
        assert target["column"]["name"] in columns[target["datasetUuid"]]


def test_no_rate_is_summed_or_averaged() -> None:
    metrics = {one["sqlExpression"] for chart in files("charts") for one in chart["params"].get("metrics", [])}
    assert metrics == {"count(*)", "max(value)", "max(target)", "max(plan_ytd)", "max(actual_ytd)"}
    assert not [name for name, one in datasets().items() if re.search(r"\b(avg|sum|median)\s*\(", one["sql"])]


def test_versions_stand_without_a_host_and_duckdb_is_the_one_that_writes() -> None:
    text = (FOLDER / "requirements.txt").read_text()
    assert "://" not in text and "index-url" not in text
    [ours] = re.findall(r"^duckdb==(.+)$", (PROJECT / "requirements.txt").read_text(), re.M)
    assert re.findall(r"^duckdb==(.+)$", text, re.M) == [ours]
