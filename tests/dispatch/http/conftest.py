"""The service over real HTTP, with a clock that the test moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dispatch.demo.accounts import DEMO_PASSWORD, accounts
from dispatch.http.app import create_app
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import sweep

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
        if phone not in self.tokens:
            async with self.client.post(
                "/api/v1/sessions", json={"phone": phone, "password": DEMO_PASSWORD}
            ) as answer:
                assert answer.status == 201, await answer.text()
                self.tokens[phone] = (await answer.json())["token"]
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

    async def sweep(self) -> None:
        await sweep(self.service, self.service.now())


@pytest.fixture
async def door(service: Service) -> AsyncIterator[Door]:
    async with TestClient(TestServer(create_app(service))) as client:
        opened = Door(client, service)
        opened.set_time(MONDAY)
        yield opened


@pytest.fixture(scope="session")
def phones() -> dict[str, str]:
    """The demo accounts' phones by a name of their own."""
    found: dict[str, str] = {}
    for account in accounts():
        found.setdefault(account.role.value, account.phone)
        found[account.person_code] = account.phone
        found[account.en] = account.phone
    return found
