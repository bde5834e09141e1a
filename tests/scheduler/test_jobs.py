"""What the clock does, row by row."""

from datetime import UTC, datetime, timedelta

from dispatch.storage import keeping
from dispatch.usecases.ledger import verify
from scheduler.jobs import JOBS, LOOKS_KEPT, PERSONAL_KEPT

ENDED = datetime(2026, 1, 5, tzinfo=UTC)


def test_what_is_due_is_looked_for_at_least_once_a_second():
    assert min(job.seconds for job in JOBS if job.name == "sweep") <= 1


async def test_what_is_personal_goes_half_a_year_after_the_end_and_the_ledger_still_verifies(
    service, file_many
) -> None:
    filed = await file_many(service, 3, ENDED)
    gone, fresh, open_ = (item.order.id for item in filed)
    await service.database.execute("UPDATE orders SET ended_at = $2 WHERE id = $1", gone, ENDED)
    await service.database.execute("UPDATE orders SET ended_at = $2 WHERE id = $1", fresh, ENDED + timedelta(days=9))
    now = ENDED + PERSONAL_KEPT + timedelta(days=1)
    erased = await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT)
    assert erased == 1
    left = await service.database.fetch("SELECT order_id FROM order_contents ORDER BY order_id")
    assert [row["order_id"] for row in left] == sorted([fresh, open_])
    again = await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT)
    assert again == 0
    await service.database.execute("UPDATE orders SET ended_at = NULL")
    verified = await verify(service.database)
    assert verified.findings == []
    assert verified.summary.erased >= 1
