"""Random histories on a real database, and the hand of somebody who has its password."""
# ruff: noqa: S608 - the tables and columns tampered with are named right here

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import orjson
import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, tick, wants_member
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.ledger import GRACE
from dispatch.domain.numbers import grouped, number
from dispatch.domain.order import Actor, Command, Grant, Member
from dispatch.domain.policy import DEFAULT
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import Action, Grade, Owner, Role, Urgency
from dispatch.domain.world import Category, World
from dispatch.storage import orders
from dispatch.usecases.ledger import anchor_all, verify
from grid_model.hours import WorkingCalendar
from grid_model.places import Found, Located, Places
from grid_model.routing import Branch, Branches
from grid_model.tree import Grid, Tree

REGION, CODE = 1, "141123000000"
START = datetime(2026, 3, 2, 2, tzinfo=UTC)

TABLES = ("orders", "order_contents", "events", "event_texts", "anchors", "anchor_heads", "outbox", "serials", "grids")

TREE = Tree(
    [
        Grid(1, CODE, "兴县", 0, "县", "county", None),
        Grid(2, "141123100000", "蔚汾镇", 1, "乡镇", "township", 1),
        Grid(3, "141123100001", "东关村", 2, "村", "village", 2),
    ]
)
EVERYTHING = frozenset()
WORLD = World(
    tree=TREE,
    branches=Branches(
        TREE,
        [
            Branch(11, "A", "县委", "committee", 1, EVERYTHING),
            Branch(12, "B", "镇党委", "committee", 2, EVERYTHING),
            Branch(13, "C", "村党支部", "branch", 3, EVERYTHING),
            Branch(14, "D", "县住建局", "desk", 1, EVERYTHING),
        ],
    ),
    places=Places(TREE, {}),
    categories={
        "0901": Category("0901", "邻里", "neighbours", "09", Owner.MEMBER, Urgency.GENERAL),
        "0101": Category("0101", "暴露垃圾", "litter", "01", Owner.GRID, Urgency.GENERAL),
        "0201": Category("0201", "路灯", "street lamps", "02", Owner.DEPARTMENT, Urgency.URGENT),
        "9002": Category("9002", "信访", "petition", "90", Owner.ELSEWHERE, Urgency.GENERAL),
    },
    policy=DEFAULT,
    calendar=WorkingCalendar(official_years=frozenset({2026})),
)
MEMBERS = [Member(at, (Grant(Role.MEMBER, 3, 13), Grant(Role.DESK_OFFICER, 1, 14))) for at in (101, 102)]
ACTORS = [
    Actor(holds_code=True),
    *(Actor(member.person_id, member.grants) for member in MEMBERS),
    Actor(201, (Grant(Role.SECRETARY, 3, 13),)),
    Actor(202, (Grant(Role.SECRETARY, 1, 14),)),
    Actor(203, (Grant(Role.SUPERVISOR, 1, 11),)),
]


def name(order_id):
    return grouped(number(CODE, order_id))


def file(chance, order_id, now):
    place = chance.choice([{"grid": "141123100001"}, {"lon": 111.0, "lat": 38.47}, {"address": "东关村 7 号"}])
    contents = {
        "text": chance.choice(["楼道堆了垃圾", "路灯不亮 🙏", "𠮷"]),
        "place": place,
        "contact_name": chance.choice([None, "张某"]),
        "contact_phone": chance.choice([None, "13800000000"]),
        "house": None,
    }
    known = chance.random() < 0.9
    filing = Filing(
        region=REGION,
        id=order_id,
        kind="request",
        category=chance.choice(list(WORLD.categories)),
        urgency=None,
        found=Found(3, Located.CODE, (3,)) if known else Found(None, Located.UNKNOWN, ()),
        contents=contents,
        filed_by=chance.choice([None, 101]),
        household_id=None,
        channel="phone",
        salt=chance.randbytes(16),
        request_key=None,
    )
    outcome = file_order(filing, now, WORLD)
    kept = orders.Contents(
        filing.salt,
        contents["text"],
        orjson.dumps(place).decode(),
        contents["contact_name"],
        contents["contact_phone"],
        contents["house"],
    )
    return orders.Added(outcome, kept, None, now, now)


def step(chance, order, now):
    """One thing that happens to an order: time passes, or somebody does what the pages would offer them."""
    if chance.random() < 0.3:
        due = order.next_clock
        outcome = tick(order, now if due is None else max(now, due[1]), WORLD)
        if outcome.events or not wants_member(order, now):
            return outcome
        asked = [
            Serving(one.person_id, f"P{one.person_id}", "党员", frozenset(), 3, 0, one.grants)
            for one in chance.sample(MEMBERS, chance.randint(0, len(MEMBERS)))
        ]
        choosing = Chooser(asked, {}, WORLD)
        return climb(order, lambda order, rung: choosing.choice(order, now, rung), now, WORLD)
    actor = chance.choice(ACTORS)
    possible = actions(order, actor, now, WORLD)
    if not possible:
        return None
    action = chance.choice(possible)
    texts = {"note": "已去看过", "answer": "明天清走"} if action in (Action.NOTE, Action.RESOLVE) else {}
    command = Command(
        action,
        members=tuple(chance.sample(MEMBERS, chance.randint(1, len(MEMBERS)))),
        grid_id=chance.choice([None, 1, 3]),
        category=chance.choice([None, "0101"]),
        grade=chance.choice(list(Grade)),
        data={"score": chance.random(), "whole": 2.0},
        texts=texts,
        salt=chance.randbytes(16),
        request_key=chance.choice([None, chance.randbytes(32)]),
    )
    try:
        return act(order, command, actor, now, WORLD)
    except errors.Refusal:
        return None


async def forget(database):
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
        await connection.execute(
            "INSERT INTO grids (id, code, name, level, level_name, kind) VALUES ($1, $2, '兴县', 0, '县', 'county')",
            REGION,
            CODE,
        )


async def build(database, seed, count=4, steps=12, anchored=True):
    """A random ledger of ``count`` orders; returns the histories: all events of each order."""
    await forget(database)
    chance = random.Random(seed)
    await orders.reserve_serials(database, REGION, count)
    now = START
    filed = [file(chance, order_id, now) for order_id in range(1, count + 1)]
    await orders.add(database, filed)
    histories = {item.outcome.order.id: list(item.outcome.events) for item in filed}
    present = {item.outcome.order.id: item.outcome.order for item in filed}
    for at in range(steps):
        for order_id, order in present.items():
            now += timedelta(minutes=chance.choice([1, 30, 600]))
            outcome = step(chance, order, now)
            if outcome is None or not outcome.events:
                continue
            assert await orders.save(database, [orders.Saved(outcome, order.version, now, now)])
            present[order_id] = outcome.order
            histories[order_id] += outcome.events
        if anchored and at % 4 == 3:
            await anchor_all(database, now + GRACE)
    return histories


async def by_hand(database, statement, *args):
    """What somebody with the database's password does, past every trigger and foreign key."""
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        return await connection.execute(statement, *args)


async def found(database, **asked):
    return [(finding.kind, finding.number, finding.version) for finding in (await verify(database, **asked)).findings]


KEYS = {"orders": "id", "anchors": "number"}


def to_blame(table, row):
    """The name under which an alteration of this row is told."""
    if table in ("anchors", "anchor_heads"):
        return f"{CODE if row['region'] == REGION else '?' + str(row['region'])}#{row['number']}"
    order_id = row[KEYS.get(table, "order_id")]
    code = CODE if row["region"] == REGION else f"?{row['region']}"
    return grouped(number(code, order_id)) if 0 < order_id < 10**8 else f"{code}/{order_id}"


async def remove(database, order_id):
    for table, column in (("orders", "id"), *((t, "order_id") for t in TABLES[1:4]), ("outbox", "order_id")):
        await by_hand(database, f"DELETE FROM {table} WHERE {column} = $1", order_id)


@pytest.fixture(scope="session")
def past() -> SimpleNamespace:
    """Random histories on a real database, and what somebody with its password may do to them."""
    return SimpleNamespace(
        REGION=REGION,
        CODE=CODE,
        START=START,
        KEYS=KEYS,
        name=name,
        file=file,
        build=build,
        by_hand=by_hand,
        found=found,
        remove=remove,
        to_blame=to_blame,
    )
