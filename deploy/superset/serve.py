"""Start Superset on this machine: key and password, metadata, the dashboard of `dashboard/`, then the web server.

Run by `make superset` with the Python of Superset's own environment. Everything may be done again: what is there stays,
the dashboard is put back to what version control says, and nobody's own dashboards are touched.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DASHBOARD = HERE / "dashboard"
ADMIN = "admin"
SECONDS = 120  # a question of a dashboard may take so long
THREADS = 8


def secret_file(file: Path) -> str:
    """The secret in a file that its owner alone can read; written where there is none."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    secret = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(f"{secret}\n")
    return secret


def prepared_home(home: Path) -> Path:
    """Superset's folder in PCW_HOME, with the settings that `superset_config.py` reads.

    Raises:
        SystemExit: nothing was released yet.
    """
    if not (home / "published" / "current.duckdb").exists():
        sys.exit(f"Superset is not started: {home / 'published'} has no release. Make one first: `make run`.")
    folder = home / "superset"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    key = folder / "secret_key"
    secret_file(key)
    os.environ |= {
        "PCW_HOME": str(home),
        "PCW_SUPERSET_SECRET_KEY_FILE": str(key),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(folder),
        "SCARF_ANALYTICS": "false",
    }
    return folder


def dashboard_files(release: Path) -> dict[str, str]:
    """The files of the dashboard, as Superset's import wants them, for the release of this machine."""
    files = {str(path.relative_to(DASHBOARD)): path.read_text(encoding="utf-8") for path in DASHBOARD.rglob("*.yaml")}
    return {name: text.replace("duckdb:///current.duckdb", f"duckdb:///{release}") for name, text in files.items()}


def prepare(folder: Path) -> None:
    """Metadata, roles, the administrator and the dashboard."""
    import flask_migrate
    import superset
    from flask import g
    from superset.app import create_app

    app = create_app()
    with app.app_context():
        flask_migrate.upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        from superset.extensions import appbuilder, security_manager

        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        g.user = administrator(security_manager, folder)
        from superset.commands.importers.v1.assets import ImportAssetsCommand

        ImportAssetsCommand(dashboard_files(app.config["RELEASE"])).run()


def administrator(manager: Any, folder: Path) -> Any:
    """The user who may do everything. PCW_SUPERSET_PASSWORD sets the password; else it is made once."""
    given = os.environ.get("PCW_SUPERSET_PASSWORD")
    user = manager.find_user(username=ADMIN)
    if user is None:
        password = given or secret_file(folder / "admin_password")
        user = manager.add_user(
            ADMIN, "Superset", "Administrator", "admin@localhost", manager.find_role("Admin"), password=password
        )
    elif given:
        manager.reset_password(user.id, given)
    if not user:
        sys.exit("Superset is not started: its administrator could not be made; what Superset said is above.")
    return user


def main() -> None:
    """Prepare, then become the web server."""
    asked = argparse.ArgumentParser(description="Serve Superset on the releases of PCW_HOME.")
    asked.add_argument("--port", type=int, default=8088)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--prepare-only", action="store_true", help="prepare, and do not serve")
    given = asked.parse_args()
    folder = prepared_home(Path(os.environ.get("PCW_HOME") or "data").absolute())
    prepare(folder)
    if given.prepare_only:
        return
    said = "PCW_SUPERSET_PASSWORD" if os.environ.get("PCW_SUPERSET_PASSWORD") else str(folder / "admin_password")
    print(f"Open http://{given.host}:{given.port}/superset/dashboard/primary-care/  user {ADMIN}, password: {said}")
    sys.stdout.flush()
    command = ["gunicorn", "--bind", f"{given.host}:{given.port}", "--workers", "1", "--worker-class", "gthread"]
    command += ["--threads", str(THREADS), "--timeout", str(SECONDS), "superset.app:create_app()"]
    os.environ.pop("PCW_SUPERSET_PASSWORD", None)
    os.execv(sys.executable, [sys.executable, "-m", *command])


if __name__ == "__main__":
    main()
