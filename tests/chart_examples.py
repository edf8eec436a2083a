"""One example of every chart, and of every edge that a chart has: for tests, and for people who look at them.

`python -m tests.chart_examples <folder>` writes all of them into one page (wide ones on a desktop, narrow ones
on a phone) and a PDF.
"""

import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from publishing.charts import burn_up, funnel, league, spc, strip, trend, variation_map, waterfall
from publishing.charts.marks import Meaning
from publishing.charts.meanings import Direction
from publishing.charts.months import Monthly
from publishing.charts.svg import PHONE, WIDE, Drawing
from publishing.reports.document import Shown
from tests.funnel_limits import of_proportion, of_rate

Example = Callable[[str, float], Drawing]
RATE = Shown(decimals=1)
POUNDS = Shown(before="£")
PENCE = Shown(decimals=2, before="£")
MILLIONS = Shown(decimals=1, scale=1_000_000, before="£", after="m")
LONG = "The <script>alert('x')</script> & Very Long Name of a Medical Centre with Branch Surgeries in Three Wards"
LONG_UNIT = "antibacterial items per STAR-PU of practices of the commissioner, twelve months, with those that closed"
NAMES = ("Abbey", "Dovecot", "Fulwood Green", "Long Lane", "Princes Park", "Storrsdale", "Vauxhall", "West Speke")


def months(count: int, first: date = date(2015, 4, 1)) -> list[date]:
    start = first.year * 12 + first.month - 1
    return [date(at // 12, at % 12 + 1, 1) for at in range(start, start + count)]


def spc_points(values: Sequence[float | None], flags: str, direction: Direction, mean: float) -> list[spc.Point]:
    there = [value for value in values if value is not None]
    meanings = iter(spc.meanings(there, mean, flags, direction, _last(there, flags, direction, mean)))
    return [
        spc.Point(of, value, "awaiting" if at % 2 else "withheld", next(meanings) if value is not None else "common")
        for at, (of, value) in enumerate(zip(months(len(values)), values, strict=True))
    ]


def _last(values: Sequence[float], flags: str, direction: Direction, mean: float) -> Meaning:
    if flags[-1] == ".":
        return "common"
    if direction == "neutral":
        return "neutral_high" if values[-1] > mean else "neutral_low"
    return "improvement" if (values[-1] > mean) == (direction == "up") else "concern"


GOLDEN = [50, 52, 49, 51, 50, 48, 51, 70, 50, 49, 52, 51]
AFTER_A_GAP = [
    9.6,
    None,
    None,
    9.3,
    9.1,
    9.4,
    9.2,
    9.5,
    9.3,
    9.1,
    9.4,
    9.2,
    9.3,
    9.0,
    9.1,
    8.6,
    8.7,
    8.6,
    8.5,
    8.7,
    8.6,
    8.4,
]


def control(ident: str, width: float) -> Drawing:
    points = spc_points(AFTER_A_GAP, "." * 13 + "s" * 7, "down", 9.0)
    return spc.control_chart(
        points, spc.Limits(8.98, 8.3, 9.66, date(2015, 7, 1)), ident=ident, title="A&E attendances", how=RATE,
        unit="attendances per 1,000 patients, yearly rate", target=8.5, variation="improvement",
        assurance="hit_or_miss", width=width,
    )  # fmt: skip


def control_neutral(ident: str, width: float) -> Drawing:
    """Neither way is good: one month far below, the newest far above."""
    values = [*(2.9, 3.1, 3.0, 3.2, 3.0, 1.5, 3.1, 3.0, 2.9, 3.1, 3.0, 4.6)]
    points = spc_points(values, ".....o.....o", "neutral", 3.03)
    return spc.control_chart(
        points, spc.Limits(3.03, 2.4, 3.66, date(2015, 4, 1)), ident=ident, title="Cancer register", how=RATE,
        unit="per cent of patients", variation="neutral_high", width=width,
    )  # fmt: skip


def control_golden(ident: str, width: float) -> Drawing:
    points = spc_points(GOLDEN, ".......o....", "down", 51.9167)
    limits = spc.Limits(51.9167, 46.5967, 57.2367, date(2015, 4, 1))
    return spc.control_chart(
        points, limits, ident=ident, title="Golden", unit="items", how=RATE, target=40, variation="common",
        assurance="fail", width=width,
    )  # fmt: skip


def control_without_limits(ident: str, width: float) -> Drawing:
    points = [spc.Point(of, value) for of, value in zip(months(4), (3, 3, None, 3), strict=True)]
    return spc.control_chart(points, None, ident=ident, title="Young", unit="per cent", how=RATE, width=width)


def control_of_one(ident: str, width: float) -> Drawing:
    return spc.control_chart(
        [spc.Point(date(2017, 5, 1), 100_000_000)],
        None,
        ident=ident,
        title="One",
        unit="pounds",
        how=POUNDS,
        width=width,
    )


def control_hidden(ident: str, width: float) -> Drawing:
    points = [spc.Point(of, None, "hidden") for of in months(12)]
    return spc.control_chart(
        points, None, ident=ident, title="Hidden", unit="x", how=RATE, variation="concern", width=width
    )


def control_long(ident: str, width: float) -> Drawing:
    draw = random.Random(3)
    points = [spc.Point(of, Decimal(draw.randint(-40, 30)) / 10) for of in months(60)]
    limits = spc.Limits(-0.5, -3.9, 2.9, points[36].month)
    return spc.control_chart(points, limits, ident=ident, title="Long", unit=LONG_UNIT, how=RATE, target=0, width=width)


def practices(count: int) -> list[tuple[str, str]]:
    return [
        (f"N8{at:04}", LONG if at == 3 else f"{NAMES[at % len(NAMES)]} {'Surgery' if at % 3 else 'Health Centre'}")
        for at in range(count)
    ]


FUNNEL = of_proportion(78.0, 100, 1.96, 3.09, 1.4)


def funnel_places(count: int) -> list[funnel.Place]:
    draw = random.Random(11)
    found = []
    for at, (code, name) in enumerate(practices(count)):
        n = int(draw.lognormvariate(5.2, 0.6)) + 20
        error = math.sqrt(78.0 * 22.0 / n) * 1.4
        value = min(
            100.0, 78.0 + draw.gauss(0, 1.0) * error + (25 if at in (5, 6) else -22 if at in (9, 11, 12, 40) else 0)
        )
        z = (value - 78.0) / error
        outlier: funnel.Outlier | None = (
            "high"
            if z > 3.09
            else "low"
            if z < -3.09
            else "high_alert"
            if z > 1.96
            else "low_alert"
            if z < -1.96
            else None
        )
        found.append(funnel.Place(code, name, value, n, outlier))
    return [*found, funnel.Place("Y02222", "New Practice", None, None, absent="hidden")]


def funnel_of_practices(ident: str, width: float) -> Drawing:
    return funnel.funnel(
        funnel_places(92), FUNNEL, ident=ident, title="Funnel", unit="per cent of patients reviewed",
        of="patients on the register", how=Shown(decimals=1, after="%"), direction="up", width=width,
    )  # fmt: skip


def funnel_neutral(ident: str, width: float) -> Drawing:
    """High and low without a better and a worse, outliers and alerts of both."""
    return funnel.funnel(
        funnel_places(92), FUNNEL, ident=ident, title="Neutral", unit="per cent of patients on a register",
        of="registered patients", how=Shown(decimals=1, after="%"), direction="neutral", width=width,
    )  # fmt: skip


def funnel_crowded(ident: str, width: float) -> Drawing:
    """Outliers so near each other that labels have to move, and some find no place."""
    limits = of_rate(2.0, 1000, 1.96, 3.09)
    places = [funnel.Place(f"N81{at:03}", LONG, 3.2 + at % 5 / 50, 9000 + at * 7, "high") for at in range(40)]
    return funnel.funnel(
        places,
        limits,
        ident=ident,
        title="Crowded",
        unit=LONG_UNIT,
        of=LONG_UNIT,
        how=RATE,
        direction="down",
        width=width,
    )


def funnel_of_one(ident: str, width: float) -> Drawing:
    place = funnel.Place("N80001", "One", 4.0, 100_000_000)
    return funnel.funnel(
        [place],
        None,
        ident=ident,
        title="One",
        unit="per 1,000",
        of="patients",
        how=RATE,
        direction="down",
        width=width,
    )


def funnel_of_none(ident: str, width: float) -> Drawing:
    place = funnel.Place("N80001", "One", None, None, absent="withheld")
    return funnel.funnel(
        [place], FUNNEL, ident=ident, title="None", unit="%", of="patients", how=RATE, direction="up", width=width
    )


def ranked(count: int) -> list[league.Ranked]:
    draw = random.Random(5)
    found = []
    for code, name in practices(count):
        value, half = draw.gauss(9, 1.1), draw.uniform(0.3, 1.4)
        meaning: Meaning = "improvement" if value < 6.9 else "concern" if value > 11 else "common"
        found.append(league.Ranked(code, name, value, value - half, value + half, meaning))
    return found


def league_of_92(ident: str, width: float) -> Drawing:
    rows = [*ranked(89), league.Ranked("Y00001", "Small Practice", None, absent="hidden")]
    rows += [league.Ranked(f"Y0000{at}", "Late Practice", None) for at in (2, 3)]
    return league.league(
        rows, ident=ident, title="League", unit="A&E attendances per 1,000", how=RATE, direction="down", benchmark=9.0,
        target=8.5, highlight=frozenset({"N80017"}), width=width,
    )  # fmt: skip


def league_neutral(ident: str, width: float) -> Drawing:
    sides: dict[Meaning, Meaning] = {"improvement": "neutral_low", "concern": "neutral_high"}
    rows = [replace(one, meaning=sides.get(one.meaning, "common")) for one in ranked(60)]
    return league.league(
        rows, ident=ident, title="Neutral", unit="per cent", how=RATE, direction="neutral", benchmark=9.0, width=width
    )


def league_short(ident: str, width: float) -> Drawing:
    rows = [
        league.Ranked("N80001", LONG, -4), league.Ranked("N80002", "Below", -2), league.Ranked("N80003", "Zero", 0),
    ]  # fmt: skip
    return league.league(rows, ident=ident, title="Short", unit=LONG_UNIT, how=RATE, direction="up", width=width)


def league_equal(ident: str, width: float) -> Drawing:
    rows = [league.Ranked(code, name, 100_000_000, 100_000_000, 100_000_000) for code, name in practices(5)]
    return league.league(rows, ident=ident, title="Equal", unit="pounds", how=POUNDS, direction="up", width=width)


def league_of_none(ident: str, width: float) -> Drawing:
    return league.league([], ident=ident, title="None", unit="x", how=RATE, direction="up", width=width)


def cres_waterfall(ident: str, width: float) -> Drawing:
    steps = waterfall.savings_steps(*(Decimal(of) for of in ("10250000", "4120000.50", "3300000", "1450000", "600000")))
    return waterfall.waterfall(
        steps, ident=ident, title="Savings", unit="CRES of 2019/20, GBP", how=MILLIONS, width=width
    )


def waterfall_signed(ident: str, width: float) -> Drawing:
    steps = (
        waterfall.Step("Budget", Decimal("-100000000"), "total"),
        waterfall.Step(LONG, Decimal("150000000"), meaning="concern"),
        waterfall.Step("No change", Decimal(0)),
        waterfall.Step("Not yet known", None),
        waterfall.Step("Has no place", Decimal("10000000")),
        waterfall.Step("Stated", Decimal("30000000"), "total"),
        waterfall.Step("Back", Decimal("-70000000"), meaning="improvement"),
        waterfall.Step("Outturn", Decimal("-40000000"), "total"),
    )
    return waterfall.waterfall(steps, ident=ident, title="Signed", unit=LONG_UNIT, how=POUNDS, width=width)


def waterfall_of_none(ident: str, width: float) -> Drawing:
    steps = waterfall.savings_steps(None, None, None, None, None)
    return waterfall.waterfall(steps, ident=ident, title="None", unit="GBP", how=POUNDS, width=width)


def burn_months(actuals: Sequence[int | None], forecasts: Sequence[int | None]) -> list[burn_up.Month]:
    plans = (400, 450, 600, 700, 800, 850, 900, 950, 1000, 1100, 1150, 1350)

    def pounds(value: int | None) -> Decimal | None:
        return None if value is None else Decimal(value * 1000)

    return [
        burn_up.Month(at + 1, pounds(plan), pounds(actual), pounds(forecast))
        for at, (plan, actual, forecast) in enumerate(zip(plans, actuals, forecasts, strict=True))
    ]


def cres_burn_up(ident: str, width: float) -> Drawing:
    rows = burn_months((380, 420, 500, 560, 690, 700, *[None] * 6), (*[None] * 6, 850, 950, 1050, 1100, 1200, 1400))
    return burn_up.burn_up(
        rows,
        ident=ident,
        title="Burn-up",
        unit="CRES of 2019/20, sum from April, GBP",
        how=MILLIONS,
        tolerance=Decimal("0.05"),
        width=width,
    )


def burn_up_with_a_hole(ident: str, width: float) -> Drawing:
    rows = burn_months((500, 600, 700, None, 690, *[None] * 7), (*[None] * 5, 700, 850, 950, 1050, 1100, 1200, 1400))
    return burn_up.burn_up(
        rows, ident=ident, title="Hole", unit="GBP", how=POUNDS, tolerance=Decimal("0.05"), width=width
    )


def burn_up_of_a_year(ident: str, width: float) -> Drawing:
    rows = burn_months((500, 600, 700, 800, 690, 700, 900, 1000, 1000, 1200, 1300, 1500), [None] * 12)
    return burn_up.burn_up(rows, ident=ident, title="Year", unit=LONG_UNIT, how=MILLIONS, width=width)


def burn_up_of_none(ident: str, width: float) -> Drawing:
    return burn_up.burn_up([], ident=ident, title="None", unit="GBP", how=MILLIONS, width=width)


def tiles() -> list[variation_map.Tile]:
    names = {"Central": ("City Centre", "Riverside", "Picton", "Everton"),
             "North": ("Anfield", "Walton", "Norris Green", "Croxteth"),
             "South": ("Childwall and Wavertree", "Speke", "Garston", LONG)}  # fmt: skip
    draw = random.Random(2)
    found = []
    for locality, members in names.items():
        for name in members:
            value = None if name == "Speke" else round(draw.gauss(9, 1.2), 1)
            found.append(variation_map.Tile(f"NB{len(found):02}", name, locality, value))
    return found


def tile_map(ident: str, width: float) -> Drawing:
    return variation_map.variation_map(
        tiles(), ident=ident, title="Map", unit="A&E attendances per 1,000", how=RATE, overall=9.0, width=width
    )


def tile_map_equal(ident: str, width: float) -> Drawing:
    rows = [variation_map.Tile(f"NB{at}", f"Area {at}", "", -100_000_000) for at in range(3)]
    return variation_map.variation_map(rows, ident=ident, title="Equal", unit=LONG_UNIT, how=PENCE, width=width)


def tile_map_of_none(ident: str, width: float) -> Drawing:
    row = variation_map.Tile("NB1", "Area", "L", None, "withheld")
    return variation_map.variation_map([row], ident=ident, title="None", unit="x", how=RATE, width=width)


def series() -> list[trend.Series]:
    draw = random.Random(8)
    found = []
    for at, name in enumerate(("Central", "North", "South", LONG)):
        values: list[float | None] = [round(9 + at / 2 + draw.gauss(0, 0.3) - step / 20, 2) for step in range(18)]
        if at == 1:
            values[7:9] = [None, None]
        if at == 2:
            values[-1] = None
        found.append(
            trend.Series(name, tuple(Monthly(of, value) for of, value in zip(months(18), values, strict=True)))
        )
    return found


def trend_multiples(ident: str, width: float) -> Drawing:
    return trend.trend(
        series(), ident=ident, title="Trend", unit="A&E attendances per 1,000", how=RATE, target=8.5, width=width
    )


def trend_single(ident: str, width: float) -> Drawing:
    return trend.trend(series()[1:2], ident=ident, title="Single", unit="per 1,000", how=RATE, width=width)


def trend_quarterly(ident: str, width: float) -> Drawing:
    values: list[float | None] = [-2, 1, None, 3, 2]
    rows = tuple(Monthly(of, value) for of, value in zip(months(15)[2::3], values, strict=True))
    return trend.trend(
        [trend.Series("Quarters", rows)], ident=ident, title="Quarters", unit=LONG_UNIT, how=RATE, every=3, width=width
    )


def trend_of_one(ident: str, width: float) -> Drawing:
    one = trend.Series("One", (Monthly(date(2017, 5, 1), 100_000_000.0),))
    return trend.trend([one], ident=ident, title="One", unit="pounds", how=POUNDS, width=width)


def trend_of_none(ident: str, width: float) -> Drawing:
    one = trend.Series("None", (Monthly(date(2017, 5, 1), None),))
    return trend.trend([one], ident=ident, title="None", unit="pounds", how=POUNDS, width=width)


def strips_of_a_practice(ident: str, width: float) -> Drawing:
    values = tuple(row.value or 0 for row in ranked(92))
    rows = [
        strip.Shows(strip.Strip("A&E attendances (GP Spec)", RATE, values, 8.5, 7.3), values[4], 5.0, 12.5, "concern"),
        strip.Shows(strip.Strip(LONG, RATE, values, 8.5), None, absent="hidden"),
        strip.Shows(strip.Strip("Beyond all others", POUNDS, (1, 2, 3)), 1_000_000, meaning="improvement"),
    ]
    return strip.strips(rows, ident=ident, title="N80001 among all", width=width)


def strips_equal(ident: str, width: float) -> Drawing:
    row = strip.Shows(strip.Strip("All alike", RATE, (0, 0, 0), 0, 0), 0, 0, 0)
    return strip.strips([row], ident=ident, title="Equal", width=width)


def strips_of_none(ident: str, width: float) -> Drawing:
    return strip.strips([strip.Shows(strip.Strip("None", RATE, ()), None)], ident=ident, title="None", width=width)


EXAMPLES: dict[str, Example] = {
    function.__name__: function
    for function in (
        control, control_neutral, control_golden, control_without_limits, control_of_one, control_hidden, control_long,
        funnel_of_practices, funnel_neutral, funnel_crowded, funnel_of_one, funnel_of_none,
        league_of_92, league_neutral, league_short, league_equal, league_of_none,
        cres_waterfall, waterfall_signed, waterfall_of_none,
        cres_burn_up, burn_up_with_a_hole, burn_up_of_a_year, burn_up_of_none,
        strips_of_a_practice, strips_equal, strips_of_none,
        tile_map, tile_map_equal, tile_map_of_none,
        trend_multiples, trend_single, trend_quarterly, trend_of_one, trend_of_none,
    )
}  # fmt: skip


def page() -> str:
    """All charts, each wide and narrow, of which a screen shows the one that fits."""
    from html import escape

    parts = [
        f"<section><h2>{name}</h2><div class=wide>{wide.svg}</div><div class=narrow>{narrow.svg}</div>"
        f"<p>{escape(wide.alternative)}</p></section>"
        for name, make in EXAMPLES.items()
        for wide, narrow in ((make(f"{name}-wide", WIDE), make(f"{name}-narrow", PHONE)),)
    ]
    style = (
        "body{font:16px/1.4 sans-serif;margin:16px;color:#1d2530}svg{max-width:100%;height:auto}"
        "p{max-width:680px;color:#4a5562}"
        ".narrow{display:none}@media(max-width:700px){.wide{display:none}.narrow{display:block}}"
    )
    body = "".join(parts)
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Charts</title>'
    return f'<!doctype html><html lang="en-GB"><head>{head}<style>{style}</style></head><body>{body}</body></html>'


def write_pdf(folder: Path) -> Path:
    """The wide charts as typst reads them."""
    import typst

    lines = ['#set page(paper: "a4", margin: 20mm)', "#set text(size: 10pt)"]
    for name, make in EXAMPLES.items():
        drawing = make(name, WIDE)
        (folder / f"{name}.svg").write_text(drawing.svg, encoding="utf-8")
        lines.append(f'#block(breakable: false)[== {name.replace("_", " ")}\n#image("{name}.svg", width: 100%)]')
    (folder / "charts.typ").write_text("\n".join(lines), encoding="utf-8")
    typst.compile(folder / "charts.typ", output=folder / "charts.pdf")
    return folder / "charts.pdf"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    (target / "charts.html").write_text(page(), encoding="utf-8")
    write_pdf(target)
