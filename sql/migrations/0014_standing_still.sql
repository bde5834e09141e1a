-- What is parked, or part of another order, has a supervisor too: when a branch is no more it is found by this.
CREATE INDEX orders_still_by_supervisor ON orders (supervisor_id) WHERE state IN ('parked', 'merged');
