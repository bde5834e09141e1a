"""Two members of a village and their secretary, who set and take what is theirs through the door."""

from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.demo.accounts import accounts

SECRETARY, MEMBER, OTHER = "10001000054", "10001001278", "10001001279"
CODES = {account.phone: account.person_code for account in accounts()}
TODAY, TOMORROW, SUNDAY = "2026-11-23", "2026-11-24", "2026-11-29"


async def _leave(door, first: str, last: str, who: str = MEMBER, status: int = 201) -> dict[str, Any]:
    answered, leave = await door.call("POST", "/me/leaves", who=who, json={"from": first, "to": last})
    assert answered == status, leave
    return leave


async def _put(door, body: dict[str, Any], who: str = MEMBER) -> dict[str, Any]:
    status, answer = await door.call("PUT", "/me/settings", who=who, json=body)
    assert status == 200, answer
    return answer


async def _offered(door, *members: str) -> dict[str, Any]:
    order = await door.file()
    answer = await door.act(order, "offer", who=SECRETARY, members=[CODES[member] for member in members])
    return {**answer, "query_code": order["query_code"]}


def _later(door, **span: float) -> None:
    """Let so much time pass that everybody has to log in again."""
    door.wait(**span)
    door.tokens.clear()


async def _seen(door, order: dict[str, Any]) -> dict[str, Any]:
    status, seen = await door.call("GET", f"/orders/{order['id']}", who=SECRETARY)
    assert status == 200
    return seen


async def _events(door, order: dict[str, Any], action: str) -> list[dict[str, Any]]:
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=SECRETARY)
    return [event for event in history["items"] if event["action"] == action]


async def _candidate(door, order: dict[str, Any], member: str = MEMBER) -> dict[str, Any]:
    status, found = await door.call("GET", f"/orders/{order['id']}/candidates", who=SECRETARY)
    assert status == 200
    return next(one for one in found["items"] if one["member"] == CODES[member])


@pytest.fixture(scope="session")
def team() -> SimpleNamespace:
    """Two members of a village and their secretary: what they set, and what becomes of their orders."""
    return SimpleNamespace(
        SECRETARY=SECRETARY,
        MEMBER=MEMBER,
        OTHER=OTHER,
        CODES=CODES,
        TODAY=TODAY,
        TOMORROW=TOMORROW,
        SUNDAY=SUNDAY,
        leave=_leave,
        put=_put,
        offered=_offered,
        later=_later,
        seen=_seen,
        events=_events,
        candidate=_candidate,
    )
