"""待审批, 会办, 回访: what was asked, by whom and why, and both answers at hand."""


async def test_a_decision_says_what_was_asked_by_whom_and_why(superior, living):
    await living("asked")
    page = await superior.open("/branch/decisions")
    for words in ("延期", "2 天", "东城社区党总支", "物料明天才到", "驳回：时限不变"):
        assert words in page.text, words


async def test_what_was_asked_is_granted(superior, living):
    order = await living("asked")
    page = await superior.send((await superior.open("/branch/decisions")).form("extend"))
    assert page.address == "/branch/decisions?did=extend"
    assert (await superior.order(order))["extensions"] == 1
    assert "没有等您决定的申请" in page.text


async def test_it_is_refused_only_with_a_reason(superior, living):
    order = await living("asked")
    form = (await superior.open("/branch/decisions")).form("refuse")
    assert (await superior.send(form)).status == 422
    assert (await superior.order(order))["pending"] is not None
    await superior.send(form, reason="物料今天就到")
    assert (await superior.order(order))["pending"] is None


async def test_what_was_returned_is_sent_to_the_unit_that_was_suggested(superior, secretary, living, door):
    order = await living()
    await door.act(
        order,
        "return",
        who=secretary.phone,
        reason_code="other_department",
        reason="属部门职责",
        unit="D141123100",
        category="0201",
    )
    form = (await superior.open("/branch/decisions")).form("route")
    assert (form.values["unit"], form.values["category"]) == ("D141123100", "0201")
    await superior.send(form)
    assert (await superior.order(order))["branch"]["id"] == "D141123100"


async def test_a_unit_that_was_called_answers(at_desk, living):
    order, desk = await living("whistled"), at_desk("head of the town's desk")
    page = await desk.open("/branch/assists")
    assert "请协助确认" in page.text
    after = await desk.send(page.form("answer"), text="已确认")
    assert after.address == "/branch/assists?did=answer"
    assert (await desk.order(order))["assists"][0]["answer"] == "已确认"


async def test_a_resident_who_was_not_content_is_called_after_saying_why(at_desk, living, door):
    order, supervisor = await living("resolved"), at_desk("supervisor of Weifen town")
    await door.act(order, "rate", code=order["query_code"], grade="dissatisfied")
    wanted = (await supervisor.call("GET", "/follow-ups"))["items"]
    assert [one["order"]["id"] for one in wanted] == [order["id"]]
    assert order["id"] in (await supervisor.open("/branch/follow-ups")).orders
    page = await supervisor.open(f"/branch/o/{order['id']}")
    assert "10003000001" not in page.text
    page = await supervisor.send(page.to(f"/branch/o/{order['id']}/contact-view"), reason="call")
    assert "10003000001" in page.text
    after = await supervisor.send(page.form("follow_up"), outcome="unsolved", satisfied="false", text="还在漏")
    assert "did=follow_up" in after.address
    assert (await supervisor.order(order))["follow_up"] is None
