"""Recorded history played again under other rules: the same functions as the live service, and people as they were."""

import heapq
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from dispatch.domain.acting import act
from dispatch.domain.choosing import Choice, Chooser
from dispatch.domain.clockwork import climb, followed, tick, wants_member
from dispatch.domain.errors import Refusal
from dispatch.domain.filing import file_order
from dispatch.domain.holding import seat_of
from dispatch.domain.ledger import microseconds
from dispatch.domain.order import Actor, Command, Grant, Member, Order, Outcome
from dispatch.domain.recorded import Anchor, Doing, Moment, Story, asked_in, moment_of
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import Action, Party, Role, Rung, State
from dispatch.domain.world import World
from grid_model.matching import CLASS_DIGITS, rank

DECLINES_COUNT = timedelta(days=30)
"""For how long a decline counts against being asked first, as in the live service."""

_FRESH = 5_000
"""How many choices one index of those who serve is used for: it remembers who is away at each moment it was asked."""

Watch = Callable[[tuple[int, int], Outcome, datetime], None]
"""Is told of each change: the order's region and id, what came of it, and when."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who can be asked, as of now, and the member who looks after each household."""

    serving: Sequence[Serving]
    carers: Mapping[int, int]


class _Kind(IntEnum):
    """What comes first among what happens at the same instant."""

    CLOCK = 0
    FILED = 1
    REPLY = 2
    DOING = 3


def replay(stories: Iterable[Story], cast: Cast, world: World, until: datetime, watch: Watch) -> int:
    """Play stories again in ``world``, all orders together in the order of time, up to ``until``.

    People do what they did, as long after as they did: whoever accepted or declined does so again the same time after
    they are first asked, or as soon as they are asked again if they are not being asked just then; who never replied
    does not. Secretaries, members and residents act the same time after the order arrived at the branch, was accepted
    or resolved, or was filed, if the order's state still lets them.

    Returns:
        How many stories could not be played to their end, because the county no longer knows their category or place.
    """
    return _Replay(cast, world, until, watch).play(stories)


@dataclass(slots=True)
class _Run:
    """One order under way."""

    story: Story
    order: Order | None
    number: int
    asked: set[int]
    ready: set[int]
    replied: Counter[int]
    times: Counter[tuple[Moment, int]]


class _Replay:
    def __init__(self, cast: Cast, world: World, until: datetime, watch: Watch) -> None:
        self._world, self._until, self._watch = world, until, watch
        self._members = _Members(cast, world)
        self._heap: list[tuple[datetime, _Kind, int, int, int, Any]] = []
        self._count = 0
        self._failed = 0

    def play(self, stories: Iterable[Story]) -> int:
        for story in stories:
            run = _Run(story, None, 0, set(), set(), Counter(), Counter())
            self._push(story.at.astimezone(UTC), _Kind.FILED, run, None)
        while self._heap and self._heap[0][0] <= self._until:
            at, kind, _, _, _, (run, what) = heapq.heappop(self._heap)
            try:
                outcome = self._happens(run, kind, what, at)
            except Refusal:
                continue  # the order has moved on, or what was done then can't be done here
            except (LookupError, ValueError, RuntimeError):
                self._failed += 1
                self._members.rid_of(run.order)
                run.order = None
                continue
            if outcome is not None and outcome.events:
                self._came(run, outcome, at)
        return self._failed

    def _push(self, at: datetime, kind: _Kind, run: _Run, what: object) -> None:
        run.number += 1
        self._count += 1
        filing = run.story.filing
        # by the order's own key, not by when it was thought of: the same history gives the same play
        heapq.heappush(self._heap, (at, kind, filing.region, filing.id, run.number, (run, what)))

    def _happens(self, run: _Run, kind: _Kind, what: Any, now: datetime) -> Outcome | None:
        if kind is _Kind.FILED:
            return file_order(run.story.filing, now, self._world)
        if run.order is None:
            return None
        if kind is _Kind.CLOCK:
            return self._ticked(run.order, now) if run.order.version == what else None
        return self._replied(run, what, now) if kind is _Kind.REPLY else self._done(run.order, what, now)

    def _ticked(self, order: Order, now: datetime) -> Outcome:
        """One sweep as the service does it."""
        outcome = tick(order, now, self._world)
        if wants_member(outcome.order, now):
            climbed = climb(outcome.order, lambda one, rung: self._members.choice(one, rung, now), now, self._world)
            outcome = followed(outcome, climbed, order)
        if not outcome.events:
            raise RuntimeError("a clock has run out and nothing follows from it")
        return outcome

    def _replied(self, run: _Run, person: int, now: datetime) -> Outcome | None:
        order = run.order
        if order is None:
            return None
        if person not in order.offered:
            run.ready.add(person)
            return None
        reply = run.story.replies[person][run.replied[person]]
        run.replied[person] += 1
        run.asked.discard(person)
        run.ready.discard(person)
        return act(order, Command(reply.action), Actor(person, self._members.grants(person, order)), now, self._world)

    def _done(self, order: Order, doing: Doing, now: datetime) -> Outcome:
        members = tuple(Member(one, self._members.grants(one, order)) for one in doing.members)
        command = Command(
            doing.action, members=members, grid_id=doing.grid_id, category=doing.category, grade=doing.grade
        )
        return act(order, command, self._actor(order, doing), now, self._world)

    def _actor(self, order: Order, doing: Doing) -> Actor:
        """Whoever it was, in the capacity in which they acted then: that they held the role is on record."""
        seat = seat_of(order, self._world)
        match doing.party:
            case Party.RESIDENT:
                return Actor(doing.actor_id, holds_code=True)
            case Party.SECRETARY if seat is not None:
                return Actor(doing.actor_id, (Grant(Role.SECRETARY, seat, order.branch_id),))
            case Party.SECRETARY | Party.SUPERVISOR:
                return Actor(doing.actor_id, (Grant(Role.SUPERVISOR, self._world.tree.root.id, None),))
            case _:
                return Actor(doing.actor_id, (Grant(Role.MEMBER, order.grid_id, None),))

    def _came(self, run: _Run, outcome: Outcome, now: datetime) -> None:
        """Take what happened down, and let what follows from it wait for its time."""
        before, order = run.order, outcome.order
        run.order = order
        self._watch((order.region, order.id), outcome, now)
        self._members.took(before, outcome, now)
        for event in outcome.events:
            for person in asked_in(event):
                self._asks(run, person, now)
            moment = moment_of(event)
            if moment is not None:
                run.times[moment] += 1
                for doing in run.story.doings.get(Anchor(*moment, run.times[moment]), ()):
                    self._push(event.at + doing.after, _Kind.DOING, run, doing)
        following = order.next_clock
        if following is not None:
            self._push(max(following[1], now), _Kind.CLOCK, run, order.version)

    def _asks(self, run: _Run, person: int, now: datetime) -> None:
        replies = run.story.replies.get(person, ())
        if person in run.ready:
            self._push(now, _Kind.REPLY, run, person)
        elif person not in run.asked and run.replied[person] < len(replies):
            self._push(now + replies[run.replied[person]].after, _Kind.REPLY, run, person)
        run.asked.add(person)


class _Members:
    """Those who can be asked, with what they have on their hands as the play goes on."""

    def __init__(self, cast: Cast, world: World) -> None:
        self._cast, self._world = cast, world
        # what they have and had at present belongs to the present: the play begins with free hands
        self._serving = [replace(one, load=0, served_at=None, declines={}) for one in cast.serving]
        self._grants = {one.person_id: one.grants for one in cast.serving}
        self._loads: Counter[int] = Counter()
        self._served: dict[int, int] = {}
        self._declined: defaultdict[tuple[int, str], list[datetime]] = defaultdict(list)
        self._chooser = Chooser(self._serving, cast.carers, world)
        self._choices = 0

    def grants(self, person: int, order: Order) -> tuple[Grant, ...]:
        """The roles of somebody on record; whoever serves no more did so then, where the order lies."""
        return self._grants.get(person) or (Grant(Role.MEMBER, order.grid_id, None),)

    def choice(self, order: Order, rung: Rung, now: datetime) -> Choice:
        """Rank whom a rung asks, with the loads, turns and declines of this moment."""
        self._choices += 1
        if self._choices % _FRESH == 0:
            self._chooser = Chooser(self._serving, self._cast.carers, self._world)
        found = self._chooser.choice(order, now, rung)
        kind, since = order.category[:CLASS_DIGITS], now - DECLINES_COUNT
        candidates = tuple(
            one._replace(
                load=self._loads[one.person_id],
                served_at=self._served.get(one.person_id),
                declines=self._declines(one.person_id, kind, since),
            )
            for one in found.candidates
        )
        if candidates == found.candidates:
            return found
        ranked = rank(order.category, candidates, self._world.weights, needs_room=found.needs_room)
        return replace(found, candidates=candidates, ranked=ranked)

    def _declines(self, person: int, kind: str, since: datetime) -> int:
        times = self._declined.get((person, kind))
        return 0 if times is None else len(times) - bisect_right(times, since)

    def rid_of(self, order: Order | None) -> None:
        """Take an order off whoever has it on their hands."""
        had = None if order is None else _holder(order)
        if had is not None:
            self._loads[had] -= 1

    def took(self, before: Order | None, outcome: Outcome, now: datetime) -> None:
        """Remember who has what on their hands after a change, who had their turn, and who said no."""
        self.rid_of(before)
        has = _holder(outcome.order)
        if has is not None:
            self._loads[has] += 1
        for event in outcome.events:
            asked = asked_in(event)
            if len(asked) == 1:
                self._served[asked[0]] = microseconds(now)
            elif event.action is Action.ACCEPT and event.actor_id is not None:
                self._served[event.actor_id] = microseconds(now)
            elif event.action is Action.DECLINE and event.actor_id is not None:
                self._declined[event.actor_id, outcome.order.category[:CLASS_DIGITS]].append(now)


def _holder(order: Order) -> int | None:
    return order.assignee_id if order.state in (State.OFFERED, State.ACCEPTED) else None
