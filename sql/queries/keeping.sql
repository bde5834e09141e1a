-- name: forget_old_keys
-- Nothing; request keys older than $1 are forgotten.
DELETE FROM idempotency WHERE created_at < $1

-- name: erase
-- Of the next $4 orders after the key ($2, $3) whose contents are kept: how many there are, the key of the last, and how
-- many had ended by $1 and were stripped of all that is personal; the ledger keeps its salted digests. What somebody else
-- works on at this moment is left for the next time.
WITH next AS (
    SELECT region, order_id FROM order_contents WHERE (region, order_id) > ($2::int, $3::bigint)
    ORDER BY region, order_id
    LIMIT $4
), ended AS (
    SELECT o.region, o.id FROM next JOIN orders AS o ON o.region = next.region AND o.id = next.order_id
    WHERE o.ended_at <= $1
    FOR NO KEY UPDATE OF o SKIP LOCKED
), households AS (
    UPDATE orders AS o SET household_id = NULL FROM ended
    WHERE o.region = ended.region AND o.id = ended.id AND o.household_id IS NOT NULL
), texts AS (
    DELETE FROM event_texts AS t USING ended WHERE t.region = ended.region AND t.order_id = ended.id
), pictures AS (
    DELETE FROM photos AS p USING ended WHERE p.region = ended.region AND p.order_id = ended.id
), contents AS (
    DELETE FROM order_contents AS c USING ended WHERE c.region = ended.region AND c.order_id = ended.id RETURNING 1
)
SELECT n.seen, n.region, n.order_id, (SELECT count(*) FROM contents) AS erased
FROM (
    SELECT region, order_id, count(*) OVER () AS seen FROM next ORDER BY region DESC, order_id DESC LIMIT 1
) AS n

-- name: erase_late
-- As erase, of orders whose event texts are kept: what was still said after the contents of an order were erased, in a
-- review or an appeal, goes here.
WITH next AS (
    SELECT DISTINCT region, order_id FROM event_texts WHERE (region, order_id) > ($2::int, $3::bigint)
    ORDER BY region, order_id
    LIMIT $4
), ended AS (
    SELECT o.region, o.id FROM next JOIN orders AS o ON o.region = next.region AND o.id = next.order_id
    WHERE o.ended_at <= $1
      AND NOT EXISTS (SELECT FROM order_contents AS c WHERE c.region = o.region AND c.order_id = o.id)
    FOR NO KEY UPDATE OF o SKIP LOCKED
), texts AS (
    DELETE FROM event_texts AS t USING ended WHERE t.region = ended.region AND t.order_id = ended.id
)
SELECT n.seen, n.region, n.order_id, (SELECT count(*) FROM ended) AS erased
FROM (
    SELECT region, order_id, count(*) OVER () AS seen FROM next ORDER BY region DESC, order_id DESC LIMIT 1
) AS n

-- name: forget_looks
-- How many of at most $3 looks from before $2 are forgotten, at orders that had ended by $1.
WITH old AS (
    SELECT v.region, v.order_id, v.person_id, v.slot, v.reason
    FROM contact_views AS v JOIN orders AS o ON o.region = v.region AND o.id = v.order_id
    WHERE v.at < $2 AND o.ended_at <= $1
    ORDER BY v.region, v.order_id, v.person_id, v.slot, v.reason
    LIMIT $3
    FOR UPDATE OF v SKIP LOCKED
), gone AS (
    DELETE FROM contact_views AS v USING old
    WHERE (v.region, v.order_id, v.person_id, v.slot, v.reason)
        = (old.region, old.order_id, old.person_id, old.slot, old.reason)
    RETURNING 1
)
SELECT count(*) FROM gone
