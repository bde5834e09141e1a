"""No other site can have a browser of ours do anything."""

import pytest

FORMS = ("/login", "/logout", "/size", "/file", "/follow")


def origins(host: str) -> list[dict[str, str]]:
    return [
        {},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": f"http://{host}.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{host}"},
        {"Sec-Fetch-Site": "same-site"},
    ]


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_of_another_site_is_refused_and_changes_nothing(door, path: str) -> None:
    host = f"{door.client.host}:{door.client.port}"
    before = await door.rows()
    for headers in origins(host):
        heard = await door.send("POST", path, headers=headers, data={"phone": "1"}, allow_redirects=False)
        assert heard.status == 403, headers
        assert "没有保存任何内容" in heard.body.decode()
    assert await door.rows() == before


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": ""}])
async def test_a_form_of_our_own_is_taken(door, headers: dict[str, str]) -> None:
    if "Origin" in headers:
        headers = {"Origin": f"http://{door.client.host}:{door.client.port}"}
    heard = await door.send("POST", "/size", headers=headers, data={"back": "/follow"}, allow_redirects=False)
    assert (heard.status, heard.headers["Location"]) == (303, "/follow")


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "data:1"]
)
async def test_nobody_is_led_to_another_site(door, back: str) -> None:
    heard = await door.send(
        "POST", "/size", headers={"Sec-Fetch-Site": "same-origin"}, data={"back": back}, allow_redirects=False
    )
    assert heard.headers["Location"] == "/"
