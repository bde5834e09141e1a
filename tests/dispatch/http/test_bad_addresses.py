"""Whatever address is asked, or by whatever method, the answer is a clear refusal."""

from typing import Any

COUNTY = "10001000002"


async def test_bad_addresses_and_queries_are_refused(door) -> None:
    token = {"Authorization": f"Bearer {await door.token(COUNTY)}"}
    await door.file()
    missing, no_order, no_grid = (404, "not_found"), (404, "order_not_found"), (404, "grid_not_found")
    invalid = (422, "invalid")
    cases: dict[str, tuple[int, str]] = {
        **dict.fromkeys(("/api/v1", "/api/v1/", "/api/v2/orders", "/%00", "/%ff", "/api/v1/orders/", "/.git"), missing),
        **dict.fromkeys(
            (
                f"/api/v1/orders/{bad}"
                for bad in ("%00", "%FF%FE", "1", "0" * 15, "9" * 5000, "١٤١١٢٣", "..%2f..", "a'--")
            ),
            no_order,
        ),
        "/api/v1/orders/141123000000013/events": no_order,
        **dict.fromkeys((f"/api/v1/grids/{bad}" for bad in ("%00", "%FF", "999", "%ED%A0%80", "%0d%0a")), no_grid),
        "/api/v1/grids/999/children": no_grid,
        **dict.fromkeys(
            (
                f"/api/v1/grids/locate?{bad}"
                for bad in (
                    "",
                    "code=141123&address=x",
                    "lon=111",
                    "lon=x&lat=38",
                    "lon=nan&lat=inf",
                    "lon=999&lat=38",
                    "address=%00",
                    "address=%20",
                    "address=" + "a" * 5000,
                    "code=%00",
                    "code=141123&code=141123",
                    "code=141123&colour=red",
                    "lat=38&lon=1e400",
                    "address=%E2%80%AE",
                )
            ),
            invalid,
        ),
        "/api/v1/grids/locate?code=999999": no_grid,
        **dict.fromkeys(
            (
                f"/api/v1/orders?{bad}"
                for bad in (
                    "limit=0",
                    "limit=101",
                    "limit=-1",
                    "limit=x",
                    "limit=" + "9" * 5000,
                    "limit=",
                    "limit=5&limit=5",
                    "state=gone",
                    "state=ROUTED",
                    "state=routed,",
                    "state=%00",
                    "state=",
                    "grid=999",
                    "grid=%00",
                    "grid=",
                    "category=9",
                    "category=%25",
                    "category=09__",
                    "assignee=you",
                    "overdue=maybe",
                    "colour=red",
                    "lang=fr",
                    "page=2",
                    "cursor=x",
                    "category=9999&cursor=x",
                    "cursor=",
                    "cursor=%00",
                    "cursor=令",
                    "cursor=" + "a" * 201,
                    "cursor=W10",
                    "cursor=bnVsbA",
                    "cursor=WzEsMS41LDFd",
                    "cursor=WzFlMzAwLDEsMV0",
                    "cursor=WyJhIiwxLDFd",
                    "cursor=WzEsdHJ1ZSwxXQ",
                    "cursor=Wy0xZTMwLC0xLC0xXQ",
                )
            ),
            invalid,
        ),
    }
    wrong = []
    for url, expected in cases.items():
        heard = await door.send("GET", _raw(url), headers=token)
        if heard.refusal() != expected:
            wrong.append((url[:80], heard.status, heard.body[:200]))
    assert not wrong


def _raw(url: str) -> Any:
    from yarl import URL  # noqa: PLC0415

    quoted = "".join(ch if ch.isascii() else "".join(f"%{byte:02X}" for byte in ch.encode()) for ch in url)
    return URL(quoted, encoded=True)


async def test_a_wrong_method_is_told_the_right_ones(door) -> None:
    for method, path, allowed in (
        ("PUT", "/api/v1/orders", {"GET", "POST"}),
        ("PATCH", "/api/v1/orders/141123000000013", {"GET"}),
        ("GET", "/api/v1/orders/141123000000013/actions", {"POST"}),
        ("POST", "/api/v1/lifecycle", {"GET"}),
        ("GET", "/api/v1/sessions", {"POST", "DELETE"}),
        ("DELETE", "/healthz", {"GET", "HEAD"}),
    ):
        heard = await door.send(method, path)
        assert heard.refusal() == (405, "method_not_allowed")
        assert {word.strip() for word in heard.headers["Allow"].split(",")} == allowed
