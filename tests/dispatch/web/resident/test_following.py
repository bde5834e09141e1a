"""An order on its resident's phone: opened by number and code, and forgotten again."""

import io
import re

import pytest
from PIL import Image

from dispatch.domain import numbers
from dispatch.domain.vocabulary import MILESTONES
from dispatch.web import wording

MOST_BYTES = 15 * 1024
PETITION = {
    "category": "9002",
    "text": "我对补偿的决定不服",
    "place.grid": "141123100016",
    "contact.phone": "10003000001",
    "key": "a-key-of-a-petition",
}


async def test_after_filing_the_page_tells_number_code_and_promise(phone, door):
    shown, number, code = await phone.file()
    assert shown.status == 200
    assert numbers.grouped(number) in shown.text
    assert code not in shown.address
    status, answer = await door.call("GET", f"/orders/{number}/deadlines", code=code)
    assert status == 200
    assert len(shown.html.encode()) <= MOST_BYTES
    promised = [one for one in answer["items"] if one["clock"] in MILESTONES]
    assert shown.text.count("最迟") >= 2 * len(promised) == 6
    for one in promised:
        for day in one["promise"]["days"]:
            assert day["note"]["zh"] in shown.text


@pytest.mark.parametrize(
    ("lang", "says", "counted"),
    [
        ("zh", "最晚 {} 前答复您", "周末和节假日也算在内"),
        ("en", "an answer by {} at the latest", "Weekends and holidays count"),
    ],
)
async def test_when_the_answer_comes_is_said_in_plain_words_with_why(phone, door, lang, says, counted):
    _, number, code = await phone.file()
    shown = await phone.open(f"/o/{number}?lang={lang}")
    _, answer = await door.call("GET", f"/orders/{number}/deadlines", code=code)
    promise = next(one["promise"] for one in answer["items"] if one["clock"] == "resolve")
    assert says.format(wording.moment(promise["due"], lang, door.service.now())) in shown.text
    assert promise["length_label"][lang] in shown.text
    assert counted in shown.text


async def test_an_answer_that_did_not_come_in_time_is_not_promised_any_more(phone, door):
    _, number, _ = await phone.file()
    door.wait(days=30)
    shown = await phone.open(f"/o/{number}")
    assert "现在晚了" in shown.text
    assert "最晚" not in shown.text


WAITS = {
    "parked": ("park", {"on": "2027-03-01"}, "已挂账，时限从 {since} 起停着，{day}再接着算"),
    "held": ("hold", {}, "在等有关部门答复，时限从 {since} 起停着"),
    "waited": (None, {}, "在等您答复，时限从 {since} 起停着"),
}


@pytest.mark.parametrize("kind", WAITS)
async def test_while_the_clock_stands_still_no_day_is_promised(phone, door, phones, kind):
    _, number, _ = await phone.file()
    order, member, head = {"id": number}, phones["M0070"], phones["secretary of Dongcheng community"]
    await door.act(order, "offer", who=head, member="M0070")
    await door.act(order, "accept", who=member)
    asked, more, says = WAITS[kind]
    if asked == "hold":
        await door.act(order, "whistle", who=head, unit="D141123100", text="请来看看", within="5d", required=True)
    if asked is None:
        await door.act(order, "pause", who=member, reason="家中无人")
    else:
        await door.act(order, "ask", who=member, matter=asked, reason="要等一等", **more)
        await door.act(order, asked, who=phones["supervisor of Weifen town"], reason="同意")
    now = door.service.now()
    since, day = wording.moment(now, "zh", now), wording.day("2027-03-01T09:00:00+08:00", "zh", now)
    shown = await phone.open(f"/o/{number}")
    assert says.format(since=since, day=day) in shown.text
    assert "答复您的时间就往后顺延多久" in shown.text
    promise = shown.html[shown.html.index('id="promise"') : shown.html.index('id="why-then"')]
    assert "最晚" not in shown.text
    assert promise.count("最迟") == 1, "of that alone which was done already: that somebody accepts"
    door.wait(days=40 if kind == "parked" else 0)
    shown = await phone.open(f"/o/{number}")
    assert ("最晚" in shown.text, "现在晚了" in shown.text) == (False, False)


async def test_what_nobody_handles_any_more_is_not_said_to_be_late(phone, door, phones):
    _, number, _ = await phone.file()
    door.wait(days=30)
    await door.act({"id": number}, "redirect", who=phones["supervisor of Weifen town"], to="信访局", reason="不归这里")
    shown = await phone.open(f"/o/{number}")
    assert "不归这里办理" in shown.text
    assert "现在晚了" not in shown.text
    assert "对您的承诺" not in shown.text


async def test_what_comes_if_nobody_acts_is_said_by_its_levels_with_every_step_folded_below(phone, door):
    _, number, code = await phone.file()
    shown = await phone.open(f"/o/{number}")
    _, ahead = await door.call("GET", f"/orders/{number}/forecast", code=code)
    plain, every = shown.html[shown.html.index('id="if-nobody"') :].split('id="if-nobody-steps"')
    for step in ahead["steps"]:
        if step["action"] == "escalate":
            assert f"就交给上一级：{step['branch']['name']}" in plain
        if step["action"] != "warn":
            assert step["says"]["zh"] in every
    assert "不会丢下" in plain
    assert "窗口" not in plain


@pytest.mark.parametrize(
    ("lang", "will", "did"),
    [("zh", "在这里提交只作登记", "也没有替您转交"), ("en", "Sent here it is only put on record", "nor passed on")],
)
async def test_of_a_petition_nothing_is_said_to_be_done_before_it_is(phone, lang, will, did):
    form = await phone.open(f"/file?category=9002&grid=141123100016&lang={lang}")
    assert will in form.text
    assert ("已登记" in form.text, "is on record" in form.text) == (False, False)
    shown = await phone.send("/file", **PETITION)
    assert did in shown.text
    assert will not in shown.text
    assert "已收到您的点单" not in shown.text


async def test_later_the_code_is_still_there_but_no_longer_on_top(phone):
    _, number, code = await phone.file()
    again = await phone.open(f"/o/{number}")
    assert "已收到您的点单" not in again.text
    assert f"{code[:4]} {code[4:]}" in again.text


async def test_the_page_shows_each_step_of_the_ledger_and_each_look_at_the_number(phone, door, phones):
    _, number, code = await phone.file()
    order = {"id": number}
    await door.act(order, "offer", who=phones["secretary of Dongcheng community"], member="M0070")
    member = phones["M0070"]
    await door.act(order, "accept", who=member)
    await door.reveal(order, member)
    await door.act(order, "note", who=member, text="明天带人去看<b>")
    await door.act(order, "note", who=member, text="内部的话", internal=True)
    _, history = await door.call("GET", f"/orders/{number}/events", code=code)
    page = await phone.open(f"/o/{number}")
    assert page.html.count('<span class="small"><time') == len(history["items"])
    assert "“明天带人去看<b>”" in page.text
    assert "明天带人去看<b>" not in page.html
    assert "内部的话" not in page.html
    assert "谁看过我的电话（1 次）" in page.text
    assert "工号 M0070" in page.text
    assert "10003000001" not in page.html


async def test_looks_at_the_place_are_told_apart_from_looks_at_the_number(phone, door, phones):
    _, number, _ = await phone.file()
    order = {"id": number}
    assert "看过地点" not in (await phone.open(f"/o/{number}")).text
    await door.act(order, "offer", who=phones["secretary of Dongcheng community"], member="M0070")
    member = phones["M0070"]
    await door.act(order, "accept", who=member)
    assert (await door.call("GET", f"/orders/{number}", who=member))[0] == 200
    page = await phone.open(f"/o/{number}")
    assert "谁看过我的电话（0 次）" in page.text
    assert "还没有人看过" in page.text
    assert "看过地点（1 次）" in page.text
    await door.reveal(order, member)
    door.wait(minutes=11)
    assert (await door.call("GET", f"/orders/{number}", who=member))[0] == 200
    page = await phone.open(f"/o/{number}")
    assert "谁看过我的电话（1 次）" in page.text
    assert "看过地点（2 次）" in page.text
    assert page.text.count("工号 M0070") == 3


async def test_without_the_code_nothing_of_the_order_is_shown(phone):
    _, number, code = await phone.file()
    phone.forget_everything()
    asked = await phone.open(f"/o/{number}")
    assert "请输入查询码" in asked.text
    assert "邻居家的水" not in asked.html
    wrong = await phone.send(f"/o/{number}/code", code="00000000" if code != "00000000" else "11111111")
    assert wrong.status == 403
    assert "邻居家的水" not in wrong.html
    right = await phone.send(f"/o/{number}/code", code=f"{code[:4]} {code[4:]}")
    assert (right.address, right.status) == (f"/o/{number}", 200)
    assert "邻居家的水" in right.html


@pytest.mark.parametrize("written", [numbers.grouped, str], ids=["in groups", "in one"])
async def test_number_and_code_open_the_order_on_any_phone(phone, written):
    _, number, code = await phone.file()
    phone.forget_everything()
    found = await phone.send("/follow", number=written(number), code=code)
    assert (found.address, found.status) == (f"/o/{number}", 200)


async def test_a_wrong_number_or_code_keeps_the_number_that_was_typed_and_not_the_code(phone):
    _, number, code = await phone.file()
    phone.forget_everything()
    slip = str((int(number[-1]) + 1) % 10)
    for typed, given, status in ((number[:-1] + slip, code, 422), (number, "12345678", 403), (number, "", 422)):
        page = await phone.send("/follow", number=typed, code=given)
        assert (page.address, page.status) == ("/follow", status)
        assert f'value="{typed}"' in page.html
        assert not given or given not in page.html
        assert "没有保存" not in page.text
        assert page.text.count("单号不对") <= 1
        assert 'role="alert"' in page.html


async def test_a_shared_phone_can_forget_an_order(phone):
    _, number, code = await phone.file()
    gone = await phone.send(f"/o/{number}/forget")
    assert gone.address == "/follow?forgotten=1"
    assert number not in gone.html
    assert "请输入查询码" in (await phone.open(f"/o/{number}")).text
    assert (await phone.send("/follow", number=number, code=code)).status == 200


async def test_all_orders_of_a_phone_are_listed_with_what_each_is_and_where_it_stands(phone, door):
    told = []
    for at in range(4):
        assert 'href="/follow">全部' not in (await phone.open("/")).html
        _, number, code = await phone.file(key=f"key-{at}")
        told.append((await door.call("GET", f"/orders/{number}", code=code))[1])
    assert 'href="/follow">全部 4 单' in (await phone.open("/")).html
    shown = await phone.open("/follow")
    for order in told:
        assert f'href="/o/{order["id"]}"' in shown.html
        day = wording.moment(order["submitted_at"], "zh", door.service.now())
        for text in (order["number"], order["category_label"]["zh"], day):
            assert text in shown.text


async def test_a_code_in_the_list_that_opens_nothing_is_dropped(phone, door):
    _, number, code = await phone.file()
    wrong = numbers.grouped(number).replace("-", "")[:-1] + str((int(number[-1]) + 1) % 10)
    held = f"{number}.{code}_{wrong}.00000001"
    door.client.session.cookie_jar.update_cookies({"held": held}, door.client.make_url("/"))
    assert wrong not in (await phone.open("/follow")).html
    kept = {one.key: one.value for one in door.client.session.cookie_jar}["held"]
    assert kept == f"{number}.{code}"


async def test_nobody_is_told_that_they_alone_see_their_order(phone):
    _, number, _ = await phone.file()
    phone.forget_everything()
    asked = (await phone.open(f"/o/{number}")).text
    assert "谁都能看到这一单" in asked
    assert "只有您" not in asked


async def test_a_code_that_opens_nothing_is_dropped(phone, door):
    _, number, _ = await phone.file()
    phone.forget_everything()
    door.client.session.cookie_jar.update_cookies({"held": f"{number}.00000001"}, door.client.make_url("/"))
    assert (await phone.open(f"/o/{number}")).status == 403
    assert (await phone.open(f"/o/{number}")).status == 200  # asks for the code, and tries none


async def test_what_moves_is_sent_only_when_it_has_moved(phone, door):
    shown, number, code = await phone.file()
    mark = shown.html.split('data-mark="')[1].split('"')[0]
    assert (await phone.open(f"/o/{number}/now?seen={mark}")).status == 204
    await door.act({"id": number}, "urge", code=code)
    moved = await phone.open(f"/o/{number}/now?seen={mark}")
    assert moved.status == 200
    assert moved.html.lstrip().startswith('<div class="live" id="live"')
    assert "催办" in moved.text
    phone.forget_everything()
    assert (await phone.open(f"/o/{number}/now?seen={mark}")).status == 204


async def test_a_number_in_groups_leads_to_the_one_address_and_nonsense_to_none(phone):
    _, number, _ = await phone.file()
    assert (await phone.open(f"/o/{numbers.grouped(number)}")).address == f"/o/{number}"
    assert (await phone.open("/o/nonsense")).status == 404


async def test_photos_are_shown_to_the_phone_that_holds_the_code_and_to_no_other(phone, door):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "#a8161c").save(picture, "JPEG")
    sent = await door.send("POST", "/api/v1/photos", data=picture.getvalue(), headers={"Content-Type": "image/jpeg"})
    order = await door.file(photos=[sent.json["photo"]])
    page = await phone.send("/follow", number=order["id"], code=order["query_code"])
    address = re.search(r'<img src="([^"]*)"', page.html)[1]
    shown = await door.send("GET", address)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(shown.body)).size == (40, 30)
    assert (await phone.open(address[:-22] + "x" * 22)).status == 404
    phone.forget_everything()
    assert "请输入查询码" in (await phone.open(address)).text


async def test_nobody_is_told_that_the_handler_alone_sees_the_number(phone):
    page, _, _ = await phone.file()
    for text in (page.text, (await phone.open("/file?category=0901")).text):
        assert "只有承办人和回访的上级能看到" in text
        assert "只有承办人能看到" not in text
