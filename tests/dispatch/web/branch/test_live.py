"""A board that is open changes by itself: a stream says that something has changed, and the board asks what."""

import asyncio

import pytest

from dispatch.web.branch import live

DESK = {"width": 1440, "height": 900}
SECRETARY = "secretary of Dongcheng community"
COLUMNS, STREAM = "**/branch/columns*", "**/branch/live*"
ALONE = "window.setInterval = () => 0;"  # nothing is asked for in turns
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
