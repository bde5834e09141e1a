-- name: ask
-- Nothing; open orders below the grid $1 are to be reckoned anew, because of $2.
INSERT INTO retimings (grid_id, because, asked_at) VALUES ($1, $2, $3)

-- name: waiting
-- The ids of the oldest whose time has come and that no other process works at.
SELECT id FROM retimings
WHERE done_at IS NULL AND not_before <= clock_timestamp()
ORDER BY id
LIMIT 100
FOR UPDATE SKIP LOCKED

-- name: claim
-- The oldest of $1 that still waits, locked so that no other process works at it, with the interval of its grid.
SELECT r.id, r.because, r.walk, r.grid_id, r.region, r.order_id, r.after_grid, r.after_region, r.after_id, g.lo, g.hi
FROM retimings AS r JOIN grids AS g ON g.id = r.grid_id
WHERE r.id = ANY ($1::int[]) AND r.done_at IS NULL AND r.not_before <= clock_timestamp()
ORDER BY r.id
LIMIT 1
FOR UPDATE OF r SKIP LOCKED

-- name: keys
-- The next $6 open orders after the key ($3, $4, $5) that lie in the interval [$1, $2) of the tree, grid by grid.
SELECT g.id AS grid_id, o.region, o.id
FROM (SELECT id FROM grids WHERE lo >= $1 AND lo < $2 AND id >= $3 ORDER BY id OFFSET 0) AS g
CROSS JOIN LATERAL (
    SELECT a.region, a.id FROM orders AS a
    WHERE a.grid_id = g.id
      AND (a.state || '') IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved')  -- as its index has it
      AND (a.region, a.id)
          > (CASE WHEN g.id = $3 THEN $4::int ELSE 0 END, CASE WHEN g.id = $3 THEN $5::bigint ELSE 0 END)
    ORDER BY a.region, a.id
    LIMIT $6
) AS o
ORDER BY g.id, o.region, o.id
LIMIT $6

-- name: orders
-- Those of these orders that are in states $3, locked in one order everywhere.
SELECT o.* FROM orders AS o
WHERE (o.region, o.id) IN (SELECT * FROM unnest($1::int[], $2::bigint[])) AND o.state = ANY ($3::text[])
ORDER BY o.region, o.id
FOR UPDATE OF o

-- name: events
-- All events of these orders, each order's oldest first.
SELECT e.*
FROM unnest($1::int[], $2::bigint[]) AS k (region, order_id) JOIN events AS e USING (region, order_id)
ORDER BY e.region, e.order_id, e.version

-- name: go_on
-- Nothing; the work stopped after this order, having changed so many.
UPDATE retimings SET after_grid = $2, after_region = $3, after_id = $4, changed = changed + $5 WHERE id = $1

-- name: over
-- Nothing; the walk has come to its end: the second one begins $3 later, or all is done at $2.
UPDATE retimings
SET walk = 2, after_grid = 0, after_region = 0, after_id = 0, not_before = clock_timestamp() + $3::interval,
    done_at = CASE WHEN walk = 2 OR part_of IS NOT NULL THEN $2::timestamptz END
WHERE id = $1

-- name: ask_alone
-- Nothing; the order ($2, $3), which failed in the work $1, is to be reckoned $4 later by itself.
INSERT INTO retimings (grid_id, part_of, region, order_id, because, asked_at, not_before)
SELECT grid_id, id, $2, $3, because, asked_at, clock_timestamp() + $4::interval FROM retimings WHERE id = $1
ON CONFLICT (part_of, region, order_id) WHERE done_at IS NULL DO NOTHING

-- name: failed_again
-- Nothing; the one order of the work is tried again $2 later, times the number of tries.
UPDATE retimings SET walk = walk + 1, not_before = clock_timestamp() + $2::interval * least(walk + 1, 60) WHERE id = $1

-- name: look
-- Those of these orders that are in states $3, as they stand, without keeping anybody waiting.
SELECT o.* FROM orders AS o
WHERE (o.region, o.id) IN (SELECT * FROM unnest($1::int[], $2::bigint[])) AND o.state = ANY ($3::text[])
ORDER BY o.region, o.id
