"""Laws of the tree of grids; networkx itself is the oracle."""

import csv
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grid_model.tree import Fault, Grid, Reason, Tree, UnknownGrid, build_graph, faults

DIVISIONS = Path(__file__).parents[2] / "dispatch" / "demo" / "xingxian_divisions.csv"


@st.composite
def random_grids(draw, most=40):
    """Any tree: parents are drawn among earlier nodes, ids and codes are shuffled, levels may be skipped."""
    size = draw(st.integers(1, most))
    ids = draw(st.lists(st.integers(-5, 10**12) | st.integers(0, 100), min_size=size, max_size=size, unique=True))
    codes = draw(st.permutations([f"{number:03}" for number in range(size)]))
    grids = [Grid(ids[0], codes[0], "根", 0, "层0", "county" if draw(st.booleans()) else "省", None)]
    for at in range(1, size):
        above = grids[draw(st.integers(0, at - 1))]
        level = above.level + draw(st.integers(1, 3))
        kind = draw(st.sampled_from(["county", "township", "grid"]))
        grids.append(Grid(ids[at], codes[at], f"格{at}", level, f"层{level}", kind, above.id, draw(st.booleans())))
    return draw(st.permutations(grids))


def xing_county():
    with DIVISIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    level = {"county": 0, "township": 1, "village": 2}
    ids = {row["code"]: number for number, row in enumerate(rows, 1)}
    return [
        Grid(
            ids[row["code"]],
            row["code"],
            row["name"],
            level[row["kind"]],
            row["kind"],
            row["kind"],
            ids.get(row["parent_code"]),
        )
        for row in rows
    ]


@given(random_grids())
def test_each_grid_comes_back_as_it_went_in(grids):
    tree = Tree(grids)
    assert len(tree) == len(grids)
    for grid in grids:
        assert tree.grid(grid.id) == grid
        assert tree.by_code(grid.code) == grid
        assert tree.superior(grid.id) == grid.parent_id
        assert tree.at(tree.position(grid.id)) == grid.id
    assert sorted(tree.grids(), key=lambda grid: grid.code) == sorted(grids, key=lambda grid: grid.code)
    assert tree.root.parent_id is None


@given(random_grids())
def test_a_tree_of_grids_that_are_known_to_be_one_is_the_same(grids):
    modelled, known = Tree(grids), Tree(grids, known=True)
    assert list(known.grids()) == list(modelled.grids())
    for grid in grids:
        assert known.interval(grid.id) == modelled.interval(grid.id)
        assert known.region(grid.id) == modelled.region(grid.id)
        assert known.depth(grid.id) == modelled.depth(grid.id)
        assert known.by_code(grid.code) == grid


@given(random_grids())
def test_subtrees_are_what_networkx_reaches(grids):
    graph, tree = build_graph(grids), Tree(grids)
    for grid in grids:
        below = nx.descendants(graph, grid.id)
        assert set(tree.subtree(grid.id)) == below | {grid.id}
        low, high = tree.interval(grid.id)
        assert high - low == len(below) + 1
        assert {other.id for other in grids if tree.within(other.id, grid.id)} == below | {grid.id}
        active = (graph.nodes[other]["grid"] for other in below)
        counts = Counter(one.level_name for one in active if one.active)
        assert tree.counts_by_level(grid.id) == counts
        assert [int(name[1:]) for name in tree.counts_by_level(grid.id)] == sorted(int(name[1:]) for name in counts)


@given(random_grids(), st.data())
def test_common_ancestors_and_distances_are_those_of_networkx(grids, data):
    graph, tree = build_graph(grids), Tree(grids)
    ids = st.sampled_from([grid.id for grid in grids])
    one, other, third = data.draw(ids), data.draw(ids), data.draw(ids)
    pair = nx.lowest_common_ancestor(graph, one, other)
    assert tree.lowest_common_ancestor([one, other]) == pair
    assert tree.lowest_common_ancestor([third, one, other]) == nx.lowest_common_ancestor(graph, pair, third)
    assert tree.lowest_common_ancestor([one]) == one
    assert tree.distance(one, other) == nx.shortest_path_length(graph.to_undirected(), one, other)


@given(random_grids())
def test_chains_and_depths_are_the_paths_of_networkx(grids):
    graph, tree = build_graph(grids), Tree(grids)
    for grid in grids:
        down = nx.shortest_path(graph, tree.root.id, grid.id)
        assert tree.chain(grid.id) == tuple(reversed(down))
        assert tree.depth(grid.id) == len(down) - 1
        assert tree.path(grid.id) == " / ".join(graph.nodes[above]["grid"].name for above in down)
        counties = [above for above in reversed(down) if graph.nodes[above]["grid"].kind == "county"]
        assert tree.region(grid.id).id == (counties or down)[0]


@given(random_grids())
def test_children_stand_in_the_order_of_their_codes_and_so_does_preorder(grids):
    graph, tree = build_graph(grids), Tree(grids)
    for grid in grids:
        children = sorted(graph.successors(grid.id), key=lambda child: graph.nodes[child]["grid"].code)
        assert list(tree.children(grid.id)) == children
        walked = [grid.id, *(below for child in children for below in tree.subtree(child))]
        assert list(tree.subtree(grid.id)) == walked


def test_a_chain_deeper_than_python_recurses_is_a_tree():
    deep = 5_000
    tree = Tree([Grid(n, f"{n:05}", "格", n, "层", "grid", n - 1 if n else None) for n in range(deep)])
    assert tree.depth(deep - 1) == deep - 1
    assert tree.lowest_common_ancestor([deep - 1, 7]) == 7


@pytest.mark.parametrize("absent", [-1, 0, 272, 10**15])
def test_an_unknown_grid_is_refused(absent):
    tree = Tree(xing_county())
    with pytest.raises(UnknownGrid):
        tree.grid(absent)
    with pytest.raises(UnknownGrid):
        tree.by_code(f"{absent}")


def test_no_grids_have_no_common_ancestor():
    with pytest.raises(ValueError, match="no grid"):
        Tree(xing_county()).lowest_common_ancestor([])


def test_the_real_county_has_its_townships_and_villages():
    tree = Tree(xing_county())
    assert tree.root.name == "兴县"
    assert tree.counts_by_level(tree.root.id) == {"township": 16, "village": 254}
    assert len(tree.children(tree.root.id)) == 16
    village = tree.by_code("141123100201")
    assert tree.path(village.id).startswith("兴县 / 蔚汾镇 / ")
    assert tree.region(village.id) == tree.root


def grid(number, parent, code=None):
    return Grid(number, code or str(number), "格", number, "层", "grid", parent)


@pytest.mark.parametrize(
    ("grids", "refusal"),
    [
        ([], ValueError),
        ([grid(1, None), grid(2, None)], ValueError),
        ([grid(1, None), grid(2, 3), grid(3, 2)], ValueError),
        ([grid(1, None), grid(1, None)], ValueError),
        ([grid(1, None), grid(2, 1, code="1")], ValueError),
        ([grid(1, None), grid(2, 9)], UnknownGrid),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_what_is_not_a_tree_is_refused(grids, refusal, known):
    with pytest.raises(refusal):
        Tree(grids, known=known)


def test_every_bad_row_is_listed_in_the_order_of_the_rows():
    rows = [
        ("a", None, 0),
        ("b", "a", 2),
        ("c", "nowhere", 1),
        ("d", "e", 5),
        ("e", "f", 4),
        ("f", "e", 3),
        ("b", "a", 2),
        ("g", "b", 2),
        ("h", None, 0),
        ("i", "c", 9),
    ]
    assert faults(rows) == [
        Fault("c", Reason.UNKNOWN_PARENT, "nowhere"),
        Fault("d", Reason.CYCLE, "e > f > e"),
        Fault("e", Reason.CYCLE, "e > f > e"),
        Fault("f", Reason.CYCLE, "e > f > e"),
        Fault("f", Reason.LEVEL_ORDER, "3 <= 4 (e)"),
        Fault("b", Reason.DUPLICATE_CODE, "2"),
        Fault("g", Reason.LEVEL_ORDER, "2 <= 2 (b)"),
        Fault("h", Reason.TWO_ROOTS, "a"),
    ]


def test_rows_without_a_root_are_refused_even_when_there_are_none():
    assert faults([]) == [Fault("", Reason.NO_ROOT, "")]
    assert faults([("a", "a", 1)])[:2] == [Fault("", Reason.NO_ROOT, ""), Fault("a", Reason.CYCLE, "a > a")]


def test_a_long_cycle_is_spelled_in_part():
    rows = [(str(n), str((n + 1) % 100), n) for n in range(100)]
    assert {fault.detail for fault in faults(rows) if fault.reason_key is Reason.CYCLE} == {
        "0 > 1 > 2 > 3 > 4 > 5 > 6 > 7 > …"
    }


@given(random_grids())
def test_the_rows_of_a_tree_have_no_fault(grids):
    code = {grid.id: grid.code for grid in grids}
    assert faults((grid.code, code.get(grid.parent_id), grid.level) for grid in grids) == []


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.sampled_from("abcdefghz"), st.integers(0, 3))))
def test_rows_have_no_fault_exactly_when_networkx_sees_a_tree_that_descends(rows):
    graph = nx.DiGraph()
    graph.add_nodes_from(code for code, _, _ in rows)
    graph.add_edges_from((parent, code) for code, parent, _ in rows if parent is not None)
    level = {code: level for code, _, level in rows}
    sound = (
        len(level) == len(rows) == len(graph)
        and bool(rows)
        and nx.is_arborescence(graph)
        and all(parent is None or level[parent] < at for _, parent, at in rows)
    )
    assert (faults(rows) == []) is sound
    roots = {code for code, parent, _ in rows if parent is None or parent not in level}
    reached = roots.union(*(nx.descendants(graph, root) for root in roots))
    if len(level) == len(rows):
        lost = {fault.code for fault in faults(rows) if fault.reason_key is Reason.CYCLE}
        assert lost == set(level) - reached
