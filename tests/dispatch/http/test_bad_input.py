"""Whatever is sent, the answer is a clear refusal, and nothing is written."""

import gzip
import json
from dataclasses import replace
from typing import Any

SECRETARY = "10001000054"
JSON = {"Content-Type": "application/json"}
GOOD: dict[str, Any] = {
    "category": "0901",
    "text": "邻居家的水流到我家门口",
    "place": {"grid": "141123100016"},
    "contact": {"phone": "10003000001"},
}


def _with(**change: Any) -> bytes:
    return json.dumps({**GOOD, **change}).encode()


def _text(inside: bytes) -> bytes:
    return _with(text="@@").replace(b"@@", inside)


INVALID, BROKEN, TYPE, LARGE = (422, "invalid"), (400, "broken_body"), (415, "wrong_content_type"), (413, "too_large")

BODIES: dict[str, tuple[bytes, tuple[int, str]]] = {
    "nothing": (b"", BROKEN),
    "half": (_with()[:-10], BROKEN),
    "two": (_with() + _with(), BROKEN),
    "no JSON": (b"category=0901&text=x", BROKEN),
    "no UTF-8": (_text(b"\xff\xfe"), BROKEN),
    "UTF-16": (_with().decode().encode("utf-16"), BROKEN),
    "GBK": (_text("邻居".encode("gbk")), BROKEN),
    "lone surrogate, escaped": (_text(rb"\ud800"), BROKEN),
    "lone surrogate, encoded": (_text(b"\xed\xa0\x80"), BROKEN),
    "a control character as it is": (_text(b"a\x01b"), BROKEN),
    "deep arrays": (b"[" * 100_000, BROKEN),
    "deep objects": (b'{"text":' * 20_000 + b"1" + b"}" * 20_000, BROKEN),
    "deep in a field": (_with().replace(b'"0901"', b"[" * 5000 + b"]" * 5000), BROKEN),
    "a number too long to read": (_with().replace(b'"0901"', b"9" * 5000), BROKEN),
    "a list": (b"[1, 2]", INVALID),
    "a word": (b'"text"', INVALID),
    "a number": (b"7", INVALID),
    "null": (b"null", INVALID),
    "an empty object": (b"{}", INVALID),
    "NaN": (_with(place={"lon": "@", "lat": 38.4}).replace(b'"@"', b"NaN"), INVALID),
    "Infinity": (_with(place={"lon": 111.1, "lat": "@"}).replace(b'"@"', b"-Infinity"), INVALID),
    "a float too large": (_with(place={"lon": "@", "lat": 38.4}).replace(b'"@"', b"1e999"), INVALID),
    "an unknown field": (_with(urgent=True), INVALID),
    "an unknown field within": (_with(contact={"phone": "10003000001", "id_card": "1"}), INVALID),
    "a number for a text": (_with(text=5), INVALID),
    "a text for an object": (_with(contact="10003000001"), INVALID),
    "a huge int": (_with(text=10**400), INVALID),
    "a blank text": (_with(text=" \n "), INVALID),
    "a text nobody can see": (_with(text="\u200b\u2060\ufeff"), INVALID),
    "an empty text": (_with(text=""), INVALID),
    "NUL": (_with(text="水\0流"), INVALID),
    "a C1 control": (_with(text="水\x85流"), INVALID),
    "bidi override": (_with(text="水\u202e流"), INVALID),
    "bidi mark": (_with(contact={"phone": "10003000001", "name": "张\u200f三"}), INVALID),
    "two lines of name": (_with(contact={"phone": "10003000001", "name": "张\n三"}), INVALID),
    "a line separator in a name": (_with(contact={"phone": "10003000001", "name": "张\u2028三"}), INVALID),
    "100,000 characters": (_with(text="a" * 100_000), INVALID),
    "100,000 hanzi": (json.dumps({**GOOD, "text": "水" * 100_000}, ensure_ascii=False).encode(), LARGE),
    "100,000 characters of address": (_with(place={"address": "a" * 100_000}), INVALID),
    "no such category": (_with(category="9999"), INVALID),
    "a category of categories": (_with(category="09"), INVALID),
    "a category in other digits": (_with(category="０９０１"), INVALID),
    "no such grid": (_with(place={"grid": "999999999999"}), INVALID),
    "NUL in a grid": (_with(place={"grid": "141123\0"}), INVALID),
    "no place": (_with(place=None), INVALID),
    "an empty place": (_with(place={}), INVALID),
    "a grid and half a point": (_with(place={"grid": "141123", "lat": 38.4}), INVALID),
    "a grid and a point off the earth": (_with(place={"grid": "141123", "lon": 111.1, "lat": 91}), INVALID),
    "a grid, a point and an address": (
        _with(place={"grid": "141123", "lon": 111.1, "lat": 38.4, "address": "东城社区"}),
        INVALID,
    ),
    "an address and a point": (_with(place={"address": "东城社区", "lon": 111.1, "lat": 38.4}), INVALID),
    "half a point": (_with(place={"lon": 111.1}), INVALID),
    "a point off the earth": (_with(place={"lon": 181, "lat": 38}), INVALID),
    "no contact": (_with(contact=None), INVALID),
    "no telephone": (_with(contact={"name": "张三"}), INVALID),
    "a malformed telephone": (_with(contact={"phone": "10003000001\n"}), INVALID),
    "a tier only superiors can say": (_with(urgency="complex"), INVALID),
    "an unknown tier": (_with(urgency="soon"), INVALID),
    "for others, by nobody": (_with(filed_for={"channel": "chat"}), (401, "unauthenticated")),
    "for others, and not how they asked": (_with(filed_for={}), INVALID),
    "for a household, by nobody": (
        _with(filed_for={"household": "H0001", "channel": "visit"}),
        (401, "unauthenticated"),
    ),
}


async def test_every_bad_request_is_refused_with_its_own_code_and_nothing_is_written(door) -> None:
    before, wrong = await door.rows(), []
    for name, (body, expected) in BODIES.items():
        heard = await door.send("POST", "/api/v1/orders", data=body, headers=JSON)
        if heard.refusal() != expected:
            wrong.append((name, heard.status, heard.body[:200]))
    assert not wrong
    assert await door.rows() == before


async def test_all_faults_are_listed_at_once_in_both_languages(door) -> None:
    body = {
        "category": "x",
        "text": "a\0b",
        "colour": "red",
        "place": {"grid": "?", "height": 3},
        "contact": {"phone": "12", "name": 5},
        "filed_for": {"channel": "dream"},
    }
    expected = {
        "category",
        "text",
        "colour",
        "place.grid",
        "place.height",
        "contact.phone",
        "contact.name",
        "filed_for.channel",
    }
    for lang in ("zh", "en"):
        heard = await door.send("POST", f"/api/v1/orders?lang={lang}", json=body)
        assert heard.refusal() == INVALID
        assert {fault["field"] for fault in heard.json["errors"]} == expected
        assert all(any(ch >= "\u4e00" for ch in fault["detail"]) == (lang == "zh") for fault in heard.json["errors"])


async def test_rare_hanzi_and_emoji_come_back_as_they_were_sent(door) -> None:
    text = "𠮷野家旁㐂字招牌𰻞𰻞面🏮👨‍👩‍👧‍👦 \u00e9e\u0301 \U0010fffd 第一行\n第二行\t完"
    order = await door.file(text=text, contact={"phone": "10003000001", "name": "𠮷㐂", "house": "🏠1号"})
    assert order["text"] == text
    assert order["contact"]["name"] == "𠮷*"
    status, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    assert (status, seen["text"]) == (200, text)
    await door.act(order, "note", code=order["query_code"], text=text)
    status, history = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert history["items"][-1]["texts"] == {"text": text}
    longest = "㐂" * 2000
    assert (await door.file(text=longest))["text"] == longest


async def test_bodies_of_another_kind_or_size_are_refused_before_they_are_read(door) -> None:
    before = await door.rows()
    good, url = _with(), "/api/v1/orders"

    async def chunks():
        for _ in range(40):
            yield b" " * 10_000

    async def a_good_one():
        yield good[:20]
        yield good[20:]

    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        "application/jsonx",
        "nonsense",
        "",
    ):
        heard = await door.send("POST", url, data=good, headers={"Content-Type": kind})
        assert heard.refusal() == TYPE, kind
    assert (await door.send("POST", url, data=b" " * 300_000, headers=JSON)).refusal() == LARGE
    assert (await door.send("POST", url, data=chunks(), headers=JSON)).refusal() == LARGE
    zipped = {**JSON, "Content-Encoding": "gzip"}
    assert (await door.send("POST", url, data=gzip.compress(b" " * 50_000_000), headers=zipped)).refusal() == LARGE
    assert (await door.send("POST", url, data=good, headers=zipped)).refusal() == BROKEN
    said = b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    assert (await door.say(said + b"Content-Length: 999999999999\r\n\r\n{")).refusal() == LARGE
    assert (await door.say(said + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n")).status == 400
    assert (await door.say(said + b"Content-Length: -5\r\n\r\n{")).status == 400
    assert await door.rows() == before
    heard = await door.send("POST", url, data=a_good_one(), headers={"Content-Type": "application/JSON; charset=UTF-8"})
    assert heard.status == 201, "in chunks, and with the character set named, it is as good as whole"


async def test_bad_headers_are_refused(door) -> None:
    order = await door.file()
    code = order["query_code"]
    before = await door.rows()
    path = f"/api/v1/orders/{order['id']}"
    for header in (
        "Bearer",
        "Bearer ",
        "Bearer nobody",
        "Basic dTpw",
        "bearer  two",
        "nonsense",
        "Bearer " + "a" * 201,
        "Bearer " + "a" * 7000,
        "Bearer 令牌",
        "",
    ):
        for method, url in (("GET", path), ("GET", "/api/v1/orders"), ("DELETE", "/api/v1/sessions")):
            heard = await door.send(method, url, headers={"Authorization": header})
            assert heard.refusal() == (401, "unauthenticated"), header
            assert heard.headers["WWW-Authenticate"] == "Bearer"
    for key in ("", "a" * 201, "键", "a\tb", "a" * 7000):
        for url, body in (("/api/v1/orders", GOOD), (f"{path}/actions", {"action": "note", "text": "x"})):
            heard = await door.send("POST", url, json=body, headers={"Idempotency-Key": key, "X-Query-Code": code})
            assert heard.refusal() == INVALID, key
    get = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
    assert (await door.say(get + b"Authorization: Bearer \xff\xfe\r\n\r\n")).refusal() == (401, "unauthenticated")
    assert (await door.say(get + b"X-Query-Code: \xff\xfe\r\n\r\n")).refusal() == (403, "wrong_query_code")
    assert (await door.say(get + b"X-Query-Code: " + b"9" * 20_000 + b"\r\n\r\n")).status in (400, 431)
    assert (await door.say(get + b"X-Query-Code: a\0b\r\n\r\n")).status == 400
    for wrong in ("０" * 8, "٣" * 8, "", "1" * 7000):
        heard = await door.send("GET", path, headers={"X-Query-Code": wrong})
        assert heard.refusal() == (403, "wrong_query_code")
    assert await door.rows() == before


async def test_a_bad_action_changes_nothing(door) -> None:
    order = await door.file()
    before = await door.rows()
    token = {"Authorization": f"Bearer {await door.token(SECRETARY)}"}
    for body in (
        {},
        {"action": None},
        {"action": 5},
        {"action": "fly"},
        {"action": "new"},
        {"action": "offer"},
        {"action": "hand_back"},
        {"action": "offer", "member": "nobody"},
        {"action": "offer", "member": "M0070\0"},
        {"action": "offer", "member": ""},
        {"action": "offer", "member": "V01"},
        {"action": "offer", "member": "M0070", "reason": "\u202e"},
        {"action": "offer", "member": "M0070", "version": 0},
        {"action": "offer", "member": "M0070", "version": "2"},
        {"action": "offer", "member": "M0070", "version": 2**31},
        {"action": "offer", "member": "M0070", "version": 2.0},
        {"action": "offer", "member": "M0070", "grid": "141123"},
        {"action": "route", "grid": "999"},
        {"action": "route", "grid": "141123"},
        {"action": "route", "grid": "141123100016", "category": "9999"},
        {"action": "route", "grid": "141123100016", "category": "09"},
        {"action": "note", "text": "a" * 100_000},
        {"action": "note", "text": "\0"},
        {"action": "note", "text": "x", "internal": 1},
        {"action": "rate", "grade": "good"},
        {"action": "rate", "grade": 5},
        {"action": "redirect", "to": "x\ny", "reason": "z"},
    ):
        heard = await door.send("POST", f"/api/v1/orders/{order['id']}/actions", json=body, headers=token)
        assert heard.refusal() == INVALID, (body, heard.body)
        assert heard.json["errors"], body
    for body in (b"{", b"[]", b'"accept"', b'{"action": "note", "text": "\\ud800"}'):
        heard = await door.send("POST", f"/api/v1/orders/{order['id']}/actions", data=body, headers={**JSON, **token})
        assert heard.refusal() in (INVALID, BROKEN)
    assert await door.rows() == before


async def test_a_body_that_never_comes_is_not_waited_for(door) -> None:
    door.service.settings = replace(door.service.settings, body_seconds=0.2)
    rows = await door.rows()
    for path in ("orders", "sessions", "orders/141123000000010/actions"):
        head = (
            f"POST /api/v1/{path} HTTP/1.1",
            "Host: x",
            "Content-Type: application/json",
            "Content-Length: 1000",
            "",
            "{",
        )
        assert (await door.say("\r\n".join(head).encode())).refusal() == (408, "body_too_slow")
    assert await door.rows() == rows


async def test_a_text_that_is_needed_and_empty_is_asked_for_and_not_measured(door) -> None:
    heard = await door.send("POST", "/api/v1/sessions", json={"phone": "10001000001", "password": ""})
    assert heard.refusal() == INVALID
    assert heard.json["errors"] == [{"field": "password", "detail": "请填写"}]
