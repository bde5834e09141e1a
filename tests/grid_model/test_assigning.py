"""The solver against every assignment there is, and against a flow through a network."""

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_model.assigning import assign

INF = float("inf")


@st.composite
def tasks(draw, most_jobs, most_people, most_room):
    jobs, people = draw(st.integers(0, most_jobs)), draw(st.integers(0, most_people))
    cost = st.integers(-9, 30).map(float) | st.just(INF)
    costs = np.array(draw(st.lists(cost, min_size=jobs * people, max_size=jobs * people))).reshape(jobs, people)
    room = draw(st.lists(st.integers(0, most_room), min_size=people, max_size=people))
    rising = draw(st.lists(st.integers(0, 7), min_size=people, max_size=people))
    return costs, room, rising


def price(costs, rising, chosen):
    """What it costs that job ``n`` is done by ``chosen[n]``, None by nobody: summed up as somebody would by hand."""
    total = sum(costs[job, person] for job, person in enumerate(chosen) if person is not None)
    for person, step in enumerate(rising):
        total += sum(step * place for place in range(chosen.count(person)))
    return total


def every_way(costs, room):
    jobs, people = costs.shape
    for chosen in itertools.product([None, *range(people)], repeat=jobs):
        allowed = all(person is None or costs[job, person] < INF for job, person in enumerate(chosen))
        if allowed and all(chosen.count(person) <= room[person] for person in range(people)):
            yield chosen


@given(tasks(4, 3, 3))
def test_of_all_ways_it_takes_one_with_the_most_jobs_at_the_least_cost(task):
    costs, room, rising = task
    done = dict(assign(costs, room, rising).pairs)
    chosen = tuple(done.get(job) for job in range(costs.shape[0]))
    ways = list(every_way(costs, room))
    assert chosen in ways

    def worth(way):
        return way.count(None), price(costs, rising, way)

    assert worth(chosen) == min(map(worth, ways))


@given(tasks(6, 6, 4))
def test_what_it_tells_adds_up(task):
    costs, room, rising = task
    found = assign(costs, room, rising)
    jobs = [job for job, _ in found.pairs]
    assert sorted([*jobs, *found.unassigned]) == list(range(costs.shape[0]))
    assert jobs == sorted(jobs)
    chosen = tuple(dict(found.pairs).get(job) for job in range(costs.shape[0]))
    assert found.total == price(costs, rising, chosen)


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(20, 60), st.integers(10, 40), st.sampled_from([0.0, 0.5, 0.95]))
def test_a_flow_through_a_network_finds_nothing_better(seed, jobs, people, forbidden):
    draw = np.random.default_rng(seed)
    costs = draw.integers(0, 100, (jobs, people)).astype(float)
    costs[draw.random(costs.shape) < forbidden] = INF
    room, rising = draw.integers(0, 4, people).tolist(), draw.integers(0, 20, people).tolist()
    found = assign(costs, room, rising)
    network = nx.MultiDiGraph()
    network.add_nodes_from(["from", "to"])
    for job in range(jobs):
        network.add_edge("from", f"j{job}", capacity=1, weight=0)
    for person in range(people):
        for place in range(room[person]):
            network.add_edge(f"p{person}", f"p{person}.{place}", capacity=1, weight=rising[person] * place)
            network.add_edge(f"p{person}.{place}", "to", capacity=1, weight=0)
    for job, person in zip(*np.nonzero(np.isfinite(costs)), strict=True):
        network.add_edge(f"j{job}", f"p{person}", capacity=1, weight=int(costs[job, person]))
    flow = nx.max_flow_min_cost(nx.DiGraph(network), "from", "to")
    assert len(found.pairs) == sum(flow["from"].values())
    assert found.total == nx.cost_of_flow(nx.DiGraph(network), flow)


@given(tasks(5, 4, 3), st.integers(-50, 50))
def test_what_every_pair_costs_more_changes_the_total_alone(task, more):
    costs, room, rising = task
    before, after = assign(costs, room, rising), assign(costs + more, room, rising)
    assert (len(after.pairs), after.total) == (len(before.pairs), before.total + more * len(before.pairs))


@pytest.mark.parametrize(
    ("costs", "room", "rising"),
    [
        ([[0.5]], [1], [0]),
        ([[float("nan")]], [1], [0]),
        ([[-INF]], [1], [0]),
        ([[1.0]], [1, 1], [0]),
        ([[1.0]], [1], [0, 0]),
        ([[1.0]], [-1], [0]),
        ([[1.0]], [1], [-1]),
        ([[1.0, 2.0**52], [1.0, 1.0]], [1, 1], [0, 0]),
    ],
)
def test_what_it_could_not_solve_exactly_is_refused(costs, room, rising):
    with pytest.raises(ValueError):
        assign(np.array(costs), room, rising)


def test_where_nobody_may_or_nobody_has_room_all_is_left_over():
    assert assign(np.full((3, 2), INF), [1, 1]).unassigned == (0, 1, 2)
    assert assign(np.zeros((3, 2)), [0, 0]).unassigned == (0, 1, 2)
