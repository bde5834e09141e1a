"""Somebody of a branch at a desk: their browser follows links, sends forms as the page has them, runs no script."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest

VOID = {"checkbox", "radio", "submit"}


@dataclass
class Form:
    """A form as it would be sent if nothing were changed, and the buttons it has."""

    address: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    offers: set[str] = field(default_factory=set)

    @property
    def values(self) -> dict[str, str]:
        return dict(self.fields)


class Forms(HTMLParser):
    """Every form of a page, in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._open: Form | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._typed = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(had.get("action", ""), had.get("method", "get"))
            self.found.append(self._open)
        elif self._open is not None and had.get("name"):
            self._field(tag, had)
        elif tag == "option" and self._open is not None and self._select and "selected" in had:
            self._open.fields.append((self._select, had["value"]))

    def _field(self, tag: str, had: dict[str, str]) -> None:
        assert self._open is not None
        self._open.offers.add(had["name"])
        if tag == "button":
            self._open.buttons.append((had["name"], had.get("value", "")))
        elif tag == "input" and (had.get("type") not in VOID or "checked" in had):
            self._open.fields.append((had["name"], had.get("value", "")))
        elif tag == "textarea":
            self._area, self._typed = had["name"], ""
        elif tag == "select":
            self._select = had["name"]

    def handle_data(self, data: str) -> None:
        self._typed += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea" and self._open is not None and self._area is not None:
            self._open.fields.append((self._area, self._typed))
            self._area = None
        elif tag == "select":
            self._select = None


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
    def forms(self) -> list[Form]:
        return Forms(self.html).found

    def form(self, action: str, **has: str) -> Form:
        """The form of an action; of several with it the first that has those values."""
        wanted = {"action": action, **has}
        return next(one for one in self.forms if wanted.items() <= one.values.items())

    def to(self, address: str) -> Form:
        """The first form that is sent to that address."""
        return next(one for one in self.forms if one.address == address)

    @property
    def orders(self) -> set[str]:
        """The orders that stand on it."""
        return set(re.findall(r"/branch/o/(\d+)", self.html))


@dataclass(frozen=True)
class Officer:
    """What one does there."""

    door: Any
    phone: str

    async def open(self, address: str) -> Shown:
        return await self._ask("GET", address)

    async def send(self, form: Form, **fields: str | list[str]) -> Shown:
        """Send a form with what is chosen or typed beside what it has already."""
        client = self.door.client
        data = [pair for pair in form.fields if pair[0] not in fields]
        for name, given in fields.items():
            data += [(name, one) for one in ([given] if isinstance(given, str) else given)]
        headers = {"Origin": f"http://{client.host}:{client.port}"}
        return await self._ask("POST", form.address, data=data, headers=headers)

    async def _ask(self, method: str, address: str, **more: Any) -> Shown:
        cookies = {"session": await self.door.token(self.phone)}
        async with self.door.client.request(method, address, cookies=cookies, **more) as answer:
            return Shown(str(answer.url.relative()), answer.status, await answer.text())

    async def call(self, method: str, path: str, **more: Any) -> Any:
        """What the service says to a program of theirs."""
        status, answer = await self.door.call(method, path, who=self.phone, **more)
        assert status < 300, answer
        return answer

    async def order(self, order: dict[str, Any]) -> Any:
        return await self.call("GET", f"/orders/{order['id']}")


@pytest.fixture
def at_desk(door, phones) -> Callable[[str], Officer]:
    """Somebody of the demo county by their code or account."""
    return lambda name: Officer(door, phones[name])


@pytest.fixture
def secretary(at_desk) -> Officer:
    return at_desk("secretary of Dongcheng community")


@pytest.fixture
def superior(at_desk) -> Officer:
    return at_desk("secretary of Weifen town")


@pytest.fixture
def living(door, phones) -> Callable[..., Any]:
    """File an order and bring it to a point of its life, as ``await living("accepted")``."""
    head, member = phones["secretary of Dongcheng community"], phones["M0070"]

    def steps(until: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for state, who, action, more in (
            ("offered", head, "offer", {"member": "M0070"}),
            ("accepted", member, "accept", {}),
            ("whistled", head, "whistle", {"unit": "D141123100", "text": "请协助确认"}),
            ("asked", member, "ask", {"matter": "extend", "amount": "2d", "reason": "物料明天才到"}),
            ("resolved", member, "resolve", {"answer": "已上门办好"}),
        ):
            aside = state in ("whistled", "asked")
            if not aside or state == until:
                yield who, action, more
            if state == until:
                return

    async def made(until: str = "routed", **change: Any) -> dict[str, Any]:
        order = await door.file(**change)
        for who, action, more in steps(until) if until != "routed" else ():
            if action == "resolve":
                await door.act(order, "contact", who=who, how="phone")
            await door.act(order, action, who=who, **more)
        return order

    return made
