"""A member with a phone: its browser follows links, sends forms as the page has them, and runs no script."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest


class Forms(HTMLParser):
    """The forms of a page by their action, each with what it sends when nothing is changed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self._select: str | None = None
        self._area: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        name = had.get("name")
        if tag == "form":
            self._fields = self.found.setdefault(had["action"], {})
        elif tag == "input" and name:
            chosen = had.get("type") not in ("radio", "checkbox", "file") or "checked" in had
            if chosen:
                self._fields[name] = had.get("value", "")
        elif tag == "textarea" and name:
            self._area, self._fields[name] = name, ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in had or self._select not in self._fields):
            self._fields[self._select] = had["value"]

    def handle_endtag(self, tag: str) -> None:
        self._area = None if tag == "textarea" else self._area
        self._select = None if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._area:
            self._fields[self._area] += data


@dataclass(frozen=True)
class Shown:
    """A page as it arrived: where it is, its status, and its text as written and as read."""

    address: str
    status: int
    html: str

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.html)))

    @property
    def forms(self) -> dict[str, dict[str, str]]:
        return Forms(self.html).found

    def links(self, start: str) -> list[str]:
        return [one for one in re.findall(r'href="([^"]*)"', self.html) if one.startswith(start)]


@dataclass(frozen=True)
class Member:
    """What one does with it."""

    door: Any
    phone: str

    async def open(self, address: str) -> Shown:
        return await self._ask("GET", address)

    async def tap(self, page: Shown, action: str, **fields: str) -> Shown:
        """Send a form of a page, with what is chosen or typed beside what it has already."""
        typed = {name.replace("__", "."): value for name, value in fields.items()}
        return await self.send(action, {**page.forms[action], **typed})

    async def send(self, action: str, fields: dict[str, str]) -> Shown:
        client = self.door.client
        return await self._ask("POST", action, data=fields, headers={"Origin": f"http://{client.host}:{client.port}"})

    async def _ask(self, method: str, address: str, **more: Any) -> Shown:
        cookies = {"session": await self.door.token(self.phone)}
        async with self.door.client.request(method, address, cookies=cookies, **more) as answer:
            return Shown(str(answer.url.relative()), answer.status, await answer.text())

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """What the service says to a program of theirs."""
        status, answer = await self.door.call(method, path, who=self.phone, **more)
        assert status < 300, answer
        return answer


@pytest.fixture
def at_work(door, phones) -> Callable[[str], Member]:
    """Somebody of the demo county by their code or account, as ``at_work("M0070")``."""
    return lambda name: Member(door, phones[name])


@pytest.fixture
def member(at_work) -> Member:
    return at_work("M0070")


@pytest.fixture
def offered(door, phones) -> Callable[..., Any]:
    """File an order and have the secretary offer it, as ``await offered("M0070")``."""

    async def made(*members: str, **change: Any) -> dict[str, Any]:
        order = await door.file(**change)
        return await door.act(
            order, "offer", who=phones["secretary of Dongcheng community"], members=list(members or ("M0070",))
        )

    return made


@pytest.fixture
def handled(door, phones, offered) -> Callable[..., Any]:
    """File an order and have a member accept it, as ``await handled()``."""

    async def made(**change: Any) -> dict[str, Any]:
        return await door.act(await offered(**change), "accept", who=phones["M0070"])

    return made
