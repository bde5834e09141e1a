"""看板: the page shows what the API's board shows, and each order opens beside it."""

import re


def columns(page):
    """Each column's heading, its count, and the orders in it."""
    parts = re.split(r'<section class="board-column is-', page.html)[1:]
    return {
        part.split('"', 1)[0]: (
            int(re.search(r'class="count">(\d+)<', part)[1]),
            re.findall(r'data-order="(\d+)"', part),
        )
        for part in parts
    }


async def test_it_shows_the_columns_of_the_api_the_most_pressing_first(secretary, living):
    for stage in ("routed", "routed", "offered", "accepted", "asked"):
        await living(stage)
    board = await secretary.call("GET", "/board", params={"limit": 20})
    page = await secretary.open("/branch")
    assert columns(page) == {
        one["column"]: (one["count"], [order["id"] for order in one["items"]]) for one in board["columns"]
    }
    assert columns(await secretary.open("/branch/columns")) == columns(page)


async def test_an_order_opens_beside_it_without_scripts_too(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch?open={order['id']}")
    assert page.form("offer").values["back"] == f"/branch?open={order['id']}"
    assert "派给谁" in page.text


async def test_what_is_done_beside_it_leads_back_to_it(secretary, living):
    order = await living()
    page = await secretary.open(f"/branch?open={order['id']}")
    after = await secretary.send(page.form("offer"), member="M0070")
    assert after.address == f"/branch?open={order['id']}&did=offer"
    assert "已办好：派单" in after.text


async def test_an_order_that_is_not_theirs_to_see_leaves_the_board_as_it_is(secretary):
    page = await secretary.open("/branch?open=141123618033999")
    assert (page.status, "这一单不在这里了" in page.text) == (200, True)


async def test_a_supervisor_chooses_among_the_branches_below(at_desk, living):
    order = await living()
    supervisor = at_desk("supervisor of Weifen town")
    page = await supervisor.open("/branch")
    assert page.address == "/branch/boards"
    assert "/branch?branch=B141123100016" in page.html
    assert '?grid=141123"' not in page.html, "what is above them is not offered"
    assert order["id"] in (await supervisor.open("/branch?branch=B141123100016")).orders


async def test_who_keeps_no_board_is_told_so(at_desk):
    assert (await at_desk("M0070").open("/branch")).status == 403
