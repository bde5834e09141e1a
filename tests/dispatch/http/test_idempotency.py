"""The same key and body give the same order, however often and however concurrently they are sent."""

import asyncio
import json

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.settings import Settings
from dispatch.usecases.service import Service
from dispatch.web.app import create_app

SECRETARY, MEMBER, CARER = "10001000054", "10001001278", "10001001277"
BODY = {
    "category": "0901",
    "text": "邻居家的水流到我家门口",
    "place": {"grid": "141123100016"},
    "contact": {"phone": "10003000001", "name": "演示群众001"},
}


async def _file(door, key: str, *, client=None, body: bytes | None = None, **change):
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    data = json.dumps({**BODY, **change}).encode() if body is None else body
    async with (client or door.client).post("/api/v1/orders", data=data, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def neighbour(door, county_url):
    """A second process' worth of the service on the same database."""
    service = await Service.open(Settings(), county_url, connections=8)
    service.clock = door.service.clock
    async with TestClient(TestServer(create_app(service))) as client:
        yield client
    await service.close()


async def test_sent_again_it_is_answered_again_and_filed_once(door) -> None:
    first = await _file(door, "one")
    assert first[0] == 201
    spaced = json.dumps(dict(reversed(BODY.items())), indent=3, ensure_ascii=False).encode()
    for again in (await _file(door, "one"), await _file(door, "one", body=spaced)):
        assert again == first, "white space, escapes and the order of the fields don't matter"
    door.wait(hours=1)
    later = (await _file(door, "one"))[1]
    assert (later["id"], later["query_code"]) == (first[1]["id"], first[1]["query_code"])
    assert (await door.rows())["orders"] == 1
    assert (await _file(door, "two"))[1]["id"] != first[1]["id"]


async def test_with_another_body_the_key_is_refused_and_the_first_order_stands(door) -> None:
    _, first = await _file(door, "one")
    rows = await door.rows()
    for change in ({"text": "另一件事"}, {"urgency": "urgent"}, {"contact": {"phone": "10003000002"}}):
        status, problem = await _file(door, "one", **change)
        assert (status, problem["code"]) == (422, "key_reused")
    assert await door.rows() == rows
    assert (await _file(door, "one"))[1]["id"] == first["id"]


async def test_keys_of_people_who_are_logged_in_never_meet(door) -> None:
    mine = await door.call("POST", "/orders", who=MEMBER, json=BODY, headers={"Idempotency-Key": "one"})
    theirs = await door.call("POST", "/orders", who=SECRETARY, json=BODY, headers={"Idempotency-Key": "one"})
    nobody = await _file(door, "one")
    assert len({answer[1]["id"] for answer in (mine, theirs, nobody)}) == 3


async def test_what_was_filed_is_found_again_when_it_could_not_be_filed_any_more(door) -> None:
    body = {"category": "1001", "text": "探访", "filed_for": {"household": "H0001", "channel": "visit"}}

    async def file(key: str, text: str = "探访") -> tuple[int, dict]:
        return await door.call(
            "POST", "/orders", who=CARER, json={**body, "text": text}, headers={"Idempotency-Key": key}
        )

    status, first = await file("one")
    assert status == 201
    await door.service.database.execute(
        "UPDATE roles SET valid_to = '2020-01-01' WHERE person_id = (SELECT id FROM people WHERE code = 'M0069')"
    )
    rows = await door.rows()
    status, again = await file("one")
    assert (status, again["id"], again["query_code"]) == (201, first["id"], first["query_code"])
    assert again["contact"]["masked"]
    for key, text in (("two", "探访"), ("one", "另一件")):
        status, problem = await file(key, text)
        assert (status, problem["code"]) == (403, "not_yours")
    assert await door.rows() == rows


async def test_sent_fifty_times_at_once_to_two_processes_it_is_filed_once(door, neighbour) -> None:
    clients = [door.client, neighbour]
    answers = await asyncio.gather(*(_file(door, "one", client=clients[n % 2]) for n in range(50)))
    assert {status for status, _ in answers} == {201}
    assert all(order == answers[0][1] for _, order in answers)
    rows = await door.rows()
    assert (rows["orders"], rows["order_contents"], rows["idempotency"], rows["events"]) == (1, 1, 1, 2)


async def test_of_several_bodies_at_once_under_one_key_one_wins_and_the_others_are_told(door, neighbour) -> None:
    clients = [door.client, neighbour]
    answers = await asyncio.gather(
        *(_file(door, "one", client=clients[n % 2], text=f"第{n % 5}件事") for n in range(40))
    )
    filed = {order["id"] for status, order in answers if status == 201}
    assert len(filed) == 1
    assert sorted({status for status, _ in answers}) == [201, 422]
    assert sum(status == 201 for status, _ in answers) == 8
    assert (await door.rows())["orders"] == 1


async def test_many_keys_in_any_order_to_two_processes_are_each_filed_once(door, neighbour) -> None:
    turns = [(f"key-{n}", client) for client in (door.client, neighbour) for n in range(30)]
    turns[30:] = reversed(turns[30:])
    answers = await asyncio.gather(*(_file(door, key, client=client) for key, client in turns))
    assert {status for status, _ in answers} == {201}
    assert len({order["id"] for _, order in answers}) == 30
    assert (await door.rows())["orders"] == 30


async def test_a_note_sent_twice_under_one_key_is_noted_once(door, neighbour) -> None:
    order = await door.file()
    code = order["query_code"]

    async def note(ident: str, text: str = "又漏了", key: str = "k", client=door.client) -> tuple[int, dict]:
        headers = {"X-Query-Code": code, "Idempotency-Key": key}
        path = f"/api/v1/orders/{ident}/actions"
        async with client.post(path, json={"action": "note", "text": text}, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    first = await note(order["id"])
    assert first == await note(order["id"]) == await note(order["number"]), "however its number is written"
    status, problem = await note(order["id"], text="别的话")
    assert (status, problem["code"]) == (422, "key_reused")
    answers = await asyncio.gather(
        *(note(order["id"], key="at once", client=(door.client, neighbour)[n % 2]) for n in range(20))
    )
    assert all(answer == answers[0] and answer[0] == 200 for answer in answers)
    assert answers[0][1]["version"] == first[1]["version"] + 1
    _, history = await door.call("GET", f"/orders/{order['id']}/events", code=code)
    assert [event["action"] for event in history["items"]] == ["submit", "route", "note", "note"]


async def test_an_action_under_a_key_is_done_once_even_after_others_have_acted(door) -> None:
    order = await door.file()
    path, key = f"/orders/{order['id']}/actions", {"Idempotency-Key": "offer"}
    body = {"action": "offer", "member": "M0070", "version": order["version"]}
    status, _ = await door.call("POST", path, who=SECRETARY, json=body, headers=key)
    assert status == 200
    await door.act(order, "accept", who=MEMBER)
    status, again = await door.call("POST", path, who=SECRETARY, json=body, headers=key)
    assert (status, again["state"]) == (200, "accepted"), "the order as it is, and no refusal for being late"
    status, problem = await door.call("POST", path, who=MEMBER, json={**body, "version": None}, headers=key)
    assert (status, problem["code"]) == (403, "not_yours"), "somebody else's key is their own"


async def test_an_action_under_a_key_is_answered_again_after_its_member_has_left(door) -> None:
    order = await door.file()
    path, key = f"/orders/{order['id']}/actions", {"Idempotency-Key": "offer"}
    body = {"action": "offer", "member": "M0070"}
    assert (await door.call("POST", path, who=SECRETARY, json=body, headers=key))[0] == 200
    await door.service.database.execute("UPDATE people SET active = false WHERE code = 'M0070'")
    status, again = await door.call("POST", path, who=SECRETARY, json=body, headers=key)
    assert (status, again["state"]) == (200, "offered")
