-- name: region
-- The county at or above the grid $1, or the root where there is none.
WITH RECURSIVE chain AS (
    SELECT id, parent_id, kind, 0 AS height FROM grids WHERE id = $1
    UNION ALL
    SELECT g.id, g.parent_id, g.kind, chain.height + 1 FROM chain JOIN grids AS g ON g.id = chain.parent_id
    WHERE chain.kind <> 'county'
)
SELECT id FROM chain ORDER BY height DESC LIMIT 1

-- name: lock
-- Nothing; until this transaction ends no other one writes an act of region $1.
SELECT pg_advisory_xact_lock(7401232, $1)

-- name: newest
-- The newest act of region $1.
SELECT number, hash FROM county_events WHERE region = $1 ORDER BY number DESC LIMIT 1

-- name: add
-- Nothing; the act is written down.
INSERT INTO county_events (region, number, at, actor_id, subject, grid_id, data, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: latest
-- When the newest act about $1 was; a time no act could have is not among them.
SELECT at FROM county_events WHERE subject = $1 AND at < '9999-01-01Z' AND at > '0001-01-02Z' ORDER BY at DESC LIMIT 1

-- name: acts
-- Every act, by region and number. A time no act could have is brought within what a client can read, where it is
-- still a wrong one.
SELECT region, number, greatest(least(at, '9999-12-30Z'), '0001-01-02Z') AS at, actor_id, subject, grid_id, data, hash
FROM county_events ORDER BY region, number

-- name: page
-- At most $6 acts, newest first, after the key ($3, $4, $5), that hold for something in one of the intervals [$1, $2)
-- of the tree; with who acted, by code.
SELECT e.region, e.number, e.at, e.actor_id, e.subject, e.grid_id, e.data, e.hash, p.code AS actor
FROM county_events AS e JOIN grids AS g ON g.id = e.grid_id LEFT JOIN people AS p ON p.id = e.actor_id
WHERE (e.at, e.region, e.number) < ($3::timestamptz, $4::int, $5::int)
  AND EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo < s.hi AND g.hi > s.lo)
ORDER BY e.at DESC, e.region DESC, e.number DESC
LIMIT $6
