"""The ledger's arithmetic (台账): how an event is hashed onto the one before it, and a day's heads onto the day before.

SHA-256 over canonical JSON (sorted keys, UTF-8, times in integer microseconds since 1970 UTC), so that anyone with an
export can recompute it.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from dispatch.domain.order import Event
from dispatch.domain.vocabulary import Clock

GENESIS = bytes(32)
"""What the first event of an order, and the first anchor of a region, is chained to."""

GRACE = timedelta(seconds=60)
"""An anchor covers what happened until this long before it, so that a statement under way can't slip behind it.

``at`` is outside the anchor's hash and is checked as ``through + GRACE``: the grace is part of the format.
"""

OVERLAP = timedelta(days=1)
"""How long before the last anchor's end the next one looks again for events that were written down too late for it.

An event older than that which no anchor holds was put in afterwards with a date of the attacker's choice.
"""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**64 - 1


def _plain(value: Any) -> Any:
    """Return ``value`` with whole floats as integers, as JSON of another hand may write them (RFC 8785 does so too)."""
    return _whole(value) if _has_float(value) else value


def _has_float(value: Any) -> bool:
    """Whether there may be a float in it: nearly always there is none, and to look is a fifth of the work of a copy."""
    for item in value.values() if type(value) is dict else value:
        kind = type(item)
        if kind is str or kind is int or kind is bool or item is None:
            continue
        if kind is dict or kind is list or kind is tuple:
            if _has_float(item):
                return True
        elif isinstance(item, (float, dict, list, tuple)):  # a kind of its own is copied, and so becomes plain
            return True
    return False


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("the ledger holds no number that JSON has not")
        if value.is_integer():
            whole = int(Decimal(repr(value)))  # the digits jsonb keeps, which for large numbers are not all of int's
            return whole if _LEAST_INTEGER <= whole <= _MOST_INTEGER else value
    return value


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def microseconds(at: datetime) -> int:
    """Return ``at`` as integer microseconds since 1970-01-01 UTC."""
    return (at - EPOCH) // _MICROSECOND


def told(times: Mapping[Clock, datetime]) -> dict[str, str]:
    """Return clocks or promises as they stand in the data of an event."""
    return written(times)


def written(values: Mapping[Clock, Any] | Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` as plain JSON: clocks by their words, and moments in ISO 8601 as ``isoformat`` writes them."""
    # one look through all of them takes a third of the time of an ``isoformat`` for each
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(values), option=orjson.OPT_NON_STR_KEYS))
    return plain


def link(previous: bytes, body: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of ``body`` chained to the hash before it: 32 bytes, the same after a stay in jsonb.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    return hashlib.sha256(previous + _canonical(_plain(dict(body)))).digest()


def digest(salt: bytes, content: Mapping[str, Any]) -> str:
    """Return the salted SHA-256, in hex, that stands in the ledger for erasable ``content``.

    Like ``event_hash`` it gives the same whether or not the content has lain in a jsonb column, which keeps the value
    of a number but not how it was written.

    Raises:
        ValueError: a number is infinite or not a number.
    """
    return hashlib.sha256(salt + _canonical(_plain(dict(content)))).hexdigest()


def event_hash(previous: bytes, event: Event) -> bytes:
    """Return the 32-byte hash of ``event`` chained to the hash before it; texts enter by their digest in ``data``.

    Raises:
        ValueError: a number in ``data`` is infinite or not a number.
    """
    body = {
        "region": event.region,
        "order": event.order_id,
        "version": event.version,
        "at": microseconds(event.at),
        "due_at": None if event.due_at is None else microseconds(event.due_at),
        "action": event.action._value_,
        "party": event.party._value_,
        "actor": event.actor_id,
        "from": event.from_state._value_,
        "to": event.to_state._value_,
        "level": event.level,
        "branch": event.branch_id,
        "assignee": event.assignee_id,
        "data": _plain(dict(event.data)),
        "request": None if event.request_key is None else event.request_key.hex(),
    }
    return hashlib.sha256(previous + _canonical(body)).digest()


ACTS = 0
"""Stands in an anchor where an order's id would (those begin at 1): its version and head are a county act's.

It is the newest act that was covered; the acts are chained, so that it vouches for every one before it.
"""


class AnchorHash:
    """The hash of one anchor in the making: heads are added in the order of their order ids, however many there are."""

    def __init__(self, previous: bytes, region: int, number: int, through: datetime) -> None:
        self._running = hashlib.sha256(previous)
        self._running.update(_canonical([region, number, microseconds(through)]))

    def add(self, order_id: int, version: int, head: bytes) -> None:
        """Take in the head of the next order, or before all orders that of the county's acts under ``ACTS``."""
        # signed, so that a row altered to a negative number is still a row that can be hashed and found wanting
        self._running.update(order_id.to_bytes(8, signed=True) + version.to_bytes(4, signed=True) + head)

    def digest(self) -> bytes:
        """Return the 32-byte hash over everything added so far."""
        return self._running.digest()


def anchor_hash(
    previous: bytes, region: int, number: int, through: datetime, heads: Iterable[tuple[int, int, bytes]]
) -> bytes:
    """Return the hash of one anchor over ``heads`` (order id, version, head), which must come sorted by order id."""
    running = AnchorHash(previous, region, number, through)
    for order_id, version, head in heads:
        running.add(order_id, version, head)
    return running.digest()


@dataclass(frozen=True, slots=True)
class Anchor:
    """One link of a region's chain of anchors (锚): what moved up to ``through``, written down.

    ``orders`` is how many orders; the head of the county's acts, where they moved, is not counted in it.
    """

    region: int
    number: int
    at: datetime
    through: datetime
    orders: int
    previous: bytes
    hash: bytes
