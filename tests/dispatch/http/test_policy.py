"""The policy over HTTP: shown to whoever serves, replaced by the county's administrator."""

from typing import Any

BODY: dict[str, Any] = {
    "clocks": {"general": {"03": {"accept": "4wh"}}},
    "ladder": {"urgent": {"rungs": ["group 5 10m", "pool"], "rise": "2h"}},
    "weights": {"own_branch": 400, "declines": -10},
    "emergency": {"clocks": {"complex": {"resolve": "2d"}}},
}


async def test_an_administrator_replaces_the_policy_and_takes_it_back(door, fits, phones) -> None:
    administrator = phones["administrator"]
    status, shown = await door.call("GET", "/policy", who=administrator)
    assert (status, shown["version"], shown["document"]) == (200, 0, {})
    fits(shown, "PolicyAnswer")
    status, changed = await door.call("PUT", "/policy", who=administrator, json={**BODY, "version": 0})
    assert (status, changed["version"], changed["document"]) == (200, 1, BODY)
    fits(changed, "PolicyAnswer")
    weights = door.service.world.weights
    assert (weights["own_branch"], weights["declines"], weights["carer"]) == (400, -10, 500)
    assert await door.call("GET", "/policy", who=phones["member in Dongcheng community"]) == (200, changed)
    back = {**shown["document"], "version": changed["version"]}
    assert (await door.call("PUT", "/policy", who=administrator, json=back))[1] == {**shown, "version": 2}


async def test_of_two_administrators_who_read_the_same_the_second_is_told_and_loses_nothing(door, phones) -> None:
    who = phones["administrator"]
    first = {"clocks": {"urgent": {"accept": "3h"}}, "version": 0}
    assert (await door.call("PUT", "/policy", who=who, json=first))[0] == 200
    second = {"weights": {"near": 7}, "version": 0}
    status, problem = await door.call("PUT", "/policy", who=who, json=second)
    assert (status, problem["code"], problem["version"]) == (409, "policy_moved", 1)
    assert (await door.call("PUT", "/policy", who=who, json=first))[0] == 200, "the same twice is no quarrel"
    _, shown = await door.call("GET", "/policy", who=who)
    both = {**shown["document"], "weights": {"near": 7}, "version": shown["version"]}
    assert (await door.call("PUT", "/policy", who=who, json=both))[0] == 200
    for version in (None, -1, "1", 2**31):
        status, problem = await door.call("PUT", "/policy", who=who, json={**first, "version": version})
        assert (status, [fault["field"] for fault in problem["errors"]]) == (422, ["version"])


async def test_nobody_else_replaces_it_and_nobody_from_outside_sees_it(door, phones) -> None:
    assert (await door.call("GET", "/policy"))[0] == 401
    for who in ("county supervisor", "secretary at the county", "member in Dongcheng community"):
        status, problem = await door.call("PUT", "/policy", who=phones[who], json={**BODY, "version": 0})
        assert (status, problem["code"]) == (403, "not_yours")


async def test_every_fault_is_named_and_nothing_is_saved(door, phones) -> None:
    wrong: dict[str, Any] = {"version": 0, "ladder": {"urgent": 1}}
    wrong["clocks"] = {"genral": {}, "urgent": {"accept": "2", "9999": {"accept": "2h"}}}
    wrong["weights"] = {"luck": 3, "skill": 3.5, "near": "3"}
    status, problem = await door.call("PUT", "/policy", who=phones["administrator"], json=wrong)
    assert (status, problem["code"]) == (422, "invalid")
    assert [fault["field"] for fault in problem["errors"]] == [
        "clocks.genral", "clocks.urgent.accept", "clocks.urgent.9999", "ladder.urgent",
        "weights.luck", "weights.skill", "weights.near",
    ]  # fmt: skip
    status, problem = await door.call(
        "PUT", "/policy", who=phones["administrator"], json={"clock": {}, "ladder": 3, "weights": []}
    )
    assert {fault["field"] for fault in problem["errors"]} == {"clock", "ladder", "weights", "version"}
    assert (await door.call("GET", "/policy", who=phones["administrator"]))[1]["document"] == {}
