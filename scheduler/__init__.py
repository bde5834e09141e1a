"""Jobs and the clock that calls them."""
