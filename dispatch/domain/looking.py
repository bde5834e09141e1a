"""How long a look at what is hidden lasts (DOMAIN §7): one tap and a reason show the contact for ten minutes."""

from datetime import UTC, datetime, timedelta

LOOK = timedelta(minutes=10)
"""How long the contact stays shown after the tap, and how long looking at the place counts as the same look."""


def slot(now: datetime) -> datetime:
    """Return when the slot of ten minutes began that ``now`` lies in; in one slot, one look is put on record."""
    seconds = LOOK.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def since(now: datetime) -> datetime:
    """Return the moment after which a tap must have come for the contact still to be shown at ``now``."""
    return now - LOOK


def until(tapped: datetime) -> datetime:
    """Return the moment from which the contact is hidden again."""
    return tapped + LOOK
