-- How a county's files reach the tables. Each sheet is copied into a staging table, compared there with what the
-- tables hold, and only what differs is written. In staging, NULL means that the file has no such column, which
-- leaves existing rows as they are, and '' that the cell is empty, which clears the value.

-- name: one_at_a_time
-- Nothing comes back; imports into one database wait here for each other, until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('grid-dispatch import'));

-- name: unhurried
-- Nothing comes back; a national import may take longer than a request may, in this transaction only.
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL jit = off;
SET LOCAL work_mem = '64MB';

-- name: has_grids
-- True when there is any grid.
SELECT EXISTS (SELECT FROM grids);

-- name: known_grids
-- Code, parent's code and level of every grid ($1 NULL) or of those with the codes $1.
SELECT g.code, p.code AS parent_code, g.level
FROM grids g LEFT JOIN grids p ON p.id = g.parent_id
WHERE $1::text[] IS NULL OR g.code = ANY ($1);

-- name: known_counties
-- Code of every grid that is a county.
SELECT code FROM grids WHERE kind = 'county';

-- name: known_closed
-- Code of every grid that was closed.
SELECT code FROM grids WHERE NOT active;

-- name: known_recoded
-- Codes that grids had before and that no grid has now, each with the present code of the grid that had it last.
SELECT DISTINCT ON (v.code) v.code, g.code AS present FROM grid_versions AS v JOIN grids AS g ON g.id = v.grid_id
WHERE NOT EXISTS (SELECT FROM grids AS n WHERE n.code = v.code)
ORDER BY v.code, v.valid_to DESC;

-- name: left_out
-- How many grids in use the staged sheet leaves out.
SELECT count(*) FROM grids AS g WHERE g.active AND NOT EXISTS (SELECT FROM stage_grids AS s WHERE s.code = g.code);

-- name: known_categories
-- Code and parent's code of every category.
SELECT code, parent_code FROM categories;

-- name: known_branches
-- Those of the codes $1 that are branches.
SELECT code FROM branches WHERE code = ANY ($1::text[]);

-- name: known_people
-- Those of the codes $1 that are people.
SELECT code FROM people WHERE code = ANY ($1::text[]);

-- name: known_phones
-- Phone and owner's code of those of the phones $1 that belong to somebody.
SELECT c.phone, p.code FROM person_contacts c JOIN people p ON p.id = c.person_id WHERE c.phone = ANY ($1::text[]);

-- name: stage
-- Nothing comes back; the staging tables are there, empty, until the end of the transaction.
CREATE TEMP TABLE stage_grids (
    code text, name text, level smallint, level_name text, kind text, parent_code text) ON COMMIT DROP;
CREATE TEMP TABLE stage_intervals (code text, lo int, hi int) ON COMMIT DROP;
CREATE TEMP TABLE stage_categories (
    code text, name text, name_en text, parent_code text, owner text, urgency text) ON COMMIT DROP;
CREATE TEMP TABLE stage_branches (
    code text, name text, kind text, grid_code text, categories text[]) ON COMMIT DROP;
CREATE TEMP TABLE stage_people (
    code text, name text, phone text, skills text[], capacity smallint) ON COMMIT DROP;
CREATE TEMP TABLE stage_roles (
    person_code text, role text, grid_code text, branch_code text, valid_from text, valid_to text) ON COMMIT DROP;
CREATE TEMP TABLE stage_households (
    code text, grid_code text, name text, phone text, house text, carer_code text) ON COMMIT DROP;
CREATE TEMP TABLE stage_polygons (code text, shape bytea) ON COMMIT DROP;

-- name: change_grids
-- Nothing comes back; change_grids holds the grids to be written. New ones get their ids in preorder, so that a
-- subtree lies together on disk, and only they draw from the sequence.
ANALYZE stage_grids; ANALYZE stage_intervals;
CREATE TEMP TABLE change_grids ON COMMIT DROP AS
SELECT coalesce(old_id, nextval(pg_get_serial_sequence('grids', 'id'))::int) AS id, old_id IS NULL AS fresh,
       code, name, level, level_name, kind, parent_code, lo, hi
FROM (
    SELECT old.id AS old_id, s.code, s.name, s.level, s.level_name, s.kind,
           nullif(coalesce(s.parent_code, above.code, ''), '') AS parent_code,
           coalesce(i.lo, old.lo) AS lo, coalesce(i.hi, old.hi) AS hi
    FROM stage_grids s
    LEFT JOIN stage_intervals i ON i.code = s.code
    LEFT JOIN grids old ON old.code = s.code
    LEFT JOIN grids above ON above.id = old.parent_id
    WHERE old.id IS NULL
       OR (s.name, s.level, s.level_name, s.kind, nullif(coalesce(s.parent_code, above.code, ''), ''))
          IS DISTINCT FROM (old.name, old.level, old.level_name, old.kind, above.code)
    ORDER BY i.lo
) AS differing;
ANALYZE change_grids;

-- name: apply_grids
-- How many grids were inserted and how many updated. The root comes last: only one row may be without a parent at
-- any moment, and the file may put a new root above the old one.
WITH applied AS (
    INSERT INTO grids AS g (id, code, name, level, level_name, kind, parent_id, lo, hi)
    SELECT c.id, c.code, c.name, c.level, c.level_name, c.kind, coalesce(changed.id, kept.id), c.lo, c.hi
    FROM change_grids c
    LEFT JOIN change_grids changed ON changed.code = c.parent_code
    LEFT JOIN grids kept ON kept.code = c.parent_code
    ORDER BY c.parent_code IS NULL, c.id
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, level = excluded.level, level_name = excluded.level_name, kind = excluded.kind,
        parent_id = excluded.parent_id, lo = excluded.lo, hi = excluded.hi
    WHERE (g.name, g.level, g.level_name, g.kind, g.parent_id)
          IS DISTINCT FROM (excluded.name, excluded.level, excluded.level_name, excluded.kind, excluded.parent_id)
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_grids;

-- name: renumber_grids
-- How many grids got another preorder interval.
WITH moved AS (
    UPDATE grids g SET lo = i.lo, hi = i.hi
    FROM stage_intervals i
    WHERE i.code = g.code AND (g.lo, g.hi) IS DISTINCT FROM (i.lo, i.hi)
    RETURNING 1
)
SELECT count(*) FROM moved;

-- name: change_categories
-- Nothing comes back; change_categories holds the categories to be written.
CREATE TEMP TABLE change_categories ON COMMIT DROP AS
SELECT old.code IS NULL AS fresh, s.code, s.name, coalesce(s.name_en, old.name_en, '') AS name_en,
       nullif(coalesce(s.parent_code, old.parent_code, ''), '') AS parent_code, s.owner, s.urgency
FROM stage_categories s
LEFT JOIN categories old ON old.code = s.code
WHERE old.code IS NULL
   OR (s.name, coalesce(s.name_en, old.name_en), nullif(coalesce(s.parent_code, old.parent_code, ''), ''),
       s.owner, s.urgency)
      IS DISTINCT FROM (old.name, old.name_en, old.parent_code, old.owner, old.urgency);

-- name: apply_categories
-- How many categories were inserted and how many updated.
WITH applied AS (
    INSERT INTO categories AS c (code, name, name_en, parent_code, owner, urgency)
    SELECT code, name, name_en, parent_code, owner, urgency FROM change_categories ORDER BY code
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, name_en = excluded.name_en, parent_code = excluded.parent_code,
        owner = excluded.owner, urgency = excluded.urgency
    WHERE (c.name, c.name_en, c.parent_code, c.owner, c.urgency)
          IS DISTINCT FROM (excluded.name, excluded.name_en, excluded.parent_code, excluded.owner, excluded.urgency)
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_categories;

-- name: change_branches
-- Nothing comes back; change_branches holds the branches to be written.
ANALYZE stage_branches;
CREATE TEMP TABLE change_branches ON COMMIT DROP AS
SELECT coalesce(old.id, nextval(pg_get_serial_sequence('branches', 'id'))::int) AS id, old.id IS NULL AS fresh,
       s.code, s.name, s.kind, g.id AS grid_id, coalesce(s.categories, old.categories, '{}') AS categories
FROM stage_branches s
JOIN grids g ON g.code = s.grid_code
LEFT JOIN branches old ON old.code = s.code
WHERE old.id IS NULL
   OR (s.name, s.kind, g.id, coalesce(s.categories, old.categories))
      IS DISTINCT FROM (old.name, old.kind, old.grid_id, old.categories);

-- name: apply_branches
-- How many branches were inserted and how many updated.
WITH applied AS (
    INSERT INTO branches AS b (id, code, name, kind, grid_id, categories)
    SELECT id, code, name, kind, grid_id, categories FROM change_branches ORDER BY id
    ON CONFLICT (code) DO UPDATE
    SET name = excluded.name, kind = excluded.kind, grid_id = excluded.grid_id, categories = excluded.categories
    WHERE (b.name, b.kind, b.grid_id, b.categories)
          IS DISTINCT FROM (excluded.name, excluded.kind, excluded.grid_id, excluded.categories)
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_branches;

-- name: change_people
-- Nothing comes back; change_people holds the people to be written. Telephones that change hands are let go first,
-- since no two people may have one even for a moment.
ANALYZE stage_people;
CREATE TEMP TABLE change_people ON COMMIT DROP AS
SELECT coalesce(old.id, nextval(pg_get_serial_sequence('people', 'id'))::int) AS id, old.id IS NULL AS fresh,
       s.code, s.name, s.phone, coalesce(s.skills, old.skills, '{}') AS skills,
       coalesce(s.capacity, old.capacity, 2::smallint) AS capacity
FROM stage_people s
LEFT JOIN people old ON old.code = s.code
LEFT JOIN person_contacts c ON c.person_id = old.id
WHERE old.id IS NULL
   OR (s.name, s.phone, coalesce(s.skills, old.skills), coalesce(s.capacity, old.capacity))
      IS DISTINCT FROM (c.name, c.phone, old.skills, old.capacity);
DELETE FROM person_contacts c USING change_people p WHERE c.person_id = p.id AND c.phone <> p.phone;

-- name: apply_people
-- How many people were inserted and how many updated.
WITH applied AS (
    INSERT INTO people AS p (id, code, skills, capacity)
    SELECT id, code, skills, capacity FROM change_people ORDER BY id
    ON CONFLICT (code) DO UPDATE SET skills = excluded.skills, capacity = excluded.capacity
    WHERE (p.skills, p.capacity) IS DISTINCT FROM (excluded.skills, excluded.capacity)
), contacts AS (
    INSERT INTO person_contacts AS c (person_id, name, phone)
    SELECT id, name, phone FROM change_people ORDER BY id
    ON CONFLICT (person_id) DO UPDATE SET name = excluded.name, phone = excluded.phone
    WHERE (c.name, c.phone) IS DISTINCT FROM (excluded.name, excluded.phone)
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_people;

-- name: change_roles
-- Nothing comes back; change_roles holds the roles to be written. A role is the same one when person, role, grid,
-- branch and first day are.
ANALYZE stage_roles;
CREATE TEMP TABLE change_roles ON COMMIT DROP AS
SELECT old.id IS NULL AS fresh, s.*
FROM (
    SELECT p.id AS person_id, r.role, g.id AS grid_id, b.id AS branch_id, nullif(r.valid_from, '')::date AS valid_from,
           nullif(r.valid_to, '')::date AS valid_to, r.valid_to IS NOT NULL AS ends
    FROM stage_roles r
    JOIN people p ON p.code = r.person_code
    JOIN grids g ON g.code = r.grid_code
    LEFT JOIN branches b ON b.code = r.branch_code
) AS s
LEFT JOIN roles old
    ON old.person_id = s.person_id AND old.role = s.role AND old.grid_id = s.grid_id
   AND coalesce(old.branch_id, 0) = coalesce(s.branch_id, 0)
   AND coalesce(old.valid_from, DATE '0001-01-01') = coalesce(s.valid_from, DATE '0001-01-01')
WHERE old.id IS NULL OR (s.ends AND s.valid_to IS DISTINCT FROM old.valid_to);

-- name: apply_roles
-- How many roles were inserted and how many updated.
WITH applied AS (
    INSERT INTO roles AS r (person_id, role, grid_id, branch_id, valid_from, valid_to)
    SELECT person_id, role, grid_id, branch_id, valid_from, valid_to FROM change_roles WHERE fresh
    ORDER BY person_id, role, grid_id, branch_id, valid_from
    ON CONFLICT (person_id, role, grid_id, coalesce(branch_id, 0), coalesce(valid_from, DATE '0001-01-01'))
    DO UPDATE SET valid_to = excluded.valid_to
    WHERE r.valid_to IS DISTINCT FROM excluded.valid_to
), ended AS (
    -- Not by way of INSERT: it would draw an id for each.
    UPDATE roles r SET valid_to = c.valid_to
    FROM change_roles c
    WHERE NOT c.fresh AND r.person_id = c.person_id AND r.role = c.role AND r.grid_id = c.grid_id
      AND coalesce(r.branch_id, 0) = coalesce(c.branch_id, 0)
      AND coalesce(r.valid_from, DATE '0001-01-01') = coalesce(c.valid_from, DATE '0001-01-01')
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_roles;

-- name: change_households
-- Nothing comes back; change_households holds the households to be written.
ANALYZE stage_households;
CREATE TEMP TABLE change_households ON COMMIT DROP AS
SELECT coalesce(old_id, nextval(pg_get_serial_sequence('households', 'id'))::int) AS id, old_id IS NULL AS fresh,
       code, grid_id, name, phone, house, carer_id
FROM (
    SELECT old.id AS old_id, s.code, g.id AS grid_id, s.name,
           nullif(coalesce(s.phone, c.phone, ''), '') AS phone, nullif(coalesce(s.house, c.house, ''), '') AS house,
           CASE WHEN s.carer_code IS NULL THEN old.carer_id ELSE p.id END AS carer_id,
           old.grid_id AS old_grid_id, old.carer_id AS old_carer_id,
           c.name AS old_name, c.phone AS old_phone, c.house AS old_house
    FROM stage_households s
    JOIN grids g ON g.code = s.grid_code
    LEFT JOIN people p ON p.code = s.carer_code
    LEFT JOIN households old ON old.code = s.code
    LEFT JOIN household_contacts c ON c.household_id = old.id
) AS s
WHERE old_id IS NULL
   OR (grid_id, carer_id, name, phone, house)
      IS DISTINCT FROM (old_grid_id, old_carer_id, old_name, old_phone, old_house);

-- name: apply_households
-- How many households were inserted and how many updated.
WITH applied AS (
    INSERT INTO households AS h (id, code, grid_id, carer_id)
    SELECT id, code, grid_id, carer_id FROM change_households ORDER BY id
    ON CONFLICT (code) DO UPDATE SET grid_id = excluded.grid_id, carer_id = excluded.carer_id
    WHERE (h.grid_id, h.carer_id) IS DISTINCT FROM (excluded.grid_id, excluded.carer_id)
), contacts AS (
    INSERT INTO household_contacts AS c (household_id, name, phone, house)
    SELECT id, name, phone, house FROM change_households ORDER BY id
    ON CONFLICT (household_id) DO UPDATE SET name = excluded.name, phone = excluded.phone, house = excluded.house
    WHERE (c.name, c.phone, c.house) IS DISTINCT FROM (excluded.name, excluded.phone, excluded.house)
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_households;

-- name: change_polygons
-- Nothing comes back; change_polygons holds the polygons to be written.
ANALYZE stage_polygons;
CREATE TEMP TABLE change_polygons ON COMMIT DROP AS
SELECT old.grid_id IS NULL AS fresh, g.id AS grid_id, s.shape
FROM stage_polygons s
JOIN grids g ON g.code = s.code
LEFT JOIN grid_polygons old ON old.grid_id = g.id
WHERE old.grid_id IS NULL OR old.shape IS DISTINCT FROM s.shape;

-- name: apply_polygons
-- How many polygons were inserted and how many updated.
WITH applied AS (
    INSERT INTO grid_polygons AS p (grid_id, shape)
    SELECT grid_id, shape FROM change_polygons ORDER BY grid_id
    ON CONFLICT (grid_id) DO UPDATE SET shape = excluded.shape
    WHERE p.shape IS DISTINCT FROM excluded.shape
)
SELECT count(*) FILTER (WHERE fresh) AS inserted, count(*) FILTER (WHERE NOT fresh) AS updated FROM change_polygons;

-- name: announce
-- Nothing comes back; once the import is committed, every process loads the county anew.
SELECT pg_notify('dispatch_reload', '');
