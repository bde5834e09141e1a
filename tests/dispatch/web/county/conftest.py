"""An administrator at a desk: their browser follows links, keeps cookies and sends forms, and runs no script."""

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import FormData

ADMINISTRATOR = "10001000001"


@dataclass(frozen=True)
class Shown:
    """A page as it arrived."""

    address: str
    status: int
    html: str

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    def field(self, name: str) -> str:
        """The value of a field of the page, of a hidden text as well."""
        found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', self.html)
        if found is None:
            found = re.search(rf'<textarea[^>]*name="{re.escape(name)}"[^>]*>(.*?)</textarea>', self.html, re.DOTALL)
        assert found is not None, name
        return html.unescape(found[1])


@dataclass(frozen=True)
class Desk:
    """What one does at it."""

    door: Any

    async def sit_down(self, phone: str = ADMINISTRATOR) -> None:
        """Log in without the password, whose hash is slow on purpose."""
        self.door.client.session.cookie_jar.update_cookies(
            {"session": await self.door.token(phone)}, self.door.client.make_url("/")
        )

    async def open(self, address: str) -> Shown:
        return await self._ask("GET", address)

    async def send(self, address: str, files: dict[str, bytes] | None = None, **fields: str) -> Shown:
        """Send a form; a field's dots are written as double underscores."""
        form = FormData(default_to_multipart=files is not None)
        for name, value in fields.items():
            form.add_field(name.replace("__", "."), value)
        for name, content in (files or {}).items():
            form.add_field("files", content, filename=name, content_type="application/octet-stream")
        client = self.door.client
        return await self._ask("POST", address, data=form, headers={"Origin": f"http://{client.host}:{client.port}"})

    async def _ask(self, method: str, address: str, **more: Any) -> Shown:
        async with self.door.client.request(method, address, **more) as answer:
            return Shown(str(answer.url.relative()), answer.status, await answer.text())


@pytest.fixture
async def stranger(door) -> Desk:
    return Desk(door)


@pytest.fixture
async def desk(door) -> Desk:
    seated = Desk(door)
    await seated.sit_down()
    return seated
