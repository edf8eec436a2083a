"""The Superset dashboard of version control, read plainly, and the two modules of `deploy/superset`."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from tests.conftest import PROJECT

FOLDER = PROJECT / "deploy" / "superset"
KEYS = {
    "release": ("release_id",),
    "indicator_positions": ("commissioner", "indicator"),
    "practice_league": ("indicator", "month_chosen", "practice_code"),
    "indicator_trend": ("indicator", "commissioner", "period_end"),
    "outliers": ("practice_code", "indicator", "rule"),
    "savings": ("entity_code", "scheme_id"),
    "feeds_owed": ("supplier", "dataset"),
}


def files(kind: str) -> list[dict[str, Any]]:
    """What the files of a kind (datasets, charts, dashboards, databases) say."""
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted((FOLDER / "dashboard" / kind).glob("*.yaml"))]


def datasets() -> dict[str, dict[str, Any]]:
    """Datasets by name."""
    return {one["table_name"]: one for one in files("datasets")}


def module(name: str) -> ModuleType:
    """A module of `deploy/superset`, run anew as Superset runs it."""
    path: Path = FOLDER / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"superset_{name}", path)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded
