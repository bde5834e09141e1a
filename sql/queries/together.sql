-- name: decisions
-- The orders on which one of the branches $1 is to decide, what must be decided first at the head, after the key
-- ($3, $4, $5), at most $6: not what $2 asked for themselves or handles. Without a clock it is due at once.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*, coalesce((o.clocks ->> 'decide')::timestamptz, o.submitted_at) AS wanted_at
    FROM orders AS o
    WHERE o.decider_id = ANY ($1::int[])
      AND (o.affairs #>> '{pending,by}')::int <> $2
      AND (coalesce((o.clocks ->> 'decide')::timestamptz, o.submitted_at), o.region, o.id)
          > ($3::timestamptz, $4::int, $5::bigint)
    ORDER BY wanted_at, o.region, o.id
    LIMIT $6
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.wanted_at, p.region, p.id

-- name: assists
-- The orders that wait for the answer of one of the units $1, the first due at the head, after the key ($2, $3, $4),
-- at most $5.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*, w.wanted_at
    FROM orders AS o
    CROSS JOIN LATERAL (
        SELECT min((a ->> 'due')::timestamptz) AS wanted_at
        FROM jsonb_array_elements(o.affairs -> 'assists') AS a
        WHERE (a ->> 'branch')::int = ANY ($1) AND a ->> 'answered_at' IS NULL AND a ->> 'waived_by' IS NULL
    ) AS w
    WHERE o.assisting <> '{}' AND o.assisting && $1::int[]
      AND (w.wanted_at, o.region, o.id) > ($2::timestamptz, $3::int, $4::bigint)
    ORDER BY w.wanted_at, o.region, o.id
    LIMIT $5
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.wanted_at, p.region, p.id

-- name: follow_ups
-- The orders in one of the intervals [$1, $2) of the tree whose residents are to be asked how it went, the longest
-- waiting at the head, after the key ($4, $5, $6), at most $7: not those that $3 handled.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*, (o.affairs #>> '{follow_up,at}')::timestamptz AS wanted_at
    FROM orders AS o
    WHERE o.region = ANY (ARRAY(SELECT s.region FROM serials AS s))
      AND o.follow_up IS NOT NULL
      AND o.grid_id IN (
          SELECT g.id FROM unnest($1::int[], $2::int[]) AS s (lo, hi)
          JOIN grids AS g ON g.lo >= s.lo AND g.lo < s.hi
      )
      AND o.assignee_id IS DISTINCT FROM $3
      AND (o.affairs #>> '{follow_up,handler}')::int IS DISTINCT FROM $3
      AND ((o.affairs #>> '{follow_up,at}')::timestamptz, o.region, o.id) > ($4::timestamptz, $5::int, $6::bigint)
    ORDER BY wanted_at, o.region, o.id
    LIMIT $7
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.wanted_at, p.region, p.id

-- name: said
-- Of the orders with regions $1 and ids $2: what was said where it was returned, asked for, appealed, called or
-- answered, oldest first, with the texts where these are not erased.
SELECT e.region, e.order_id, e.action, e.data ->> 'matter' AS matter, e.data ->> 'reason_code' AS reason_code,
       (e.data ->> 'assist')::int AS assist, t.body
FROM unnest($1::int[], $2::bigint[]) AS w (region, id)
JOIN events AS e ON e.region = w.region AND e.order_id = w.id
LEFT JOIN event_texts AS t ON t.region = e.region AND t.order_id = e.order_id AND t.version = e.version
WHERE e.action IN ('return', 'ask', 'appeal', 'whistle', 'answer')
ORDER BY e.region, e.order_id, e.version
