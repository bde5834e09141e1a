"""The pages of command: the tree, the counters, what rises."""
