"""What clients send to merge orders and to take them apart."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from dispatch.http.bodies import Body, Text
from dispatch.usecases.merging import MOST_AT_ONCE

OrderNumber = Annotated[str, StringConstraints(min_length=1, max_length=40), AfterValidator(str.strip)]
"""An order's number, in groups or without."""


class _Act(Body):
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class Merge(_Act):
    """并单: into the order that answers for both; the reason is for the house."""

    action: Literal["merge"]
    into: OrderNumber
    reason: Text | None = None


class Unmerge(_Act):
    """拆单: out of the order it was merged into."""

    action: Literal["unmerge"]
    reason: Text | None = None


class Merges(Body):
    """并单: several orders into one, all or none."""

    lead: OrderNumber
    orders: Annotated[list[OrderNumber], Field(min_length=1, max_length=MOST_AT_ONCE)]
    reason: Text | None = None
