-- name: lock
-- The orders with regions $1 and ids $2, locked in the order of their keys, so that of two requests that want some of
-- the same one waits for the other, and never each for the other.
SELECT o.*
FROM orders AS o
WHERE (o.region, o.id) IN (SELECT k.region, k.id FROM unnest($1::int[], $2::bigint[]) AS k (region, id))
ORDER BY o.region, o.id
FOR UPDATE OF o

-- name: answered
-- The request key that acted on each of these orders before under the first 32 bytes of $3: seen after the lock, so
-- that what another request wrote while this one waited is seen too.
SELECT DISTINCT ON (e.region, e.order_id) e.region, e.order_id, e.request_key
FROM events AS e
WHERE (e.region, e.order_id) IN (SELECT k.region, k.id FROM unnest($1::int[], $2::bigint[]) AS k (region, id))
  AND e.request_key IS NOT NULL AND substr(e.request_key, 1, 32) = substr($3::bytea, 1, 32)
ORDER BY e.region, e.order_id

-- name: absorbed
-- The orders of region $1 that were merged into order $2, the oldest first, with what their residents asked for.
SELECT o.*, c.text
FROM orders AS o LEFT JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
WHERE o.region = $1 AND o.merged_into = $2
ORDER BY o.submitted_at, o.id

-- name: said
-- What was noted on the orders of region $1 with ids $2, and not within the house alone, the oldest first.
SELECT e.order_id, e.at, e.party, t.body ->> 'text' AS text
FROM events AS e JOIN event_texts AS t USING (region, order_id, version)
WHERE e.region = $1 AND e.order_id = ANY ($2::bigint[]) AND e.action = 'note'
  AND NOT (e.data ? 'internal') AND t.body ? 'text'
ORDER BY e.order_id, e.version
