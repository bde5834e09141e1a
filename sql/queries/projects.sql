-- name: add
-- The id of the project that is opened; nothing where the request's Idempotency-Key has opened one before.
INSERT INTO projects (region, branch_id, category, name, goal, leader_id, opened_at, opened_by, request_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT DO NOTHING
RETURNING id

-- name: by_request
-- The project that was opened under the same Idempotency-Key, the first 32 bytes of $1, with who opened it.
SELECT id, opened_by, request_key FROM projects
WHERE request_key IS NOT NULL AND substr(request_key, 1, 32) = substr($1::bytea, 1, 32)

-- name: lock
-- The project $1, locked.
SELECT * FROM projects WHERE id = $1 FOR UPDATE

-- name: find
-- The project $1 with its leader.
SELECT p.*, l.code AS leader_code, c.name AS leader_name
FROM projects AS p JOIN people AS l ON l.id = p.leader_id JOIN person_contacts AS c ON c.person_id = l.id
WHERE p.id = $1

-- name: members
-- The task force of each of the projects $1, by code.
SELECT m.project_id, m.person_id, p.code, c.name
FROM project_members AS m JOIN people AS p ON p.id = m.person_id JOIN person_contacts AS c ON c.person_id = p.id
WHERE m.project_id = ANY ($1::int[])
ORDER BY p.code

-- name: steps
-- The steps of the project $1 in their places: the plan, and the order as it stands.
SELECT o.*, s.place AS step_place, s.what, s.how, s.standard, s.due_on, w.code AS who_code, c.name AS who_name,
       a.code AS assignee_code
FROM project_steps AS s JOIN orders AS o ON o.region = s.region AND o.id = s.order_id
JOIN people AS w ON w.id = s.who JOIN person_contacts AS c ON c.person_id = w.id
LEFT JOIN people AS a ON a.id = o.assignee_id
WHERE s.project_id = $1
ORDER BY s.place

-- name: page
-- At most $6 projects below the id $4, newest first, that the reader $3 leads or works in, or whose branch lies above or
-- below one of the intervals [$1, $2); how many steps each has, how many are not done, and how many of these are overdue
-- at $7. With $5 only those that are closed, or only those that are not; one is closed when all its steps are.
SELECT p.*, l.code AS leader_code, c.name AS leader_name, n.steps, n.open, n.overdue
FROM projects AS p
JOIN branches AS b ON b.id = p.branch_id JOIN grids AS g ON g.id = b.grid_id
JOIN people AS l ON l.id = p.leader_id JOIN person_contacts AS c ON c.person_id = l.id
CROSS JOIN LATERAL (
    SELECT count(*) AS steps,
           count(*) FILTER (WHERE o.state NOT IN ('closed', 'withdrawn', 'redirected')) AS open,
           count(*) FILTER (WHERE o.promise_at <= $7) AS overdue
    FROM project_steps AS s JOIN orders AS o ON o.region = s.region AND o.id = s.order_id
    WHERE s.project_id = p.id
) AS n
WHERE p.id < $4
  AND ($5::boolean IS NULL OR (p.closed_at IS NOT NULL AND n.open = 0) = $5)
  AND (
      p.leader_id = $3
      OR EXISTS (SELECT FROM project_members AS m WHERE m.project_id = p.id AND m.person_id = $3)
      OR EXISTS (SELECT FROM unnest($1::int[], $2::int[]) AS s (lo, hi) WHERE g.lo < s.hi AND g.hi > s.lo)
  )
ORDER BY p.id DESC
LIMIT $6

-- name: set_leader
-- Nothing; the project $1 has another leader.
UPDATE projects SET leader_id = $2 WHERE id = $1

-- name: add_members
-- Nothing; these people are in the task force of the project $1.
INSERT INTO project_members (project_id, person_id) SELECT $1, unnest($2::int[]) ON CONFLICT DO NOTHING

-- name: drop_members
-- Nothing; these people are no longer in it.
DELETE FROM project_members WHERE project_id = $1 AND person_id = ANY ($2::int[])

-- name: places
-- How many steps the project $1 has.
SELECT count(*) FROM project_steps WHERE project_id = $1

-- name: add_steps
-- Nothing; the steps stand in the plan.
INSERT INTO project_steps SELECT s.* FROM unnest($1::project_steps[]) AS s

-- name: close
-- Nothing; the project $1 is closed.
UPDATE projects SET closed_at = $2, closed_by = $3 WHERE id = $1

-- name: acts
-- What stands about the project $2 in the ledger of the county $1, oldest first, with who acted.
SELECT e.number, e.at, e.data, e.hash, p.code AS actor
FROM county_events AS e LEFT JOIN people AS p ON p.id = e.actor_id
WHERE e.region = $1 AND e.subject = 'project' AND e.data ->> 'project' = $2::text
ORDER BY e.number

-- name: step_events
-- The events of the steps of the project $1, each step's oldest first, with their texts where these are not erased.
SELECT e.*, t.body, p.code AS actor_code, a.code AS assignee_code
FROM project_steps AS s JOIN events AS e ON e.region = s.region AND e.order_id = s.order_id
LEFT JOIN event_texts AS t ON t.region = e.region AND t.order_id = e.order_id AND t.version = e.version
LEFT JOIN people AS p ON p.id = e.actor_id
LEFT JOIN people AS a ON a.id = e.assignee_id
WHERE s.project_id = $1
ORDER BY s.place, e.version
