"""The one predicate: who sees an order, which parts of it, and what they may do to it."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from structlog.testing import capture_logs

from dispatch.demo.accounts import accounts
from dispatch.domain import numbers
from dispatch.domain.vocabulary import Action
from dispatch.usecases.demo_county import DEMO_PASSWORD
from dispatch.usecases.reading import key_of

SECRETARY, MEMBER, OTHER, CARER, COUNTY = "10001000054", "10001001278", "10001001279", "10001001277", "10001000002"
COUNTY_SECRETARY, DESK, OFFICER = "10001000020", "10001000038", "10001000706"
ABOVE = (COUNTY, COUNTY_SECRETARY, "10001000004", "10001000021")
HERE = "141123100016"
NAME, PHONE, HOUSE = "司徒不露𠮷", "10003123456", "隐巷九号楼"
ACCOUNTS = [account.phone for account in accounts()]

BODIES: dict[Action, dict[str, Any]] = {
    Action.ROUTE: {"grid": HERE},
    Action.OFFER: {"member": "M0071"},
    Action.HAND_BACK: {"reason": "不便办理"},
    Action.PAUSE: {"reason": "群众外出，明日再约"},
    Action.NOTE: {"text": "进展"},
    Action.RESOLVE: {"answer": "已办结"},
    Action.RATE: {"grade": "satisfied"},
    Action.REOPEN: {"reason": "没有办好"},
    Action.CLOSE: {"reason": "多次联系不上"},
    Action.REDIRECT: {"to": "县信访局", "reason": "不归本系统"},
    Action.SUPERVISE: {"text": "请抓紧"},
    Action.RETURN: {"reason_code": "beyond_means", "reason": "没有设备"},
    Action.ASK: {"matter": "complex", "reason": "涉及多户"},
    Action.COMPLEX: {"reason": "情况属实"},
    Action.REFUSE: {"reason": "理由不足"},
    Action.WHISTLE: {"unit": "D141123", "text": "请一同查看"},
    Action.ANSWER: {"text": "已查看"},
    Action.WAIVE: {"assist": 1, "reason": "已知情"},
    Action.FOLLOW_UP: {"reached": False},
    Action.REVIEW: {"reason": "没有到场"},
    Action.APPEAL: {"subject": "rating", "reason": "当天已办好"},
    Action.JUDGE: {"upholds": True, "reason": "属实"},
}


@pytest.fixture
async def stranger(door) -> str:
    """The phone of a member in another township."""
    row = await door.service.database.fetchrow(
        "UPDATE people AS p SET password_hash = (SELECT password_hash FROM people WHERE code = 'M0070')"
        " FROM person_contacts AS c WHERE c.person_id = p.id AND p.id = (SELECT min(r.person_id) FROM roles AS r"
        " JOIN grids AS g ON g.id = r.grid_id WHERE r.role = 'member' AND g.code LIKE '141123101%') RETURNING c.phone"
    )
    return row["phone"]


@pytest.fixture
async def filed(door) -> dict[str, dict[str, Any]]:
    """Orders in different grids and states, by a name for each."""

    async def walked(*steps: tuple[str, str | None, dict[str, Any]], **change: Any) -> dict[str, Any]:
        order = await door.file(contact={"name": NAME, "phone": PHONE, "house": HOUSE}, **change)
        code = order["query_code"]
        for action, who, more in steps:
            await door.act(order, action, who=who, code=code if who is None else None, **more)
        return order

    offer = ("offer", SECRETARY, {"member": "M0070"})
    accept, resolve = ("accept", MEMBER, {}), ("resolve", MEMBER, {"answer": "已办好"})
    rate = ("rate", None, {"grade": "satisfied"})
    _, for_household = await door.call(
        "POST",
        "/orders",
        who=CARER,
        json={"category": "1001", "text": "请来看看", "filed_for": {"household": "H0001", "channel": "visit"}},
    )
    return {
        "received": await walked(place={"address": "说不清的地方"}),
        "routed": await walked(),
        "routed below": await walked(place={"grid": f"{HERE}001"}),
        "routed at the root": await walked(place={"grid": "141123"}),
        "elsewhere": await walked(place={"grid": "141123102"}),
        "a department's": await walked(category="0201"),
        "offered": await walked(offer),
        "accepted": await walked(offer, accept),
        "resolved": await walked(offer, accept, resolve),
        "rated": await walked(offer, accept, resolve, rate),
        "unrated": await walked(offer, accept, resolve, ("close", SECRETARY, {"reason": "联系不上"})),
        "withdrawn": await walked(("withdraw", None, {})),
        "redirected": await walked(category="9001"),
        "for a household": for_household,
    }


async def _list(door, who: str) -> dict[str, dict[str, Any]]:
    found, cursor = dict[str, dict[str, Any]](), ""
    while True:
        status, page = await door.call("GET", f"/orders?limit=5{cursor}", who=who)
        assert status == 200
        found |= {order["id"]: order for order in page["items"]}
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def test_list_detail_events_way_and_actions_agree_on_who_sees_an_order(door, filed, stranger) -> None:
    sees: dict[str, set[str]] = {}
    for who in (*ACCOUNTS, stranger):
        listed = await _list(door, who)
        for name, order in filed.items():
            statuses = {
                (await door.call("GET", f"/orders/{order['id']}{part}", who=who))[0]
                for part in ("", "/events", "/route")
            }
            note = await door.call("POST", f"/orders/{order['id']}/actions", who=who, json={"action": "submit"})
            assert statuses == ({200} if order["id"] in listed else {403}), (who, name)
            assert note[0] in (403, 409)
            assert (note[0], note[1]["code"]) == (403, "not_yours") or order["id"] in listed
        sees[who] = {name for name, order in filed.items() if order["id"] in listed}
    everything = set(filed)
    away = {"received", "routed at the root", "elsewhere"}
    assert sees[COUNTY] == everything
    for who in (SECRETARY, MEMBER, OTHER, CARER):
        assert sees[who] == everything - away
    assert sees[stranger] == set()


ALONE = {"place", "answer", "photos", "may_reveal", "contact_until"}
"""What is told of one order alone, and of none in a list."""


async def test_a_list_tells_of_each_order_what_the_order_itself_does(door, filed) -> None:
    for who in ACCOUNTS:
        for ident, listed in (await _list(door, who)).items():
            status, order = await door.call("GET", f"/orders/{ident}", who=who)
            assert status == 200
            assert {**order, **dict.fromkeys(ALONE)} == {**listed, **dict.fromkeys(ALONE)}


async def test_nobody_sees_anything_without_login_or_the_right_code(door, filed) -> None:
    order, other = filed["routed"], filed["offered"]
    for part in ("", "/events", "/route", "/candidates"):
        heard = await door.send("GET", f"/api/v1/orders/{order['id']}{part}")
        assert heard.refusal() == (401, "unauthenticated")
        assert order["text"].encode() not in heard.body
    assert (await door.send("GET", "/api/v1/orders")).refusal() == (401, "unauthenticated")
    note = {"json": {"action": "note", "text": "x"}}
    assert (await door.send("POST", f"/api/v1/orders/{order['id']}/actions", **note)).refusal() == (
        401,
        "unauthenticated",
    )
    path, right = f"/api/v1/orders/{order['id']}", {"X-Query-Code": order["query_code"]}
    spaced = f"{order['query_code'][:4]} {order['query_code'][4:]}"
    for code in (order["query_code"], spaced, spaced.replace(" ", "-")):
        assert (await door.send("GET", path, headers={"X-Query-Code": code})).status == 200
    wrong = {"X-Query-Code": other["query_code"]}
    heard = [await door.send("GET", path, headers=wrong) for _ in range(9)]
    heard.append(await door.send("POST", f"{path}/actions", headers=wrong, **note))
    assert {one.refusal() for one in heard} == {(403, "wrong_query_code")}
    for headers in (wrong, right):
        late = await door.send("GET", path, headers=headers)
        assert late.refusal() == (429, "too_many"), "even the right one, so that guessing teaches nothing"
        assert int(late.headers["Retry-After"]) > 0
    assert (await door.call("GET", f"/orders/{other['id']}", code=other["query_code"]))[0] == 200, "by the order"
    assert (await door.call("GET", f"/orders/{order['id']}", who=SECRETARY))[0] == 200


async def test_codes_cannot_be_tried_over_many_orders_and_orders_that_are_not_there_leave_nothing(door) -> None:
    orders = [await door.file() for _ in range(3)]
    root = door.service.world.tree.root.code
    absent = [numbers.number(root, 50_000_000 + n) for n in range(80)]
    guesses = [*absent, *(order["id"] for order in orders for _ in range(9))]
    wrong = {"X-Query-Code": "00000000"}
    heard = await asyncio.gather(*(door.send("GET", f"/api/v1/orders/{ident}", headers=wrong) for ident in guesses))
    assert Counter(one.refusal() for one in heard) == {(403, "wrong_query_code"): 100, (429, "too_many"): 7}
    late = await door.send("GET", f"/api/v1/orders/{absent[0]}", headers=wrong)
    assert late.refusal() == (429, "too_many")
    kept = door.service.brakes._limiter.storage.events  # what it costs shows nowhere else
    assert len(kept) <= 1 + len(orders)


async def test_what_an_order_offers_is_exactly_what_may_be_done_to_it(door, filed, stranger) -> None:
    chosen = (
        "received",
        "routed",
        "a department's",
        "offered",
        "accepted",
        "resolved",
        "rated",
        "unrated",
        "for a household",
    )
    readers = [COUNTY, COUNTY_SECRETARY, DESK, OFFICER, SECRETARY, MEMBER, OTHER, CARER, stranger, None]
    rows = await door.rows()
    offered: list[tuple[str, str | None, Action]] = []
    for name in chosen:
        order = filed[name]
        for turn, who in enumerate(readers):
            code = order["query_code"] if who is None else None
            status, seen = await door.call("GET", f"/orders/{order['id']}", who=who, code=code)
            allowed = set(seen["actions"]) if status == 200 else set()
            # the whole product is tried where nothing goes over the wire; here each action by every third reader
            here = [action for place, action in enumerate(Action) if (place + turn) % 3 == 0]
            refused = [action for action in here if action not in allowed]
            answers = await asyncio.gather(*(_try(door, order["id"], action, who, code) for action in refused))
            tried = zip(refused, answers, strict=True)
            surprising = {action: answer for action, answer in tried if answer[0] not in (403, 409)}
            assert not surprising, (name, who)
            offered.extend((name, who, Action(action)) for action in sorted(allowed))
    assert await door.rows() == rows, "what is refused changes nothing"
    assert len({action for _, _, action in offered}) >= 12
    for name, who, action in offered:
        ident, code = await _copy(door, filed[name])
        status, answer = await _try(door, ident, action, who, code if who is None else None)
        assert status in (200, 422), (name, who, action, answer)


async def _try(door, ident: str, action: Action, who: str | None, code: str | None) -> tuple[int, Any]:
    into = {"into": ident} if action is Action.MERGE else {}
    body = {"action": action.value, **BODIES.get(action, {}), **into}
    return await door.call("POST", f"/orders/{ident}/actions", who=who, code=code, json=body)


async def _copy(door, order: dict[str, Any]) -> tuple[str, str]:
    """Copy an order as it stands under a serial number of its own; return its id and query code."""
    service = door.service
    prefix, serial = numbers.parse(order["id"])
    region = service.region(prefix)
    copy = await service.serials.take(region)
    for table, key in (
        ("orders", "id"),
        ("order_contents", "order_id"),
        ("events", "order_id"),
        ("event_texts", "order_id"),
    ):
        await service.database.execute(
            f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object('{key}', $3::bigint))).*"  # noqa: S608
            f" FROM {table} AS t WHERE region = $1 AND {key} = $2",
            region,
            serial,
            copy,
        )
    code = service.world.tree.grid(region).code
    return numbers.number(code, copy), numbers.query_code(service.secret, region, copy)


async def test_only_the_handler_sees_the_contact_in_the_detail_and_only_while_they_handle_it(
    door, filed, stranger, capfd
) -> None:
    secrets = [part.encode() for part in (NAME, PHONE, HOUSE, NAME.encode("unicode_escape").decode())]
    leaks, handlers = [], []
    with capture_logs() as logs:
        for name, order in filed.items():
            for who in (*ACCOUNTS, stranger, None):
                headers = {"X-Query-Code": order["query_code"]}
                if who is not None:
                    headers = {"Authorization": f"Bearer {await door.token(who)}"}
                for part in ("", "/events", "/route", "/candidates", *(["s"] if name == "accepted" else [])):
                    url = "/api/v1/orders?limit=100" if part == "s" else f"/api/v1/orders/{order['id']}{part}"
                    heard = await door.send("GET", url, headers=headers)
                    if any(secret in heard.body for secret in secrets):
                        (handlers if (part, who) == ("", MEMBER) else leaks).append((name, who, part))
        for name in ("offered", "accepted", "resolved"):
            heard = await door.send(
                "POST",
                f"/api/v1/orders/{filed[name]['id']}/actions",
                json={
                    "action": "accept" if name == "offered" else "note",
                    **({} if name == "offered" else {"text": "x"}),
                },
                headers={"Authorization": f"Bearer {await door.token(MEMBER)}"},
            )
            assert heard.status == 200
            leaks.extend((name, "action") for secret in secrets if secret in heard.body)
        figures = await door.send("GET", "/metrics")
        leaks.extend("metrics" for secret in secrets if secret in figures.body)
    assert not leaks
    assert not handlers, "who handles it taps for it first"
    said = "".join(capfd.readouterr()) + str(logs)
    assert not [part for part in (NAME, PHONE, HOUSE, DEMO_PASSWORD, filed["routed"]["query_code"]) if part in said]
    personal = {"contact_name": NAME, "contact_phone": PHONE, "house": HOUSE}
    for table in ("orders", "events", "event_texts", "outbox", "idempotency"):
        for row in await door.service.database.fetch(f"SELECT t::text FROM {table} AS t"):  # noqa: S608
            assert not [part for part in personal.values() if part in row[0]], table


async def test_a_members_own_request_is_not_a_way_around_the_record_of_looks(door) -> None:
    body = {
        "category": "0901",
        "text": "代邻居点单",
        "place": {"grid": HERE},
        "filed_for": {"channel": "phone"},
        "contact": {"name": NAME, "phone": PHONE, "house": HOUSE},
    }
    key = {"Idempotency-Key": "mine"}
    status, order = await door.call("POST", "/orders", who=MEMBER, json=body, headers=key)
    assert status == 201
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    accepted = await door.act(order, "accept", who=MEMBER)
    assert accepted["contact"]["masked"]
    status, again = await door.call("POST", "/orders", who=MEMBER, json=body, headers=key)
    assert (status, again["id"], again["state"]) == (201, order["id"], "accepted")
    assert again["contact"] == {"name": "司*", "phone": "100****3456", "house": "***", "masked": True}


async def test_the_contact_is_for_who_handles_an_order_alone_and_in_no_other_state(door, filed, stranger) -> None:
    shown = set()
    for name, order in filed.items():
        for who in (*ACCOUNTS, stranger):
            _, before = await door.call("GET", f"/orders/{order['id']}", who=who)
            path, reason = f"/orders/{order['id']}/contact-views", {"reason": "call"}
            status, answer = await door.call("POST", path, who=who, json=reason)
            assert (status == 201) == before.get("may_reveal", False), (name, who)
            if status == 201:
                shown.add((name, who, answer["contact"]["phone"]))
            else:
                assert (status, answer["code"]) == (403, "not_yours"), (name, who)
        heard = await door.send("POST", f"/api/v1{path}", json=reason, headers={"X-Query-Code": order["query_code"]})
        assert heard.refusal() == (401, "unauthenticated")
    # the lot falls on some that nobody was dissatisfied with, and those above the branch ask how it went
    drawn = await door.service.database.fetch("SELECT region, id FROM orders WHERE follow_up IS NOT NULL")
    keys = {tuple(row) for row in drawn}
    asked = {name for name, order in filed.items() if key_of(door.service, order["id"]) in keys}
    callers = {(name, who, PHONE) for name in asked for who in ABOVE}
    assert shown == {("accepted", MEMBER, PHONE)} | callers


async def test_who_reads_the_text_of_an_order_sees_its_photos_and_nobody_else_does(door, filed, stranger) -> None:
    picture = b"\xff\xd8 as if drawn"
    for name, order in filed.items():
        prefix, serial = numbers.parse(order["id"])
        await door.service.database.execute(
            "INSERT INTO photos VALUES ($1, $2, $3, 1, 'filing', 1, '', $4)",
            door.service.region(prefix), serial, "A" * 22, picture,
        )  # fmt: skip
        url = f"/api/v1/orders/{order['id']}"
        for who in (*ACCOUNTS, stranger, None):
            headers = {} if who is None else {"Authorization": f"Bearer {await door.token(who)}"}
            text = await door.send("GET", url, headers=headers)
            photo = await door.send("GET", f"{url}/photos/{'A' * 22}", headers=headers)
            assert photo.status == text.status, (name, who)
            assert (picture in photo.body) == (photo.status == 200)
        mine = await door.send("GET", f"{url}/photos/{'A' * 22}", headers={"X-Query-Code": order["query_code"]})
        assert (mine.status, mine.body) == (200, picture)
        other = filed["routed" if name != "routed" else "offered"]["query_code"]
        wrong = await door.send("GET", f"{url}/photos/{'A' * 22}", headers={"X-Query-Code": other})
        assert wrong.refusal() == (403, "wrong_query_code")


async def test_who_must_say_where_an_order_belongs_sees_the_place_as_given_and_the_resident_sees_the_look(door, phones):
    order = await door.file(place={"address": "不存在的地方三号"})
    assert order["state"] == "received"
    _, seen = await door.call("GET", f"/orders/{order['id']}", who=phones["head of the county's desk"])
    assert (seen["place"], seen["contact"]["masked"]) == ({"address": "不存在的地方三号"}, True)
    _, own = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    assert len(own["contact_views"]) == 1
    _, listed = await door.call("GET", "/orders", who=phones["head of the county's desk"])
    assert [one["place"] for one in listed["items"]] == [None], "not in lists, where no look is on record"
    _, officer = await door.call("GET", f"/orders/{order['id']}", who=phones["administrator"])
    assert officer["place"] is None


async def test_who_did_what_is_told_by_name_to_those_who_serve_and_to_nobody_else(door) -> None:
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    names = {"S035": "演示书记035", "M0070": "演示党员0070"}
    for who in (SECRETARY, MEMBER, OTHER, COUNTY):
        _, told = await door.call("GET", f"/orders/{order['id']}/events", who=who)
        _, _, offer, accept = told["items"]
        assert [offer[part] for part in ("actor", "actor_name", "assignee_name")] == ["S035", *names.values()], who
        assert (accept["actor_name"], told["items"][1]["actor_name"]) == (names["M0070"], None)
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert not [event for event in told["items"] if event.keys() & {"actor", "actor_name", "assignee", "assignee_name"}]
    assert not [name for name in names.values() if name in str(told)]
    await door.service.database.execute("DELETE FROM person_contacts WHERE name = $1", names["M0070"])
    _, told = await door.call("GET", f"/orders/{order['id']}/events", who=SECRETARY)
    assert (told["items"][-1]["actor"], told["items"][-1]["actor_name"]) == ("M0070", None), "a name is erased for good"
