"""What the player takes for a part of the day, and what for a fault of the service."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from dispatch.demo.cast import cast
from dispatch.demo.client import ENOUGH, Client, UnexpectedError
from dispatch.domain.vocabulary import Action, Matter

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
HELD = {"phone": MEMBER, "matter": Matter.HOLD.value, "reason": "等部门答复"}


@pytest.fixture
async def client(door: Any) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        yield Client(session, str(door.client.make_url("/")), cast().county_supervisor)


async def accepted(door: Any) -> dict[str, Any]:
    filed = await door.file()
    await door.act(filed, "offer", who=SECRETARY, member="M0070")
    return dict(await door.act(filed, "accept", who=MEMBER))


@pytest.fixture
async def order(door: Any) -> dict[str, Any]:
    return await accepted(door)


async def test_what_leans_on_a_moment_is_no_fault_of_the_service_once_that_has_passed(
    client: Client, order: dict[str, Any]
) -> None:
    assert await client.act(order, Action.ASK, fleeting="matter", **HELD) is None, "nobody's answer is waited for"
    assert client.lost == {"invalid": 1}
    assert not client.problems


async def test_what_suited_an_order_as_it_was_may_not_suit_it_as_it_is(client: Client, order: dict[str, Any]) -> None:
    earlier = {**order, "version": order["version"] - 1}
    assert await client.act(earlier, Action.ASK, **HELD) is None
    assert client.lost == {"invalid": 1}
    assert not client.problems


async def test_what_never_suited_it_is_told(client: Client, order: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedError):
        await client.act(order, Action.ASK, fleeting="on", **HELD)
    assert client.problems == {"POST /orders/{id}/actions ask: 422 invalid (matter)": 1}
    assert not client.lost


def refusal(code: str, *fields: str) -> dict[str, Any]:
    return {"code": code, "errors": [{"field": field, "zh": "", "en": ""} for field in fields]}


@pytest.mark.parametrize(
    "body", [refusal("key_reused", "on"), refusal("invalid", "on", "text"), refusal("invalid"), refusal("invalid", "")]
)
@pytest.mark.parametrize("fleeting", ["on", ""])
async def test_nothing_but_that_field_alone_is_forgiven(
    client: Client, order: dict[str, Any], body: dict[str, Any], fleeting: str
) -> None:
    assert not await client.overtaken(order, 422, body, fleeting)
    assert not client.lost


async def test_a_key_that_was_used_before_is_a_fault_also_where_the_order_moved(
    client: Client, order: dict[str, Any]
) -> None:
    earlier = {**order, "version": order["version"] - 1}
    assert not await client.overtaken(earlier, 422, refusal("key_reused"))


async def test_what_leans_on_a_moment_and_is_never_taken_is_told_at_the_end(client: Client, door: Any) -> None:
    for _ in range(ENOUGH):
        assert not client.never_taken()
        order = await accepted(door)
        for _ in range(ENOUGH):
            assert await client.act(order, Action.ASK, fleeting="matter", **HELD) is None
    assert client.never_taken() == {"POST /orders/{id}/actions ask: always refused (matter)": ENOUGH}


async def test_what_leans_on_a_moment_and_is_taken_once_is_a_part_of_the_day(client: Client, door: Any) -> None:
    for _ in range(ENOUGH):
        order = await accepted(door)
        assert await client.act(order, Action.ASK, fleeting="matter", **HELD) is None
    parked = {**HELD, "matter": Matter.PARK.value, "on": "2026-12-23"}
    assert await client.act(order, Action.ASK, fleeting="matter", **parked) is not None
    assert not client.never_taken()


async def test_the_county_takes_apart_what_whoever_merged_it_reaches_no_longer(door: Any) -> None:
    part, lead = await door.file(), await door.file(contact={"phone": "10003000002", "name": "演示群众002"})
    await door.act(part, "merge", who=SECRETARY, into=lead["id"], reason="反映同一问题")
    await door.act(lead, "route", who=COUNTY, grid="141123101200", reason="在那边", version=lead["version"] + 1)
    body = {"action": "unmerge", "reason": "两件事"}
    refused, _ = await door.call("POST", f"/orders/{part['id']}/actions", who=SECRETARY, json=body)
    assert refused == 403
    apart = await door.act(part, "unmerge", who=COUNTY, reason="两件事")
    assert apart["state"] == "routed"
