"""A list of changes is looked at, then done now or on its day, and taken back while it waits."""

import json

from dispatch.web.county import tree

LIST = "op,code,to,name\nrename,141123100016,,东城新社区\n"


async def test_a_list_is_looked_at_before_it_is_done(desk, door) -> None:
    order = await door.file()
    shown = await desk.send("/county/tree", do="preview", csv=LIST)
    assert "东城新社区" in shown.text
    assert "在办工单 1 个" in shown.text
    assert door.service.world.tree.by_code("141123100016").name != "东城新社区"
    done = await desk.send("/county/tree", do="apply", csv=shown.field("csv"), key=shown.field("key"), reason="批复")
    assert done.address == "/county/tree?made=1"
    assert door.service.world.tree.by_code("141123100016").name == "东城新社区"
    twice = await desk.send("/county/tree", do="apply", csv=shown.field("csv"), key=shown.field("key"), reason="批复")
    assert order["id"]
    assert "第 2 版" not in twice.text


async def test_what_waits_for_its_day_is_taken_back(desk) -> None:
    made = await desk.send("/county/tree", {"changes.csv": LIST.encode()}, do="apply", on="2027-01-01", reason="批复")
    assert made.address == "/county/tree?made=1"
    assert "/county/tree/versions/1/cancel" in made.html
    back = await desk.send("/county/tree/versions/1/cancel")
    assert back.address == "/county/tree?cancelled=1"
    assert "/county/tree/versions/1/cancel" not in back.html


async def test_every_fault_is_told_by_its_line_and_the_list_is_kept(desk) -> None:
    wrong = "op,code,to,name\n\nrename,141123100016,,新名\nrename,999,,新名\n"
    shown = await desk.send("/county/tree", do="preview", csv=wrong)
    assert shown.status == 422
    assert ">4</td>" in shown.html
    assert shown.field("csv").strip() == wrong.strip()
    unread = await desk.send("/county/tree", {"changes.csv": LIST.encode("gb18030")}, do="preview")
    assert "CSV UTF-8" in unread.text
    nothing = await desk.send("/county/tree", do="preview", csv="")
    assert nothing.status == 422


async def test_a_list_of_many_megabytes_is_left_to_the_command_line(desk) -> None:
    shown = await desk.send("/county/tree", {"changes.csv": b"x" * (2 * tree.MOST_BYTES)}, do="preview")
    assert shown.status == 422
    assert "grid-dispatch tree" in shown.text


async def test_outlines_of_the_size_of_a_real_one_are_taken(desk) -> None:
    ring = [[111.1 + n / 1e6, 38.4] for n in range(4_000)]
    outline = json.dumps({"type": "Polygon", "coordinates": [ring]}).replace('"', '""')
    sheet = f'op,code,polygon\nrename,141123100016,"{outline}"\n'
    shown = await desk.send("/county/tree", {"changes.csv": sheet.encode()}, do="preview")
    assert shown.status == 422
    assert "grid-dispatch tree" not in shown.text
    assert ">2</td>" in shown.html
