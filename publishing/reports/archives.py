"""Word and Excel files are zip archives that note when they were written: here they note when the release was built.

Belongs here: the same archive with fixed times, so that the same document is the same bytes.
"""

import io
import re
import zipfile
from datetime import UTC, datetime

# Where a release's name tells no time. The zip format begins there.
LONG_AGO = datetime(1980, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"(?<!\d)(\d{8}T\d{6})Z")


def moment_of(release_id: str) -> datetime:
    """When a release was built, from its name."""
    found = _MOMENT.search(release_id)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if found else LONG_AGO


def with_fixed_times(archive: bytes, moment: datetime) -> bytes:
    """The same entries in the same order, all of that moment."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            written.writestr(entry, source.read(name))
    return target.getvalue()
