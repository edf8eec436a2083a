"""The lineage of every table as one page: dbt's own documentation of the project, from feeds to exposures.

It shows definitions and what reads what, no data: of one figure of a release the site has the origin.
"""

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.dbt_assets import ROOM, dbt_environment
from orchestration.dbt_program import DBT
from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.settings import Settings

PAGE = "static_index.html"


def write_lineage(settings: Settings, out: Path) -> None:
    """Write the page: models with their SQL as it runs for this commissioner, tests, columns, seeds, exposures.

    It opens from a file share and asks no network; about 9 MB. Its graph needs JavaScript. Where the project lies on
    this machine is not in it.

    Raises:
        PcwError: the dbt project cannot be compiled, or the page cannot be written.
    """
    with TemporaryDirectory() as folder:
        command = [DBT, "--quiet", "docs", "generate", "--static", "--empty-catalog", "--no-partial-parse"]
        command += ["--project-dir", str(ROOM), "--profiles-dir", str(ROOM), "--target-path", f"{folder}/target"]
        command += ["--vars", json.dumps({"commissioner": settings.commissioner})]
        environment = {**os.environ, **dbt_environment(settings, Path(folder) / "lineage.duckdb")}
        environment["DBT_LOG_PATH"] = f"{folder}/logs"  # the project's folder may be closed to whoever asks
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PcwError(
                f"The lineage of the dbt project cannot be written: {done.stdout[-3000:]}{done.stderr[-1000:]}"
            )
        page = Path(folder, "target", PAGE).read_text(encoding="utf-8")
    for place, shown in ((str(ROOM), ROOM.name), (folder, "build")):
        page = page.replace(place, shown)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, page)
    except OSError as error:
        raise PcwError(f"The page {out} cannot be written: {error.strerror}. Give another file: --out") from error
