"""批处理: the orders that were ticked, one action, and what became of each."""


async def test_each_order_says_what_became_of_it(secretary, living):
    waiting, done = await living(), await living("resolved")
    page = await secretary.open(f"/branch/batch?o={waiting['id']}&o={done['id']}&o={waiting['id']}")
    assert "已选 2 单" in page.text
    result = await secretary.send(page.form("offer"), rung="group")
    assert "办成 1 单，没办成 1 单" in result.text
    assert (await secretary.order(waiting))["state"] == "offered"
    assert (await secretary.order(done))["state"] == "resolved"
    assert f"/branch/batch?o={done['id']}" in result.html, "the rest may be tried otherwise"


async def test_what_is_missing_is_asked_for_and_nothing_is_done(secretary, living):
    orders = [await living(), await living()]
    page = await secretary.open("/branch/batch?" + "&".join(f"o={one['id']}" for one in orders))
    again = await secretary.send(page.form("redirect"), to="县信访局")
    assert (again.status, again.form("redirect").values["to"]) == (422, "县信访局")
    assert [(await secretary.order(one))["state"] for one in orders] == ["routed", "routed"]


async def test_nothing_ticked_leads_back_to_the_board(secretary):
    page = await secretary.open("/branch/batch")
    assert (page.status, "还没有选" in page.text) == (200, True)


async def test_what_is_not_theirs_to_see_is_left_out(at_desk, secretary, living):
    order = await living()
    page = await at_desk("M0070").open(f"/branch/batch?o={order['id']}&o=141123236067981")
    assert page.status == 200
    assert "没有列入" in page.text
