"""Requests that wait on a phone: none is kept in silence, none holds up the others, none is sent too late."""

import re

DOOR = "/file?category=0201&grid=141123100016"

PUT = """async (changes) => {
  const held = (got) => navigator.locks.request("drafts", () => new Promise(() => got()));
  await new Promise(held);
  for (const [key, change] of Object.entries(changes)) {
    const typed = {category: "0201", "place.grid": "141123100016", "contact.phone": "10003000001", ...change.fields};
    const fields = Object.entries({...typed, key});
    const at = Date.now() - (change.days || 0) * 86400000;
    await drafts.keep({key, action: "/file", at, fields, ...(change.refused ? {refused: true} : {})});
  }
}"""
"""Keeps drafts on this phone, as the form does; none is sent before this page is left."""


async def keep(page, **changes) -> None:
    await page.evaluate(PUT, changes)


async def kept(page) -> set[str]:
    return set(await page.evaluate("drafts.all().then((all) => all.map((one) => one.key))"))


async def test_one_that_cannot_be_sent_holds_up_none_and_is_shown_to_be_mended(door, person) -> None:
    resident = await person()
    page = await resident.open("/")

    async def busy(route) -> None:
        failing = "稍后再来" in (route.request.post_data or "")
        await (route.fulfill(status=503, body="") if failing else route.continue_())

    await resident.context.route("**/file", busy)
    await keep(
        page,
        a={"fields": {"text": "稍后再来"}},
        b={"fields": {"text": "电话写错了", "contact.phone": "12345678"}},
        c={"fields": {"text": "路灯不亮"}},
        d={"fields": {"text": "一周前写的"}, "days": 6.5},
    )
    await page.reload()
    await page.wait_for_selector("#drafts-sent:not([hidden])")
    assert (await door.rows())["orders"] == 1
    assert await kept(page) == {"a", "b", "d"}
    assert await page.inner_text("#drafts [data-count]") == "1"
    stuck = page.locator("#drafts-stuck li")
    assert await stuck.count() == 2
    assert "六天" in await stuck.nth(1).inner_text()
    assert not await resident.violations()
    await resident.shot("drafts-stuck")

    await stuck.nth(0).get_by_role("link").click()
    await page.wait_for_selector("#filing-said:not([hidden])")
    assert await page.input_value("[name=text]") == "电话写错了"
    await page.click("#filing button[type=submit]")
    assert "11 位" in await page.inner_text("#e-contact-phone"), "told before it is kept"
    assert await page.get_attribute("[name='contact.phone']", "aria-invalid") == "true"
    await page.fill("[name='contact.phone']", "10003000001")
    await page.click("#filing button[type=submit]")
    await page.wait_for_url("**/o/*")
    number = re.search(r"\d{15}", page.url)[0]
    assert (await door.rows())["orders"] == 2

    page.on("dialog", lambda asked: asked.accept())
    await page.goto(resident.base + "/")
    await page.locator("#drafts-stuck li").get_by_role("button").click()
    await page.wait_for_selector("#drafts-stuck", state="hidden")
    assert await kept(page) == {"a"}
    stored = "caches.match('/').then((kept) => kept.text())"
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert number not in await page.evaluate(stored), "nobody's orders are stored"


async def test_a_place_that_may_be_several_holds_up_nothing_that_waited_for_the_network(door, person) -> None:
    resident = await person()
    page = await resident.open("/")
    await keep(page, a={"fields": {"text": "路灯不亮", "place.grid": "", "place.address": "宋家塔村3号楼"}})
    await page.reload()
    await page.wait_for_selector("#drafts-sent:not([hidden]), #drafts-stuck:not([hidden])")
    assert await kept(page) == set()
    await page.click("#drafts-sent a")
    await page.wait_for_selector("main:has-text('有几处同名')")
    assert (await door.rows())["orders"] == 1


async def test_where_nothing_can_be_kept_nobody_is_told_that_it_was(door, person) -> None:
    resident = await person()
    page = await resident.open(DOOR)
    await page.evaluate(
        "void (IDBObjectStore.prototype.put = () => { throw new DOMException('', 'QuotaExceededError'); })"
    )
    await page.route("**/file?*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    await page.fill("[name=text]", "三号楼门口的路灯不亮")
    await page.fill("[name='contact.phone']", "10003000001")
    submit = page.locator("#filing button[type=submit]")
    await submit.click()
    await page.wait_for_selector("#filing-said:has-text('存不下')")
    assert await submit.is_enabled()
    await page.unroute("**/file?*")
    await submit.click()
    await page.wait_for_url("**/o/*")
    assert (await door.rows())["orders"] == 1


async def test_nothing_is_sent_while_photos_are_drawn(door, person) -> None:
    resident = await person()
    page = await resident.open(DOOR)
    await page.evaluate(
        """void (() => {
          const drawn = createImageBitmap;
          const told = new Promise((go) => { self.go = go; });
          self.drawing = new Promise((begun) => {
            self.createImageBitmap = async (...of) => {
              begun(true);
              await told;
              return drawn(...of);
            };
          });
        })()"""
    )
    one = {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    await page.set_input_files("[name=photos]", [one])
    submit = page.locator("#filing button[type=submit]")
    await page.evaluate("drawing")
    assert await submit.is_disabled()
    await page.evaluate("go()")
    await page.wait_for_selector("#photos-shown li")
    assert await submit.is_enabled()


PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003840180b1f4"
    "b1c20000000049454e44ae426082"
)
"""The smallest picture there is."""
