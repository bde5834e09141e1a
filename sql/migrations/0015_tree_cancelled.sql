-- A version of the tree that waits may be taken back; it then counts as one that could not be applied.
ALTER TABLE tree_versions
    ADD COLUMN cancelled_by int REFERENCES people (id),
    ADD CHECK (cancelled_by IS NULL OR refused_at IS NOT NULL);
