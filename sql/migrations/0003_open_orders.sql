-- Lists of what is still open must not walk years of what is closed; the states are OPEN_STATES of the vocabulary.
CREATE INDEX orders_open ON orders (submitted_at DESC, region DESC, id DESC)
    WHERE state IN ('received', 'routed', 'offered', 'accepted', 'parked');
