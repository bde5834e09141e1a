"""Whose address a request comes from, where reverse proxies may stand between."""

from collections.abc import Sequence
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from dispatch.settings import Network

OWN_BITS = 64
"""Of an IPv6 address, so many bits name a household's line; the rest is its own to vary."""


def caller(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address that brakes on guessing count by; of IPv6, the network of one line.

    Args:
        peer: the address at the other end of the connection, "" where there is none.
        forwarded: the values of every X-Forwarded-For header, in their order.
        trusted: the proxies whose word is believed.

    Returns:
        The hop nearest to us that is no trusted proxy; what stands left of it anybody could have written.
    """
    at = _ip(peer)
    if at is None:
        return peer
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while hops and any(at in network for network in trusted):
        before = _ip(hops.pop())
        if before is None:
            break
        at = before
    return str(at) if isinstance(at, IPv4Address) else str(ip_network((int(at), OWN_BITS), strict=False))


_at_the_door = lru_cache(maxsize=1024)(partial(caller, forwarded=(), trusted=()))
"""Of whoever comes without a word of others: a connection asks again and again. What strangers write is not kept."""


def address(request: web.Request, trusted: Sequence[Network]) -> str:
    """Return the address of a request that brakes on guessing count by, ``trusted`` being the proxies believed."""
    peer = request.remote or ""
    forwarded = request.headers.getall("X-Forwarded-For", ()) if trusted else ()
    return caller(peer, forwarded, trusted) if forwarded else _at_the_door(peer)


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
