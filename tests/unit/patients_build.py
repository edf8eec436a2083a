"""A hand-made build that counts patients, and its release with a look at what it says of itself. No test is in here."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pcw.home import Home
from publishing.shelf import Release
from tests.changed_columns import untold
from tests.unit.publishing_build import build_database, release_of

SPELLS = [("N82001", 3), ("N82002", 12), ("N82003", 0), ("N82004", 8)]


def build_with_patients(folder: Path) -> Path:
    """A build in which `spells-rate` counts patients: 3, 12, 0 and 8 in June, 40 each in March."""
    file = build_database(folder)
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into indicator values ('spells-rate', '2017-18', 'Spells', 'sus_apcs', 1000, 1)")
        connection.execute(
            "insert into definitions.indicator_variant values ('spells-rate', '2017-18', 'all', 'sus_spells', null)"
        )
        connection.execute("insert into component values ('sus_spells', 'Spells')")
        for practice, spells in SPELLS:
            for month, count in ((date(2017, 3, 31), 6), (date(2017, 6, 30), spells)):
                connection.execute(
                    "insert into indicator_result values "
                    "('spells-rate', '2017-18', 'all', 'as_at', 'practice', ?, ?, ?, 400, ?, 'ok', null, ?, ?, null, "
                    "'missed', 'red', 'up', null, true, 'concern', 'high', null, 'worsening')",
                    [
                        practice, month, count, 1000 * count / 400,
                        *((None, None) if month.month == 3 else (15.0, 15.0)),
                    ],
                )  # fmt: skip
            connection.execute(
                "insert into component_value values ('sus_spells', ?, date '2017-06-01', ?, true)", [practice, spells]
            )
    return file


def told_release_of(home: Home, file: Path, **changes: Any) -> Release:
    """Publish a build; each column that readers see otherwise than it is says so in their file."""
    release = release_of(home, file, **changes)
    silent = untold(release.path, release.private_path)
    assert not silent, f"Readers see {sorted(silent)} otherwise than it is, and their file does not say so."
    return release
