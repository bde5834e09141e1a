"""The ledger on a real database: what somebody with its password may try, and what is found."""
# ruff: noqa: S608 - the tables and columns tampered with are named right here

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.acting import act, actions
from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, tick, wants_member
from dispatch.domain.examining import Fault
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.ledger import GENESIS, GRACE, anchor_hash, digest
from dispatch.domain.numbers import grouped, number
from dispatch.domain.order import Actor, Command, Grant, Member
from dispatch.domain.policy import DEFAULT
from dispatch.domain.retelling import retell
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import OPEN_STATES, Action, Grade, Owner, Role, Urgency
from dispatch.domain.world import Category, World
from dispatch.storage import ledger as stored
from dispatch.storage import orders
from dispatch.usecases.ledger import anchor_all, anchor_daily, verify
from grid_model.hours import WorkingCalendar
from grid_model.places import Found, Located, Places
from grid_model.routing import Branch, Branches
from grid_model.tree import Grid, Tree

REGION, CODE = 1, "141123000000"
START = datetime(2026, 3, 2, 2, tzinfo=UTC)
ON_DATABASE = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
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


@ON_DATABASE
@given(seed=st.integers(0, 10**9))
async def test_a_ledger_nobody_touched_has_nothing_wrong_with_it(database, seed):
    histories = await build(database, seed)
    verification = await verify(database)
    assert verification.findings == []
    summary = verification.summary
    assert (summary.orders, summary.events) == (len(histories), sum(map(len, histories.values())))
    assert (summary.erased, summary.faults) == (0, 0)
    assert summary.last[CODE].number == summary.anchors


VARIANTS = {
    "integer": ("{c} + 1", "-{c} - 7", "NULL", "42"),
    "bigint": ("{c} + 1", "-{c} - 7", "NULL", "42"),
    "smallint": ("{c} + 1", "{c} - 1"),
    "boolean": ("NOT {c}",),
    "text": ("{c} || 'x'", "NULL", "''", "'closed'", "'general'", "'x'"),
    "bytea": ("set_byte({c}, 0, get_byte({c}, 0) # 1)", r"{c} || '\x00'", "NULL", r"'\x07'", r"'\x'"),
    "jsonb": ("""'{{"x": 1}}'::jsonb || {c}""", "'[]'", "'null'", "'7'", "'1e400'", """'{{"accept": "today"}}'"""),
    "integer[]": ("{c} || 7", "'{{}}'", "'{{NULL}}'"),
    "timestamp with time zone": (
        "{c} + interval '1 microsecond'", "{c} - interval '1 day'", "NULL", "'infinity'", "'-infinity'",
        "'0044-03-15 BC'", "'2026-03-02T02:00:00Z'",
    ),
}  # fmt: skip
KEYS = {"orders": "id", "anchors": "number"}


async def candidates(database, histories, table):
    """The columns of a table that the ledger vouches for, for each of its rows."""
    columns = await database.fetch(
        "SELECT attname, format_type(atttypid, NULL) AS kind, attnotnull FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0",
        table,
    )
    rows = await database.fetch(f"SELECT ctid::text AS place, * FROM {table} ORDER BY ctid")
    for row in rows:
        told = None
        if table == "orders":
            told = {*retell(histories[row["id"]]), "region", "id", "clocks", "due_clock", "due_at", "promise_at"}
            told |= {"decider_id", "assisting", "merged_into", "follow_up"}
        for column in columns:
            if told is None or column["attname"] in told:
                for variant in VARIANTS[column["kind"]]:
                    if not (column["attnotnull"] and variant == "NULL"):
                        yield row, column["attname"], variant.format(c=column["attname"])


def to_blame(table, row):
    """The name under which an alteration of this row is told."""
    if table in ("anchors", "anchor_heads"):
        return f"{CODE if row['region'] == REGION else '?' + str(row['region'])}#{row['number']}"
    order_id = row[KEYS.get(table, "order_id")]
    code = CODE if row["region"] == REGION else f"?{row['region']}"
    return grouped(number(code, order_id)) if 0 < order_id < 10**8 else f"{code}/{order_id}"


@settings(ON_DATABASE, max_examples=100)
@given(
    seed=st.integers(0, 10**9),
    table=st.sampled_from(["orders", "order_contents", "events", "event_texts", "anchors", "anchor_heads"]),
    pick=st.randoms(use_true_random=False),
)
async def test_any_one_altered_column_of_any_row_is_found_and_named(database, seed, table, pick):
    histories = await build(database, seed, count=3, steps=8)
    choices = [choice async for choice in candidates(database, histories, table)]
    if not choices:
        return
    row, column, value = pick.choice(choices)
    key = "number" if "number" in dict(row) else KEYS.get(table, "order_id")
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        try:
            async with connection.transaction():
                changed = await connection.fetchrow(
                    f"UPDATE {table} SET {column} = {value} WHERE ctid = $1::text::tid"
                    f" AND {column} IS DISTINCT FROM {value} RETURNING region, {key}",
                    row["place"],
                )
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            return  # the database itself refused it
    if changed is None:
        return
    told = {finding.number for finding in (await verify(database)).findings}
    assert told & {to_blame(table, row), to_blame(table, changed)}, (table, column, value, dict(row), told)


@settings(ON_DATABASE, max_examples=40)
@given(
    seed=st.integers(0, 10**9),
    table=st.sampled_from(["orders", "events", "anchors", "anchor_heads"]),
    pick=st.randoms(use_true_random=False),
)
async def test_any_one_removed_row_is_found_and_named(database, seed, table, pick):
    await build(database, seed, count=3, steps=8)
    rows = await database.fetch(f"SELECT ctid::text AS place, * FROM {table} ORDER BY ctid")
    row = pick.choice(rows)
    await by_hand(database, f"DELETE FROM {table} WHERE ctid = $1::text::tid", row["place"])
    assert to_blame(table, row) in {finding.number for finding in (await verify(database)).findings}


async def test_an_altered_event_is_named_by_its_number_and_version_in_both_languages(database):
    await build(database, 1)
    await by_hand(database, "UPDATE events SET actor_id = 999 WHERE order_id = 2 AND version = 1")
    [finding] = (await verify(database)).findings
    assert (finding.kind, finding.number, finding.version) == (Fault.ALTERED_EVENT, name(2), 1)
    assert finding.text("zh") == f"{name(2)} 第 1 条: 台账记录被改动"
    assert finding.text("en") == f"{name(2)}, event 1: the event was altered"


async def test_a_removed_event_is_named(database):
    await build(database, 2, anchored=False)
    await by_hand(database, "DELETE FROM events WHERE order_id = 1 AND version = 1")
    assert await found(database) == [(Fault.MISSING_EVENT, name(1), 1)]


async def test_a_removed_last_event_is_named(database):
    histories = await build(database, 2)
    last = histories[1][-1].version
    await by_hand(database, "DELETE FROM events WHERE order_id = 1 AND version = $1", last)
    assert await found(database) == [(Fault.MISSING_EVENT, name(1), last)]


async def test_events_that_changed_places_are_named(database):
    histories = await build(database, 4, anchored=False)
    key = next(key for key, events in histories.items() if len(events) > 4)
    await by_hand(database, "UPDATE events SET version = 1000 + version WHERE order_id = $1 AND version IN (2, 4)", key)
    await by_hand(database, "UPDATE events SET version = 1006 - version WHERE order_id = $1 AND version > 1000", key)
    assert await found(database) == [(Fault.REORDERED_EVENT, name(key), 2), (Fault.REORDERED_EVENT, name(key), 4)]


async def test_a_time_pushed_off_without_its_clock_is_named(database):
    await build(database, 5)
    await by_hand(database, "UPDATE orders SET due_at = due_at + interval '1 day' WHERE due_at IS NOT NULL AND id = 1")
    await by_hand(database, "UPDATE orders SET due_at = '2099-01-01' WHERE due_at IS NULL AND id = 1")
    assert await found(database) == [(Fault.ALTERED_DUE, name(1), None)]


async def test_an_altered_column_of_an_order_is_named_with_the_order(database):
    await build(database, 6)
    await by_hand(database, "UPDATE orders SET level = level + 1, filed_by = 4711 WHERE id = 3")
    [finding] = (await verify(database)).findings
    assert (finding.kind, finding.number) == (Fault.ALTERED_ORDER, name(3))
    assert "filed_by" in finding.en
    assert "level" in finding.zh


async def remove(database, order_id):
    for table, column in (("orders", "id"), *((t, "order_id") for t in TABLES[1:4]), ("outbox", "order_id")):
        await by_hand(database, f"DELETE FROM {table} WHERE {column} = $1", order_id)


async def test_an_order_removed_with_everything_it_had_is_named_once_it_was_anchored(database):
    await build(database, 7)
    await remove(database, 2)
    told = await found(database)
    assert [(kind, at) for kind, at, _ in told] == [(Fault.MISSING_ORDER, name(2))]


async def test_an_order_removed_before_its_first_anchor_leaves_no_trace(database):
    await build(database, 7, anchored=False)
    await remove(database, 2)
    assert await found(database) == []


async def test_a_history_written_anew_with_valid_hashes_is_found_once_it_was_anchored(database):
    histories = await build(database, 8, count=1)
    await remove(database, 1)
    chance = random.Random(99)
    await orders.add(database, [file(chance, 1, START + timedelta(seconds=1))])
    kinds = {kind for kind, _, _ in await found(database)}
    assert kinds & {Fault.REWRITTEN_EVENT, Fault.MISSING_EVENT}
    assert histories


async def test_an_order_put_in_afterwards_with_valid_hashes_and_an_old_date_is_named(database):
    await build(database, 9)
    await anchor_all(database, START + timedelta(days=100))
    added = file(random.Random(1), 77, START)
    await orders.add(database, [added])
    versions = [event.version for event in added.outcome.events]
    assert await found(database) == [(Fault.BACKDATED_EVENT, name(77), version) for version in versions]


async def test_an_order_put_in_with_valid_hashes_and_a_date_of_today_is_not_told_from_a_true_one(database):
    await build(database, 9)
    await anchor_all(database, START + timedelta(days=100))
    await orders.add(database, [file(random.Random(1), 77, START + timedelta(days=100))])
    assert await found(database) == []


async def test_a_newest_anchor_removed_with_its_heads_is_found_only_by_its_published_hash(database):
    await build(database, 9)
    last = (await verify(database)).summary.last[CODE]
    for table in ("anchors", "anchor_heads"):
        await by_hand(database, f"DELETE FROM {table} WHERE number = $1", last.number)
    assert await found(database) == []
    assert await found(database, published=[last.hash]) == [(Fault.UNKNOWN_ANCHOR, last.hash.hex(), None)]


async def test_erased_contents_and_texts_are_counted_and_nothing_wrong(database):
    histories = await build(database, 12)
    ended = [events for events in histories.values() if events[-1].to_state not in OPEN_STATES]
    texts = sum("digest" in event.data for events in ended for event in events)
    ids = [events[0].order_id for events in ended]
    await database.execute("DELETE FROM order_contents WHERE order_id = ANY ($1)", ids)
    await database.execute("DELETE FROM event_texts WHERE order_id = ANY ($1)", ids)
    verification = await verify(database)
    assert verification.findings == []
    assert verification.summary.erased == len(ended) + texts
    assert texts > 0


async def test_words_put_into_the_mouth_of_an_event_without_any_are_found(database):
    await build(database, 11)
    await database.execute("INSERT INTO event_texts VALUES ($1, 1, 1, 'salt', '{\"note\": \"x\"}')", REGION)
    await database.execute("INSERT INTO event_texts VALUES ($1, 1, 900, 'salt', '{\"note\": \"x\"}')", REGION)
    assert await found(database) == [(Fault.ALTERED_TEXT, name(1), 1), (Fault.STRAY_TEXT, name(1), 900)]


@pytest.mark.parametrize("table", ["events", "anchors", "anchor_heads"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET region = region", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_what_was_written_down(database, table, statement):
    await build(database, 12)
    async with database.pool.acquire() as connection:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await connection.execute(statement.format(table))
    assert await found(database) == []


async def test_progress_ends_with_everything_done(database):
    await build(database, 13)
    heads = await database.fetchrow("SELECT count(*) FROM anchor_heads")
    told = []
    await verify(database, lambda *step: told.append(step))
    assert ("orders", 4, 4) in told
    assert ("anchors", heads[0], heads[0]) in told


async def test_an_anchor_holds_the_heads_that_moved_and_is_chained_to_the_one_before(database):
    histories = await build(database, 14, anchored=False)
    middle = sorted(event.at for events in histories.values() for event in events)[20]
    end = max(event.at for events in histories.values() for event in events)
    [first] = await anchor_all(database, middle + GRACE)
    [second] = await anchor_all(database, end + GRACE)
    previous, after = GENESIS, datetime(1970, 1, 1, tzinfo=UTC)
    for anchor, through in ((first, middle), (second, end)):
        heads = []
        for order_id, events in sorted(histories.items()):
            moved = [event for event in events if after < event.at <= through]
            heads += [(order_id, moved[-1].version, moved[-1].hash)] if moved else []
        assert anchor.previous == previous
        assert anchor.orders == len(heads) > 0
        assert anchor.hash == anchor_hash(previous, REGION, anchor.number, through, heads)
        previous, after = anchor.hash, through
    assert (first.number, second.number) == (1, 2)


async def test_where_nothing_moved_there_is_no_anchor(database):
    await build(database, 15, anchored=False)
    late = START + timedelta(days=400)
    assert len(await anchor_all(database, late)) == 1
    assert await anchor_all(database, late) == []
    assert await anchor_all(database, late + timedelta(days=1)) == []


async def test_what_happened_within_the_grace_waits_for_the_next_anchor(database):
    await build(database, 16, steps=0, anchored=False)
    assert await anchor_all(database, START + GRACE - timedelta(microseconds=1)) == []
    [anchor] = await anchor_all(database, START + GRACE)
    assert anchor.orders == 4


async def test_an_event_written_down_too_late_for_its_anchor_is_in_the_next(database):
    await build(database, 17, count=2, steps=0, anchored=False)
    await anchor_all(database, START + timedelta(hours=1))
    await orders.add(database, [file(random.Random(1), 3, START + timedelta(minutes=5))])
    [anchor] = await anchor_all(database, START + timedelta(hours=2))
    heads = await database.fetch("SELECT order_id FROM anchor_heads WHERE number = $1", anchor.number)
    assert [row["order_id"] for row in heads] == [3]


async def test_of_two_that_anchor_at_once_one_gives_way_quietly(database):
    await build(database, 18, anchored=False)
    now = START + timedelta(days=400)
    made = await asyncio.gather(*(anchor_all(database, now + timedelta(seconds=at)) for at in range(4)))
    assert sum(map(len, made)) == 1
    assert await found(database) == []


async def test_an_anchor_that_another_wrote_in_the_meantime_is_not_written_again(database):
    await build(database, 19, anchored=False)
    now = START + timedelta(days=400)
    async with database.transaction(isolation="repeatable_read") as connection:
        assert await stored.last_anchor(connection, REGION) is None
        [anchor] = await anchor_all(database, now)
        other = replace(anchor, through=anchor.through + timedelta(seconds=1))
        assert not await stored.add_anchor(connection, other, START)
    assert await found(database) == []


async def test_each_day_of_the_county_has_one_anchor(database):
    await build(database, 20, steps=0, anchored=False)
    morning = datetime(2026, 3, 2, 3, tzinfo=UTC)
    assert len(await anchor_daily(database, morning)) == 1
    await orders.add(database, [file(random.Random(1), 5, morning)])
    before_midnight = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert await anchor_daily(database, before_midnight) == []
    assert len(await anchor_daily(database, before_midnight + timedelta(minutes=1))) == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab路"\\', max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(ON_DATABASE, max_examples=500)
@given(value=JSON)
@example(value=-0.0)
@example(value=1e16)
@example(value=[2.0**63, 2.0**64, -(2.0**63), -(2.0**64), 1e300, 5e-324, 1.5e-7])
async def test_a_digest_survives_the_way_jsonb_writes_numbers(database, value):
    row = await database.fetchrow("SELECT $1::jsonb::text", orjson.dumps(value).decode())
    assert digest(b"", {"v": orjson.loads(row[0])}) == digest(b"", {"v": value})
