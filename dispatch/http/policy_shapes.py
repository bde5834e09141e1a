"""What is sent about the policy, and what is answered."""

from typing import Annotated, Any

from pydantic import Field

from dispatch.domain.vocabulary import Clock, Rung, Urgency
from dispatch.domain.weighing import MatchGround
from dispatch.http.answers import Answer, Label
from dispatch.http.bodies import Body

MOST_VERSION = 2**31 - 1
"""No version is higher: it is the number of an act."""


class PolicyTables(Body):
    """Where a policy differs from the defaults: clocks and ladders by urgency, and below that by category."""

    clocks: dict[str, Any] = Field(default_factory=dict)
    ladder: dict[str, Any] = Field(default_factory=dict)


class PolicyDocument(PolicyTables):
    """The whole policy of a county as its administrator writes it; what it leaves out is as by default.

    ``version`` is the one that was read before it was written.
    """

    version: Annotated[int, Field(ge=0, le=MOST_VERSION)]
    emergency: PolicyTables = Field(default_factory=PolicyTables)
    weights: dict[str, Any] = Field(default_factory=dict)


class DurationAnswer(Answer):
    """A duration with its unit."""

    duration: str
    duration_label: Label


class RiseAnswer(DurationAnswer):
    """How long the clock runs that starts after a rise."""

    default: bool


class ClockAnswer(DurationAnswer):
    """How long one clock runs."""

    clock: Clock
    clock_label: Label
    default: bool


class RungAnswer(Answer):
    """One rung of the ladder of offers."""

    rung: Rung
    rung_label: Label
    size: int | None
    window: DurationAnswer | None


class RuleAnswer(Answer):
    """The rules of one urgency, and of one category or all."""

    urgency: Urgency
    urgency_label: Label
    category: str | None
    clocks: list[ClockAnswer]
    rise: RiseAnswer
    ladder: list[RungAnswer]


class WeightAnswer(Answer):
    """What one ground of matching counts."""

    ground: MatchGround
    ground_label: Label
    points: int
    default_points: int
    default: bool


class PolicyAnswer(Answer):
    """Both policies and the weights in force, and the document that says where they differ from the defaults."""

    version: int
    document: dict[str, Any]
    normal: list[RuleAnswer]
    emergency: list[RuleAnswer]
    weights: list[WeightAnswer]
