"""The rows of the policy: what the database takes is what the code understands."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.policy import DEFAULT, RISE, clock_fault
from dispatch.domain.vocabulary import TIMED, Clock, Rung, Urgency
from dispatch.domain.weighing import MatchGround, weight_fault
from dispatch.storage.database import RejectedError
from dispatch.storage.policy import find
from grid_model.durations import Duration

INSERT = "INSERT INTO policy_overrides (urgency, clock, duration) VALUES ($1, $2, $3)"
CATEGORY = "INSERT INTO policy_overrides (urgency, category, clock, duration) VALUES ('general', $1, 'accept', '2h')"
RUNG = "INSERT INTO policy_rungs (urgency, place, rung, size, duration) VALUES ('general', $1, $2, $3, $4)"
WEIGHT = "INSERT INTO match_weights (ground, points) VALUES ($1, $2)"


SLIPS = [("genral", "accept", "2h"), ("general", "acept", "2h"), ("general", "accept", "1 day"),
         ("general", "accept_50", "2h")]  # fmt: skip


async def test_a_slip_of_the_pen_is_refused(database) -> None:
    for row in SLIPS:
        assert not await _taken(database, INSERT, *row), row


async def test_every_word_of_the_code_is_taken(database) -> None:
    for urgency in Urgency:
        for clock in (*(clock.value for clock in TIMED), RISE):
            await database.execute(INSERT, urgency.value, clock, "2h")
    policies = await find(database)
    assert {str(duration) for duration in policies.normal.clocks.values()} == {"2h"}
    assert {str(duration) for duration in policies.normal.rise.values()} == {"2h"}


TEXTS = ["2h", "15m", "7d", "4wh", "1wd", "2ah", "same_day", "working_morning", "10000d", "10001d", "0h", "-1h", "2 h",
         "h", "", "1.5h", "99999m", "01h", "2H", "same_days"]  # fmt: skip


async def test_the_database_takes_for_a_duration_what_the_code_reads(database) -> None:
    for text in TEXTS:
        assert await _taken(database, INSERT, "general", "accept", text) == _reads(text), text
        await database.execute("DELETE FROM policy_overrides")


WAITS = ["24h", "25h", "1h", "1440m", "1441m", "1d", "2d", "4wh", "1wd", "2ah", "same_day", "9m", "999m", "1399m"]


async def test_the_resident_is_waited_for_no_longer_than_the_code_allows(database) -> None:
    for text in WAITS:
        allowed = clock_fault(Clock.RESUME, Duration.parse(text)) is None
        assert await _taken(database, INSERT, "general", "resume", text) == allowed, text
        await database.execute("DELETE FROM policy_overrides")


async def test_a_category_is_all_or_a_class_or_one(database) -> None:
    for category, taken in (("", True), ("03", True), ("0301", True), ("3", False), ("030", False)):
        assert await _taken(database, CATEGORY, category) == taken, category


RUNGS = [
    ((1, "siblings", None, None), True),
    ((9, "direct", 1, None), True),
    ((1, "group", 50, None), True),
    ((0, "pool", None, None), False),
    ((10, "pool", None, None), False),
    ((1, "friends", None, None), False),
    ((1, "direct", 2, None), False),
    ((1, "direct", None, None), False),
    ((1, "group", 51, None), False),
    ((1, "pool", 3, None), True),
    ((1, "siblings", 0, None), False),
    ((1, "pool", None, "soon"), False),
    ((1, "pool", None, "2h"), False),  # the last one stands until the accept clock
]


async def test_a_rung_is_taken_or_refused(database) -> None:
    for row, taken in RUNGS:
        assert await _taken(database, RUNG, *row) == taken, row
        await database.execute("DELETE FROM policy_rungs")


LADDERS = [
    ([("direct", 1, "2h"), ("direct", 1, "2h"), ("pool", None, None)], True),
    ([("direct", 1, None), ("pool", None, None)], False),
    ([("direct", 1, None), ("pool", None, "2h")], False),
    ([("pool", None, "1h"), ("pool", None, None)], False),
]


async def test_a_ladder_is_judged_as_a_whole(database) -> None:
    for rungs, taken in LADDERS:
        assert await _written(database, rungs) == taken
        ladder = (await find(database)).normal.ladder(Urgency.GENERAL, "0101")
        assert ([asking.rung for asking in ladder] == [Rung(rung[0]) for rung in rungs]) == taken
        assert taken or ladder == DEFAULT.ladder(Urgency.GENERAL, "0101")
        await database.execute("DELETE FROM policy_rungs")


async def test_the_database_takes_for_a_weight_what_the_code_takes(database) -> None:
    for ground in MatchGround:
        for points in (-1001, -1000, -1, 0, 1, 1000, 1001):
            allowed = weight_fault(ground, points) is None
            assert await _taken(database, WEIGHT, ground.value, points) == allowed, (ground, points)
            await database.execute("DELETE FROM match_weights")
    assert not await _taken(database, WEIGHT, "luck", 0)


async def _written(database, rungs) -> bool:
    try:
        async with database.transaction() as connection:
            for place, rung in enumerate(rungs, start=1):
                await connection.execute(RUNG, place, *rung)
    except RejectedError:
        return False
    return True


async def _taken(database, statement, *row) -> bool:
    try:
        await database.execute(statement, *row)
    except RejectedError:
        return False
    return True


def _reads(text: str) -> bool:
    try:
        Duration.parse(text)
    except ValueError:
        return False
    return True


@given(st.integers(1, 10_000), st.sampled_from(["m", "h", "d", "wh", "wd", "ah"]))
def test_every_amount_the_law_allows_can_be_read(amount, unit) -> None:
    assert str(Duration.parse(f"{amount}{unit}")) == f"{amount}{unit}"
