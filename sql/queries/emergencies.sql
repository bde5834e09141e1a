-- name: all
-- Every emergency there ever was, the newest first: what was promised in one is explained by its rules.
SELECT id, grid_id, starts_at, ends_at FROM emergencies WHERE starts_at < ends_at ORDER BY starts_at DESC, id DESC

-- name: lock
-- Nothing; until this transaction ends nobody else declares, extends or ends an emergency.
SELECT pg_advisory_xact_lock(7401233)

-- name: clashing
-- An emergency other than $5 that holds at some moment from $3 to $4 at, above or below the grid with interval [$1, $2).
SELECT e.id, g.code, e.starts_at, e.ends_at
FROM emergencies AS e JOIN grids AS g ON g.id = e.grid_id
WHERE e.starts_at < $4 AND e.ends_at > $3 AND g.lo < $2 AND g.hi > $1 AND e.id IS DISTINCT FROM $5
ORDER BY e.starts_at LIMIT 1

-- name: add
-- The id of a new emergency.
INSERT INTO emergencies (region, grid_id, starts_at, ends_at, reason, declared_at, declared_by)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id

-- name: add_branches
-- The ids of temporary branches, by code; they are not active yet.
INSERT INTO branches (code, name, kind, grid_id, active, emergency_id)
SELECT b.code, b.name, 'temporary', b.grid_id, false, $1 FROM unnest($2::text[], $3::text[], $4::int[]) AS b (code, name, grid_id)
RETURNING code, id

-- name: add_members
-- Nothing; these people are to serve in these branches while the emergency holds.
INSERT INTO emergency_members (emergency_id, person_id, role, branch_id)
SELECT $1, m.person_id, m.role, m.branch_id FROM unnest($2::int[], $3::text[], $4::int[]) AS m (person_id, role, branch_id)
ON CONFLICT DO NOTHING

-- name: people
-- The ids of those of the codes $1 who may serve, by code.
SELECT code, id FROM people WHERE code = ANY ($1::text[]) AND active

-- name: under_way
-- Every emergency with a step to be taken at $1: it begins, is restored, or its orders go home.
SELECT id, CASE WHEN restored_at IS NOT NULL THEN 'home' WHEN ends_at <= $1 THEN 'restore' ELSE 'begin' END AS step
FROM emergencies
WHERE homed < 2
  AND (
      (restored_at IS NULL AND ends_at <= $1)
      OR (restored_at IS NULL AND begun_at IS NULL AND starts_at <= $1)
      OR (restored_at IS NOT NULL AND walk_at <= $1)
  )
ORDER BY id

-- name: find
-- The emergency $1, locked.
SELECT * FROM emergencies WHERE id = $1 FOR UPDATE

-- name: begin
-- The emergency $1, which begins at $2: its branches are active, and its members have their roles from day $3. Nothing
-- where another was first.
WITH begun AS (
    UPDATE emergencies SET begun_at = $2
    WHERE id = $1 AND begun_at IS NULL AND restored_at IS NULL AND starts_at <= $2 AND ends_at > $2
    RETURNING id, grid_id
), opened AS (
    UPDATE branches SET active = true WHERE emergency_id IN (SELECT id FROM begun)
), joined AS (
    INSERT INTO roles (person_id, role, grid_id, branch_id, valid_from, emergency_id)
    SELECT m.person_id, m.role, b.grid_id, m.branch_id, $3, m.emergency_id
    FROM begun JOIN emergency_members AS m ON m.emergency_id = begun.id JOIN branches AS b ON b.id = m.branch_id
    ON CONFLICT DO NOTHING
)
SELECT grid_id FROM begun

-- name: restore
-- The emergency $1, which is over at $2: its branches and its roles are no more; whether it had begun, and whether its
-- rules ever held, which they do by time alone. Nothing where another was first.
WITH over AS (
    UPDATE emergencies SET restored_at = $2, walk_at = $2, homed = CASE WHEN begun_at IS NULL THEN 2 ELSE 0 END
    WHERE id = $1 AND restored_at IS NULL AND ends_at <= $2
    RETURNING id, grid_id, begun_at IS NOT NULL AS begun, starts_at < ends_at AS held
), closed AS (
    UPDATE branches SET active = false WHERE emergency_id IN (SELECT id FROM over)
), left_ AS (
    DELETE FROM roles WHERE emergency_id IN (SELECT id FROM over)
)
SELECT grid_id, begun, held FROM over

-- name: end_at
-- Nothing; the emergency $1 ends at $2, and before its time where $3 says who ended it. One that had not begun is empty.
UPDATE emergencies SET starts_at = least(starts_at, $2), ends_at = $2, ended_by = coalesce($3, ended_by) WHERE id = $1

-- name: walked
-- Nothing; the orders of the emergency $1 were looked through once more and none is left behind, unless another did that
-- first ($2). The next walk is due a minute after it was restored, or at $3 if that is later.
UPDATE emergencies SET homed = homed + 1, walk_at = greatest($3, restored_at + interval '1 minute')
WHERE id = $1 AND homed = $2

-- name: again
-- Nothing; some orders of the emergency $1 are left behind, so they are looked through again from $3 on, unless another
-- has left none behind meanwhile ($2).
UPDATE emergencies SET walk_at = $3 WHERE id = $1 AND homed = $2

-- name: walks
-- How often the orders of the emergency $1 were looked through, if it is restored.
SELECT homed FROM emergencies WHERE id = $1 AND restored_at IS NOT NULL

-- name: made
-- The temporary branches of the emergency $1.
SELECT id FROM branches WHERE emergency_id = $1

-- name: served
-- Everybody who served through the emergency $1, with each role they had through it, and each they hold on day $2
-- without it.
SELECT m.person_id, true AS through, m.role, b.grid_id, m.branch_id
FROM emergency_members AS m JOIN branches AS b ON b.id = m.branch_id WHERE m.emergency_id = $1
UNION ALL
SELECT r.person_id, false, r.role, r.grid_id, r.branch_id
FROM roles AS r
WHERE r.person_id IN (SELECT m.person_id FROM emergency_members AS m WHERE m.emergency_id = $1)
  AND (r.valid_from IS NULL OR r.valid_from <= $2) AND (r.valid_to IS NULL OR r.valid_to >= $2)

-- name: held
-- The key of every order not settled that one of the branches $1 holds, supervises, decides about or co-handles, or that is
-- offered to or handled by one of the people $2; and whether it is set aside at $3.
WITH concerned AS (
    SELECT region, id FROM orders
    WHERE region = ANY (ARRAY(SELECT s.region FROM serials AS s)) AND branch_id = ANY ($1::int[])
      AND state IN ('received', 'routed', 'offered', 'accepted', 'parked', 'resolved')
    UNION
    SELECT region, id FROM orders
    WHERE supervisor_id = ANY ($1::int[]) AND state IN ('received', 'routed', 'offered', 'accepted', 'resolved')
    UNION
    SELECT region, id FROM orders WHERE supervisor_id = ANY ($1::int[]) AND state = 'parked'
    UNION
    SELECT region, id FROM orders
    WHERE decider_id = ANY ($1::int[]) AND state IN ('routed', 'offered', 'accepted', 'parked', 'resolved')
    UNION
    SELECT region, id FROM orders
    WHERE assisting && $1::int[] AND assisting <> '{}' AND state IN ('routed', 'offered', 'accepted', 'parked')
    UNION
    SELECT region, id FROM orders WHERE assignee_id = ANY ($2::int[]) AND state IN ('offered', 'accepted', 'parked')
    UNION
    SELECT region, id FROM orders WHERE state = 'offered' AND offered && $2::int[]
)
SELECT c.region, c.id, EXISTS (
    SELECT FROM set_aside AS s WHERE s.region = c.region AND s.order_id = c.id AND s.until > $3
) AS aside
FROM concerned AS c
ORDER BY c.region, c.id

-- name: patience
-- Nothing; in this transaction nobody waits longer than $1 for what another has locked.
SELECT set_config('lock_timeout', $1, true)

-- name: take
-- These orders, locked one after the other, as others lock them.
SELECT o.* FROM orders AS o JOIN unnest($1::int[], $2::bigint[]) AS k (region, id) USING (region, id)
ORDER BY o.region, o.id
FOR UPDATE OF o

-- name: take_free
-- Those of these orders that nobody has locked, locked.
SELECT o.* FROM orders AS o JOIN unnest($1::int[], $2::bigint[]) AS k (region, id) USING (region, id)
ORDER BY o.region, o.id
FOR UPDATE OF o SKIP LOCKED

-- name: list
-- At most $4 emergencies at, above or below one of the grids with intervals [$1, $2), the newest first, that are not
-- over by $3 where it is given: with who declared and who ended them, their branches, and who serves there.
SELECT e.id, e.grid_id, e.starts_at, e.ends_at, e.reason, e.declared_at, d.code AS declared_by, x.code AS ended_by,
       e.begun_at, e.restored_at,
       ARRAY(SELECT b.code FROM branches AS b WHERE b.emergency_id = e.id ORDER BY b.id) AS branch_codes,
       ARRAY(SELECT b.name FROM branches AS b WHERE b.emergency_id = e.id ORDER BY b.id) AS branch_names,
       ARRAY(SELECT b.grid_id FROM branches AS b WHERE b.emergency_id = e.id ORDER BY b.id) AS branch_grids,
       ARRAY(
           SELECT ARRAY[p.code, m.role, b.code, p.id::text]
           FROM emergency_members AS m JOIN people AS p ON p.id = m.person_id JOIN branches AS b ON b.id = m.branch_id
           WHERE m.emergency_id = e.id ORDER BY p.code, m.role, b.code
       ) AS members
FROM emergencies AS e JOIN grids AS g ON g.id = e.grid_id
JOIN people AS d ON d.id = e.declared_by LEFT JOIN people AS x ON x.id = e.ended_by
WHERE EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo < s.hi AND g.hi > s.lo)
  AND ($3::timestamptz IS NULL OR e.ends_at > $3) AND ($5::int IS NULL OR e.id = $5)
ORDER BY e.starts_at DESC, e.id DESC
LIMIT $4
