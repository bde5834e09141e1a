"""Acting: members accept a different order each, and whole lives from filing to rating."""

import asyncio
import itertools
import math
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from bench import desks, load, machine, pgbench, statements
from bench.cpu import Meter
from bench.desks import Desk, Staff
from bench.figures import Figure, ratio
from bench.filing import middling, quantiles
from bench.run import Run

STEPS = ("submit", "offer", "accept", "contact", "resolve", "rate")

ACCEPTS_A_SECOND, LIMIT_A_SECOND = 3_200, 5_120
"""For so many accepts a second orders are prepared; the limit takes all of them, however long."""

_OK, _ERROR = 200, 400


@dataclass(slots=True)
class Lived:
    """Whole lives: how many ended rated, the latencies of their steps, and what went wrong."""

    ended: int = 0
    steps: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    wrong: list[str] = field(default_factory=list)


async def measure(run: Run) -> list[Figure]:
    """Return the figures of accepting and of full lives."""
    staff = await desks.staffed(run)
    run = replace(run, seconds=run.seconds * 2 / 3)  # for each second of accepts thousands of offers are prepared
    there = await run.fresh("acting", desks.STAFFED)
    meter = await Meter.of(there)
    with machine.service(there, scheduler=True) as address:
        accepts = await _accepts(run, there, address, staff, meter)
        lives = await _lives(run, there, address, staff, meter)
    await run.gone("acting")
    return [*accepts, *lives]


async def _accepts(run: Run, there: str, address: tuple[str, int], staff: Staff, meter: Meter) -> list[Figure]:
    models = await desks.offered(address, staff)
    script = await accept_script(there, address, staff, models)
    each = math.ceil(LIMIT_A_SECOND * (run.seconds + pgbench.WARM_S) / len(models))
    ours, limits, costs, wrong = list[float](), list[float](), list[dict[str, float]](), list[str]()
    done = load.Loaded()
    with run.profiled("accepting"):
        for _ in range(run.rounds):
            base = await statements.multiplied(there, staff.region_id, models, each)
            found = await _limit(there, script, base, models, each=each)
            limits.append(found.rate)
            wrong += await _lost(there, base, each * len(models), each * len(models))
            spent = meter.read()
            done, base, taken = await accept(run, there, address, staff, models)
            costs.append(meter.read().each(spent, len(done.latencies)))
            ours.append(done.rate)
            wrong += await _lost(there, base, _times(run, models) * len(models), taken)
            wrong += [said] if (said := done.wrong()) else []
    return [
        ratio(
            "acting.accept",
            ("接单：与 PostgreSQL 极限之比", "accept, of pgbench's rate"),
            ours,
            limits,
            0.4,
            comparison="aiohttp + asyncpg 0.5–0.6;django-helpdesk 165/s;Signalen 42/s",
            detail={"unit": "accepts/s", "cpu": middling(costs), **quantiles(done)},
            refused=wrong[0] if wrong else None,
        )
    ]


async def accept(
    run: Run, there: str, address: tuple[str, int], staff: Staff, models: list[int]
) -> tuple[load.Loaded, int, int]:
    """Have every desk's member accept orders that were offered to them; return also the first id, and how many."""
    from dispatch.domain.numbers import number  # noqa: PLC0415

    times = _times(run, models)
    base = await statements.multiplied(there, staff.region_id, models, times)
    await machine.folded(there)
    waiting = iter([
        load.request(
            "POST",
            f"/api/v1/orders/{number(staff.region, base + n * len(models) + at)}/actions",
            {"action": "accept"},
            token=desk.member,
        )
        for n in range(times)
        for at, desk in enumerate(staff.desks)
    ])  # fmt: skip
    taken = 0

    async def one(connection: load.Connection) -> int:
        nonlocal taken
        status, _ = await connection.ask(next(waiting))
        taken += status == _OK
        return status

    done = await load.closed(address, len(models), run.seconds, one, most=times * len(models))
    return done, base, taken


def _times(run: Run, models: list[int]) -> int:
    """How many orders each member has to accept in a round, at the most."""
    return math.ceil(ACCEPTS_A_SECOND * run.seconds / len(models))


async def _limit(
    there: str, script: str, base: int, models: list[int], *, seconds: int = 0, each: int | None = None
) -> pgbench.Limit:
    """Return what pgbench does with a client for each model, while the service keeps still."""
    return await machine.undisturbed(
        there,
        pgbench.limit,
        there,
        script,
        seconds,
        clients=len(models),
        variables={"n": -1, "base": base},
        each=each,
    )


async def accept_script(there: str, address: tuple[str, int], staff: Staff, models: list[int]) -> str:
    """Return pgbench's script of an accept, taken from one; each client's orders are those of its own desk."""
    model = (await desks.offered(address, replace(staff, desks=staff.desks[:1])))[0]
    before = await _version(there, model)
    await desks.asked(address, _act(staff, model, {"action": "accept"}, token=staff.desks[0].member))
    places = await statements.Places.of(there, models)
    own = f"\\set n :n + 1\n\\set id :base + :n * {len(models)} + :client_id\n"
    return own + await statements.saving(there, model, before, places, served=True)


async def _lost(there: str, base: int, prepared: int, taken: int) -> list[str]:
    """Say whether not exactly so many of the orders prepared are accepted."""
    found = await machine.one(
        there,
        "SELECT count(*) FROM orders WHERE id >= $1 AND id < $1::bigint + $2 AND state = 'accepted'",
        base,
        prepared,
    )
    return [] if found == taken else [f"{taken} accepts acknowledged, {found} there"]


async def _lives(run: Run, there: str, address: tuple[str, int], staff: Staff, meter: Meter) -> list[Figure]:
    models = await desks.offered(address, staff)
    script = await life_script(there, address, staff, models)
    lived, ours, limits = Lived(), list[float](), list[float]()
    costs, wrong = list[dict[str, float]](), list[str]()
    closed = "SELECT count(*) FROM orders WHERE grade IS NOT NULL AND id >= $1 AND id < $2"
    before = await machine.one(there, closed, 0, statements.FRESH)
    with run.profiled("lives"):
        for number in range(run.rounds):
            base = statements.FRESH + number * statements.ROUND
            found = await _limit(there, script, base, models, seconds=max(round(run.seconds), 1))
            limits.append(found.rate)
            rated = await machine.one(there, closed, base, base + statements.ROUND)
            if rated != found.count:
                wrong.append(f"pgbench lived {found.count} lives, {rated} are there")
            await machine.folded(there)
            spent, ended = meter.read(), lived.ended
            done = await lives(run, address, staff, lived)
            ours.append((lived.ended - ended) / done.seconds)
            costs.append(meter.read().each(spent, lived.ended - ended))
            wrong += [said] if (said := done.wrong()) else []
    rated = await machine.one(there, closed, 0, statements.FRESH) - before
    wrong = [*lived.wrong, *wrong]
    if rated != lived.ended:
        wrong.append(f"{lived.ended} lives acknowledged, {rated} there")
    steps = {step: 1e3 * sorted(seen)[len(seen) // 2] for step, seen in lived.steps.items() if seen}
    return [
        ratio(
            "acting.life",
            ("完整一生（六步）：与极限之比", "full life of six steps, of pgbench's rate"),
            ours,
            limits,
            0.3,
            comparison="三步 of three steps: django-helpdesk 37/s;Signalen 13/s;原型 prototypes 700–1,250/s",
            detail={"unit": "lives/s", "cpu": middling(costs), "p50_ms": steps},
            refused=wrong[0] if wrong else None,
        )
    ]


async def lives(run: Run, address: tuple[str, int], staff: Staff, lived: Lived) -> load.Loaded:
    """Live whole lives on every desk at once, one after the other."""
    free = list(staff.desks)
    numbers = itertools.count()

    async def one(connection: load.Connection) -> int:
        desk = free.pop()
        try:
            return await _life(connection, desk, next(numbers), lived)
        finally:
            free.append(desk)

    return await load.closed(address, len(staff.desks), run.seconds, one)


async def _life(connection: load.Connection, desk: Desk, number: int, lived: Lived) -> int:
    clock = asyncio.get_running_loop().time
    path, code, status = "/api/v1/orders", "", 0
    for step in STEPS:
        at = clock()
        body, credentials = _step(step, desk, code, number)
        status, answer = await connection.ask(load.request("POST", path, body, **credentials))
        lived.steps[step].append(clock() - at)
        if status >= _ERROR:
            lived.wrong.append(f"{step}: {status} {answer[:200].decode()}")
            return status
        if step == "submit":
            filed: dict[str, Any] = orjson.loads(answer)
            path, code = f"/api/v1/orders/{filed['id']}/actions", filed["query_code"]
    lived.ended += 1
    return status


def _step(step: str, desk: Desk, code: str, number: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body of a step and who takes it."""
    if step == "submit":
        return desks.body_of(desk.grid, number), {"key": str(uuid.uuid4())}
    if step == "rate":
        return {"action": "rate", "grade": "satisfied"}, {"code": code}
    more = {"offer": {"member": desk.code}, "contact": {"how": "phone"}, "resolve": {"answer": "已说和，双方都认可"}}
    return {"action": step, **more.get(step, {})}, {"token": desk.secretary if step == "offer" else desk.member}


async def life_script(there: str, address: tuple[str, int], staff: Staff, models: list[int]) -> str:
    """Return pgbench's script of a life: six statements, taken from one life at the first desk step by step."""
    desk, places = staff.desks[0], await statements.Places.of(there, models)
    order = await desks.asked(
        address, load.request("POST", "/api/v1/orders", desks.body_of(desk.grid, 0), key=str(uuid.uuid4()))
    )
    model, code = desks.serial(order["id"]), order["query_code"]
    script = [statements.NEXT_ID, await statements.filing(there, model, places)]
    for step in STEPS[1:]:
        before = await _version(there, model)
        body, credentials = _step(step, desk, code, 0)
        await desks.asked(address, _act(staff, model, body, **credentials))
        script.append(await statements.saving(there, model, before, places, served=step in ("offer", "accept")))
    return "".join(script)


def _act(staff: Staff, order: int, body: dict[str, Any], **credentials: str) -> bytes:
    from dispatch.domain.numbers import number  # noqa: PLC0415

    return load.request("POST", f"/api/v1/orders/{number(staff.region, order)}/actions", body, **credentials)


async def _version(there: str, order: int) -> int:
    found: int = await machine.one(there, "SELECT version FROM orders WHERE id = $1", order)
    return found
