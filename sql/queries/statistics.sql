-- name: figures
-- What became of the requests that were filed from $3 until before $4 in the interval [$1, $2) of the tree: of all
-- together, of each category and of each day of filing, which is told by which of these two columns is not null.
-- A milestone that was ever missed is missed, whatever came after; what was done otherwise is kept. A grade counts as
-- given even where the order was done again after it. It costs what lies in that time: the fence (MATERIALIZED) has no
-- plan made for any part of the tree walk all that was ever filed there.
WITH filed AS MATERIALIZED (
    SELECT region, id, grid_id, category, state, submitted_at, grade, affairs FROM orders
    WHERE submitted_at >= $3 AND submitted_at < $4 AND kind = 'request'
), cohort AS MATERIALIZED (
    SELECT o.region, o.id, o.category, (o.submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, o.state,
           coalesce(o.grade, o.affairs -> 'graded' ->> -1) AS grade,
           coalesce(o.affairs -> 'excluded' ? 'overdue', false) AS overdue_excluded,
           coalesce(o.affairs -> 'excluded' ? 'rating', false) AS rating_excluded
    FROM filed AS o JOIN grids AS g ON g.id = o.grid_id
    WHERE g.lo >= $1 AND g.lo < $2
), told AS (
    SELECT e.region, e.order_id,
           bool_or(e.action IN ('accept', 'resolve')) AS accept_done,
           bool_or(e.action IN ('contact', 'resolve')) AS contact_done,
           bool_or(e.action = 'resolve') AS resolve_done,
           coalesce(bool_or(e.data ->> 'missed' = 'accept'), false) AS accept_missed,
           coalesce(bool_or(e.data ->> 'missed' = 'contact'), false) AS contact_missed,
           coalesce(bool_or(e.data ->> 'missed' = 'resolve'), false) AS resolve_missed,
           (array_agg((e.data ->> 'solved')::boolean ORDER BY e.version DESC)
               FILTER (WHERE e.data ->> 'solved' IS NOT NULL AND e.action = 'follow_up'))[1] AS solved
    FROM cohort AS c JOIN events AS e ON e.region = c.region AND e.order_id = c.id
    WHERE e.action IN ('accept', 'contact', 'resolve', 'follow_up')
       OR (e.action IN ('escalate', 'supervise') AND e.party = 'system')
    GROUP BY e.region, e.order_id
), judged AS (
    SELECT c.*, t.solved,
           coalesce(t.accept_missed, false) AS accept_missed, coalesce(t.contact_missed, false) AS contact_missed,
           coalesce(t.resolve_missed, false) AS resolve_missed, coalesce(t.accept_done, false) AS accept_done,
           coalesce(t.contact_done, false) AS contact_done, coalesce(t.resolve_done, false) AS resolve_done,
           c.state IN ('received', 'routed', 'offered', 'accepted', 'parked') AS still
    FROM cohort AS c LEFT JOIN told AS t ON t.region = c.region AND t.order_id = c.id
)
SELECT day, category, count(*) AS filed, count(*) FILTER (WHERE still) AS open,
       count(*) FILTER (WHERE accept_missed OR contact_missed OR resolve_missed) AS missed,
       count(*) FILTER (WHERE accept_missed) AS accept_missed,
       count(*) FILTER (WHERE accept_done AND NOT accept_missed) AS accept_kept,
       count(*) FILTER (WHERE still AND NOT accept_done AND NOT accept_missed) AS accept_open,
       count(*) FILTER (WHERE contact_missed) AS contact_missed,
       count(*) FILTER (WHERE contact_done AND NOT contact_missed) AS contact_kept,
       count(*) FILTER (WHERE still AND NOT contact_done AND NOT contact_missed) AS contact_open,
       count(*) FILTER (WHERE resolve_missed) AS resolve_missed,
       count(*) FILTER (WHERE resolve_done AND NOT resolve_missed) AS resolve_kept,
       count(*) FILTER (WHERE still AND NOT resolve_done AND NOT resolve_missed) AS resolve_open,
       count(*) FILTER (WHERE overdue_excluded) AS overdue_excluded,
       count(*) FILTER (WHERE contact_missed AND NOT overdue_excluded) AS late,
       count(*) FILTER (WHERE contact_done AND NOT contact_missed AND NOT overdue_excluded) AS contacted,
       count(solved) AS answered, count(*) FILTER (WHERE solved) AS solved,
       count(*) FILTER (WHERE grade IS NOT NULL AND rating_excluded) AS grades_excluded,
       count(*) FILTER (WHERE grade = 'very_satisfied' AND NOT rating_excluded) AS very_satisfied,
       count(*) FILTER (WHERE grade = 'satisfied' AND NOT rating_excluded) AS satisfied,
       count(*) FILTER (WHERE grade = 'fair' AND NOT rating_excluded) AS fair,
       count(*) FILTER (WHERE grade = 'dissatisfied' AND NOT rating_excluded) AS dissatisfied,
       count(*) FILTER (WHERE grade = 'very_dissatisfied' AND NOT rating_excluded) AS very_dissatisfied
FROM judged
GROUP BY GROUPING SETS ((), (day), (category))

-- name: ended_by_day
-- How many requests in that interval of the tree ended on each day of that time and have not been taken up again since.
WITH ends AS MATERIALIZED (  -- fenced as above
    SELECT region, order_id, at FROM events
    WHERE at >= $3 AND at < $4 AND to_state IN ('closed', 'withdrawn', 'redirected')
)
SELECT (e.at AT TIME ZONE 'Asia/Shanghai')::date AS day, count(DISTINCT (e.region, e.order_id)) AS ended
FROM ends AS e
JOIN orders AS o ON o.region = e.region AND o.id = e.order_id AND o.ended_at = e.at
JOIN grids AS g ON g.id = o.grid_id
WHERE o.kind = 'request' AND g.lo >= $1 AND g.lo < $2
GROUP BY 1
