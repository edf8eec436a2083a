"""All papers that stand beside the committee report, of one release and period.

Belongs here: which there are, and where each lies under the folder of the period. A path is relative and without the
ending of a format: `index`, `frog`, `moc`, `access`, `practice/N82001`, `neighbourhood/99A-N01`, `indicators/<id>`. A
code that is no name of a file has one made of it.
"""

from collections.abc import Iterator

from publishing.reports import access_dashboard, indicator_pages, neighbourhood_briefing, pack_index, savings_packs
from publishing.reports.document import Document
from publishing.reports.pack_data import PackData
from publishing.reports.practice_pack import PracticePages
from publishing.reports.reader import Reader
from publishing.reports.texts import Texts
from publishing.reports.writing import file_name


def packs(reader: Reader, texts: Texts) -> Iterator[tuple[str, Document]]:
    """Path and document of each, one after the other: nobody has to hold them all."""
    data = PackData(reader, texts)
    yield pack_index.NAME, pack_index.pack_index(data)
    yield "frog", savings_packs.frog_pack(data)
    yield "moc", savings_packs.moc_pack(data)
    yield "access", access_dashboard.AccessDashboard(data).document()
    for neighbourhood in data.neighbourhoods:
        yield f"neighbourhood/{file_name(neighbourhood)}", neighbourhood_briefing.briefing(data, neighbourhood)
    pages = PracticePages(data)
    for code in data.practices:
        yield f"practice/{file_name(code)}", pages.page(code)
    yield "indicators/index", indicator_pages.index(data)
    for indicator in data.versions:
        yield f"indicators/{file_name(indicator)}", indicator_pages.page(data, indicator)
