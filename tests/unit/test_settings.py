"""Settings: unknown names are refused, values are checked, secrets do not show."""

from pathlib import Path

import pytest

from pcw.errors import PcwError
from pcw.settings import load_settings


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.home == tmp_path / "data"
    assert settings.alert_urls == ()


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOMES", "/srv")
    with pytest.raises(PcwError, match="PCW_HOMES"):
        load_settings()


def test_a_value_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_TARGET", "oracle")
    with pytest.raises(PcwError, match="PCW_TARGET"):
        load_settings()


@pytest.mark.parametrize("name", ["PCW_HOME", "PCW_NARRATIVE"])
def test_a_folder_that_is_set_and_empty_is_not_the_present_one(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, " ")
    with pytest.raises(PcwError, match=f"{name}.*is set and empty"):
        load_settings()


def test_alert_addresses_are_separated_by_blanks_and_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_ALERT_URLS", "mailto://user:secret@host?to=a,b  json://host/hook")
    settings = load_settings()
    assert len(settings.alert_urls) == 2
    assert "secret" not in repr(settings)


def test_watching_is_off_by_default_and_its_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert (settings.ui_url, settings.health_max_age_hours) == ("http://127.0.0.1:3000", 26)
    assert settings.heartbeat_url is None
    monkeypatch.setenv("PCW_HEARTBEAT_URL", "")
    monkeypatch.setenv("PCW_UI_URL", "https://pcw.example/")
    assert load_settings().heartbeat_url is None
    assert load_settings().ui_url == "https://pcw.example"
    for name, value in (("HEARTBEAT_URL", "file:///secret"), ("UI_URL", "pcw"), ("HEALTH_MAX_AGE_HOURS", "0")):
        with monkeypatch.context() as patched, pytest.raises(PcwError, match=f"PCW_{name}") as caught:
            patched.setenv(f"PCW_{name}", value)
            load_settings()
        assert "secret" not in str(caught.value)


def test_a_short_key_is_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_PSEUDONYM_KEY", "tooshort")
    with pytest.raises(PcwError, match=r"PCW_PSEUDONYM_KEY.*at least 32") as caught:
        load_settings()
    assert "tooshort" not in f"{caught.value} {caught.value.__cause__}"
    monkeypatch.setenv("PCW_PSEUDONYM_KEY", "long enough to be a key of thirty-two")
    assert "long enough" not in repr(load_settings())


def test_the_address_of_postgresql_is_one_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_POSTGRES_URL", "postgresql://pcw:hidden@db/pcw")
    assert "hidden" not in str(load_settings())
    monkeypatch.setenv("PCW_POSTGRES_URL", "mysql://pcw:hidden@db/pcw")
    with pytest.raises(PcwError, match=r"PCW_POSTGRES_URL.*postgresql://") as refused:
        load_settings()
    assert "hidden" not in str(refused.value)
    monkeypatch.setenv("PCW_POSTGRES_URL", "")
    assert load_settings().postgres_url is None


def test_runs_are_kept_for_a_month_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_KEEP_RUNS_DAYS", "1")
    with pytest.raises(PcwError, match="PCW_KEEP_RUNS_DAYS"):
        load_settings()


def test_readers_of_figures_and_runs_have_databases_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_POSTGRES_URL", "postgresql://pcw:one@db:5432/pcw")
    monkeypatch.setenv("PCW_SERVING_URL", "postgresql://other:two@db:5432/pcw")
    with pytest.raises(PcwError, match="PCW_SERVING_URL and PCW_POSTGRES_URL name one database") as told:
        load_settings()
    assert "two" not in str(told.value)
    monkeypatch.setenv("PCW_SERVING_URL", "postgresql://other:two@db:5432/bi")
    assert load_settings().serving_url is not None
