-- name: declared_by
-- Who declared the emergency $1: their code and every role they hold on day $2.
SELECT p.id, p.code, r.role, r.grid_id, r.branch_id
FROM emergencies AS e JOIN people AS p ON p.id = e.declared_by AND p.active
JOIN roles AS r ON r.person_id = p.id
    AND (r.valid_from IS NULL OR r.valid_from <= $2) AND (r.valid_to IS NULL OR r.valid_to >= $2)
WHERE e.id = $1 ORDER BY r.id

-- name: waiting
-- At most $4 orders below the grid with interval [$1, $2) that wait for a member, those soonest due first: dispatched to
-- nobody yet, or offered but not by any batch; none that the batch $3 has offered before.
SELECT o.*
FROM orders AS o
WHERE o.region = ANY (ARRAY(SELECT s.region FROM serials AS s)) AND o.state IN ('routed', 'offered')
  AND o.grid_id IN (SELECT g.id FROM grids AS g WHERE g.lo >= $1 AND g.lo < $2)
  AND NOT EXISTS (
      SELECT FROM events AS e
      WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'offer' AND e.data ->> 'batch' = $3
  )
  AND NOT (o.state = 'offered' AND (
      SELECT e.data ? 'batch' FROM events AS e
      WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'offer' ORDER BY e.version DESC LIMIT 1
  ))
ORDER BY o.promise_at NULLS LAST, o.region, o.id
LIMIT $4

-- name: offered
-- Every offer that the batch $3 has made of orders below the grid with interval [$1, $2): the order, to whom, and why.
SELECT e.region, e.order_id, p.code, e.data -> 'cost' AS cost
FROM orders AS o
JOIN events AS e ON e.region = o.region AND e.order_id = o.id AND e.action = 'offer' AND e.data ->> 'batch' = $3
JOIN people AS p ON p.id = e.assignee_id
WHERE o.region = ANY (ARRAY(SELECT s.region FROM serials AS s))
  AND o.grid_id IN (SELECT g.id FROM grids AS g WHERE g.lo >= $1 AND g.lo < $2) AND e.at >= $4
ORDER BY e.region, e.order_id
