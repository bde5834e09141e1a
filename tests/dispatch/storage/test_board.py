"""The statements of a branch's board keep to its index, among however many orders."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage import board

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MANY = """
INSERT INTO orders
SELECT 1, n, 'request', CASE WHEN n % 10 = 0 THEN (ARRAY['received', 'routed', 'offered', 'accepted'])[1 + n / 10 % 4]
           ELSE 'closed' END, 1, '0901', 'general', 1 + n % 500, 1 + n % 50, 1, 0, NULL, NULL, NULL, 0, false, NULL,
       NULL, $1, NULL, '{}', '{}', '{}', '{}', NULL, NULL,
       CASE WHEN n % 10 = 0 THEN $1::timestamptz + (n - 10000) * interval '1 second' END, '', 0, '{}', '{}', $1, NULL,
       false, '{}'
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
async def filled(county_database):
    await county_database.execute(MANY, NOW)
    await county_database.execute("ANALYZE orders")
    return county_database


async def test_the_board_walks_its_own_index_alone(filled, indexes):
    at, tonight = f"'{NOW.isoformat()}'", f"'{(NOW + timedelta(hours=15)).isoformat()}'"
    used, read = await indexes(filled, board.SQL["cards"], "11", at, tonight, "5")
    assert "orders_on_board" in used
    assert used <= {"orders_on_board", "orders_pkey", "order_contents_pkey", "people_pkey"}, used
    assert "orders" not in read


async def test_the_mark_reads_what_the_branch_holds_and_nothing_of_what_is_closed(filled, indexes):
    at = f"'{NOW.isoformat()}'"
    held = {"orders_on_board", "orders_by_branch", "orders_by_decider"}
    used, read = await indexes(filled, board.SQL["mark"], "11", at)
    assert used <= held, used
    assert not read
    await filled.execute("UPDATE orders SET branch_id = 11 WHERE state <> 'closed'")
    await filled.execute("VACUUM ANALYZE orders")
    used, read = await indexes(filled, board.SQL["mark"], "11", at)
    assert used <= held | {"orders_open"}, used  # whoever holds nearly all that is open may as well walk all of it
    assert not read


async def test_whatever_changes_at_a_branch_changes_its_mark_and_nothing_else_does(filled):
    marks = [await board.mark(filled, 11, NOW)]
    for change in (
        "version = version + 1 WHERE id = 19610",  # one of its orders moves
        "version = version + 1 WHERE id = 19660",  # and another
        "branch_id = 21 WHERE id = 19610",  # it goes
        "branch_id = 11, version = version + 1 WHERE id = 19600",  # one comes instead, that moved as often
        "decider_id = 11 WHERE id = 19610",  # it is asked to decide
        "state = 'closed' WHERE id = 19660",
        "promise_at = $1 WHERE id = 19600",  # it is late
    ):
        given = (NOW,) if "$1" in change else ()
        await filled.execute(f"UPDATE orders SET {change}", *given)  # noqa: S608 - as written above
        marks.append(await board.mark(filled, 11, NOW))
    assert len(set(marks)) == len(marks), marks
    await filled.execute("UPDATE orders SET version = version + 1 WHERE branch_id = 21 AND decider_id IS NULL")
    await filled.execute("UPDATE orders SET version = version + 1 WHERE branch_id = 11 AND state = 'closed'")
    assert await board.mark(filled, 11, NOW) == marks[-1]


async def test_cards_come_in_the_order_of_their_promises(filled):
    tonight = NOW + timedelta(hours=1)
    found, due_today = await board.cards(filled, 11, NOW, tonight, 3)
    assert all(1 <= len(cards) <= 3 for cards in found.values())
    for name, cards in found.items():
        promised = [one.order.id for one in cards]  # as the ids go, so do the promises
        assert promised == sorted(promised), name
    rows = await filled.fetch(
        "SELECT id, state, promise_at FROM orders WHERE branch_id = 11 AND promise_at IS NOT NULL"
    )
    late = sorted(row["id"] for row in rows if row["promise_at"] <= NOW)
    assert [one.order.id for one in found["overdue"]] == late[:3]
    due = sorted(row["id"] for row in rows if NOW < row["promise_at"] <= tonight)
    assert due_today == len(due) > 3
    assert [one.order.id for one in found["due_today"]] == due[:3]


async def test_a_branch_that_holds_nothing_has_an_empty_board(filled):
    assert await board.cards(filled, 99, NOW, NOW + timedelta(hours=1), 3) == ({}, 0)


async def test_the_index_is_of_the_open_states(database):
    row = await database.fetchrow(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'orders_on_board'::regclass"
    )
    assert {state.value for state in OPEN_STATES} == set(row[0].split("'")[1::2])
