"""Dispatching and all else that is done to one order, by its forms."""

import json
import re

import pytest


async def test_it_is_dispatched_by_a_tap_at_a_candidate(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    name, code = page.form("offer").buttons[0]
    best = (await secretary.call("GET", f"/orders/{order['id']}/candidates"))["items"][0]["member"]
    assert (name, code) == ("member", best)
    after = await secretary.send(page.form("offer"), member=code)
    assert after.address == f"/branch/o/{order['id']}?did=offer"
    seen = await secretary.order(order)
    assert (seen["state"], seen["assignee"]) == ("offered", best)


async def test_several_are_asked_at_once(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    codes = [code for _, code in page.form("offer").buttons[:3]]
    await secretary.send(page.form("offer"), members=codes)
    assert (await secretary.order(order))["asked"] == 3


async def test_a_tap_at_one_counts_for_more_than_ticks_at_others(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    codes = [code for _, code in page.form("offer").buttons[:3]]
    await secretary.send(page.form("offer"), members=codes[1:], member=codes[0])
    assert (await secretary.order(order))["assignee"] == codes[0]


async def test_the_system_chooses_by_a_rung_of_its_ladder(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    form = next(one for one in page.forms if one.values.get("action") == "offer" and "rung" in one.offers)
    await secretary.send(form, rung="group")
    assert (await secretary.order(order))["asked"] == 3


async def test_a_form_sent_twice_acts_once(secretary, living):
    order = await living()
    form = (await secretary.open(f"/branch/o/{order['id']}")).form("note")
    for _ in range(2):
        assert (await secretary.send(form, text="已去看过")).address.endswith("did=note")
    events = (await secretary.call("GET", f"/orders/{order['id']}/events"))["items"]
    assert [one["action"] for one in events].count("note") == 1


async def test_what_is_refused_is_shown_as_it_was_typed_and_nothing_has_changed(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    again = await secretary.send(page.form("return"), reason="写了一半的理由")
    assert again.status == 422
    assert again.form("return").values["reason"] == "写了一半的理由"
    assert "工单没有改动" in again.text
    assert (await secretary.order(order))["state"] == "routed"
    after = await secretary.send(again.form("return"), reason_code="other_department")
    assert "did=return" in after.address


async def test_who_was_not_first_is_told_so_and_shown_how_it_stands(secretary, living, door):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    await door.act(order, "offer", who=secretary.phone, member="M0071")
    late = await secretary.send(page.form("offer"), member="M0070")
    assert late.status == 409
    assert "M0071" in late.text
    assert (await secretary.order(order))["assignee"] == "M0071"


async def test_one_matter_filed_twice_is_merged_in_one_tap(secretary, living):
    first, second = await living(), await living(text="楼上邻居家的水流到我家门口了")
    page = await secretary.open(f"/branch/o/{first['id']}")
    form = page.to(f"/branch/o/{first['id']}/merge")
    assert form.values["orders"] == second["id"]
    after = await secretary.send(form, reason="同一件事")
    assert after.address.endswith("did=merge")
    assert (await secretary.order(second))["state"] == "merged"
    assert second["id"] in after.orders


async def test_where_it_goes_may_be_written_as_an_address(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    lost = await secretary.send(page.form("route"), where="不知道什么地方", reason="写错了")
    assert (lost.status, lost.form("route").values["reason"]) == (422, "写错了")
    grid = (await secretary.call("GET", "/grids/141123100016/children"))["items"][0]["code"]
    await secretary.send(lost.form("route"), where=grid)
    assert (await secretary.order(order))["grid"]["code"] == grid


@pytest.mark.parametrize("where", ["没有这个村999", "第一网格一组", "宋家塔村"])
async def test_a_place_that_is_none_or_several_is_asked_about_and_nothing_is_changed(secretary, living, where):
    order = await living()
    before = await secretary.order(order)
    page = await secretary.open(f"/branch/o/{order['id']}")
    again = await secretary.send(page.form("route"), where=where, reason="地点写错了")
    kept = again.form("route").values
    assert (again.status, kept["where"], kept["reason"]) == (422, where, "地点写错了")
    assert 'id="route-where-e"' in again.html
    assert ("which" in again.form("route").offers) == (where == "宋家塔村"), "of very many one writes more"
    assert await secretary.order(order) == before


async def test_of_several_places_one_is_tapped_and_what_the_resident_said_of_it_stays(at_desk, living, door):
    county, order = at_desk("secretary at the county"), await living(place={"address": "宋家塔村3号楼"})
    page = await county.open(f"/branch/o/{order['id']}")
    asked = await county.send(page.form("route"), where=" 宋家塔村")
    offered = dict(re.findall(r'name="which" value="(\d+)"[^>]*><span>([^<]*)<', asked.html))
    assert len(offered) == 2
    assert len({path.split("/")[1].strip() for path in offered.values()}) == 2, "told apart by their townships"
    code = list(offered)[-1]
    other = await county.send(asked.form("route"), where="没有这个村999", which=code)
    assert other.status == 422, "a choice made for another place does not count"
    after = await county.send(asked.form("route"), which=code)
    assert "did=route" in after.address
    assert (await county.order(order))["grid"]["code"] == code
    row = await door.service.database.fetchrow("SELECT place FROM order_contents")
    assert json.loads(row["place"]) == {"address": "宋家塔村3号楼"}


async def test_of_many_orders_too_the_place_is_asked_about(secretary, living):
    orders = [(await living())["id"] for _ in range(2)]
    page = await secretary.open("/branch/batch?" + "&".join(f"o={one}" for one in orders))
    asked = await secretary.send(page.form("route"), where="宋家塔村")
    assert (asked.status, asked.form("route").values["where"]) == (422, "宋家塔村")
    assert "which" in asked.form("route").offers


@pytest.mark.parametrize("address", ["act", "merge", "contact-view"])
async def test_the_address_of_a_form_leads_back_to_the_order(secretary, living, address):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}/{address}")
    assert page.address == f"/branch/o/{order['id']}"


async def test_no_form_leads_to_another_site(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    after = await secretary.send(page.form("note"), text="看过了", back="//elsewhere.example/")
    assert after.address == f"/branch/o/{order['id']}?did=note"


async def test_a_unit_is_called_by_a_part_of_its_name(secretary, living):
    order = await living("accepted")
    page = await secretary.open(f"/branch/o/{order['id']}")
    assert '<option value="蔚汾镇便民服务中心">' in page.html
    several = await secretary.send(page.form("whistle"), unit="中共", text="请来看看")
    assert (several.status, "有几个单位都对得上" in several.text) == (422, True)
    assert several.form("whistle").values["unit"] == "中共"
    after = await secretary.send(several.form("whistle"), unit="便民服务")
    assert after.address.endswith("?did=whistle")
    assert [one["unit"]["id"] for one in (await secretary.order(order))["assists"]] == ["D141123100"]


async def test_a_form_left_open_while_the_order_moved_on_names_no_other_and_no_number(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch/o/{order['id']}")
    await secretary.send(page.form("note"), text="已去看过")
    late = await secretary.send(page.form("offer"), member=page.form("offer").buttons[0][1])
    assert late.status == 409
    assert "可能是您在别处操作的" in late.text
    assert "别人" not in late.text.partition("请刷新，看最新情况再决定")[0]
    assert "版）" not in late.text
    assert (await secretary.order(order))["state"] == "routed"
