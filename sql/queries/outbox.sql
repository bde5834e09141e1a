-- name: claim
-- Notices of region $1 that may leave at $2, marked as sent in this statement's transaction.
WITH due AS (
    SELECT region, order_id, version, place FROM outbox
    WHERE region = $1 AND sent_at IS NULL AND send_at <= $2
    ORDER BY send_at, order_id LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox AS n SET sent_at = $2 FROM due
WHERE n.region = due.region AND n.order_id = due.order_id AND n.version = due.version AND n.place = due.place
RETURNING n.region, n.order_id, n.version, n.notice, n.person_id, n.branch_id, n.created_at

-- name: put_back
-- Nothing; these notices of region $1 could not leave, and wait until $2.
UPDATE outbox AS n SET sent_at = NULL, send_at = $2
FROM unnest($3::bigint[], $4::int[], $5::int[], $6::int[]) AS f (order_id, version, person_id, branch_id)
WHERE n.region = $1 AND n.order_id = f.order_id AND n.version = f.version
  AND n.person_id IS NOT DISTINCT FROM f.person_id AND n.branch_id IS NOT DISTINCT FROM f.branch_id
