"""抢单: many are asked at once, and of all who say yes at the same moment exactly one has the order."""

import asyncio
from collections import Counter

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.settings import Settings
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service
from dispatch.web.app import create_app

RACERS = 500
CROWD = """
    WITH gone AS (
        UPDATE people SET active = false WHERE id IN (
            SELECT r.person_id FROM roles AS r JOIN branches AS b ON b.id = r.branch_id OR b.grid_id = r.grid_id
            WHERE b.code = $2 AND r.role IN ('member', 'grid_worker')
        )
    ), added AS (
        INSERT INTO people (code) SELECT 'R' || n FROM generate_series(1, $1) AS n RETURNING id, code
    ), contacts AS (
        INSERT INTO person_contacts SELECT id, '演示党员' || code, '1077' || lpad(id::text, 7, '0') FROM added
    ), serving AS (
        INSERT INTO roles (person_id, role, grid_id, branch_id)
        SELECT added.id, 'member', b.grid_id, b.id FROM added, branches AS b WHERE b.code = $2
    )
    SELECT '1077' || lpad(id::text, 7, '0') AS phone FROM added
"""
"""So many members of one branch in the place of its own; gives their phones."""


@pytest.fixture
async def other_process(door, county_url):
    """A second process of the service on the same database."""
    service = await Service.open(Settings(), county_url, connections=8)
    async with TestClient(TestServer(create_app(service))) as client:
        service.clock = door.service.clock
        yield client
    await service.close()


async def test_of_five_hundred_who_accept_at_once_exactly_one_has_the_order_and_the_others_are_told(
    door, phones, other_process
):
    order = await door.file()
    rows = await door.service.database.fetch(CROWD, RACERS, order["branch"]["id"])
    pool = await door.act(order, "offer", rung="pool", who=phones["secretary of Dongcheng community"])
    assert (pool["state"], pool["asked"]) == ("offered", RACERS)
    tokens = [await door.token(row["phone"]) for row in rows]

    async def accept(number: int, token: str):
        client = other_process if number % 2 else door.client
        async with client.post(
            f"/api/v1/orders/{order['id']}/actions",
            json={"action": "accept"},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"accept {number}"},
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    answers = await asyncio.gather(*(accept(number, token) for number, token in enumerate(tokens)))

    assert Counter(status for status, _ in answers) == {200: 1, 409: RACERS - 1}
    refusals = [body for status, body in answers if status == 409]
    assert {body["code"] for body in refusals} == {"taken"}
    assert "已由其他同志接下" in refusals[0]["detail"]
    winner, accepted = next((n, body) for n, (status, body) in enumerate(answers) if status == 200)
    assert (accepted["state"], accepted["assignee"]) == ("accepted", f"R{winner + 1}")
    assert "accept" not in accepted["actions"]

    again = [await accept(number, tokens[number]) for number in (winner, (winner + 1) % RACERS)]
    assert [status for status, _ in again] == [200, 409], "a retry gets the answer it should have got"
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=phones["secretary of Dongcheng community"])
    assert [event["action"] for event in history["items"]].count("accept") == 1
    assert history["items"][-1]["assignee"] == f"R{winner + 1}"
    assert (await verify(door.service.database)).findings == []
    told = await door.service.database.fetch("SELECT person_id FROM outbox WHERE notice = 'offer.offered'")
    assert len(told) == len(set(told)) == RACERS, "each was asked once"
