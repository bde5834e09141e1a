"""How things stand: the page says what the counters say, and leads down the tree and up again."""

import asyncio
import re

import orjson
import pytest

HERE = "141123100016"


async def test_the_table_says_of_each_grid_what_the_counters_say(desk, door):
    for category in ("0901", "0101", "1001"):
        await door.file(category=category)
    await door.file(place={"grid": "141123101200"})
    door.wait(hours=30)
    await door.sweep()
    door.tokens.clear()
    await desk.sit_down("county supervisor")
    found = await desk.counters("county supervisor")
    shown = await desk.open("/command")
    assert shown.status == 200
    assert [row[0] for row in shown.rows("below")] == [one["grid"]["name"] for one in found["items"]]
    for row, one in zip(shown.rows("below"), found["items"], strict=True):
        counts = (one["open"], one["overdue"], sum(one["by_level"][1:]), one["listed"], one["filed_today"])
        assert row[1:6] == [str(count) for count in counts]
    for name, count in (("在办", found["open"]), ("已超时", found["overdue"]), ("今日点单", found["filed_today"])):
        assert re.search(rf"<dt>{name}</dt><dd>{count}</dd>", shown.html)
    assert found["overdue"] == 4


async def test_each_grid_leads_further_down_and_the_way_up_ends_where_ones_own_begins(desk):
    await desk.sit_down("supervisor of Weifen town")
    shown = await desk.open("/command")
    assert "蔚汾镇此刻" in shown.text
    assert f'href="/command?grid={HERE}"' in shown.html
    assert 'href="/command?grid=141123"' not in shown.html
    below = await desk.open(f"/command?grid={HERE}")
    assert 'href="/command?grid=141123100"' in below.html
    deepest = HERE
    while True:
        _, answer = await desk.door.call("GET", f"/grids/{deepest}/children")
        if not answer["items"]:
            break
        deepest = answer["items"][0]["code"]
    assert "下面没有网格了" in (await desk.open(f"/command?grid={deepest}")).text


@pytest.mark.parametrize("path", ["/command", "/command/wall"])
async def test_the_rows_and_what_lies_at_the_grid_itself_add_up_to_its_counters(desk, door, path):
    for place in (HERE, HERE, f"{HERE}001"):
        await door.file(place={"grid": place})
    await desk.sit_down("supervisor of Weifen town")
    township = await desk.open(path)
    assert "直接在本级的" not in township.text
    shown = await desk.open(f"{path}?grid={HERE}")
    assert "直接在本级的 2 0" in shown.text
    assert sum(int(row[1]) for row in shown.rows("below")) == 1


@pytest.mark.parametrize("path", ["/command", "/command/wall", "/command/live", "/command/rises", "/command/figures"])
async def test_only_who_answers_for_a_grid_sees_how_it_stands(desk, door, path):
    for who, grid, status in (
        ("supervisor of Weifen town", "141123101", 403),
        ("M0070", "", 403),
        ("county supervisor", "999", 422),
    ):
        await desk.sit_down(who)
        shown = await desk.open(f"{path}?grid={grid}")
        assert shown.status == status, (path, who)
    door.client.session.cookie_jar.clear()
    async with door.client.get(path, allow_redirects=False) as answer:
        assert answer.headers["Location"].startswith("/login?next=")


async def test_what_presses_most_comes_first_and_leads_to_its_order(desk, door):
    late = await door.file()
    door.wait(hours=40)
    later = await door.file(category="0101")
    door.wait(hours=40)
    await door.sweep()
    door.tokens.clear()
    await desk.sit_down("county supervisor")
    _, listed = await door.call("GET", "/orders?overdue=true", who=desk.phones["county supervisor"])
    level = {one["id"]: (one["listed"], one["level"]) for one in listed["items"]}
    assert level[late["id"]] > level[later["id"]]
    for path in ("/command", "/command/rises"):
        shown = await desk.open(path)
        assert re.findall(r'href="/branch/o/(\d+)"', shown.html) == [late["id"], later["id"]]


async def test_what_presses_most_is_shown_however_much_is_late(desk, door):
    first = await door.file()
    door.wait(hours=20)
    await door.sweep()
    await asyncio.gather(*(door.file(text=f"第{n}件") for n in range(110)))
    door.wait(hours=20)
    await door.sweep()
    door.tokens.clear()
    await desk.sit_down("county supervisor")
    phone = desk.phones["county supervisor"]
    _, shown = await door.call("GET", f"/orders/{first['id']}", who=phone)
    assert (shown["level"], shown["listed"]) == (2, False), "nothing but its level brings it forward"
    _, newest = await door.call("GET", "/orders?overdue=true&limit=100", who=phone)
    assert first["id"] not in {one["id"] for one in newest["items"]}
    for path in ("/command", "/command/rises", f"/command?grid={HERE}"):
        shown = re.findall(r'href="/branch/o/(\d+)"', (await desk.open(path)).html)
        assert shown[0] == first["id"], path
        assert len(shown) == 8


async def test_neither_the_page_nor_the_wall_tells_anybodys_words_or_name(desk, door):
    await door.file()
    door.wait(hours=40)
    door.tokens.clear()
    await desk.sit_down("county supervisor")
    for path in ("/command", "/command/wall", "/command/rises?as=wall"):
        shown = await desk.open(path)
        assert "邻里" in shown.text
        for told in ("邻居家的水流到我家门口", "演示群众001", "演*", "0001"):
            assert told not in shown.text, (path, told)
    assert "/branch/o/" not in (await desk.open("/command/wall")).html  # from a wall nobody follows anything


async def test_the_outlines_for_the_map_are_compressed_and_kept(desk):
    shown = await desk.open("/command/outlines/141123")
    assert len(orjson.loads(shown.html)["features"]) == 16
    assert shown.headers["Content-Encoding"] in ("gzip", "deflate")
    assert "max-age" in shown.headers["Cache-Control"]
    assert (await desk.open("/command/outlines/9")).status == 404
