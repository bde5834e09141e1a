"""代点单: for a household, for anybody, and from a chat message."""

import io
import re

import pytest
from PIL import Image

CARER = "member there who looks after households"
TEXT = {
    "category": "0901",
    "text": "邻居家的水流到我家门口",
    "contact__phone": "10003000001",
    "place__grid": "141123100016",
}


def number(page):
    return "".join(re.search(r"(\d{6})-(\d{4})-(\d{4})-(\d)", page.text).groups())


async def test_it_is_filed_for_a_household_with_three_answers(at_work):
    carer = at_work(CARER)
    household = (await carer.call("GET", "/me/households?mine=true"))["items"][0]
    page = await carer.open("/member/file")
    assert f'value="{household["code"]}"' in page.html
    filed = await carer.tap(page, "/member/file", category="0201", text="路灯不亮", household=household["code"])
    assert (filed.status, "已登记" in filed.text) == (200, True)
    order = await carer.call("GET", f"/orders/{number(filed)}")
    assert order["filed_for"]["household"] == household["code"]
    assert order["filed_for"]["channel"] == "visit"
    assert order["grid"]["code"] == household["grid"]["code"]


async def test_the_query_code_is_told_once_and_stands_in_no_address(door, member):
    filed = await member.tap(await member.open("/member/file"), "/member/file", **TEXT)
    code = "".join(re.search(r"查询码 (\d{4}) (\d{4})", filed.text).groups())
    assert code not in filed.address
    status, _ = await door.call("GET", f"/orders/{number(filed)}", code=code)
    assert status == 200


async def test_sent_twice_it_is_filed_once(member):
    page = await member.open("/member/file")
    first = await member.tap(page, "/member/file", **TEXT)
    second = await member.tap(page, "/member/file", **TEXT, checked="1")
    assert number(first) == number(second)


async def test_what_may_be_the_same_matter_is_shown_before_anything_is_filed(member, offered):
    known = await offered(text=TEXT["text"])
    hinted = await member.tap(await member.open("/member/file"), "/member/file", **TEXT)
    assert "可能已经有人点过：1 单" in hinted.text
    assert f"/member/o/{known['id']}" in hinted.links("/member/o/")
    assert hinted.forms["/member/file"]["text"] == TEXT["text"]
    assert len((await member.call("GET", "/orders"))["items"]) == 1, "nothing was filed yet"
    filed = await member.tap(hinted, "/member/file")
    assert "已登记" in filed.text
    assert number(filed) != known["id"]


@pytest.mark.parametrize("left_out", ["category", "text", "contact__phone", "place__grid"])
async def test_what_is_missing_is_named_and_the_rest_is_kept(member, left_out):
    page = await member.open("/member/file")
    typed = {name: value for name, value in TEXT.items() if name != left_out}
    refused = await member.tap(page, "/member/file", **typed)
    assert refused.status == 422
    assert 'role="alert"' in refused.html
    kept = refused.forms["/member/file"]
    assert all(kept[name.replace("__", ".")] == value for name, value in typed.items())
    assert kept["key"] == page.forms["/member/file"]["key"]


async def test_a_photo_is_kept_while_the_form_is_mended(door, member):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
    page = await member.open("/member/file")
    from aiohttp import FormData  # noqa: PLC0415

    sent = FormData({**page.forms["/member/file"], "category": "0901", "text": "看照片", "place.grid": "141123100016"})
    sent.add_field("photos", picture.getvalue(), filename="a.jpg", content_type="image/jpeg")
    refused = await member.send("/member/file", sent)
    assert refused.status == 422
    assert "已收到 1 张照片" in refused.text
    filed = await member.tap(refused, "/member/file", contact__phone="10003000001")
    order = await member.call("GET", f"/orders/{number(filed)}")
    (photo,) = order["photos"]
    shown = await member.open(f"/member/o/{order['id']}")
    assert f"/member/o/{order['id']}/photo/{photo['id']}" in shown.html
    cookies = {"session": await door.token(member.phone)}
    async with door.client.get(f"/member/o/{order['id']}/photo/{photo['id']}", cookies=cookies) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")


async def test_a_pasted_message_fills_the_form_in_and_files_nothing(member):
    page = await member.tap(
        await member.open("/member/paste"), "/member/paste", text="3号楼的路灯坏了，电话10003000001，东城社区"
    )
    assert page.status == 200
    form = page.forms["/member/file"]
    assert (form["category"], form["contact.phone"], form["channel"]) == ("0201", "10003000001", "chat")
    assert form["place.grid"].startswith("141123100016")
    assert (await member.call("GET", "/orders"))["items"] == []
    filed = await member.tap(page, "/member/file")
    assert "已登记" in filed.text


async def test_a_message_of_danger_shows_whom_to_call_first(member):
    page = await member.tap(await member.open("/member/paste"), "/member/paste", text="有人煤气中毒晕倒了，在3号楼")
    assert "tel:120" in page.links("tel:")
    assert page.html.index("tel:120") < page.html.index('action="/member/file"')


async def test_an_empty_message_is_refused_kindly(member):
    page = await member.tap(await member.open("/member/paste"), "/member/paste", text=" ")
    assert page.status == 422
    assert 'role="alert"' in page.html


async def test_who_files_for_nobody_has_no_tab_for_it_and_no_page(at_work):
    guest = at_work("in-service member who comes in there")
    assert "/member/file" not in (await guest.open("/member")).links("/member/")
    for address in ("/member/file", "/member/paste"):
        assert (await guest.open(address)).status == 403


async def test_further_households_are_shown_with_all_that_was_typed(member, monkeypatch):
    monkeypatch.setattr("dispatch.web.member.filing.HOUSEHOLDS", 1)
    page = await member.open("/member/file")
    assert not member_links(page), "a link would drop what was typed"
    (after,) = re.findall(r'type="submit" name="more" value="([^"]+)"', page.html)
    shown = await member.tap(page, "/member/file", **TEXT, more=after)
    assert shown.status == 200
    kept = shown.forms["/member/file"]
    assert all(kept[name.replace("__", ".")] == value for name, value in TEXT.items())
    assert kept["after"] == after
    assert (await member.call("GET", "/orders"))["items"] == [], "nothing was filed"
    filed = await member.tap(shown, "/member/file")
    assert "已登记" in filed.text


def member_links(page):
    return page.links("/member/file?after")
