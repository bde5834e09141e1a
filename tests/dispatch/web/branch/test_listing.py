"""清单: the page shows what the API lists, narrowed in the same way, page by page."""

import re


def listed(page):
    return re.findall(r'class="order-row-link" href="/branch/o/(\d+)"', page.html)


async def test_it_is_narrowed_as_the_api_narrows(secretary, living):
    for stage, category in (("routed", "0901"), ("offered", "0901"), ("routed", "1001"), ("accepted", "1102")):
        await living(stage, category=category)
    for query in (
        {},
        {"state": "routed"},
        {"category": "09"},
        {"overdue": "true"},
        {"state": "offered", "category": "10"},
    ):
        items = (await secretary.call("GET", "/orders", params={**query, "grid": "141123100016"}))["items"]
        page = await secretary.open("/branch/list?" + "&".join(f"{name}={value}" for name, value in query.items()))
        assert listed(page) == [one["id"] for one in items], query


async def test_it_goes_on_page_by_page(secretary, living):
    made = {(await living())["id"] for _ in range(22)}
    first = await secretary.open("/branch/list?state=routed")
    following = re.search(r'href="([^"]*cursor=[^"]*)"', first.html)[1].replace("&amp;", "&")
    assert "state=routed" in following
    assert {*listed(first), *listed(await secretary.open(following))} == made
