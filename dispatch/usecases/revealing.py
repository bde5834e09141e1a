"""The resident's contact, shown for ten minutes to who needs it, with a reason that the resident reads (DOMAIN §7)."""

from datetime import datetime
from typing import Any

from dispatch.domain import access, errors
from dispatch.domain.looking import until
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import ContactReason
from dispatch.storage import looks
from dispatch.storage.looks import Look
from dispatch.usecases import views
from dispatch.usecases.references import label
from dispatch.usecases.service import Service


async def reveal(
    service: Service, key: tuple[int, int], actor: Actor, reason: ContactReason, now: datetime
) -> dict[str, Any]:
    """Put on record why somebody needs the contact of the order with ``key``, and return it with until when.

    The same reason again, while the contact is shown, is the same look.

    Raises:
        OrderNotFound: there is no such order.
        NotYours: the actor neither handles the order nor is to ask the resident how it went.
    """
    dossier = await service.find((*key, None))
    if actor.person_id is None or not access.may_reveal(dossier.order, actor, service.world):
        raise errors.NotYours
    tapped = await looks.reveal(service.database, key, actor.person_id, reason, now)
    return {"contact": views.contact_view(dossier, plain=True), "until": until(tapped).isoformat()}


def look_view(look: Look) -> dict[str, Any]:
    """Return a look as the resident reads it."""
    return {
        "by": look.by,
        "from": look.at.isoformat(),
        "until": until(look.at).isoformat(),
        "reason": None if look.reason is None else look.reason.value,
        "reason_label": None if look.reason is None else label(look.reason),
    }
