"""Somebody of the command at a desk: their browser follows links and keeps cookies, and runs no script."""

import asyncio
import html
import re
from dataclasses import dataclass
from typing import Any

import pytest

COUNTY, TOWN_SUPERVISOR = "county supervisor", "supervisor of Weifen town"


@dataclass(frozen=True)
class Shown:
    """A page as it arrived."""

    status: int
    html: str
    headers: Any

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    def rows(self, table: str) -> list[list[str]]:
        """The cells of the body of a table, as read."""
        part = self.html[self.html.index(f'id="{table}"') :]
        body = part[part.index("<tbody>") : part.index("</tbody>")]
        cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
        return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


@dataclass(frozen=True)
class Desk:
    """What one does at it."""

    door: Any
    phones: dict[str, str]

    async def sit_down(self, who: str) -> None:
        """Log in without the password, whose hash is slow on purpose."""
        token = await self.door.token(self.phones[who])
        client = self.door.client
        client.session.cookie_jar.update_cookies({"session": token}, client.make_url("/"))

    async def open(self, address: str) -> Shown:
        async with self.door.client.get(address) as answer:
            return Shown(answer.status, (await answer.read()).decode("utf-8", "replace"), answer.headers)

    async def bytes(self, address: str) -> bytes:
        async with self.door.client.get(address) as answer:
            assert answer.status == 200
            return await answer.read()

    async def counters(self, who: str, query: str = "") -> Any:
        status, found = await self.door.call("GET", f"/counters{query}", who=self.phones[who])
        assert status == 200
        return found


async def event(content: Any) -> str:
    """The next message of a stream that says anything."""
    while True:
        part = await asyncio.wait_for(content.readuntil(b"\n\n"), 30)
        if part.startswith(b"data: "):
            return "\n".join(line.removeprefix("data: ") for line in part.decode().strip().split("\n"))


@pytest.fixture
async def desk(door, phones) -> Desk:
    found = Desk(door, phones)
    await found.sit_down(COUNTY)
    return found


@pytest.fixture
def heard() -> Any:
    return event
