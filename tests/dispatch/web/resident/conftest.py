"""A resident with a phone: its browser follows links, keeps cookies and sends forms, and runs no script."""

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Shown:
    """A page as it arrived: where it is, its status, and its text as written and as read."""

    address: str
    status: int
    html: str

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    def hidden(self, form: str, name: str) -> str:
        """A hidden field of the form with that action."""
        part = self.html[self.html.index(f'name="action" value="{form}"') :]
        return re.search(rf'name="{name}" value="([^"]*)"', part)[1]

    @property
    def actions(self) -> list[str]:
        return re.findall(r'name="action" value="([^"]*)"', self.html)


@dataclass(frozen=True)
class Phone:
    """What one does on it."""

    door: Any

    async def open(self, address: str, **more: Any) -> Shown:
        return await self._ask("GET", address, **more)

    async def send(self, address: str, **fields: str) -> Shown:
        client = self.door.client
        sent = {name.replace("__", "."): value for name, value in fields.items()}
        return await self._ask("POST", address, data=sent, headers={"Origin": f"http://{client.host}:{client.port}"})

    async def _ask(self, method: str, address: str, **more: Any) -> Shown:
        async with self.door.client.request(method, address, **more) as answer:
            return Shown(str(answer.url.relative()), answer.status, await answer.text())

    def forget_everything(self) -> None:
        self.door.client.session.cookie_jar.clear()

    async def file(self, **change: str) -> tuple[Shown, str, str]:
        """File as the page does, and return the page that follows, the number and the code."""
        fields = {
            "category": "0901",
            "text": "邻居家的水流到我家门口",
            "place__grid": "141123100016",
            "contact__phone": "10003000001",
            "key": "a-key",
        }
        shown = await self.send("/file", **{**fields, **change})
        number = re.search(r"/o/(\d{15})", shown.address)[1]
        return shown, number, "".join(re.search(r"查询码 (\d{4}) (\d{4})", shown.text).groups())

    async def do(self, number: str, action: str, **fields: str) -> Shown:
        """Send the form of an action as the page has it."""
        page = await self.open(f"/o/{number}")
        given = {f"{action}__{name}": value for name, value in fields.items()}
        hidden = {name: page.hidden(action, name) for name in ("version", "key")}
        return await self.send(f"/o/{number}", action=action, **hidden, **given)


@pytest.fixture
def phone(door) -> Phone:
    return Phone(door)
