-- name: unhurried
-- Nothing comes back; a change of a whole province's codes may take longer than a request may, in this transaction only.
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL jit = off

-- name: one_at_a_time
-- Nothing comes back; changes of the tree and imports wait here for each other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('grid-dispatch import'))

-- name: at_once
-- Whether nobody else changes the tree or imports; until the end of the transaction all others then wait for this one.
SELECT pg_try_advisory_xact_lock(hashtext('grid-dispatch import'))

-- name: grids
-- Every grid.
SELECT id, code, name, level, level_name, kind, parent_id, active FROM grids ORDER BY id

-- name: branches
-- Every branch, party group and desk.
SELECT id, code, name, kind, grid_id, categories, active FROM branches ORDER BY id

-- name: outlines
-- The outlines of these grids, as WKB.
SELECT grid_id, shape FROM grid_polygons WHERE grid_id = ANY ($1::int[])

-- name: in_emergency
-- Those of these grids for which an emergency is declared, or not all went home after one yet, and those that hold a
-- temporary branch which such an emergency has not set to work.
SELECT grid_id FROM emergencies WHERE homed < 2 AND grid_id = ANY ($1::int[])
UNION
SELECT b.grid_id FROM branches AS b JOIN emergencies AS e ON e.id = b.emergency_id
WHERE e.homed < 2 AND NOT b.active AND b.grid_id = ANY ($1::int[])

-- name: open_orders
-- How many orders lie in each of these grids that somebody still answers for, by grid and state.
SELECT g.id AS grid_id, o.state, count(*)::int AS n
FROM unnest($1::int[]) AS g (id)
JOIN orders AS o ON o.grid_id = g.id
 AND (o.state || '') IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved')  -- as its index has it
GROUP BY g.id, o.state ORDER BY g.id, o.state

-- name: roles
-- How many roles of each kind there are on each of these grids, or in these branches.
SELECT grid_id, branch_id, role, count(*)::int AS n FROM roles
WHERE (grid_id = ANY ($1::int[]) OR branch_id = ANY ($2::int[])) AND (valid_to IS NULL OR valid_to >= $3)
GROUP BY grid_id, branch_id, role ORDER BY grid_id, branch_id, role

-- name: households
-- How many households lie in each of these grids.
SELECT grid_id, count(*)::int AS n FROM households WHERE grid_id = ANY ($1::int[]) GROUP BY grid_id ORDER BY grid_id

-- name: ids
-- So many ids for new grids.
SELECT nextval(pg_get_serial_sequence('grids', 'id'))::int FROM generate_series(1, $1::int)

-- name: free_codes
-- Nothing; the codes of these grids are free for others: no code begins with a space.
UPDATE grids SET code = ' ' || id WHERE id = ANY ($1::int[])

-- name: add_grids
-- Nothing; these grids are there.
INSERT INTO grids (id, code, name, level, level_name, kind, parent_id)
SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::int[])

-- name: change_grids
-- Nothing; these grids are as told.
UPDATE grids AS g SET code = n.code, name = n.name, level = n.level, parent_id = n.parent_id, active = n.active
FROM unnest($1::int[], $2::text[], $3::text[], $4::smallint[], $5::int[], $6::boolean[])
     AS n (id, code, name, level, parent_id, active)
WHERE g.id = n.id

-- name: renumber
-- Nothing; the preorder intervals that differ are as told.
UPDATE grids AS g SET lo = n.lo, hi = n.hi
FROM unnest($1::int[], $2::int[], $3::int[]) AS n (id, lo, hi)
WHERE g.id = n.id AND (g.lo, g.hi) IS DISTINCT FROM (n.lo, n.hi)

-- name: set_outline
-- Nothing; the outline of the grid $1 is $2.
INSERT INTO grid_polygons (grid_id, shape) VALUES ($1, $2)
ON CONFLICT (grid_id) DO UPDATE SET shape = excluded.shape

-- name: move_branches
-- Nothing; the branches $1 sit on the grids $2, and serve on where $3 is null.
UPDATE branches AS b SET grid_id = n.grid_id, active = b.active AND n.peer IS NULL
FROM unnest($1::int[], $2::int[], $3::int[]) AS n (id, grid_id, peer) WHERE b.id = n.id

-- name: move_projects
-- Nothing; the projects of the branches $1 are those of the branches $2.
UPDATE projects AS p SET branch_id = n.peer FROM unnest($1::int[], $2::int[]) AS n (id, peer) WHERE p.branch_id = n.id

-- name: drop_roles
-- Nothing; what was to hold on the grids $1 in the roles $2 only from the day $3 on, never does.
DELETE FROM roles WHERE grid_id = ANY ($1::int[]) AND role = ANY ($2::text[]) AND valid_from >= $3

-- name: end_roles
-- Nothing; whoever has one of the roles $2 on the grids $1 had it for the last time on the day before $3.
UPDATE roles SET valid_to = $3::date - 1
WHERE grid_id = ANY ($1::int[]) AND role = ANY ($2::text[]) AND (valid_to IS NULL OR valid_to >= $3)

-- name: end_emergency_members
-- Nothing; nobody is to serve in the branches $1 in an emergency.
DELETE FROM emergency_members WHERE branch_id = ANY ($1::int[])

-- name: merge_roles
-- Nothing; whoever has, or comes to have, the same role twice keeps the one that holds longer.
WITH coming AS (
    SELECT r.id, r.person_id, r.role, coalesce(g.heir, r.grid_id) AS grid_id, coalesce(b.peer, r.branch_id) AS branch_id,
           r.valid_from, r.valid_to, r.emergency_id, g.heir IS NULL AND b.peer IS NULL AS stays
    FROM roles AS r
    LEFT JOIN unnest($1::int[], $2::int[]) AS g (id, heir) ON g.id = r.grid_id
    LEFT JOIN unnest($3::int[], $4::int[]) AS b (id, peer) ON b.id = r.branch_id
    WHERE r.person_id IN (
        SELECT m.person_id FROM roles AS m WHERE m.grid_id = ANY ($1::int[]) OR m.branch_id = ANY ($3::int[])
    )
), placed AS (
    SELECT id, row_number() OVER (
        PARTITION BY person_id, role, grid_id, coalesce(branch_id, 0), coalesce(valid_from, DATE '0001-01-01')
        ORDER BY emergency_id NULLS FIRST, valid_to DESC NULLS FIRST, stays DESC, id
    ) AS place
    FROM coming
)
DELETE FROM roles AS r USING placed AS p WHERE p.id = r.id AND p.place > 1

-- name: move_roles
-- Nothing; the roles on the grids $1 are on the grids $2, those in the branches $3 in the branches $4.
UPDATE roles AS r SET grid_id = coalesce(n.heir, n.grid_id), branch_id = coalesce(n.peer, n.branch_id)
FROM (
    SELECT m.id, m.grid_id, m.branch_id, g.heir, b.peer
    FROM roles AS m
    LEFT JOIN unnest($1::int[], $2::int[]) AS g (id, heir) ON g.id = m.grid_id
    LEFT JOIN unnest($3::int[], $4::int[]) AS b (id, peer) ON b.id = m.branch_id
    WHERE m.grid_id = ANY ($1::int[]) OR m.branch_id = ANY ($3::int[])
) AS n WHERE n.id = r.id

-- name: move_emergency_members
-- Nothing; who is to serve in the branches $1 in an emergency serves in the branches $2.
WITH gone AS (
    DELETE FROM emergency_members AS m USING unnest($1::int[], $2::int[]) AS b (id, peer)
    WHERE m.branch_id = b.id RETURNING m.emergency_id, m.person_id, m.role, b.peer
)
INSERT INTO emergency_members (emergency_id, person_id, role, branch_id) SELECT * FROM gone ON CONFLICT DO NOTHING

-- name: move_households
-- Nothing; the households in the grids $1 lie in the grids $2.
UPDATE households AS h SET grid_id = n.heir FROM unnest($1::int[], $2::int[]) AS n (id, heir) WHERE h.grid_id = n.id

-- name: add_version
-- The number of a new version that waits for its day.
INSERT INTO tree_versions (grid_id, on_day, asked_at, actor_id, reason, operations, request_key)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING number

-- name: by_request
-- The version that was asked for under the same Idempotency-Key, the first 32 bytes of $1.
SELECT * FROM tree_versions WHERE substr(request_key, 1, 32) = substr($1::bytea, 1, 32) AND request_key IS NOT NULL

-- name: version
-- One version, with who asked for it, by code, and how far the orders have come.
SELECT v.*, p.code AS actor, t.done_at AS carried_at, t.moved
FROM tree_versions AS v JOIN people AS p ON p.id = v.actor_id LEFT JOIN transfers AS t ON t.version = v.number
WHERE v.number = $1

-- name: versions
-- At most $2 versions with a number below $1 that lie in one of the intervals [$3, $4), newest first, as above.
SELECT v.*, p.code AS actor, t.done_at AS carried_at, t.moved
FROM tree_versions AS v JOIN people AS p ON p.id = v.actor_id JOIN grids AS g ON g.id = v.grid_id
LEFT JOIN transfers AS t ON t.version = v.number
WHERE v.number < $1
  AND EXISTS (SELECT FROM unnest($3::int[], $4::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi)
ORDER BY v.number DESC LIMIT $2

-- name: due
-- The numbers of the versions that wait and whose day has come by $1, the earliest day first.
SELECT number FROM tree_versions
WHERE applied_at IS NULL AND refused_at IS NULL AND on_day <= $1 ORDER BY on_day, number

-- name: claim_version
-- The version $1 if it still waits, locked.
SELECT * FROM tree_versions WHERE number = $1 AND applied_at IS NULL AND refused_at IS NULL FOR UPDATE

-- name: applied
-- Nothing; the version $1 came into being at $2.
UPDATE tree_versions SET applied_at = $2, fates = $3 WHERE number = $1

-- name: refused
-- Nothing; the version $1 could not come into being at $2, because of $3.
UPDATE tree_versions SET refused_at = $2, faults = $3 WHERE number = $1

-- name: cancelled
-- Nothing; the person $3 took the version $1 back at $2, before its day.
UPDATE tree_versions SET refused_at = $2, cancelled_by = $3 WHERE number = $1

-- name: standing
-- Every role that the person $1 holds on the day $2; nothing for who may not serve any more.
SELECT r.role, r.grid_id, r.branch_id FROM roles AS r JOIN people AS p ON p.id = r.person_id AND p.active
WHERE r.person_id = $1 AND (r.valid_from IS NULL OR r.valid_from <= $2) AND (r.valid_to IS NULL OR r.valid_to >= $2)

-- name: add_pasts
-- Nothing; these grids were so until $9.
INSERT INTO grid_versions (grid_id, version, valid_to, code, name, level, level_name, parent_id, path)
SELECT n.grid_id, $8, $9, n.code, n.name, n.level, n.level_name, n.parent_id, n.path
FROM unnest($1::int[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::int[], $7::text[])
     AS n (grid_id, code, name, level, level_name, parent_id, path)

-- name: pasts
-- Every grid that was otherwise before, as it was.
SELECT grid_id, valid_to, code, name, parent_id FROM grid_versions ORDER BY valid_to

-- name: ask
-- Nothing; the open orders at the grids $2 and of the branches $3 are to be carried over.
INSERT INTO transfers (version, grids, branches) VALUES ($1, $2, $3)

-- name: announce
-- Nothing; once this is committed, every process loads the county anew.
SELECT pg_notify('dispatch_reload', '')

-- name: waiting
-- The versions whose time has come, the oldest first, and that no other process works at.
SELECT version FROM transfers WHERE done_at IS NULL AND not_before <= clock_timestamp()
ORDER BY version FOR UPDATE SKIP LOCKED

-- name: claim
-- The oldest of $1 that still waits, locked so that no other process works at it.
SELECT t.*, v.applied_at, v.fates FROM transfers AS t JOIN tree_versions AS v ON v.number = t.version
WHERE t.version = ANY ($1::int[]) AND t.done_at IS NULL AND t.not_before <= clock_timestamp()
ORDER BY t.version LIMIT 1 FOR UPDATE OF t SKIP LOCKED

-- name: keys
-- The next $5 orders after the key ($3, $4) that lie in the grids $1, or that the branches $2 hold, supervise, decide
-- about or co-handle; what was closed only after $6, while it may be opened again.
SELECT region, id FROM (
    SELECT region, id FROM orders
    WHERE grid_id = ANY ($1::int[]) AND region = ANY (ARRAY(SELECT s.region FROM serials AS s))
      AND (region, id) > ($3::int, $4::bigint)
      AND (state IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved', 'merged')
           OR (state = 'closed' AND ended_at >= $6))
    UNION
    SELECT region, id FROM orders
    WHERE branch_id = ANY ($2::int[]) AND region = ANY (ARRAY(SELECT s.region FROM serials AS s))
      AND (region, id) > ($3::int, $4::bigint)
      AND (state IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved', 'merged')
           OR (state = 'closed' AND ended_at >= $6))
    UNION
    SELECT region, id FROM orders
    WHERE supervisor_id = ANY ($2::int[]) AND state IN ('received', 'routed', 'offered', 'accepted', 'resolved')
      AND (region, id) > ($3::int, $4::bigint)
    UNION
    SELECT region, id FROM orders
    WHERE supervisor_id = ANY ($2::int[]) AND state IN ('parked', 'merged')
      AND (region, id) > ($3::int, $4::bigint)
    UNION
    SELECT region, id FROM orders
    WHERE decider_id = ANY ($2::int[])
      AND (region, id) > ($3::int, $4::bigint)
      AND (state IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved', 'merged')
           OR (state = 'closed' AND ended_at >= $6))
    UNION
    SELECT region, id FROM orders
    WHERE assisting && $2::int[] AND assisting <> '{}'
      AND (region, id) > ($3::int, $4::bigint)
      AND (state IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved', 'merged')
           OR (state = 'closed' AND ended_at >= $6))
) AS o
ORDER BY region, id LIMIT $5

-- name: orders
-- These orders in states $3, locked in one order everywhere, with the place as given and the grid of the household.
SELECT o.*, c.place, h.grid_id AS home
FROM orders AS o
LEFT JOIN order_contents AS c ON c.region = o.region AND c.order_id = o.id
LEFT JOIN households AS h ON h.id = o.household_id
WHERE (o.region, o.id) IN (SELECT * FROM unnest($1::int[], $2::bigint[])) AND o.state = ANY ($3::text[])
ORDER BY o.region, o.id
FOR UPDATE OF o

-- name: go_on
-- Nothing; the walk stopped after this order, having moved and failed so many.
UPDATE transfers SET after_region = $2, after_id = $3, moved = moved + $4, failed = failed + $5 WHERE version = $1

-- name: over
-- Nothing; the walk has come to its end: another begins $3 later, times the number of walks, or all is done at $2.
UPDATE transfers
SET walk = least(walk + 1, 1000), after_region = 0, after_id = 0, failed = 0,
    not_before = clock_timestamp() + $3::interval * least(walk, 60),
    done_at = CASE WHEN walk > 1 AND failed = 0 THEN $2::timestamptz END
WHERE version = $1
