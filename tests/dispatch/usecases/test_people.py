"""Roles are given within one's own grids, and so are the branches they are held in."""

import pytest

ADMINISTRATOR, SECRETARY = "10001000001", "10001000054"
TOWN, VILLAGE = "141123100", "141123100016"


@pytest.fixture
async def near(door) -> str:
    """The secretary administers the town; the code of the branch of a village in it."""
    given = {"role": "administrator", "grid": TOWN}
    assert (await door.call("POST", "/people/S035/roles", who=ADMINISTRATOR, json=given))[0] == 201
    world = door.service.world
    return next(one.code for one in world.branches if one.grid_id == world.tree.by_code(VILLAGE).id)


@pytest.fixture
def beyond(door) -> list[str]:
    """Branches above the town and beside it."""
    world = door.service.world
    low, high = world.tree.interval(world.tree.by_code(TOWN).id)
    return [one.code for one in world.branches if one.active and not low <= world.tree.position(one.grid_id) < high]


@pytest.mark.parametrize("role", ["secretary", "member", "desk_officer"])
@pytest.mark.parametrize("person", ["S035", "M0070"])
async def test_nobody_gets_into_a_branch_beyond_what_the_administrator_answers_for(door, near, beyond, person, role):
    path, given = f"/people/{person}/roles", {"role": role, "grid": VILLAGE, "from": "2026-11-01"}
    assert len(beyond) > 100
    for branch in (*beyond[:3], *beyond[-3:]):
        status, problem = await door.call("POST", path, who=SECRETARY, json={**given, "branch": branch})
        assert (status, problem["code"]) == (403, "not_yours"), branch
    assert (await door.call("POST", path, who=SECRETARY, json={**given, "branch": near}))[0] == 201
    assert (await door.call("POST", path, who=ADMINISTRATOR, json={**given, "branch": beyond[0]}))[0] == 201
