"""The resident's contact: one tap with a reason shows it for ten minutes, and the resident reads who looked and why."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

SECRETARY, MEMBER, OTHER, COUNTY = "10001000054", "10001001278", "10001001279", "10001000002"
CONTACT = {"name": "演示群众001", "phone": "10003000001", "house": "三号楼", "masked": False}
TAP = timedelta(minutes=10)


@pytest.fixture
async def order(door) -> dict[str, Any]:
    """An order that the member handles."""
    filed = await door.file(contact={"name": CONTACT["name"], "phone": CONTACT["phone"], "house": CONTACT["house"]})
    await door.act(filed, "offer", who=SECRETARY, member="M0070")
    await door.act(filed, "accept", who=MEMBER)
    return filed


@pytest.fixture
def looked(door, order) -> Callable[..., Awaitable[dict[str, Any]]]:
    """The order as somebody finds it."""

    async def look(who: str = MEMBER) -> dict[str, Any]:
        status, seen = await door.call("GET", f"/orders/{order['id']}", who=who)
        assert status == 200
        return seen

    return look


@pytest.fixture
def taps(door, order) -> Callable[[], Awaitable[list[dict[str, Any]]]]:
    """What the resident reads of taps for the contact."""

    async def read() -> list[dict[str, Any]]:
        status, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
        assert status == 200
        return [look for look in seen["contact_views"] if look["reason"] is not None]

    return read


async def test_the_contact_is_masked_until_the_tap_and_again_ten_minutes_after_it(door, order, looked, taps) -> None:
    door.wait(minutes=3)
    before = await looked()
    assert (before["contact"]["masked"], before["may_reveal"], before["contact_until"]) == (True, True, None)
    assert await taps() == []
    now = door.service.now()
    shown = await door.reveal(order, MEMBER, "call")
    assert shown == {"contact": CONTACT, "until": (now + TAP).isoformat()}
    for passed in (0, 5, 10):
        door.set_time(now + timedelta(minutes=passed) - timedelta(microseconds=1) * (passed == 10))
        seen = await looked()
        assert (seen["contact"], seen["contact_until"]) == (CONTACT, shown["until"]), passed
    door.set_time(now + TAP)
    seen = await looked()
    assert (seen["contact"]["masked"], seen["contact_until"]) == (True, None)


async def test_the_resident_reads_who_looked_when_and_why(door, order, looked, taps) -> None:
    door.wait(minutes=4)  # into a slot of ten minutes, of which each look is put on record once
    now = door.service.now()
    await looked()
    await door.reveal(order, MEMBER, "visit")
    _, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    place, contact = sorted(seen["contact_views"], key=lambda look: look["reason"] is not None)
    assert (place["by"], place["reason"], place["reason_label"]) == ("M0070", None, None)
    assert place["from"] == now.isoformat(), "no look is told as earlier than it was"
    assert contact == {
        "by": "M0070",
        "from": now.isoformat(),
        "until": (now + TAP).isoformat(),
        "reason": "visit",
        "reason_label": {"zh": "上门办理", "en": "to visit"},
    }
    for who in (MEMBER, SECRETARY, COUNTY):
        assert (await looked(who)).get("contact_views") is None, "that is for the resident alone"


async def test_the_same_tap_again_is_the_same_look_and_another_reason_is_another(door, order, taps) -> None:
    door.wait(minutes=7)  # so that the ten minutes reach into the next slot
    first = await door.reveal(order, MEMBER, "call")
    door.wait(minutes=4)
    assert await door.reveal(order, MEMBER, "call") == first
    second = await door.reveal(order, MEMBER, "other")
    assert datetime.fromisoformat(second["until"]) - datetime.fromisoformat(first["until"]) == timedelta(minutes=4)
    assert await door.reveal(order, MEMBER, "call") == second, "shown until the later of the two ends"
    assert [look["reason"] for look in await taps()] == ["call", "other"]
    door.wait(minutes=6)
    await door.reveal(order, MEMBER, "call")
    assert [look["reason"] for look in await taps()] == ["call", "other", "call"], "ten minutes after the first"


async def test_many_taps_at_once_are_one_look(door, order, taps) -> None:
    shown = await asyncio.gather(*(door.reveal(order, MEMBER, "call") for _ in range(12)))
    assert [one["contact"] for one in shown] == [CONTACT] * 12
    assert len(await taps()) == 1


async def test_a_tap_shows_the_contact_to_whoever_tapped_and_only_while_they_handle_the_order(
    door, order, looked, taps
) -> None:
    await door.reveal(order, MEMBER)
    for who in (SECRETARY, OTHER, COUNTY):
        seen = await looked(who)
        assert (seen["contact"]["masked"], seen["may_reveal"]) == (True, False)
    _, listed = await door.call("GET", "/orders?assignee=me", who=MEMBER)
    assert [one["contact"]["masked"] for one in listed["items"]] == [True], "not in lists"
    noted = await door.act(order, "note", who=MEMBER, text="已联系")
    assert noted["contact"]["masked"], "not in the answer of an action"
    await door.act(order, "hand_back", who=MEMBER, reason="明天出差")
    seen = await looked()
    assert (seen["contact"]["masked"], seen["may_reveal"], seen["contact_until"]) == (True, False, None)
    assert len(await taps()) == 1, "who looked stays on record"


async def test_a_tap_needs_one_of_the_reasons_and_an_order(door, order, taps) -> None:
    path = f"/orders/{order['id']}/contact-views"
    for body in ({}, {"reason": "curious"}, {"reason": None}, {"reason": "call", "by": "M0071"}):
        status, problem = await door.call("POST", path, who=MEMBER, json=body)
        assert (status, problem["code"]) == (422, "invalid"), body
    status, problem = await door.call("POST", "/orders/1/contact-views", who=MEMBER, json={"reason": "call"})
    assert (status, problem["code"]) == (404, "order_not_found")
    assert await taps() == []
