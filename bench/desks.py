"""Who works in the benchmark: for each connection a grid of its own, with its secretary and a member, logged in."""

import asyncio
import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from bench import load, machine
from bench.run import Run

STAFFED = "staffed"
"""The database with the county and these sessions, and without an order."""

CATEGORY = "0901"  # a matter of the Party's own members, so that it stays in the village
_AT_ONCE = 2  # each login costs some 50 ms of a core, on purpose
_ERROR = 400


@dataclass(frozen=True, slots=True)
class Desk:
    """One branch at work.

    Attributes:
        grid: the code of a grid that it serves.
        secretary: the token of who dispatches.
        member: the token of who accepts; ``code`` is their code, ``person`` their id.
    """

    grid: str
    secretary: str
    member: str
    code: str
    person: int


@dataclass(frozen=True, slots=True)
class Staff:
    """All who work, and who look on.

    Attributes:
        region: the code of the county, with which all numbers begin, and its id.
        supervisor: the token of somebody who sees the whole county; ``town`` that of a township's supervisor.
    """

    desks: tuple[Desk, ...]
    region: str
    region_id: int
    supervisor: str
    town: str
    town_grid: str


@cache
def places() -> list[str]:
    """Return the codes of the grids that requests come from: every village of the county."""
    from dispatch.demo.cast import cast  # noqa: PLC0415 - heavy

    return sorted(code for code, level in cast().levels.items() if level == 2)  # noqa: PLR2004 - below the townships


def townships() -> list[str]:
    """Return the codes of the county's townships."""
    from dispatch.demo.cast import cast  # noqa: PLC0415 - heavy

    return list(cast().townships)


async def staffed(run: Run) -> Staff:
    """Make the database ``STAFFED``, once a run, and return who works there; copies of it know the same sessions."""
    if STAFFED in run.kept:
        known: Staff = run.kept[STAFFED]
        return known
    there = await run.fresh(STAFFED)
    with machine.service(there) as address:
        staff = await _staff(there, address, run.desks)
    await machine.run(there, *_WITHOUT_ORDERS, "VACUUM ANALYZE", "CHECKPOINT")
    run.kept[STAFFED] = staff
    return staff


_WITHOUT_ORDERS = (
    "SET session_replication_role = replica",  # the ledger refuses to be emptied, as it should
    "TRUNCATE orders, order_contents, events, event_texts, outbox, idempotency, serials, turns CASCADE",
    "SET session_replication_role = DEFAULT",
)


async def _staff(url: str, address: tuple[str, int], count: int) -> Staff:
    from dispatch.demo.cast import cast  # noqa: PLC0415 - heavy

    people = cast()
    gate = asyncio.Semaphore(_AT_ONCE)
    town = people.townships[0]
    found: list[Desk] = []
    grids = iter(places())

    async def token(phone: str) -> str:
        body = {"phone": phone, "password": _password()}
        async with gate:
            return str((await asked(address, load.request("POST", "/api/v1/sessions", body)))["token"])

    async def worker() -> None:
        for grid in grids:
            branch = people.probably(CATEGORY, grid)
            if len(found) >= count:
                return
            if branch is None or people.seats[branch] != grid or branch not in people.secretaries:
                continue
            secretary = await token(people.secretaries[branch])
            order = await asked(
                address, load.request("POST", "/api/v1/orders", body_of(grid, 0), key=str(uuid.uuid4()))
            )
            path = f"/api/v1/orders/{order['id']}"
            candidates = await asked(address, load.request("GET", f"{path}/candidates", token=secretary))
            free = [one["member"] for one in candidates["items"] if one["left_out"] is None]
            if not free or len(found) >= count:
                continue
            person = await machine.one(url, "SELECT id FROM people WHERE code = $1", free[0])
            member = await token(people.phones[free[0]])
            found.append(Desk(grid, secretary, member, free[0], person))

    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
    del found[count:]
    region = await machine.one(url, "SELECT code FROM grids WHERE kind = 'county'")
    region_id = await machine.one(url, "SELECT id FROM grids WHERE kind = 'county'")
    if len(found) < count:
        raise RuntimeError(f"only {len(found)} branches have a secretary and a member who is free")
    return Staff(
        tuple(found),
        region,
        region_id,
        await token(people.county_supervisor),
        await token(people.supervisors[town]),
        town,
    )


async def offered(address: tuple[str, int], staff: Staff) -> list[int]:
    """File an order at every desk and have it offered to its member; return their ids in the order of the desks."""
    return [await _offered(address, desk) for desk in staff.desks]


async def _offered(address: tuple[str, int], desk: Desk) -> int:
    order = await asked(address, load.request("POST", "/api/v1/orders", body_of(desk.grid, 0), key=str(uuid.uuid4())))
    offer = {"action": "offer", "member": desk.code}
    await asked(address, load.request("POST", f"/api/v1/orders/{order['id']}/actions", offer, token=desk.secretary))
    return serial(order["id"])


def serial(number: str) -> int:
    """Return the id in storage of an order's public number."""
    from dispatch.domain.numbers import parse  # noqa: PLC0415

    read = parse(number)
    if read is None:
        raise RuntimeError(f"no number of an order: {number}")
    return read[1]


async def asked(address: tuple[str, int], request: bytes) -> Any:
    """Ask once, on a connection of its own, and return the answer.

    Raises:
        RuntimeError: the service refused.
    """
    connection = await load.Connection.open(*address)
    try:
        status, body = await connection.ask(request)
    finally:
        connection.close()
    if status >= _ERROR:
        raise RuntimeError(f"{request[:80]!r}: {status} {body[:500].decode()}")
    return orjson.loads(body)


def body_of(grid: str, number: int) -> dict[str, Any]:
    """Return what a resident sends."""
    return {
        "category": CATEGORY,
        "text": f"第{number}件：邻居为院墙和排水争执，想请人来说和",
        "place": {"grid": grid},
        "contact": {"name": "演示", "phone": "13900000001"},
    }


def submissions() -> Iterator[bytes]:
    """Yield requests without end, each from the next village, each with a key of its own."""
    for number, grid in zip(itertools.count(), itertools.cycle(places())):
        yield load.request("POST", "/api/v1/orders", body_of(grid, number), key=str(uuid.uuid4()))


def _password() -> str:
    from dispatch.usecases.demo_county import DEMO_PASSWORD  # noqa: PLC0415 - heavy

    return DEMO_PASSWORD
