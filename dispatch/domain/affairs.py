"""What happens to an order beside the straight way: what waits for a decision, who co-handles, what was merged.

Most orders never have any of it, so it lies apart from the fields that every order has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from dispatch.domain.vocabulary import AppealSubject, FollowUpWhy, Matter, Urgency


@dataclass(frozen=True, slots=True)
class Vote:
    """What one reviewer of an appeal holds."""

    person_id: int
    upholds: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """What was asked of the superior, and who decides it (待决事项).

    Attributes:
        decider: the branch that decides; it rises while nobody does.
        by: who asked; nobody decides what they asked for themselves.
        branch: the branch that held the order then.
        suggested: for a return, the branch that would be right; ``category`` likewise.
        amount: for an extension, by how much, as text.
        until: for parking, when it is taken up again.
        subject: for an appeal, against what.
        votes: for an appeal, of its reviewers, in order.
    """

    matter: Matter
    decider: int
    by: int
    branch: int
    at: datetime
    suggested: int | None = None
    category: str | None = None
    amount: str | None = None
    until: datetime | None = None
    subject: AppealSubject | None = None
    votes: tuple[Vote, ...] = ()


@dataclass(frozen=True, slots=True)
class Assist:
    """One unit that was called to co-handle (吹哨、会办).

    Attributes:
        number: from 1, in the order of the calls.
        required: whether the order can't be resolved without its answer.
        due: until when; ``length`` is how long that is, as text.
        told: the branch that is reminded when it is late: the unit, then level by level those above it.
        void: nobody waits for it any more: the result came without it, or the unit leads itself by now.
        leads: it is void for no other reason than that the unit leads; when it leads no more its answer is waited for.
    """

    number: int
    branch: int
    required: bool
    by: int
    at: datetime
    length: str
    due: datetime
    told: int
    next_at: datetime
    late: bool = False
    answered_at: datetime | None = None
    answered_by: int | None = None
    waived_by: int | None = None
    void: bool = False
    leads: bool = False

    @property
    def open(self) -> bool:
        """Whether its answer is still waited for."""
        return self.answered_at is None and self.waived_by is None and not self.void


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The resident is to be asked how it went (回访), by somebody outside the branch that handled it.

    Attributes:
        tries: on how many days nobody was reached, last at ``tried_at``.
    """

    why: FollowUpWhy
    at: datetime
    branch: int | None
    handler: int | None
    tries: int = 0
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A supervisor wants to hear of the order again then (督办期限)."""

    by: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Merged:
    """The order is part of another one, of the same region.

    Attributes:
        listed: whether it was listed for supervision before.
        branch: the branch whose result it was given, since there is one.
        clocks: which clocks of its promises ran until then, and until when: they run on when it is taken out.
    """

    into: int
    at: datetime
    listed: bool = False
    branch: int | None = None
    clocks: Mapping[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Another order is part of this one.

    Attributes:
        promised: what is promised there earlier than at this one's own filing, ``since`` when.
    """

    order: int
    promised: Mapping[str, datetime] | None = None
    since: datetime | None = None

    @property
    def dues(self) -> Mapping[str, datetime]:
        """What is promised there earlier, by clock; nothing in the most cases."""
        return self.promised or {}


@dataclass(frozen=True, slots=True)
class Aside:
    """An appeal that waits while something else is decided; so long its reviewers had ``left``."""

    pending: Pending
    left: timedelta


@dataclass(frozen=True, slots=True)
class Affairs:
    """Everything rare about one order.

    Attributes:
        returns: how often it was returned; ``returned_by`` says by which branches.
        extensions: how often it was extended; ``lengthened`` is how long the promise of a result is since then, and
            ``original`` how long it was before.
        simple: how urgent it was before it was granted that it is complex.
        aside: an appeal, while whoever holds the order by now has asked for something else.
        holding: whether the clocks stand still for the sake of a department that co-handles.
        urged_at: when the resident urged it last.
        graded: the grades it was given, in order; ``graded_handlers`` handled what was graded.
        appealed: what was appealed against before.
        excluded: what is not counted after all, because two reviewers held so.
        parked_at: when it was parked first.
        own: what is promised at its own filing, where a merged order was promised it earlier.
        was_listed: whether it was listed for supervision when it ended, or before.
        missed: whether a promise to the resident was ever missed.
        watches: until when supervisors want to hear of it.
    """

    returns: int = 0
    returned_by: tuple[int, ...] = ()
    extensions: int = 0
    lengthened: str | None = None
    original: str | None = None
    simple: Urgency | None = None
    pending: Pending | None = None
    aside: Aside | None = None
    assists: tuple[Assist, ...] = ()
    holding: bool = False
    follow_up: FollowUp | None = None
    urged_at: datetime | None = None
    graded: tuple[str, ...] = ()
    graded_handlers: tuple[int, ...] = ()
    appealed: tuple[AppealSubject, ...] = ()
    excluded: tuple[AppealSubject, ...] = ()
    parked_at: datetime | None = None
    merged: Merged | None = None
    absorbed: tuple[Absorbed, ...] = ()
    own: Mapping[str, datetime] | None = None
    was_listed: bool = False
    missed: bool = False
    watches: tuple[Watch, ...] = ()

    def open_assists(self) -> tuple[Assist, ...]:
        """Return the co-handlers whose answer is waited for."""
        return tuple(one for one in self.assists if one.open) if self.assists else ()

    def next_assist(self) -> Assist | None:
        """Return the co-handler who is reminded next."""
        return min(self.open_assists(), key=lambda one: (one.next_at, one.number), default=None)

    def asking(self) -> Pending | None:
        """Return what was asked for the sake of the work itself; an appeal holds nothing of that up."""
        return None if self.asked_for(Matter.APPEAL) else self.pending

    def asked_for(self, matter: Matter) -> bool:
        """Tell whether that is waiting for a decision."""
        return self.pending is not None and self.pending.matter is matter


NONE = Affairs()
"""Of an order that goes straight."""

MISSED = Affairs(missed=True)
"""Of an order that rose, and else goes straight: of those that have affairs at all nearly every one."""

_MISSED_TOLD = {"missed": True}
_ADAPTER = TypeAdapter(Affairs)


def missed(affairs: Affairs) -> Affairs:
    """Return ``affairs`` with a promise to the resident missed."""
    if affairs.missed:
        return affairs
    return MISSED if affairs is NONE else replace(affairs, missed=True)


def told_affairs(affairs: Affairs) -> dict[str, Any]:
    """Return ``affairs`` as it stands in the ledger and in the database: plain JSON, without what is not there."""
    if affairs is MISSED:
        return dict(_MISSED_TOLD)
    told: dict[str, Any] = _ADAPTER.dump_python(affairs, mode="json", exclude_defaults=True)
    return told


def affairs_of(told: Mapping[str, Any] | None) -> Affairs:
    """Return what ``told_affairs`` wrote.

    Raises:
        ValueError: it is not what the service writes.
    """
    if told is None:
        return NONE
    return MISSED if told == _MISSED_TOLD else _ADAPTER.validate_python(told)
