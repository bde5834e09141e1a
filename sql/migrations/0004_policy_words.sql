-- What the policy's rows may say is the database's law too: a slip of the pen is refused where it is made.
ALTER TABLE policy_overrides
    ADD CONSTRAINT policy_urgency CHECK (urgency IN ('complex', 'general', 'urgent', 'critical')),
    ADD CONSTRAINT policy_clock
        CHECK (clock IN ('accept', 'contact', 'resolve', 'rate', 'dispatch', 'offer', 'remind', 'rise')),
    ADD CONSTRAINT policy_duration
        CHECK (duration ~ '^([1-9][0-9]{0,3}|10000)(m|h|d|wh|wd|ah)$' OR duration IN ('same_day', 'working_morning'));

-- A change takes effect in every process at once.
CREATE FUNCTION tell_reload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('dispatch_reload', '');
    RETURN NULL;
END $$;
CREATE TRIGGER policy_told AFTER INSERT OR UPDATE OR DELETE ON policy_overrides
    FOR EACH STATEMENT EXECUTE FUNCTION tell_reload();
