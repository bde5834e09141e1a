"""Forms of other sites are refused: a browser says itself where a request comes from.

No token in the form: a draft that a phone sends hours later, from its service worker, would carry an old one. Every
browser that the pages are for names the origin of whatever is not GET, and scripts can't forge it.
"""

from urllib.parse import urlsplit

from aiohttp import web

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def from_elsewhere(request: web.Request) -> bool:
    """Tell whether a request that may change something does not come from a page of ours.

    ``Sec-Fetch-Site`` decides where the browser sends it, otherwise the host in ``Origin``; one that sends neither
    can't be told from a foreign one.
    """
    if request.method in SAFE:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() != request.host.lower()
    except ValueError:  # it is no address at all
        return True
