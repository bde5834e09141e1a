"""One order's whole life, played by four people at four browsers; and a pool order that two of them want."""

import asyncio

from dispatch.domain.vocabulary import Action
from dispatch.usecases.reading import key_of


async def numbered(page) -> str:
    await page.wait_for_url("**/o/*")
    return page.url.rsplit("/", 1)[1].split("?")[0]


async def actions(door, order: str) -> list[Action]:
    row = await door.service.database.fetch(
        "SELECT action FROM events WHERE (region, order_id) = ($1, $2) ORDER BY version", *key_of(door.service, order)
    )
    return [Action(one["action"]) for one in row]


async def test_four_people_play_the_whole_life_of_an_order(door, person) -> None:
    resident, secretary, member, township = [await person() for _ in range(4)]
    await secretary.log_in(door, "10001000054")
    await member.log_in(door, "10001001278")
    await township.log_in(door, "10001000021")

    page = await resident.open("/q/141123100016")
    await page.click("a.tile:has-text('邻里')")
    await page.fill("[name=text]", "邻居家的水流到我家门口")
    await page.fill("[name='contact.phone']", "10003000001")
    await page.click("#filing button[type=submit]")
    order = await numbered(page)

    board = await secretary.open(f"/branch/o/{order}")
    assert "邻居家的水流到我家门口" in await board.inner_text("main")
    assert "10003000001" not in await board.content(), "a secretary does not see the number"
    await secretary.send("button[name=member][value=M0070]")

    await member.open("/member")
    await member.send("button:has-text('接单')")
    work = await member.open(f"/member/o/{order}")
    assert "10003000001" not in await work.content(), "nobody sees it without a tap"
    await work.click("button:has-text('打电话')")
    await work.wait_for_selector("a[href='tel:10003000001']")
    await member.open(f"/member/o/{order}/contact")
    await member.send("main form button[type=submit]")
    await member.open(f"/member/o/{order}/resolve")
    await work.fill("[name=answer]", "水沟已疏通，两家到场确认")
    await member.send("main form button[type=submit]")

    page = await resident.open(f"/o/{order}")
    text = await page.text_content("main")
    assert "水沟已疏通" in text
    assert "M0070" in text, "who looked at my number"
    await page.click("label:has-text('非常满意')")
    await resident.send("button:has-text('提交评价')")
    assert "已销号" in await page.inner_text("main")

    above = await township.open("/branch/list?state=closed")
    assert "邻里" in await above.inner_text("main")
    done = await actions(door, order)
    for action in (Action.SUBMIT, Action.OFFER, Action.ACCEPT, Action.CONTACT, Action.RESOLVE, Action.RATE):
        assert action in done
    for somebody in (resident, secretary, member, township):
        somebody.nothing_wrong()


async def test_of_two_who_want_a_pool_order_one_has_it_and_the_other_is_thanked(door, person, phones) -> None:
    order = await door.file()
    await door.act(order, "offer", who="10001000054", members=["M0070", "M0071"])
    both = [await person(), await person()]
    for somebody, name in zip(both, ("M0070", "M0071"), strict=True):
        await somebody.log_in(door, phones[name])
        page = await somebody.open("/member")
        assert "先接先得" in await page.inner_text("main")
    pages = await asyncio.gather(*(somebody.send("button:has-text('接单')") for somebody in both))
    texts = [await page.inner_text("main") for page in pages]
    assert sum("已由其他同志接下" in text for text in texts) == 1
    shown = (await door.call("GET", f"/orders/{order['id']}", code=order["query_code"]))[1]
    assert shown["state"] == "accepted"
