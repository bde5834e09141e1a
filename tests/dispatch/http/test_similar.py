"""近似工单 over HTTP: who is shown what may be a duplicate, before filing and after."""

HERE, NEXT_DOOR = "141123100016", "141123100017"
SECRETARY, MEMBER = "secretary of Dongcheng community", "member in Dongcheng community"


async def filed(door, text, grid=HERE, category="0101", **more):
    return await door.file(category=category, text=text, place={"grid": grid}, **more)


async def similar(door, order, **as_whom):
    return await door.call("GET", f"/orders/{order['id']}/similar", **as_whom)


async def unfiled(door, who, text="巷口垃圾箱满了，没人来拉", grid=HERE, category="0101"):
    body = {"category": category, "text": text, "place": {"grid": grid}}
    return await door.call("POST", "/similar", who=who, json=body)


async def test_the_secretary_sees_what_may_be_the_same_matter_and_why(door, phones, fits):
    first = await filed(door, "巷子口的垃圾桶满了好几天没人清")
    other = await filed(door, "健身广场边上有人倒了一车旧家具")
    elsewhere = await filed(door, "巷子口的垃圾桶满了好几天没人清", grid=NEXT_DOOR)
    later = await filed(door, "你好，巷口垃圾箱早就满了，没人来拉，麻烦尽快处理")
    status, told = await similar(door, later, who=phones[SECRETARY])
    assert status == 200
    fits(told, "SimilarOrders")
    assert [one["id"] for one in told["items"]] == [first["id"]]
    (one,) = told["items"]
    assert one["number"] == first["number"]
    assert one["text"] == "巷子口的垃圾桶满了好几天没人清"
    assert one["grid"]["code"] == HERE
    assert 0.5 <= one["score"] <= 1
    assert "垃圾桶" in one["why"][0]["zh"]
    assert not {other["id"], elsewhere["id"], later["id"]} & {shown["id"] for shown in told["items"]}


async def test_the_most_alike_comes_first_and_no_more_than_ten_come(door, phones):
    again = await filed(door, "巷子口的垃圾桶满了好几天没人清")
    for _ in range(11):
        await filed(door, "巷口的垃圾箱满了，一直没人来清")
    exact = await filed(door, "巷子口的垃圾桶满了好几天没人清。")
    _, told = await similar(door, again, who=phones[SECRETARY])
    assert told["count"] == len(told["items"]) == 10
    assert told["items"][0]["id"] == exact["id"]
    scores = [one["score"] for one in told["items"]]
    assert scores == sorted(scores, reverse=True)


async def test_another_building_is_another_matter(door, phones):
    await filed(door, "5号楼前垃圾桶满了没人清")
    order = await filed(door, "3号楼前垃圾桶满了没人清")
    assert (await similar(door, order, who=phones[SECRETARY]))[1] == {"count": 0, "items": []}


async def test_what_is_no_longer_open_or_was_filed_long_before_is_not_shown(door, phones):
    withdrawn = await filed(door, "巷口的垃圾桶满了没人清")
    await door.act(withdrawn, "withdraw", code=withdrawn["query_code"])
    await filed(door, "巷口的垃圾桶满了没有人来清")
    door.wait(days=14, seconds=1)
    order = await filed(door, "巷口的垃圾桶满了没人清")
    assert (await similar(door, order, who=phones[SECRETARY]))[1]["items"] == []


async def test_the_resident_learns_how_many_there_are_and_nothing_else(door):
    await filed(door, "巷子口的垃圾桶满了好几天没人清")
    order = await filed(door, "巷口的垃圾箱满了，一直没人来清")
    assert await similar(door, order, code=order["query_code"]) == (200, {"count": 1, "items": []})


async def test_who_neither_dispatches_nor_filed_it_is_told_nothing(door, phones):
    order = await filed(door, "巷口的垃圾箱满了，一直没人来清")
    for who in (phones[MEMBER], phones["grid worker there"]):
        status, problem = await similar(door, order, who=who)
        assert (status, problem["code"]) == (403, "not_yours")
    assert (await similar(door, order))[0] == 401


async def test_no_contact_and_no_address_is_told(door, phones):
    await door.file(
        category="0101", text="巷子口的垃圾桶满了好几天没人清", place={"grid": HERE},
        contact={"phone": "10003000002", "name": "演示群众002", "house": "9号院"},
    )  # fmt: skip
    order = await filed(door, "巷口的垃圾箱满了，一直没人来清")
    _, told = await similar(door, order, who=phones[SECRETARY])
    assert told["count"] == 1
    assert not any(secret in str(told) for secret in ("10003000002", "演示群众", "9号院"))


async def test_before_filing_for_others_the_same_is_shown_and_nothing_is_filed(door, phones, fits):
    first = await filed(door, "巷子口的垃圾桶满了好几天没人清")
    before = await door.rows()
    status, told = await unfiled(door, phones["grid worker there"])
    assert status == 200
    fits(told, "SimilarOrders")
    assert [one["id"] for one in told["items"]] == [first["id"]]
    assert await door.rows() == before


async def test_before_filing_only_orders_where_one_serves_are_shown(door, phones):
    await filed(door, "巷口垃圾箱满了，没人来拉", grid=NEXT_DOOR)
    assert (await unfiled(door, phones[MEMBER], grid=NEXT_DOOR))[1] == {"count": 0, "items": []}
    assert (await unfiled(door, phones["supervisor of Weifen town"], grid=NEXT_DOOR))[1]["count"] == 1


async def test_who_may_not_file_for_others_may_not_ask(door, phones):
    assert (await unfiled(door, None))[0] == 401
    for who in ("administrator", "in-service member who comes in there"):
        status, problem = await unfiled(door, phones[who])
        assert (status, problem["code"]) == (403, "not_yours"), who


async def test_a_category_or_a_grid_that_is_not_there_is_named(door, phones):
    for wrong, field in (({"category": "9999"}, "category"), ({"grid": "999999"}, "place.grid")):
        status, problem = await unfiled(door, phones[MEMBER], **wrong)
        assert status == 422
        assert [one["field"] for one in problem["errors"]] == [field]
