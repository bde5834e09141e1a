"""Kinds of orders: all live by one table, with its clocks and levels; a row here says what differs (DOMAIN §5).

A step of a project is filed by the project's leader and offered at once to whom it names. A pledge is filed by whoever
pledges (报诺), accepted by the branch (定诺), taken on by the pledger and so published (亮诺), carried out (践诺), and
rated by the branch (销诺).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dispatch.domain.vocabulary import MILESTONES, Clock, Kind, Party, State, Urgency

Stage = tuple[str, str]
"""What a state is called in Chinese and in English."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What is particular to one kind of orders.

    Attributes:
        named: it names who is to do it, and until which date: no rung of the ladder asks anybody else. Once the
            secretary's window has passed the secretary is told, and the clock for acceptance raises it as any other.
        own: only whoever filed it can be asked, by hand too.
        milestones: what is promised.
        urgency: how urgent it is, None for as its category says: what is planned is no emergency.
        rater: who rates the result; whoever files otherwise.
        through: how the rating is marked where the rater is not the resident.
        followed_up: whether residents are asked afterwards how it went.
        for_others: whether somebody who filed it did so for a resident.
        stages: what its states are called where the common name says too little.
    """

    named: bool = False
    own: bool = False
    milestones: tuple[Clock, ...] = MILESTONES
    urgency: Urgency | None = None
    rater: Party = Party.RESIDENT
    through: str | None = None
    followed_up: bool = True
    for_others: bool = True
    stages: Mapping[State, Stage] = field(default_factory=dict)


_PLANNED = (Clock.ACCEPT, Clock.RESOLVE)
"""Nobody waits for a call: what is promised is that it begins, and its result."""

WAYS: dict[str, Ways] = {
    Kind.REQUEST: Ways(),
    Kind.PROJECT_TASK: Ways(
        named=True,
        milestones=_PLANNED,
        urgency=Urgency.GENERAL,
        through="leader",
        followed_up=False,
        for_others=False,
        stages={
            State.ROUTED: ("待落实责任人", "waiting for somebody to do it"),
            State.OFFERED: ("待领任务", "waiting to be taken on"),
            State.ACCEPTED: ("推进中", "under way"),
            State.RESOLVED: ("待牵头人验收", "waiting for the leader's word"),
            State.CLOSED: ("已完成", "done"),
            State.WITHDRAWN: ("已取消", "called off"),
        },
    ),
    Kind.PLEDGE: Ways(
        named=True,
        own=True,
        milestones=_PLANNED,
        urgency=Urgency.GENERAL,
        rater=Party.SECRETARY,
        through="branch",
        followed_up=False,
        for_others=False,
        stages={
            State.ROUTED: ("已报诺，待定诺", "pledged, waiting for the branch"),
            State.OFFERED: ("已定诺，待亮诺", "accepted by the branch, waiting for the pledger"),
            State.ACCEPTED: ("已亮诺，践诺中", "published and being carried out"),
            State.RESOLVED: ("已践诺，待销诺", "carried out, waiting for the branch's rating"),
            State.CLOSED: ("已销诺", "fulfilled"),
            State.WITHDRAWN: ("已撤诺", "taken back"),
            State.REDIRECTED: ("未定诺", "not accepted by the branch"),
        },
    ),
}
"""The kinds, a row each."""


def ways(kind: str) -> Ways:
    """Return what is particular to a kind; one that is not known is treated as a request."""
    return WAYS.get(kind, WAYS[Kind.REQUEST])


def stage(kind: str, state: State) -> Stage | None:
    """Return what a state is called for orders of a kind, None where its common name says it."""
    return ways(kind).stages.get(state)


def answers_for(kind: str, party: Party) -> bool:
    """Tell whether ``party`` says of a result whether it will do; the system only follows a grade that was given."""
    return party is Party.SYSTEM or party is ways(kind).rater
