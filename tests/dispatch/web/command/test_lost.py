"""A page that is open all day leads to where one logs in once the session is over, and tells when it is cut off."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from dispatch.web import streams
from dispatch.web.command import live

DESK = {"width": 1440, "height": 900}
STREAM = "**/command/live*"
RISES = "**/command/rises*"

HIDDEN = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})"
SEEN = "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"


@dataclass
class Way:
    """The way to an address of the service, which may be cut off; how often it was tried."""

    cut: bool = True
    tried: int = 0

    async def go(self, route: Any) -> None:
        self.tried += 1
        await (route.abort() if self.cut else route.continue_())


async def notice(one: Any, *, shown: bool) -> None:
    """Wait until the page says that nothing arrives, or says so no longer."""
    await one.page.wait_for_selector("#lost", state="visible" if shown else "hidden")
    if shown:
        assert "正在重新连接" in await one.page.inner_text("#lost")


@pytest.fixture
async def somebody(person, door, phones, monkeypatch):
    """Somebody of the command, whose pages are told their numbers often, by streams that are short."""
    monkeypatch.setattr(live, "EVERY_S", 0.05)
    monkeypatch.setattr(streams, "STREAM_S", 1.0)
    one = await person(DESK)
    await one.log_in(door, phones["county supervisor"])
    return one


@pytest.fixture
def watching(somebody):
    """The same at a page that is told its numbers already."""

    async def made(path: str):
        async with somebody.page.expect_response(STREAM):
            await somebody.open(path)
        return somebody

    return made


@pytest.fixture
async def cut_off(somebody) -> Way:
    """The way of the stream, cut off before the page is opened."""
    way = Way()
    await somebody.page.route(STREAM, way.go)
    return way


@pytest.mark.parametrize("path", ["/command?grid=141123", "/command/wall?grid=141123"])
async def test_once_the_session_is_over_the_page_leads_to_where_one_logs_in(watching, path: str) -> None:
    one = await watching(path)
    await one.context.clear_cookies()
    await one.page.wait_for_url(re.compile("/login"))
    assert await one.page.locator("input[name=password]").count() == 1
    assert "grid" in one.page.url, "and back from there"


@pytest.mark.parametrize("path", ["/command", "/command/wall"])
async def test_while_nothing_arrives_the_page_says_so(watching, path: str) -> None:
    one = await watching(path)
    assert await one.page.is_hidden("#lost")
    way = Way()
    await one.page.route(STREAM, way.go)
    await notice(one, shown=True)
    way.cut = False
    await notice(one, shown=False)


@pytest.mark.parametrize("path", ["/command", "/command/wall"])
async def test_a_page_whose_first_request_fails_tries_until_it_is_told_its_numbers(
    somebody, cut_off: Way, door, path: str
) -> None:
    await somebody.page.goto(somebody.base + path)
    await notice(somebody, shown=True)
    async with somebody.page.expect_request(STREAM):
        pass
    await door.file()
    cut_off.cut = False
    await notice(somebody, shown=False)
    await somebody.page.wait_for_selector("#now .counter:first-child dd:text-is('1')")


@pytest.mark.parametrize("path", ["/command", "/command/wall"])
async def test_a_script_that_comes_late_is_waited_for(somebody, path: str) -> None:
    async def late(route: Any) -> None:
        await somebody.page.wait_for_selector("[data-htmx-powered]", state="attached")  # htmx has looked for what to do
        await route.continue_()

    await somebody.page.route("**/sse.js*", late)
    async with somebody.page.expect_response(STREAM):
        await somebody.open(path)


async def test_a_page_that_nobody_looks_at_waits_until_it_is_seen(somebody) -> None:
    page, way = somebody.page, Way()

    async def looked_away_from(route: Any) -> None:
        if way.cut:
            await page.evaluate(HIDDEN)
        await way.go(route)

    await page.clock.install()
    await page.route(STREAM, looked_away_from)
    await page.goto(somebody.base + "/command")
    await notice(somebody, shown=True)
    for _ in range(4):
        await page.clock.fast_forward("10:00")
    assert way.tried == 1
    way.cut = False
    await page.evaluate(SEEN)
    await notice(somebody, shown=False)


async def test_what_presses_most_being_late_once_is_said_no_longer_than_it_is_true(watching) -> None:
    page = (one := await watching("/command")).page
    way = Way()
    await page.route(RISES, way.go)
    ask = "() => htmx.ajax('GET', '/command/rises', {source: document.querySelector('.command-rises [hx-get]')})"
    await page.evaluate(ask)
    await notice(one, shown=True)
    for _ in range(2):  # at the second answer the first one has been taken in
        async with page.expect_response(STREAM):
            pass
    assert await page.is_visible("#lost"), "the stream is not all that has to arrive"
    way.cut = False
    await page.evaluate(ask)
    await notice(one, shown=False)
