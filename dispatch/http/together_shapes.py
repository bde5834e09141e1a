"""What is asked and answered about what waits for somebody beside who handles it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatch.http.answers import Answer
from dispatch.http.order_shapes import OrderAnswer


class WaitingQuery(BaseModel):
    """Which page is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str, StringConstraints(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class DecisionAnswer(Answer):
    """An order on which the reader may decide; its ``pending`` says what was asked."""

    order: OrderAnswer
    due: datetime | None
    overdue: bool


class Decisions(Answer):
    """A page of what waits for the reader's decision, the first due first."""

    items: list[DecisionAnswer]
    next: str | None


class AssistWanted(Answer):
    """An order that waits for the answer of the reader's unit; ``assist`` is the number of the call."""

    order: OrderAnswer
    assist: int
    required: bool
    due: datetime
    overdue: bool


class AssistsWanted(Answer):
    """A page of what waits for the answer of the reader's unit, the first due first."""

    items: list[AssistWanted]
    next: str | None


class FollowUpWanted(Answer):
    """An order whose resident is to be asked how it went; its ``follow_up`` says why."""

    order: OrderAnswer


class FollowUpsWanted(Answer):
    """A page of what is to be followed up, the longest waiting first."""

    items: list[FollowUpWanted]
    next: str | None
