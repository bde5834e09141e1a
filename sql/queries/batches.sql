-- name: alone
-- Whether this transaction alone may spread orders in the emergency $1, until it ends; it has no other
-- statement, and may be left alone for as long as a large batch takes.
SELECT pg_try_advisory_xact_lock(7401234, $1), set_config('idle_in_transaction_session_timeout', '1h', true)

-- name: waiting
-- At most $4 requests below the grid with interval [$1, $2) that wait for a member, those soonest due first: dispatched to
-- nobody yet, or offered but not by any batch; none that the superior has yet to say about where it belongs, and none that
-- the batch $3 has offered before. The county's open orders may be a million: those of the grid are gathered and sorted
-- first, and only as many as are wanted are looked into.
WITH here AS MATERIALIZED (
    SELECT o.region, o.id, o.state, o.promise_at
    FROM (SELECT g.id FROM grids AS g WHERE g.lo >= $1 AND g.lo < $2 OFFSET 0) AS g
    CROSS JOIN LATERAL (
        SELECT w.region, w.id, w.state, w.promise_at
        FROM orders AS w
        WHERE w.grid_id = g.id AND w.state IN ('routed', 'offered') AND w.kind = 'request'
          AND (w.decider_id IS NULL OR w.affairs #>> '{pending,matter}' IS DISTINCT FROM 'return')
          AND w.region = ANY (ARRAY(SELECT s.region FROM serials AS s))
        OFFSET 0
    ) AS o
    ORDER BY o.promise_at NULLS LAST, o.region, o.id
), mine AS MATERIALIZED (
    SELECT e.region, e.order_id FROM events AS e
    WHERE e.action = 'offer' AND e.data ? 'batch' AND e.data ->> 'batch' = $3
), wanted AS MATERIALIZED (
    SELECT h.region, h.id, h.promise_at
    FROM here AS h
    WHERE NOT (h.region, h.id) IN (SELECT m.region, m.order_id FROM mine AS m)
      AND NOT coalesce(h.state = 'offered' AND (
          SELECT e.data ? 'batch' FROM events AS e
          WHERE e.region = h.region AND e.order_id = h.id AND e.action = 'offer' ORDER BY e.version DESC LIMIT 1
      ), false)
    LIMIT $4
)
SELECT o.* FROM wanted AS w JOIN orders AS o ON o.region = w.region AND o.id = w.id
ORDER BY w.promise_at NULLS LAST, w.region, w.id

-- name: offered
-- Every offer that the batch $1 has made: the order, to whom, and why.
SELECT e.region, e.order_id, p.code, e.data -> 'cost' AS cost
FROM events AS e JOIN people AS p ON p.id = e.assignee_id
WHERE e.action = 'offer' AND e.data ? 'batch' AND e.data ->> 'batch' = $1
ORDER BY e.region, e.order_id
