-- name: begin_marks
-- Nothing; every region that has orders has a mark, which at first lies before every promise. It fails at once while
-- the tree changes.
LOCK TABLE tally_marks IN ROW EXCLUSIVE MODE NOWAIT;
INSERT INTO tally_marks (region, at, rolled)
SELECT region, '-infinity', true FROM serials AS s
WHERE NOT EXISTS (SELECT FROM tally_marks AS k WHERE k.region = s.region) ON CONFLICT DO NOTHING

-- name: give_way
-- Nothing comes back; it fails at once while the tree changes, which may take minutes, or the orders are counted anew or
-- emptied. The orders come first, as for whoever empties them.
LOCK TABLE orders IN ACCESS SHARE MODE NOWAIT;
LOCK TABLE tally_marks IN ROW EXCLUSIVE MODE NOWAIT

-- name: claim_marks
-- The regions whose counters are now folded by this transaction and by no other, and whether what lies below a grid is
-- summed up by the tree as it is.
SELECT region, rolled FROM tally_marks ORDER BY region FOR UPDATE SKIP LOCKED

-- name: fold
-- Nothing; what changed in the regions $1 is in the tallies, and so are the promises missed until $2. Days before $3
-- are forgotten. It must be one statement: what is deleted and what is counted by the index are of one snapshot.
WITH RECURSIVE gone AS (
    DELETE FROM order_deltas WHERE region = ANY ($1::int[]) RETURNING *
), marks AS MATERIALIZED (
    SELECT region, at FROM tally_marks WHERE region = ANY ($1::int[])
), parts AS (
    SELECT g.region, g.grid_id, g.branch_id, g.sign, m.*, coalesce(g.promise_at <= k.at, false)::int AS overdue
    FROM gone AS g JOIN marks AS k USING (region)
    CROSS JOIN LATERAL measured(g.state, g.urgency, g.level, g.listed) AS m
    UNION ALL
    SELECT k.region, p.grid_id, p.branch_id, p.sign, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    FROM marks AS k CROSS JOIN LATERAL (
        SELECT o.grid_id, o.branch_id, 1 AS sign FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > k.at AND o.promise_at <= $2
        UNION ALL  -- the service's time went back
        SELECT o.grid_id, o.branch_id, -1 FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > $2 AND o.promise_at <= k.at
        OFFSET 0
    ) AS p
), net AS (
    SELECT region, CASE WHEN grouping(grid_id) = 0 THEN 'grid' ELSE 'branch' END AS of,
           CASE WHEN grouping(grid_id) = 0 THEN grid_id ELSE branch_id END AS place_id,
           sum(sign * received) AS received, sum(sign * routed) AS routed, sum(sign * offered) AS offered,
           sum(sign * accepted) AS accepted, sum(sign * parked) AS parked, sum(sign * complex) AS complex,
           sum(sign * general) AS general, sum(sign * urgent) AS urgent, sum(sign * critical) AS critical,
           sum(sign * level_0) AS level_0, sum(sign * level_1) AS level_1, sum(sign * level_2) AS level_2,
           sum(sign * level_3) AS level_3, sum(sign * level_4) AS level_4, sum(sign * listed) AS listed,
           sum(sign * overdue) AS overdue
    FROM parts GROUP BY GROUPING SETS ((region, grid_id), (region, branch_id))
), days AS (
    SELECT region, grid_id, day, sum(filed) AS filed, sum(ended) AS ended
    FROM (
        SELECT region, grid_id, (submitted_at AT TIME ZONE 'Asia/Shanghai')::date AS day, sign AS filed, 0 AS ended
        FROM gone
        UNION ALL
        SELECT region, grid_id, (ended_at AT TIME ZONE 'Asia/Shanghai')::date, 0, sign
        FROM gone WHERE ended_at IS NOT NULL
    ) AS d
    WHERE day >= $3
    GROUP BY region, grid_id, day HAVING sum(filed) <> 0 OR sum(ended) <> 0
), above AS (  -- every grid that something changed at, with itself and each grid above it
    SELECT grid_id, grid_id AS place_id
    FROM (SELECT place_id AS grid_id FROM net WHERE of = 'grid' UNION SELECT grid_id FROM days) AS changed
    UNION ALL
    SELECT a.grid_id, g.parent_id FROM above AS a JOIN grids AS g ON g.id = a.place_id WHERE g.parent_id IS NOT NULL
), counted AS (
    INSERT INTO tallies AS t
    SELECT * FROM (
        SELECT * FROM net WHERE place_id IS NOT NULL
        UNION ALL
        SELECT n.region, 'below', a.place_id,
               sum(received), sum(routed), sum(offered), sum(accepted), sum(parked), sum(complex), sum(general),
               sum(urgent), sum(critical), sum(level_0), sum(level_1), sum(level_2), sum(level_3), sum(level_4),
               sum(listed), sum(overdue)
        FROM net AS n JOIN above AS a ON a.grid_id = n.place_id WHERE n.of = 'grid' GROUP BY n.region, a.place_id
    ) AS n
    WHERE (
        received, routed, offered, accepted, parked, complex, general, urgent, critical, level_0, level_1,
        level_2, level_3, level_4, listed, overdue
    ) IS DISTINCT FROM (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ON CONFLICT (region, of, place_id) DO UPDATE SET
        received = t.received + excluded.received, routed = t.routed + excluded.routed,
        offered = t.offered + excluded.offered, accepted = t.accepted + excluded.accepted,
        parked = t.parked + excluded.parked, complex = t.complex + excluded.complex,
        general = t.general + excluded.general, urgent = t.urgent + excluded.urgent,
        critical = t.critical + excluded.critical, level_0 = t.level_0 + excluded.level_0,
        level_1 = t.level_1 + excluded.level_1, level_2 = t.level_2 + excluded.level_2,
        level_3 = t.level_3 + excluded.level_3, level_4 = t.level_4 + excluded.level_4,
        listed = t.listed + excluded.listed, overdue = t.overdue + excluded.overdue
), counted_by_day AS (
    INSERT INTO day_tallies AS t (region, of, grid_id, day, filed, ended)
    SELECT region, 'grid', grid_id, day, filed, ended FROM days
    UNION ALL
    SELECT d.region, 'below', a.place_id, d.day, sum(d.filed), sum(d.ended)
    FROM days AS d JOIN above AS a USING (grid_id) GROUP BY d.region, a.place_id, d.day
    ON CONFLICT (region, day, of, grid_id) DO UPDATE
    SET filed = t.filed + excluded.filed, ended = t.ended + excluded.ended
), forgotten AS (
    DELETE FROM day_tallies WHERE region = ANY ($1::int[]) AND day < $3
)
UPDATE tally_marks SET at = $2 WHERE region = ANY ($1::int[])

-- name: newest
-- When the newest order was filed, or nothing.
SELECT max(submitted_at) FROM orders

-- name: unroll
-- Nothing; what lies below a grid is forgotten in the regions $1.
WITH days AS (
    DELETE FROM day_tallies WHERE region = ANY ($1::int[]) AND of = 'below'
)
DELETE FROM tallies WHERE region = ANY ($1::int[]) AND of = 'below'

-- name: roll_up
-- Nothing; what lies below a grid in the regions $1, of which nothing is known, is summed up by the tree as it is.
WITH RECURSIVE above AS (
    SELECT id AS grid_id, id AS place_id FROM grids
    UNION ALL
    SELECT a.grid_id, g.parent_id FROM above AS a JOIN grids AS g ON g.id = a.place_id WHERE g.parent_id IS NOT NULL
), counted AS (
    INSERT INTO tallies
    SELECT t.region, 'below', a.place_id,
           sum(t.received), sum(t.routed), sum(t.offered), sum(t.accepted), sum(t.parked), sum(t.complex),
           sum(t.general), sum(t.urgent), sum(t.critical), sum(t.level_0), sum(t.level_1), sum(t.level_2),
           sum(t.level_3), sum(t.level_4), sum(t.listed), sum(t.overdue)
    FROM tallies AS t JOIN above AS a ON a.grid_id = t.place_id
    WHERE t.region = ANY ($1::int[]) AND t.of = 'grid' GROUP BY t.region, a.place_id
), counted_by_day AS (
    INSERT INTO day_tallies (region, of, grid_id, day, filed, ended)
    SELECT t.region, 'below', a.place_id, t.day, sum(t.filed), sum(t.ended)
    FROM day_tallies AS t JOIN above AS a USING (grid_id)
    WHERE t.region = ANY ($1::int[]) AND t.of = 'grid' GROUP BY t.region, a.place_id, t.day
)
UPDATE tally_marks SET rolled = true WHERE region = ANY ($1::int[])

-- name: by_grid
-- The figures at $2 and of the day $3 of the grid $1 with all below it and, where $4, of each grid right below it with
-- all below that one. What passed since the last fold is found by its index: the fences (OFFSET 0) have no other way
-- taken, however much the planner takes it to be.
WITH marks AS MATERIALIZED (
    SELECT s.region, coalesce(k.at, '-infinity') AS at, coalesce(k.rolled, true) AS rolled
    FROM serials AS s LEFT JOIN tally_marks AS k USING (region)
), wanted AS MATERIALIZED (
    SELECT id, lo, hi FROM grids WHERE id = $1
    UNION ALL
    SELECT id, lo, hi FROM grids WHERE parent_id = $1 AND $4
), fresh AS MATERIALIZED (  -- by the grid itself
    SELECT d.grid_id, d.sign, m.*, coalesce(d.promise_at <= k.at, false)::int AS overdue,
           ((d.submitted_at AT TIME ZONE 'Asia/Shanghai')::date = $3)::int AS filed,
           coalesce((d.ended_at AT TIME ZONE 'Asia/Shanghai')::date = $3, false)::int AS ended
    FROM order_deltas AS d JOIN marks AS k USING (region)
    CROSS JOIN LATERAL measured(d.state, d.urgency, d.level, d.listed) AS m
    UNION ALL
    SELECT p.grid_id, p.sign, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0
    FROM marks AS k CROSS JOIN LATERAL (
        SELECT o.grid_id, 1 AS sign FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > k.at AND o.promise_at <= $2
        UNION ALL  -- the service's time went back
        SELECT o.grid_id, -1 FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > $2 AND o.promise_at <= k.at
        OFFSET 0
    ) AS p
    UNION ALL
    SELECT t.place_id, 1, t.received, t.routed, t.offered, t.accepted, t.parked, t.complex, t.general, t.urgent,
           t.critical, t.level_0, t.level_1, t.level_2, t.level_3, t.level_4, t.listed, t.overdue,
           0, 0
    FROM tallies AS t
    WHERE (SELECT NOT bool_and(rolled) FROM marks) AND t.region = ANY (ARRAY(SELECT region FROM marks))
      AND t.of = 'grid'
    UNION ALL
    SELECT t.grid_id, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, t.filed, t.ended
    FROM day_tallies AS t
    WHERE (SELECT NOT bool_and(rolled) FROM marks) AND t.region = ANY (ARRAY(SELECT region FROM marks))
      AND t.day = $3 AND t.of = 'grid'
), parts AS (
    SELECT w.id AS place, f.sign, f.received, f.routed, f.offered, f.accepted, f.parked, f.complex, f.general, f.urgent,
           f.critical, f.level_0, f.level_1, f.level_2, f.level_3, f.level_4, f.listed, f.overdue,
           f.filed, f.ended
    FROM fresh AS f CROSS JOIN LATERAL (SELECT lo FROM grids AS g WHERE g.id = f.grid_id OFFSET 0) AS g
    JOIN wanted AS w ON g.lo >= w.lo AND g.lo < w.hi
    UNION ALL
    SELECT w.id, 1, t.received, t.routed, t.offered, t.accepted, t.parked, t.complex, t.general, t.urgent,
           t.critical, t.level_0, t.level_1, t.level_2, t.level_3, t.level_4, t.listed, t.overdue,
           0, 0
    FROM wanted AS w CROSS JOIN marks AS k CROSS JOIN LATERAL (
        SELECT * FROM tallies AS t
        WHERE t.region = k.region AND t.of = 'below' AND t.place_id = w.id OFFSET 0
    ) AS t
    WHERE (SELECT bool_and(rolled) FROM marks)
    UNION ALL
    SELECT w.id, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, t.filed, t.ended
    FROM wanted AS w CROSS JOIN marks AS k CROSS JOIN LATERAL (
        SELECT filed, ended FROM day_tallies AS t
        WHERE t.region = k.region AND t.day = $3 AND t.of = 'below' AND t.grid_id = w.id OFFSET 0
    ) AS t
    WHERE (SELECT bool_and(rolled) FROM marks)
)
SELECT place,
       sum(sign * received) AS received, sum(sign * routed) AS routed, sum(sign * offered) AS offered,
       sum(sign * accepted) AS accepted, sum(sign * parked) AS parked, sum(sign * complex) AS complex,
       sum(sign * general) AS general, sum(sign * urgent) AS urgent, sum(sign * critical) AS critical,
       sum(sign * level_0) AS level_0, sum(sign * level_1) AS level_1, sum(sign * level_2) AS level_2,
       sum(sign * level_3) AS level_3, sum(sign * level_4) AS level_4, sum(sign * listed) AS listed,
       sum(sign * overdue) AS overdue, sum(sign * filed) AS filed, sum(sign * ended) AS ended
FROM parts GROUP BY place

-- name: by_branch
-- The figures at $2 of each of the branches $1, which hold the orders.
WITH marks AS MATERIALIZED (
    SELECT s.region, coalesce(k.at, '-infinity') AS at FROM serials AS s LEFT JOIN tally_marks AS k USING (region)
), parts AS (
    SELECT t.place_id, 1 AS sign, t.received, t.routed, t.offered, t.accepted, t.parked, t.complex, t.general, t.urgent,
           t.critical, t.level_0, t.level_1, t.level_2, t.level_3, t.level_4, t.listed, t.overdue
    FROM tallies AS t
    WHERE t.of = 'branch' AND t.region = ANY (ARRAY(SELECT region FROM marks)) AND t.place_id = ANY ($1::int[])
    UNION ALL
    SELECT d.branch_id, d.sign, m.*, coalesce(d.promise_at <= k.at, false)::int
    FROM order_deltas AS d JOIN marks AS k USING (region)
    CROSS JOIN LATERAL measured(d.state, d.urgency, d.level, d.listed) AS m
    WHERE d.branch_id = ANY ($1::int[])
    UNION ALL
    SELECT p.branch_id, p.sign, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
    FROM marks AS k CROSS JOIN LATERAL (
        SELECT o.branch_id, 1 AS sign FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > k.at AND o.promise_at <= $2
        UNION ALL  -- the service's time went back
        SELECT o.branch_id, -1 FROM orders AS o
        WHERE o.region = k.region AND o.promise_at > $2 AND o.promise_at <= k.at
        OFFSET 0
    ) AS p
    WHERE p.branch_id = ANY ($1::int[])
)
SELECT place_id AS place,
       sum(sign * received) AS received, sum(sign * routed) AS routed, sum(sign * offered) AS offered,
       sum(sign * accepted) AS accepted, sum(sign * parked) AS parked, sum(sign * complex) AS complex,
       sum(sign * general) AS general, sum(sign * urgent) AS urgent, sum(sign * critical) AS critical,
       sum(sign * level_0) AS level_0, sum(sign * level_1) AS level_1, sum(sign * level_2) AS level_2,
       sum(sign * level_3) AS level_3, sum(sign * level_4) AS level_4, sum(sign * listed) AS listed,
       sum(sign * overdue) AS overdue
FROM parts GROUP BY place_id
