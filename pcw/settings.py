"""Settings from the environment (prefix PCW_). Paths under PCW_HOME belong to `pcw.home`."""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pcw.commissioners import Commissioners, read_commissioners
from pcw.errors import PcwError

PREFIX = "PCW_"
KEY_LENGTH = 32
# What may be made of a release beside its files; each but the last unless PCW_COPIES says otherwise.
COPIES = ("site", "exports", "postgres")
# Set by the project itself for the dbt subprocess, never by a person.
INTERNAL = {"PCW_WAREHOUSE", "PCW_DBT_THREADS", "PCW_DBT_PARENT", "PCW_SPARK_FOLDER"}


class Settings(BaseSettings):
    """All settings of a deployment; unknown PCW_ names are refused by `load_settings`."""

    # Errors of a setting are told without its value: it may be the key.
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path = Path("data")
    # Texts that people write for reports: <commissioner>/<period>/<slot>.txt, kept in version control.
    narrative: Path = Path("narrative")
    # One ODS code, or several: see `pcw.commissioners`.
    commissioner: str = "99A"
    pseudonym_key: SecretStr | None = None
    # Apprise addresses may hold passwords and commas: separated by blanks.
    alert_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    # Links in messages lead here; nothing is asked of it.
    ui_url: str = "http://127.0.0.1:3000"
    # Where PCW_HOME/reports/quality is served, behind a password, if anybody serves it: links to pages lead here.
    pages_url: str | None = None
    health_max_age_hours: Annotated[float, Field(gt=0)] = 26
    # Whoever knows the address can keep an outside monitor quiet.
    heartbeat_url: SecretStr | None = None
    # The engine that builds the models: docs/spark.md.
    target: Literal["duckdb", "spark"] = "duckdb"
    spark_master: str = "local[*]"
    memory_limit: str = "4GB"
    # Processes that land files side by side, where many wait; without it one for each core, at most four.
    landing_processes: Annotated[int, Field(ge=1)] | None = None
    # Where Dagster keeps runs, events and ticks; the address may hold a password. Without it SQLite under PCW_HOME.
    postgres_url: SecretStr | None = None
    # Where the PostgreSQL copy of the release goes; the address may hold a password. Never where Dagster keeps its own.
    serving_url: SecretStr | None = None
    # Without it the site and the exports, and postgres where PCW_SERVING_URL is set; set and empty, none.
    copies: Annotated[tuple[str, ...] | None, NoDecode] = None
    # A financial year and the month that closes it: what happened can be read until its accounts are.
    keep_runs_days: Annotated[int, Field(ge=31)] = 400

    @field_validator("alert_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @field_validator("commissioner")
    @classmethod
    def _as_codes(cls, value: str) -> str:
        return str(read_commissioners(value))

    @field_validator("copies", mode="before")
    @classmethod
    def _known_copies(cls, value: object) -> object:
        named = tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value
        if isinstance(named, tuple) and (unknown := [name for name in named if name not in COPIES]):
            raise ValueError(f"expected some of {', '.join(COPIES)}, separated by commas; {', '.join(unknown)} is none")
        return named

    @model_validator(mode="after")
    def _has_where_it_goes(self) -> "Settings":
        if self.copies and "postgres" in self.copies and self.serving_url is None:
            raise ValueError("PCW_COPIES names postgres, which needs PCW_SERVING_URL: set that, or leave postgres out")
        if self.serving_url is not None and self.postgres_url is not None:
            serving, own = (_database_of(url.get_secret_value()) for url in (self.serving_url, self.postgres_url))
            if serving == own:
                raise ValueError(
                    "PCW_SERVING_URL and PCW_POSTGRES_URL name one database: readers of figures would share it with "
                    "Dagster's runs. Give the copy of the release a database of its own"
                )
        return self

    @property
    def wanted_copies(self) -> tuple[str, ...]:
        """What is made of each release beside its files."""
        if self.copies is not None:
            return self.copies
        return tuple(name for name in COPIES if name != "postgres" or self.serving_url is not None)

    @property
    def commissioners(self) -> Commissioners:
        """The commissioners for whom figures are made."""
        return read_commissioners(self.commissioner)

    @field_validator("ui_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an address that starts with http:// or https:// is needed")
        return value.rstrip("/")

    @field_validator("pages_url")
    @classmethod
    def _served_or_not(cls, value: str | None) -> str | None:
        return str(cls._web_address(value)) if value else None

    @field_validator("heartbeat_url")
    @classmethod
    def _web_address_or_none(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        cls._web_address(value.get_secret_value())
        return value

    @field_validator("pseudonym_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value()) < KEY_LENGTH:
            raise ValueError(f"at least {KEY_LENGTH} characters are needed: whoever guesses the key finds the patients")
        return value

    @field_validator("postgres_url", "serving_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if not value.get_secret_value().startswith("postgresql://"):
            raise ValueError("an address like postgresql://pcw@/pcw?host=/run/postgresql is expected")
        return value

    @field_validator("home", "narrative", mode="before")
    @classmethod
    def _names_a_folder(cls, value: object) -> object:
        if isinstance(value, str) and not value.strip():
            raise ValueError("is set and empty: name a folder, or unset it")
        return value

    @field_validator("home", "narrative")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()


def _database_of(url: str) -> tuple[str | None, int | None, str, str]:
    """Host, port, database and options of an address: not who connects."""
    parts = urlsplit(url)
    return parts.hostname, parts.port, parts.path, parts.query


def load_settings() -> Settings:
    """Settings of this process.

    Raises:
        PcwError: an unknown PCW_ name, or a value that does not fit.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known | INTERNAL)
    if unknown:
        raise PcwError(f"Unknown setting {', '.join(unknown)}. Known settings: {', '.join(sorted(known))}.")
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'.'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()
        )
        raise PcwError(f"A setting does not fit: {problems}.") from error
