"""Settings of Superset as it is run here: reads the release, writes nothing but its own metadata, asks no other host.

Belongs here: what Superset must and must not do. What it shows is in `dashboard/`, how it is started in `serve.py`.
Superset finds this file by SUPERSET_CONFIG_PATH; `make superset` sets that and the two settings below.

    PCW_HOME                      where the releases are (published/current.duckdb)
    PCW_SUPERSET_SECRET_KEY_FILE  file with the key that signs sessions and encrypts stored passwords
    PCW_SUPERSET_DATABASE         metadata: a PostgreSQL address; default a SQLite file in PCW_HOME/superset
"""

import os
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

KEY_CHARACTERS = 32


def _asked(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        sys.exit(f"Superset is not started: {name} is not set. Start it with `make superset`, which sets it.")
    return value


def _secret_key(file: Path) -> str:
    """The key, from a file that its owner alone may read; there is no default that anybody could know."""
    try:
        mode, key = file.stat().st_mode & 0o777, file.read_text(encoding="utf-8").strip()
    except OSError as error:
        sys.exit(f"Superset is not started: its key cannot be read ({error}). `make superset` writes one.")
    if mode & 0o077:
        sys.exit(f"Superset is not started: others may read its key, {file} (mode {mode:o}). Do: chmod 600 {file}")
    if len(key) < KEY_CHARACTERS:
        sys.exit(
            f"Superset is not started: the key in {file} has {len(key)} characters, expected are at least "
            f"{KEY_CHARACTERS}. Remove the file and start again: whoever is signed in must sign in again."
        )
    return key


HOME = Path(_asked("PCW_HOME")).absolute()
RELEASE = HOME / "published" / "current.duckdb"
SECRET_KEY = _secret_key(Path(_asked("PCW_SUPERSET_SECRET_KEY_FILE")))
GUEST_TOKEN_JWT_SECRET = SECRET_KEY  # its default is public; nothing is embedded here
SQLALCHEMY_DATABASE_URI = os.environ.get("PCW_SUPERSET_DATABASE") or f"sqlite:///{HOME / 'superset' / 'metadata.db'}"

# What a connection may do: read the one file it opens. No other file (the exact counts lie beside it), no network.
READ_ONLY: dict[str, Any] = {"read_only": True, "config": {"enable_external_access": "false"}}


def DB_CONNECTION_MUTATOR(
    uri: URL, params: dict[str, Any], username: str | None, security_manager: Any, source: Any
) -> tuple[URL, dict[str, Any]]:
    """Whatever somebody typed into a database's settings: DuckDB opens the release, for reading, each time anew.

    A connection that were kept would keep the release that it opened; a new one follows the link to the current one.

    Raises:
        ValueError: another DuckDB file is asked for.
    """
    if uri.drivername.partition("+")[0] != "duckdb":
        return uri, params
    from sqlalchemy.pool import NullPool

    if Path(uri.database or "") != RELEASE or uri.query:
        raise ValueError(f"Superset opens the release alone. Give duckdb:///{RELEASE} and nothing behind it.")
    return uri, {**params, "connect_args": READ_ONLY, "poolclass": NullPool}


# What it does not do.
PREVENT_UNSAFE_DB_CONNECTIONS = True
SUPERSET_LOAD_EXAMPLES = False
PUBLIC_ROLE_LIKE = None
AUTH_USER_REGISTRATION = False
MAPBOX_API_KEY = ""
SLACK_ENABLE_AVATARS = False
ENABLE_PROXY_FIX = True
FEATURE_FLAGS = {
    "ALERT_REPORTS": False,  # alerts are Primary Care Warehouse's own
    "ENABLE_TEMPLATE_PROCESSING": False,
    "EMBEDDED_SUPERSET": False,
}
FAVICONS = [{"href": "/static/assets/images/favicon.png"}]

# Pages ask nobody but this server: no map tiles, no pixel, no fonts. A browser that was told so refuses what slips in.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "font-src": ["'self'", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,  # nginx before it speaks HTTPS
    "session_cookie_secure": False,
}
SESSION_COOKIE_SAMESITE = "Lax"
WTF_CSRF_ENABLED = True

# A figure is never older than the release: nothing is kept but filters and unsaved charts, which are in the metadata.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
RATELIMIT_STORAGE_URI = "memory://"
ROW_LIMIT = 50_000
SQL_MAX_ROW = 100_000
LANGUAGES: dict[str, Any] = {}
D3_FORMAT = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["£", ""]}
