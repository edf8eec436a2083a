"""A document as one page of HTML: its style inside, no script, nothing fetched.

Belongs here: the template and what it is given. Every figure is a `<data>` element that says where it stands in the
release: `value` is the exact value; `data-operation` where it is not `value`; `data-shown` is JSON of what differs from
`Shown()`, where anything does; of one source `data-table`, `data-key` (JSON) and `data-column`; of several (or one that
is taken away) `data-sources`, a JSON list of objects with `table`, `key`, `column` and, where it is -1, `sign`. In a
table, what the keys of a column have in common is said once: `data-keys` of its `<col>`, JSON by table of the release.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcw.files import write_atomically
from publishing.reports.document import Document
from publishing.reports.drawings import for_page
from publishing.reports.outline import prepared
from publishing.reports.tree import Common, Node, tree
from publishing.reports.widths import LONG, PIECE

if TYPE_CHECKING:
    import jinja2
    import markupsafe

TEMPLATES = Path(__file__).parent / "pages"


def write(document: Document, path: Path) -> None:
    """The page as a file."""
    write_atomically(path, render(document))


def render(document: Document) -> str:
    """The page."""
    return _template().render(document=tree(prepared(document)))


@cache
def _template() -> "jinja2.Template":
    return environment(TEMPLATES).get_template("report.html.j2")


def environment(*folders: Path) -> "jinja2.Environment":
    """What renders trees of documents, with the templates of these folders."""
    import jinja2
    import markupsafe

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"sourced": _sourced, "drawn": _drawn, "breakable": _breakable, "keyed": _keyed}
    made.globals["css"] = markupsafe.Markup(css())
    return made


def css() -> str:
    """How a document looks."""
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


def _breakable(text: str) -> str:
    """Text whose long words may be broken: they would make a column as wide as they are."""
    import markupsafe

    broken, end = markupsafe.Markup(), 0
    for long in LONG.finditer(text):
        pieces = [long[0][start : start + PIECE] for start in range(0, len(long[0]), PIECE)]
        broken += markupsafe.escape(text[end : long.start()]) + markupsafe.Markup("<wbr>").join(pieces)
        end = long.end()
    return broken + markupsafe.escape(text[end:]) if end else text


def _sourced(figure: Node) -> "markupsafe.Markup":
    """The attributes of a figure."""
    attributes: dict[str, Any] = {"value": figure["value"]}
    sources = figure["sources"]
    if len(sources) == 1 and "sign" not in sources[0]:
        (one,) = sources
        attributes |= {"data-table": one["table"], "data-key": _json(one["key"]), "data-column": one["column"]}
    else:
        attributes["data-sources"] = _json(sources)
    if figure["operation"] != "value":
        attributes["data-operation"] = figure["operation"]
    if figure["shown"] != "{}":
        attributes["data-shown"] = figure["shown"]
    import markupsafe

    # Single quotes: JSON is full of double ones.
    return markupsafe.Markup(" ".join(f"{name}='{_quoted(value)}'" for name, value in attributes.items()))


def _keyed(common: Common) -> "markupsafe.Markup":
    """What the figures of a column have in common."""
    import markupsafe

    return markupsafe.Markup(f" data-keys='{_quoted(_json(common))}'" if common else "")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;")


def _drawn(chart: Node) -> "markupsafe.Markup":
    """The checked drawing."""
    import markupsafe

    return markupsafe.Markup(for_page(chart["svg"], f"chart-{chart['number']}-", chart["alternative"]))
