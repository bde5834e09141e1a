"""The tree of grids and what can be worked out on it; pure."""
