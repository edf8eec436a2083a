"""The columns that all hospital feeds share: patient, practice, provider and commissioner.

Belongs here: their names in each layout and their texts. Does not belong here: what a row is about. The practice is not
among them: feeds differ in where they have it and whether the spine's is beside it.
"""

from __future__ import annotations

import numpy as np

from .sus_calendar import Numbers, Texts
from .sus_people import People, ages
from .sus_tables import provider_texts, texts

_PATIENT = ("Der_Pseudo_NHS_Number", "{trace}", "NHS_Number_Is_Valid", "Sex", "{age}")
_PLACE = ("Der_Postcode_LSOA_2011_Code", "Der_Commissioner_Code", "Der_Provider_Code", "Der_Provider_Site_Code")
_NAMES = {
    "sem": {"trace": "NHS_Number_Trace_Status", "age": "Der_Age_at_CDS_Activity_Date"},
    "ec": {"trace": "NHS_Number_Status_Indicator_Code", "age": "Der_Age_at_CDS_Activity_Date"},
}
#: Trace status and validity: traced, traced by hand, present but not traced, not traceable.
_TRACES = ("01,Y", "01,", "02,Y", "03,N")
_NO_NUMBER = "04,N"
_AREAS = 12


def common_columns(layout: str) -> tuple[str, ...]:
    """Names of the shared columns, in the order of their texts."""
    return tuple(name.format(**_NAMES[layout]) for name in (*_PATIENT, *_PLACE))


def common_parts(
    people: People,
    rng: np.random.Generator,
    provider: Numbers,
    pool: Numbers,
    patient: Numbers,
    day: Numbers,
) -> dict[str, Texts]:
    """Texts of the shared columns."""
    count = len(patient)
    unnamed = rng.random(count) < 0.004
    pseudonym = people.pseudonyms[patient]
    pseudonym[unnamed] = ""
    trace = np.minimum(np.searchsorted(np.array([0.9, 0.97, 0.99]), rng.random(count)), 3)
    trace[unnamed] = len(_TRACES)
    old = ages(people, patient, day)
    sexes = texts([f"{sex},{age}" for sex in (1, 2) for age in range(125)])
    codes = people.codes
    areas = texts(
        [
            f"E01{99_000 + (place * 7 + n) % 900:06d},{people.commissioners[place]}"
            for place in range(len(codes))
            for n in range(_AREAS)
        ]
    )
    return {
        "pseudonym": pseudonym,
        "trace": texts([*_TRACES, _NO_NUMBER])[trace],
        "sex": sexes[(people.sex[patient] - 1) * 125 + np.minimum(old, 124)],
        "area": areas[pool * _AREAS + patient % _AREAS],
        "provider": provider_texts(people.providers)[provider],
    }
