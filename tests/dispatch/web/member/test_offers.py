"""待接单: an offer is answered in one tap, and says why it came."""


async def test_who_is_asked_for_nothing_reads_so(member):
    page = await member.open("/member")
    assert (page.status, "现在没有待您接的单" in page.text) == (200, True)


async def test_a_card_says_what_where_until_when_and_why_me(member, offered):
    order = await offered(category="0905", text="地界的事")
    page = await member.open("/member")
    for words in ("土地承包", "地界的事", order["grid"]["path"], "书记指名请您", "您登记的特长", "前答复", "前办结"):
        assert words in page.text, words
    assert "先接先得" not in page.text
    assert order["contact"]["name"] not in page.text


async def test_it_is_accepted_in_one_tap(member, offered):
    order = await offered()
    page = await member.tap(await member.open("/member"), f"/member/o/{order['id']}/accept")
    assert (page.status, page.address) == (200, f"/member/o/{order['id']}?done=accept")
    assert (await member.call("GET", f"/orders/{order['id']}"))["state"] == "accepted"
    assert "已接单" in page.text


async def test_it_is_declined_in_one_tap_and_costs_nothing(member, offered):
    order = await offered()
    page = await member.tap(await member.open("/member"), f"/member/o/{order['id']}/decline")
    assert page.address == "/member?done=decline"
    assert "婉拒不扣分、不排名" in page.text
    assert order["number"] not in page.text


async def test_a_reason_for_declining_is_welcome(member, offered):
    order = await offered()
    page = await member.open(f"/member/o/{order['id']}")
    await member.tap(page, f"/member/o/{order['id']}/decline", reason="离得远")
    events = (await member.call("GET", f"/orders/{order['id']}/events"))["items"]
    assert "离得远" in [text for event in events if event["action"] == "decline" for text in event["texts"].values()]


async def test_the_first_of_several_has_it_and_the_second_is_told_so_kindly(member, at_work, offered):
    order, other = await offered("M0070", "M0071"), await offered()
    page = await member.open("/member")
    assert "先接先得" in page.text
    assert "书记同时请了 2 位同志" in page.text
    second = at_work("M0071")
    await second.tap(await second.open("/member"), f"/member/o/{order['id']}/accept")
    told = await member.tap(page, f"/member/o/{order['id']}/accept")
    assert told.status == 409
    assert "已由其他同志接下" in told.text
    assert f"/member/o/{order['id']}/accept" not in told.forms
    assert f"/member/o/{other['id']}/accept" in told.forms, "the list goes on"


async def test_that_another_declines_meanwhile_hinders_nobody(member, at_work, offered):
    order = await offered("M0070", "M0071")
    page, second = await member.open("/member"), at_work("M0071")
    await second.tap(await second.open("/member"), f"/member/o/{order['id']}/decline")
    assert (await member.tap(page, f"/member/o/{order['id']}/accept")).address.endswith("?done=accept")


async def test_a_tap_that_comes_twice_is_one(member, offered):
    order = await offered()
    page = await member.open("/member")
    for _ in range(2):
        accepted = await member.tap(page, f"/member/o/{order['id']}/accept")
        assert accepted.address.endswith("?done=accept")


async def test_the_one_whom_the_system_asks_first_reads_what_spoke_for_them(door, at_work, phones):
    order = await door.file()
    for _ in range(4):
        door.wait(hours=1)
        await door.sweep()
    by_code = {code: phone for code, phone in phones.items() if code[:1] in "MWIO" and code[1:].isdigit()}
    asked = [
        name
        for name in by_code
        if any(
            one["id"] == order["id"]
            for one in (await at_work(name).call("GET", "/orders?assignee=me&state=offered"))["items"]
        )
    ]
    _, shown = await door.call("GET", f"/orders/{order['id']}", who=phones["secretary of Dongcheng community"])
    assert shown["state"] == "offered"
    assert asked
    for name in asked:
        page = await at_work(name).open("/member")
        assert "书记指名" not in page.text
        assert any(words in page.text for words in ("系统按匹配先请您一位", "位之一", "支部抢单")), name


async def test_what_presses_most_stands_first(member, offered):
    await offered(text="不急的", category="0901")
    await offered(text="突发的", category="0801")
    page = await member.open("/member")
    assert page.text.index("突发的") < page.text.index("不急的")
