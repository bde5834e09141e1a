"""What is asked about the county's own ledger, and what is answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dispatch.domain.county_acts import Subject
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Code


class ActsQuery(BaseModel):
    """Which acts of the county are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grid: Code | None = None
    cursor: Annotated[str, StringConstraints(max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class CountyActAnswer(Answer):
    """One act of the county, as it stands in its ledger."""

    region: str
    number: int
    at: datetime | None
    subject: Subject | None
    subject_label: Label | None
    actor: str | None
    grid: GridRef | None
    data: dict[str, Any]
    hash: str


class CountyActs(Answer):
    """A page of acts, newest first; ``next`` is the cursor of the following page."""

    items: list[CountyActAnswer]
    next: str | None
