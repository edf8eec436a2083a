"""Admissions as tables: why people are admitted, and what is coded, episode by episode.

Belongs here: recipes (one line each). Does not belong here: who is admitted and when (`sus_admitted`).

`acs` recipes are what the GP Specification counts: emergency, one of the six conditions as primary diagnosis of the
first episode, no excluded procedure. `pneumonia` is J18.9, which only the extended list has; `national` the other
conditions of the national list; `trap` looks like ACS and is none. Nothing in `emergency`, `planned` and `birth` is on
any list.
"""

from __future__ import annotations

from dataclasses import dataclass

# weight | specialty (treatment function/main) | diagnoses | procedures | stay | HRG | pounds
# Episodes are divided by "/", codes within by blanks. Stay: 0 same day, S short, M some days, L long.
_ACS = """
    9|340|J440 I10X F171||M|DZ65H|1850
    9|340|J441 J961 F171||M|DZ65E|2450
    4|300/340|J449 / J449 I10X||M|DZ65J|1620
    3|340|J209 J449 I10X||S|DZ65K|1180
    5|340|J459 F171||S|DZ15R|940
    3|420|J459||0|PD12C|620
    2|340|J46X J459||M|DZ15M|1710
    9|300|L031 E119||M|JD07J|1540
    5|300|L032||S|JD07K|960
    2|300|L089|X358|S|JD07K|960
    9|300/320|I500 I489 / I500 N179||L|EB03C|3260
    5|300|I501 I10X|U201|M|EB03D|2150
    2|300|I110 E119||M|EB03E|1760
    6|300/320|I209 I10X||S|EB13D|810
    4|300|I200-||S|EB13C|1120
    2|320|I248|Y981|S|EB13D|810
    4|340|J181 J960||L|DZ11Q|2630
    3|340|J13X||M|DZ11S|1890
    2|300|J110||S|DZ23L|1010
    2|340|J159 I489||M|DZ11R|2110
"""
_PNEUMONIA = """
    10|300/340|J189 I10X / J189||L|DZ11Q|2630
    8|340|J189 F171||M|DZ11S|1890
    2|420|J180||M|PD14D|1240
"""
_NATIONAL = """
    5|300|N390 I10X||M|LA04Q|1720
    5|300|G409 F171||S|AA26G|870
    4|420|R560||0|PV17A|640
    5|300|K529||S|FD10L|940
    4|420|J069||0|PA65B|590
    3|120|J039||0|CB02C|710
    4|300|N10X||M|LA04R|1480
    3|300|E101 N179||M|KB02J|1650
    3|301|D509||S|SA04K|780
    2|300|I10X||S|EB04Z|650
    1|301|K254||M|FD03D|1980
"""
_EMERGENCY = """
    9|300|R074 I10X||0|EB12C|510
    5|300/320|R074 / I209 I10X||S|EB12B|760
    8|100|R104||S|FD05A|780
    5|100|K358|H012|M|FF37C|2450
    4|100|K801 K810|J183|M|GA10K|2890
    8|110|S720 W190|W193|L|HT12B|6480
    5|110|S525 W010|W242|S|HT43D|1620
    6|300|R55X I10X||0|EB08E|520
    5|300|I639|U051|L|AA35D|4020
    4|300/430|I639 I489 / I639||L|AA35C|5310
    4|300|I214|U202|M|EB10C|2140
    3|320|I214|K751 K634|M|EY41B|3980
    6|430|R296 F03X||L|WA23X|2870
    5|300|T391 X60X||0|WA11X|470
    4|300|N179 I10X||L|LA07L|2560
    3|301|K922|G451|M|FD03E|1540
    6|420|B349||0|PW16D|540
    4|420|J219||S|PD15D|860
    3|420|R11X||0|PF26C|560
    4|502|N832||S|MA25Z|690
    4|101|N200|M262|S|LB05F|1430
    2|101|N320|X292|S|LB16K|660
    0.15|300|||S|UZ01Z|0
"""
_TRAP = """
    6|300|L031|S424|S|JD03D|1890
    6|320|I209|K491 K633|S|EY40D|2750
    4|320|I500|K601 Y706|M|EY07B|4100
    3|340|J13X D571||M|SA10J|2040
    4|340|J209||S|DZ22P|820
    4|300|R060 J440||S|DZ19N|640
"""
_PLANNED = """
    10|130|H259|C712 C751|0|BZ34C|780
    10|301|K219|G451|0|FE21Z|420
    9|301|K573|H221|0|FE31Z|510
    6|100|K409|T201|0|FF62D|1310
    5|110|M170|W401|M|HN22C|5820
    5|110|M160|W371|M|HN12C|5910
    6|110|M232|W822|0|HN23B|1560
    6|502|N920|Q181|0|MA31Z|560
    5|101|N40X|M653|S|LB25E|2080
    5|101|D414|M451|0|LB72A|410
    5|120|J350|F341|0|CA60C|1240
    3|120|J342|E036|0|CA11B|1180
    4|171|N47X|N303|0|PF02C|1010
    4|320|I251|K636|0|EY43B|1290
    3|320|I209|K491|0|EY40D|2750
    3|340|J459|E492|0|DZ69B|720
    6|370|C509 Z511|X723|0|SB14Z|390
    6|361|N185|X403|0|LD02A|160
    3|330|L409|S601|0|JC42B|290
    2|410|M069|X921|0|XD07Z|340
"""
_BIRTH = """
    8|501|O800 Z370|R249|S|NZ30C|1720
    3|501|O820 Z370|R172|M|NZ50C|3050
    3|501|O429||0|NZ20Z|480
    5|424|Z380||S|PB03Z|510
"""


@dataclass(frozen=True)
class Episode:
    """What one consultant episode codes; the first diagnosis is the primary one."""

    specialty: str
    diagnoses: tuple[str, ...]
    procedures: tuple[str, ...]


@dataclass(frozen=True)
class SpellRecipe:
    """One kind of spell."""

    weight: float
    episodes: tuple[Episode, ...]
    stay: str
    hrg: str
    pence: int

    @property
    def all_diagnoses(self) -> str:
        """Der_Diagnosis_All: `||` opens each episode, commas within."""
        return "".join("||" + ",".join(one.diagnoses) for one in self.episodes if one.diagnoses)

    @property
    def all_procedures(self) -> str:
        """Der_Procedure_All, in the same form."""
        return "".join("||" + ",".join(one.procedures) for one in self.episodes if one.procedures)

    @property
    def grouped_diagnosis(self) -> str:
        """The grouper's primary diagnosis of the spell: that of the last episode, not necessarily the first."""
        return (*self.episodes[-1].diagnoses, "")[0].replace("-", "")


def _parse(table: str) -> list[SpellRecipe]:
    rows = []
    for line in table.strip().splitlines():
        weight, specialty, diagnoses, procedures, stay, hrg, pounds = (field.strip() for field in line.split("|"))
        functions = specialty.split("/")
        coded = [tuple(part.split()) for part in diagnoses.split("/")]
        coded += coded[-1:] * (len(functions) - len(coded))
        functions += functions[-1:] * (len(coded) - len(functions))
        done = [tuple(procedures.split()), *[()] * (len(coded) - 1)]
        episodes = tuple(Episode(*one) for one in zip(functions, coded, done, strict=True))
        rows.append(SpellRecipe(float(weight), episodes, stay, hrg, int(pounds) * 100))
    return rows


SPELLS = {
    "acs": _parse(_ACS),
    "pneumonia": _parse(_PNEUMONIA),
    "national": _parse(_NATIONAL),
    "trap": _parse(_TRAP),
    "emergency": _parse(_EMERGENCY),
    "planned": _parse(_PLANNED),
    "birth": _parse(_BIRTH),
    # Emergencies by their diagnosis, but not by how they came: a waiting list, a transfer.
    "planned_acs": _parse(_ACS),
    "transfer": _parse(_ACS),
}
SPELL_RECIPES = [recipe for recipes in SPELLS.values() for recipe in recipes]
