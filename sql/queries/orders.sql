-- name: reserve_serials
-- The first of $2 serial numbers that are now this process's own in region $1.
INSERT INTO serials AS s (region, next) VALUES ($1, 1 + $2)
ON CONFLICT (region) DO UPDATE SET next = s.next + $2
RETURNING next - $2

-- name: add
-- The key of each order that is filed by this statement; one whose request key was seen before files nothing.
WITH keys AS (
    INSERT INTO idempotency SELECT k.* FROM unnest($5::idempotency[]) AS k
    ON CONFLICT DO NOTHING
    RETURNING region, order_id
), added AS (
    INSERT INTO orders
    SELECT o.* FROM unnest($1::orders[]) AS o
    WHERE (o.region, o.id) IN (SELECT region, order_id FROM keys)
       OR (o.region, o.id) NOT IN (SELECT k.region, k.order_id FROM unnest($5::idempotency[]) AS k)
    RETURNING region, id
), contents AS (
    INSERT INTO order_contents
    SELECT c.* FROM unnest($2::order_contents[]) AS c JOIN added ON added.region = c.region AND added.id = c.order_id
), ledger AS (
    INSERT INTO events
    SELECT e.* FROM unnest($3::events[]) AS e JOIN added ON added.region = e.region AND added.id = e.order_id
), letters AS (
    INSERT INTO outbox
    SELECT n.* FROM unnest($4::outbox[]) AS n JOIN added ON added.region = n.region AND added.id = n.order_id
)
SELECT region, id FROM added

-- name: filed_before
-- The order filed under each request key, with the digest of the body it came with.
SELECT k.region, k.key_hash, i.body_hash, i.order_id
FROM unnest($1::int[], $2::bytea[]) AS k (region, key_hash) JOIN idempotency AS i USING (region, key_hash)

-- name: filed_under
-- The key of the order that was filed under that request key with that body, in whatever region.
SELECT region, order_id FROM idempotency
WHERE region = ANY (ARRAY(SELECT s.region FROM serials AS s)) AND key_hash = $1 AND body_hash = $2
LIMIT 1

-- name: find
-- The orders with these keys, each with the number of its key from 1, what the resident told us, and the request key that
-- acted on it before with the same digest of its Idempotency-Key as the third array has there, the first 32 bytes; with
-- the newest answer, whose it is now, and its photos by what they came with.
SELECT k.asked, o.*, c.text, c.place, c.contact_name, c.contact_phone, c.house,
       (SELECT code FROM people WHERE id = o.assignee_id) AS assignee_code,
       (
           SELECT t.body -> 'answer' FROM events AS e JOIN event_texts AS t USING (region, order_id, version)
           WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'resolve'
           ORDER BY e.version DESC LIMIT 1
       ) AS answer,
       CASE WHEN k.request_key IS NOT NULL THEN (
           SELECT e.request_key FROM events AS e
           WHERE e.region = o.region AND e.order_id = o.id
             AND e.request_key IS NOT NULL AND substr(e.request_key, 1, 32) = substr(k.request_key, 1, 32)
           LIMIT 1
       ) END AS answered,
       (
           SELECT array_agg(p.id || ' ' || p.kind ORDER BY p.version, p.place) FROM photos AS p
           WHERE p.region = o.region AND p.order_id = o.id
       ) AS photos
FROM unnest($1::int[], $2::bigint[], $3::bytea[]) WITH ORDINALITY AS k (region, id, request_key, asked)
JOIN orders AS o ON o.region = k.region AND o.id = k.id
LEFT JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id

-- name: save
-- The key of each order that is saved, with true; one whose version has moved on is left alone, with its events and
-- notices. Where $6 and $7 give all the keys again, one that somebody else has locked is left alone as well, instead of
-- waited for, and the key of each that nobody had follows, with false. What changed between the statement's snapshot and
-- the lock is looked at anew by the UPDATE itself, so the version is that of the locked row in either case.
WITH free AS (
    SELECT o.region, o.id
    FROM unnest($6::int[], $7::bigint[]) AS k (region, id) JOIN orders AS o ON o.region = k.region AND o.id = k.id
    ORDER BY o.region, o.id
    FOR NO KEY UPDATE OF o SKIP LOCKED
), saved AS (
    UPDATE orders AS o SET
        state = n.state, version = n.version, category = n.category, urgency = n.urgency, grid_id = n.grid_id,
        branch_id = n.branch_id, supervisor_id = n.supervisor_id, level = n.level, assignee_id = n.assignee_id,
        reopened = n.reopened, listed = n.listed, grade = n.grade, contacted_at = n.contacted_at,
        ended_at = n.ended_at, co_branches = n.co_branches, tried = n.tried, clocks = n.clocks,
        promises = n.promises, due_clock = n.due_clock, due_at = n.due_at, promise_at = n.promise_at, head = n.head,
        rung = n.rung, offered = n.offered, declined = n.declined, promised_at = n.promised_at,
        paused_at = n.paused_at, waited = n.waited, held = n.held, affairs = n.affairs, decider_id = n.decider_id,
        assisting = n.assisting, merged_into = n.merged_into, follow_up = n.follow_up
    FROM ROWS FROM (unnest($1::orders[]), unnest($2::int[])) AS n
    WHERE o.region = n.region AND o.id = n.id AND o.version = n.unnest
      AND ($6 IS NULL OR (n.region, n.id) IN (SELECT f.region, f.id FROM free AS f))  -- hashed; a join is a nested loop
    RETURNING o.region, o.id
), ledger AS (
    INSERT INTO events
    SELECT e.* FROM unnest($3::events[]) AS e JOIN saved ON saved.region = e.region AND saved.id = e.order_id
), texts AS (
    INSERT INTO event_texts
    SELECT t.* FROM unnest($4::event_texts[]) AS t JOIN saved ON saved.region = t.region AND saved.id = t.order_id
), letters AS (
    INSERT INTO outbox
    SELECT n.* FROM unnest($5::outbox[]) AS n JOIN saved ON saved.region = n.region AND saved.id = n.order_id
), served AS (  -- in one order everywhere, so that two batches don't wait for each other
    INSERT INTO turns AS t (person_id, served_at)
    SELECT e.assignee_id, max(e.at)
    FROM unnest($3::events[]) AS e JOIN saved ON saved.region = e.region AND saved.id = e.order_id
    WHERE e.action IN ('offer', 'accept') AND e.assignee_id IS NOT NULL
    GROUP BY e.assignee_id ORDER BY e.assignee_id
    ON CONFLICT (person_id) DO UPDATE SET served_at = greatest(t.served_at, excluded.served_at)
)
SELECT region, id, true AS saved FROM saved
UNION ALL
SELECT region, id, false FROM free

-- name: exists
-- A row where there is an order with that key.
SELECT FROM orders WHERE region = $1 AND id = $2

-- name: regions
-- Every region that has orders.
SELECT region FROM serials ORDER BY region

-- name: claim
-- The orders of region $1 that are due at $2, earliest first, locked so that no other sweep takes them; those set
-- aside are left alone for a while. Where $4 is given, only those. Of many that are due at one instant any come first:
-- their index need not be read to the end to sort them.
SELECT o.* FROM orders AS o
WHERE o.region = $1 AND o.due_at <= $2
  AND NOT EXISTS (
      SELECT FROM set_aside AS s WHERE s.region = o.region AND s.order_id = o.id AND s.until > $2
  )
  AND ($4::bigint[] IS NULL OR o.id = ANY ($4))
ORDER BY o.due_at
LIMIT $3
FOR UPDATE OF o SKIP LOCKED

-- name: set_aside
-- Nothing; the order is left alone until $4, longer at each try.
INSERT INTO set_aside AS s (region, order_id, since, until, tries, reason) VALUES ($1, $2, $3, $4, 1, $5)
ON CONFLICT (region, order_id) DO UPDATE
SET until = excluded.since + (excluded.until - excluded.since) * least(s.tries + 1, 60),
    tries = s.tries + 1, reason = excluded.reason

-- name: take_back
-- Nothing; orders that were set aside and could be served now are no longer listed.
DELETE FROM set_aside WHERE region = $1 AND order_id = ANY ($2::bigint[])

-- name: events
-- The events of an order, oldest first, with their texts where these are not erased, and by code and name who acted and
-- to whom it went.
SELECT e.*, t.body, p.code AS actor_code, pc.name AS actor_name, a.code AS assignee_code, ac.name AS assignee_name
FROM events AS e
LEFT JOIN event_texts AS t USING (region, order_id, version)
LEFT JOIN people AS p ON p.id = e.actor_id
LEFT JOIN person_contacts AS pc ON pc.person_id = p.id
LEFT JOIN people AS a ON a.id = e.assignee_id
LEFT JOIN person_contacts AS ac ON ac.person_id = a.id
WHERE e.region = $1 AND e.order_id = $2
ORDER BY e.version

-- name: list
-- A page of orders, newest first, that lie in one of the intervals [$1, $2) of the tree or are the reader's own ($3),
-- narrowed by what is not null, after the key ($9, $10, $11); for a reader of many grids, who soon meets a page full:
-- the fence (OFFSET 0) has the newest orders walked by their index, however rare the planner takes a match to be. Where an
-- order lies is looked up for itself, and last: to gather all the grids of a county first takes longer than the page.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house,
       (SELECT code FROM people WHERE id = p.assignee_id) AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*
    FROM (
        SELECT * FROM orders
        WHERE (submitted_at, region, id) < ($9::timestamptz, $10::int, $11::bigint)
        ORDER BY submitted_at DESC, region DESC, id DESC
        OFFSET 0
    ) AS o
    WHERE (
            o.assignee_id = $3 OR o.filed_by = $3 OR (o.state = 'offered' AND o.offered @> ARRAY[$3])
            OR (
                SELECT EXISTS (
                    SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi
                ) FROM grids AS g WHERE g.id = o.grid_id
            )
        )
      AND ($4::text[] IS NULL OR o.state = ANY ($4))
      AND ($5::text IS NULL OR o.category LIKE $5 || '%')
      AND ($6::int IS NULL OR o.assignee_id = $6 OR (o.state = 'offered' AND o.offered @> ARRAY[$6]))
      AND ($7::timestamptz IS NULL OR o.promise_at <= $7)
      AND ($8::timestamptz IS NULL OR o.promise_at IS NULL OR o.promise_at > $8)
      AND ($12::int IS NULL OR (SELECT g.lo >= $12 AND g.lo < $13 FROM grids AS g WHERE g.id = o.grid_id))
      AND ($15::boolean IS NULL OR o.listed = $15)
      AND ($16::text IS NULL OR o.kind = $16)
    ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
    LIMIT $14
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
ORDER BY p.submitted_at DESC, p.region DESC, p.id DESC

-- name: list_open
-- The same page of open orders alone, walked by an index of their own: their number doesn't grow with the years.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house,
       (SELECT code FROM people WHERE id = p.assignee_id) AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*
    FROM (
        SELECT * FROM orders
        WHERE state IN ('received', 'routed', 'offered', 'accepted', 'parked')
          AND (submitted_at, region, id) < ($9::timestamptz, $10::int, $11::bigint)
        ORDER BY submitted_at DESC, region DESC, id DESC
        OFFSET 0
    ) AS o
    WHERE (
            o.assignee_id = $3 OR o.filed_by = $3 OR (o.state = 'offered' AND o.offered @> ARRAY[$3])
            OR (
                SELECT EXISTS (
                    SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi
                ) FROM grids AS g WHERE g.id = o.grid_id
            )
        )
      AND ($4::text[] IS NULL OR o.state = ANY ($4))
      AND ($5::text IS NULL OR o.category LIKE $5 || '%')
      AND ($6::int IS NULL OR o.assignee_id = $6 OR (o.state = 'offered' AND o.offered @> ARRAY[$6]))
      AND ($7::timestamptz IS NULL OR o.promise_at <= $7)
      AND ($8::timestamptz IS NULL OR o.promise_at IS NULL OR o.promise_at > $8)
      AND ($12::int IS NULL OR (SELECT g.lo >= $12 AND g.lo < $13 FROM grids AS g WHERE g.id = o.grid_id))
      AND ($15::boolean IS NULL OR o.listed = $15)
      AND ($16::text IS NULL OR o.kind = $16)
    ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
    LIMIT $14
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
ORDER BY p.submitted_at DESC, p.region DESC, p.id DESC

-- name: list_few
-- The same page for a reader of few grids, whose ids are $1: the newest that lie at each of them, open ones or not as $17
-- says, what is assigned to $2 and what was filed by $3 is gathered by its index first, and then narrowed; the fence
-- (OFFSET 0) has each one fetched by its key.
WITH seen AS (
    (
        SELECT a.region, a.id
        FROM unnest($1::text::int[]) AS g (id) CROSS JOIN unnest($17::boolean[]) AS s (still_open)
        CROSS JOIN LATERAL (
            SELECT o.region, o.id, o.submitted_at FROM orders AS o
            WHERE o.grid_id = g.id
              AND (o.state IN ('received', 'routed', 'offered', 'accepted', 'parked')) = s.still_open
              AND (o.submitted_at, o.region, o.id) < ($9::timestamptz, $10::int, $11::bigint)
              AND ($4::text[] IS NULL OR o.state = ANY ($4))
              AND ($5::text IS NULL OR o.category LIKE $5 || '%')
              AND ($7::timestamptz IS NULL OR o.promise_at <= $7)
              AND ($8::timestamptz IS NULL OR o.promise_at IS NULL OR o.promise_at > $8)
              AND ($15::boolean IS NULL OR o.listed = $15)
              AND ($16::text IS NULL OR o.kind = $16)
            ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
            LIMIT $14
        ) AS a
        ORDER BY a.submitted_at DESC, a.region DESC, a.id DESC
        LIMIT $14
    )
    UNION
    SELECT region, id FROM orders WHERE assignee_id = $2
    UNION
    SELECT region, id FROM orders WHERE state = 'offered' AND offered @> ARRAY[$2]
    UNION
    SELECT region, id FROM orders WHERE filed_by = $3
)
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*
    FROM seen
    CROSS JOIN LATERAL (SELECT * FROM orders AS a WHERE a.region = seen.region AND a.id = seen.id OFFSET 0) AS o
    WHERE ($4::text[] IS NULL OR o.state = ANY ($4))
      AND ($5::text IS NULL OR o.category LIKE $5 || '%')
      AND ($6::int IS NULL OR o.assignee_id = $6 OR (o.state = 'offered' AND o.offered @> ARRAY[$6]))
      AND ($7::timestamptz IS NULL OR o.promise_at <= $7)
      AND ($8::timestamptz IS NULL OR o.promise_at IS NULL OR o.promise_at > $8)
      AND (o.submitted_at, o.region, o.id) < ($9::timestamptz, $10::int, $11::bigint)
      AND ($12::int IS NULL OR (SELECT g.lo >= $12 AND g.lo < $13 FROM grids AS g WHERE g.id = o.grid_id))
      AND ($15::boolean IS NULL OR o.listed = $15)
      AND ($16::text IS NULL OR o.kind = $16)
    ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
    LIMIT $14
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.submitted_at DESC, p.region DESC, p.id DESC
