"""Made-up documents that hold every block and inline, and what the four files show of them."""

from decimal import Decimal

from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Chart,
    Colour,
    Column,
    Document,
    Group,
    Heading,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Rating,
    Row,
    Shown,
    Slot,
    Strong,
    Table,
    Trend,
)
from publishing.reports.formats import figure, source

RELEASE = "20170815T063000Z-1a2b3c4d"
PERCENT = Shown(decimals=1, after="%")
MONEY = Shown(decimals=0, before="£", brackets=True)
MILLIONS = Shown(decimals=1, scale=1_000_000, before="£", after="m")
ONE = Shown(decimals=1)
HOSTILE = [
    "<script>alert(1)</script>", "=cmd|'/c calc'!A1", "+1+1", "-2", "@SUM(A1)", "#panic()", "*x* _y_ $z$ @label <l>",
    "#N/A", "\u200fשלום\u200e right to left", "turned \u202eround", "no\x00thing", "w" * 300, "laughing 😀 and 中",
    "\"quoted\" 'single' & <b>", "{{ 7 * 7 }}{% raw %}", "\ud800 half a pair", "]] #] \\u{41} \\",
]  # fmt: skip


def value(of: Decimal | float | int | str, how: Shown = ONE, column: str = "value", **key: object) -> Inlines:
    return (
        figure(
            of, how, source("indicator_ccg_month", column, **(key or {"indicator_id": "ae", "month": "2017-06-01"}))
        ),
    )


def svg(name: str = "Rate of A&amp;E attendance") -> str:
    points = " ".join(f"{60 + 50 * n},{200 - 9 * n + 25 * (n % 3)}" for n in range(12))
    marks = "".join(
        f'<circle cx="{60 + 50 * n}" cy="{200 - 9 * n + 25 * (n % 3)}" r="4" fill="#0067a8"/>' for n in range(12)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 260" width="680" height="260" role="img" '
        'aria-labelledby="c-title c-desc" font-family="DejaVu Sans, sans-serif">'
        f'<title id="c-title">{name}</title><desc id="c-desc">Falls</desc>'
        '<rect width="680" height="260" fill="#ffffff"/>'
        '<defs><clipPath id="area"><rect x="40" y="10" width="620" height="220"/></clipPath></defs>'
        '<line x1="50" y1="230" x2="650" y2="230" stroke="#707a86"/>'
        f'<g clip-path="url(#area)"><polyline points="{points}" fill="none" stroke="#0067a8" stroke-width="2"/>'
        f"{marks}</g>"
        + "".join(
            f'<text x="{60 + 50 * n}" y="248" font-size="11" text-anchor="middle">M{n + 1}</text>' for n in range(12)
        )
        + '<text x="50" y="16" font-size="12" font-weight="bold">per 100 patients</text></svg>'
    )


def budget() -> Table:
    lines = [
        ("General practice - GMS", 12_061_448, 12_003_112),
        ("Premises", 2_104_300, 2_190_455),
        ("QOF", 1_871_000, 1_850_250),
    ]
    names = ("YTD Budget", "YTD Actual", "YTD Variance", "Annual Budget", "Forecast Outturn", "Forecast Variance")
    rows: list[Row | Group] = []
    for name, plan, spent in [*lines, ("Total", sum(line[1] for line in lines), sum(line[2] for line in lines))]:
        amounts = (plan, spent, spent - plan, plan * 6, spent * 6, (spent - plan) * 6)
        cells = tuple(
            value(Decimal(amount) + Decimal("0.49"), MONEY, slug, line=name)
            for slug, amount in zip(
                ("plan", "actual", "variance", "year_plan", "outturn", "year_variance"), amounts, strict=True
            )
        )
        rows.append(Row(((name,), *cells), is_total=name == "Total"))
    return Table(
        "Delegated budget, month 3", (Column("Description"), *(Column(name, True) for name in names)), tuple(rows)
    )


def summary() -> Table:
    return Table(
        "What is measured, against what, and where it stands",
        (Column("Area"), Column("Target"), Column("Current performance")),
        (
            Group("National performance measures"),
            Row((("Quality premium: experience of making an appointment",), ("85%, or 79.7%",),
                 (Colour("red"), " ", *value(Decimal("77.04"), PERCENT), Break(), Trend("down", "worsening")))),
            Row((("Antibacterial items per STAR-PU",), ("less than 1.16",),
                 (Colour("green"), " ", *value(1.149, Shown(decimals=2)), " ", Trend("down", "improving")))),
            Row((("Trimethoprim to nitrofurantoin",), ("see the dashboard",), ("awaiting: the dashboard of July",))),
            Group("Local quality improvement schemes"),
            Row((("Rate of A&E attendance, per 100 patients",), ("Band A: 7.3 or less",),
                 (Colour("yellow"), " ", *value(9.2), " then ", *value(8.45), " ", Trend("up", None)))),
            Row((("Outpatient referrals",), ("Band A: 89.1 or less",), ("withheld: a query about cardiology",))),
        ),
    )  # fmt: skip


def detail(number: int, title: str) -> tuple[Block, ...]:
    achieving = Table(
        f"Practices that achieve: {title}",
        (Column("Band A"), Column("Numbers achieving", True)),
        (Row((("June report",), value(30, Shown()))), Row((("Current",), value(39, Shown())))),
    )
    return (
        Heading(3, title, f"6.1.{number}"),
        Pair(
            ("Indicator", "Narrative"),
            (
                Paragraph((Strong(title), ": the number of attendances per 100 registered patients, standardised.")),
                Paragraph((Colour("yellow"), " ", Trend("up", "worsening"))),
                Paragraph(("Band B: ", *value(8.5))),
            ),
            (
                achieving,
                Slot(f"assurance-{number}", "Assurance on CCG control measures",
                     ("Practices review every patient who attended four times or more in a year.",
                      "A locality lead visits the ten practices with the highest rates by the end of September."),
                     "2017-05", True),
            ),
        ),
    )  # fmt: skip


def rich() -> Document:
    """A paper as the committee gets it."""
    months = Table(
        "Rate by month",
        (Column("Month"), Column("Rate", True)),
        tuple(Row(((f"M{n + 1}",), value(9.2 - 0.1 * n, month=f"2017-{n + 1:02}-01"))) for n in range(12)),
    )
    risks = Table(
        "Risk register",
        tuple(Column(name, name in ("L", "C", "Score")) for name in
              ("Ref", "Goal", "Entered", "Description", "Current controls", "L", "C", "Score", "Actions", "Lead")),
        (Row((("PC01",), ("Sustainable services",), ("12 June 2016",),
              ("There is a risk that practices close because partners retire and nobody succeeds them.",),
              ("Resilience programme; visits by the primary care team; merger support.",),
              value(4, Shown()), value(4, Shown()), value(16, Shown()),
              ("Workforce plan to the committee in October.",), ("Head of primary care",))),) * 3,
    )  # fmt: skip
    return Document(
        name="committee-2017-06",
        title="Primary Care Commissioning Committee: performance report",
        subtitle="Quarter 1 of 2017/18",
        release_id=RELEASE,
        facts={
            "Period": ("April to June 2017",),
            "Release": (RELEASE,),
            "Practices": value(92, Shown(), operation="count"),
            "Data up to": ("Most feeds: June 2017. Prescribing and secondary care: May 2017.",),
        },
        blocks=(
            Heading(2, "Purpose", "1"),
            Paragraph(("How general practice performed in the quarter, and what is done about it.",)),
            Heading(2, "Recommendations", "2"),
            Bullets((("Note the performance.",), ("Agree actions on ", Strong("A&E attendance"), ".")), ordered=True),
            Heading(2, "Report outcome", "4", "outcome"),
            Paragraph(("Of ", *value(92, Shown()), " practices, ", *value(Decimal("39"), Shown()),
                       " achieve band A. See ",
                       Link("local schemes", "#schemes"), " and ", Link("the pack of one", "pack-A81001.html"), ".")),
            summary(),
            Paragraph(("Standardised by age and sex; small numbers are not shown.",), "note"),
            Chart("Rate of A&E attendance, by month", svg(), "The rate falls from 9.2 to 8.1 in a year.", months),
            Heading(2, "Local quality improvement schemes", "6", "schemes"),
            *detail(1, "Rate of A&E attendance"),
            *detail(2, "Admissions for conditions of ambulatory care"),
            Heading(2, "Programmes", "7"),
            Table("Rating of programmes", (Column("Programme"), Column("Overall rating")),
                  (Row((("Extended access",), (Rating("amber"), " on plan with risks"))),
                   Row((("Estates",), (Rating("green"),))),
                   Row((("Workforce",), (Rating("red"), " behind plan"))))),
            Bullets((("First bullet",), ("Second bullet: ", *value(22, Shown()), " practices"))),
            Slot("visits", "Contract visits"),
            Heading(2, "Finance", "11"),
            budget(),
            Paragraph(("Savings of ", *value(Decimal("1234567.89"), MILLIONS), " are forecast, a shortfall of ",
                       *value(Decimal("-250000.00"), MONEY), ".")),
            Heading(2, "Risks", "12"),
            risks,
            Heading(2, "Conclusion", "14"),
            Slot("conclusion", "What the team concludes", ("Performance is steady.",), "2017-06"),
        ),
    )  # fmt: skip


def hostile() -> Document:
    """What came with files, in every place where text may stand."""
    rows = tuple(Row(((text,), value(text), (Strong(text), text))) for text in HOSTILE)
    blocks: list[Block] = []
    for text in HOSTILE:
        blocks += [Heading(2, text), Paragraph((text, Strong(text), *value(text), Link(text, "#here")))]
        blocks += [Bullets(((text,),)), Slot(text, text, (text,), "2017-06", True), Slot(text, text, empty=text)]
    table = Table(HOSTILE[0], (Column(HOSTILE[1]), Column(HOSTILE[5]), Column(HOSTILE[11])), (Group(HOSTILE[1]), *rows))
    return Document(
        name="hostile",
        title="=1+1 <b>#panic()</b>",
        subtitle=HOSTILE[10] + HOSTILE[8],
        release_id="20170815T063000Z-<i>",
        facts={text: (text,) for text in HOSTILE},
        blocks=(
            Heading(3, "Here", anchor="here"), table,
            Pair((HOSTILE[0], HOSTILE[5]), (Paragraph((HOSTILE[5],)),), (table,)),
            Chart(HOSTILE[5], svg("#panic() &lt;b&gt;"), HOSTILE[0] + '" onload="x', table), *blocks,
        ),
    )  # fmt: skip


def pack(number: int) -> Document:
    """One page for one practice."""
    whole = rich()
    return Document(
        name=f"pack-{number:03}",
        title=f"Practice {number}",
        subtitle="Quarter 1 of 2017/18",
        release_id=RELEASE,
        facts={"Practice": (f"A{number:05}",), **whole.facts},
        blocks=(Heading(2, "Indicators"), summary(), whole.blocks[8], *detail(1, "Rate of A&E attendance")[1:]),
    )
