-- The working calendar, as far as this county and its subtrees differ from what the State Council has published and the
-- code knows. A row holds for its grid and all below, unless a grid in between has one of its own.

-- Days that break the week. What is said by hand has the last word, then the latest notice; each is kept apart, so that
-- taking one back brings out the other.
CREATE TABLE calendar_days (
    grid_id   int NOT NULL REFERENCES grids (id),
    day       date NOT NULL,
    working   boolean NOT NULL,
    note      text NOT NULL DEFAULT '',
    notice    int NOT NULL DEFAULT 0,        -- the year of the notice it was imported with, 0 for by hand
    PRIMARY KEY (grid_id, day, notice),
    CONSTRAINT calendar_day CHECK (day BETWEEN DATE '2000-01-01' AND DATE '2199-12-31')
);

-- Years whose holidays were imported; deadlines in them are no longer provisional.
CREATE TABLE calendar_years (
    grid_id  int NOT NULL REFERENCES grids (id),
    year     int NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    papers   text[] NOT NULL DEFAULT '{}',   -- addresses of the notices it rests on
    PRIMARY KEY (grid_id, year)
);

-- Whether times written HH:MM, with - and , between them, follow each other within one day.
CREATE FUNCTION times_follow(spans text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(bool_and(earlier COLLATE "C" < at COLLATE "C"), true)
    FROM (SELECT at, lag(at) OVER (ORDER BY place) AS earlier
          FROM regexp_split_to_table(spans, '[-,]') WITH ORDINALITY AS each (at, place)) AS pairs
    WHERE earlier IS NOT NULL
$$;

-- When people work and when nobody is disturbed, such as 08:30-12:00,14:30-17:30 and 21:00-08:00.
CREATE TABLE calendar_hours (
    grid_id  int PRIMARY KEY REFERENCES grids (id),
    spans    text NOT NULL,
    quiet    text,                           -- null: as above
    CONSTRAINT calendar_spans CHECK (
        spans ~ '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9](,([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]){0,5}$'
        AND times_follow(spans)),
    CONSTRAINT calendar_quiet CHECK (quiet ~ '^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$')
);

-- A change takes effect in every process at once.
CREATE TRIGGER calendar_days_told AFTER INSERT OR UPDATE OR DELETE ON calendar_days
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reload();
CREATE TRIGGER calendar_years_told AFTER INSERT OR UPDATE OR DELETE ON calendar_years
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reload();
CREATE TRIGGER calendar_hours_told AFTER INSERT OR UPDATE OR DELETE ON calendar_hours
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reload();
