-- name: ask
-- Nothing; open orders below the grid $1 are to be reckoned anew, because of $2.
INSERT INTO retimings (grid_id, because, asked_at) VALUES ($1, $2, $3)

-- name: next
-- The oldest that waits, locked so that no other process works at it, with the interval of its grid.
SELECT r.id, r.because, r.after_region, r.after_id, g.lo, g.hi
FROM retimings AS r JOIN grids AS g ON g.id = r.grid_id
WHERE r.done_at IS NULL
ORDER BY r.id
LIMIT 1
FOR UPDATE OF r SKIP LOCKED

-- name: waiting
-- Whether any waits.
SELECT EXISTS (SELECT FROM retimings WHERE done_at IS NULL)

-- name: orders
-- The next $5 orders in states $6 after the key ($3, $4) that lie in the interval [$1, $2) of the tree, locked.
SELECT o.* FROM orders AS o
WHERE (o.region, o.id) > ($3, $4) AND o.state = ANY ($6::text[])
  AND o.grid_id IN (SELECT g.id FROM grids AS g WHERE g.lo >= $1 AND g.lo < $2)
ORDER BY o.region, o.id
LIMIT $5
FOR UPDATE OF o

-- name: events
-- All events of these orders, each order's oldest first.
SELECT e.*
FROM unnest($1::int[], $2::bigint[]) AS k (region, order_id) JOIN events AS e USING (region, order_id)
ORDER BY e.region, e.order_id, e.version

-- name: go_on
-- Nothing; the work stopped after this order, having changed so many, and is done at $5 if that is given.
UPDATE retimings SET after_region = $2, after_id = $3, changed = changed + $4, done_at = $5 WHERE id = $1
