"""What somebody typed and chose is kept, whatever the service has against it."""

import io
import re

import pytest
from aiohttp import FormData
from PIL import Image

from dispatch.web import parts

TYPED = {
    "category": "0201",
    "text": "三号楼门口的路灯不亮",
    "place.grid": "141123100016",
    "contact.phone": "10003000001",
    "contact.name": "演示群众001",
    "key": "a-key-of-this-form",
}


def photo(colour: str = "green") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return out.getvalue()


def hidden(page) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.html))


@pytest.fixture
def send(phone):
    """Send the form with photos, as ``await send(typed, b"...")``."""

    async def sent(typed, *photos, cookies=None, to="/file"):
        form, client = FormData(typed), phone.door.client
        for one in photos:
            form.add_field("photos", one, filename="a.jpg", content_type="image/jpeg")
        origin = {"Origin": f"http://{client.host}:{client.port}"}
        return await phone._ask("POST", to, data=form, headers=origin, cookies=cookies)

    return sent


async def photos_of(door) -> int:
    row = await door.service.database.fetchrow("SELECT count(*) AS many FROM photos WHERE order_id IS NOT NULL")
    return row["many"]


async def test_a_matter_that_is_none_is_chosen_anew_beside_all_that_was_typed(door, send) -> None:
    shown = await send({**TYPED, "category": "9999"})
    assert shown.status == 422
    assert 'role="alert"' in shown.html
    assert all(text in shown.html for text in (TYPED["text"], TYPED["contact.phone"], TYPED["contact.name"]))
    assert re.search(r'<select [^>]*name="category"', shown.html)
    assert (await door.rows())["orders"] == 0
    assert "/o/" in (await send(TYPED)).address


async def test_photos_are_kept_while_the_form_is_mended(door, send) -> None:
    refused = await send({**TYPED, "contact.phone": "1"}, photo("green"), photo("red"))
    assert refused.status == 422
    assert "已收到 2 张照片" in refused.text
    filed = await send({**TYPED, **hidden(refused)}, photo("blue"))
    assert "/o/" in filed.address
    assert await photos_of(door) == 3


async def test_one_that_is_no_photo_takes_none_of_the_others_away(door, send) -> None:
    refused = await send(TYPED, photo(), b"no picture")
    assert (refused.status, "已收到 1 张照片" in refused.text) == (422, True)
    assert "/o/" in (await send({**TYPED, **hidden(refused)})).address
    assert await photos_of(door) == 1


async def test_photos_that_the_service_let_go_are_asked_for_again(door, send) -> None:
    refused = await send({**TYPED, "contact.phone": "1"}, photo())
    door.wait(days=2)
    gone = await send({**TYPED, **hidden(refused)})
    assert (gone.status, "photos.0" in hidden(gone)) == (422, False)
    assert TYPED["text"] in gone.html
    again = {**TYPED, **hidden(gone)}
    assert again["key"] != TYPED["key"], "under the same key the same photo would be the one that is gone"
    assert "/o/" in (await send(again, photo())).address
    assert await photos_of(door) == 1


@pytest.mark.parametrize("photos_first", [True, False])
async def test_of_a_form_that_is_too_large_all_that_was_typed_is_kept(door, phone, photos_first: bool) -> None:
    form, client = FormData(), phone.door.client
    fields = [(name, {"value": value}) for name, value in TYPED.items()]
    large = [("photos", {"value": b"x" * 3 * 2**20, "filename": "a.jpg"})] * 4
    for name, more in [*large, *fields] if photos_first else [*fields, *large]:
        form.add_field(name, **more)
    origin = {"Origin": f"http://{client.host}:{client.port}"}
    shown = await phone._ask("POST", "/file?category=0201&grid=141123100016", data=form, headers=origin)
    assert shown.status == 413
    assert "照片一共太大" in shown.text
    assert all(text in shown.html for text in (TYPED["text"], TYPED["contact.phone"], TYPED["contact.name"]))
    assert {name: hidden(shown)[name] for name in ("place.grid", "key")} == {
        name: TYPED[name] for name in ("place.grid", "key")
    }
    assert (await door.rows())["orders"] == 0


async def test_a_form_beyond_all_measure_is_not_read_to_its_end(door, send, monkeypatch) -> None:
    monkeypatch.setattr(parts, "READ_ON", 0)
    shown = await send(TYPED, b"x" * 10 * 2**20, b"x" * 2**20, to="/file?category=0201")
    assert shown.status == 413
    assert TYPED["text"] in shown.html, "it came first"
    assert (await door.rows())["orders"] == 0


@pytest.mark.parametrize("letter", ["x", "水"])
async def test_words_without_measure_are_not_kept_and_all_else_is(door, send, letter: str) -> None:
    shown = await send({**TYPED, "text": letter * 2 * 2**20}, photo())
    assert shown.status == 413
    assert len(shown.html) < 2**20
    assert "写得太长" in shown.text
    assert "照片一共太大" not in shown.text
    assert all(TYPED[name] in shown.html for name in ("contact.phone", "contact.name", "key"))
    assert (await door.rows())["orders"] == 0


HEAVY = "".join(f"X-{number}: {'x' * 8000}\r\n" for number in range(100))
"""Almost a megabyte at the head of one part."""


@pytest.mark.parametrize(
    ("head", "count", "status"),
    [("Content-Type: x/y\r\n", 10_000, 400), (HEAVY, 20, 413)],
    ids=["so many parts", "parts that are nearly all head"],
)
async def test_a_form_of_nothing_but_empty_parts_is_refused(
    door, phone, monkeypatch, head: str, count: int, status: int
) -> None:
    monkeypatch.setattr(parts, "READ_ON", 0)
    part = f'--edge\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n{head}\r\n\r\n'
    client = phone.door.client
    headers = {
        "Content-Type": "multipart/form-data; boundary=edge",
        "Origin": f"http://{client.host}:{client.port}",
    }
    sent = io.BytesIO(f"{part * count}--edge--\r\n".encode())
    shown = await phone._ask("POST", "/file?category=0201", data=sent, headers=headers)
    assert shown.status == status
    assert (await door.rows())["orders"] == 0


async def test_it_is_filed_once_whoever_logged_in_or_out_in_between(door, send, phones) -> None:
    session = {"session": await door.token(phones["M0070"])}
    heard = [await send(TYPED, photo(), cookies=one) for one in (session, None, session)]
    assert len({one.address for one in heard}) == 1
    rows = await door.rows()
    assert (rows["orders"], await photos_of(door)) == (1, 1)


async def test_another_place_than_that_of_the_code_is_told_in_the_same_form(phone, send) -> None:
    page = await phone.open("/file?category=0201&grid=141123100016")
    form = re.search(r'id="filing".*?</form>', page.html, re.DOTALL)[0]
    assert "不是这里" in form
    assert 'name="place.address"' in form
    assert not re.findall(r'href="/file[^"]*"', form)
    filed = await send({**TYPED, "place.address": "文峰苑社区3号楼"})
    assert "没有认出这个地点" in filed.text, "it is not where the code hangs"


async def test_a_page_that_names_orders_or_a_login_is_not_stored_on_the_phone(door, phone, phones) -> None:
    mark = "X-For-All"
    assert mark in (await door.send("GET", "/")).headers
    assert mark in (await door.send("GET", "/file?category=0201")).headers
    logged_in = {"Cookie": f"session={await door.token(phones['M0070'])}"}
    assert mark not in (await door.send("GET", "/", headers=logged_in)).headers
    _, number, _ = await phone.file()
    assert mark not in (await door.send("GET", "/")).headers
    stored = await door.send("GET", "/", headers={mark: "1", **logged_in})
    assert number not in stored.body.decode()
    assert "工作台" not in stored.body.decode()
    assert mark in stored.headers
    assert mark in (await door.send("GET", "/sw.js")).body.decode(), "as the service worker asks"
