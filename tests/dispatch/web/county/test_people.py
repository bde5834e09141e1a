"""People are found without their phone in any address; roles, passwords and accounts change within one's own grids."""

import re

ADMINISTRATOR, MEMBER, SECRETARY = "10001000001", "10001001278", "10001000054"


async def test_people_are_found_by_code_grid_and_role_and_shown_masked(desk) -> None:
    shown = await desk.open("/county/people?q=M0070")
    assert "/county/people/M0070" in shown.html
    assert MEMBER not in shown.html
    below = await desk.open("/county/people?grid=141123100016&role=secretary")
    assert "S035" in below.text
    assert "M0070" not in below.text
    assert "没有找到" in (await desk.open("/county/people?q=nobody")).text
    assert (await desk.open("/county/people?grid=999")).status == 422


async def test_whoever_types_a_name_is_told_what_can_be_searched_for(desk) -> None:
    shown = await desk.open("/county/people?q=张三")
    assert shown.status == 422
    assert shown.text.count("不能按姓名查") == 1
    assert "没有保存" not in shown.text
    assert 'id="e-q"' in shown.html
    assert 'value="张三"' in shown.html
    wrong = await desk.send("/county/people", phone="12")
    assert "这样查不到" in wrong.text
    assert wrong.text.count("应为 11 位手机号") == 1


async def test_a_phone_is_asked_for_in_a_form_alone(desk) -> None:
    found = await desk.send("/county/people", phone="100 0100 1278")
    assert "/county/people/M0070" in found.html
    assert MEMBER not in found.address
    assert (await desk.send("/county/people", phone="12")).status == 422


async def test_pages_of_people_follow_each_other(desk) -> None:
    first = await desk.open("/county/people?role=member")
    following = re.search(r'href="(/county/people\?[^"]*after=[^"]*)"', first.html)
    assert following is not None
    second = await desk.open(following[1].replace("&amp;", "&"))
    codes = [set(re.findall(r"/county/people/(\w+)", page.html)) for page in (first, second)]
    assert codes[0]
    assert codes[1]
    assert not codes[0] & codes[1]


async def test_a_role_is_given_and_ended(desk, door) -> None:
    given = await desk.send("/county/people/M0070", do="give", role="grid_worker", grid="141123100016")
    assert given.address == "/county/people/M0070?did=given"
    again = await desk.send("/county/people/M0070", do="give", role="grid_worker", grid="141123100016")
    assert again.status == 422
    assert "已有同样的角色" in again.text
    _, person = await door.call("GET", "/people/M0070", who=ADMINISTRATOR)
    number = next(one["number"] for one in person["roles"] if one["role"] == "grid_worker")
    ended = await desk.send("/county/people/M0070", do="end", number=str(number))
    assert "角色已终止" in ended.text
    _, person = await door.call("GET", "/people/M0070", who=ADMINISTRATOR)
    assert not next(one["holds"] for one in person["roles"] if one["number"] == number)
    _, acts = await door.call("GET", "/county/acts", who=ADMINISTRATOR)
    assert [one["data"]["did"] for one in acts["items"]] == ["role_ended", "role_given"]
    assert all(one["data"]["person"] == "M0070" for one in acts["items"])


async def test_a_role_yet_to_begin_can_be_taken_away(desk, door) -> None:
    await desk.send(
        "/county/people/M0070", do="give", role="grid_worker", grid="141123100016", **{"from": "2027-01-01"}
    )
    _, person = await door.call("GET", "/people/M0070", who=ADMINISTRATOR)
    number = next(one["number"] for one in person["roles"] if one["role"] == "grid_worker")
    await desk.send("/county/people/M0070", do="end", number=str(number))
    _, person = await door.call("GET", "/people/M0070", who=ADMINISTRATOR)
    assert number not in {one["number"] for one in person["roles"]}


async def test_a_new_password_is_shown_once_and_ends_every_session(desk, door) -> None:
    await door.token(MEMBER)
    shown = await desk.send("/county/people/M0070", do="password")
    fresh = re.search(r'class="secret">([^<]+)<', shown.html)
    assert fresh is not None
    assert (await door.call("GET", "/me", who=MEMBER))[0] == 401
    assert (await door.call("POST", "/sessions", json={"phone": MEMBER, "password": fresh[1]}))[0] == 201
    assert fresh[1] not in (await desk.open("/county/people/M0070")).html
    assert (await desk.send("/county/people/M0070", do="password", password="short")).status == 422


async def test_somebody_is_kept_out_and_let_in_again_but_nobody_themself(desk, door) -> None:
    out = await desk.send("/county/people/M0070", do="active", active="false")
    assert "已停用" in out.text
    back = await desk.send("/county/people/M0070", do="active", active="true")
    assert "已恢复" in back.text
    row = await door.service.database.fetchrow(
        "SELECT p.code FROM people p JOIN person_contacts c ON c.person_id = p.id WHERE c.phone = $1", ADMINISTRATOR
    )
    own = await desk.send(f"/county/people/{row['code']}", do="active", active="false")
    assert own.status == 422
    assert (await door.call("GET", "/me", who=ADMINISTRATOR))[0] == 200


async def test_a_townships_administrator_reaches_neither_above_nor_beside(door) -> None:
    given = {"role": "administrator", "grid": "141123100"}
    assert (await door.call("POST", "/people/S035/roles", who=ADMINISTRATOR, json=given))[0] == 201
    fresh = {"password": "yanshi-2027"}
    below, above = "M0070", "S001"
    assert (await door.call("PUT", f"/people/{below}/password", who=SECRETARY, json=fresh))[0] == 200
    assert (await door.call("PUT", f"/people/{above}/password", who=SECRETARY, json=fresh))[0] == 403
    assert (await door.call("GET", f"/people/{above}", who=SECRETARY))[0] == 404
    role = {"role": "member", "grid": "141123"}
    assert (await door.call("POST", f"/people/{below}/roles", who=SECRETARY, json=role))[0] == 403
    assert (await door.call("POST", "/county/imports", who=SECRETARY, json={"files": []}))[0] == 403
    assert (await door.call("POST", "/policy/preview", who=SECRETARY, json={"version": 0}))[0] == 403
