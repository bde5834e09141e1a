"""Laws of a changing tree: all of a list or none of it, nothing lost, and every fault at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid_model.changes import Fate, Op, Operation, Wrong
from grid_model.changing import change
from grid_model.tree import Grid, Tree, faults


def county():
    """A prefecture of two counties; the first has two towns of two villages, one of them with two grids."""
    rows = [
        (1, "14", "市", 0, "prefecture", None),
        (2, "141123", "兴县", 1, "county", 1),
        (3, "141124", "临县", 1, "county", 1),
        (4, "A", "甲镇", 2, "town", 2),
        (5, "B", "乙镇", 2, "town", 2),
        (6, "A1", "甲一村", 3, "village", 4),
        (7, "A2", "甲二村", 3, "village", 4),
        (8, "B1", "乙一村", 3, "village", 5),
        (9, "A1a", "一格", 4, "grid", 6),
        (10, "A1b", "二格", 4, "grid", 6),
        (11, "L", "临镇", 2, "town", 3),
    ]
    return [Grid(at, code, name, level, kind, kind, parent) for at, code, name, level, kind, parent in rows]


def rows(*lines):
    return [Operation(number, *line) for number, line in enumerate(lines, 2)]


def after(*lines):
    done = change(county(), rows(*lines))
    assert done.faults == ()
    return done, Tree(done.grids)


def wrong(*lines):
    done = change(county(), rows(*lines))
    assert done.grids == ()
    return [(one.row, one.reason) for one in done.faults]


def test_a_name_a_code_and_a_superior_change_and_the_id_stays() -> None:
    done, tree = after(
        (Op.RENAME, "A1", None, "新村"), (Op.RECODE, "A1", "N1"), (Op.MOVE, "A1", "B"), (Op.RENAME, "B", None, "乙街道")
    )
    assert tree.path(6) == "市 / 兴县 / 乙街道 / 新村"
    assert tree.by_code("N1").id == 6
    assert tree.path(9).endswith("新村 / 一格")
    assert done.fates[6] == Fate(6, (Op.RENAME, Op.RECODE, Op.MOVE), False, (), 6, 6)


def test_codes_may_be_swapped() -> None:
    _, tree = after((Op.RECODE, "A1", "A2"), (Op.RECODE, "A2", "A1"))
    assert (tree.by_code("A2").id, tree.by_code("A1").id) == (6, 7)


def test_what_is_closed_lies_below_its_successor_with_all_it_held_beside_it() -> None:
    done, tree = after((Op.CLOSE, "A1", "B1"))
    assert not tree.grid(6).active
    assert tree.superior(6) == tree.superior(9) == tree.superior(10) == 8
    assert done.fates[6] == Fate(6, (Op.CLOSE,), True, (8,), 8, 8)
    assert faults((one.code, one.parent_id and tree.grid(one.parent_id).code, one.level) for one in done.grids) == []


def test_two_are_merged_into_a_new_one_or_into_one_of_them() -> None:
    done, tree = after((Op.MERGE, "A1", "A9", "大村"), (Op.MERGE, "A2", "A9"))
    new = tree.by_code("A9")
    assert (new.id < 0, new.name, new.level, tree.superior(new.id)) == (True, "大村", 3, 4)
    assert tree.superior(9) == new.id
    assert {fate.heir for fate in done.fates.values()} == {new.id}

    done, tree = after((Op.MERGE, "A1", "A2"), (Op.MERGE, "A2", "A2"))
    assert tree.superior(9) == 7
    assert [(fate.grid_id, fate.closed) for fate in done.fates.values()] == [(6, True), (7, False)]


def test_one_is_split_and_closed_or_only_gives_a_part_away() -> None:
    done, tree = after((Op.SPLIT, "A2", "A21", "东"), (Op.SPLIT, "A2", "A22", "西", "B"))
    east, west = tree.by_code("A21").id, tree.by_code("A22").id
    assert (tree.superior(east), tree.superior(west)) == (4, 5)
    assert done.fates[7] == Fate(7, (Op.SPLIT,), True, (east, west), 2, east), "the county is above both"

    done, tree = after((Op.SPLIT, "A1", "A1"), (Op.SPLIT, "A1", "A19", "新区"))
    assert tree.grid(6).active
    assert (done.fates[6].successors, done.fates[6].heir) == ((6, tree.by_code("A19").id), 6)
    assert tree.superior(9) == 6


def test_what_a_split_leaves_without_a_superior_must_be_moved() -> None:
    split = ((Op.SPLIT, "A1", "A11", "东"), (Op.SPLIT, "A1", "A12", "西"))
    assert wrong(*split) == [(2, Wrong.CHILDREN_LEFT), (2, Wrong.CHILDREN_LEFT)]
    _, tree = after(*split, (Op.MOVE, "A1a", "A11"), (Op.MOVE, "A1b", "A12"))
    assert tree.path(9).endswith("东 / 一格")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ((Op.RENAME, "X", None, "新"), Wrong.UNKNOWN_GRID),
        ((Op.MOVE, "A1", "X"), Wrong.UNKNOWN_GRID),
        ((Op.RECODE, "A1", "B1"), Wrong.CODE_TAKEN),
        ((Op.SPLIT, "A1", "B1", "新"), Wrong.CODE_TAKEN),
        ((Op.MERGE, "A1", "N"), Wrong.NAME_NEEDED),
        ((Op.MOVE, "A", "A1"), Wrong.CYCLE),
        ((Op.MOVE, "A", "B1"), Wrong.LEVEL_ORDER),
        ((Op.CLOSE, "A1", "A1"), Wrong.SUCCESSOR_CLOSED),
        ((Op.CLOSE, "A1", "A1a"), Wrong.NESTED),
        ((Op.MERGE, "A1a", "A1"), Wrong.NESTED),
        ((Op.CLOSE, "14", "A"), Wrong.ROOT),
        ((Op.MOVE, "14", "A"), Wrong.ROOT),
        ((Op.CLOSE, "141123", "141124"), Wrong.REGION),
        ((Op.MOVE, "A1", "L"), Wrong.OTHER_REGION),
        ((Op.CLOSE, "A1", "L"), Wrong.OTHER_REGION),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_row_and_its_reason(line, reason) -> None:
    assert (2, reason) in wrong(line)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([(Op.CLOSE, "A1", "A2"), (Op.CLOSE, "A2", "B1")], Wrong.SUCCESSOR_CLOSED),
        ([(Op.CLOSE, "A1", "A2"), (Op.MOVE, "B1", "A1")], Wrong.PARENT_CLOSED),
        ([(Op.MERGE, "A1", "N", "新"), (Op.MERGE, "A1a", "N")], Wrong.NESTED),
        ([(Op.RENAME, "A1", None, "新"), (Op.RENAME, "A1", None, "再新")], Wrong.TWICE),
        ([(Op.CLOSE, "A2", "A1"), (Op.SPLIT, "A2", "N", "新")], Wrong.TWICE),
        ([(Op.SPLIT, "A2", "N", "新"), (Op.MERGE, "A2", "A1")], Wrong.TWICE),
        ([(Op.RECODE, "A1", "N"), (Op.RECODE, "A2", "N")], Wrong.CODE_TAKEN),
        ([(Op.MERGE, "A1", "N", "新"), (Op.SPLIT, "N", "M", "又新")], Wrong.UNKNOWN_GRID),
        (
            [(Op.SPLIT, "A2", "A2"), (Op.SPLIT, "A2", "N", "新", "A1a"), (Op.MOVE, "B1", "N")],
            Wrong.LEVEL_ORDER,
        ),
    ],
)
def test_operations_that_contradict_each_other_are_refused(lines, reason) -> None:
    assert reason in {found for _, found in wrong(*lines)}


def test_all_faults_come_at_once() -> None:
    found = wrong(
        (Op.RENAME, "X", None, "新"), (Op.MOVE, "A1", "Y"), (Op.RENAME, "A", None, "好"), (Op.CLOSE, "14", "A")
    )
    assert [row for row, _ in found if row != 5] == [2, 3]
    assert (5, Wrong.ROOT) in found


CODES = [grid.code for grid in county()]
operations = st.builds(
    lambda op, code, to, name, parent: Operation(0, op, code, to, name, parent),
    st.sampled_from(Op),
    st.sampled_from(CODES),
    st.sampled_from([*CODES, "N1", "N2", "N3"]),
    st.sampled_from(["甲", "乙"]),
    st.none() | st.sampled_from(CODES),
)


@given(st.lists(st.lists(operations, min_size=1, max_size=4), min_size=1, max_size=4))
def test_after_any_changes_it_is_a_tree_in_which_nothing_is_lost_and_every_way_up_is_active(lists) -> None:
    grids = county()
    for number, some in enumerate(lists):
        before = {grid.id: grid for grid in grids}
        done = change(grids, [Operation(row, *_fields(one)) for row, one in enumerate(some)])
        if done.faults:
            assert not done.grids
            assert {one.row for one in done.faults} <= set(range(len(some)))
            continue
        tree = Tree(done.grids)
        assert before.keys() <= {grid.id for grid in done.grids}
        rows_of = [(one.code, one.parent_id and tree.grid(one.parent_id).code, one.level) for one in done.grids]
        assert faults(rows_of) == []
        for grid in done.grids:
            if grid.active:
                assert all(tree.grid(above).active for above in tree.chain(grid.id))
            if grid.id in before:
                assert tree.region(grid.id).id == Tree(grids).region(grid.id).id
        for fate in done.fates.values():
            assert tree.grid(fate.heir).active
            assert tree.grid(fate.first).active
            assert tree.grid(fate.grid_id).active is not fate.closed
            if fate.closed:
                assert fate.heir == tree.lowest_common_ancestor(fate.successors)
                assert tree.superior(fate.grid_id) == fate.heir
        ids = {grid.id: grid.id if grid.id >= 0 else 100 * (number + 1) - grid.id for grid in done.grids}
        grids = [
            Grid(
                ids[one.id], one.code, one.name, one.level, one.level_name, one.kind,
                None if one.parent_id is None else ids[one.parent_id], one.active,
            )
            for one in done.grids
        ]  # fmt: skip


def _fields(one):
    return one.op, one.code, one.to, one.name, one.parent


@given(st.lists(operations, min_size=1, max_size=4), st.randoms())
def test_the_order_of_the_rows_does_not_matter(some, random) -> None:
    shuffled = random.sample(some, len(some))
    one, other = change(county(), some), change(county(), shuffled)
    assert bool(one.faults) == bool(other.faults)
    if not one.faults and not any(each.op in (Op.MERGE, Op.SPLIT) for each in some):
        assert sorted(one.grids, key=lambda grid: grid.id) == sorted(other.grids, key=lambda grid: grid.id)
