"""What a browser keeps for the pages: a session, the orders filed on this phone, language and size of type."""

from aiohttp import web

SESSION, HELD, LANG, ELDER = "session", "held", "lang", "elder"

HELD_MOST = 20
"""How many orders a phone keeps the codes of; the oldest goes first (ours)."""

YEAR_S = 365 * 24 * 3600


def held(request: web.Request) -> dict[str, str]:
    """Return the query codes that this phone holds, by the order's id, the newest first."""
    pairs = (part.partition(".") for part in request.cookies.get(HELD, "").split("_") if part)
    return {number: code for number, dot, code in pairs if dot and number.isdigit() and code.isdigit()}


def hold(response: web.StreamResponse, request: web.Request, number: str, code: str) -> None:
    """Let this phone keep an order's code, so that its page opens without typing."""
    kept = {number: code, **{n: c for n, c in held(request).items() if n != number}}
    text = "_".join(f"{n}.{c}" for n, c in list(kept.items())[:HELD_MOST])
    put(response, request, HELD, text, YEAR_S)


def release(response: web.StreamResponse, request: web.Request, *numbers: str) -> None:
    """Let this phone forget the codes of orders."""
    text = "_".join(f"{n}.{c}" for n, c in held(request).items() if n not in numbers)
    put(response, request, HELD, text, YEAR_S)


def put(response: web.StreamResponse, request: web.Request, name: str, value: str, seconds: int | None) -> None:
    """Set a cookie that no script reads and no other site sends along with a form."""
    response.set_cookie(name, value, max_age=seconds, path="/", httponly=True, samesite="Lax", secure=by_tls(request))


def drop(response: web.StreamResponse, name: str) -> None:
    """Remove a cookie."""
    response.del_cookie(name, path="/", httponly=True, samesite="Lax")


def by_tls(request: web.Request) -> bool:
    """Whether the browser came by TLS, as a reverse proxy says, too: a false word only keeps one's own cookie back."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
