"""Those who work together on an order of one village, through the door its users take."""

from types import SimpleNamespace
from typing import Any

import pytest

SECRETARY, MEMBER, OTHER, COUNTY, COUNTY_SECRETARY = (
    "10001000054", "10001001278", "10001001279", "10001000002", "10001000020",
)  # fmt: skip
HERE, TOWN, DESK = "B141123100016", "B141123100", "D141123100"


@pytest.fixture
def town(phones) -> str:
    return phones["secretary of Weifen town"]


@pytest.fixture
def supervisor(phones) -> str:
    return phones["supervisor of Weifen town"]


@pytest.fixture
def officer(phones) -> str:
    return phones["officer at the town's desk"]


async def accepted(door, **change: Any) -> dict[str, Any]:
    order = await door.file(**change)
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    return order


async def later(door, **span: float) -> None:
    """Wait so long that whoever acts next has to log in anew, and let the clock do what is due."""
    door.wait(**span)
    door.tokens.clear()
    await door.sweep()


async def look(door, order: dict[str, Any], who: str | None = None) -> dict[str, Any]:
    """Read the order as somebody, or as the resident."""
    code = order["query_code"] if who is None else None
    status, seen = await door.call("GET", f"/orders/{order['id']}", who=who, code=code)
    assert status == 200, seen
    return seen


async def refused(door, order: dict[str, Any], action: str, *, who: str | None = None, **more: Any) -> tuple[int, str]:
    """Try what is refused, and see that nothing has changed."""
    before, version = await door.rows(), (await look(door, order))["version"]
    code = order["query_code"] if who is None else None
    status, problem = await door.call(
        "POST", f"/orders/{order['id']}/actions", who=who, code=code, json={"action": action, **more}
    )
    assert status >= 400, problem
    assert problem["detail"]
    assert await door.rows() == before
    assert (await look(door, order))["version"] == version
    return status, problem["code"]


async def listed(door, path: str, who: str, schema: str, fits) -> list[dict[str, Any]]:
    """Read every page of a list, one at a time."""
    found, cursor = [], ""
    while True:
        status, page = await door.call("GET", f"{path}?limit=1{cursor}", who=who)
        assert status == 200, page
        fits(page, schema)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def decisions(door, who: str, fits) -> list[str]:
    return [item["order"]["id"] for item in await listed(door, "/decisions", who, "Decisions", fits)]


async def dissatisfied(door) -> dict[str, Any]:
    order = await accepted(door)
    await door.act(order, "contact", who=MEMBER)
    await door.act(order, "resolve", who=MEMBER, answer="已办好")
    await door.act(order, "rate", code=order["query_code"], grade="dissatisfied")
    return order


@pytest.fixture(scope="session")
def work() -> SimpleNamespace:
    """What the people of a village do together, and how they look at it."""
    return SimpleNamespace(
        SECRETARY=SECRETARY,
        MEMBER=MEMBER,
        COUNTY=COUNTY,
        COUNTY_SECRETARY=COUNTY_SECRETARY,
        HERE=HERE,
        TOWN=TOWN,
        DESK=DESK,
        accepted=accepted,
        later=later,
        look=look,
        refused=refused,
        listed=listed,
        decisions=decisions,
        dissatisfied=dissatisfied,
    )
