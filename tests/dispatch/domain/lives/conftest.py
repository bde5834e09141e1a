"""Everything that must hold of an order after every step of a long random life."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from dispatch.domain import lifecycle
from dispatch.domain.access import decides, visible
from dispatch.domain.acting import actions
from dispatch.domain.asking import OPEN
from dispatch.domain.ladder import ladder_of
from dispatch.domain.ledger import GENESIS, event_hash
from dispatch.domain.lifecycle import SYSTEM_ANSWER
from dispatch.domain.order import Event, Order, Outcome
from dispatch.domain.vocabulary import (
    MILESTONES,
    OPEN_STATES,
    SERVING,
    WARNINGS,
    Action,
    BranchKind,
    Clock,
    Matter,
    Owner,
    Party,
    Role,
    State,
)

DISPATCHED = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED, State.RESOLVED}

LAWS = frozenset(lifecycle.laws())

WAITS = {
    **dict.fromkeys((State.RECEIVED, State.ROUTED, State.OFFERED), frozenset({Clock.ACCEPT, Clock.REMIND})),
    State.ACCEPTED: {Clock.RESOLVE, Clock.REMIND, Clock.RESUME},
    State.PARKED: {Clock.REVIEW},
}
"""Of which clocks one at least runs while somebody still owes the resident something."""
MOST_WAITED = timedelta(hours=24)
SHIFTED = timedelta(days=14)
"""How much later working time may be over than natural time: holidays lie in between."""

LATER = {Action.REOPEN, Action.REVIEW, Action.RETIME, Action.EXTEND, Action.COMPLEX, Action.UNMERGE}
"""What may make a promise later, beside the end of a standstill."""

MOVED = {*LATER, Action.ROUTE, Action.ABSORB}
"""What may change a promise at all, beside that."""


def anew(event: Event) -> bool:
    """Whether the ladder of offers begins anew with an event."""
    if event.action in (Action.ROUTE, Action.REOPEN, Action.REVIEW, Action.RETURN, Action.MERGE):
        return True
    if event.action is Action.REFUSE:
        return event.from_state is State.ROUTED
    if event.action is Action.PASS_UP:
        return event.data.get("matter") == Matter.RETURN and not event.data.get("root")
    if event.action is Action.ESCALATE:
        return event.from_state is not State.ACCEPTED
    return event.action in (Action.HAND_BACK, Action.RECALL) and event.from_state is State.ACCEPTED


@dataclass
class Laws:
    """Everything that must hold after every step of one life, and what has to be known of the steps before."""

    AT_WORK = frozenset({State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED})
    FINAL = frozenset({State.CLOSED, State.WITHDRAWN, State.REDIRECTED})

    life: Any
    warned: set[tuple[str, int]] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    rung: int = 0
    ground: int = 0
    watch: int | None = None

    def hold(self, outcome: Outcome) -> None:
        """Hold a step of the life to everything, before it is taken."""
        before, order = self.life.order, outcome.order
        self.chained(before, outcome.events)
        assert order.level >= before.level
        self.promised(before, outcome)
        self.told_to(outcome)
        self.standing(order)
        if State.RESOLVED in {event.to_state for event in outcome.events} and before.state is State.ACCEPTED:
            assert not any(one.required for one in before.affairs.open_assists())

    def told_to(self, outcome: Outcome) -> None:
        """Each recipient is there, and told once."""
        recipients = [(notice.person_id, notice.branch_id) for notice in outcome.notices]
        assert len(recipients) == len(set(recipients))
        for person, branch in recipients:
            assert (person is None) != (branch is None)
            assert person is None or person in self.life.people
            assert branch is None or self.life.world.branches.get(branch).active

    def promised(self, before: Order, outcome: Outcome) -> None:
        """A promise becomes later for known reasons only, and what it was before is told."""
        order, told = outcome.order, {event.action for event in outcome.events}
        if order.promises != before.promises:
            assert any("promises_before" in event.data for event in outcome.events)
        if Action.RETURN in told:
            assert before.promises == order.promises
            assert {c: at for c, at in before.clocks.items() if c in MILESTONES} == {
                c: at for c, at in order.clocks.items() if c in MILESTONES
            }
        if told & LATER:
            return
        waited = any("resumed" in event.data for event in outcome.events)
        for clock, at in order.promises.items():
            most = timedelta()
            if waited and clock in before.held and before.paused_at is not None:
                handled = before.state is State.ACCEPTED and not before.affairs.holding
                most = MOST_WAITED if handled else self.life.now - before.paused_at + SHIFTED
                most += SHIFTED if self.life.world.calendars else timedelta()
            assert at <= before.promises[clock] + most
        assert order.promises == before.promises or told & MOVED or waited

    def chained(self, before: Order | None, events: Iterable[Event]) -> None:
        head, version = (GENESIS, 0) if before is None else (before.head, before.version)
        state = State.NEW if before is None else before.state
        for event in events:
            assert event.version == version + 1
            assert event.from_state is state
            assert (state, event.action, event.party, event.to_state) in LAWS
            assert event.hash == event_hash(head, event)
            self.life.done.add((event.from_state, event.action))
            self.life.history.append(event)
            self.asked(event)
            self.warned_of(event)
            self.rose(event)
            head, version, state = event.hash, event.version, event.to_state

    def asked(self, event: Event) -> None:
        """The system climbs rung after rung, and asks nobody again who has said no."""
        if anew(event):
            self.rung = 0
        if event.action in (Action.REOPEN, Action.REVIEW):
            self.refused = set()
        if event.action in (Action.DECLINE, Action.HAND_BACK):
            self.refused.add(event.actor_id or 0)
        if event.action is Action.OFFER and event.party is Party.SYSTEM:
            ladder = ladder_of(self.life.order, self.life.now, self.life.world)
            last = event.data["rung"] == len(ladder) and ladder[-1].rung in OPEN  # which may be asked anew
            assert self.rung < event.data["rung"] <= len(ladder) or last
            assert ladder[event.data["rung"] - 1].rung == event.data["kind"]
            assert not self.refused & set(event.data["offered"])
            self.rung = event.data["rung"]

    def warned_of(self, event: Event) -> None:
        """Each warning comes at most once for a promise."""
        if "promises" in event.data and "resumed" not in event.data:
            self.warned = set()
        if event.action is Action.WARN:
            warning = (event.data["milestone"], event.data["percent"])
            assert warning not in self.warned
            self.warned.add(warning)

    def rose(self, event: Event) -> None:
        """Three levels lie above the deepest branch, and a level counts once, unless it was sent to another village."""
        seat = event.data["supervisor"]
        grid = None if seat is None else self.life.world.branches.get(seat).grid_id
        if self.watch is not None and grid is not None and not self.life.world.tree.within(self.watch, grid):
            self.ground = event.level
        self.watch = grid
        assert event.level - self.ground <= 3

    def standing(self, order: Order) -> None:
        state, clocks = order.state, set(order.clocks)
        for clock in clocks:
            assert lifecycle.row(state, SYSTEM_ANSWER[clock], Party.SYSTEM), (state, clock)
        for milestone, warnings in WARNINGS.items():
            for warning, _ in warnings:
                assert warning not in clocks or order.clocks[warning] <= order.clocks[milestone]
        if state in OPEN_STATES:  # nobody can forget it: something falls due whatever people do
            assert clocks & WAITS[state]
        else:
            rest = {Clock.DECIDE} if order.affairs.pending is not None else set()
            assert clocks == rest | ({Clock.RATE} if state is State.RESOLVED else set())
        self.who(order)
        self.still(order)
        self.asks(order)
        assert (order.ended_at is None) == (state not in self.FINAL)
        assert not order.listed or state not in self.FINAL
        assert Clock.REMIND not in clocks or order.listed
        self.held(order)

    def who(self, order: Order) -> None:
        """Who is asked, and who has it."""
        assert bool(order.offered) == (order.state is State.OFFERED)
        assert len(set(order.offered)) == len(order.offered)
        assert set(order.offered) <= set(order.tried)
        if order.state is State.OFFERED:
            assert (order.assignee_id,) in ((None,), order.offered)
        else:
            nobodys = {State.RECEIVED, State.ROUTED, State.MERGED} | self.FINAL - {State.CLOSED}
            assert (order.assignee_id is None) == (order.state in nobodys)

    def still(self, order: Order) -> None:
        """While the resident or a department is waited for, or it is parked, what stands still does not run."""
        paused, parked = order.paused_at is not None, order.state is State.PARKED
        assert (paused and not parked) == (Clock.RESUME in order.clocks)
        assert parked == (Clock.REVIEW in order.clocks)
        assert paused or not parked
        assert not paused or parked or order.waited or order.affairs.holding
        assert paused or not order.held
        assert not order.affairs.holding or (paused and not parked)
        assert not paused or order.state in (State.ACCEPTED, State.PARKED)
        assert not set(order.held) & set(order.clocks)
        assert set(order.held) <= set(MILESTONES)
        if order.contacted_at is not None:
            assert Clock.CONTACT not in {*order.held, *order.clocks}

    def asks(self, order: Order) -> None:
        """What waits for the superior has a clock and somebody who may decide; so has whoever must answer."""
        pending = order.affairs.pending
        assert (pending is not None) == (Clock.DECIDE in order.clocks)
        if pending is not None:
            able = [actor for actor in self.life.actors if decides(order, actor, self.life.world)]
            at_root = self.life.world.branches.get(pending.decider).grid_id == self.life.world.tree.root.id
            assert able or (pending.matter is Matter.APPEAL and at_root)  # few as they are, all may have a part in it
            assert not any(actor.person_id == pending.by for actor in able)
        waits = order.state in self.AT_WORK and bool(order.affairs.open_assists())
        assert waits == (Clock.ASSIST in order.clocks)

    def seen(self, chance: random.Random) -> None:
        """Nobody sees what lies outside their reach: an order is someone's own, below them, or they were called."""
        order, tree = self.life.order, self.life.world.tree
        for actor in chance.sample(self.life.actors, 4):
            below = any(order.grid_id in tree.subtree(grant.grid_id) for grant in actor.grants)
            own = actor.person_id is not None and actor.person_id in (
                order.filed_by,
                order.assignee_id,
                *order.offered,
            )
            called = any(  # afterwards the unit's secretary and who answered, and nobody else
                (actor.person_id is not None and actor.person_id == one.answered_by)
                or (
                    grant.branch_id == one.branch
                    and (grant.role is Role.SECRETARY or (one.open and grant.role in SERVING))
                )
                for grant in actor.grants
                for one in order.affairs.assists
            )
            assert visible(order, actor, self.life.world) == (below or own or called or actor.holds_code)
            if not visible(order, actor, self.life.world):
                assert actions(order, actor, self.life.now, self.life.world) == ()

    def held(self, order: Order) -> None:
        if order.branch_id is None:
            return
        world, state = self.life.world, order.state
        held = world.branches.get(order.branch_id)
        assert world.tree.within(held.grid_id, world.branches.get(order.supervisor_id).grid_id)
        assert world.tree.within(order.grid_id, held.grid_id)
        assert order.branch_id not in order.co_branches
        assert held.kind != BranchKind.GROUP
        if world.categories[order.category].owner is Owner.DEPARTMENT:  # without a desk the root only looks at it
            looked_at = state not in DISPATCHED and held.grid_id == world.tree.root.id
            assert held.kind == BranchKind.DESK or looked_at


@pytest.fixture(scope="session")
def laws() -> type[Laws]:
    return Laws
