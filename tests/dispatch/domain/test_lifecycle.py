"""TABLE 1 as a graph, and long random lives: an order never leaves it and is never forgotten."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors, lifecycle
from dispatch.domain.acting import act, actions
from dispatch.domain.clockwork import followed, offer_next, tick, wants_member
from dispatch.domain.ledger import GENESIS, event_hash
from dispatch.domain.lifecycle import SYSTEM_ANSWER, TABLE
from dispatch.domain.order import Command
from dispatch.domain.vocabulary import OPEN_STATES, Action, BranchKind, Clock, Grade, Owner, Party, State
from grid_model.places import Located

DISPATCHED = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.RESOLVED}
LAWS = frozenset(lifecycle.laws())
FINAL = {State.CLOSED, State.WITHDRAWN, State.REDIRECTED}
NOT_YET = {State.PARKED, State.MERGED}
WAITING = {State.RECEIVED, State.ROUTED, State.OFFERED}


def graph():
    drawn = nx.DiGraph()
    drawn.add_nodes_from(State)
    drawn.add_edges_from((row.from_state, row.to_state) for row in TABLE)
    return drawn


def test_for_one_state_action_and_party_there_is_one_row():
    keys = [(row.from_state, row.action, party) for row in TABLE for party in row.parties]
    assert len(keys) == len(set(keys)) == len(LAWS)


def test_the_lookups_say_what_the_table_says():
    granted = {(start, action, party): end for start, action, party, end in LAWS}
    for state in State:
        assert lifecycle.possible(state) == {a for s, a, _ in granted if s is state}
        for action in Action:
            assert lifecycle.ever(action) == {p for _, a, p in granted if a is action}
            for party in Party:
                row = lifecycle.row(state, action, party)
                assert (row and row.to_state) == granted.get((state, action, party))


def test_every_state_in_use_is_reached_from_filing_and_leads_to_an_end():
    drawn = graph()
    assert nx.descendants(drawn, State.NEW) == set(State) - NOT_YET - {State.NEW}
    for state in set(State) - NOT_YET - FINAL:
        assert FINAL & nx.descendants(drawn, state)


def test_nothing_leads_out_of_what_was_withdrawn_redirected_or_is_not_used_yet():
    for state in NOT_YET | {State.WITHDRAWN, State.REDIRECTED}:
        assert lifecycle.possible(state) == frozenset()


def test_an_order_is_filed_once():
    assert [row for row in TABLE if row.to_state is State.NEW] == []
    assert {row.action for row in TABLE if row.from_state is State.NEW} == {Action.SUBMIT}
    assert {row.from_state for row in TABLE if row.action is Action.SUBMIT} == {State.NEW}


def test_every_action_is_somebody_s():
    assert {row.action for row in TABLE} == set(Action)


def clocks_that_may_run():
    """For every state the clocks that the table's rows can leave running there, found by following them all."""
    running = {state: set() for state in State}
    changed = True
    while changed:
        changed = False
        for row in TABLE:
            after = (running[row.from_state] - set(row.stops)) | set(row.starts) | set(row.at_once)
            if row.action is Action.SUPERVISE:
                after |= {Clock.REMIND}
            if not after <= running[row.to_state]:
                running[row.to_state] |= after
                changed = True
    return running


def test_the_system_has_an_answer_to_every_clock_in_every_state_where_it_may_run():
    assert set(SYSTEM_ANSWER) == set(Clock)
    for state, clocks in clocks_that_may_run().items():
        for clock in clocks:
            assert lifecycle.row(state, SYSTEM_ANSWER[clock], Party.SYSTEM), (state, clock)
            if SYSTEM_ANSWER[clock] is Action.ESCALATE:
                assert lifecycle.row(state, Action.SUPERVISE, Party.SYSTEM), (state, clock)


def test_no_clock_runs_once_it_is_over():
    running = clocks_that_may_run()
    assert not any(running[state] for state in FINAL)


def test_the_diagram_names_every_state_in_use_and_every_arrow():
    lines = lifecycle.mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for state in set(State) - NOT_YET - {State.NEW}:
        assert f"    {state.value} : {state.zh} {state.value}" in lines
    for row in TABLE:
        if row.from_state is not row.to_state:
            start = "[*]" if row.from_state is State.NEW else row.from_state.value
            (arrow,) = [line for line in lines if line.startswith(f"    {start} --> {row.to_state.value} : ")]
            assert row.action.zh in arrow
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == {state.value for state in FINAL}


@dataclass
class Life:
    """An order that is walked through its life, and everything that must hold after every step."""

    county: object
    category: str
    outcome: object
    now: object
    done: set = field(default_factory=set)

    def step(self, choice, dice, minutes):
        """Let time pass and the clocks be answered, or let somebody do what they may, or try what they may not."""
        chance = random.Random(dice)
        order = self.outcome.order
        if choice == 0:
            self.now += timedelta(minutes=minutes)
            self.sweep(minutes)
            return
        actors = [actor for actor in self.county.actors().values() if not actor.is_system]  # it only answers clocks
        if choice == 1:
            self.attempt(chance.choice(actors), chance.choice(list(Action)), chance)
            return
        chance.shuffle(actors)
        if choice == 2:  # those without a role, who would be drowned out by the many who have one
            assigned = [] if order.assignee_id is None else [self.county.assignee(order)]
            actors = [chance.choice([self.county.resident, *assigned, *assigned]), *actors]
        seldom = {Action.WITHDRAW, Action.REDIRECT, Action.NOTE, Action.SUPERVISE} if chance.random() < 0.9 else set()
        for actor in actors:
            open_to = [a for a in actions(order, actor, self.now, self.county.world) if a not in seldom]
            if open_to:
                self.attempt(actor, chance.choice(open_to), chance)
                return

    def attempt(self, actor, action, chance):
        order = self.outcome.order
        try:
            self.take(act(order, self.command(action, chance), actor, self.now, self.county.world))
        except errors.Refusal:
            assert self.outcome.order is order

    def command(self, action, chance):
        if action is Action.OFFER:
            fits = self.candidate(self.outcome.order)
            return Command(action, member=fits or self.county.member(chance.choice(list(self.county.people))))
        if action is Action.ROUTE:
            grids = [None, *(grid.id for grid in self.county.world.tree.grids())]
            codes = [None, None, None, *self.county.world.categories]
            return Command(action, grid_id=chance.choice(grids), category=chance.choice(codes))
        return Command(action, grade=chance.choice(list(Grade)) if action is Action.RATE else None)

    def sweep(self, minutes):
        start = self.outcome.order
        outcome = tick(start, self.now, self.county.world)
        if wants_member(outcome.order, self.now):
            member = self.candidate(outcome.order) if minutes % 3 else None
            offered = offer_next(outcome.order, member, {"why": []}, self.now, self.county.world)
            outcome = followed(outcome, offered, start)
        due = [clock for clock, at in outcome.order.clocks.items() if at <= self.now]
        assert not due, "what was due has been answered"
        self.take(outcome)

    def candidate(self, order):
        try:
            member = self.county.somebody_for(order)
        except (StopIteration, LookupError):
            return None
        return None if member.person_id in order.tried else member

    def take(self, outcome):
        before, order = self.outcome.order, outcome.order
        self.chained(before.head, before.version, before.state, outcome.events)
        if outcome.events:
            last = outcome.events[-1]
            told = (last.version, last.to_state, last.level, last.branch_id, last.assignee_id, last.hash)
            assert told == (order.version, order.state, order.level, order.branch_id, order.assignee_id, order.head)
        assert order.level >= before.level
        if Action.REOPEN not in {event.action for event in outcome.events}:  # a promise never becomes later
            assert all(at <= before.promises[clock] for clock, at in order.promises.items())
            assert order.promises == before.promises or order.urgency is not before.urgency
        assert order.level <= 3, "three levels lie above the deepest branch, and a level counts once"
        recipients = [(notice.person_id, notice.branch_id) for notice in outcome.notices]
        assert len(recipients) == len(set(recipients))
        self.standing(order)
        self.outcome = outcome

    def chained(self, head, version, state, events):
        for event in events:
            assert event.version == version + 1
            assert event.from_state is state
            assert (state, event.action, event.party, event.to_state) in LAWS
            assert event.hash == event_hash(head, event)
            self.done.add((event.from_state, event.action))
            head, version, state = event.hash, event.version, event.to_state

    def standing(self, order):
        world, state, clocks = self.county.world, order.state, set(order.clocks)
        for clock in clocks:
            assert lifecycle.row(state, SYSTEM_ANSWER[clock], Party.SYSTEM), (state, clock)
        if state in OPEN_STATES:  # nobody can forget it: something falls due whatever people do
            assert clocks & ({Clock.ACCEPT, Clock.REMIND} if state in WAITING else {Clock.RESOLVE, Clock.REMIND})
        else:
            assert clocks == ({Clock.RATE} if state is State.RESOLVED else set())
        assert (order.assignee_id is None) == (state in {State.RECEIVED, State.ROUTED} | FINAL - {State.CLOSED})
        assert (order.ended_at is None) == (state not in FINAL)
        assert not order.listed or state not in FINAL
        assert Clock.REMIND not in clocks or order.listed
        if order.branch_id is not None:
            held = world.branches.get(order.branch_id)
            assert world.tree.within(held.grid_id, world.branches.get(order.supervisor_id).grid_id)
            assert world.tree.within(order.grid_id, held.grid_id)
            assert order.branch_id not in order.co_branches
            assert held.kind != BranchKind.GROUP
            if world.categories[order.category].owner is Owner.DEPARTMENT:  # without a desk the root only looks at it
                looked_at = state not in DISPATCHED and held.grid_id == world.tree.root.id
                assert held.kind == BranchKind.DESK or looked_at


def born(county, category, place):
    """A life from filing on, at one of the grids, outside of everything, or nowhere known."""
    grids = [grid.id for grid in county.world.tree.grids()]
    rule = {0: Located.UNKNOWN, 1: Located.OUTSIDE}.get(place, Located.CODE)
    grid = {0: None, 1: 1}.get(place, grids[place % len(grids)])
    outcome = county.filed(category, grid, rule=rule, filed_by=31 if place % 2 else None)
    life = Life(county, category, outcome, county.start)
    life.chained(GENESIS, 0, State.NEW, outcome.events)
    life.standing(outcome.order)
    return life


FILED = ("0101", "0801", "1301", "0901", "1001", "0201", "0301", "0303", "9002")
codes = st.sampled_from(FILED)
minutes = st.one_of(st.integers(0, 240), st.integers(0, 60 * 24 * 40))
steps = st.tuples(st.integers(0, 3), st.integers(0, 10**6), minutes)


@given(codes, st.integers(0, 14), st.lists(steps, min_size=1, max_size=60))
def test_whatever_happens_an_order_stays_in_the_table_and_is_never_forgotten(county, category, place, walk):
    life = born(county, category, place)
    for step in walk:
        life.step(*step)


def test_lives_of_hundreds_of_steps_meet_everything_that_the_table_grants(county):
    chance = random.Random(13710)
    # what waits to be placed waits at the root, above which nothing rises
    wanted, done = {(row.from_state, row.action) for row in TABLE} - {(State.RECEIVED, Action.ESCALATE)}, set()
    for number in range(500):
        life = born(county, chance.choice(FILED), chance.choice((0, 0, chance.randrange(15))))
        for _ in range(300 if number < 30 else 20):  # then many short ones, until the rarest has happened too
            minutes = chance.choice([1, 5, 5, 31, 31, 241, 1501, 15000])
            life.step(chance.choice([0, 0, 1, 2, 2, 3]), chance.randrange(10**6), minutes)
        done |= life.done
        if number >= 60 and wanted <= done:
            break
    assert done == wanted


@given(codes, st.integers(0, 14), st.integers(0, 60))
def test_what_nobody_touches_is_redirected_or_stands_at_the_root_and_is_listed(county, category, place, days):
    life = born(county, category, place)
    for _ in range(days):
        life.step(0, 0, 24 * 60)
    for _ in range(20):  # nobody is left to ask
        life.step(0, 0, 3 * 24 * 60)
    order = life.outcome.order
    if category == "9002":
        assert order.state is State.REDIRECTED
    else:
        assert county.world.branches.get(order.branch_id).grid_id == 1
        assert order.listed
        assert Clock.REMIND in order.clocks


def test_a_county_without_a_desk_keeps_what_a_department_must_do_at_the_root(county_without_desks):
    life = born(county_without_desks, "0201", 14)
    assert (life.outcome.order.state, life.outcome.order.branch_id) == (State.RECEIVED, 101)
    for _ in range(5):
        life.step(0, 0, 24 * 60)
    assert life.outcome.order.listed
    assert set(life.outcome.order.clocks) == {Clock.REMIND}
