"""The first page of the packs: a link to every paper of the period, practices by neighbourhood.

Belongs here: the order in which people look for a paper. What is in one is its builder's.
"""

from publishing.reports.document import Block, Bullets, Document, Heading, Inlines, Link
from publishing.reports.formats import month
from publishing.reports.pack_data import PackData
from publishing.reports.reader import Record
from publishing.reports.writing import file_name

NAME = "index"
OF_ALL = (
    ("Committee report", "committee-report"),
    ("Savings: finance pack (FROG)", "frog"),
    ("Savings: medicines pack (MOC)", "moc"),
    ("Access: who gets appointments", "access"),
    ("Indicators: what each means, and where practices stand", "indicators/index"),
)


def pack_index(data: PackData) -> Document:
    """Papers of the whole commissioner, then each neighbourhood with its briefing and its practices."""
    blocks: list[Block] = [
        Heading(2, "All practices together", anchor="together"),
        Bullets(tuple((Link(title, f"{path}.html"),) for title, path in OF_ALL)),
        Heading(2, "Neighbourhoods and their practices", anchor="neighbourhoods"),
    ]
    for code in sorted(data.neighbourhoods, key=lambda one: (data.name("neighbourhood", one), one)):
        name = data.name("neighbourhood", code)
        briefing: Inlines = (Link(f"{name}: ten key points of medicines", f"neighbourhood/{file_name(code)}.html"),)
        blocks += [
            Heading(3, _named(name, code), anchor=f"neighbourhood-{file_name(code)}"),
            Bullets((briefing, *_practices(data, list(data.practices_in(code))))),
        ]
    alone = [row for row in data.practices.values() if not row["neighbourhood"]]
    if alone:
        blocks += [
            Heading(3, "Practices without a neighbourhood", anchor="alone"),
            Bullets(tuple(_practices(data, alone))),
        ]
    return Document(
        name=NAME,
        title=f"Papers of {month(data.period)}",
        subtitle=data.reader.commissioner,
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
        facts={"Data": (data.statement,), "Release": (data.reader.release_id,)},
    )


def _named(name: str, code: str) -> str:
    return name if name == code else f"{name} ({code})"


def _practices(data: PackData, rows: list[Record]) -> list[Inlines]:
    """A link to each practice, by name."""
    named = sorted((data.name("practice", row["practice_code"]), row["practice_code"]) for row in rows)
    return [(Link(_named(name, code), f"practice/{file_name(code)}.html"),) for name, code in named]
