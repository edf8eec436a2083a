"""Outpatients as tables: which provider has which clinic, and what an appointment there can be.

Belongs here: clinics with their volume, kinds of appointment with their codes. Does not belong here: who comes and when
(`sus_outpatients`). Kind `gp_first` is what the GP Specification counts in its nine specialties; every other kind fails
one of its criteria.
"""

from __future__ import annotations

from dataclasses import dataclass

from .sus_tables import RBQ, RBS, REM, REP, RQ6

#: The nine specialties: GP-referred first attendances a year per 1,000 weighted patients.
NINE = {
    **{"330": 14.6, "120": 13.4, "410": 5.2, "502": 17.3, "101": 9.4},
    **{"107": 4.1, "320": 9.6, "340": 5.9, "301": 10.6},
}
_PLACES = {"Q": RQ6, "M": REM, "B": RBS, "P": REP, "H": RBQ}
# Treatment function | thousand appointments a year (x: one of the nine) | providers by share.
_CLINICS = """
    330|x|Q:58 M:36 B:6
    120|x|Q:30 M:52 B:18
    410|x|Q:55 M:40 B:5
    502|x|P:78 M:22
    101|x|Q:62 M:38
    107|x|Q:60 M:40
    320|x|H:48 Q:30 M:22
    340|x|H:20 Q:42 M:38
    301|x|Q:52 M:40 B:8
    100|34|Q:55 M:45
    110|62|Q:45 M:42 B:13
    130|78|Q:66 M:24 B:10
    140|16|Q:70 M:30
    300|14|Q:55 M:45
    302|15|Q:50 M:50
    303|24|Q:74 M:26
    307|18|Q:52 M:48
    361|19|Q:80 M:20
    370|26|Q:66 M:34
    400|12|M:100
    420|31|B:100
    430|9|Q:50 M:50
    501|40|P:100
    170|5|H:100
    171|9|B:100
"""
# kind | weight in the nine | weight elsewhere | status | first | source | consultant | main specialty | admin |
# outcome | CDS | HRG | pounds. The weight of gp_first is its volume in the nine. "=" is the treatment function itself.
_KINDS = """
    gp_first|95|16|5|1|03|C|=|01|2|020|WF01B|158
    gp_first|3|0.6|6|1|03|C|=|01|1|020|WF01B|158
    gp_first|2|0.4|5|3|03|C|=|01|1|020|WF01C|92
    missed|11|2.2|3|1|03|C|=|01||020||0
    cancelled|7|1.5|2|1|03|C|=|01||020||0
    cancelled|5|1|4|1|03|C|=|01||020||0
    late|0.6|0.1|7|1|03|C|=|01||020||0
    follow_up|250|58|5|2|03|C|=|01|2|020|WF01A|83
    follow_up|40|8|6|2|05|C|=|01|1|020|WF01A|83
    follow_up|6|1|5|4|03|C|=|01|2|020|WF01C|46
    missed|30|6|3|2|03|C|=|01||020||0
    cancelled|18|3|2|2|03|C|=|01||020||0
    consultant|34|8|5|1|05|C|=|01|2|020|WF01B|158
    emergency|18|4|5|1|04|C|=|01|2|020|WF01B|158
    optician|1|0.4|5|1|16|C|=|01|2|020|WF01B|158
    dental|1.4|0.2|5|1|92|C|=|01|2|020|WF01B|158
    special_interest|2|0.3|5|1|12|C|=|01|1|020|WF01B|158
    nurse|9|2|5|1|03|N|950|01|2|020|WF01B|74
    nurse|2|0.4|5|1|03|C|950|01|2|020|WF01B|74
    nurse|38|7|5|2|03|N|950|01|2|020|WF01A|52
    private|0.7|0.2|5|1|03|C|=|02|1|020|WF01B|158
    ungrouped|0.3|0.1|5|2|03|C|=|01|2|020|UZ01Z|0
    future|6|1.2|0|1|03|C|=|01||021||0
    future|9|2|0|2|03|C|=|01||021||0
"""


@dataclass(frozen=True)
class Kind:
    """One kind of appointment."""

    name: str
    in_nine: float
    elsewhere: float
    status: str
    first: str
    source: str
    consultant: str
    main: str
    category: str
    outcome: str
    cds: str
    hrg: str
    pence: int


@dataclass(frozen=True)
class Cell:
    """One kind of appointment in one clinic of one provider; `share` is of its group's volume."""

    provider: int
    function: str
    kind: Kind
    share: float

    @property
    def main(self) -> str:
        """Main specialty of who holds the clinic."""
        return self.function if self.kind.main == "=" else self.kind.main

    @property
    def is_counted(self) -> bool:
        """Whether the GP Specification counts it."""
        return self.kind.name == "gp_first" and self.function in NINE


def _kinds() -> list[Kind]:
    rows = []
    for line in _KINDS.strip().splitlines():
        name, nine, other, *codes, pounds = (field.strip() for field in line.split("|"))
        status, first, source, consultant, main, category, outcome, cds, hrg = codes
        place = (status, first, source, consultant, main)
        rows.append(Kind(name, float(nine), float(other), *place, category, outcome, cds, hrg, int(pounds) * 100))
    return rows


def _cells() -> tuple[list[Cell], list[Cell]]:
    """Counted cells (share: GP-referred firsts a year per 1,000) and the others (share: of all others)."""
    counted: list[Cell] = []
    others: list[Cell] = []
    kinds = _kinds()
    counted_weight = sum(kind.in_nine for kind in kinds if kind.name == "gp_first")
    everywhere = sum(kind.elsewhere for kind in kinds)
    for line in _CLINICS.strip().splitlines():
        function, volume, places = (field.strip() for field in line.split("|"))
        parts = [part.split(":") for part in places.split()]
        for place, part in parts:
            share = float(part) / sum(float(number) for _, number in parts)
            for kind in kinds:
                if volume == "x":
                    size = NINE[function] * share * kind.in_nine / counted_weight
                else:
                    # 0.515 million weighted patients: appointments a year per 1,000 of them.
                    size = float(volume) / 0.515 * share * kind.elsewhere / everywhere
                cell = Cell(_PLACES[place], function, kind, size)
                (counted if cell.is_counted else others).append(cell)
    return counted, others


COUNTED, OTHERS = _cells()
CELLS = COUNTED + OTHERS
