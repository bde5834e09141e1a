-- The policy grows: rules of their own for categories, for emergencies (急时), and the ladder of offers.

-- '' is every category, '03' a broad class, '0301' one category; the narrowest rule wins.
ALTER TABLE policy_overrides
    ADD COLUMN mode text NOT NULL DEFAULT 'normal',
    ADD COLUMN category text NOT NULL DEFAULT '',
    DROP CONSTRAINT policy_overrides_pkey,
    DROP CONSTRAINT policy_clock,
    ADD PRIMARY KEY (mode, urgency, category, clock),
    ADD CONSTRAINT policy_mode CHECK (mode IN ('normal', 'emergency')),
    ADD CONSTRAINT policy_category CHECK (category ~ '^([0-9]{2}([0-9]{2})?)?$'),
    ADD CONSTRAINT policy_clock
        CHECK (clock IN ('accept', 'contact', 'resolve', 'rate', 'dispatch', 'offer', 'remind', 'resume', 'rise')),
    -- the resident is waited for at most 24 natural hours
    ADD CONSTRAINT policy_resume
        CHECK (clock <> 'resume' OR duration = '1d' OR duration ~ '^([1-9]|1[0-9]|2[0-4])h$'
               OR duration ~ '^([1-9][0-9]{0,2}|1[0-3][0-9]{2}|14[0-3][0-9]|1440)m$');

-- Whom an order is offered to one after another; a ladder that is here takes the place of the default one as a whole.
CREATE TABLE policy_rungs (
    mode      text NOT NULL DEFAULT 'normal' CHECK (mode IN ('normal', 'emergency')),
    urgency   text NOT NULL CHECK (urgency IN ('complex', 'general', 'urgent', 'critical')),
    category  text NOT NULL DEFAULT '' CHECK (category ~ '^([0-9]{2}([0-9]{2})?)?$'),
    place     smallint NOT NULL CHECK (place BETWEEN 1 AND 9),
    rung      text NOT NULL,
    size      smallint,                      -- how many (further) people are asked; null: all
    duration  text                           -- null: until the accept clock, so only in the last place
        CHECK (duration ~ '^([1-9][0-9]{0,3}|10000)(m|h|d|wh|wd|ah)$' OR duration IN ('same_day', 'working_morning')),
    PRIMARY KEY (mode, urgency, category, place),
    CONSTRAINT rung_size CHECK (
        CASE rung WHEN 'direct' THEN size IS NOT NULL AND size = 1
                  WHEN 'group' THEN size IS NOT NULL AND size BETWEEN 1 AND 50
                  WHEN 'pool' THEN size IS NULL OR size BETWEEN 1 AND 500
                  WHEN 'siblings' THEN size IS NULL OR size BETWEEN 1 AND 500
                  ELSE false END)
);
CREATE UNIQUE INDEX policy_rungs_once ON policy_rungs (mode, urgency, category, rung) WHERE rung IN ('pool', 'siblings');

-- A ladder is judged when its transaction ends: whoever writes it by hand writes it rung by rung.
CREATE FUNCTION check_ladder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM policy_rungs AS r GROUP BY r.mode, r.urgency, r.category
        HAVING count(*) FILTER (WHERE r.duration IS NULL) <> 1
            OR max(r.place) <> max(r.place) FILTER (WHERE r.duration IS NULL)
    ) THEN
        RAISE EXCEPTION 'the last rung of a ladder has no duration, and every other has one' USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER policy_ladder AFTER INSERT OR UPDATE OR DELETE ON policy_rungs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ladder();

CREATE TRIGGER rungs_told AFTER INSERT OR UPDATE OR DELETE ON policy_rungs
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reload();
