"""The API of a running service as its users meet it: sessions, lists, actions; what goes wrong is counted."""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from dispatch.domain import errors
from dispatch.domain.vocabulary import Action, ContactReason
from dispatch.usecases.demo_county import DEMO_PASSWORD

API = "/api/v1"
PAGE = 100
"""How many orders a page of a list holds."""

ENOUGH = 3
"""For so many orders a field that leans on a moment was refused, and for none taken: that is no chance any more."""

_AT_ONCE = 16
_QUEUE = 4
_LOGINS_AT_ONCE = 2  # each costs the service some 50 ms of a core, on purpose
_CONFLICT, _FORBIDDEN, _INVALID, _ERROR = 409, 403, 422, 400

View = dict[str, Any]
Query = dict[str, str | int]


class UnexpectedError(Exception):
    """The service answered what it should not have; it is counted already."""


class Client:
    """Everybody's telephone: one bounded stream of requests, one session for each person.

    Attributes:
        lost: how often somebody else was first, by the problem's code; this is part of a day.
        problems: how often the service failed, by what was asked, the status and the problem's code.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, overseer: str) -> None:
        self.lost: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self._session = session
        self._base = base_url.rstrip("/")
        self._overseer = overseer
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._logins = asyncio.Semaphore(_LOGINS_AT_ONCE)
        self._tokens: dict[str, asyncio.Task[str]] = {}
        self._at_the_door = 0
        self._taken: set[str] = set()
        self._passed: defaultdict[str, set[str]] = defaultdict(set)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        phone: str | None = None,
        code: str | None = None,
        key: str | None = None,
        json: Any = None,
        query: Query | None = None,
    ) -> tuple[int, Any]:
        """Send one request and return the status and the body.

        Args:
            method: the HTTP method.
            path: what follows the service's address.
            phone: who asks; they are logged in first.
            code: the query code of the order.
            key: the Idempotency-Key.
            json: the body.
            query: what follows the question mark.

        Raises:
            aiohttp.ClientError: the service can't be reached.
        """
        headers = {"Authorization": f"Bearer {await self.token(phone)}"} if phone else {}
        headers |= {"X-Query-Code": code} if code else {}
        headers |= {"Idempotency-Key": key} if key else {}
        request = self._session.request(method, self._base + path, json=json, headers=headers, params=query)
        async with self._gate, request as answer:
            with contextlib.suppress(ValueError):  # something else than our service may answer
                return answer.status, await answer.json(content_type=None)
            return answer.status, None

    async def get(
        self, path: str, *, phone: str | None = None, code: str | None = None, query: Query | None = None
    ) -> Any:
        """Read something that must be there."""
        status, body = await self.ask("GET", API + path, phone=phone, code=code, query=query)
        if status >= _ERROR:
            raise self.unexpected(f"GET {_shape(path)}", status, body)
        return body

    async def token(self, phone: str) -> str:
        """Return somebody's token; the first who asks logs them in."""
        if phone not in self._tokens:
            self._tokens[phone] = asyncio.create_task(self._log_in(phone))
        return await asyncio.shield(self._tokens[phone])

    def known(self, phone: str) -> bool:
        """Tell whether somebody is logged in, or about to be."""
        return phone in self._tokens

    @property
    def crowded(self) -> bool:
        """Whether so many are logging in that whoever comes now would come too late."""
        return self._at_the_door > _QUEUE

    async def leave(self) -> None:
        """Log everybody out."""
        here = [task.result() for task in self._tokens.values() if task.done() and not task.exception()]
        self._tokens.clear()

        async def out(token: str) -> None:
            headers = {"Authorization": f"Bearer {token}"}
            async with self._gate, self._session.delete(f"{self._base}{API}/sessions", headers=headers) as answer:
                if answer.status >= _ERROR:
                    self.unexpected("DELETE /sessions", answer.status, await answer.json(content_type=None))

        await asyncio.gather(*(out(token) for token in here))

    async def act(
        self,
        order: View,
        action: Action,
        *,
        phone: str | None = None,
        code: str | None = None,
        fleeting: str = "",
        **more: Any,
    ) -> View | None:
        """Do something to an order and return it as it then is; None where somebody, or time, was first.

        Args:
            order: as it was when that was decided.
            action: what is done.
            phone: who does it.
            code: the query code, where the resident does.
            fleeting: the field that leans on a time or on other people, and may be right no longer when it arrives.
            more: the other fields.

        Raises:
            UnexpectedError: the service refused what it should not have.
        """
        path = f"/orders/{order['id']}/actions"
        what = f"POST {_shape(path)} {action.value}"
        status, body = await self.ask("POST", API + path, phone=phone, code=code, json={"action": action.value, **more})
        self.leant(order, what, status, body, fleeting)
        if status < _ERROR:
            return dict(body)
        if not await self.overtaken(order, status, body, fleeting):
            raise self.unexpected(what, status, body)
        return None

    async def reveal(self, order: View, phone: str, reason: ContactReason) -> View | None:
        """Look at how the resident is reached, and say why; None where the order is somebody else's meanwhile."""
        path = f"/orders/{order['id']}/contact-views"
        status, body = await self.ask("POST", API + path, phone=phone, json={"reason": reason.value})
        if status < _ERROR:
            return dict(body["contact"])
        if not await self.overtaken(order, status, body):
            raise self.unexpected(f"POST {_shape(path)}", status, body)
        return None

    async def candidates(self, order: View, phone: str) -> list[dict[str, Any]] | None:
        """Return whom an order could be offered to; None where it has left the dispatcher meanwhile."""
        path = f"/orders/{order['id']}/candidates"
        status, body = await self.ask("GET", API + path, phone=phone)
        if status < _ERROR:
            return list(body["items"])
        if not await self.overtaken(order, status, body):
            raise self.unexpected(f"GET {_shape(path)}", status, body)
        return None

    async def overtaken(self, order: View, status: int, body: Any, fleeting: str = "") -> bool:
        """Tell whether a refusal is due to somebody, or to time, that was first, and count it.

        Whoever lost an order to another branch or member is refused as a stranger (403), and what was decided for the
        order as it was may not suit it as it is (422): the version shows that. What leans on a time or on other people
        may pass without a new version.
        """
        if status == _CONFLICT or _passed(status, body, fleeting):
            self.lost[body["code"]] += 1
            return True
        if status != _FORBIDDEN and not _invalid(status, body):
            return False
        present = await self.get(f"/orders/{order['id']}", phone=self._overseer)
        moved: bool = present["version"] != order["version"]
        if moved:
            self.lost[body["code"]] += 1
        return moved

    def leant(self, order: View, what: str, status: int, body: Any, fleeting: str) -> None:
        """Remember how it went with a field that leans on a time or on other people, if there is one."""
        told = f"{what}: always refused ({fleeting})"
        if fleeting and status < _ERROR:
            self._taken.add(told)
        elif _passed(status, body, fleeting):
            self._passed[told].add(order["id"])

    def never_taken(self) -> dict[str, int]:
        """Return what was forgiven each time as too late, and for how many orders: no moment passes for all of them."""
        left = {told: len(ids) for told, ids in self._passed.items() if told not in self._taken}
        return {told: count for told, count in left.items() if count >= ENOUGH}

    async def pages(self, phone: str, **narrowed: str | int) -> AsyncIterator[View]:
        """Yield the orders of a list, page after page, newest first."""
        cursor: str | None = None
        while True:
            more: Query = {} if cursor is None else {"cursor": cursor}
            page = await self.get("/orders", phone=phone, query={"limit": PAGE, **narrowed, **more})
            for order in page["items"]:
                yield order
            cursor = page["next"]
            if cursor is None:
                return

    def unexpected(self, what: str, status: int, body: Any) -> UnexpectedError:
        """Count a failure and return it, to be raised."""
        code = body.get("code", "?") if isinstance(body, dict) else "?"
        fields = ",".join(sorted(faulty(body)))
        problem = f"{what}: {status} {code}{f' ({fields})' if fields else ''}"
        self.problems[problem] += 1
        return UnexpectedError(problem)

    async def _log_in(self, phone: str) -> str:
        credentials = {"phone": phone, "password": DEMO_PASSWORD}
        self._at_the_door += 1
        try:
            async with self._logins:
                status, body = await self.ask("POST", f"{API}/sessions", json=credentials)
        finally:
            self._at_the_door -= 1
        if status >= _ERROR:
            raise self.unexpected("POST /sessions", status, body)
        return str(body["token"])


def faulty(body: Any) -> set[str]:
    """Return the fields that a refusal finds fault with."""
    return {fault["field"] for fault in body.get("errors") or ()} if isinstance(body, dict) else set()


def _invalid(status: int, body: Any) -> bool:
    return status == _INVALID and isinstance(body, dict) and body.get("code") == errors.Invalid.code


def _passed(status: int, body: Any, fleeting: str) -> bool:
    """Tell whether a refusal finds fault with nothing but the field that leans on a moment."""
    return bool(fleeting) and _invalid(status, body) and faulty(body) == {fleeting}


def _shape(path: str) -> str:
    """Give a path without the order's number, so that equal failures are counted together."""
    return "/".join("{id}" if part.isdigit() else part for part in path.split("/"))
