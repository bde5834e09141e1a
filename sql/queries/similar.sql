-- name: candidates
-- What an order could be a duplicate of: at most $8 open orders of region $1 in the intervals [$2, $3) of the tree, of
-- the class $4, filed from $5 until $6, without the order $7 itself; newest first, with the beginning of what was told.
SELECT o.id, o.category, o.grid_id, o.submitted_at, left(c.text, 300) AS text, c.place ->> 'address' AS address
FROM (
    SELECT region, id, category, grid_id, submitted_at
    FROM orders
    WHERE state IN ('received', 'routed', 'offered', 'accepted', 'parked')
      AND submitted_at >= $5 AND submitted_at <= $6
      AND region = $1
      AND left(category, 2) = $4
      AND kind = 'request'
      AND ($7::bigint IS NULL OR id <> $7)
      AND grid_id IN (
          SELECT g.id FROM unnest($2::int[], $3::int[]) AS s (lo, hi)
          JOIN grids AS g ON g.lo >= s.lo AND g.lo < s.hi
      )
    ORDER BY submitted_at DESC, region DESC, id DESC
    LIMIT $8
) AS o
JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
ORDER BY o.submitted_at DESC, o.id DESC

-- name: chosen
-- Those orders of region $1 whose ids are $2, with the whole text.
SELECT o.*, c.text
FROM orders AS o JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
WHERE o.region = $1 AND o.id = ANY ($2::bigint[])
