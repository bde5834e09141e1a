-- What presses most in a region: what is listed, then what has risen highest, then what was promised first. What never
-- rose has no entry, so that filing and most of what is done to an order writes nothing here; nor has what is closed,
-- whose level stays. Nobody else asks in these words, and an OR would be split in two halves that have no order.
CREATE INDEX orders_pressing ON orders (region, listed, level DESC, (coalesce(promise_at, submitted_at)), id)
    WHERE CASE WHEN promise_at IS NULL THEN listed ELSE listed OR level > 0 END;
