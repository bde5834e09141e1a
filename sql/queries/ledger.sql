-- name: kept_orders
-- Every order as it stands with what the resident told us, in the order of the keys. A time no event could have is
-- brought within what a client can read, where it is still a wrong one.
SELECT o.region, o.id, o.kind, o.state, o.version, o.category, o.urgency, o.grid_id, o.branch_id, o.supervisor_id,
       o.level, o.assignee_id, o.filed_by, o.household_id, o.reopened, o.listed, o.grade,
       CASE WHEN o.contacted_at IS NOT NULL
            THEN greatest(least(o.contacted_at, '9999-12-30Z'), '0001-01-02Z') END AS contacted_at,
       greatest(least(o.submitted_at, '9999-12-30Z'), '0001-01-02Z') AS submitted_at,
       CASE WHEN o.ended_at IS NOT NULL THEN greatest(least(o.ended_at, '9999-12-30Z'), '0001-01-02Z') END AS ended_at,
       o.co_branches, o.tried, o.clocks, o.promises, o.due_clock,
       CASE WHEN o.due_at IS NOT NULL THEN greatest(least(o.due_at, '9999-12-30Z'), '0001-01-02Z') END AS due_at,
       CASE WHEN o.promise_at IS NOT NULL
            THEN greatest(least(o.promise_at, '9999-12-30Z'), '0001-01-02Z') END AS promise_at,
       o.head, o.rung, o.offered, o.declined,
       greatest(least(o.promised_at, '9999-12-30Z'), '0001-01-02Z') AS promised_at,
       CASE WHEN o.paused_at IS NOT NULL
            THEN greatest(least(o.paused_at, '9999-12-30Z'), '0001-01-02Z') END AS paused_at,
       o.waited, o.held, o.affairs, o.decider_id, o.assisting, o.merged_into, o.follow_up,
       c.salt, c.text, c.place, c.contact_name, c.contact_phone, c.house
FROM orders AS o LEFT JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
ORDER BY o.region, o.id

-- name: kept_events
-- The whole ledger with its texts, order by order, in the order of the keys; times as in kept_orders.
SELECT e.region, e.order_id, e.version, greatest(least(e.at, '9999-12-30Z'), '0001-01-02Z') AS at,
       CASE WHEN e.due_at IS NOT NULL THEN greatest(least(e.due_at, '9999-12-30Z'), '0001-01-02Z') END AS due_at,
       e.action, e.party, e.actor_id, e.from_state, e.to_state, e.level, e.branch_id, e.assignee_id, e.data,
       e.request_key, e.hash, t.salt, t.body
FROM events AS e LEFT JOIN event_texts AS t USING (region, order_id, version)
ORDER BY e.region, e.order_id, e.version

-- name: kept_heads
-- The heads of orders in the anchors, order by order, in the order of the keys; 0 stands for the county's acts.
SELECT region, order_id, version, head FROM anchor_heads WHERE order_id <> 0 ORDER BY region, order_id, number

-- name: kept_photos
-- The salted digest of every photo as it is now, order by order, in the order of the keys.
SELECT region, order_id, version, encode(sha256(salt || jpeg), 'hex') AS digest
FROM photos ORDER BY region, order_id, id

-- name: count_orders
-- How many orders there are.
SELECT count(*) FROM orders

-- name: stray_texts
-- The keys of texts without an event, and of contents (version null) without an order.
SELECT t.region, t.order_id, t.version FROM event_texts AS t LEFT JOIN events AS e USING (region, order_id, version)
WHERE e.region IS NULL
UNION ALL
SELECT c.region, c.order_id, NULL FROM order_contents AS c
LEFT JOIN orders AS o ON o.region = c.region AND o.id = c.order_id
WHERE o.region IS NULL

-- name: anchors
-- Every anchor, oldest first within its region; times as in kept_orders.
SELECT region, number, greatest(least(at, '9999-12-30Z'), '0001-01-02Z') AS at,
       greatest(least(through, '9999-12-30Z'), '0001-01-02Z') AS through, orders, previous, hash
FROM anchors ORDER BY region, number

-- name: anchor_heads
-- The heads in the anchors, anchor by anchor, in the order of their hashing.
SELECT region, number, order_id, version, head FROM anchor_heads ORDER BY region, number, order_id

-- name: anchored_acts
-- The county's acts that the anchors hold.
SELECT region, version, head FROM anchor_heads WHERE order_id = 0 ORDER BY region, number

-- name: codes
-- The codes of the grids $1.
SELECT id, code FROM grids WHERE id = ANY ($1::int[])

-- name: last_anchor
-- The newest anchor of region $1.
SELECT region, number, at, through, orders, previous, hash FROM anchors WHERE region = $1 ORDER BY number DESC LIMIT 1

-- name: regions
-- Every region that has orders, or acts of the county.
SELECT region FROM serials UNION SELECT region FROM county_events ORDER BY region

-- name: moved_act
-- The newest act of region $1, up to $2, if no anchor holds it or a newer one; the anchors are looked into one by one.
SELECT c.number, c.hash
FROM county_events AS c
WHERE c.region = $1 AND c.at <= $2 AND c.number > coalesce((
      SELECT max(held.version)
      FROM anchors AS a CROSS JOIN LATERAL (
          SELECT h.version FROM anchor_heads AS h
          WHERE h.region = a.region AND h.number = a.number AND h.order_id = 0
          OFFSET 0
      ) AS held
      WHERE a.region = $1
  ), 0)
ORDER BY c.number DESC LIMIT 1

-- name: moved_heads
-- The last event, up to $3, of each order of region $1 that moved after $2 and is not in an anchor yet, by order id.
-- $2 lies well before the end of the last anchor, for events that were written down late. Nobody is ever given order 0,
-- whose place in an anchor is taken: put in by hand it must not keep the anchor from being written.
SELECT DISTINCT ON (e.order_id) e.order_id, e.version, e.hash AS head
FROM events AS e
WHERE e.region = $1 AND e.order_id <> 0 AND e.at > $2 AND e.at <= $3
  AND NOT EXISTS (
      SELECT FROM anchor_heads AS h JOIN anchors AS a USING (region, number)
      WHERE h.region = e.region AND h.order_id = e.order_id AND h.version >= e.version AND a.through > $2
  )
ORDER BY e.order_id, e.version DESC

-- name: add_anchor
-- Nothing; the anchor is written down.
INSERT INTO anchors (region, number, at, through, orders, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: add_act
-- Nothing; act $3 with the hash $4 is written down with anchor $2 of region $1.
INSERT INTO anchor_heads (region, number, order_id, version, head) VALUES ($1, $2, 0, $3, $4)

-- name: add_heads
-- Nothing; what moved_heads gives for $1, $2, $3 is written down with anchor $4.
INSERT INTO anchor_heads (region, number, order_id, version, head)
SELECT DISTINCT ON (e.order_id) e.region, $4, e.order_id, e.version, e.hash
FROM events AS e
WHERE e.region = $1 AND e.order_id <> 0 AND e.at > $2 AND e.at <= $3
  AND NOT EXISTS (
      SELECT FROM anchor_heads AS h JOIN anchors AS a USING (region, number)
      WHERE h.region = e.region AND h.order_id = e.order_id AND h.version >= e.version AND a.through > $2
        AND h.number < $4
  )
ORDER BY e.order_id, e.version DESC
