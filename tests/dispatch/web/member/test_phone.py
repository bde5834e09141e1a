"""Members' pages on a real phone's browser: nothing sticks out, axe finds nothing, and few taps do it."""

import pytest
from PIL import Image
from playwright.async_api import expect

from dispatch.web.member.deeds import DEEDS

NARROW = {"width": 320, "height": 640}
PAGES = ("/member", "/member/mine", "/member/file", "/member/paste", "/member/me")


@pytest.mark.drill  # test_every_page looks at the same pages, but for the forms of rare actions
@pytest.mark.parametrize("elder", ["0", "1"])
async def test_no_page_has_a_barrier_or_sticks_out(door, person, phones, offered, handled, elder):
    await offered("M0070", "M0071")
    order = await handled()
    await door.reveal(order, phones["M0070"])
    deeds = [f"/member/o/{order['id']}/{name}" for name in DEEDS] if elder == "1" else []  # where there is least room
    somebody = await person(NARROW)
    await somebody.log_in(door, phones["M0070"])
    await somebody.context.add_cookies([{"name": "elder", "value": elder, "url": somebody.base}])
    for path in (*PAGES, f"/member/o/{order['id']}", *deeds):
        page = await somebody.open(path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert not await somebody.too_wide(), path
        assert await somebody.violations() == [], path
        if path not in deeds:
            name = path.split("/")[2] if path.count("/") > 1 else "offers"
            await somebody.shot(f"member-{name}{'-elder' if elder == '1' else ''}")


async def test_an_order_is_accepted_in_one_tap_and_resolved_in_three(door, person, phones, offered):
    order = await offered()
    somebody = await person()
    await somebody.log_in(door, phones["M0070"])
    page = await somebody.open("/member")
    await page.get_by_role("button", name="接单").click()
    await page.get_by_role("status").wait_for()
    await page.get_by_role("link", name="办结").click()
    await page.wait_for_url("**/resolve")
    await page.get_by_role("radio").first.check()
    assert await page.get_by_role("textbox", name="给群众的答复").input_value(), "it can be changed before it is sent"
    await page.get_by_role("button", name="提交").click()
    await page.wait_for_url("**/member/mine?done=resolve")
    await page.get_by_role("status").wait_for()
    somebody.nothing_wrong()
    _, told = await door.call("GET", f"/orders/{order['id']}", who=phones["M0070"])
    assert told["state"] == "resolved"


async def test_a_large_photo_is_made_smaller_before_it_is_sent(door, person, phones, handled, tmp_path):
    Image.effect_noise((2000, 1500), 80).convert("RGB").save(tmp_path / "a.jpg", quality=95)
    order = await handled()
    somebody = await person()
    await somebody.log_in(door, phones["M0070"])
    page = await somebody.open(f"/member/o/{order['id']}/resolve")
    await page.get_by_role("radio").first.check()
    await page.set_input_files("[name=photos]", tmp_path / "a.jpg")
    button = page.get_by_role("button", name="提交")
    await expect(button).to_be_enabled()  # it is not while the photo is drawn
    assert await page.evaluate("document.querySelector('[name=photos]').files[0].size") < 2 * 1024 * 1024
    await button.click()
    await page.get_by_role("status").wait_for()
    _, told = await door.call("GET", f"/orders/{order['id']}", who=phones["M0070"])
    assert [one["kind"] for one in told["photos"]] == ["result"]
