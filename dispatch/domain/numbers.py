"""The public number of an order, made to be read over the telephone: region, eight digits in groups, a check digit.

The eight digits are the region's serial number, scrambled one-to-one, so that neighbours' orders are not neighbours'
numbers and no second index is needed. The check digit is ISO 7064 MOD 11,10: any single wrong digit is noticed.
"""

import hashlib
import hmac
import re
from functools import lru_cache

from stdnum.iso7064 import mod_11_10

_AFTER = tuple({str(digit): ((state or 10) * 2 % 11 + digit) % 10 for digit in range(10)} for state in range(10))
"""What a check comes to by each next digit: a table, since every number that is shown asks for fourteen of them."""

_SPACE = 10**8
_SCRAMBLE = 61_803_399  # prime to the space, so that the map is one-to-one
_UNSCRAMBLE = pow(_SCRAMBLE, -1, _SPACE)
_REGION_DIGITS = 6
_FORM = re.compile(r"(?a:\d{6})(?a:\d{8})(?a:\d)")
_CODE_DIGITS = 8


@lru_cache(maxsize=4096)  # every number asks for it, and a country has some 3,000 counties
def region_prefix(region_code: str) -> str:
    """Return the six digits that stand for a region in numbers: its code, cut or filled with zeros."""
    digits = "".join(ch for ch in region_code if ch in "0123456789")
    return digits[:_REGION_DIGITS].ljust(_REGION_DIGITS, "0")


def number(region_code: str, serial: int) -> str:
    """Return the 15 digits of the order with ``serial`` in that region, without groups: this is its public id."""
    if not 0 < serial < _SPACE:
        raise ValueError(f"serial {serial} does not fit eight digits")
    digits = f"{region_prefix(region_code)}{serial * _SCRAMBLE % _SPACE:08d}"
    check = 5
    for digit in digits:
        check = _AFTER[check][digit]
    return f"{digits}{(1 - (check or 10) * 2 % 11) % 10}"


def grouped(digits: str) -> str:
    """Return a number as people read it: 141123-4829-1037-5."""
    return f"{digits[:6]}-{digits[6:10]}-{digits[10:14]}-{digits[14:]}"


def parse(text: str) -> tuple[str, int] | None:
    """Return (region's six digits, serial) of a number in any grouping, or None where it can't be one."""
    digits = "".join(ch for ch in text if ch not in "- ·")
    if not _FORM.fullmatch(digits) or not mod_11_10.is_valid(digits):
        return None
    serial = int(digits[6:14]) * _UNSCRAMBLE % _SPACE
    return (digits[:6], serial) if serial else None


def query_code(secret: bytes, region: int, order_id: int) -> str:
    """Return the eight digits that let the resident follow this order; derived, so that they are stored nowhere."""
    mac = hmac.new(secret, f"query-code:{region}:{order_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(mac[:8]) % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def same(right: str, given: str) -> bool:
    """Compare two query codes in a time that tells nothing about where they differ."""
    return hmac.compare_digest(right.encode(), given.encode(errors="surrogatepass"))
