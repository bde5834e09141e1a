"""Where a page of orders ends, as the text that asks for the next one."""

import base64
import binascii
from datetime import UTC, datetime

import orjson

from dispatch.domain import errors
from dispatch.domain.ledger import microseconds


def written(at: datetime, region: int, order_id: int) -> str:
    """Return the cursor of the page that follows this key."""
    return base64.urlsafe_b64encode(orjson.dumps([microseconds(at), region, order_id])).decode().rstrip("=")


def read(cursor: str) -> tuple[datetime, int, int]:
    """Return the key that a cursor stands for, or raise Invalid."""
    try:
        micros, region, order_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        at = datetime.fromtimestamp(micros // 10**6, UTC).replace(microsecond=micros % 10**6)
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error) as error:
        raise _no_page() from error
    if not (type(region) is type(order_id) is int and 0 <= region < 2**31 and 0 <= order_id < 2**63):
        raise _no_page()
    return at, region, order_id


def _no_page() -> errors.Invalid:
    return errors.Invalid(errors.fault("cursor", "分页标记无效，请从第一页重新开始", "no such page: begin anew"))
