"""What is answered about rules that nobody has decided on yet."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from dispatch.domain.vocabulary import Clock
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.calendar_shapes import Date
from dispatch.http.policy_shapes import PolicyAnswer, PolicyDocument


class ClockMoves(Answer):
    """How many deadlines of one clock would move, and which way."""

    clock: Clock
    clock_label: Label
    sooner: int
    later: int


class DeadlineMove(Answer):
    """One deadline of an order that would move."""

    id: str
    clock: Clock
    clock_label: Label
    before: datetime
    after: datetime


class DeadlineForecast(Answer):
    """How the deadlines of the open orders would move; ``more`` where there are orders beyond those looked at."""

    looked_at: int
    changed: int
    more: bool
    clocks: list[ClockMoves]
    items: list[DeadlineMove]


class PolicyPreview(Answer):
    """A policy as it would be in force, whether it differs from the present one, and what it would move."""

    rules_differ: bool
    weights_differ: bool
    policy: PolicyAnswer
    deadlines: DeadlineForecast


class PolicyTrial(PolicyDocument):
    """A policy to be tried on recorded history, on the orders that were filed from one day to another."""

    from_: Annotated[Date | None, Field(alias="from")] = None
    to: Date | None = None


class TrialColumn(Answer):
    """One history: as it was recorded, or as it would have been; ``failed`` orders could not be played."""

    name: Label
    orders: int
    accepted_in_time: int
    accepted: int
    median_wait_s: int | None
    offers: int
    offers_a_member: float
    offers_most: int
    rises: dict[str, int]
    overdue: dict[str, int]
    messages: int
    messages_moved: int
    failed: int


class PolicyTried(Answer):
    """Recorded history beside what the present policy and the one that is tried would have made of it."""

    from_: Annotated[datetime, Field(alias="from")]
    to: datetime
    until: datetime
    members: int
    assumptions: Label
    columns: list[TrialColumn]


class CalendarPreview(Answer):
    """What a change of the calendar would come to."""

    grid: GridRef
    changed: bool
    days: list[date]
    kept: list[date]
    deadlines: DeadlineForecast
