"""我要点单 in a real browser: few taps, with and without scripts, and never twice."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import expect

DOOR = "/q/141123100016"


async def tapped(page) -> None:
    """Fill the form in as somebody in a hurry does."""
    await page.fill("[name=text]", "三号楼门口的路灯不亮，已有三天")
    await page.fill("[name='contact.phone']", "10003000001")
    await page.click("#filing button[type=submit]")


async def filed(page) -> str:
    await page.wait_for_url("**/o/*")
    return page.url.rsplit("/", 1)[1].split("?")[0]


async def test_a_common_matter_takes_five_taps_from_the_code_at_the_door(door, person) -> None:
    resident = await person()
    page = await resident.open(DOOR)
    taps = 0
    await page.click("a.tile:has-text('路灯')")
    await page.wait_for_selector("#filing")
    taps += 1
    for field, words in (("text", "三号楼门口的路灯不亮"), ("contact.phone", "10003000001")):
        await page.click(f"[name='{field}']")
        await page.keyboard.type(words)
        taps += 1
    await page.click("#filing button[type=submit]")
    taps += 1
    number = await filed(page)
    assert taps <= 5
    resident.nothing_wrong()
    text = await page.inner_text("main")
    assert number[:6] in text.replace(" ", "")
    assert (await door.rows())["orders"] == 1
    assert await page.evaluate("document.cookie") == "", "no script reads what a phone holds"


async def test_it_works_without_scripts(door, person) -> None:
    resident = await person(java_script_enabled=False)
    page = await resident.open(DOOR)
    await page.click("a.tile:has-text('路灯')")
    await tapped(page)
    await filed(page)
    assert (await door.rows())["orders"] == 1


@pytest.mark.parametrize("scripts", [True, False])
async def test_what_is_wrong_is_said_at_its_field_and_everything_typed_is_kept(door, person, scripts: bool) -> None:
    resident = await person(java_script_enabled=scripts)
    page = await resident.open("/file?category=0201")
    await page.fill("[name=text]", "路灯不亮")
    await page.fill("[name='contact.phone']", "12345")
    await page.fill("[name='contact.name']", "演示群众001")
    await page.click("#filing button[type=submit]")
    await page.wait_for_selector("[role=alert]")
    assert await page.input_value("[name=text]") == "路灯不亮"
    assert await page.input_value("[name='contact.name']") == "演示群众001"
    assert await page.get_attribute("[name='contact.phone']", "aria-invalid") == "true"
    assert "11 位" in await page.inner_text("#e-contact-phone")
    assert (await door.rows())["orders"] == 0


async def test_sending_the_form_twice_files_once(door, person) -> None:
    resident = await person(java_script_enabled=False)
    page = await resident.open("/file?category=0201&grid=141123100016")
    typed = {name: await page.input_value(f"[name='{name}']") for name in ("category", "key", "place.grid")}
    typed |= {"text": "路灯不亮", "contact.phone": "10003000001"}
    own = {"Sec-Fetch-Site": "same-origin"}
    heard = [await door.send("POST", "/file", headers=own, data=typed, allow_redirects=False) for _ in range(2)]
    assert [one.status for one in heard] == [303, 303]
    assert heard[0].headers["Location"] == heard[1].headers["Location"]
    assert (await door.rows())["orders"] == 1


async def test_a_request_written_without_a_network_is_sent_once_when_it_returns(door, person) -> None:
    resident = await person()
    page = await resident.open("/file?category=0201&grid=141123100016")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await resident.context.set_offline(True)
    await tapped(page)
    await page.wait_for_selector("#filing.is-kept")
    assert "只发一次" in await page.inner_text("#filing-said")
    assert (await door.rows())["orders"] == 0
    await resident.context.set_offline(False)
    await filed(page)
    assert (await door.rows())["orders"] == 1


@pytest.mark.parametrize("switch", ["大字版", "English"])
async def test_what_was_typed_is_still_there_in_larger_type_and_in_the_other_language(person, switch) -> None:
    resident = await person()
    page = await resident.open("/file?category=0201&grid=141123100016")
    await page.fill("[name=text]", "三号楼门口的路灯不亮")
    await page.fill("[name='contact.phone']", "10003000001")
    await page.get_by_text(switch, exact=True).click()
    await page.get_by_text("标准字号" if switch == "大字版" else "中文", exact=True).wait_for()
    await expect(page.locator("[name=text]")).to_have_value("三号楼门口的路灯不亮")
    await expect(page.locator("[name='contact.phone']")).to_have_value("10003000001")
    await page.reload()
    assert await page.input_value("[name=text]") in ("", "三号楼门口的路灯不亮")  # the browser's own doing
    assert await page.evaluate("sessionStorage.length") == 0, "no copy of it stays behind"


@pytest.mark.parametrize("place", ["东城社区3号楼", "宋家塔村3号楼"], ids=["at once", "after a question"])
async def test_who_goes_back_after_filing_does_not_file_the_same_again(door, person, place) -> None:
    resident = await person()
    await resident.open("/")
    page = await resident.open("/file?category=0201")
    for name, typed in (("text", "三号楼门口的路灯不亮"), ("place.address", place), ("contact.phone", "10003000001")):
        await page.fill(f"[name='{name}']", typed)
    key = await page.input_value("[name=key]")
    await page.click("#filing button[type=submit]")
    if place.startswith("宋"):
        await page.click(".which .tick:nth-of-type(2)")
        await page.click(".which button")
    await page.wait_for_url("**/o/*")
    await page.go_back()
    if place.startswith("宋"):
        await expect(page.locator("[name=text]")).to_have_value("")
        await expect(page.locator("[name='place.address']")).to_have_value("")
        assert await page.input_value("[name=key]") != key
        await page.fill("[name=text]", "另一件事")
        await page.goto(resident.base + "/follow")
        await page.go_back()
        await expect(page.locator("[name=text]")).to_have_value("另一件事")
    else:
        assert await page.locator("#filing").count() == 0, "the form is no longer among the pages before"
    assert (await door.rows())["orders"] == 1


async def test_a_draft_outlives_its_page(door, person) -> None:
    resident = await person()
    page = await resident.open("/file?category=0201&grid=141123100016")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.evaluate(
        """() => new Promise((done) => {
          const workers = navigator.serviceWorker;
          if (workers.controller) done(); else workers.addEventListener("controllerchange", () => done());
        })"""
    )
    await resident.context.set_offline(True)
    await tapped(page)
    await page.wait_for_selector("#filing.is-kept")
    await page.goto(resident.base + "/")  # from the phone's own store
    await page.wait_for_selector("#drafts:not([hidden])")
    assert "1" in await page.inner_text("#drafts")
    await resident.context.set_offline(False)
    await page.wait_for_selector("#drafts-sent:not([hidden])")
    assert (await door.rows())["orders"] == 1


async def test_of_an_answer_that_never_arrived_the_order_is_not_filed_again(door, person) -> None:
    resident = await person()
    page = await resident.open("/file?category=0201&grid=141123100016")

    async def lost(route) -> None:
        await route.fetch()  # the service has it
        await resident.context.set_offline(True)
        await route.abort()  # the phone never hears of that

    await page.route("**/file?*", lost)
    await tapped(page)
    await page.wait_for_selector("#filing.is-kept")
    assert (await door.rows())["orders"] == 1
    await page.unroute("**/file?*")
    await resident.context.set_offline(False)
    await filed(page)
    assert (await door.rows())["orders"] == 1


def camera() -> bytes:
    """A large photo, with what a camera writes into it."""
    picture, written = Image.effect_noise((1500, 1000), 80).convert("RGB"), Image.Exif()
    written[0x010F] = "CAMERA-OF-MINE"
    out = BytesIO()
    picture.save(out, "JPEG", quality=95, exif=written)
    return out.getvalue()


async def chosen(page, files) -> None:
    """Choose photos by their names: the bytes of large ones take seconds each on their way to the browser."""
    talk = await page.context.new_cdp_session(page)
    node = (await talk.send("DOM.getDocument"))["root"]["nodeId"]
    node = (await talk.send("DOM.querySelector", {"nodeId": node, "selector": "[name=photos]"}))["nodeId"]
    await talk.send("DOM.setFileInputFiles", {"nodeId": node, "files": [str(file) for file in files]})


async def test_photos_are_made_smaller_on_the_phone_and_only_four_are_taken(door, person, tmp_path) -> None:
    resident = await person()
    page = await resident.open("/file?category=0201&grid=141123100016")
    taken = [tmp_path / f"{number}.jpg" for number in range(5)]
    for one in taken:
        one.write_bytes(camera())
    await chosen(page, taken)
    await page.wait_for_selector("#photos-shown li:nth-child(4)")
    assert await page.locator("#photos-shown li").count() == 4
    await tapped(page)
    await filed(page)
    row = await door.service.database.fetchrow("SELECT count(*) AS many, max(length(jpeg)) AS most FROM photos")
    assert row["many"] == 4
    assert row["most"] < 600_000


async def test_a_photo_that_is_none_is_refused_and_the_words_are_kept(door, person) -> None:
    resident = await person(java_script_enabled=False)
    page = await resident.open("/file?category=0201&grid=141123100016")
    await page.set_input_files("[name=photos]", [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}])
    await tapped(page)
    await page.wait_for_selector("[role=alert]")
    assert "路灯" in await page.input_value("[name=text]")
    assert (await door.rows())["orders"] == 0
