"""Sibling branches: one superior, and each is the other's."""

from dispatch.domain.siblings import siblings
from grid_model.routing import DISPATCHING


def test_siblings_share_their_superior_and_each_is_the_other_s(county):
    world, category = county.world, "0901"
    for one in world.branches:
        found = siblings(one.id, category, world)
        above = world.branches.above(one.id, category, "G")
        expected = {
            other.id
            for other in world.branches
            if other is not one
            and one.kind in DISPATCHING
            and other.kind in DISPATCHING
            and above is not None
            and world.branches.above(other.id, category, "G") is above
        }
        assert set(found) == expected
        assert all(one.id in siblings(other, category, world) for other in found)
    assert siblings(106, category, world) == (107,)
    assert siblings(103, category, world) == (105,)
    assert siblings(101, category, world) == (), "nothing is above the root"


def test_a_branch_that_does_not_take_the_matter_is_no_sibling(county):
    assert 109 in {branch.id for branch in county.world.branches}
    assert all(109 not in siblings(branch.id, "0101", county.world) for branch in county.world.branches)
