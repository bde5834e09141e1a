"""平急转换 on a small county: a flood in one of its townships."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dispatch.domain.acting import act
from dispatch.domain.order import Actor, Command, Grant, Member
from dispatch.domain.vocabulary import Role
from dispatch.storage import orders
from dispatch.storage.orders import Saved
from dispatch.usecases.declaring import Seconded, Temporary, Wanted
from dispatch.usecases.filing import Place, Request, submit
from grid_model.tree import Tree

NOW = datetime(2026, 7, 22, 2, tzinfo=UTC)  # ten in the morning of a Wednesday
TOWNSHIP, VILLAGE, OTHER = "141123100", "141123100016", "141123101200"
DAY = timedelta(days=1)


@pytest.fixture
def service(small_county):
    return small_county


def supervisor(service, code=TOWNSHIP, person=1):
    return Actor(person, (Grant(Role.SUPERVISOR, service.world.tree.by_code(code).id, None),))


async def somebody(service, code):
    """A member who serves in another village than the one where the temporary branch is: (person, code, grants)."""
    world = service.world
    low, high = world.tree.interval(world.tree.by_code(code).id)
    row = await service.database.fetchrow(
        """SELECT p.id, p.code, r.grid_id, r.branch_id FROM roles AS r JOIN people AS p ON p.id = r.person_id
        JOIN grids AS g ON g.id = r.grid_id
        WHERE r.role = 'member' AND g.lo >= $1 AND g.lo < $2
          AND (SELECT count(*) FROM roles AS o WHERE o.person_id = p.id) = 1 ORDER BY p.id LIMIT 1""",
        low, high,
    )  # fmt: skip
    return Member(row["id"], (Grant(Role.MEMBER, row["grid_id"], row["branch_id"]),)), row["code"]


def wanted(**change):
    return replace(Wanted(TOWNSHIP, None, NOW + 3 * DAY, "山洪", (Temporary("防汛临时党支部", VILLAGE),), ()), **change)


async def file(service, grid=VILLAGE, category="0901", now=NOW):
    request = Request(category, "水进屋了", Place(grid=grid), None, "10003000001", None, None, False, None, None)
    return (await submit(service, request, Actor(), None, now)).order


async def do(service, order, actor, now=NOW, **command):
    outcome = act(order, Command(**command), actor, now, service.world)
    assert await orders.save(service.database, [Saved(outcome, order.version, now, now)])
    return outcome.order


async def found(service, order):
    return (await orders.find(service.database, order.region, order.id)).order


async def events(service, order):
    return [event for event, _, _ in await orders.events(service.database, order.region, order.id)]


async def picture(service, at):
    """Everything an emergency may touch: who serves and where, what is active, where matters go, by which rules."""
    await service.reload()
    world = service.world
    tree: Tree = world.tree
    roles = await service.database.fetch("SELECT person_id, role, grid_id, branch_id, valid_from, valid_to FROM roles")
    routes = {
        (grid.id, category): getattr(world.branches.nearest(grid.id, category, owner), "id", None)
        for grid in tree.grids()
        for category, owner in (("0901", "P"), ("0101", "G"), ("0201", "D"))
    }
    return {
        "roles": sorted(map(str, roles)),
        "branches": [branch for branch in world.branches if branch.active],
        "routes": routes,
        "modes": {grid.id: world.mode_at(grid.id, at) for grid in tree.grids()},
        "rules": (world.policy, world.emergency, world.calendar),
    }


async def kind_of(service, order):
    return service.world.branches.get((await found(service, order)).branch_id).kind


async def walks(service):
    return (await service.database.fetchrow("SELECT homed FROM emergencies"))["homed"]


NONSENSE = (
    ({"ends_at": NOW}, {"ends_at"}),
    ({"starts_at": NOW - DAY, "ends_at": NOW - timedelta(hours=1)}, {"starts_at", "ends_at"}),
    ({"starts_at": NOW - DAY}, {"starts_at"}),
    ({"ends_at": NOW + 91 * DAY}, {"ends_at"}),
    ({"starts_at": NOW + 91 * DAY, "ends_at": NOW + 92 * DAY}, {"starts_at"}),
    ({"branches": (Temporary("甲", OTHER), Temporary("甲", VILLAGE))}, {"branches.0.grid", "branches.1.name"}),
    ({"branches": (Temporary("甲", "nowhere"),)}, {"branches.0.grid"}),
    ({"members": (Seconded("nobody", "防汛临时党支部"),)}, {"members"}),
    ({"members": (Seconded("nobody", "elsewhere"),)}, {"members.0.branch"}),
    ({"grid": "nowhere"}, {"grid"}),
    (
        {"starts_at": datetime(9999, 12, 1, tzinfo=UTC), "ends_at": datetime.max.replace(tzinfo=UTC)},
        {"starts_at", "ends_at"},
    ),
    ({"starts_at": datetime.min.replace(tzinfo=UTC)}, {"starts_at"}),
    ({"reason": "洪" * 2001}, {"reason"}),
    ({"reason": " \n"}, {"reason"}),
    ({"reason": "山\x00洪"}, {"reason"}),
    ({"branches": (Temporary("名" * 101, VILLAGE),)}, {"branches.0.name"}),
    ({"branches": (Temporary("两\n行", VILLAGE),)}, {"branches.0.name"}),
)


@pytest.fixture(scope="session")
def flood() -> SimpleNamespace:
    """A flood in the township: who declares it, and what becomes of the orders."""
    return SimpleNamespace(
        NOW=NOW,
        TOWNSHIP=TOWNSHIP,
        VILLAGE=VILLAGE,
        OTHER=OTHER,
        DAY=DAY,
        supervisor=supervisor,
        somebody=somebody,
        wanted=wanted,
        file=file,
        do=do,
        found=found,
        events=events,
        picture=picture,
        kind_of=kind_of,
        walks=walks,
        NONSENSE=NONSENSE,
    )
