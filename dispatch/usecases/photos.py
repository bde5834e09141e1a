"""Photos: sent one by one, drawn anew, claimed by the request or result they belong to, and seen by who sees its text.

A photo that is sent waits a day. It becomes an order's in the transaction that files the order or reports its result,
so an order on record has all its photos, and a photo is one order's at most.
"""

import re
import secrets
from datetime import datetime

from limits import parse

from dispatch.domain import errors
from dispatch.domain.order import Actor
from dispatch.domain.photos import ID, MOST_BYTES, photo_digest, photo_id, repeated_id
from dispatch.storage import photos
from dispatch.storage.photos import Loose
from dispatch.usecases import reading
from dispatch.usecases.brakes import Brake
from dispatch.usecases.drawing import drawn
from dispatch.usecases.service import Service

PHOTOS_OF_ADDRESS = parse("60/10minutes")
PHOTOS_OF_ADDRESS_A_DAY = parse("600/1day")
"""How many photos an address sends, or a person who is logged in: whole villages stand behind one address."""


async def upload(service: Service, picture: bytes, actor: Actor, address: str, key: str | None, now: datetime) -> str:
    """Keep a picture, drawn anew, for the order that will claim it, and return its id.

    Under the same Idempotency-Key the same picture has the same id, however often it is sent.

    Raises:
        TooLarge: it has too many bytes.
        Invalid: it is no picture that can be read, or has too many pixels.
        TooMany: too many were sent from there.
    """
    if len(picture) > MOST_BYTES:
        raise errors.TooLarge(limit=MOST_BYTES)
    whose = f"address {address}" if actor.person_id is None else f"person {actor.person_id}"
    brakes = Brake(PHOTOS_OF_ADDRESS, "photos", whose), Brake(PHOTOS_OF_ADDRESS_A_DAY, "photos-day", whose)
    async with service.brakes.tried(*brakes):
        await service.brakes.wrong(*brakes)  # each counts, the good ones too: they are kept for a day
    jpeg, salt = await drawn(picture), secrets.token_bytes(16)
    if key is None:
        ident = photo_id(secrets.token_bytes(16))
    else:
        ident = repeated_id(service.secret, "nobody" if actor.person_id is None else whose, key, picture)
    await photos.add_loose(service.database, Loose(ident, now, salt, photo_digest(salt, jpeg), jpeg))
    return ident


async def shown(service: Service, key: tuple[int, int], photo: str, actor: Actor) -> bytes:
    """Return a photo of the order with ``key``, as JPEG, for who may read its text.

    Raises:
        OrderNotFound, NotYours: as for the order.
        PhotoNotFound: the order has no such photo, or has it no more.
    """
    await reading.seen(service, key, actor)
    if not re.match(ID, photo):
        raise errors.PhotoNotFound
    return await photos.picture(service.database, *key, photo)
