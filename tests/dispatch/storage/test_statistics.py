"""The figures are what a count of all orders and their histories would give, and cost what lies in their time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.vocabulary import MILESTONES, OPEN_STATES, Grade, State
from dispatch.storage import statistics
from dispatch.storage.statistics import Filed

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MANY = 12_000

ORDERS = f"""
INSERT INTO orders
SELECT 1, n, CASE WHEN n % 29 = 0 THEN 'pledge' ELSE 'request' END,
       (ARRAY['received', 'routed', 'offered', 'accepted', 'parked', 'resolved', 'closed', 'closed', 'closed',
              'withdrawn', 'redirected', 'merged'])[1 + n % 12],
       1, (ARRAY['0901', '0101', '1001'])[1 + n % 3], 'general', 1 + n * 7 % 500, 1 + n % 50, 1, 0, NULL, NULL, NULL,
       0, false, (ARRAY['very_satisfied', 'satisfied', 'fair', 'very_dissatisfied', NULL, NULL])[1 + n % 6], NULL, f.at,
       CASE WHEN n % 12 IN (6, 7, 8, 9, 10) THEN f.at + n % 90 * interval '2 hours' END, '{{}}', '{{}}', '{{}}', '{{}}',
       NULL, NULL, NULL, '', 0, '{{}}', '{{}}', f.at, NULL, false, '{{}}',
       CASE n % 25 WHEN 1 THEN '{{"excluded": ["overdue"], "missed": true}}'::jsonb
                   WHEN 2 THEN '{{"excluded": ["rating"], "graded": ["dissatisfied"]}}'::jsonb
                   WHEN 3 THEN '{{"graded": ["satisfied", "very_dissatisfied"]}}'::jsonb END
FROM generate_series(1, {MANY}) AS n
CROSS JOIN LATERAL (SELECT $1::timestamptz - ({MANY} - n) * interval '20 minutes' AS at) AS f
"""  # noqa: S608 - a number of ours
EVENTS = """
INSERT INTO events
SELECT o.region, o.id, h.version, least(coalesce(o.ended_at, $1), o.submitted_at + h.version * interval '1 hour'), NULL,
       h.action, h.party, NULL, h.before, h.after, 0, NULL, NULL, h.data::jsonb, NULL, ''
FROM orders AS o CROSS JOIN (VALUES
    (2, 'accept', 'offeree', 'offered', 'accepted', '{}', 3),
    (3, 'contact', 'handler', 'accepted', 'accepted', '{}', 4),
    (4, 'escalate', 'system', 'routed', 'routed', '{"missed": "accept"}', 11),
    (5, 'escalate', 'system', 'accepted', 'accepted', '{"missed": "contact"}', 7),
    (6, 'supervise', 'system', 'accepted', 'accepted', '{"missed": "resolve"}', 9),
    (7, 'supervise', 'supervisor', 'accepted', 'accepted', '{}', 5),
    (8, 'resolve', 'handler', 'accepted', 'resolved', '{}', 2),
    (9, 'follow_up', 'superior', 'closed', 'closed', '{"reached": false}', 13),
    (10, 'follow_up', 'superior', 'closed', 'closed', '{"reached": true, "solved": false}', 17),
    (11, 'follow_up', 'superior', 'closed', 'closed', '{"reached": true, "solved": true}', 6)
) AS h (version, action, party, before, after, data, every)
WHERE o.id % h.every = 0 AND (h.after <> 'closed' OR o.state = 'closed')
"""
ENDS = """
INSERT INTO events
SELECT region, id, 20, ended_at, NULL, CASE state WHEN 'closed' THEN 'close' ELSE state END, 'system', NULL,
       'resolved', state, 0, NULL, NULL, '{}', NULL, ''
FROM orders WHERE state = 'closed' AND ended_at IS NOT NULL ORDER BY ended_at
"""


@pytest.fixture
async def filled(county_database):
    await county_database.execute(ORDERS, NOW)
    await county_database.execute(EVENTS, NOW)
    await county_database.execute(ENDS)
    await county_database.execute("ANALYZE orders, events")
    return county_database


def grade_of(row):
    return row["grade"] or (row["graded"][-1] if row["graded"] else None)


async def read(database, span, since, until):
    """Every request of that time and place, with its history, for counting by hand."""
    rows = await database.fetch(
        """WITH told AS (
               SELECT region, order_id, array_agg(action) AS actions,
                      array_agg(data ->> 'missed') FILTER (WHERE data ? 'missed') AS missed,
                      array_agg((data ->> 'solved')::boolean ORDER BY version) FILTER (WHERE data ? 'solved') AS solved
               FROM events GROUP BY region, order_id
           )
           SELECT o.*, g.lo, ARRAY(SELECT jsonb_array_elements_text(o.affairs -> 'excluded')) AS excluded,
                  ARRAY(SELECT jsonb_array_elements_text(o.affairs -> 'graded')) AS graded,
                  coalesce(t.actions, '{}') AS actions, coalesce(t.missed, '{}') AS missed,
                  coalesce(t.solved, '{}') AS solved
           FROM orders AS o JOIN grids AS g ON g.id = o.grid_id
           LEFT JOIN told AS t ON t.region = o.region AND t.order_id = o.id WHERE o.kind = 'request'""",
        timeout=60,
    )
    return [row for row in rows if span[0] <= row["lo"] < span[1] and since <= row["submitted_at"] < until]


def still(row):
    return State(row["state"]) in OPEN_STATES


@pytest.mark.parametrize(("span", "days"), [((0, 1 << 30), 400), ((0, 1 << 30), 6), ((40, 300), 40), ((0, 1), 40)])
async def test_the_figures_are_a_count_of_all_orders_and_their_histories(filled, span, days):
    since = NOW - timedelta(days=days)
    rows = await read(filled, span, since, NOW)
    found = await statistics.figures(filled, span, since, NOW)

    def counted(some):
        return Filed(len(some), sum(map(still, some)), sum(bool(row["missed"]) for row in some))

    assert found.all == counted(rows)
    for code, one in found.categories.items():
        assert one == counted([row for row in rows if row["category"] == code])
    assert sum(one.filed for one in found.categories.values()) == len(rows)
    by_day = Counter(row["submitted_at"].astimezone(SHANGHAI).date() for row in rows)
    assert {day: one.filed for day, one in found.days.items()} == by_day
    done = {clock: {clock.value, "resolve"} for clock in MILESTONES}
    for clock in MILESTONES:
        missed = [row for row in rows if clock.value in row["missed"]]
        kept = [row for row in rows if clock.value not in row["missed"] and done[clock] & set(row["actions"])]
        waiting = [
            row
            for row in rows
            if still(row) and clock.value not in row["missed"] and not done[clock] & set(row["actions"])
        ]
        one = found.milestones[clock]
        assert (one.kept, one.missed, one.open) == (len(kept), len(missed), len(waiting)), clock
        assert one.kept + one.missed + one.open + one.not_owed == len(rows)
    counts = found.counts
    fair = [row for row in rows if "overdue" not in row["excluded"]]
    assert counts.overdue_excluded == len(rows) - len(fair)
    assert counts.late == sum("contact" in row["missed"] for row in fair)
    in_time = [row for row in fair if "contact" not in row["missed"] and done[MILESTONES[1]] & set(row["actions"])]
    assert counts.contacted == len(in_time)
    assert counts.answered == sum(bool(row["solved"]) for row in rows)
    assert counts.solved == sum(row["solved"][-1] for row in rows if row["solved"])  # the last word counts
    graded = Counter(grade_of(row) for row in rows if "rating" not in row["excluded"])
    assert counts.grades == {grade: graded[grade.value] for grade in Grade}
    assert counts.grades_excluded == sum(bool(grade_of(row)) for row in rows if "rating" in row["excluded"])


async def test_each_ended_request_is_counted_once_on_the_day_it_ended(filled):
    since = NOW - timedelta(days=60)
    found = await statistics.ended_by_day(filled, (0, 1 << 30), since, NOW)
    rows = await filled.fetch(
        "SELECT ended_at FROM orders WHERE state = 'closed' AND kind = 'request' AND ended_at >= $1 AND ended_at < $2",
        since,
        NOW,
    )
    assert dict(found) == Counter(row["ended_at"].astimezone(SHANGHAI).date() for row in rows)
    assert sum(found.values()) > 100


async def test_of_no_requests_there_are_figures_too(county_database):
    found = await statistics.figures(county_database, (0, 1 << 30), NOW - timedelta(days=3), NOW)
    assert found.all == Filed()
    assert found.categories == found.days == {}


async def test_a_few_days_among_years_are_found_by_their_indexes(filled, indexes):
    span = ("0", str(1 << 30), f"'{(NOW - timedelta(days=2)).isoformat()}'", f"'{NOW.isoformat()}'")
    used, read_through = await indexes(filled, statistics.SQL["figures"], *span)
    assert {"events_pkey", "orders_newest"} <= used
    assert read_through <= {"grids"}, read_through
    used, read_through = await indexes(filled, statistics.SQL["ended_by_day"], *span)
    assert "events_by_time" in used
    assert read_through <= {"grids"}, read_through
