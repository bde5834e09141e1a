"""What clients are sent, as the schemas of OpenAPI; tests hold the use cases' views to them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from dispatch.domain.behalf import Channel
from dispatch.domain.vocabulary import Action, Clock, Grade, Party, Role, State, Urgency


class Answer(BaseModel):
    """An answer has the fields it promises, and no others."""

    model_config = ConfigDict(extra="forbid")


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


class Due(Answer):
    """What is waited for next, and until when."""

    milestone: Clock
    at: datetime
    provisional: bool


class ContactShown(Answer):
    """How the resident is reached; masked for everybody but whoever handles the order."""

    name: str | None
    phone: str | None
    house: str | None
    masked: bool


class FiledForAnswer(Answer):
    """How an order was filed for another: by what channel; who filed and for whom only for those within."""

    channel: Channel | None
    channel_label: Label | None
    by: str | None
    household: str | None


class OrderAnswer(Answer):
    """An order (工单) as its reader sees it."""

    id: str
    number: str
    kind: str
    state: State
    state_label: Label
    category: str
    category_label: Label | None
    text: str | None
    place: dict[str, Any] | None
    grid: GridRef
    branch: BranchRef | None
    supervisor: BranchRef | None
    level: int
    listed: bool
    assignee: str | None = None
    urgency: Urgency
    contact: ContactShown
    filed_for_others: bool
    filed_for: FiledForAnswer | None
    answer: str | None
    grade: Grade | None
    reopened: int
    submitted_at: datetime
    ended_at: datetime | None
    rung: int
    asked: int
    paused_at: datetime | None
    due: Due | None
    promises: dict[str, datetime]
    overdue: bool
    actions: list[Action]
    version: int
    advice: Label | None = None
    contact_views: list[dict[str, str]] | None = None


class FiledAnswer(OrderAnswer):
    """An order that was just filed, with the code that lets the resident follow it."""

    query_code: str


class OrderPage(Answer):
    """A page of orders, newest first; ``next`` is the cursor of the following page."""

    items: list[OrderAnswer]
    next: str | None


class EventAnswer(Answer):
    """One row of the ledger (台账)."""

    version: int
    at: datetime
    due_at: datetime | None
    action: Action
    action_label: Label
    party: Party
    party_label: Label
    from_: State
    to: State
    level: int
    branch: BranchRef | None
    texts: dict[str, str]
    data: dict[str, Any]
    hash: str
    actor: str | None = None
    assignee: str | None = None

    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.rstrip("_"))


class Events(Answer):
    """The history of an order, oldest first."""

    items: list[EventAnswer]


class RouteAnswer(Answer):
    """Why an order went where it went."""

    place: dict[str, Any]
    routings: list[dict[str, Any]]
    offers: list[dict[str, Any]]


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
