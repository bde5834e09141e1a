"""People at real browsers: Chromium on the whole application, one context for each of them."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

PHONE = {"width": 375, "height": 812}
DESK = {"width": 1440, "height": 900}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-field-trial-config",
    "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding", "--disable-back-forward-cache", "--allow-pre-commit-input",
)  # fmt: skip
"""No page waits for being looked at, and no key is lost that comes before a page is painted."""
SHOTS = Path(os.environ.get("DISPATCH_SHOTS") or "var-screenshots")
AXE = Path(__file__).parents[3] / "dispatch/web/assets/node_modules/axe-core/axe.min.js"


@dataclass
class Person:
    """Somebody at a browser of their own."""

    context: BrowserContext
    page: Page
    base: str
    troubles: list[str]

    async def open(self, path: str) -> Page:
        """Open a page of the service, and see that the browser had nothing to say against it."""
        answer = await self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status < 500, (path, answer.status)
        self.nothing_wrong()
        return self.page

    def nothing_wrong(self) -> None:
        assert not self.troubles, self.troubles

    async def send(self, button: str) -> Page:
        """Press a button that sends a form, and wait for the page it leads to."""
        async with self.page.expect_navigation():
            await self.page.click(button)
        return self.page

    async def log_in(self, door: Any, phone: str) -> None:
        """Log in without the password, whose hash is slow on purpose; a test of its own types one."""
        token = await door.token(phone)
        await self.context.add_cookies([{"name": "session", "value": token, "url": self.base}])

    async def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    async def violations(self) -> list[str]:
        """Return what axe finds against WCAG 2.2 AA, each with the elements concerned."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text("utf-8"))
        found = await self.page.evaluate(
            """async () => (await axe.run(document, {runOnly: {type: "tag", values:
            ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}})).violations"""
        )
        return [f"{one['id']}: {[node['html'] for node in one['nodes']][:3]}" for one in found]

    async def too_wide(self) -> bool:
        """Tell whether anything sticks out at the side."""
        wide = "({scrollWidth, clientWidth}) => scrollWidth > clientWidth"
        return bool(await self.page.evaluate(f"({wide})(document.documentElement)"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a browser that runs as long as the tests: to start one takes longer than most of them."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program is not None, "make test installs Chromium where it is missing"
    folder = tmp_path_factory.mktemp("chromium")
    running = subprocess.Popen(
        [program, "--headless=new", *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={folder}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told = folder / "DevToolsActivePort"
    try:
        until = time.monotonic() + 60
        while not (told.exists() and told.read_text().strip()):
            assert running.poll() is None, "the browser ended"
            assert time.monotonic() < until, "the browser never said where it listens"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{told.read_text().split()[0]}"
    finally:
        running.kill()  # asked to end, it would take its time
        running.wait()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.connect_over_cdp(chromium)
        yield opened
        await opened.close()


@pytest.fixture
async def person(browser: Browser, door: Any) -> AsyncIterator[Callable[..., Any]]:
    """Give a browser context to somebody, as ``await person()``; ``at`` is the size of their screen."""
    base = str(door.client.make_url("/")).rstrip("/")
    async with contextlib.AsyncExitStack() as leaving:

        async def made(at: dict[str, int] = PHONE, **options: Any) -> Person:
            context = await browser.new_context(viewport=at, locale="zh-CN", reduced_motion="reduce", **options)
            leaving.push_async_callback(context.close)
            page = await context.new_page()
            found = Person(context, page, base, [])
            page.on("pageerror", lambda error: found.troubles.append(str(error)))
            page.on("console", lambda said: found.troubles.append(said.text) if said.type == "error" else None)
            return found

        yield made
