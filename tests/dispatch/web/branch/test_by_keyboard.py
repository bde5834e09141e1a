"""The board in a real browser: by keyboard alone, by dragging, fresh by itself, and open to whoever sees otherwise."""

import pytest

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 812}
SECRETARY = "secretary of Dongcheng community"


@pytest.fixture
async def at_board(person, door, phones):
    async def made(at=DESK):
        one = await person(at)
        await one.log_in(door, phones[SECRETARY])
        await one.open("/branch")
        await one.page.wait_for_selector(".board-tools:not([hidden])", state="attached")
        return one

    return made


async def focused(page):
    return await page.evaluate("document.activeElement.closest('[data-order]')?.dataset.order")


async def test_an_order_is_found_opened_and_dispatched_by_keys_alone(at_board, living, secretary):
    first, second = await living(), await living(category="1001")
    one = await at_board()
    shown = await one.page.eval_on_selector_all(".is-waiting .board-card", "all => all.map(c => c.dataset.order)")
    assert set(shown) == {first["id"], second["id"]}
    for key, order in (("j", shown[0]), ("j", shown[1]), ("k", shown[0]), ("ArrowDown", shown[1])):
        await one.page.keyboard.press(key)
        assert await focused(one.page) == order
    await one.page.keyboard.press("Enter")
    await one.page.wait_for_selector("#panel #order-title:focus")
    best = (await secretary.call("GET", f"/orders/{shown[1]}/candidates"))["items"][1]["member"]
    async with one.page.expect_navigation():
        await one.page.keyboard.press("2")
    assert (await secretary.order({"id": shown[1]}))["assignee"] == best
    await one.page.wait_for_selector("#panel .state-offered")
    await one.page.keyboard.press("Escape")
    assert await one.page.locator("#panel *").count() == 0
    one.nothing_wrong()


async def test_single_keys_can_be_switched_off_and_stay_off(at_board, living, secretary):
    order = await living()
    one = await at_board()
    await one.page.click(".board-tools summary")
    await one.page.uncheck("#keys")
    await one.open(f"/branch?open={order['id']}")
    assert not await one.page.is_checked("#keys")
    await one.page.keyboard.press("1")
    await one.page.keyboard.press("j")
    assert await focused(one.page) is None
    assert (await secretary.order(order))["state"] == "routed"


async def test_a_number_that_is_typed_into_a_field_is_only_typed(at_board, living, secretary):
    order = await living()
    one = await at_board()
    await one.open(f"/branch/o/{order['id']}")
    await one.page.click("#acts ~ .acts summary >> nth=0")
    await one.page.fill("#note-text", "")
    await one.page.type("#note-text", "1")
    assert await one.page.input_value("#note-text") == "1"
    assert (await secretary.order(order))["state"] == "routed"


async def test_a_card_is_dragged_onto_a_candidate(at_board, living, secretary):
    order = await living()
    one = await at_board()
    card = await one.page.locator(".is-waiting .board-card").bounding_box()
    await one.page.mouse.move(card["x"] + 60, card["y"] + 40)
    await one.page.mouse.down()
    await one.page.mouse.move(card["x"] + 90, card["y"] + 50, steps=4)
    await one.page.wait_for_selector("#panel .candidate")
    third = one.page.locator("#panel .candidate").nth(2)
    member, place = await third.get_attribute("data-member"), await third.bounding_box()
    await one.page.mouse.move(place["x"] + 120, place["y"] + 10, steps=6)
    async with one.page.expect_navigation():
        await one.page.mouse.up()
    assert (await secretary.order(order))["assignee"] == member


async def test_what_comes_in_appears_and_neither_focus_nor_ticks_are_lost(at_board, living):
    first = await living()
    one = await at_board()
    await one.page.keyboard.press("j")
    await one.page.keyboard.press("x")
    second = await living(category="1001")
    await one.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await one.page.wait_for_selector(f".board-card[data-order='{second['id']}']")
    assert await focused(one.page) == first["id"]
    assert await one.page.is_checked(f"#tick-waiting-{first['id']}")
    assert await one.page.inner_text("#ticked") == "已选 1 单"


@pytest.mark.drill  # test_every_page looks at the same pages with fewer orders on them
@pytest.mark.parametrize("at", [DESK, PHONE], ids=["desk", "phone"])
async def test_axe_finds_nothing_and_nothing_sticks_out(at_board, person, door, phones, living, at):
    order = await living()
    for stage in ("offered", "accepted", "whistled", "asked", "resolved"):
        await living(stage)
    one = await at_board(at)
    pages = {
        "board": "/branch", "open": f"/branch?open={order['id']}", "order": f"/branch/o/{order['id']}",
        "list": "/branch/list?state=routed", "batch": f"/branch/batch?o={order['id']}",
    }  # fmt: skip
    above = await person(at)
    await above.log_in(door, phones["secretary of Weifen town"])
    supervisor = await person(at)
    await supervisor.log_in(door, phones["supervisor of Weifen town"])
    desk = await person(at)
    await desk.log_in(door, phones["head of the town's desk"])
    looks = [(one, name, path) for name, path in pages.items()] + [
        (above, "decisions", "/branch/decisions"), (desk, "assists", "/branch/assists"),
        (supervisor, "boards", "/branch/boards"), (supervisor, "follow-ups", "/branch/follow-ups"),
    ]  # fmt: skip
    for who, name, path in looks:
        page = await who.open(path)
        await page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        assert await who.violations() == [], name
        assert not await who.too_wide(), name
        await who.shot(f"branch-{name}-{'phone' if at is PHONE else 'desk'}")


async def test_an_order_that_can_not_be_shown_leaves_the_board_as_it_is(at_board, living):
    await living()
    one = await at_board()
    await one.page.route("**/branch/o/*/panel*", lambda route: route.fulfill(status=500, body="<p id=broken>x</p>"))
    await one.page.click(".board-link")
    await one.page.wait_for_selector("#said:has-text('没有打开')", state="attached")
    assert await one.page.locator("#broken").count() == 0
    assert "open=" not in one.page.url
