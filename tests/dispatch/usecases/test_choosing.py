"""Whom to offer an order to: the same people, however many other orders are decided at the same time."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dispatch.domain.holding import owner_of, who_may
from dispatch.domain.order import Order
from dispatch.domain.siblings import siblings
from dispatch.domain.vocabulary import Owner, Role, Rung
from dispatch.storage import people
from dispatch.usecases.choosing import choices, chooser
from dispatch.usecases.service import Service
from grid_model.routing import UnknownBranch

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
UNKNOWN = 2_000_000_000


async def _orders(service: Service, file_many) -> list[Order]:
    """Orders of members, grids and departments, held by villages, a township and the county."""
    filed = [item.order for item in await file_many(service, 20, MONDAY)]
    world = service.world
    above = {branch.id for order in filed for branch in _superiors(order, service)}
    risen = [
        replace(order, id=order.id + 1000 * step, branch_id=branch)
        for order in filed[:4]
        for step, branch in enumerate(sorted(above), 1)
    ]
    assert {world.tree.depth(world.branches.get(order.branch_id).grid_id) for order in risen} >= {0, 1}
    return [*filed, *risen]


def _superiors(order: Order, service: Service) -> list:
    found, branch = [], service.world.branches.get(order.branch_id)
    while branch is not None:
        found.append(branch)
        branch = service.world.branches.above(branch.id, order.category, owner_of(order.category, service.world).value)
    return found


async def test_who_is_asked_does_not_depend_on_the_other_orders_of_the_batch(service, file_many) -> None:
    orders = await _orders(service, file_many)
    together = await choices(service.database, orders, MONDAY, service.world)
    for order, choice in zip(orders, together, strict=True):
        (alone,) = await choices(service.database, [order], MONDAY, service.world)
        assert choice.candidates == alone.candidates
        assert choice.ranked == alone.ranked
    assert sum(choice.best is not None for choice in together) > len(orders) / 2


async def test_whoever_is_asked_may_be_asked_and_nobody_is_passed_over(service, file_many) -> None:
    """Against the plain reading of the rule, person by person."""
    world = service.world
    everybody = await people.serving(service.database, [], [world.tree.interval(world.tree.root.id)], MONDAY.date())
    for order in await _orders(service, file_many):
        (choice,) = await choices(service.database, [order], MONDAY, world)
        may = {one.person_id for one in everybody if who_may(order, world)(one.grants)}
        branches = world.branches.members_of(order.branch_id)
        if owner_of(order.category, world) is not Owner.DEPARTMENT:
            lo, hi = world.tree.interval(world.branches.get(order.branch_id).grid_id)
            posts = [(one.person_id, grant) for one in everybody for grant in one.grants if one.person_id in may]
            may = set()
            for roles in ((Role.MEMBER, Role.GRID_WORKER), (Role.IN_SERVICE,)):  # and whoever is paired with it
                own = {person for person, grant in posts if grant.branch_id in branches and grant.role in roles}
                below = {person for person, grant in posts if grant.role in roles}
                may |= own or (below if hi - lo <= 400 else set())
        assert {one.person_id for one in choice.candidates} == may


async def test_the_people_of_siblings_are_read_where_they_are_called_for_and_change_nothing_else(
    service, file_many
) -> None:
    orders, world = await _orders(service, file_many), service.world
    around = {order.id for order in orders[::2]}
    together = await chooser(service.database, orders, MONDAY, world, around=around)
    further = 0
    for order in orders:
        alone = await chooser(service.database, [order], MONDAY, world, around=around)
        for rung in (*Rung, None):
            if rung is not Rung.SIBLINGS or order.id in around:
                assert together.choice(order, MONDAY, rung) == alone.choice(order, MONDAY, rung)
        if order.id in around:
            branches = {
                one
                for branch in siblings(order.branch_id, order.category, world)
                for one in world.branches.members_of(branch)
            }
            found = together.choice(order, MONDAY, Rung.SIBLINGS).people.values()
            theirs = [one for one in found if {grant.branch_id for grant in one.grants} & branches]
            further += len(theirs)
    assert further > 100


async def test_a_household_s_carer_is_read_wherever_they_serve_and_chosen_below_the_branch_above(
    service, file_many
) -> None:
    world, database = service.world, service.database
    filed = [item.order for item in await file_many(service, 20, MONDAY)]
    order = next(one for one in filed if owner_of(one.category, world) is Owner.GRID)
    other = next(one for one in filed if one.branch_id != order.branch_id)
    own = world.branches.members_of(order.branch_id)
    above = world.branches.above(order.branch_id, order.category, Owner.GRID.value)
    assert above is not None
    seats = (world.tree.interval(world.branches.get(order.branch_id).grid_id), world.tree.interval(above.grid_id))
    far = await database.fetchrow(
        """SELECT r.person_id, r.branch_id FROM roles AS r JOIN grids AS g ON g.id = r.grid_id
           WHERE r.role = 'member' AND r.branch_id <> ALL ($1::int[]) AND g.lo >= $4 AND g.lo < $5
             AND NOT (g.lo >= $2 AND g.lo < $3) ORDER BY r.id LIMIT 1""",
        list(own),
        *seats[0],
        *seats[1],
    )
    household = await database.fetchrow(
        "UPDATE households SET carer_id = $1 WHERE id = (SELECT min(id) FROM households) RETURNING id",
        far["person_id"],
    )
    theirs = replace(order, household_id=household["id"])
    alone = await chooser(database, [theirs], MONDAY, world)
    together = await chooser(database, [other, theirs, replace(order, id=order.id + 1000)], MONDAY, world)
    for rung in (Rung.DIRECT, None):
        choice = alone.choice(theirs, MONDAY, rung)
        assert choice.best.person_id == far["person_id"]
        assert who_may(theirs, world, above.grid_id)(choice.best.grants)
        assert together.choice(theirs, MONDAY, rung) == choice
        plain = await chooser(database, [order], MONDAY, world)
        assert together.choice(order, MONDAY, rung) == plain.choice(order, MONDAY, rung)


async def test_an_order_at_a_branch_that_is_not_known_yet_is_refused_by_itself(service, file_many) -> None:
    (order,) = [item.order for item in await file_many(service, 1, MONDAY)]
    with pytest.raises(UnknownBranch):
        await choices(service.database, [replace(order, branch_id=UNKNOWN)], MONDAY, service.world)


async def test_a_role_on_a_grid_that_is_not_known_yet_is_left_out(service, file_many) -> None:
    (order,) = [item.order for item in await file_many(service, 1, MONDAY)]
    (before,) = await choices(service.database, [order], MONDAY, service.world)
    someone = before.best
    await service.database.execute(
        """WITH made AS (
               INSERT INTO grids (code, name, level, level_name, kind, parent_id, lo, hi)
               SELECT 'NEW1', '新网格', level, level_name, kind, parent_id, lo, hi FROM grids WHERE id = $1 RETURNING id
           )
           INSERT INTO roles (person_id, role, grid_id, branch_id)
           SELECT $2, 'member', made.id, $3 FROM made""",
        order.grid_id,
        someone.person_id,
        order.branch_id,
    )
    (after,) = await choices(service.database, [order], MONDAY, service.world)
    assert after.best == someone
    assert after.candidates == before.candidates
