"""Each page, for each who might come: shown, or led elsewhere, or refused kindly; never broken."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from dispatch.demo.accounts import accounts
from dispatch.domain.lifecycle import ever
from dispatch.domain.vocabulary import Action, Party
from dispatch.web.branch import order as orders
from dispatch.web.branch.pages import PAGES

PEOPLE = sorted({account.en for account in accounts()})
STREAM = "/branch/live"
PLAIN = [page.path for page in PAGES if page.method == "GET" and "{" not in page.path and page.path != STREAM]
STAGES = ("routed", "offered", "accepted", "whistled", "asked", "resolved")


@pytest.mark.parametrize("who", PEOPLE)
async def test_no_page_breaks_for_anybody(at_desk, living, who):
    order, reader = await living("whistled"), at_desk(who)
    for address in (
        *PLAIN,
        f"/branch/o/{order['id']}",
        f"/branch/o/{order['id']}/panel",
        f"/branch?open={order['id']}",
    ):
        page = await reader.open(address)
        assert page.status in (200, 403), (who, address, page.status)
        assert "query_code" not in page.html


@pytest.mark.parametrize("address", [*PLAIN, STREAM, "/branch/o/141123618033999/act"])
async def test_who_is_not_logged_in_is_led_to_the_login(door, address):
    async with door.client.get(address, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"].startswith("/login?next=")) == (303, True)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("who", ["secretary of Dongcheng community", "secretary of Weifen town", "M0070"])
async def test_every_action_that_is_open_to_somebody_has_a_form_on_the_page(at_desk, living, stage, who):
    order, reader = await living(stage), at_desk(who)
    page, open_to = await reader.open(f"/branch/o/{order['id']}"), (await reader.order(order))["actions"]
    shown = {form.values.get("action") for form in page.forms}
    assert set(open_to) <= shown, set(open_to) - shown
    assert shown - {None} <= set(open_to), "nor anything that is not"


async def test_a_history_names_those_who_serve_and_no_resident_reads_it(secretary, living, door):
    order = await living("accepted")
    page = await secretary.open(f"/branch/o/{order['id']}")
    assert "演示书记035（S035） → 演示党员0070（M0070）" in page.text
    assert "承办人 演示党员0070（M0070）" in page.text
    async with door.client.get(f"/o/{order['id']}") as answer:
        assert "演示党员" not in await answer.text()


def test_every_action_of_people_has_its_place_on_the_page():
    people = {action for action in Action if ever(action) - {Party.SYSTEM}} - {Action.SUBMIT, Action.ABSORB}
    assert people == orders.APART | set(orders.ORDERED)


@pytest.mark.parametrize("stage", STAGES)
async def test_no_id_stands_twice_and_the_headings_go_down_by_one(superior, secretary, living, stage):
    order = await living(stage)
    for reader in (superior, secretary):
        for address in (
            f"/branch/o/{order['id']}",
            f"/branch?open={order['id']}",
            "/branch/decisions",
            "/branch/assists",
        ):
            page = await reader.open(address)
            if page.status != 200:
                continue
            twice = [one for one, count in Counter(re.findall(r'\sid="([^"]+)"', page.html)).items() if count > 1]
            assert not twice, (address, twice)
            levels = [int(one) for one in re.findall(r"<h(\d)", page.html)]
            assert levels.count(1) == 1, address
            assert all(after - before <= 1 for before, after in pairwise(levels)), (
                address,
                levels,
            )


async def test_whoever_is_asked_is_not_yet_called_the_handler(secretary, living):
    page = await secretary.open(f"/branch/o/{(await living('offered'))['id']}")
    assert "已派给 演示党员0070（M0070）" in page.text
    assert "承办人 演示党员0070" not in page.text


async def test_what_is_internal_is_marked_so_in_the_history_at_a_desk_and_at_a_phone(secretary, living, door, phones):
    order = await living("accepted")
    await door.act(order, "note", who=phones["M0070"], text="只给内部的进展", internal=True)
    await door.act(order, "note", who=phones["M0070"], text="对外的进展")
    await door.act(order, "contact", who=phones["M0070"], how="phone", note="联系时的内部备注")
    for address in (f"/branch/o/{order['id']}", f"/branch/o/{order['id']}/panel", f"/member/o/{order['id']}"):
        page = await secretary.open(address)
        for item in re.findall(r"<li(?: class=\"is-last\")?>(.*?)</li>", page.html, re.DOTALL):
            within = any(text in item for text in ("只给内部的进展", "联系时的内部备注"))
            assert item.count('<span class="tag">内部</span>') == within, (address, item)
    page = await secretary.open(f"/branch/o/{order['id']}")
    assert all(text in page.text for text in ("只给内部的进展", "对外的进展", "联系时的内部备注"))


async def test_who_has_answered_is_not_said_to_have_yet_to(secretary, living, door, phones):
    order = await living("whistled")
    page = await secretary.open(f"/branch/o/{order['id']}")
    assert re.search(r"必须答复 +要在 .*? 前答复", page.text)
    await door.act(order, "answer", who=phones["head of the town's desk"], assist=1, text="已确认")
    line = (await secretary.open(f"/branch/o/{order['id']}")).html.partition('id="assists"')[2].partition("</p>")[0]
    assert "已答复" in line
    assert "必须答复" not in line
    assert "要在" not in line


async def test_a_follow_up_says_whose_task_it_is(at_desk, secretary, living, door):
    order = await living("resolved")
    await door.act(order, "rate", code=order["query_code"], grade="dissatisfied")
    address = f"/branch/o/{order['id']}"
    branch = (await secretary.order(order))["branch"]["name"]
    assert f"由{branch}的上级回访" in (await secretary.open(address)).text
    assert "等您回访" in (await at_desk("supervisor of Weifen town").open(address)).text
