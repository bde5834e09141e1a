"""What is answered about the deadlines and the future of an order."""

from datetime import date, datetime

from pydantic import ConfigDict

from dispatch.domain.deadlines import Standing, Why
from dispatch.domain.forecast import End, Hearing
from dispatch.domain.vocabulary import Action, Clock, Party, Rung, State
from dispatch.http.answers import Answer, BranchRef, Label


class DayLine(Answer):
    """One day of an explanation: how many minutes of it were counted, and why."""

    date: date
    working: bool
    minutes: float
    note: Label


class TermAnswer(Answer):
    """A stretch of time that runs out, explained day by day; what is due at once has no length."""

    start: datetime
    length: str | None
    length_label: Label | None
    due: datetime
    provisional: bool
    days: list[DayLine]


class EarlierAnswer(Answer):
    """What was promised before, and when and why it became another promise."""

    due: datetime
    changed_at: datetime
    why: Why
    why_label: Label


class PauseAnswer(Answer):
    """When a clock stood still, and who had it stand still and go on."""

    from_: datetime
    until: datetime | None
    why_label: Label
    by: Party
    by_label: Label
    ended_by: Party | None

    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.rstrip("_"))


class DeadlineAnswer(Answer):
    """One clock of an order: what was promised, how that stands, and what runs now where that is something else."""

    clock: Clock
    clock_label: Label
    standing: Standing
    standing_label: Label
    kept_at: datetime | None
    promise: TermAnswer
    now: TermAnswer | None
    warn_at: list[datetime]
    earlier: list[EarlierAnswer]
    pauses: list[PauseAnswer]


class Deadlines(Answer):
    """The milestones promised to the resident, then every other clock that runs."""

    items: list[DeadlineAnswer]


class HearerAnswer(Answer):
    """Who will be told: so many people, or the secretaries of one branch."""

    hearer: Hearing
    hearer_label: Label
    count: int
    branch: BranchRef | None


class StepAnswer(Answer):
    """One thing that will happen; ``members`` only for who dispatches the order."""

    at: datetime
    says: Label
    action: Action
    action_label: Label
    missed: Clock | None
    rung: Rung | None
    rung_label: Label | None
    asked: int
    until: datetime | None
    state: State
    state_label: Label
    branch: BranchRef | None
    supervisor: BranchRef | None
    level: int
    told: list[HearerAnswer]
    members: list[str] | None = None


class ForecastAnswer(Answer):
    """What will happen to an order if nobody does anything, to the end of the ladder."""

    at: datetime
    assumed: Label
    steps: list[StepAnswer]
    end: End
    end_label: Label
