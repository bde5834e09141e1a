"""What members send about their own settings and leaves, and what they are sent."""

from datetime import date, time
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dispatch.domain.serving import Span, in_order
from dispatch.http.answers import Answer
from dispatch.http.bodies import Body, CategoryOrClass, TimeOfDay
from dispatch.http.calendar_shapes import Date

MOST_CAPACITY = 20
"""Nobody takes on more orders at once than these (ours)."""


class Hours(Body):
    """From when until when on one day; ``to`` 00:00 is the midnight that ends it."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay

    @property
    def span(self) -> Span:
        """The times as the domain holds them."""
        return time.fromisoformat(self.from_), time.fromisoformat(self.to)


class Quiet(Hours):
    """From when until when somebody does not want to be disturbed, as a rule over midnight."""

    @model_validator(mode="after")
    def _some(self) -> "Quiet":
        if self.from_ == self.to:
            raise PydanticCustomError(
                "quiet_empty",
                "起止时间不能相同；不需要请填 null / two different times, or null for none",
                {"field": "to"},
            )
        return self


def _apart(spans: list[Hours]) -> list[Hours]:
    if not in_order(tuple(one.span for one in spans)):
        raise PydanticCustomError(
            "spans_in_order",
            "各时段须在一天之内、先后排列、互不重叠 / spans lie within a day, one after another, without overlap",
        )
    return spans


Spans = Annotated[list[Hours], Field(max_length=6), AfterValidator(_apart)]


class Week(Body):
    """When somebody serves: on working days, and on days off; an empty list is never."""

    working_days: Spans
    days_off: Spans


class SettingsBody(Body):
    """What is given is set anew; null takes one's own word back."""

    capacity: Annotated[int, Field(ge=0, le=MOST_CAPACITY)] | None = None
    skills: Annotated[list[CategoryOrClass], Field(max_length=50)] | None = None
    service_hours: Week | None = None
    quiet_hours: Quiet | None = None


class LeaveBody(Body):
    """A leave: its first and its last day, both included."""

    from_: Annotated[Date, Field(alias="from")]
    to: Date


class HoursAnswer(Answer):
    """From when until when on one day."""

    from_: Annotated[str, Field(alias="from")]
    to: str


class WeekAnswer(Answer):
    """When somebody serves in a week."""

    working_days: list[HoursAnswer]
    days_off: list[HoursAnswer]


class SettingsAnswer(Answer):
    """What holds for whoever asks; ``hours_in_force`` are those in which they are asked, null for always."""

    capacity: int
    skills: list[str]
    service_hours: WeekAnswer | None
    hours_in_force: WeekAnswer | None
    quiet_hours: HoursAnswer | None


class LeaveAnswer(Answer):
    """A leave that is not over."""

    id: int
    from_: Annotated[date, Field(alias="from")]
    to: date
    running: bool


class LeaveTakenAnswer(LeaveAnswer):
    """A new leave, with the orders given back at once and those whose secretary was asked, by their ids."""

    returned: list[str]
    asked: list[str]


class Leaves(Answer):
    """The leaves that are not over, the first one first."""

    items: list[LeaveAnswer]
