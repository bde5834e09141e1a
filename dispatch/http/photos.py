"""Photos over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.orders import given_key, resolved
from dispatch.usecases import photos

KEPT_S = 600
"""How long a browser may keep a photo, in seconds: as long as a look at a contact lasts."""

HEADERS = {
    "Cache-Control": f"private, max-age={KEPT_S}",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What keeps a picture a picture, wherever its address is opened."""


async def upload(call: Call) -> Reply:
    """Keep a photo for the order that will claim it."""
    key = given_key(call)
    ident = await photos.upload(call.service, call.raw, call.actor, call.address, key, call.now)
    return Reply(201, {"photo": ident})


async def show(call: Call) -> Reply:
    """Show a photo of an order."""
    key, actor = await resolved(call)
    return Reply(200, None, HEADERS, await photos.shown(call.service, key, call.path["photo"], actor))
