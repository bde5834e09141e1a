"""Orders over HTTP."""

from dataclasses import replace

from dispatch.domain import errors, numbers
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Urgency
from dispatch.http import bodies, doing
from dispatch.http.endpoints import Call, Reply
from dispatch.storage import orders
from dispatch.usecases import affair_views, behalf, filing, reading, views
from dispatch.usecases.brakes import QUERY_CODE_TRIES, QUERY_CODE_TRIES_OF_ADDRESS, Brake

KEY_MOST = 200
"""The longest Idempotency-Key, in characters."""


def given_key(call: Call) -> str | None:
    """Return the Idempotency-Key of a request, None where there is none; one that is no key is refused."""
    key = call.idempotency_key
    if key is not None and not (0 < len(key) <= KEY_MOST and key.isascii() and key.isprintable()):
        raise errors.Invalid(
            errors.fault(
                "Idempotency-Key", "须为 1–200 个可见的 ASCII 字符", "must be 1 to 200 visible ASCII characters"
            )
        )
    return key


async def resolved(call: Call) -> tuple[tuple[int, int], Actor]:
    """Return the order's key, and the actor with what the query code adds."""
    key = reading.key_of(call.service, call.path["id"])
    if call.query_code is None:
        if call.bearer is None:
            raise errors.Unauthenticated
        return key, call.actor
    by_address = Brake(QUERY_CODE_TRIES_OF_ADDRESS, "query-code-address", call.address)
    by_order = Brake(QUERY_CODE_TRIES, "query-code", f"{key[0]}:{key[1]}:{call.address}")
    brakes = call.service.brakes
    right = numbers.query_code(call.service.secret, *key)
    given = "".join(ch for ch in call.query_code if ch not in "- ")
    await brakes.check(by_address, by_order)
    if not numbers.same(right, given):
        async with brakes.tried(by_address, by_order):
            there = await orders.exists(call.service.database, *key)  # an order that isn't there leaves nothing behind
            await brakes.wrong(by_address, *([by_order] if there else []))
        raise errors.WrongQueryCode
    return key, replace(call.actor, holds_code=True)


async def submit(call: Call) -> Reply:
    """File an order."""
    body: bodies.Submit = call.body
    key = given_key(call)
    where = body.place
    place = None if where is None else filing.Place(where.grid, where.lon, where.lat, where.address)
    request = filing.Request(
        category=body.category,
        text=body.text,
        place=place,
        contact_name=None if body.contact is None else body.contact.name,
        contact_phone=None if body.contact is None else body.contact.phone,
        house=None if body.contact is None else body.contact.house,
        urgency=None if body.urgency is None else Urgency(body.urgency),
        for_others=body.filed_for is not None,
        household=None if body.filed_for is None else body.filed_for.household,
        channel=None if body.filed_for is None else body.filed_for.channel.value,
        photos=body.photos,
    )
    digest = None if key is None else filing.request_digest(_filer(call), key, call.raw)
    dossier = await filing.submit(call.service, request, call.actor, digest, call.now)
    order = dossier.order
    view = views.order_view(dossier, replace(call.actor, holds_code=True), call.now, call.service.world)
    await behalf.tell(call.service, [(order, view)], call.actor)
    view["photos"] = views.photos_view(dossier)
    view["query_code"] = numbers.query_code(call.service.secret, order.region, order.id)
    return Reply(201, view, {"Location": f"/api/v1/orders/{view['id']}"})


def _filer(call: Call) -> str:
    """Return within what an Idempotency-Key of a new order is unique: the person logged in, or all who are not.

    A key is to be random; two residents who chose the same are told to take another, and no order of theirs is lost.
    """
    return "nobody" if call.actor.person_id is None else f"person {call.actor.person_id}"


async def show(call: Call) -> Reply:
    """Show one order."""
    key, actor = await resolved(call)
    return Reply(200, await reading.order(call.service, key, actor, call.now))


async def history(call: Call) -> Reply:
    """Show an order's events."""
    key, actor = await resolved(call)
    return Reply(200, {"items": await reading.history(call.service, key, actor)})


async def way(call: Call) -> Reply:
    """Show why an order went where it went."""
    key, actor = await resolved(call)
    return Reply(200, await reading.way(call.service, key, actor))


async def candidates(call: Call) -> Reply:
    """Show whom an order could be offered to."""
    key, actor = await resolved(call)
    return Reply(200, {"items": await reading.candidates(call.service, key, actor, call.now)})


async def listing(call: Call) -> Reply:
    """List orders."""
    query: bodies.ListQuery = call.query
    wanted = reading.Narrowed(
        states=None if query.state is None else tuple(query.state.split(",")),
        grid=query.grid,
        category=query.category,
        mine=query.assignee == "me",
        overdue=None if query.overdue is None else query.overdue == "true",
        listed=None if query.listed is None else query.listed == "true",
        kind=query.kind,
        pressing=query.sort == "pressing",
        cursor=query.cursor,
        limit=query.limit,
    )
    found, following = await reading.listing(call.service, wanted, call.actor, call.now)
    items = [views.order_view(one, call.actor, call.now, call.service.world) for one in found]
    told = zip((one.order for one in found), items, strict=True)
    await behalf.tell(call.service, list(told), call.actor)
    return Reply(200, {"items": items, "next": following})


async def act(call: Call) -> Reply:
    """Do something to an order."""
    key, actor = await resolved(call)
    request_key = given_key(call)
    digest = None
    if request_key is not None:
        # not the path: the number may be written with groups or without
        scope = f"person {actor.person_id or 0} order {key[0]}:{key[1]}"
        digest = filing.request_digest(scope, request_key, call.raw)
    dossier = await doing.do(call, key, call.body, actor, digest)
    view = views.order_view(dossier, actor, call.now, call.service.world)
    await behalf.tell(call.service, [(dossier.order, view)], actor)
    await affair_views.tell(call.service, [(dossier.order, view)], actor)
    view["photos"] = views.photos_view(dossier)
    return Reply(200, view)
