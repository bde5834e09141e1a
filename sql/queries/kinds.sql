-- name: list_of_kind
-- A page of orders of the kind $15, which is not a request, newest first, that lie in one of the intervals [$1, $2) of
-- the tree or are the reader's own ($3), narrowed by what is not null, after the key ($9, $10, $11): the fence (OFFSET 0)
-- has those of that kind alone walked by their index.
SELECT p.*, c.text, c.place, c.contact_name, c.contact_phone, c.house,
       (SELECT code FROM people WHERE id = p.assignee_id) AS assignee_code, NULL::jsonb AS answer
FROM (
    SELECT o.*
    FROM (
        SELECT * FROM orders
        WHERE kind = $15 AND kind <> 'request'  -- as the index says
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
      AND ($6::timestamptz IS NULL OR o.promise_at <= $6)
      AND ($7::timestamptz IS NULL OR o.promise_at IS NULL OR o.promise_at > $7)
      AND ($8::boolean IS NULL OR o.listed = $8)
      AND ($12::int IS NULL OR (SELECT g.lo >= $12 AND g.lo < $13 FROM grids AS g WHERE g.id = o.grid_id))
    ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
    LIMIT $14
) AS p
LEFT JOIN order_contents AS c ON c.region = p.region AND c.order_id = p.id
ORDER BY p.submitted_at DESC, p.region DESC, p.id DESC
