"""One order at a member's phone."""

import re

import pytest

from dispatch.domain.vocabulary import Action
from dispatch.web.member.deeds import AT_A_DESK, DEEDS

SECRETARY = "secretary of Dongcheng community"


async def ways(page, order):
    """The actions that the page has a button or a link for."""
    base = f"/member/o/{order['id']}/"
    names = {one.removeprefix(base) for one in (*page.forms, *page.links(base)) if one.startswith(base)}
    return {DEEDS[name].action if name in DEEDS else Action(name) for name in names - {"contact-view"}}


async def test_the_page_has_a_way_for_each_action_that_the_service_allows_and_for_no_other(
    door, member, offered, phones
):
    order = await offered()
    for action, more in (
        ("accept", {}),
        ("pause", {"reason": "没人接"}),
        ("resume", {}),
        ("resolve", {"answer": "好"}),
    ):
        told = await member.call("GET", f"/orders/{order['id']}")
        page = await member.open(f"/member/o/{order['id']}")
        assert await ways(page, order) == set(map(Action, told["actions"])), told["state"]
        await door.act(order, action, who=phones["M0070"], **more)
    assert (await member.open(f"/member/o/{order['id']}")).status == 200


async def test_who_filed_for_somebody_has_a_way_for_what_these_may_do(door, member, phones):
    status, order = await door.call(
        "POST", "/orders", who=phones["M0070"],
        json={"category": "0901", "text": "水", "place": {"grid": "141123100016"}, "contact": {"phone": "10003000001"},
              "filed_for": {"channel": "phone"}},
    )  # fmt: skip
    assert status == 201
    for step in (None, "withdraw"):
        if step is not None:
            page = await member.open(f"/member/o/{order['id']}/{step}")
            assert (await member.tap(page, f"/member/o/{order['id']}/{step}")).address.endswith("?done=withdraw")
        told = await member.call("GET", f"/orders/{order['id']}")
        assert await ways(await member.open(f"/member/o/{order['id']}"), order) == set(map(Action, told["actions"]))


async def test_what_is_done_at_a_desk_is_left_to_the_desk(at_work, offered):
    order = await offered()
    secretary = at_work(SECRETARY)
    told = await secretary.call("GET", f"/orders/{order['id']}")
    page = await secretary.open(f"/member/o/{order['id']}")
    assert f"/branch/o/{order['id']}" in page.links("/branch/")
    assert await ways(page, order) == set(map(Action, told["actions"])) - AT_A_DESK


async def test_the_number_is_shown_after_a_tap_with_a_reason_and_says_who_looked(member, handled):
    order = await handled()
    page = await member.open(f"/member/o/{order['id']}")
    assert "10003000001" not in page.html
    assert "100****0001" in page.text
    shown = await member.send(f"/member/o/{order['id']}/contact-view", {"reason": "call"})
    assert shown.status == 200
    assert "tel:10003000001" in shown.links("tel:")
    assert "演示群众001" in shown.text
    assert "这次查看已记在 M0070 名下" in shown.text
    assert "M0070" in shown.html.partition("data:image/svg+xml,")[2].partition('"')[0], "the watermark"
    assert "10003000001" not in shown.address


async def test_a_reason_that_is_none_is_refused_and_shows_nothing(member, handled):
    order = await handled()
    page = await member.send(f"/member/o/{order['id']}/contact-view", {"reason": "curious"})
    assert page.status == 422
    assert "10003000001" not in page.html


async def test_nobody_else_is_shown_a_way_to_the_number(at_work, handled):
    order = await handled()
    for name in ("M0071", SECRETARY, "W001"):
        page = await at_work(name).open(f"/member/o/{order['id']}")
        assert f"/member/o/{order['id']}/contact-view" not in page.forms
        assert (await at_work(name).send(f"/member/o/{order['id']}/contact-view", {"reason": "call"})).status == 403


@pytest.mark.parametrize("how", ["phone", "visit", "message"])
async def test_that_the_resident_was_contacted_is_one_tap(member, handled, how):
    order = await handled()
    page = await member.open(f"/member/o/{order['id']}")
    done = await member.tap(page, f"/member/o/{order['id']}/contact", how=how)
    assert done.address.endswith("?done=contact")
    events = (await member.call("GET", f"/orders/{order['id']}/events"))["items"]
    assert [one["data"]["how"] for one in events if one["action"] == "contact"] == [how]


async def test_an_internal_note_stays_within_the_house(door, member, handled):
    order = await handled()
    base = f"/member/o/{order['id']}"
    await member.tap(await member.open(base), f"{base}/note", text="对外的")
    page = await member.tap(await member.open(base), f"{base}/note", text="内部的", internal="true")
    assert "对外的" in page.text
    assert "内部的" in page.text
    told = (await member.call("GET", f"/orders/{order['id']}/events"))["items"]
    assert [one["data"].get("internal") for one in told if one["action"] == "note"] == [None, True]


async def test_it_is_resolved_with_a_ready_made_answer(member, handled):
    order = await handled()
    page = await member.open(f"/member/o/{order['id']}/resolve")
    phrase = page.html.partition('name="phrase" value="')[2].partition('"')[0]
    done = await member.tap(page, f"/member/o/{order['id']}/resolve", phrase=phrase)
    assert done.address == "/member/mine?done=resolve"
    told = await member.call("GET", f"/orders/{order['id']}")
    assert (told["state"], told["answer"]) == ("resolved", phrase)


DONE = {
    "hand_back": {"reason": "不会修"},
    "pause": {"reason": "没人接电话"},
    "extend": {"amount": "2d", "reason": "等配件"},
    "complex": {"reason": "牵涉多家"},
    "park": {"on": "2027-03-01", "reason": "开春再修"},
    "whistle": {"unit": "蔚汾镇便民服务中心", "text": "请来看看"},
    "resolve": {"answer": "办好了"},
}


@pytest.mark.parametrize("deed", DONE)
async def test_each_form_does_what_it_says(member, handled, deed):
    order = await handled()
    address = f"/member/o/{order['id']}/{deed}"
    page = await member.tap(await member.open(address), address, **DONE[deed])
    assert page.address.endswith(f"?done={deed}"), page.text
    assert page.status == 200
    assert 'class="good-box" role="status"' in page.html
    events = (await member.call("GET", f"/orders/{order['id']}/events"))["items"]
    assert events[-1]["action"] == DEEDS[deed].action


@pytest.mark.parametrize("deed", [deed for deed in DONE if deed != "whistle"])
async def test_what_is_refused_keeps_what_was_typed(member, handled, deed):
    order = await handled()
    address = f"/member/o/{order['id']}/{deed}"
    page = await member.tap(await member.open(address), address, **{**DONE[deed], "version": "1"})
    assert page.status == 409
    assert 'role="alert"' in page.html
    assert all(page.forms[address][name] == value for name, value in DONE[deed].items())
    again = await member.tap(page, address)
    assert again.address.endswith(f"?done={deed}"), "with the present version it goes through"


async def test_a_form_for_what_can_not_be_done_now_leads_back_to_the_order(member, offered):
    order = await offered()
    page = await member.open(f"/member/o/{order['id']}/resolve")
    assert page.address == f"/member/o/{order['id']}"


async def test_there_is_no_form_for_what_is_no_deed(member, handled):
    order = await handled()
    assert (await member.open(f"/member/o/{order['id']}/escalate")).status == 404
    assert (await member.send(f"/member/o/{order['id']}/escalate", {})).status == 404


async def test_every_unit_at_the_grid_and_above_can_be_called_but_the_one_in_charge(member, handled):
    order = await handled()
    above = (await member.call("GET", f"/grids/{order['grid']['code']}"))["chain"]
    there = [unit for grid in above for unit in (await member.call("GET", f"/grids/{grid['code']}"))["branches"]]
    page = await member.open(f"/member/o/{order['id']}/whistle")
    _, _, units = page.html.partition("<datalist")
    shown = re.findall(r'value="([^"]+)"', units.partition("</datalist>")[0])
    assert shown == [unit["name"] for unit in there if unit["id"] != order["branch"]["id"]]


async def test_a_unit_is_found_by_a_part_of_its_name_and_of_several_one_is_to_be_chosen(member, handled):
    order = await handled()
    address = f"/member/o/{order['id']}/whistle"
    page = await member.tap(await member.open(address), address, unit="中共", text="请来看看")
    assert (page.status, "有几个单位都对得上" in page.text) == (422, True)
    assert page.forms[address]["unit"] == "中共"
    page = await member.tap(page, address, unit="没有这样的单位")
    assert (page.status, "附近没有叫这个名字的单位" in page.text) == (422, True)
    assert (await member.tap(page, address, unit="蔚汾镇便民")).address.endswith("?done=whistle")
    assists = (await member.call("GET", f"/orders/{order['id']}"))["assists"]
    assert [one["unit"]["name"] for one in assists] == ["蔚汾镇便民服务中心"]


async def test_who_is_called_to_co_handle_finds_it_and_answers(member, at_work, handled):
    order = await handled()
    address = f"/member/o/{order['id']}"
    page = await member.open(f"{address}/whistle")
    await member.tap(page, f"{address}/whistle", unit="蔚汾镇便民服务中心", text="请来看看")
    officer = at_work("officer at the town's desk")
    listed = await officer.open("/member/mine")
    assert "等我单位会办答复：1" in listed.text
    assert address in listed.links("/member/o/")
    form = await officer.open(f"{address}/answer")
    assert "请来看看" in form.text
    answered = await officer.tap(form, f"{address}/answer", text="明天到")
    assert answered.address.endswith("?done=answer")
    assert "明天到" in (await member.open(address)).text


async def test_what_one_handles_stands_by_its_due_time(door, member, handled):
    slow = await handled(text="不急")
    door.wait(hours=1)
    fast = await handled(text="急的", category="0801")
    page = await member.open("/member/mine")
    due = {one["text"]: one["due"]["at"] for one in (slow, fast)}
    first, second = sorted(due, key=due.__getitem__)
    assert page.text.index(first) < page.text.index(second)


async def test_who_did_what_is_told_by_name(member, handled):
    order = await handled()
    page = await member.open(f"/member/o/{order['id']}")
    assert "演示书记035（S035）" in page.text
    assert "演示党员0070（M0070）" in page.text


async def test_an_answer_that_is_required_stands_where_the_button_would_be(member, at_work, handled):
    order = await handled()
    address = f"/member/o/{order['id']}"
    await member.tap(
        await member.open(f"{address}/whistle"), f"{address}/whistle", unit="蔚汾镇便民服务中心", text="请来看看"
    )
    for page in (await member.open(address), await member.open(f"{address}/resolve")):
        part = page.html.partition('id="awaited"')[2].partition("</section>")[0]
        assert "答复后才能办结" in part
        assert "蔚汾镇便民服务中心" in part
        assert "前答复" in part
        assert f"{address}/resolve" not in page.links(address)
    officer = at_work("officer at the town's desk")
    assert 'id="awaited"' not in (await officer.open(address)).html, "it is for whoever handles the order"
    await officer.tap(await officer.open(f"{address}/answer"), f"{address}/answer", text="明天到")
    page = await member.open(address)
    assert 'id="awaited"' not in page.html
    assert f"{address}/resolve" in page.links(address)


async def test_an_answer_that_is_not_required_hinders_nobody(member, handled):
    order = await handled()
    address = f"/member/o/{order['id']}"
    form = await member.open(f"{address}/whistle")
    await member.tap(form, f"{address}/whistle", unit="蔚汾镇便民服务中心", text="请来看看", required="")
    page = await member.open(address)
    assert 'id="awaited"' not in page.html
    assert f"{address}/resolve" in page.links(address)
