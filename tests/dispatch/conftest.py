"""The service over real HTTP, with a clock that the test moves."""

import asyncio
import functools
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.demo.accounts import accounts
from dispatch.http.openapi import document
from dispatch.storage import people
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import sweep
from dispatch.web.app import create_app

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai


@dataclass(frozen=True)
class HandClock:
    """A clock that stands where it is put."""

    at: datetime
    rate: float = 1.0
    plain: bool = False

    def now(self) -> datetime:
        return self.at


@dataclass
class Door:
    """What the people of a test do: through HTTP, as anybody would."""

    client: TestClient
    service: Service
    tokens: dict[str, str] = field(default_factory=dict)

    def set_time(self, at: datetime) -> None:
        self.service.clock = HandClock(at)  # type: ignore[assignment]

    def wait(self, **span: float) -> None:
        self.set_time(self.service.now() + timedelta(**span))

    async def call(
        self, method: str, path: str, *, who: str | None = None, code: str | None = None, json: Any = None, **more: Any
    ) -> tuple[int, Any]:
        headers = dict(more.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {await self.token(who)}"
        if code is not None:
            headers["X-Query-Code"] = code
        prefix = "" if path.startswith(("/healthz", "/readyz", "/metrics", "/openapi")) else "/api/v1"
        async with self.client.request(method, prefix + path, json=json, headers=headers, **more) as answer:
            body = await answer.read()
            return answer.status, (await answer.json(content_type=None) if body else None)

    async def token(self, phone: str) -> str:
        """Open a session without the password, whose hash is slow on purpose; test_sessions logs in as people do."""
        if phone not in self.tokens:
            known = await people.credentials(self.service.database, phone)
            assert known is not None, phone
            token, now = secrets.token_urlsafe(32), self.service.now()
            ends = now + timedelta(hours=self.service.settings.session_hours)
            digest = hashlib.sha256(token.encode()).digest()
            assert await people.open_session(self.service.database, digest, known[0], known[2], now, ends), phone
            self.tokens[phone] = token
        return self.tokens[phone]

    async def file(self, **change: Any) -> dict[str, Any]:
        body = {
            "category": "0901",
            "text": "邻居家的水流到我家门口",
            "place": {"grid": "141123100016"},
            "contact": {"phone": "10003000001", "name": "演示群众001"},
        }
        status, order = await self.call("POST", "/orders", json={**body, **change})
        assert status == 201, order
        return order

    async def act(self, order: dict[str, Any], action: str, **more: Any) -> dict[str, Any]:
        who, code = more.pop("who", None), more.pop("code", None)
        status, answer = await self.call(
            "POST", f"/orders/{order['id']}/actions", who=who, code=code, json={"action": action, **more}
        )
        assert status == 200, answer
        return answer

    async def reveal(self, order: dict[str, Any], who: str, reason: str = "call") -> dict[str, Any]:
        """Tap for the resident's contact."""
        status, shown = await self.call(
            "POST", f"/orders/{order['id']}/contact-views", who=who, json={"reason": reason}
        )
        assert status == 201, shown
        return shown

    async def sweep(self) -> None:
        await sweep(self.service, self.service.now())

    async def send(self, method: str, path: str, **more: Any) -> "Heard":
        """Send anything at all, and hear the answer as it is."""
        async with self.client.request(method, path, **more) as answer:
            return Heard(answer.status, dict(answer.headers), await answer.read())

    async def say(self, words: bytes) -> "Heard":
        """Say ``words`` to the socket itself: what no decent client would send."""
        reader, writer = await asyncio.open_connection(self.client.host, self.client.port)
        try:
            writer.write(words)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            first, *lines = head.decode().strip().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            body = await asyncio.wait_for(reader.readexactly(int(headers["Content-Length"])), 10)
        finally:
            writer.close()
        return Heard(int(first.split()[1]), headers, body)

    async def rows(self) -> dict[str, int]:
        """Count what is on record."""
        tables = ("orders", "order_contents", "events", "event_texts", "outbox", "idempotency")
        row = await self.service.database.fetchrow(
            f"SELECT {', '.join(f'(SELECT count(*) FROM {table}) AS {table}' for table in tables)}"  # noqa: S608
        )
        return dict(row)


@dataclass(frozen=True)
class Heard:
    """An answer: its status, headers and bytes."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    def refusal(self) -> tuple[int, str]:
        """Status and code of a problem that is in the form it should be."""
        if self.headers["Content-Type"] != "application/problem+json":
            return self.status, self.body.decode()
        problem = self.json
        assert problem["status"] == self.status
        assert problem["detail"]
        assert_fits(problem, "Problem")
        return self.status, problem["code"]


def assert_fits(value: Any, schema: str) -> None:
    """Hold an answer to a schema of the published document."""
    _validator(schema).validate(value)


@functools.cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    return jsonschema.Draft202012Validator(whole)


@pytest.fixture(scope="session")
def fits() -> Callable[[Any, str], None]:
    return assert_fits


@pytest.fixture
async def door(service: Service) -> AsyncIterator[Door]:
    client = TestClient(TestServer(create_app(service)))
    await client.start_server()
    opened = Door(client, service)
    opened.set_time(MONDAY)
    yield opened
    async with asyncio.timeout(90):  # a server that does not end is to fail, not to hold up all other tests
        await client.close()


@pytest.fixture(scope="session")
def phones() -> dict[str, str]:
    """The demo accounts' phones by a name of their own."""
    found: dict[str, str] = {}
    for account in accounts():
        found.setdefault(account.role.value, account.phone)
        found[account.person_code] = account.phone
        found[account.en] = account.phone
    return found
