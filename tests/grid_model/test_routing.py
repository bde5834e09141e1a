"""Laws of routing; the oracle walks the chain of superiors and looks at every branch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.vocabulary import BranchKind, Owner
from grid_model.routing import (
    DEPARTMENT,
    DESKS,
    DISPATCHING,
    GROUPS,
    Branch,
    Branches,
    Route,
    Rule,
    Step,
    UnknownBranch,
    Verdict,
    route,
)
from grid_model.tree import Grid, Tree, UnknownGrid

CATEGORIES = ["0101", "0102", "0202", "0301"]


@st.composite
def worlds(draw):
    """A random tree with random branches on it, several on one grid, some limited, some no longer active."""
    parents = draw(st.lists(st.integers(0, 10**6), max_size=25))
    grids = [Grid(1, "000", "根", 0, "层", "county", None)]
    for at, pick in enumerate(parents, 2):
        above = grids[pick % len(grids)]
        grids.append(Grid(at, f"{at:03}", f"格{at}", above.level + 1, "层", "grid", above.id))
    count = draw(st.integers(0, 12))
    codes = draw(st.permutations([f"B{number:02}" for number in range(count)]))
    limits = st.sampled_from([[], [], ["01"], ["0101"], ["02", "0301"], ["9"]]).map(frozenset)
    branches = [
        Branch(
            100 + at,
            codes[at],
            "支部",
            draw(st.sampled_from(list(BranchKind))),
            draw(st.sampled_from(grids)).id,
            draw(limits),
            draw(st.sampled_from([True, True, False])),
        )
        for at in range(count)
    ]
    return Tree(grids), branches


def naive(tree, branches, chain, category, kinds):
    for at in chain:
        fit = [
            branch
            for branch in branches
            if branch.grid_id == at
            and branch.active
            and branch.kind in kinds
            and (not branch.categories or {category, category[:2]} & branch.categories)
        ]
        if fit:
            return min(fit, key=lambda branch: branch.code)
    return None


def kinds_for(owner):
    return DESKS if owner == DEPARTMENT else DISPATCHING


def test_every_kind_of_branch_has_its_part():
    assert set(BranchKind) == DESKS | DISPATCHING | GROUPS
    assert len(DESKS) + len(DISPATCHING) + len(GROUPS) == len(BranchKind)
    assert Owner.DEPARTMENT == DEPARTMENT


@given(worlds())
def test_the_nearest_branch_is_the_one_a_walk_up_the_chain_meets(world):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for at in tree.grids():
        for category in CATEGORIES:
            for owner in Owner:
                expected = naive(tree, given_branches, tree.chain(at.id), category, kinds_for(owner))
                assert branches.nearest(at.id, category, owner) == expected


@given(worlds(), st.sampled_from(CATEGORIES), st.sampled_from(list(Owner)))
def test_above_means_strictly_above_the_branch_s_grid(world, category, owner):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for branch in given_branches:
        expected = naive(tree, given_branches, tree.chain(branch.grid_id)[1:], category, kinds_for(owner))
        assert branches.above(branch.id, category, owner) == expected


@given(worlds(), st.sampled_from(CATEGORIES), st.sampled_from(list(Owner)))
def test_climbing_ends_within_the_depth_of_the_tree(world, category, owner):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for branch in given_branches:
        depths = [tree.depth(branch.grid_id)]
        at = branches.above(branch.id, category, owner)
        while at is not None:
            depths.append(tree.depth(at.grid_id))
            at = branches.above(at.id, category, owner)
        assert depths == sorted(set(depths), reverse=True)


@given(worlds(), st.sampled_from(CATEGORIES), st.sampled_from(list(Owner)))
def test_a_route_leads_to_the_nearest_branch_and_says_why(world, category, owner):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for at in tree.grids():
        found = route(tree, branches, at.id, category, owner)
        nearest = branches.nearest(at.id, category, owner)
        assert found.branch_id == (nearest and nearest.id)
        assert (found.rule is Rule.FALLBACK_ROOT) == (nearest is None)
        chosen = [step for step in found.steps if step.verdict is Verdict.CHOSEN]
        assert chosen == ([] if nearest is None else [found.steps[-1]])
        chain = list(tree.chain(at.id))
        visited = list(dict.fromkeys(step.grid_id for step in found.steps))
        assert visited == chain[: len(visited)]
        assert nearest is not None or visited == chain
        for step in found.steps:
            here = [one for one in branches.on(step.grid_id) if one.active or one.kind is not BranchKind.TEMPORARY]
            assert (step.branch_id is None) == (step.verdict is Verdict.NO_BRANCH) == (not here)


@given(worlds(), st.sampled_from(CATEGORIES))
def test_a_department_s_matter_never_lands_on_the_grassroots(world, category):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for at in tree.grids():
        found = route(tree, branches, at.id, category, Owner.DEPARTMENT)
        assert found.branch_id is None or branches.get(found.branch_id).kind == BranchKind.DESK


@given(worlds())
def test_members_belong_to_the_branch_that_dispatches_for_them(world):
    tree, given_branches = world
    branches = Branches(tree, given_branches)
    for branch in given_branches:
        server = branches.dispatching(branch.id)
        if branch.active and branch.kind not in GROUPS:
            assert server == branch
        elif branch.kind in GROUPS:
            unlimited = [Branch(b.id, b.code, b.name, b.kind, b.grid_id, frozenset(), b.active) for b in given_branches]
            nearest = naive(tree, unlimited, tree.chain(branch.grid_id), "0101", DISPATCHING)
            assert (server and server.id) == (nearest and nearest.id)
    for branch in given_branches:
        own = [
            other.code
            for other in given_branches
            if other.active
            and branches.dispatching(other.id) == branch
            and (other is branch or other.kind == BranchKind.GROUP)
        ]
        assert [branches.get(member).code for member in branches.members_of(branch.id)] == sorted(own)


@pytest.fixture
def small():
    """The county (1) has a committee and a desk, the township (2) a branch, the village (3) a group and an odd desk."""
    tree = Tree(
        [
            Grid(1, "1", "县", 0, "县", "county", None),
            Grid(2, "11", "镇", 1, "镇", "township", 1),
            Grid(3, "111", "村", 2, "村", "village", 2),
            Grid(4, "1111", "格", 3, "格", "grid", 3),
        ]
    )
    branches = Branches(
        tree,
        [
            Branch(10, "C", "县委", BranchKind.COMMITTEE, 1, frozenset()),
            Branch(11, "D", "县直部门", BranchKind.DESK, 1, frozenset()),
            Branch(12, "E", "镇党支部", BranchKind.BRANCH, 2, frozenset({"01"})),
            Branch(13, "F", "党小组", BranchKind.GROUP, 3, frozenset()),
            Branch(14, "G", "旧支部", BranchKind.BRANCH, 3, frozenset(), active=False),
        ],
    )
    return tree, branches


def test_the_explanation_names_every_candidate_passed_over(small):
    assert route(*small, 4, "0202", Owner.GRID) == Route(
        10,
        Rule.NEAREST_BRANCH,
        (
            Step(4, None, Verdict.NO_BRANCH),
            Step(3, 13, Verdict.WRONG_KIND),
            Step(3, 14, Verdict.INACTIVE),
            Step(2, 12, Verdict.NOT_COMPETENT),
            Step(1, 10, Verdict.CHOSEN),
        ),
    )


def test_a_department_s_matter_climbs_past_branches_to_the_desk(small):
    found = route(*small, 2, "0202", Owner.DEPARTMENT)
    assert found == Route(
        11,
        Rule.DEPARTMENT_DESK,
        (Step(2, 12, Verdict.WRONG_KIND), Step(1, 10, Verdict.WRONG_KIND), Step(1, 11, Verdict.CHOSEN)),
    )


def test_a_group_s_members_serve_the_branch_above(small):
    _, branches = small
    assert branches.dispatching(13) == branches.get(12)
    assert branches.members_of(12) == (12, 13)
    assert branches.members_of(13) == ()
    assert branches.above(10, "0101", Owner.GRID) is None


def test_branches_are_found_by_code_and_by_grid(small):
    _, branches = small
    assert branches.by_code("E").id == 12
    assert [branch.id for branch in branches.on(3)] == [13, 14]
    assert branches.on(4) == ()


def test_what_is_unknown_is_refused(small):
    tree, branches = small
    with pytest.raises(UnknownBranch):
        branches.get(99)
    with pytest.raises(UnknownBranch):
        branches.by_code("Z")
    with pytest.raises(UnknownBranch):
        branches.members_of(99)
    with pytest.raises(UnknownGrid):
        branches.nearest(99, "0101", Owner.GRID)
    with pytest.raises(UnknownGrid):
        Branches(tree, [Branch(1, "A", "无处", BranchKind.BRANCH, 99, frozenset())])
    with pytest.raises(ValueError, match="share"):
        Branches(tree, [Branch(n, "A", "重", BranchKind.BRANCH, 1, frozenset()) for n in (1, 2)])
