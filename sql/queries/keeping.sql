-- name: forget_old_keys
-- Nothing; request keys older than $1 are forgotten.
DELETE FROM idempotency WHERE created_at < $1

-- name: erase
-- How many orders that ended before $1 were stripped of what is personal; the ledger keeps its salted digests.
WITH ended AS (
    SELECT region, id FROM orders WHERE ended_at < $1
), households AS (
    UPDATE orders AS o SET household_id = NULL FROM ended
    WHERE o.region = ended.region AND o.id = ended.id AND o.household_id IS NOT NULL
), texts AS (
    DELETE FROM event_texts AS t USING ended WHERE t.region = ended.region AND t.order_id = ended.id
), looks AS (
    DELETE FROM contact_views AS v USING ended
    WHERE v.region = ended.region AND v.order_id = ended.id AND v.slot < $2
), contents AS (
    DELETE FROM order_contents AS c USING ended WHERE c.region = ended.region AND c.order_id = ended.id RETURNING 1
)
SELECT count(*) FROM contents
