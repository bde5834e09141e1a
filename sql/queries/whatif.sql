-- name: histories
-- Every event of the orders of region $1 that were filed from $2 until before $3, order by order, oldest first, with
-- the household each was filed for; of an event's data only what tells what people did and were promised. Requests
-- alone: what is planned tells nothing of them.
SELECT e.region, e.order_id, e.version, e.at, e.due_at, e.action, e.party, e.actor_id, e.from_state, e.to_state,
       e.level, e.branch_id, e.assignee_id, e.data - ARRAY['ranked', 'steps', 'set', 'clocks', 'held'] AS data,
       e.request_key, e.hash, o.household_id
FROM orders AS o JOIN events AS e ON e.region = o.region AND e.order_id = o.id
WHERE o.region = $1 AND o.submitted_at >= $2 AND o.submitted_at < $3 AND e.at <= $4 AND o.kind = 'request'
ORDER BY e.region, e.order_id, e.version

-- name: messages
-- How many notices those orders came to, and how many of them quiet hours held back.
SELECT count(*) AS messages, count(*) FILTER (WHERE b.send_at > b.created_at) AS moved
FROM orders AS o JOIN outbox AS b ON b.region = o.region AND b.order_id = o.id
WHERE o.region = $1 AND o.submitted_at >= $2 AND o.submitted_at < $3 AND b.created_at <= $4
  AND o.kind = 'request'

-- name: leaves
-- Every leave there is or was.
SELECT person_id, first_day, last_day FROM leaves ORDER BY person_id, first_day
