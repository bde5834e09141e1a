"""Pasting a chat message over HTTP."""

from dispatch.http.drafting_shapes import Pasted
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import drafting


async def draft(call: Call) -> Reply:
    """Make a draft of a pasted message; nothing is filed."""
    body: Pasted = call.body
    return Reply(200, await drafting.drafted(call.service, body.text, call.actor))
