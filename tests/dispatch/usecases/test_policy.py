"""The policy replaced as a whole: rows, ledger and work list in one transaction, and every process hears of it."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.policy_file import Policies, document, loads
from dispatch.domain.vocabulary import Clock, Role, Urgency
from dispatch.storage.database import RejectedError
from dispatch.storage.policy import find
from dispatch.usecases.ledger import verify
from dispatch.usecases.policy import Changed, put, read_versioned, replace, show, view
from grid_model.matching import WEIGHTS

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
TOML = """
[clocks.general.03]
accept = "4wh"
[ladder.urgent]
rungs = ["group 5 10m", "pool"]
rise = "2h"
[emergency.clocks.complex]
resolve = "2d"
[weights]
skill = 300
declines = -10
"""


async def test_the_whole_policy_goes_in_and_comes_out_and_is_on_the_ledger(service) -> None:
    wanted, world, database = loads(TOML), service.world, service.database
    assert await replace(database, world, wanted, None, NOW)
    assert await find(database) == wanted
    (row,) = await database.fetch("SELECT at, subject, grid_id, data FROM county_events")
    assert (row["at"], row["subject"], row["grid_id"]) == (NOW, "policy", world.tree.root.id)
    assert orjson.loads(row["data"]) == {"before": {}, "after": document(wanted)}
    (asked,) = await database.fetch("SELECT grid_id, because, asked_at FROM retimings")
    assert tuple(asked) == (world.tree.root.id, "policy", NOW)
    assert not await replace(database, world, wanted, None, NOW), "what is in force already changes nothing"
    assert len(await database.fetch("SELECT FROM retimings")) == 1
    async with asyncio.timeout(120):
        while service.world.policy != wanted.normal:  # told by NOTIFY
            await asyncio.sleep(0.025)
    assert service.world.emergency == wanted.emergency
    assert service.world.weights == {**WEIGHTS, "skill": 300, "declines": -10}
    assert service.world.policy.duration(Clock.ACCEPT, Urgency.GENERAL, "0301").label("en") == "4 working hours"
    assert await replace(database, world, Policies(), None, NOW)
    assert await find(database) == Policies()


async def test_a_change_of_weights_alone_is_on_the_ledger_and_has_no_deadline_computed_again(service) -> None:
    database, world = service.database, service.world
    weighed = loads("[weights]\nroom = 1000\ncarer = 0\n")
    assert await replace(database, world, weighed, None, NOW) is Changed.WEIGHTS
    assert await replace(database, world, weighed, None, NOW) is Changed.NOTHING
    assert await database.fetch("SELECT FROM retimings") == []
    both = loads('[weights]\nroom = 1000\n[clocks.general]\naccept = "4wh"\n')
    assert await replace(database, world, both, None, NOW) is Changed.RULES | Changed.WEIGHTS
    rules = loads('[weights]\nroom = 1000\n[clocks.general]\naccept = "5wh"\n')
    assert await replace(database, world, rules, None, NOW) is Changed.RULES
    rows = await database.fetch("SELECT data FROM county_events ORDER BY number")
    assert [orjson.loads(row["data"])["after"].get("weights") for row in rows] == [
        {"carer": 0, "room": 1000}, {"room": 1000}, {"room": 1000},
    ]  # fmt: skip
    assert await find(database) == rules


async def test_a_refused_act_leaves_the_weights_as_they_were(service) -> None:
    database = service.database
    await database.execute("ALTER TABLE county_events ADD CHECK (number < 1)")
    with pytest.raises(RejectedError):
        await replace(database, service.world, loads("[weights]\nroom = 1\n"), None, NOW)
    assert await find(database) == Policies()


async def test_only_an_administrator_of_the_whole_county_replaces_it_and_only_by_something_whole(service) -> None:
    root = service.world.tree.root.id
    township = service.world.tree.children(root)[0]
    for role, grid in ((Role.ADMINISTRATOR, township), (Role.SUPERVISOR, root), (Role.SECRETARY, root)):
        with pytest.raises(errors.NotYours):
            await put(service, Actor(1, (Grant(role, grid, None),)), {}, 0, NOW)
    administrator = Actor(1, (Grant(Role.ADMINISTRATOR, root, None),))
    with pytest.raises(errors.Invalid) as refusal:
        await put(service, administrator, {"clocks": {"general": {"9999": {"accept": "2h"}, "rate": "2"}}}, 0, NOW)
    assert {fault["field"] for fault in refusal.value.data["faults"]} == {"clocks.general.9999", "clocks.general.rate"}
    assert await find(service.database) == Policies()
    with pytest.raises(errors.NotYours):
        await show(service, Actor(1))
    assert await show(service, Actor(1, (Grant(Role.MEMBER, township, None),))) == view(Policies(), 0)


async def test_a_change_made_from_an_older_version_is_refused_and_one_that_changes_nothing_is_not(service) -> None:
    database, world = service.database, service.world
    mine, theirs = loads("[weights]\nroom = 1\n"), loads('[clocks.urgent]\naccept = "3h"\n')
    assert await read_versioned(database) == (Policies(), 0)
    done = await asyncio.gather(
        *(replace(database, world, wanted, None, NOW, 0) for wanted in (mine, theirs)), return_exceptions=True
    )
    (moved,) = [one for one in done if isinstance(one, errors.PolicyMoved)]
    assert moved.data == {"version": 1}
    stored = await find(database)
    assert stored in (mine, theirs)
    assert not await replace(database, world, stored, None, NOW, 0), "the answer was lost, and it is sent again"
    assert await replace(database, world, Policies(), None, NOW, 1)
    assert await read_versioned(database) == (Policies(), 2)


async def test_a_policy_that_no_act_tells_of_is_found_and_put_on_record_by_importing_it(service) -> None:
    database = service.database

    async def faults() -> list[tuple[str, str]]:
        return [(one.kind.value, one.number) for one in (await verify(database)).findings]

    assert await faults() == []
    await replace(database, service.world, loads(TOML), None, NOW)
    assert await faults() == []
    await database.execute("UPDATE policy_overrides SET duration = '9h' WHERE clock = 'accept'")
    assert await faults() == [("altered_policy", "policy")]
    altered = await find(database)
    assert await replace(database, service.world, altered, None, NOW) is Changed.NOTHING
    assert await faults() == []
    rows = await database.fetch("SELECT data FROM county_events ORDER BY number")
    first, second = (orjson.loads(row["data"]) for row in rows)
    assert first["after"] != second["before"] == second["after"] == document(altered), "the ledger shows the gap"
    assert not await replace(database, service.world, altered, None, NOW)
    assert len(await database.fetch("SELECT FROM county_events")) == len(rows)


async def test_rows_without_any_act_are_found_and_a_row_as_by_default_is_none(service) -> None:
    database = service.database
    await database.execute("INSERT INTO match_weights VALUES ('skill', 200)")
    assert (await verify(database)).findings == []
    await database.execute("UPDATE match_weights SET points = 201")
    assert [one.kind.value for one in (await verify(database)).findings] == ["altered_policy"]


def test_a_view_says_every_rule_in_words_and_marks_what_is_its_own() -> None:
    shown = view(loads(TOML), 3)
    assert (shown["version"], shown["document"]) == (3, document(loads(TOML)))
    assert [(rule["urgency"], rule["category"]) for rule in shown["normal"]] == [
        ("critical", None), ("urgent", None), ("general", None), ("general", "03"), ("complex", None),
    ]  # fmt: skip
    own = shown["normal"][3]
    assert [clock["clock"] for clock in own["clocks"] if not clock["default"]] == ["accept"]
    urgent = shown["normal"][1]
    assert [(rung["rung"], rung["size"]) for rung in urgent["ladder"]] == [("group", 5), ("pool", None)]
    assert urgent["rise"] == {
        "duration": "2h", "duration_label": {"zh": "2 小时", "en": "2 hours"}, "default": False,
    }  # fmt: skip
    assert [weight["ground"] for weight in shown["weights"]] == list(WEIGHTS)
    assert shown["weights"][1] == {
        "ground": "skill", "ground_label": {"zh": "技能相符", "en": "skilled in the category"},
        "points": 300, "default_points": 200, "default": False,
    }  # fmt: skip
    assert [weight["ground"] for weight in shown["weights"] if not weight["default"]] == ["skill", "declines"]
