-- name: grids
-- Every grid that is in use.
SELECT id, code, name, level, level_name, kind, parent_id, active FROM grids ORDER BY id

-- name: polygons
-- The outline of every grid that has one, as WKB.
SELECT grid_id, shape FROM grid_polygons

-- name: branches
-- Every branch, party group and desk.
SELECT id, code, name, kind, grid_id, categories, active FROM branches ORDER BY id

-- name: categories
-- Every category.
SELECT code, name, name_en, parent_code, owner, urgency FROM categories ORDER BY code

-- name: secret
-- The secret with that name, made from $2 if it is not there yet.
INSERT INTO secrets AS s (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = s.value
RETURNING value

-- name: clock
-- How the service's time runs.
SELECT rate, wall_anchor, service_anchor FROM service_clock

-- name: set_clock
-- Nothing; from now on the service's time runs like this, and every process reads it anew.
WITH written AS (
    INSERT INTO service_clock (rate, wall_anchor, service_anchor) VALUES ($1, $2, $3)
    ON CONFLICT (single) DO UPDATE SET rate = $1, wall_anchor = $2, service_anchor = $3
    RETURNING 1
)
SELECT pg_notify('dispatch_reload', '') FROM written

-- name: beat
-- Nothing; that $1 is alive is on record.
INSERT INTO heartbeats (name, wall_at, service_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET wall_at = $2, service_at = $3

-- name: last_beat
-- When $1 was last alive.
SELECT wall_at, service_at FROM heartbeats WHERE name = $1

-- name: alarms
-- How many orders are set aside, and how many notices wait.
SELECT (SELECT count(*) FROM set_aside) AS set_aside,
       (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS waiting_notices

-- name: is_empty
-- Whether no county was imported yet.
SELECT NOT EXISTS (SELECT FROM grids)

-- name: stock
-- What lies in the interval [$1, $2) of the tree on day $3: grids by level, branches by kind, people by role (each once
-- a role), households and outlines; and how many people there are at all, and how many of them may serve and log in.
SELECT 'grids' AS what, level_name AS key, level AS place, count(*) AS n
FROM grids WHERE lo >= $1 AND lo < $2 AND active GROUP BY level, level_name
UNION ALL
SELECT 'branches', b.kind, 0, count(*)
FROM branches AS b JOIN grids AS g ON g.id = b.grid_id
WHERE g.lo >= $1 AND g.lo < $2 AND b.active GROUP BY b.kind
UNION ALL
SELECT 'roles', r.role, 0, count(DISTINCT r.person_id)
FROM roles AS r JOIN grids AS g ON g.id = r.grid_id JOIN people AS p ON p.id = r.person_id AND p.active
WHERE g.lo >= $1 AND g.lo < $2
  AND (r.valid_from IS NULL OR r.valid_from <= $3::date) AND (r.valid_to IS NULL OR r.valid_to >= $3::date)
GROUP BY r.role
UNION ALL
SELECT 'households', '', 0, count(*) FROM households AS h JOIN grids AS g ON g.id = h.grid_id
WHERE g.lo >= $1 AND g.lo < $2
UNION ALL
SELECT 'polygons', '', 0, count(*) FROM grid_polygons AS s JOIN grids AS g ON g.id = s.grid_id
WHERE g.lo >= $1 AND g.lo < $2 AND g.active
UNION ALL
SELECT 'people', '', 0, count(*) FROM people
UNION ALL
SELECT 'active', '', 0, count(*) FROM people WHERE active
UNION ALL
SELECT 'tree_waiting', '', 0, count(*) FROM tree_versions AS v JOIN grids AS g ON g.id = v.grid_id
WHERE v.applied_at IS NULL AND v.refused_at IS NULL AND v.cancelled_by IS NULL AND g.lo >= $1 AND g.lo < $2
ORDER BY what, place, key
