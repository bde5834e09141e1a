"""A board that is open changes by itself: a stream says that something has changed, and the board asks what."""

import asyncio

import pytest

from dispatch.web.branch import live

DESK = {"width": 1440, "height": 900}
SECRETARY = "secretary of Dongcheng community"
COLUMNS, STREAM = "**/branch/columns*", "**/branch/live*"
ALONE = "window.setInterval = () => 0;"  # nothing is asked for in turns
TOLD = """window.EventSource = class extends EventTarget {
  constructor() { super(); this.readyState = 1; window.tell = () => this.dispatchEvent(new Event("message")); }
  close() { this.readyState = 2; }
}; Object.assign(window.EventSource, {OPEN: 1, CLOSED: 2});"""  # a stream that says what the test says, and no other
STOPPED = "() => { const last = setInterval(() => 0, 1e9); for (let n = 0; n < 99; n += 1) clearInterval(last - n); }"
OFTEN = "const turns = window.setInterval; window.setInterval = (work) => turns(work, 50);"


@pytest.fixture
def quickly(monkeypatch) -> None:
    """Looks often, so that nobody waits for it."""
    monkeypatch.setattr(live, "EVERY_S", 0.05)


@pytest.fixture
def watched(door, phones):
    """The stream of a board as somebody's browser opens it."""

    async def opened(query="", who=SECRETARY):
        cookies = {"session": await door.token(phones[who])}
        return door.client.get(f"/branch/live{query}", cookies=cookies, allow_redirects=False)

    return opened


async def heard(stream):
    """The next message that says anything."""
    while True:
        part = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 30)
        if part != b":\n\n":
            return part.decode()


@pytest.mark.usefixtures("quickly")
async def test_each_change_is_told_and_nothing_of_what_changed(watched, living, door, phones):
    async with await watched() as stream:
        assert stream.content_type == "text/event-stream"
        said = [await heard(stream)]
        order = await living()
        said.append(await heard(stream))
        await door.act(order, "offer", who=phones[SECRETARY], member="M0070")
        said.append(await heard(stream))
    assert len(set(said)) == 3
    assert not [one for one in said if order["id"][6:] in one or "M0070" in one]


@pytest.mark.usefixtures("quickly")
async def test_of_a_board_that_stands_still_nothing_is_told(watched, living):
    await living()
    async with await watched() as stream:
        await heard(stream)
        for _ in range(3):
            assert await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 30) == b":\n\n"


async def test_it_is_told_to_whoever_may_open_the_board_and_to_nobody_else(watched, door):
    for query, who, status in (
        ("", SECRETARY, 200),
        ("?branch=B141123100016", "supervisor of Weifen town", 200),
        ("?branch=B141123", SECRETARY, 403),
        ("", "M0070", 403),
    ):
        async with await watched(query, who) as answer:
            assert answer.status == status, (query, who)
    async with door.client.get("/branch/live", allow_redirects=False) as answer:
        assert answer.status == 303


@pytest.fixture
async def at_board(person, door, phones):
    async def opened(script):
        one = await person(DESK)
        await one.context.add_init_script(script)
        await one.log_in(door, phones[SECRETARY])
        return one

    return opened


async def test_what_comes_in_appears_without_being_asked_for_in_turns(at_board, living):
    one = await at_board(ALONE)
    async with one.page.expect_response(COLUMNS):  # the stream has begun
        await one.open("/branch")
    order = await living()
    await one.page.wait_for_selector(f".board-card[data-order='{order['id']}']")
    one.nothing_wrong()


async def test_without_the_stream_it_asks_in_turns(at_board, living):
    one = await at_board(OFTEN)
    await one.page.route(STREAM, lambda route: route.abort())
    await one.page.goto(one.base + "/branch")  # the browser says that the stream failed
    order = await living()
    await one.page.wait_for_selector(f".board-card[data-order='{order['id']}']")


async def test_who_wants_updates_again_has_what_came_meanwhile(at_board, living):
    one = await at_board(ALONE)
    async with one.page.expect_response(COLUMNS):
        await one.open("/branch")
    await one.page.click(".board-tools summary")
    await one.page.uncheck("#fresh")
    order = await living()
    async with one.page.expect_request(STREAM):
        await one.page.check("#fresh")
    await one.page.wait_for_selector(f".board-card[data-order='{order['id']}']")
    one.nothing_wrong()


async def test_a_request_that_is_never_answered_holds_up_no_other(at_board, living):
    one = await at_board("")
    lost = []

    async def swallowed(route):
        if lost:
            await route.continue_()
        lost.append(route)

    await one.page.clock.install()
    await one.page.route(COLUMNS, swallowed)
    async with one.page.expect_request(COLUMNS):
        await one.open("/branch")
    order = await living()
    for _ in range(2):  # it is given up, and asked for again in turn
        await one.page.clock.fast_forward("15")
    await one.page.wait_for_selector(f".board-card[data-order='{order['id']}']")


@pytest.fixture
async def pressing(at_board, living):
    """A board with a card on which somebody presses as ``event`` says; what comes in then is asked for, once."""

    async def pressed(event, script=TOLD):
        await living()
        one = await at_board(script)
        await one.open("/branch")
        await one.page.wait_for_function("'tell' in window")
        await one.page.dispatch_event(".board-card", "pointerdown", {"bubbles": True, **event})
        order = await living()
        async with one.page.expect_response(COLUMNS) as answer:
            await one.page.evaluate("tell()")
        await (await answer.value).finished()
        return one.page, f".board-card[data-order='{order['id']}']"

    return pressed


async def test_another_button_of_the_mouse_holds_up_nothing(pressing):
    page, came = await pressing({"button": 2})  # its menu hides from the page that it is let go
    await page.wait_for_selector(came)


@pytest.mark.parametrize(
    "let_go",
    [
        "document.dispatchEvent(new PointerEvent('pointerup'))",
        "document.dispatchEvent(new PointerEvent('pointercancel'))",
        "document.dispatchEvent(new PointerEvent('pointermove', {buttons: 0}))",
        "window.dispatchEvent(new Event('blur'))",
    ],
)
async def test_a_card_stays_while_a_finger_is_on_it_and_no_longer(pressing, let_go):
    page, came = await pressing({"button": 0})
    assert await page.locator(came).count() == 0
    await page.evaluate(let_go)
    await page.wait_for_selector(came)


async def test_what_is_pressed_beside_the_board_holds_up_nothing(at_board, living):
    one = await at_board(TOLD)
    await one.open("/branch")
    await one.page.wait_for_function("'tell' in window")
    await one.page.dispatch_event("h1", "pointerdown", {"bubbles": True, "button": 0})
    order = await living()
    await one.page.evaluate("tell()")
    await one.page.wait_for_selector(f".board-card[data-order='{order['id']}']")


async def test_a_tap_asks_for_nothing_where_updates_are_switched_off(pressing):
    page, _ = await pressing({"button": 0})
    asked = []
    await page.evaluate("document.getElementById('fresh').click()")
    page.on("request", lambda request: asked.append(request.url))
    await page.evaluate("document.dispatchEvent(new PointerEvent('pointerup'))")
    await page.evaluate("fetch('/healthz')")  # whatever was asked for has been asked for before this
    assert [url for url in asked if "columns" in url] == []


async def test_in_a_rush_it_asks_seldom_and_the_last_change_is_seen(at_board, living):
    one, asked = await at_board(TOLD), []
    page = one.page
    page.on("request", lambda request: asked.append(request.url) if "/columns" in request.url else None)
    await page.clock.install(time=0)
    await one.open("/branch")
    await page.wait_for_function("'tell' in window")
    await page.evaluate(STOPPED)
    await page.clock.pause_at(3600)
    for number in (1, 2):
        order = await living()
        came = f".board-card[data-order='{order['id']}']"
        await page.evaluate("() => { for (let n = 0; n < 9; n += 1) tell(); }")
        if number > 1:
            await page.clock.run_for(2900)
            assert len(asked) == 1, "the first was a moment ago"
        await page.clock.run_for(1200)
        async with asyncio.timeout(60):
            while not await page.locator(came).count():  # what waits in the page would wait for its clock
                await asyncio.sleep(0)
        assert len(asked) == number
