"""The pages of a branch: its board, one order, batches, what waits for a decision, the list."""
