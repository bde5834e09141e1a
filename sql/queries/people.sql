-- name: credentials
-- The person with that phone number, and the hash of their password.
SELECT p.id, p.code, p.password_hash
FROM person_contacts AS c JOIN people AS p ON p.id = c.person_id
WHERE c.phone = $1 AND p.active

-- name: open_session
-- True where the session is open: not if the person $2 was disabled, or has another password than $5, since it was
-- looked at. Whoever changes either waits for this, and then ends the session.
INSERT INTO sessions (token_hash, person_id, created_at, expires_at)
SELECT $1, $2, $3, $4 FROM (
    SELECT FROM people WHERE id = $2 AND active AND password_hash IS NOT DISTINCT FROM $5 FOR SHARE
) AS still
RETURNING true

-- name: close_session
-- Nothing; the session is over.
DELETE FROM sessions WHERE token_hash = $1

-- name: drop_expired_sessions
-- Nothing; sessions that ran out by $1 are gone.
DELETE FROM sessions WHERE expires_at <= $1

-- name: bearer
-- For each of these sessions that is open at its time, with the number of its token from 1: whose it is, until when, and
-- every role they hold on its day.
SELECT k.asked, p.id, p.code, s.expires_at, r.role, r.grid_id, r.branch_id
FROM unnest($1::bytea[], $2::timestamptz[], $3::date[]) WITH ORDINALITY AS k (token_hash, now, today, asked)
JOIN sessions AS s ON s.token_hash = k.token_hash AND s.expires_at > k.now
JOIN people AS p ON p.id = s.person_id AND p.active
LEFT JOIN roles AS r ON r.person_id = p.id
    AND (r.valid_from IS NULL OR r.valid_from <= k.today) AND (r.valid_to IS NULL OR r.valid_to >= k.today)
ORDER BY k.asked, r.id

-- name: roles
-- Every role of the people with those codes on day $2.
SELECT p.id, p.code, r.role, r.grid_id, r.branch_id
FROM people AS p JOIN roles AS r ON r.person_id = p.id
    AND (r.valid_from IS NULL OR r.valid_from <= $2) AND (r.valid_to IS NULL OR r.valid_to >= $2)
WHERE p.code = ANY ($1::text[]) AND p.active

-- name: serving
-- Who serves in one of the branches $1, or below one of the grids with intervals [$2, $3), on day $4, and the people $6
-- wherever they serve: with what they set themselves, their leaves that are not over, how many orders they have now,
-- when it was last their turn, and the class of every matter that they declined since $5, unless because of a leave.
SELECT p.id, p.code, c.name, coalesce(s.skills, p.skills) AS skills, coalesce(s.capacity, p.capacity) AS capacity,
       r.roles, r.grids, r.branches, s.service_hours, s.quiet_from, s.quiet_to, t.served_at,
       (SELECT count(*) FROM orders AS o WHERE o.assignee_id = p.id AND o.state IN ('offered', 'accepted')) AS load,
       ARRAY(
           SELECT ARRAY[l.first_day, l.last_day] FROM leaves AS l
           WHERE l.person_id = p.id AND l.last_day >= $4 ORDER BY l.id
       ) AS leaves,
       ARRAY(
           SELECT left(o.category, 2) FROM events AS e JOIN orders AS o ON o.region = e.region AND o.id = e.order_id
           WHERE e.action = 'decline' AND e.actor_id = p.id AND e.at >= $5
             AND coalesce(e.data ->> 'because', '') NOT IN ('leave', 'emergency_ended')
       ) AS declines
FROM (
    SELECT r.person_id, array_agg(r.role ORDER BY r.id) AS roles, array_agg(r.grid_id ORDER BY r.id) AS grids,
           array_agg(r.branch_id ORDER BY r.id) AS branches
    FROM roles AS r JOIN grids AS g ON g.id = r.grid_id
    WHERE r.role IN ('member', 'grid_worker', 'in_service', 'desk_officer')
      AND (r.valid_from IS NULL OR r.valid_from <= $4) AND (r.valid_to IS NULL OR r.valid_to >= $4)
      AND (r.branch_id = ANY ($1::int[]) OR r.person_id = ANY ($6::int[]) OR EXISTS (
          SELECT FROM unnest($2::int[], $3::int[]) AS s (lo, hi) WHERE g.lo >= s.lo AND g.lo < s.hi
      ))
    GROUP BY r.person_id
) AS r
JOIN people AS p ON p.id = r.person_id AND p.active
JOIN person_contacts AS c ON c.person_id = p.id
LEFT JOIN member_settings AS s ON s.person_id = p.id
LEFT JOIN turns AS t ON t.person_id = p.id
ORDER BY p.id

-- name: household
-- The household with that code: its grid, who looks after it, and how it is reached.
SELECT h.id, h.grid_id, h.carer_id, c.name, c.phone, c.house
FROM households AS h JOIN household_contacts AS c ON c.household_id = h.id
WHERE h.code = $1

-- name: carers
-- The member who looks after each of these households.
SELECT id, carer_id FROM households WHERE id = ANY ($1::int[]) AND carer_id IS NOT NULL

-- name: lock_named
-- Everybody of the phone or code $1, which may be one person's phone and another's code; nobody else changes their
-- accounts until the transaction ends. A phone may be written with its hyphen.
SELECT p.id, p.code FROM people AS p LEFT JOIN person_contacts AS c ON c.person_id = p.id
WHERE p.code = $1 OR c.phone = replace($1, '-', '')
ORDER BY p.id
FOR UPDATE OF p

-- name: set_password
-- Nothing; the person with the id $1 has another password, and whoever is logged in as them no longer is.
WITH ended AS (
    DELETE FROM sessions WHERE person_id = $1
)
UPDATE people SET password_hash = $2 WHERE id = $1

-- name: set_active
-- How many orders the person with the id $1 holds, who may ($2) or may no longer serve and log in; who may not is logged
-- out.
WITH changed AS (
    UPDATE people SET active = $2 WHERE id = $1
), ended AS (
    DELETE FROM sessions WHERE person_id = $1 AND NOT $2
)
SELECT count(*) AS load FROM orders WHERE assignee_id = $1 AND state IN ('offered', 'accepted')

-- name: set_passwords
-- How many people without a password were given this one; for demonstrations only.
WITH given AS (
    UPDATE people SET password_hash = $2 WHERE code = ANY ($1::text[]) AND password_hash IS NULL RETURNING 1
)
SELECT count(*) FROM given

-- name: people
-- People with their roles and the last day of each, for the administrator's list; names and phones are masked by the
-- caller.
SELECT p.code, p.active, c.name, c.phone, p.password_hash IS NOT NULL AS can_log_in,
       coalesce(array_agg(r.role || '@' || g.code ORDER BY r.id) FILTER (WHERE r.id IS NOT NULL), '{}') AS roles,
       coalesce(array_agg(r.valid_to ORDER BY r.id) FILTER (WHERE r.id IS NOT NULL), '{}') AS last_days
FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id
LEFT JOIN roles AS r ON r.person_id = p.id LEFT JOIN grids AS g ON g.id = r.grid_id
WHERE $1::text IS NULL OR p.code = $1 OR c.phone = replace($1, '-', '')
GROUP BY p.id, c.person_id
ORDER BY p.code LIMIT $2

-- name: sought
-- The next $8 people after the code $7: of that code ($1) or phone ($2), with a role in the interval [$3, $4) of the
-- tree unless that is null, with the role $5 there unless that is null; ended roles count where $6.
SELECT p.id, p.code, p.active, c.name, c.phone, p.password_hash IS NOT NULL AS can_log_in
FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id
WHERE ($1::text IS NULL OR p.code = $1) AND ($2::text IS NULL OR c.phone = $2)
  AND (($3::int IS NULL AND $5::text IS NULL) OR EXISTS (
      SELECT FROM roles AS r JOIN grids AS g ON g.id = r.grid_id
      WHERE r.person_id = p.id AND ($3::int IS NULL OR (g.lo >= $3 AND g.lo < $4::int))
        AND ($5::text IS NULL OR r.role = $5) AND (r.valid_to IS NULL OR r.valid_to >= $6::date)
  ))
  AND p.code > $7
ORDER BY p.code LIMIT $8

-- name: held_roles
-- Every role of these people there is or was, the oldest first.
SELECT id, person_id, role, grid_id, branch_id, valid_from, valid_to FROM roles
WHERE person_id = ANY ($1::int[]) ORDER BY person_id, id

-- name: give_role
-- The id of the role that was given, or nothing where the person has it from that day on already.
INSERT INTO roles (person_id, role, grid_id, branch_id, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING id

-- name: end_role
-- The role $2 of person $1 that now ends with the day $3.
UPDATE roles SET valid_to = $3::date
WHERE id = $2 AND person_id = $1 AND (valid_to IS NULL OR valid_to > $3) AND (valid_from IS NULL OR valid_from <= $3)
RETURNING id

-- name: drop_role
-- The role $2 of person $1 that would have begun after the day $3, and has gone.
DELETE FROM roles WHERE id = $2 AND person_id = $1 AND valid_from > $3::date RETURNING id

-- name: lock_person
-- The person with that code; nobody else changes their roles or their account until the transaction ends.
SELECT id, code, active FROM people WHERE code = $1 FOR UPDATE
