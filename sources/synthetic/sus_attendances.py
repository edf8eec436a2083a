"""Attendances as tables: what happens in A&E, how often, and how CDS 010 and ECDS code it.

Belongs here: recipes (one line each) and the two codings of a recipe. Does not belong here: who attends and when
exactly (`sus_emergency`). A recipe of class `core` meets every criterion of the GP Specification; `wide` needs the
wider list of investigations; `near` fails exactly one criterion (its first field says which); `usual`, `eye`, `women`,
`walk_in` and `minor` can never meet them, at whatever hour.
"""

from __future__ import annotations

from dataclasses import dataclass

INVESTIGATIONS = TREATMENTS = 12

# what | weight | when | department | category | source | mode | disposal | investigations | treatments | HRG | pounds
# when: H in hours, N night of a working day, E weekend by day, B bank holiday by day, A any time.
# flag in "what": private = administrative category 02.
_CORE = """
    advice|30|H|01|1|01|2|03|24|221|VB11Z|57
    advice|12|H|01|1|01|2|03|24|22|VB11Z|57
    advice|6|H|01|1|01|2|02|24|22 30|VB11Z|57
    prescription|14|H|01|1|01|2|02||57|VB11Z|57
    prescription|10|H|01|1|01|2|03|24|57 99|VB11Z|57
    both|8|H|01|1|01|2|03|24 24|571 221|VB11Z|57
    other drug|3|H|01|1|01|2|02|241|07|VB11Z|57
    both|4|H|01|1|01|2|03|24|221 30 99|VB11Z|57
"""
_WIDE = """
    urine|60|H|01|1|01|2|03|06|221|VB09Z|80
    urine|20|H|01|1|01|2|02|24 061|57|VB09Z|80
    pregnancy test|14|H|01|1|01|2|03|21|22|VB09Z|80
    dental|6|H|01|1|01|2|03|22|57|VB09Z|80
"""
_NEAR = """
    hours|22|N|01|1|01|2|03|24|221|VB11Z|57
    hours|10|N|01|1|01|2|02||57|VB11Z|57
    weekend|20|E|01|1|01|2|03|24|221|VB11Z|57
    bank holiday|3|B|01|1|01|2|03|24|221|VB11Z|57
    GP|9|H|01|1|00|2|03|24|221|VB11Z|57
    police|1|H|01|1|06|2|03|24|22|VB11Z|57
    ambulance|8|H|01|1|01|1|03|24|221|VB11Z|57
    X-ray|9|H|01|1|01|2|03|01|221|VB08Z|105
    follow-up|3|H|01|2|01|2|03|24|221|VB11Z|57
    treatment|5|H|01|1|01|2|03|24|01 221|VB11Z|57
    tetanus|1|H|01|1|01|2|02|24|24|VB11Z|57
    nothing done|3|H|01|1|01|2|03|24|99|VB11Z|57
    fracture clinic|3|H|01|1|01|2|05|24|221|VB11Z|57
    left|2|H|01|1|01|2|12|24|221|VB11Z|57
    private|0.7|H|01|1|01|2|03|24|221|VB11Z|57
"""
_USUAL = """
    |9|A|01|1|01|2|02|01 05|01 22|VB08Z|105
    |8|A|01|1|01|2|03|01|04 22|VB08Z|105
    |7|A|01|1|01|2|03|01 24|122 57|VB08Z|105
    |5|A|01|1|01|2|05|01|042 22|VB07Z|121
    |4|A|01|1|01|2|02|24|03 22|VB09Z|80
    |4|A|01|1|01|2|03|24|011 24|VB09Z|80
    |6|A|01|1|01|1|01|02 03 05|09 10 27|VB04Z|181
    |6|A|01|1|01|1|01|01 02 03 05|08 09 10|VB03Z|232
    |6|A|01|1|00|2|01|02 03 05|09 22|VB05Z|155
    |5|A|01|1|00|2|02|03 05|57 22|VB06Z|134
    |4|A|01|1|01|1|02|02 03|22 57|VB06Z|134
    |3|A|01|1|03|1|01|01 02 03 05 12|06 08 09 10|VB02Z|289
    |1|A|01|1|03|1|10|02 03 05|05 06 10|VB01Z|366
    |4|A|01|1|01|2|12|24|99|VB11Z|57
    |2|A|01|1|01|2|13|24|99|VB11Z|57
    |2|A|01|1|07|1|07|01 05 12|09 10|VB03Z|232
    |2|A|01|2|08|2|03|24|01 22|VB11Z|57
    |3|A|01|1|08|2|02|03 05|57|VB06Z|134
    |1|A|01|1|06|1|04|01|03 22|VB07Z|121
    |1|A|01|1|04|2|11|24|02|VB09Z|80
    |0.3|A|01|1|01|2|02|01||UZ01Z|0
    private|0.4|A|01|1|01|2|02|01 05|01 22|VB08Z|105
"""
_EYE = """
    |6|A|02|1|01|2|02|23|22 57|VB09Z|80
    |3|A|02|1|00|2|06|23|57|VB09Z|80
    |2|A|02|2|01|2|03|23|22|VB11Z|57
    |2|A|02|1|92|2|03|24|221|VB11Z|57
"""
_WOMEN = """
    |6|A|02|1|01|2|02|21 06|22|VB09Z|80
    |3|A|02|1|00|2|01|21 03|22|VB06Z|134
    |2|A|02|1|01|2|03|24|221|VB11Z|57
"""
_WALK_IN = """
    |30|A|04|1|01|2|03|24|221|VB11Z|41
    |20|A|04|1|01|2|02|24|57|VB11Z|41
    |10|A|04|1|01|2|03|06|57|VB11Z|41
    |10|A|04|1|01|2|03|24|01|VB11Z|41
    |6|A|04|2|01|2|03|24|01|VB11Z|41
    |4|A|04|1|01|2|11|24|22|VB11Z|41
"""
_MINOR = """
    |8|A|03|1|01|2|03|24|221|VB11Z|57
    |5|A|03|1|01|2|03|01|22 04|VB09Z|80
    |2|A|03|1|00|2|02|24|57|VB11Z|57
"""

#: ECDS codes of CDS 010 codes. An investigation or treatment that is not here has a code of its own.
_SOURCE = {
    **{"00": "276491000", "03": "198261000000104", "04": "{self}", "06": "889801000000100", "07": "835101000000101"},
    **{"01": "{self}", "08": "879591000000102", "92": "185366001"},
}
_FOOT = ("1048071000000103", "1048061000000105", "1047991000000102", "1048001000000106")
_AMBULANCE = "1048031000000100"
_NO_FOLLOW_UP, _GP = "3780001", "989501000000106"
#: Status, destination, follow-up.
_DISPOSAL = {
    "01": ("182992009", "306706006", ""),
    "02": ("182992009", "306689006", _GP),
    "03": ("182992009", "306689006", _NO_FOLLOW_UP),
    "04": ("182992009", "306689006", "1077181000000100"),
    "05": ("182992009", "306689006", "301791000000104"),
    "06": ("182992009", "306689006", "1066111000000103"),
    "07": ("182992009", "19712007", ""),
    "10": ("75004002", "305398007", ""),
    "11": ("182992009", "306689006", "710915002"),
    "12": ("1066321000000107", "", ""),
    "13": ("1066301000000103", "", ""),
}
_INVESTIGATION = {
    **{"01": "168537006", "02": "29303009", "03": "26604007", "05": "252167001", "06": "27171005", "12": "77477000"},
    **{"21": "167252002", "22": "53115007", "23": "252832004", "24": "1088291000000101"},
}
_TREATMENT = {
    **{"01": "182531007", "02": "28682008", "03": "287547007", "04": "274441001", "05": "89666000", "06": "112798008"},
    **{"07": "266712008", "08": "371907003", "09": "386373004", "10": "71861002", "12": "229824005", "22": "413334001"},
    **{"24": "170431005", "27": "182813001", "30": "", "57": "266712008", "99": "183964008"},
}


@dataclass(frozen=True)
class Recipe:
    """What happens in one kind of attendance, in the codes of CDS 010."""

    what: str
    weight: float
    when: str
    department: str
    category: str
    source: str
    mode: str
    disposal: str
    investigations: tuple[str, ...]
    treatments: tuple[str, ...]
    hrg: str
    pence: int

    @property
    def administrative_category(self) -> str:
        """02 for a private patient, else 01."""
        return "02" if self.what == "private" else "01"

    def cds010(self) -> str:
        """Department, category, source, mode, disposal, patient group, investigations, treatments."""
        group = "80" if self.disposal not in ("03", "05") else "60"
        codes = [self.department, self.category, self.source, self.mode, self.disposal, group]
        for values, places in ((self.investigations, INVESTIGATIONS), (self.treatments, TREATMENTS)):
            codes += [*values, *[""] * (places - len(values))]
        return ",".join(codes)

    def ecds(self, variant: int, self_referred: str) -> str:
        """Department, category, source, mode, status, destination, follow-up, investigations, treatments."""
        mode = _AMBULANCE if self.mode == "1" else _FOOT[variant % len(_FOOT)]
        source = _SOURCE[self.source].replace("{self}", self_referred)
        codes = [self.department, self.category, source, mode, *_DISPOSAL[self.disposal]]
        for values, known in ((self.investigations, _INVESTIGATION), (self.treatments, _TREATMENT)):
            found = ",".join(code for code in (known[value[:2]] for value in values) if code)
            codes.append(f'"{found}"' if "," in found else found)
        return ",".join(codes)


def _parse(table: str) -> list[Recipe]:
    rows = []
    for line in table.strip().splitlines():
        what, weight, when, *codes, seen, done, hrg, pounds = (field.strip() for field in line.split("|"))
        department, category, source, mode, disposal = codes
        places = tuple(seen.split()), tuple(done.split())
        rows.append(
            Recipe(
                what, float(weight), when, department, category, source, mode, disposal, *places, hrg, int(pounds) * 100
            )
        )
    return rows


BY_CLASS = {
    "core": _parse(_CORE),
    "wide": _parse(_WIDE),
    "near": _parse(_NEAR),
    "usual": _parse(_USUAL),
    "eye": _parse(_EYE),
    "women": _parse(_WOMEN),
    "walk_in": _parse(_WALK_IN),
    "minor": _parse(_MINOR),
}
RECIPES = [recipe for recipes in BY_CLASS.values() for recipe in recipes]
