"""The description of a sample's world as data: whose practices, what they are called, which hospitals they use.

Belongs here: the shape of `worlds/<name>.yaml`, reading it, and the sentences about one that does not fit. Does not
belong here: what is made of it (`world` and the feeds). A description is all that differs between commissioners; two
are kept here, and `pcw sample --world` takes the path of any other.
"""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pcw.commissioners import Commissioners, read_commissioners
from pcw.errors import PcwError

FOLDER = Path(__file__).parent / "worlds"
DEFAULT = "liverpool"
#: Hospitals by the part that they play: general, second general, children, women, heart; walk-in centres, and who has
#: them later.
PARTS = 7

Text = Annotated[str, Field(min_length=1, pattern=r'^[^",\n]+$')]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Commissioner(_Part):
    """Whose practices: `pco_name` is what prescribing calls it."""

    code: Text
    name: Text
    ons_code: Text
    pco_name: Text


class Locality(_Part):
    """Neighbourhoods of one commissioner; where there is one commissioner only it need not be named."""

    name: Text
    code: Text
    commissioner: Text
    neighbourhoods: Annotated[tuple[Text, ...], Field(min_length=1)]


class Provider(_Part):
    """A hospital by its part; `site` is where it is."""

    code: Text
    site: Text
    name: Text


class Move(_Part):
    """From a day on one hospital has what another had."""

    code: Text
    into: Text
    since: date


class NeighbourPractice(_Part):
    """A practice of the neighbour, with its list."""

    code: Text
    name: Text
    patients: int
    dispenses: bool = True


class CostCentre(_Part):
    """What prescribes and is no practice; `setting` is that of the register."""

    code: Text
    name: Text
    setting: Text
    dispenses: bool = False


class Names(_Part):
    """Words of which invented names are made."""

    first: Annotated[tuple[Text, ...], Field(min_length=2)]
    second: Annotated[tuple[Text, ...], Field(min_length=2)]
    kinds: Annotated[tuple[str, ...], Field(min_length=2)]


class Codes(_Part):
    """Patterns of practice codes by number: most, from the hundredth on, and every twelfth; and of networks."""

    usual: Text
    from_100: Text
    every_twelfth: Text
    network: Text


class Office(_Part):
    """Who is above the commissioner in the prescribing files."""

    area_team: str
    stp: str
    icb: str


class Description(_Part):
    """One world."""

    commissioner: str
    commissioners: Annotated[tuple[Commissioner, ...], Field(min_length=1)]
    #: Whose patients and figures stand in the files beside their own, where there is one.
    neighbour: Commissioner | None = None
    localities: Annotated[tuple[Locality, ...], Field(min_length=1)]
    networks: Annotated[int, Field(ge=1)]
    postcode_area: Text
    neighbour_postcode: str = ""
    names: Names
    codes: Codes
    neighbour_practices: tuple[NeighbourPractice, ...] = ()
    cost_centres: tuple[CostCentre, ...]
    region: str
    office: Office
    system_code: Text
    system_name: Text
    providers: Annotated[tuple[Provider, ...], Field(min_length=PARTS, max_length=PARTS)]
    moves: tuple[Move, ...] = ()
    #: Mean list of a practice; else that of the first commissioner.
    patients_a_practice: Annotated[float, Field(ge=3_000, le=12_000)] | None = None
    #: Whether it has ledgers and savings of its own.
    has_finance: bool

    @model_validator(mode="after")
    def _fits(self) -> Description:
        codes = [one.code for one in self.commissioners]
        if tuple(codes) != self.setting.codes:
            raise ValueError(f"commissioners are {', '.join(codes)}, and the setting is {self.commissioner}")
        strange = [one.name for one in self.localities if one.commissioner not in codes]
        if strange or {one.commissioner for one in self.localities} != set(codes):
            raise ValueError(f"each commissioner has localities, and each locality is of one; see {strange or codes}")
        if self.neighbour and self.neighbour.code in codes:
            raise ValueError(f"the neighbour {self.neighbour.code} is one of the commissioners")
        if bool(self.neighbour) != bool(self.neighbour_practices):
            raise ValueError("a neighbour has practices, and practices of a neighbour are of one")
        hospitals = {one.code for one in self.providers}
        if len(hospitals) < PARTS or any({move.code, move.into} - hospitals for move in self.moves):
            raise ValueError("each part has a provider of its own, and moves are between them")
        return self

    @cached_property
    def setting(self) -> Commissioners:
        """What PCW_COMMISSIONER says where this sample is used."""
        return read_commissioners(self.commissioner)

    @cached_property
    def moves_by_place(self) -> tuple[tuple[int, int, date], ...]:
        """The moves by the places of the providers in their list."""
        place = {one.code: number for number, one in enumerate(self.providers)}
        return tuple((place[move.code], place[move.into], move.since) for move in self.moves)

    @cached_property
    def everyone(self) -> dict[str, Commissioner]:
        """The commissioners and the neighbour, by code."""
        beside = (self.neighbour,) if self.neighbour else ()
        return {one.code: one for one in (*self.commissioners, *beside)}

    @cached_property
    def places(self) -> tuple[tuple[Locality, str], ...]:
        """Every neighbourhood with its locality, in order."""
        return tuple((locality, name) for locality in self.localities for name in locality.neighbourhoods)


@cache
def load_description(name: str = DEFAULT) -> Description:
    """A description by its name in `worlds/`, or by its path.

    Raises:
        PcwError: there is none, or it does not fit.
    """
    path = FOLDER / f"{name}.yaml" if "/" not in name and not name.endswith((".yaml", ".yml")) else Path(name)
    try:
        loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Description.model_validate(loaded)
    except FileNotFoundError:
        known = ", ".join(sorted(found.stem for found in FOLDER.glob("*.yaml")))
        raise PcwError(f"No world is called {name}. Known are {known}; or give the path of a description.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise PcwError(f"{path} cannot be read as the description of a world: {problem}.") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise PcwError(f"{path.name}: {place}: {first['msg']}. Correct the description.") from problem
