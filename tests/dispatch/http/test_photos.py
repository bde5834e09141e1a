"""Photos: taken in bare, claimed once by what they belong to, shown to who may see the order, exact under retries."""

import asyncio
import io
from typing import Any

import aiohttp
import pytest
from PIL import Image

from dispatch.domain.photos import LOOSE_KEPT, MOST_BYTES
from dispatch.usecases.ledger import verify
from dispatch.usecases.photos import PHOTOS_OF_ADDRESS
from scheduler.jobs import JOBS

SECRETARY, MEMBER, OTHER = "10001000054", "10001001278", "10001001279"
BODY = {
    "category": "0901",
    "text": "邻居家的水流到我家门口",
    "place": {"grid": "141123100016"},
    "contact": {"phone": "10003000001", "name": "演示群众001"},
}


def picture(colour: int = 90, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x013B] = "whoever took it"
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (colour, 20, 20)).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


async def send(door, data: Any, kind: str = "image/jpeg", key: str | None = None) -> Any:
    headers = {} if isinstance(data, aiohttp.FormData) else {"Content-Type": kind}
    if key is not None:
        headers["Idempotency-Key"] = key
    return await door.send("POST", "/api/v1/photos", data=data, headers=headers)


async def sent(door, count: int = 1, key: str | None = None) -> list[str]:
    heard = [await send(door, picture(40 * number), key=key) for number in range(count)]
    assert [one.status for one in heard] == [201] * count
    return [one.json["photo"] for one in heard]


async def file(door, photos: list[str], key: str | None = None, **change: Any) -> tuple[int, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await door.call("POST", "/orders", json={**BODY, "photos": photos, **change}, headers=headers)


async def handled(door, **change: Any) -> dict[str, Any]:
    order = await door.file(**change)
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    return order


async def count(door, table: str) -> int:
    return (await door.service.database.fetchrow(f"SELECT count(*) FROM {table}"))[0]  # noqa: S608


async def test_photos_that_come_with_a_request_are_the_orders_bare_and_in_their_order(door, fits) -> None:
    ids = await sent(door, 4)
    status, order = await file(door, ids[::-1])
    assert status == 201, order
    fits(order, "FiledAnswer")
    assert order["photos"] == [{"id": one, "kind": "filing"} for one in ids[::-1]]
    _, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    assert seen["photos"] == order["photos"]
    for one in ids:
        url, headers = f"/api/v1/orders/{order['id']}/photos/{one}", {"X-Query-Code": order["query_code"]}
        heard = await door.send("GET", url, headers=headers)
        assert heard.status == 200
        with Image.open(io.BytesIO(heard.body)) as shown:
            assert (shown.size, dict(shown.getexif())) == ((60, 40), {})
        assert b"whoever took it" not in heard.body
        assert heard.headers["Content-Type"] == "image/jpeg"
        assert heard.headers["Cache-Control"].startswith("private")
        assert heard.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in heard.headers["Content-Security-Policy"]
    assert (await count(door, "loose_photos"), await count(door, "photos")) == (0, 4)
    _, page = await door.call("GET", "/orders", who=SECRETARY)
    assert [one.get("photos") for one in page["items"]] == [None], "a list carries none"


async def test_photos_may_come_with_a_result_and_stand_beside_those_of_the_request(door) -> None:
    first, second = await sent(door, 2)
    order = await handled(door, photos=[first])
    resolved = await door.act(order, "resolve", who=MEMBER, answer="已疏通", photos=[second])
    assert resolved["photos"] == [{"id": first, "kind": "filing"}, {"id": second, "kind": "result"}]
    _, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    assert seen["photos"] == resolved["photos"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_comes_as_it_is_or_as_the_only_file_of_a_form(door, kind: str) -> None:
    assert (await send(door, picture(kind=kind), f"image/{kind.lower()}")).status == 201
    form = aiohttp.FormData()
    form.add_field("photo", picture(kind=kind), filename="photo", content_type=f"image/{kind.lower()}")
    assert (await send(door, form)).status == 201
    assert await count(door, "loose_photos") == 2


async def test_what_is_no_photo_is_refused_and_leaves_nothing(door) -> None:
    two, plain = aiohttp.FormData(), aiohttp.FormData()
    for place in range(2):
        two.add_field(f"photo{place}", picture(), filename="photo.jpg")
    plain.add_field("photo", "no file at all", content_type="text/plain")
    side = io.BytesIO()
    Image.new("L", (5000, 5000)).save(side, "PNG")
    for data, kind, refusal in (
        (b"", "image/jpeg", (422, "invalid")),
        (b"no picture", "image/png", (422, "invalid")),
        (side.getvalue(), "image/png", (422, "invalid")),
        (two, "", (422, "invalid")),
        (plain, "", (422, "invalid")),
        (b"no form", "multipart/form-data; boundary=x", (400, "broken_body")),
        (b"no form", "multipart/form-data", (400, "broken_body")),
        (picture(), "image/gif", (415, "wrong_content_type")),
        (picture(), "application/json", (415, "wrong_content_type")),
        (bytes(MOST_BYTES + 1), "image/jpeg", (413, "too_large")),
    ):
        assert (await send(door, data, kind)).refusal() == refusal, (kind, refusal)

    async def endless() -> Any:
        for _ in range(MOST_BYTES // 65536 + 2):
            yield bytes(65536)

    assert (await send(door, endless())).refusal() == (413, "too_large"), "whatever length it does not say"
    assert await count(door, "loose_photos") == 0


async def test_an_address_sends_only_so_many_and_whoever_is_logged_in_has_their_own_measure(door) -> None:
    most = PHOTOS_OF_ADDRESS.amount
    heard = await asyncio.gather(*(send(door, picture(), key="one") for _ in range(most + 2)))
    assert sorted(one.status for one in heard) == [201] * most + [429] * 2
    assert (await send(door, picture())).refusal() == (429, "too_many")
    token = {"Authorization": f"Bearer {await door.token(MEMBER)}", "Content-Type": "image/jpeg"}
    assert (await door.send("POST", "/api/v1/photos", data=picture(), headers=token)).status == 201


async def test_a_photo_is_one_orders_and_only_for_a_day(door) -> None:
    used, fresh = await sent(door, 2)
    assert (await file(door, [used]))[0] == 201
    for wrong, field in (
        ([fresh, used], "photos.1"),
        (["A" * 22], "photos.0"),
        ([fresh, fresh], "photos"),
        (["short"], "photos.0"),
        ([fresh, used, used[::-1], "B" * 22, "C" * 22], "photos"),
    ):
        status, problem = await file(door, wrong)
        assert (status, problem["code"]) == (422, "invalid"), wrong
        assert field in {one["field"] for one in problem["errors"]}, wrong
    assert (await door.rows())["orders"] == 1
    order = await handled(door)
    url = f"/orders/{order['id']}/actions"
    resolve = {"action": "resolve", "answer": "已办好", "photos": [used]}
    status, problem = await door.call("POST", url, who=MEMBER, json=resolve)
    assert (status, problem["errors"][0]["field"]) == (422, "photos.0")
    for who, refusal in ((OTHER, "not_yours"), (SECRETARY, "not_yours")):
        status, problem = await door.call("POST", url, who=who, json=resolve)
        assert (status, problem["code"]) == (403, refusal), "nobody else learns which photos there are"
    many = {"orders": [order["id"]], "action": {**resolve, "photos": [fresh]}}
    status, problem = await door.call("POST", "/orders/batch", who=MEMBER, json=many)
    assert (status, problem["errors"][0]["field"]) == (422, "action.photos")
    tidy = next(job.run for job in JOBS if job.name == "tidy")
    door.set_time(door.service.now() + LOOSE_KEPT - (LOOSE_KEPT / 86_400_000_000))
    await tidy(door.service)
    assert await count(door, "loose_photos") == 1
    door.set_time(door.service.now() + (LOOSE_KEPT / 86_400_000_000))
    assert (await file(door, [fresh]))[0] == 422, "a day is over whether it is tidied or not"
    await tidy(door.service)
    assert (await count(door, "loose_photos"), await count(door, "photos")) == (0, 1)


async def test_a_request_sent_again_has_its_photos_once_and_so_has_one_whose_photos_are_sent_again(door) -> None:
    ids = await sent(door, 2, key="draft")
    first = await file(door, ids, key="draft")
    assert first[0] == 201
    assert await file(door, ids, key="draft") == first
    again = await sent(door, 2, key="draft")
    assert again == ids, "the same key and picture, the same photo"
    assert await file(door, again, key="draft") == first
    assert await sent(door, 2, key="other") != ids
    status, problem = await file(door, again, key="draft", text="另一件事")
    assert (status, problem["code"]) == (422, "key_reused")
    assert ((await door.rows())["orders"], await count(door, "photos")) == (1, 2)


async def test_of_many_at_once_the_same_request_is_filed_once_and_another_gets_no_photo_of_it(door) -> None:
    ids = await sent(door, 2)
    same = [file(door, ids, key="one") for _ in range(6)]
    others = [file(door, ids[::-1], key=f"other-{number}") for number in range(6)]
    answers = await asyncio.gather(*same, *others)
    won = [answer for status, answer in answers if status == 201]
    assert len({answer["id"] for answer in won}) == 1
    assert all(status in (201, 422) for status, _ in answers)
    assert ((await door.rows())["orders"], await count(door, "photos"), await count(door, "loose_photos")) == (1, 2, 0)
    _, seen = await door.call("GET", f"/orders/{won[0]['id']}", code=won[0]["query_code"])
    assert {one["id"] for one in seen["photos"]} == set(ids)


async def test_a_result_sent_many_times_at_once_is_told_once_with_its_photos(door) -> None:
    order, (one,) = await handled(door), await sent(door)
    url, body = f"/orders/{order['id']}/actions", {"action": "resolve", "answer": "已办好", "photos": [one]}
    again = {"who": MEMBER, "json": body, "headers": {"Idempotency-Key": "done"}}
    answers = await asyncio.gather(*(door.call("POST", url, **again) for _ in range(6)))
    assert [(status, answer["photos"]) for status, answer in answers] == [(200, [{"id": one, "kind": "result"}])] * 6
    assert len({answer["version"] for _, answer in answers}) == 1
    assert await count(door, "photos") == 1


async def test_what_can_not_be_filed_leaves_its_photos_to_be_used(door) -> None:
    ids = await sent(door)
    assert (await file(door, ids, category="9999"))[0] == 422
    await door.service.database.execute("ALTER TABLE outbox RENAME TO away")  # it fails after the photos were claimed
    assert (await file(door, ids, key="one"))[0] == 500
    await door.service.database.execute("ALTER TABLE away RENAME TO outbox")
    assert ((await door.rows())["orders"], await count(door, "photos"), await count(door, "loose_photos")) == (0, 0, 1)
    assert (await file(door, ids, key="one"))[0] == 201


async def test_the_ledger_vouches_for_every_photo(door) -> None:
    first, second = await sent(door, 2)
    order = await handled(door, photos=[first])
    database = door.service.database

    async def faults() -> list[str]:
        return sorted(finding.kind.value for finding in (await verify(database)).findings)

    assert await faults() == []
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=SECRETARY)
    assert "photos" not in str(history), "a digest is for the ledger"
    await database.execute("UPDATE photos SET jpeg = jpeg || 'x'")
    assert await faults() == ["altered_photo"]
    await database.execute("UPDATE photos SET order_id = order_id + 1000")
    assert await faults() == ["missing_photo", "stray_photo"]
    await database.execute("DELETE FROM photos")
    assert await faults() == ["missing_photo"]
    await door.act(order, "resolve", who=MEMBER, answer="已办好", photos=[second])
    assert await faults() == [], "what has ended may be erased"
    await database.execute("UPDATE photos SET version = version - 1")
    assert await faults() == ["altered_photo"]


async def test_an_order_has_no_photo_of_another_and_none_that_can_not_be(door) -> None:
    (one,) = await sent(door)
    _, order = await file(door, [one])
    other = await door.file()
    for ident, photo in ((other, one), (order, "A" * 22), (order, "%00"), (order, "a" * 500), (order, "..%2f..")):
        url = f"/api/v1/orders/{ident['id']}/photos/{photo}"
        heard = await door.send("GET", url, headers={"X-Query-Code": ident["query_code"]})
        assert heard.refusal() == (404, "photo_not_found"), photo
