"""The households somebody files for, over HTTP."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dispatch.http.answers import Answer, GridRef
from dispatch.http.bodies import Code
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import households


class HouseholdQuery(BaseModel):
    """Which households are wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mine: Literal["true", "false"] | None = None
    cursor: Code | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lang: Literal["zh", "en"] | None = None


class HouseholdAnswer(Answer):
    """A household, masked; the house is plain only for the member who looks after it."""

    code: str
    name: str
    phone: str | None
    house: str | None
    grid: GridRef
    mine: bool


class Households(Answer):
    """A page of households by code; ``next`` is the cursor of the following page."""

    items: list[HouseholdAnswer]
    next: str | None


async def listing(call: Call) -> Reply:
    """List the households that somebody looks after or serves."""
    query: HouseholdQuery = call.query
    found = await households.listing(
        call.service, call.actor, mine=query.mine == "true", cursor=query.cursor, most=query.limit
    )
    return Reply(200, asdict(found))
