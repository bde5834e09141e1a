"""Dispatching and all else that is done to one order, by its forms."""

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
