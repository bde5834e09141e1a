"""群众点单: an order is filed."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import orjson

from dispatch.domain import behalf, errors
from dispatch.domain.filing import Filing, file_order
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Actor
from dispatch.domain.photos import Photo, PhotoKind
from dispatch.domain.vocabulary import Urgency
from dispatch.storage import orders, people
from dispatch.storage.orders import Added, Contents, Dossier
from dispatch.usecases import claiming
from dispatch.usecases.service import Service
from grid_model.places import Found, Located


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is, as given: a grid's code, maybe with a point or an address within it, a point, or an address."""

    grid: str | None = None
    lon: float | None = None
    lat: float | None = None
    address: str | None = None

    def given(self) -> dict[str, str | float]:
        """Return what was given of it, by name."""
        ways = {"grid": self.grid, "lon": self.lon, "lat": self.lat, "address": self.address}
        return {way: given for way, given in ways.items() if given is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for; ``household`` is the code of the household it is filed for."""

    category: str
    text: str
    place: Place | None
    contact_name: str | None
    contact_phone: str | None
    house: str | None
    urgency: Urgency | None
    for_others: bool
    household: str | None
    channel: str | None
    photos: tuple[str, ...] = ()


async def submit(
    service: Service, request: Request, actor: Actor, key: tuple[bytes, bytes] | None, now: datetime
) -> Dossier:
    """File ``request`` and return the order; the same key and body give the same order, however often.

    That holds, too, where the request could not be filed any more: a role has ended, or a grid is gone.

    Raises:
        Invalid: category, place or household are not known, or a photo waits no more.
        NotYours: the filer may not file for others.
        KeyReused: the key came with another body before.
    """
    try:
        waited = await claiming.waiting(service, request.photos, now) if request.photos else claiming.NONE
        added = await _added(service, request, actor, key, now, tuple(waited.values()))
        filed = await claiming.add(service, added, waited) if waited else None
    except errors.Refusal:
        before = None if key is None else await orders.filed_under(service.database, *key)
        if before is None:
            raise
        return await service.find((*before, None))
    order, contents = added.outcome.order, added.contents
    if filed is None:
        filed = await service.add(added)
    if filed != order.id:  # the key had filed it before
        return await service.find((order.region, filed, None))
    return Dossier(
        order,
        contents.text,
        contents.place,
        contents.contact_name,
        contents.contact_phone,
        contents.house,
        photos=tuple(Photo(one, PhotoKind.FILING) for one in waited),
    )


async def _added(
    service: Service,
    request: Request,
    actor: Actor,
    key: tuple[bytes, bytes] | None,
    now: datetime,
    photos: tuple[str, ...],
) -> Added:
    """Return the order that ``request`` makes, on its way into storage."""
    world = service.world
    if request.category not in world.categories or world.categories[request.category].parent_code is None:
        raise errors.Invalid(
            errors.fault(
                "category", "没有这个事项类别，请从 /api/v1/categories 中选择小类", "no such category: choose one"
            )
        )
    household = await _household(service, request, actor)
    found = _found(service, request.place, None if household is None else household.grid_id)
    region = world.tree.region(world.tree.root.id if found.grid_id is None else found.grid_id).id
    place = {} if request.place is None else request.place.given()
    contents = Contents(
        salt=secrets.token_bytes(16),
        text=request.text,
        place=orjson.dumps(place).decode(),
        contact_name=request.contact_name or (household.name if household else None),
        contact_phone=request.contact_phone or (household.phone if household else None),
        house=request.house or (household.house if household else None),
    )
    filing = Filing(
        region=region,
        id=await service.serials.take(region),
        kind="request",
        category=request.category,
        urgency=request.urgency,
        found=found,
        contents={
            "text": contents.text,
            "place": place,
            "contact_name": contents.contact_name,
            "contact_phone": contents.contact_phone,
            "house": contents.house,
        },
        filed_by=actor.person_id if request.for_others else None,
        household_id=None if household is None else household.id,
        channel=request.channel,
        salt=contents.salt,
        request_key=None if key is None else key[0],
        photos=photos,
    )
    outcome = file_order(filing, now, world)
    order = outcome.order
    return Added(outcome, contents, key, now, leaves_at(order, now, world))


async def _household(service: Service, request: Request, actor: Actor) -> people.Household | None:
    if not request.for_others:
        return None
    behalf.filer(actor)
    if request.household is None:
        return None
    household = await people.household(service.database, request.household)
    if household is None or not behalf.within_reach(household.carer_id, household.grid_id, actor, service.world.tree):
        raise errors.Invalid(
            errors.fault(
                "filed_for.household",
                "没有这个住户，或不在您的包联和网格范围内",
                "no such household among those you look after or serve",
            )
        )
    return household


def _found(service: Service, place: Place | None, home: int | None) -> Found:
    places = service.world.places
    if place is None or (place.grid is None and place.lon is None and place.address is None):
        if home is None:
            raise errors.Invalid(errors.fault("place", "请填写地点", "say where it is"))
        return Found(home, Located.CODE, (home,))
    if place.grid is not None:
        found = places.by_code(place.grid)
        if found.grid_id is None:
            raise errors.Invalid(
                errors.fault(
                    "place.grid", "没有这个网格代码，请核对门牌二维码", "there is no grid of that code: check it"
                )
            )
        return found
    if place.lon is not None and place.lat is not None:
        return places.by_point(place.lon, place.lat)
    return places.by_address(place.address or "")


def request_digest(scope: str, key: str, body: bytes) -> tuple[bytes, bytes]:
    """Return the digests of an Idempotency-Key and of the body it came with; neither is stored as it was.

    Keys of different scopes never meet; the body is compared as JSON, so that white space and the order of its fields
    don't matter.
    """
    canonical = orjson.dumps(orjson.loads(body), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(f"{scope}:{key}".encode()).digest(), hashlib.sha256(canonical).digest()
