"""Notices leave: each once, and one that can't holds up no other."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from dispatch.domain.notices import Letter
from dispatch.usecases.sending import AGAIN, send

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
PHONE = "10003000001"


class Robot:
    """A channel that refuses one letter."""

    def __init__(self, refused: int) -> None:
        self.refused = refused
        self.asked = 0
        self.sent: list[tuple[str, Letter]] = []

    async def send(self, number: str, letter: Letter) -> None:
        self.asked += 1
        if self.asked == self.refused:
            raise OSError(f"robot away, telling {PHONE}")
        self.sent.append((number, letter))


async def test_a_letter_that_fails_holds_up_no_other_and_is_tried_again_a_minute_later(service, file_many) -> None:
    await file_many(service, 12, MONDAY)
    waiting = (await service.database.fetchrow("SELECT count(*) FROM outbox WHERE sent_at IS NULL"))[0]
    assert waiting > 2
    robot = Robot(refused=2)
    with structlog.testing.capture_logs() as logs:
        assert await send(service, robot, MONDAY) == waiting - 1
    assert len(robot.sent) == waiting - 1
    assert [line["event"] for line in logs] == ["notices_put_back"]
    assert PHONE not in str(logs)
    assert await send(service, robot, MONDAY + AGAIN - timedelta(seconds=1)) == 0
    assert await send(service, robot, MONDAY + AGAIN) == 1
    assert len({(letter.order_id, letter.version, letter.person_id, letter.branch_id) for _, letter in robot.sent}) == (
        waiting
    )
    assert await send(service, robot, MONDAY + timedelta(days=1)) == 0


async def test_requests_have_their_turn_while_many_letters_leave(service, file_many) -> None:
    await file_many(service, 100, MONDAY)

    class Prompt(Robot):
        """A channel that never waits for anything, as a log does, and sees whether anybody else had a turn."""

        async def send(self, number: str, letter: Letter) -> None:
            await super().send(number, letter)
            seen.add(turns)

    turns, seen = 0, set()

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    waiting = asyncio.create_task(others())
    letters = await send(service, Prompt(refused=0), MONDAY + timedelta(days=1))
    waiting.cancel()
    assert len(seen) >= letters // 20 > 2
