-- name: returns
-- Every return from $3 until before $4 of orders that lie in one of the intervals [$1, $2) of the tree, newest first,
-- with what was decided about it.
SELECT e.region, e.order_id, e.version, e.at, e.data, o.category, o.grid_id, p.code AS actor_code,
       d.action AS decision, d.at AS decided_at, d.branch_id AS decided_branch
FROM events AS e
JOIN orders AS o ON o.region = e.region AND o.id = e.order_id
JOIN grids AS g ON g.id = o.grid_id
LEFT JOIN people AS p ON p.id = e.actor_id
LEFT JOIN LATERAL (
    SELECT n.action, n.at, n.branch_id FROM events AS n
    WHERE n.region = e.region AND n.order_id = e.order_id AND n.version > e.version
      AND n.action IN ('route', 'offer', 'refuse', 'redirect', 'withdraw', 'merge')
    ORDER BY n.version LIMIT 1
) AS d ON true
WHERE e.action = 'return' AND e.at >= $3 AND e.at < $4
  AND EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
ORDER BY e.at DESC, e.region, e.order_id, e.version
LIMIT $5

-- name: appeals
-- Every appeal of that time and place, newest first, with the word that decided it.
SELECT e.region, e.order_id, e.version, e.at, e.data, o.category, o.grid_id, p.code AS actor_code,
       d.at AS decided_at, (d.data ->> 'upholds')::boolean AS upheld
FROM events AS e
JOIN orders AS o ON o.region = e.region AND o.id = e.order_id
JOIN grids AS g ON g.id = o.grid_id
LEFT JOIN people AS p ON p.id = e.actor_id
LEFT JOIN LATERAL (
    SELECT n.at, n.data FROM events AS n
    WHERE n.region = e.region AND n.order_id = e.order_id AND n.version > e.version
      AND n.action = 'judge' AND n.data ? 'decided' AND n.data ->> 'subject' = e.data ->> 'subject'
    ORDER BY n.version LIMIT 1
) AS d ON true
WHERE e.action = 'appeal' AND e.at >= $3 AND e.at < $4
  AND EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
ORDER BY e.at DESC, e.region, e.order_id, e.version
LIMIT $5

-- name: follow_ups
-- Every follow-up of that time and place, newest first.
SELECT e.region, e.order_id, e.version, e.at, e.data, o.category, o.grid_id, p.code AS actor_code
FROM events AS e
JOIN orders AS o ON o.region = e.region AND o.id = e.order_id
JOIN grids AS g ON g.id = o.grid_id
LEFT JOIN people AS p ON p.id = e.actor_id
WHERE e.action = 'follow_up' AND e.at >= $3 AND e.at < $4
  AND EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
ORDER BY e.at DESC, e.region, e.order_id, e.version
LIMIT $5

-- name: parked
-- Every parking of that time and place, newest first, and whether the order is parked still.
SELECT e.region, e.order_id, e.version, e.at, e.data, o.category, o.grid_id, p.code AS actor_code,
       o.state = 'parked' AND NOT EXISTS (
           SELECT FROM events AS n
           WHERE n.region = e.region AND n.order_id = e.order_id AND n.version > e.version AND n.action = 'park'
       ) AS still
FROM events AS e
JOIN orders AS o ON o.region = e.region AND o.id = e.order_id
JOIN grids AS g ON g.id = o.grid_id
LEFT JOIN people AS p ON p.id = e.actor_id
WHERE e.action = 'park' AND e.at >= $3 AND e.at < $4
  AND EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
ORDER BY e.at DESC, e.region, e.order_id, e.version
LIMIT $5
