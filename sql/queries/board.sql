-- name: cards
-- Of branch $1, the first $4 orders of each column of its board, what was promised first at the head: the state they
-- wait in, what is promised after $2 and until $3, and what was promised until $2 and is late. Each row tells, too, how
-- many are promised after $2 and until $3: any of them stands in some column.
WITH chosen AS MATERIALIZED (
    (SELECT 'waiting' AS on_column, region, id FROM orders
     WHERE branch_id = $1 AND state = 'routed' ORDER BY promise_at, id LIMIT $4)
    UNION ALL
    (SELECT 'waiting', region, id FROM orders
     WHERE branch_id = $1 AND state = 'received' ORDER BY promise_at, id LIMIT $4)
    UNION ALL
    (SELECT 'offered', region, id FROM orders
     WHERE branch_id = $1 AND state = 'offered' ORDER BY promise_at, id LIMIT $4)
    UNION ALL
    (SELECT 'handled', region, id FROM orders
     WHERE branch_id = $1 AND state = 'accepted' ORDER BY promise_at, id LIMIT $4)
    UNION ALL
    SELECT w.on_column, p.region, p.id
    FROM (VALUES ('due_today', $2::timestamptz, $3::timestamptz), ('overdue', '-infinity', $2)) AS w (on_column, a, b)
    CROSS JOIN (VALUES ('received'), ('routed'), ('offered'), ('accepted')) AS s (state)
    CROSS JOIN LATERAL (
        SELECT region, id FROM orders AS o
        WHERE o.branch_id = $1 AND o.state = s.state AND o.promise_at > w.a AND o.promise_at <= w.b
          AND o.state IN ('received', 'routed', 'offered', 'accepted', 'parked')  -- as the index says
        ORDER BY o.promise_at, o.id LIMIT $4
    ) AS p
), ranked AS (
    SELECT c.on_column, row_number() OVER (PARTITION BY c.on_column ORDER BY o.promise_at, o.id) AS rank, o.*
    FROM chosen AS c CROSS JOIN LATERAL (
        SELECT * FROM orders AS a WHERE a.region = c.region AND a.id = c.id OFFSET 0
    ) AS o
)
SELECT r.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code,
       NULL::jsonb AS answer, (
           SELECT count(*) FROM orders
           WHERE branch_id = $1 AND state IN ('received', 'routed', 'offered', 'accepted')
             AND promise_at > $2 AND promise_at <= $3
       ) AS due_today
FROM ranked AS r
LEFT JOIN order_contents AS c ON c.region = r.region AND c.order_id = r.id
LEFT JOIN people AS m ON m.id = r.assignee_id
WHERE r.rank <= $4
ORDER BY r.on_column, r.rank

-- name: mark
-- What the board of branch $1 stands at: how many orders it holds or decides on, how many of them are late at $2, and a sum
-- over these and their versions.
SELECT count(*) AS orders, count(*) FILTER (WHERE promise_at <= $2) AS late,
       coalesce(sum(hashint8extended(id, version)), 0)::text AS versions
FROM (
    SELECT id, version, promise_at FROM orders
    WHERE branch_id = $1 AND state IN ('received', 'routed', 'offered', 'accepted', 'parked')  -- as the index says
    UNION ALL
    SELECT id, version, NULL FROM orders WHERE decider_id = $1
) AS o

-- name: to_decide
-- The orders on which branch $1 is to decide, what must be decided first at the head: not what $2 asked for themselves
-- nor, but where its return is asked for, handles.
SELECT o.*, c.text, c.place, c.contact_name, c.contact_phone, c.house, m.code AS assignee_code, NULL::jsonb AS answer
FROM orders AS o
LEFT JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
LEFT JOIN people AS m ON m.id = o.assignee_id
WHERE o.decider_id = $1
  AND (o.affairs #>> '{pending,by}')::int <> $2
  AND (o.assignee_id IS DISTINCT FROM $2 OR o.affairs #>> '{pending,matter}' = 'return')
ORDER BY coalesce((o.clocks ->> 'decide')::timestamptz, o.submitted_at), o.region, o.id
