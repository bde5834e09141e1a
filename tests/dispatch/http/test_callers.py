"""Whose address counts, with and without reverse proxies between."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.http.callers import caller

PROXIES = (ip_network("10.0.0.0/24"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1,10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_nearest_hop_that_is_no_trusted_proxy_counts(peer, forwarded, expected) -> None:
    assert caller(peer, forwarded, PROXIES) == expected


@given(
    written=st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126)), max_size=4), peer=st.ip_addresses()
)
def test_what_a_client_writes_changes_nothing(written, peer) -> None:
    assert caller("10.0.0.1", [*written, "198.51.100.1"], PROXIES) == "198.51.100.1"
    assert caller(str(peer), written, ()) == caller(str(peer), [], ())


async def test_clients_behind_a_trusted_proxy_do_not_lock_each_other_out(door) -> None:
    order = await door.file()
    path, right = f"/api/v1/orders/{order['id']}", order["query_code"]

    async def look(code: str, *hops: str) -> int:
        headers = {"X-Query-Code": code, "X-Forwarded-For": ", ".join(hops)}
        return (await door.send("GET", path, headers=headers)).status

    door.service.settings = replace(door.service.settings, trusted_proxies=(ip_network("127.0.0.0/8"),))
    heard = [await look("0", f"192.0.2.{n}", "198.51.100.1") for n in range(12)]
    assert heard == [403] * 10 + [429] * 2, "and nobody escapes by what they write themselves"
    assert await look(right, "198.51.100.2") == 200
    door.service.settings = replace(door.service.settings, trusted_proxies=())
    assert [await look("0", f"192.0.2.{n}") for n in range(12)] == [403] * 10 + [429] * 2, "nobody is believed"
