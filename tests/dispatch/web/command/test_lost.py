"""A page that is open all day leads to where one logs in once the session is over, and tells when it is cut off."""

import re

import pytest

from dispatch.web.command import live

DESK = {"width": 1440, "height": 900}


@pytest.fixture
async def watching(person, door, phones, monkeypatch):
    """Somebody at a page whose numbers are told often, by streams that are short."""
    monkeypatch.setattr(live, "EVERY_S", 0.05)
    monkeypatch.setattr(live, "STREAM_S", 1.0)

    async def made(path: str):
        one = await person(DESK)
        await one.log_in(door, phones["county supervisor"])
        await one.open(path)
        return one

    return made


@pytest.mark.parametrize("path", ["/command?grid=141123", "/command/wall?grid=141123"])
async def test_once_the_session_is_over_the_page_leads_to_where_one_logs_in(watching, path: str) -> None:
    one = await watching(path)
    await one.context.clear_cookies()
    await one.page.wait_for_url(re.compile("/login"), timeout=20_000)
    assert await one.page.locator("input[name=password]").count() == 1
    assert "grid" in one.page.url, "and back from there"


@pytest.mark.parametrize("path", ["/command", "/command/wall"])
async def test_while_nothing_arrives_the_page_says_so(watching, path: str) -> None:
    one = await watching(path)
    assert await one.page.is_hidden("#lost")
    await one.page.route("**/command/live*", lambda route: route.abort())
    await one.page.wait_for_selector("#lost:not([hidden])", timeout=20_000)
    assert "正在重新连接" in await one.page.inner_text("#lost")
    await one.page.unroute("**/command/live*")
    await one.page.wait_for_selector("#lost", state="hidden", timeout=30_000)
