"""An order as clients are sent it: as it stands, its history, and why it went where it went."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from dispatch.domain.behalf import Channel
from dispatch.domain.photos import PhotoKind
from dispatch.domain.vocabulary import (
    Action,
    AppealSubject,
    Clock,
    ContactReason,
    FollowUpWhy,
    Grade,
    Matter,
    Party,
    ReturnReason,
    State,
    Urgency,
)
from dispatch.http.answers import Answer, BranchRef, GridRef, Label


class Due(Answer):
    """What is waited for next, and until when."""

    milestone: Clock
    at: datetime
    provisional: bool


class ContactShown(Answer):
    """How the resident is reached; masked but for who handles the order, for ten minutes after a tap with a reason."""

    name: str | None
    phone: str | None
    house: str | None
    masked: bool


class RevealedAnswer(Answer):
    """The contact in plain, and until when the order shows it so."""

    contact: ContactShown
    until: datetime


class LookAnswer(Answer):
    """Somebody looked at what the order hides; without a reason it was at the place as given."""

    by: str
    from_: datetime
    until: datetime
    reason: ContactReason | None
    reason_label: Label | None

    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.rstrip("_"))


class PhotoAnswer(Answer):
    """A photo of an order; the picture has an address of its own."""

    id: str
    kind: PhotoKind


class PhotoKept(Answer):
    """A photo that waits a day for the order it belongs to."""

    photo: str


class FiledForAnswer(Answer):
    """How an order was filed for another: by what channel; who filed and for whom only for those within."""

    channel: Channel | None
    channel_label: Label | None
    by: str | None
    household: str | None


class PendingAnswer(Answer):
    """What was asked of the superior and is not decided yet; why, only for those within."""

    matter: Matter
    label: Label
    decider: BranchRef | None
    branch: BranchRef | None
    asked_at: datetime
    amount: str | None
    until: datetime | None
    subject: AppealSubject | None
    reason_code: ReturnReason | None
    reason: str | None
    suggested: BranchRef | None
    category: str | None
    due: datetime | None


class AssistAnswer(Answer):
    """A unit that was called to co-handle: what is wanted of it, until when, and what it answered."""

    number: int
    unit: BranchRef
    required: bool
    asked_at: datetime
    due: datetime
    late: bool
    answered_at: datetime | None
    waived: bool
    wanted: str | None
    answer: str | None


class FollowUpAnswer(Answer):
    """The resident is to be asked how it went: why, since when, and how often it was tried."""

    why: FollowUpWhy
    label: Label
    at: datetime
    tries: int


class OrderAnswer(Answer):
    """An order (工单) as its reader sees it."""

    id: str
    number: str
    kind: str
    stage: Label | None = None
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
    pending: PendingAnswer | None
    assists: list[AssistAnswer]
    returns: int
    extensions: int
    parked_until: datetime | None
    plan: str | None
    merged_into: str | None
    absorbed: list[str]
    follow_up: FollowUpAnswer | None
    grades: list[Grade]
    excluded: list[AppealSubject]
    urged_at: datetime | None
    supervise_by: datetime | None
    actions: list[Action]
    version: int
    advice: Label | None = None
    contact_views: list[LookAnswer] | None = None
    may_reveal: bool | None = None
    contact_until: datetime | None = None
    photos: list[PhotoAnswer] | None = None


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
    actor_name: str | None = None
    assignee: str | None = None
    assignee_name: str | None = None

    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.rstrip("_"))


class Events(Answer):
    """The history of an order, oldest first."""

    items: list[EventAnswer]


class RouteAnswer(Answer):
    """Why an order went where it went."""

    place: dict[str, Any]
    routings: list[dict[str, Any]]
    offers: list[dict[str, Any]]
