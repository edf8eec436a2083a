"""Where Dagster keeps its runs: what dagster.yaml says for each setting, and what is refused."""

from pathlib import Path

import pytest
import yaml

from orchestration import instance
from orchestration.instance import POSTGRES_URL, prepare
from orchestration.serving import webserver_command
from pcw.errors import PcwError
from pcw.home import Home

URL = "postgresql://pcw:hidden@127.0.0.1:9/pcw"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DAGSTER_HOME", *instance.QUIET):
        monkeypatch.setenv(name, "")  # restored afterwards
    return Home(tmp_path / "home")


def text(home: Home) -> str:
    return (home.dagster / "dagster.yaml").read_text()


def test_without_an_address_there_is_sqlite(home: Home) -> None:
    prepare(home)
    assert "storage" not in yaml.safe_load(text(home))
    assert [path.name for path in home.root.iterdir()] == ["dagster"], "a webserver may see nothing else"


def test_the_address_is_referred_to_and_not_written(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(home)
    (home.dagster / "dagster.yaml").write_text(text(home) + "# of the operator")
    monkeypatch.setenv(POSTGRES_URL, URL)
    monkeypatch.setattr(instance, "_reach", lambda url: None)
    prepare(home)
    prepare(home)
    assert text(home).count("storage:") == 1
    assert yaml.safe_load(text(home))["storage"] == {"postgres": {"postgres_url": {"env": POSTGRES_URL}}}
    assert "# of the operator\n" in text(home)
    assert "hidden" not in text(home)


def test_runs_in_postgresql_are_not_silently_left_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance, "_reach", lambda url: None)
    with monkeypatch.context() as set_once:
        set_once.setenv(POSTGRES_URL, URL)
        prepare(home)
    with pytest.raises(PcwError, match=f"keeps the runs in PostgreSQL and {POSTGRES_URL} is not set"):
        prepare(home)


def test_storage_that_the_operator_chose_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.dagster.mkdir(parents=True)
    own = "storage: {sqlite: {base_dir: elsewhere}}\n"
    (home.dagster / "dagster.yaml").write_text(own)
    monkeypatch.setenv(POSTGRES_URL, URL)
    monkeypatch.setattr(instance, "_reach", lambda url: None)
    prepare(home)
    assert text(home) == own


def test_a_postgresql_that_does_not_answer_is_one_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(POSTGRES_URL, URL)
    with pytest.raises(PcwError, match=f"The PostgreSQL of {POSTGRES_URL}.*cannot be used: .*refused") as said:
        prepare(home)
    assert "hidden" not in str(said.value)


def test_the_webserver_is_on_loopback() -> None:
    for command in (webserver_command(3000), webserver_command(3001, read_only=True, path_prefix="/analysts")):
        assert command[command.index("-h") + 1] == "127.0.0.1"
    assert webserver_command(1, read_only=True)[-1] == "--read-only"
