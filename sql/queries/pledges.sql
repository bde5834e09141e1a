-- name: page
-- At most $8 pledges that are published, newest first, after the key ($5, $6, $7): those taken on by whoever pledged
-- them. With $1 and $2 only those in that interval of the tree, with $3 only those of one branch, with $4 only those in
-- these states. The fence (OFFSET 0) has them walked by their own index, however rare the planner takes a match to be.
SELECT o.*, t.text, p.code AS person_code, c.name AS person_name,
       (
           SELECT max(e.at) FROM events AS e
           WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'accept'
       ) AS published_at
FROM (
    SELECT * FROM orders
    WHERE kind = 'pledge' AND (submitted_at, region, id) < ($5::timestamptz, $6::int, $7::bigint)
    ORDER BY submitted_at DESC, region DESC, id DESC
    OFFSET 0
) AS o
JOIN grids AS g ON g.id = o.grid_id
LEFT JOIN order_contents AS t ON t.region = o.region AND t.order_id = o.id
LEFT JOIN people AS p ON p.id = o.filed_by
LEFT JOIN person_contacts AS c ON c.person_id = p.id
WHERE o.state = ANY ($4::text[])
  AND ($1::int IS NULL OR (g.lo >= $1 AND g.lo < $2::int))
  AND ($3::int IS NULL OR o.branch_id = $3)
ORDER BY o.submitted_at DESC, o.region DESC, o.id DESC
LIMIT $8
