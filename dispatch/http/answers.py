"""What clients are sent, as the schemas of OpenAPI; tests hold the use cases' views to them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatch.domain.vocabulary import Role


class Answer(BaseModel):
    """An answer has the fields it promises, and no others."""

    model_config = ConfigDict(extra="forbid", defer_build=True)  # only the documentation wants them built


class Label(Answer):
    """A word in both languages."""

    zh: str
    en: str


class GridRef(Answer):
    """A grid: its code, its name and the names from the root."""

    code: str
    name: str
    path: str


class BranchRef(Answer):
    """A branch or desk."""

    id: str
    name: str


class CandidateAnswer(Answer):
    """Somebody the order could be offered to, with the points of each ground."""

    member: str
    name: str
    total: int
    points: dict[str, int]
    load: int
    capacity: int
    left_out: str | None
    left_out_label: Label | None


class Candidates(Answer):
    """Candidates, best first."""

    items: list[CandidateAnswer]


class RoleAnswer(Answer):
    """One role on one grid."""

    role: Role
    label: Label
    grid: GridRef
    branch: BranchRef | None


class SessionAnswer(Answer):
    """A session; the token is told once."""

    token: str
    expires_at: datetime
    roles: list[RoleAnswer]


class MeAnswer(Answer):
    """Who is logged in."""

    code: str
    expires_at: datetime
    roles: list[RoleAnswer]


class GridAnswer(Answer):
    """A grid with its chain up to the root and what lies below it, by level."""

    code: str
    name: str
    level: int
    level_name: str
    kind: str
    path: str
    parent: str | None
    chain: list[dict[str, Any]]
    counts: dict[str, int]
    children: int
    branches: list[dict[str, str]]


class Grids(Answer):
    """Grids, in the order of their codes."""

    items: list[dict[str, Any]]


class Located(Answer):
    """The grid that takes a place, and by which rule."""

    grid: GridRef | None
    rule: str
    candidates: list[GridRef]


class LifecycleAnswer(Answer):
    """The whole table of what may happen."""

    states: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    mermaid: str


class CategoryAnswer(Answer):
    """A category with its smaller ones."""

    items: list[dict[str, Any]]


class Problem(BaseModel):
    """RFC 9457: what happened, in words for people and a stable ``code`` for programs."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, str]] | None = None
    version: int | None = None
    state: str | None = None
