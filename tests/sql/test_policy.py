"""The rows of the policy: what the database takes is what the code understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.policy import DEFAULT
from dispatch.domain.vocabulary import TIMED, Urgency
from dispatch.storage.database import RejectedError
from grid_model.durations import Duration

INSERT = "INSERT INTO policy_overrides VALUES ($1, $2, $3)"


@pytest.mark.parametrize(
    "row", [("genral", "accept", "2h"), ("general", "acept", "2h"), ("general", "accept", "1 day")]
)
async def test_a_slip_of_the_pen_is_refused(database, row) -> None:
    with pytest.raises(RejectedError):
        await database.execute(INSERT, *row)


@pytest.mark.parametrize("clock", [*(clock.value for clock in TIMED), "rise"])
@pytest.mark.parametrize("urgency", list(Urgency))
async def test_every_word_of_the_code_is_taken(database, urgency, clock) -> None:
    await database.execute(INSERT, urgency.value, clock, "2h")
    assert DEFAULT.overridden([(urgency.value, clock, "2h")]) is not None


TEXTS = ["2h", "15m", "7d", "4wh", "1wd", "2ah", "same_day", "working_morning", "10000d", "10001d", "0h", "-1h", "2 h",
         "h", "", "1.5h", "99999m", "01h", "2H", "same_days"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
async def test_the_database_takes_for_a_duration_what_the_code_reads(database, text) -> None:
    try:
        await database.execute(INSERT, "general", "accept", text)
        taken = True
    except RejectedError:
        taken = False
    assert taken == _reads(text)


def _reads(text: str) -> bool:
    try:
        Duration.parse(text)
    except ValueError:
        return False
    return True


@given(st.integers(1, 10_000), st.sampled_from(["m", "h", "d", "wh", "wd", "ah"]))
def test_every_amount_the_law_allows_can_be_read(amount, unit) -> None:
    assert str(Duration.parse(f"{amount}{unit}")) == f"{amount}{unit}"
