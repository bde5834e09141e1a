"""TABLE 1 as a graph: every state is reached, leads to an end, and no clock runs there unanswered."""

import networkx as nx

from dispatch.domain import lifecycle
from dispatch.domain.lifecycle import SYSTEM_ANSWER, TABLE
from dispatch.domain.vocabulary import WARNINGS, Action, Clock, Party, State

LAWS = frozenset(lifecycle.laws())
FINAL = {State.CLOSED, State.WITHDRAWN, State.REDIRECTED}
STAND_STILL = {Clock.CONTACT, Clock.RESOLVE}
AT_WORK = {State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED}
BESIDE = {
    Action.SUPERVISE: {Clock.REMIND, Clock.SUPERVISE},
    Action.WHISTLE: {Clock.ASSIST},
    Action.APPEAL: {Clock.DECIDE},
    Action.HOLD: {Clock.RESUME},
    Action.PARK: {Clock.REVIEW},
}
"""The clocks that an action sets beside its row, since who does it says until when, or does it only sometimes."""


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
    assert nx.descendants(drawn, State.NEW) == set(State) - {State.NEW}
    for state in set(State) - FINAL:
        assert FINAL & nx.descendants(drawn, state)


def test_nothing_leads_out_of_what_was_withdrawn_or_redirected():
    for state in (State.WITHDRAWN, State.REDIRECTED):
        assert lifecycle.possible(state) == frozenset()


def test_an_order_is_filed_once():
    assert [row for row in TABLE if row.to_state is State.NEW] == []
    assert {row.action for row in TABLE if row.from_state is State.NEW} == {Action.SUBMIT}
    assert {row.from_state for row in TABLE if row.action is Action.SUBMIT} == {State.NEW}


def test_every_action_is_somebody_s():
    assert {row.action for row in TABLE} == set(Action)


def stopped(row):
    """What a row stops: its clocks with the warnings before them, and what has no sense in the state it leads to."""
    stops = set(row.stops) | (STAND_STILL if row.to_state is State.PARKED else {Clock.REVIEW})
    if row.to_state not in AT_WORK | {State.RECEIVED}:
        stops |= {Clock.ASSIST, Clock.SUPERVISE}
    return stops | {warning for clock in stops for warning, _ in WARNINGS.get(clock, ())}


def clocks_that_may_run():
    """For every state the clocks that the table's rows can leave running there, found by following them all."""
    running = {state: set() for state in State}
    changed = True
    while changed:
        changed = False
        for row in TABLE:
            after = (running[row.from_state] - stopped(row)) | set(row.starts) | set(row.at_once)
            after |= {warning for clock in row.starts for warning, _ in WARNINGS.get(clock, ())}
            after |= BESIDE.get(row.action, set())
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
    assert not any(running[state] - {Clock.DECIDE} for state in FINAL)
    assert Clock.DECIDE not in running[State.WITHDRAWN] | running[State.REDIRECTED]


def test_the_diagram_names_every_state_in_use_and_every_arrow():
    lines = lifecycle.mermaid().splitlines()
    assert lines[0] == "stateDiagram-v2"
    for state in set(State) - {State.NEW}:
        assert f"    {state.value} : {state.zh} {state.value}" in lines
    for row in TABLE:
        if row.from_state is not row.to_state:
            start = "[*]" if row.from_state is State.NEW else row.from_state.value
            (arrow,) = [line for line in lines if line.startswith(f"    {start} --> {row.to_state.value} : ")]
            assert row.action.zh in arrow
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == {state.value for state in FINAL}
