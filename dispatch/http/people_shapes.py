"""What administrators send about people, and what they are sent."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from dispatch.domain.vocabulary import Role
from dispatch.http.answers import Answer, BranchRef, GridRef, Label
from dispatch.http.bodies import Body, Code, Phone
from dispatch.http.calendar_shapes import Date

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
"""As long as anybody types; more only makes the hash slow."""


class PeopleSought(Body):
    """Who is wanted: by code, phone, grid or role; a phone stands in no address, so this is sent as a body."""

    code: Code | None = None
    phone: Phone | None = None
    grid: Code | None = None
    role: Role | None = None
    after: Code | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class RoleGiven(Body):
    """A role to be given, with the first and last day on which it holds."""

    role: Role
    grid: Code
    branch: Code | None = None
    from_: Annotated[Date | None, Field(alias="from")] = None
    to: Date | None = None


class RoleEnded(Body):
    """With which day a role ends; yesterday, and so at once, if none is named."""

    to: Date | None = None


class PasswordSet(Body):
    """A new password."""

    password: Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]


class ActiveSet(Body):
    """Whether somebody may log in and serve."""

    active: bool


class HeldRoleAnswer(Answer):
    """A role somebody has, had or will have."""

    number: int
    role: Role
    label: Label
    grid: GridRef
    branch: BranchRef | None
    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    holds: bool


class PersonAnswer(Answer):
    """Somebody who serves, masked, with all roles."""

    code: str
    name: str
    phone: str
    active: bool
    can_log_in: bool
    roles: list[HeldRoleAnswer]


class People(Answer):
    """A page of people by code; ``next`` is the ``after`` of the following page."""

    items: list[PersonAnswer]
    next: str | None


class ActiveAnswer(Answer):
    """Somebody after they were let in or kept out, and how many orders they hold."""

    person: PersonAnswer
    orders: int
