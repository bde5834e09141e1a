-- name: list_pressing
-- The $11 open orders that press most: those listed or with a promise missed at $7, listed ones first, then by level, then
-- by how long they have been late; of region $14 or all, in one of the intervals [$1, $2) of the tree or the reader's own
-- ($3), narrowed by what is not null. Each part is walked by its index as far as needed: a limit that the planner can't
-- read has it take the way that starts soonest. What never rose is looked at only where the others don't fill the page.
WITH risen AS MATERIALIZED (
    SELECT a.*
    FROM serials AS s CROSS JOIN (VALUES (true, 'infinity'::timestamptz), (false, $7::timestamptz)) AS b (listed, until)
    CROSS JOIN LATERAL (
        SELECT o.region, o.id, o.listed, o.level, o.since
        FROM (
            SELECT *, coalesce(promise_at, submitted_at) AS since,
                   (SELECT g.lo FROM grids AS g WHERE g.id = grid_id) AS lo
            FROM orders
            WHERE region = s.region AND listed = b.listed AND coalesce(promise_at, submitted_at) <= b.until
              AND CASE WHEN promise_at IS NULL THEN listed ELSE listed OR level > 0 END  -- as the index says
            ORDER BY level DESC, since, id
            LIMIT (SELECT 2147483647)
        ) AS o
        WHERE (
                EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS w (lo, hi) WHERE o.lo >= w.lo AND o.lo < w.hi)
                OR o.assignee_id = $3 OR o.filed_by = $3 OR (o.state = 'offered' AND o.offered @> ARRAY[$3])
            )
          AND ($4::text[] IS NULL OR o.state = ANY ($4))
          AND ($5::text IS NULL OR o.category LIKE $5 || '%')
          AND ($6::int IS NULL OR o.assignee_id = $6 OR (o.state = 'offered' AND o.offered @> ARRAY[$6]))
          AND ($8::boolean IS NULL OR coalesce(o.promise_at <= $7, false) = $8)
          AND ($9::int IS NULL OR (o.lo >= $9 AND o.lo < $10))
          AND ($12::boolean IS NULL OR o.listed = $12)
          AND ($13::text IS NULL OR o.kind = $13)
        ORDER BY o.level DESC, o.since, o.id
        LIMIT $11
    ) AS a
    WHERE $14::int IS NULL OR s.region = $14
    ORDER BY a.listed DESC, a.level DESC, a.since, a.region, a.id
    LIMIT $11
), late AS (
    SELECT a.region, a.id
    FROM serials AS s CROSS JOIN LATERAL (
        SELECT o.region, o.id, o.promise_at
        FROM (
            SELECT *, (SELECT g.lo FROM grids AS g WHERE g.id = grid_id) AS lo
            FROM orders
            WHERE region = s.region AND promise_at <= $7 AND NOT (listed OR level > 0)
            ORDER BY promise_at
            LIMIT (SELECT 2147483647)
        ) AS o
        WHERE (
                EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS w (lo, hi) WHERE o.lo >= w.lo AND o.lo < w.hi)
                OR o.assignee_id = $3 OR o.filed_by = $3 OR (o.state = 'offered' AND o.offered @> ARRAY[$3])
            )
          AND ($4::text[] IS NULL OR o.state = ANY ($4))
          AND ($5::text IS NULL OR o.category LIKE $5 || '%')
          AND ($6::int IS NULL OR o.assignee_id = $6 OR (o.state = 'offered' AND o.offered @> ARRAY[$6]))
          AND ($8::boolean IS NULL OR $8)
          AND ($9::int IS NULL OR (o.lo >= $9 AND o.lo < $10))
          AND ($12::boolean IS NULL OR NOT $12)
          AND ($13::text IS NULL OR o.kind = $13)
        ORDER BY o.promise_at, o.id
        LIMIT $11 - (SELECT count(*) FROM risen)
    ) AS a
    WHERE $14::int IS NULL OR s.region = $14
    ORDER BY a.promise_at, a.region, a.id
    LIMIT $11 - (SELECT count(*) FROM risen)
)
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM (SELECT region, id FROM risen UNION ALL SELECT region, id FROM late) AS k
CROSS JOIN LATERAL (SELECT * FROM orders AS o WHERE o.region = k.region AND o.id = k.id OFFSET 0) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.listed DESC, p.level DESC, coalesce(p.promise_at, p.submitted_at), p.region, p.id

-- name: list_pressing_few
-- The same for a reader of few grids, whose ids are $1: what is open at each of them, what is assigned or offered to $2
-- and what was filed by $3 is gathered by its index first, and then narrowed.
WITH seen AS (
    SELECT a.region, a.id
    FROM unnest($1::text::int[]) AS g (id) CROSS JOIN LATERAL (
        SELECT o.region, o.id FROM orders AS o
        WHERE o.grid_id = g.id AND (o.state IN ('received', 'routed', 'offered', 'accepted', 'parked')) = true
          AND (o.listed OR o.promise_at <= $6::timestamptz)
        OFFSET 0
    ) AS a
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
    WHERE (o.listed OR o.promise_at <= $6)
      AND ($4::text[] IS NULL OR o.state = ANY ($4))
      AND ($5::text IS NULL OR o.category LIKE $5 || '%')
      AND ($7::int IS NULL OR o.assignee_id = $7 OR (o.state = 'offered' AND o.offered @> ARRAY[$7]))
      AND ($8::boolean IS NULL OR coalesce(o.promise_at <= $6, false) = $8)
      AND ($9::int IS NULL OR o.grid_id IN (SELECT g.id FROM grids AS g WHERE g.lo >= $9 AND g.lo < $10))
      AND ($12::boolean IS NULL OR o.listed = $12)
      AND ($13::text IS NULL OR o.kind = $13)
    ORDER BY o.listed DESC, o.level DESC, coalesce(o.promise_at, o.submitted_at), o.region, o.id
    LIMIT $11
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
LEFT JOIN people AS m ON m.id = p.assignee_id
ORDER BY p.listed DESC, p.level DESC, coalesce(p.promise_at, p.submitted_at), p.region, p.id
