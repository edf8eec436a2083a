"""The commissioners of England: 106 worlds, and all of them as one.

Belongs here: how many there are, how large, what they and their hospitals are called. Does not belong here: any file.
Everything is invented, and every code is of nobody: commissioners are X01 to X99 and XA0 to XA6, their practices X01001
and so on, their hospitals K01 (general), L01 (second), W01 (walk-in centres) and V01 (community). Eight neighbouring
commissioners share three specialist hospitals: C01 (children), M01 (women) and H01 (heart).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ..apportion import apportion
from ..description import Description, load_description
from ..world import Practice, World, build_world

PRACTICES, COMMISSIONERS, SYSTEMS = 6_500, 106, 36
#: 57.9 million registered patients.
PATIENTS_A_PRACTICE = 8_900
#: Fewer would be no commissioner: one of them opened, one moved, and one more was merged into another.
SMALLEST = 6
#: The roll-up of all of them.
TOGETHER = "ENG"
_SHARING = 8
_REGIONS = (
    *("LONDON,Y56", "SOUTH WEST,Y58", "SOUTH EAST,Y59", "MIDLANDS,Y60", "EAST OF ENGLAND,Y61", "NORTH WEST,Y62"),
    "NORTH EAST AND YORKSHIRE,Y63",
)
_FIRST = ("ALDER", "BARROW", "CALDER", "DUNMERE", "ELLEN", "FENWICK", "GREEN", "HOLLIN", "INGLE", "KESTREL", "LARK")
_SECOND = ("SHIRE", "DALE", "MARSH", "VALE", "COAST", "HILLS", "FOREST", "WOLDS", "PLAIN", "MOOR")
_LOCALITIES, _NEIGHBOURHOODS = ("North", "Central", "South"), ("Abbey", "Bridge", "Castle", "Docks")
_SPECIALISTS = {"children": ("C", "CHILDRENS HOSPITAL"), "women": ("M", "MATERNITY HOSPITAL"), "heart": ("H", "HEART")}


@dataclass(frozen=True)
class Area:
    """One commissioner: its place among all (from 1), its world and the seed of its random streams."""

    number: int
    world: World
    seed: int


@dataclass(frozen=True)
class Country(World):
    """All commissioners as one world, for feeds that are small enough."""

    parts: tuple[World, ...] = ()

    def lists_on(self, day: date) -> dict[Practice, int]:
        """Registered patients of every practice open on `day`; each area knows its own merger."""
        return {practice: size for part in self.parts for practice, size in part.lists_on(day).items()}


def build_areas(month: date, seed: int, practices: int) -> tuple[Area, ...]:
    """The commissioners as the registers of `month` know them, with `practices` open practices together.

    They are unlike in size: the largest has up to four times the practices of the smallest. Where there are few
    practices there are fewer commissioners.
    """
    count = max(min(COMMISSIONERS, practices // SMALLEST), 1)
    weights = [0.5 + 1.7 * (number * 37 % count) / count for number in range(count)]
    sizes = [SMALLEST + more for more in apportion(practices - SMALLEST * count, weights)]
    found = []
    for number, size in enumerate(sizes, start=1):
        own = seed * 1_009 + number
        found.append(Area(number, build_world(size, own, month, _description(number, size)), own))
    return tuple(found)


def country(areas: tuple[Area, ...]) -> Country:
    """The world of all commissioners."""
    first = areas[0].world
    worlds = [area.world for area in areas]
    codes = [world.description.commissioner for world in worlds]
    changed = {
        "commissioner": f"{TOGETHER}={','.join(codes)}" if len(codes) > 1 else codes[0],
        "commissioners": tuple(one for world in worlds for one in world.description.commissioners),
        "localities": tuple(one for world in worlds for one in world.description.localities),
    }
    return Country(
        practices=tuple(practice for world in worlds for practice in world.practices),
        merged_on=first.merged_on,
        predecessor=first.predecessor,
        successor=first.successor,
        memberships=tuple(
            sorted(
                (row for world in worlds for row in world.memberships),
                key=lambda row: (row.org_type, row.practice_code, row.valid_from),
            )
        ),
        description=Description.model_validate({**first.description.model_dump(), **changed}),
        parts=tuple(worlds),
    )


def _two(number: int) -> str:
    """A number as two characters: 01 to 99, then A0."""
    return f"{number:02d}" if number < 100 else f"A{number - 100}"


def _place(number: int) -> str:
    return _FIRST[number % len(_FIRST)] + _SECOND[number // len(_FIRST) % len(_SECOND)]


def _description(number: int, practices: int) -> Description:
    """The commissioner of this number; words for names of practices are those of the first commissioner."""
    two, place, group = _two(number), _place(number), (number - 1) // _SHARING + 1
    code, system = f"X{two}", (number - 1) * SYSTEMS // COMMISSIONERS
    region = _REGIONS[(number - 1) * len(_REGIONS) // COMMISSIONERS]
    localities = _LOCALITIES if practices >= 4 * SMALLEST else _LOCALITIES[:1]
    neighbourhoods = _NEIGHBOURHOODS[: max(min(practices // len(localities) // 3, len(_NEIGHBOURHOODS)), 1)]
    providers = [
        {"code": f"K{two}", "site": f"K{two}01", "name": f"{place} GENERAL HOSPITAL"},
        {"code": f"L{two}", "site": f"L{two}01", "name": f"{place} ROYAL INFIRMARY"},
        *(
            {"code": f"{letter}{group:02d}", "site": f"{letter}{group:02d}01", "name": f"{_place(group)} {name}"}
            for letter, name in _SPECIALISTS.values()
        ),
        {"code": f"W{two}", "site": f"W{two}01", "name": f"{place} WALK-IN CENTRES"},
        {"code": f"V{two}", "site": f"V{two}01", "name": f"{place} COMMUNITY HEALTH"},
    ]
    office = f"QX{system if system < 10 else chr(ord('A') + system - 10)}"
    return Description.model_validate(
        {
            "commissioner": code,
            "commissioners": [
                {"code": code, "name": f"NHS {place} CCG", "ons_code": f"E38{900_000 + number}",
                 "pco_name": f"{place} CCG"},
            ],
            "localities": [
                {"name": f"{place.title()} {name}", "code": name.upper(), "commissioner": code,
                 "neighbourhoods": [f"{place.title()} {name} {one}" for one in neighbourhoods]}
                for name in localities
            ],
            "networks": len(localities) * len(neighbourhoods),
            "postcode_area": "QX",
            "names": load_description().names,
            "codes": {
                **dict.fromkeys(("usual", "from_100", "every_twelfth"), f"X{two}{{:03d}}"),
                "network": f"UX{two}{{:02d}}",
            },
            "cost_centres": [
                {"code": f"X{two}W01", "name": f"{place} WALK-IN CENTRE", "setting": "1", "dispenses": True},
            ],
            "patients_a_practice": PATIENTS_A_PRACTICE,
            "region": region,
            "office": {
                "area_team": f"{_place(system)} AREA TEAM,{office}", "stp": f"{_place(system)} STP,E5490{system:04d}",
                "icb": f"NHS {_place(system)} ICB,{office}",
            },
            "system_code": office,
            "system_name": _place(system),
            "providers": providers,
            "has_finance": False,
        }
    )  # fmt: skip
