"""What is sent about emergencies and batches of offers, and what is answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from dispatch.domain.batching import Ground
from dispatch.domain.emergency import EARLIEST, LATEST, EmergencyStage
from dispatch.domain.vocabulary import Role
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Body, Code, Line, Text

MOST_BRANCHES = 100
"""How many temporary branches one emergency may have."""

MOST_MEMBERS = 2_000
"""How many people may be seconded for one emergency."""


def _near(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:  # what is refused there could not even be reckoned with
        raise PydanticCustomError("far_away", "时间须在 2000 年至 2999 年之间 / must lie between 2000 and 2999")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_near)]


class TemporaryBranch(Body):
    """A temporary branch (临时党支部) on a grid; its secretary may be named."""

    name: Line
    grid: Code
    secretary: Code | None = None


class SecondedMember(Body):
    """Somebody who serves in a branch while the emergency holds: a temporary one by its name, another by its code."""

    person: Code
    branch: Line


class EmergencyBody(Body):
    """An emergency to be declared; without a beginning it begins now."""

    grid: Code
    starts_at: Moment | None = None
    ends_at: Moment
    reason: Text
    branches: Annotated[list[TemporaryBranch], Field(default_factory=list, max_length=MOST_BRANCHES)]
    members: Annotated[list[SecondedMember], Field(default_factory=list, max_length=MOST_MEMBERS)]


class EmergencyExtension(Body):
    """Until when an emergency lasts instead."""

    ends_at: Moment


class EmergencyQuery(BaseModel):
    """Which emergencies are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    running: Literal["true", "false"] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class EmergencyBranch(Answer):
    """A temporary branch that was made for an emergency."""

    id: str
    name: str
    grid: GridRef


class EmergencyMember(Answer):
    """Somebody who serves through an emergency, and where."""

    person: str
    role: Role
    role_label: Label
    branch: str


class EmergencyAnswer(Answer):
    """An emergency (平急转换): where, from when to when, by whom, and what was made for it.

    Why, and who serves through it, is told to secretaries, supervisors and administrators; others find only themselves.
    """

    id: int
    grid: GridRef
    stage: EmergencyStage
    stage_label: Label
    starts_at: datetime
    ends_at: datetime
    reason: str | None
    declared_at: datetime
    declared_by: str
    ended_by: str | None
    begun_at: datetime | None
    restored_at: datetime | None
    branches: list[EmergencyBranch]
    members: list[EmergencyMember]


class Emergencies(Answer):
    """Emergencies, the newest first."""

    items: list[EmergencyAnswer]


class BatchBody(Body):
    """Whether the batch is only to be shown."""

    dry_run: bool


class BatchOffer(Answer):
    """One order for one member, with the points of each ground; less is better."""

    order: str
    member: str
    edges: int
    total: int
    points: dict[Ground, int]


class BatchSkipped(Answer):
    """An order that was not offered, and why."""

    order: str
    because: str


class BatchWeight(Answer):
    """What one ground costs: points for each unit, of which at most so many count."""

    ground: Ground
    ground_label: Label
    points: int
    most: int
    unit: Label


class BatchAnswer(Answer):
    """A batch of offers: what was offered to whom, what was not, and what a pair costs."""

    batch: str
    grid: GridRef
    emergency: int
    dry_run: bool
    orders: int
    members: int
    total: int
    offers: list[BatchOffer]
    before: list[BatchOffer]
    skipped: list[BatchSkipped]
    nobody: list[str]
    full: list[str]
    weights: list[BatchWeight]
