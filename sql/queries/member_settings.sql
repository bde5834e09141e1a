-- name: find
-- What a person has set, beside what the county's sheet gave them.
SELECT coalesce(s.capacity, p.capacity) AS capacity, coalesce(s.skills, p.skills) AS skills,
       s.service_hours, s.quiet_from, s.quiet_to
FROM people AS p LEFT JOIN member_settings AS s ON s.person_id = p.id
WHERE p.id = $1

-- name: save
-- Nothing; of capacity ($3), skills ($5), service hours ($7) and quiet hours ($9, $10) those whose flag ($2, $4, $6,
-- $8) is set are what the person has set from now on.
INSERT INTO member_settings AS s (person_id, capacity, skills, service_hours, quiet_from, quiet_to, updated_at)
VALUES ($1, $3, $5, $7, $9, $10, $11)
ON CONFLICT (person_id) DO UPDATE SET
    capacity = CASE WHEN $2 THEN excluded.capacity ELSE s.capacity END,
    skills = CASE WHEN $4 THEN excluded.skills ELSE s.skills END,
    service_hours = CASE WHEN $6 THEN excluded.service_hours ELSE s.service_hours END,
    quiet_from = CASE WHEN $8 THEN excluded.quiet_from ELSE s.quiet_from END,
    quiet_to = CASE WHEN $8 THEN excluded.quiet_to ELSE s.quiet_to END,
    updated_at = excluded.updated_at

-- name: leaves
-- The leaves of a person that end on day $2 or later, first day first.
SELECT id, first_day, last_day, created_at, applied_at FROM leaves
WHERE person_id = $1 AND last_day >= $2
ORDER BY first_day, id

-- name: lock_person
-- A row; whoever holds it adds leaves for that person alone.
SELECT FROM people WHERE id = $1 FOR NO KEY UPDATE

-- name: add_leave
-- The new leave.
INSERT INTO leaves (person_id, first_day, last_day, created_at) VALUES ($1, $2, $3, $4)
RETURNING id, first_day, last_day, created_at, applied_at

-- name: end_leave
-- The leave $2 of person $1 where it was not over by day $3: it is gone if it would have begun that day or later,
-- otherwise it ended the day before.
WITH gone AS (
    DELETE FROM leaves WHERE person_id = $1 AND id = $2 AND first_day >= $3 RETURNING id
), cut AS (
    UPDATE leaves SET last_day = $3 - 1 WHERE person_id = $1 AND id = $2 AND first_day < $3 AND last_day >= $3
    RETURNING id
)
SELECT id FROM gone UNION ALL SELECT id FROM cut

-- name: claim_leave
-- A leave that has begun by day $1 and was not applied, with whose it is, locked so that no other scheduler takes it.
SELECT l.id, l.person_id, p.code, l.last_day
FROM leaves AS l JOIN people AS p ON p.id = l.person_id
WHERE l.applied_at IS NULL AND l.first_day <= $1 AND l.id <> ALL ($2::int[])
ORDER BY l.first_day, l.id
LIMIT 1
FOR UPDATE OF l SKIP LOCKED

-- name: applied
-- Nothing; the leave was acted on at $2.
UPDATE leaves SET applied_at = $2 WHERE id = $1

-- name: waiting_for
-- The orders that person $1 handles, and the first $2 of those offered to them, locked in one order everywhere.
SELECT o.* FROM orders AS o JOIN (
    (SELECT region, id FROM orders WHERE state = 'offered' AND offered @> ARRAY[$1::int] ORDER BY region, id LIMIT $2)
    UNION ALL
    SELECT region, id FROM orders WHERE state IN ('accepted', 'parked') AND assignee_id = $1
) AS k ON (o.region, o.id) = (k.region, k.id)
WHERE (o.state = 'offered' AND o.offered @> ARRAY[$1::int]) OR (o.state IN ('accepted', 'parked') AND o.assignee_id = $1)
ORDER BY o.region, o.id
FOR UPDATE OF o

-- name: away
-- The leaves that run on day $1 and were acted on, whose person is still asked about an order: by the system, which read
-- before the leave who serves, or by hand within $2 of it. Later than that somebody chose them all the same.
-- Counted, so that each person's orders are found by their index: to ask whether any exists reads all that are offered.
SELECT l.id, l.person_id, p.code
FROM leaves AS l JOIN people AS p ON p.id = l.person_id
WHERE l.first_day <= $1 AND l.last_day >= $1 AND l.applied_at IS NOT NULL AND (
    SELECT count(*) FROM orders AS o
    WHERE o.state = 'offered' AND o.offered @> ARRAY[l.person_id] AND (
        SELECT e.party = 'system' OR e.at <= l.applied_at + $2::interval FROM events AS e
        WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'offer'
        ORDER BY e.version DESC LIMIT 1)) > 0
ORDER BY l.id

-- name: left
-- At most $6 orders, by keys after ($4, $5), about which the person of leave $1 is asked as above; locked.
SELECT o.* FROM leaves AS l JOIN orders AS o ON o.state = 'offered' AND o.offered @> ARRAY[l.person_id]
WHERE l.id = $1 AND l.first_day <= $2 AND l.last_day >= $2 AND l.applied_at IS NOT NULL
  AND (o.region, o.id) > ($4::int, $5::bigint) AND (
    SELECT e.party = 'system' OR e.at <= l.applied_at + $3::interval FROM events AS e
    WHERE e.region = o.region AND e.order_id = o.id AND e.action = 'offer'
    ORDER BY e.version DESC LIMIT 1)
ORDER BY o.region, o.id
LIMIT $6
FOR UPDATE OF o
